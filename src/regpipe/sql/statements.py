"""Statements: what the rows of a run say of consent, one row each."""

from __future__ import annotations

from collections.abc import Sequence

from regpipe.fields import CONSENT_STATUSES, PROOF
from regpipe.sql.cells import sql_type
from regpipe.sql.stated import (
    OF_LEDGER,
    Stated,
    accepted_rows,
    came_rows,
    parts_of_proof,
)
from regpipe.sql.step import Step, comma, ident, literal, step

UNDATED = ("never", "unknown")
"""What at first sight is older than anything dated, and no yes."""

_KNOWN = ", ".join(map(literal, CONSENT_STATUSES))


def statements(
    columns: Sequence[Stated], file_ids: int, *, fresh: bool = False
) -> Step:
    """Give what the rows of this run state about consent.

    Reads  ``accepted_…`` of each source (of orders ``taken_…``); of customers
           ``changed_…``, ``reasons_…`` and ``erased_…`` too, where a statement is
           dated: an older version of a row counts then. Where one comes after the
           version that the registry holds, what that one says undated is said after
           it once more, as if they had come in their order; a ``fresh`` registry
           holds none.
    Gives  one row per statement: source, external_id, address, channel,
           purpose, ``stated`` (the status said, or ASSUMED), ``stated_at`` (its own
           time, null without one), updated_at, delivered_at, file_id, row_number,
           and the columns of the ledger for ``parts_of_proof``. Of an order a box
           that was left empty states nothing; of several rows of a consents source
           on one address at one time the refusal stands.
    """
    proof = parts_of_proof(columns)
    parts = [
        part
        for each in columns
        if each.purpose is not None
        for part in _statements(each, proof, file_ids, fresh=fresh)
    ]
    none = f"""
        select
            source, external_id, address, channel, purpose, stated, stated_at,
            cast(null as timestamp) as updated_at,
            cast(null as timestamp) as delivered_at,
            file_id, row_number{"".join(f", {OF_LEDGER[part]}" for part in proof)}
        from registry.consent_events
        where false"""
    return step("statements", "\n        union all".join(parts) or none)


def _statements(
    each: Stated, proof: Sequence[str], file_ids: int, *, fresh: bool
) -> list[str]:
    updated = "cast(null as timestamp)"
    if each.kind == "customers" and "updated_at" in each.fields:
        updated = "r.updated_at"
    items = [
        f"{literal(each.source)} as source",
        f"{_record(each)} as external_id",
        f"{each.address} as address",
        f"{literal(each.channel)} as channel",
        f"{literal(each.purpose or '')} as purpose",
        f"{each.word} as stated",
        f"{each.own_time} as stated_at",
        f"{updated} as updated_at",
        "r.delivered_at",
        f"{file_ids} + r.file_no as file_id",
        "r.row_number",
        *(f"{_proof(each, part)} as {OF_LEDGER[part]}" for part in proof),
    ]
    test = f"{each.address} is not null and r.{ident(each.said)} in ({_stating(each)})"
    select = f"""
        select
            {comma(items, 12)}
        from """
    found = [f"{select}{_taken(each, test)}\n        where {test}"]
    if each.kind == "customers" and each.dated:
        found.append(
            f"""{select}{came_rows(each)}
        anti join {ident("accepted_" + each.source)} a on r.row_id = a.row_id
        where {test} and {each.own_time} is not null"""
        )
        if not fresh:
            found.append(_once_more(each, proof, test))
    return found


def _once_more(each: Stated, proof: Sequence[str], test: str) -> str:
    """Give what the held version of a record says undated, after an older one.

    Of a record of which the delivery brings a dated statement, but no newer version.
    """
    updated = "cast(null as timestamp)"
    if "updated_at" in each.fields:
        updated = "h.updated_at"
    word = f"split_part(split_part(h.undated, {literal(_mark(each))}, 2), ' ', 1)"
    items = [
        "h.source",
        "h.external_id",
        f"{each.address_of('h')} as address",
        f"{literal(each.channel)} as channel",
        f"{literal(each.purpose or '')} as purpose",
        f"{word} as stated",
        "cast(null as timestamp) as stated_at",
        f"{updated} as updated_at",
        "h.delivered_at",
        "h.file_id",
        "h.row_number",
        *(
            f"cast(null as {sql_type(PROOF[part])}) as {OF_LEDGER[part]}"
            for part in proof
        ),
    ]
    accepted = ident("accepted_" + each.source)
    return f"""
        select
            {comma(items, 12)}
        from {came_rows(each)}
        anti join {accepted} a on r.external_id = a.external_id
        join registry.source_records h
          on h.source = {literal(each.source)} and r.external_id = h.external_id
        where {test} and {each.own_time} is not null
          and {word} in ({", ".join(map(literal, UNDATED))})
          and {each.address_of("h")} is not null"""


def undated(columns: Sequence[Stated]) -> str:
    """Give the SQL of the column ``undated`` of the records in accepted rows ``r``.

    Of sources whose statements have no time an older version says nothing, so that
    nothing need be kept.
    """
    words = []
    for each in columns:
        if each.kind == "customers" and each.dated:
            said = f"r.{ident(each.said)}"
            among = UNDATED if not each.assumes else ("never",)
            words.append(
                f"case when {each.own_time} is null "
                f"and {said} in ({', '.join(map(literal, among))}) "
                f"then {literal(_mark(each))} || {said} else '' end"
            )
    if not words:
        return "cast(null as varchar)"
    return f"nullif({' || '.join(words)}, '')"


def _mark(each: Stated) -> str:
    """Give what stands before the word of a purpose and channel in ``undated``."""
    return f" {each.purpose}.{each.channel}:"


def _stating(each: Stated) -> str:
    """Give the words that are statements, as a list in SQL."""
    if each.kind != "orders":
        return _KNOWN
    empty = ("unknown",) if each.assumes else ()
    return ", ".join(map(literal, ("granted", "pending", "withdrawn", *empty)))


def _record(each: Stated) -> str:
    """Give the SQL of what the record is known by that makes a statement."""
    if each.kind == "orders":
        return "r.order_id"
    return each.address if each.kind == "consents" else "r.external_id"


def _proof(each: Stated, part: str) -> str:
    if part in each.proof:
        return f"r.{ident(each.proof[part])}"
    return f"cast(null as {sql_type(PROOF[part])})"


def _taken(each: Stated, test: str) -> str:
    """Give the FROM clause of the rows ``r`` that were taken.

    Of rows that state several things each that no other row of the delivery outdoes.
    """
    if each.kind == "orders":
        return came_rows(each)
    if not each.several:
        return accepted_rows(each)
    said = f"r.{ident(each.said)}"
    return f"""(
          select r.*
          from {ident("rows_" + each.source)} r
          anti join {ident("reasons_" + each.source)} b on r.row_id = b.row_id
          where {test}
          qualify row_number() over (
            partition by {each.address}, {each.own_time}
            order by
              case when {said} = 'unknown' then 0 else rp_refusal({said}) end
                desc nulls last,
              r.delivered_at,
              r.row_id
          ) = 1
        ) r
        semi join {ident("accepted_" + each.source)} a on r.row_id = a.row_id"""
