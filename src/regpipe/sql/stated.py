"""Stated: what the rows of a source say of consent, as statements."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from regpipe.fields import PROOF
from regpipe.sql.step import ident, literal

ASSUMED = "assumed"
"""What a row states that says nothing, where its source takes that for a yes."""

NO_ADDRESS = "cast(null as varchar)"
"""The address of rows that have none."""

OF_LEDGER = {part: "note" if part == "reason" else part for part in PROOF}
"""The column of the ledger for each part of a statement's proof."""


@dataclass(frozen=True)
class Stated:
    """A cleaned column of a source that states consent to a purpose, by a channel.

    ``kind`` is that of the source, ``fields`` what its rows have. ``said`` is the
    column of the status, ``at`` that of its own time (None: it has none), ``proof``
    the columns of what it rests on. ``purpose`` None is every purpose. ``assumes``:
    the source takes unknown for a yes; ``several``: its rows state more than this.
    """

    source: str
    kind: str
    fields: Sequence[str]
    purpose: str | None
    channel: str
    said: str
    at: str | None = None
    proof: Mapping[str, str] = field(default_factory=dict)
    assumes: bool = False
    several: bool = False

    @property
    def address(self) -> str:
        """Give the SQL of the address that it is about, in rows ``r``."""
        return self.address_of("r")

    def address_of(self, rows: str) -> str:
        """Give the SQL of the address that it is about, in other rows."""
        if self.channel == "post":
            if "postal" in self.fields:
                return f"{rows}.postal"
            if not {"street", "postcode"} <= {*self.fields}:
                return NO_ADDRESS
            country = f"{rows}.country" if "country" in self.fields else "null"
            return f"rp_postal({rows}.street, {rows}.postcode, {country})"
        name = "email" if self.channel == "email" else "phone"
        return f"{rows}.{name}" if name in self.fields else NO_ADDRESS

    @property
    def word(self) -> str:
        """Give the SQL of what a row ``r`` states; ASSUMED where that is a guess."""
        word = f"r.{ident(self.said)}"
        if not self.assumes:
            return word
        return f"case when {word} = 'unknown' then '{ASSUMED}' else {word} end"

    @property
    def dated(self) -> bool:
        """Tell whether it may have a time of its own."""
        return self.at is not None or "confirmed_at" in self.proof

    @property
    def own_time(self) -> str:
        """Give the SQL of the time of what a row ``r`` states; null without one.

        That of the column of its time, or for a grant of its confirmation if that
        is later, as far as they can be believed. What is assumed has none.
        """
        if not self.dated:
            return "cast(null as timestamp)"
        word = f"r.{ident(self.said)}"
        at = believed(self.at) if self.at else "cast(null as timestamp)"
        found = at
        if "confirmed_at" in self.proof:
            confirmed = believed(self.proof["confirmed_at"])
            later = f"{confirmed} > {at}" if self.at else "true"
            found = (
                f"case when {word} = 'granted' and coalesce({later}, {at} is null) "
                f"then coalesce({confirmed}, {at}) else {at} end"
            )
        if self.assumes:
            found = f"case when {word} <> 'unknown' then {found} end"
        return found

    @property
    def misdated(self) -> str:
        """Give the SQL test that a row ``r`` gives a time that is not believed."""
        if self.at is None:
            return "false"
        return f"r.{ident(self.at)} is not null and {believed(self.at)} is null"


def believed(column: str) -> str:
    """Give the SQL of the time in a column of rows ``r``, if it can be believed."""
    return f"rp_believed(r.{ident(column)}, r.delivered_at)"


def parts_of_proof(columns: Sequence[Stated]) -> tuple[str, ...]:
    """Give the parts of proof that some column has, in the order of PROOF."""
    return tuple(part for part in PROOF if any(part in c.proof for c in columns))


def accepted_rows(each: Stated) -> str:
    """Give the FROM clause of the rows ``r`` that were accepted."""
    return f"{ident('accepted_' + each.source)} r"


def came_rows(each: Stated) -> str:
    """Give the FROM clause of the rows ``r`` that came, but bad or erased ones."""
    rows = f"{ident('changed_' + each.source)} r"
    if each.kind == "orders":
        heads = ident("taken_" + each.source)
        return f"{rows}\n        join {heads} h on r.row_id = h.row_id"
    return f"""{rows}
        anti join {ident("reasons_" + each.source)} b on r.row_id = b.row_id
        anti join {ident("erased_" + each.source)} x on r.row_id = x.row_id"""


def misdated(columns: Sequence[Stated]) -> str:
    """Give the SELECT of how many statements of a source's taken rows are misdated."""
    parts = [
        f"""
          select count(*) as n
          from {came_rows(each) if each.kind == "orders" else accepted_rows(each)}
          where {each.misdated} and r.{ident(each.said)} <> 'unknown'"""
        for each in columns
    ]
    return f"""
        select coalesce(cast(sum(n) as bigint), 0) as rows
        from ({" union all ".join(parts)}
        ) counted
        """


def assumed(source: str) -> str:
    """Give the SELECT of how many addresses are taken to consent and never did.

    Those of which the last undated word of some record of the source is assumed.

    Reads  ``consent_events_new``, with ``assumed``; the ledger.
    """
    key = "address, channel, purpose, external_id"
    return f"""
        with said as (
          select {key}, assumed, run_id, row_number
          from registry.consent_events
          where source = {literal(source)} and stated_at is null
          union all
          select {key}, assumed, {2**62} as run_id, row_number
          from consent_events_new
          where source = {literal(source)} and stated_at is null
        ),
        last_said as (
          select
              address,
              arg_max(coalesce(assumed, false), {{'r': run_id, 'n': row_number}})
                filter (where address is not null) as assumed
          from said
          group by {key}
        )
        select count(distinct address) as addresses
        from last_said
        where assumed
        """


def assuming() -> str:
    """Give the SELECT of the sources of which something is still taken for a yes.

    Gives  one row per ``source``, sorted.
    """
    return """
        with said as (
          select
              source, address, channel, purpose, external_id,
              arg_max(coalesce(assumed, false), {'r': run_id, 'n': row_number})
                filter (where address is not null) as assumed
          from registry.consent_events
          where stated_at is null
            and source in (select source from registry.consent_events where assumed)
          group by source, address, channel, purpose, external_id
        )
        select distinct source
        from said
        where assumed
        order by source nulls first
        """
