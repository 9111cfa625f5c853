"""Customers of several rows: the rows of one are folded into one record.

A file may have a row per address: its further rows repeat the customer's key, or
leave it blank.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from regpipe.fields import SUPPRESSION_REASONS
from regpipe.sql.step import Step, comma, ident, literal, step

_ADDRESS = ("street", "street2", "postcode", "city", "region", "country")

WHOLES = (
    ("first_name", "last_name"),
    _ADDRESS,
    ("shipping_name", *(f"shipping_{part}" for part in _ADDRESS)),
)
"""Fields that come from one row together, so that no two addresses are mixed."""

_TIMES = {"created_at": "min(created_at)", "updated_at": "max(updated_at)"}


def pieces(source: str, *, as_above: bool) -> Step:
    """Give the rows of a delivery, each with the first row of its customer.

    ``as_above`` tells that a row without a key belongs to the customer above it;
    else the rows of one key in one file are one customer.

    Reads  ``file_rows_…``: columns as ``intake.rows``.
    Gives  its rows with ``head``, the ``row_id`` of the customer's first row, and
           ``place`` among the customer's rows: the one with the key first, the
           others by what is in them, and the customer's ``record_key`` and
           ``record_time``. A row that is nobody's is its own head, and an
           ``orphan`` where it should have been somebody's.
    """
    head = """case when external_id is not null then min(row_id) over (
                partition by file_no, external_id
              ) end"""
    if as_above:
        head = """max(case when external_id is not null then row_id end) over (
                partition by file_no order by row_id
              )"""
    return step(
        f"pieces_{source}",
        f"""
        with headed as (
          select
              *,
              {head} as above,
              case when external_id is null then 1 else 0 end as later
          from {ident("file_rows_" + source)}
        ),
        owned as (
          select
              *,
              coalesce(above, row_id) as head,
              {"above is null" if as_above else "false"} as orphan
          from headed
        )
        select
            *,
            row_number() over (
              partition by head order by later nulls first, fingerprint, row_id
            ) as place,
            max(external_id) over (partition by head) as record_key,
            max(updated_at) over (partition by head) as record_time
        from owned
        """,
    )


def heads(source: str) -> Step:
    """Give each customer of a delivery: ``row_id`` of the first row, ``row_count``."""
    return step(
        f"heads_{source}",
        f"""
        select head as row_id, count(*) as row_count
        from {ident("pieces_" + source)}
        group by head
        """,
    )


def folded(
    source: str, columns: Sequence[str], statements: Mapping[str, Sequence[str]]
) -> Step:
    """Fold the rows of each customer into one.

    A field has its first value, an address that of the first row that has any of
    it; a customer is as old as the oldest row, and as new as the newest.
    ``statements`` are the columns of consent, each with those of its time and of
    its proof: a reason never to mail counts, else the word that
    refuses most, and unknown is none.

    Reads  ``pieces_…``.
    Gives  one row per customer: columns as ``intake.rows``, ``fingerprint`` that of
           all its rows, ``row_id`` and ``row_number`` those of the first.
    """
    parts, values = [], []
    never = ", ".join(map(literal, SUPPRESSION_REASONS))
    together = [
        (tuple(c for c in each if c in columns), _texts_of(each, columns))
        for each in (*WHOLES, *_with_texts(columns))
    ]
    known = {column for each, texts in together for column in (*each, *texts)}
    known |= {column for said, more in statements.items() for column in (said, *more)}
    for column in columns:
        if column not in known:
            value = _TIMES.get(column) or _first(column, column)
            parts.append(f"{value} as {ident(column)}")
            values.append(f"f.{ident(column)}")
    wholes = [whole for whole in together if whole[0]]
    for number, (each, texts) in enumerate(wholes):
        cells = ", ".join(f"{literal(c)}: {ident(c)}" for c in (*each, *texts))
        some = " or ".join(f"{ident(c)} is not null" for c in each)
        parts.append(f"arg_min({{{cells}}}, place) filter (where {some}) as w{number}")
        values += [f"f.w{number}.{ident(c)} as {ident(c)}" for c in (*each, *texts)]
    for number, (said, more) in enumerate(statements.items()):
        also = "".join(f", {literal(c)}: {ident(c)}" for c in more)
        cells = f"{{'said': {ident(said)}{also}}}"
        word = f"case when {ident(said)} in ({never}) then -9 else"
        word = f"{word} -rp_refusal({ident(said)}) end"
        by = f"{{'word': {word}, 'place': place}}"
        test = f"{ident(said)} is not null and {ident(said)} <> 'unknown'"
        parts.append(f"arg_min({cells}, {by}) filter (where {test}) as s{number}")
        values.append(f"coalesce(f.s{number}.said, 'unknown') as {ident(said)}")
        values += [f"f.s{number}.{ident(c)} as {ident(c)}" for c in more]
    return step(
        f"rows_{source}",
        f"""
        with f as (
          select
              head,
              min(file_no) as file_no,
              min(row_number) as row_number,
              min(delivered_at) as delivered_at,
              {_first("problem", "problem")} as problem,
              {comma(parts, 14)},
              rp_fold(fingerprint) as fingerprint,
              rp_gathered(unreadable) as unreadable
          from {ident("pieces_" + source)}
          group by head
        )
        select
            f.head as row_id,
            f.file_no,
            f.row_number,
            f.delivered_at,
            f.problem,
            {comma(values, 12)},
            f.fingerprint,
            f.unreadable
        from f
        """,
    )


def _with_texts(columns: Sequence[str]) -> list[tuple[str]]:
    """Give the single fields whose text as it is in the file goes along."""
    several = {column for each in WHOLES for column in each}
    return [(c,) for c in columns if c not in several and f"{c}_text" in columns]


def _texts_of(fields: Sequence[str], columns: Sequence[str]) -> tuple[str, ...]:
    named = (*fields, *(("full_name",) if "first_name" in fields else ()))
    return tuple(f"{field}_text" for field in named if f"{field}_text" in columns)


def _first(column: str, test: str) -> str:
    return f"arg_min({ident(column)}, place) filter (where {ident(test)} is not null)"


def bad_customers(source: str) -> Step:
    """Give the ``row_id`` of each rejected customer: of a row, or as a whole."""
    return step(
        f"bad_{source}",
        f"""
        select row_number as row_id from {ident(f"judged_{source}_reasons")}
        union
        select row_id from {ident("changed_" + source)} where problem is not null
        union
        select p.row_id
        from {ident("pieces_" + source)} p
        semi join {ident("changed_" + source)} r on p.row_id = r.row_id
        where p.orphan
        """,
    )


def piece_reasons(source: str) -> Step:
    """Give every reason of every row: a bad row takes the rest of its customer along.

    What cannot be read, and what does not fit the header, stands at its own row;
    what the schema holds against the customer, at the first.

    Gives  one row per ``row_id``, ``column`` and ``check``; check ``orphan`` on
           ``external_id`` for a row that should be another's and is nobody's, check
           ``customer`` for the rows that have no reason of their own.
    """
    return step(
        f"reasons_{source}",
        f"""
        with pieces as (
          select p.row_id, p.head, p.problem, p.unreadable, p.orphan
          from {ident("pieces_" + source)} p
          semi join {ident("bad_" + source)} b on p.head = b.row_id
        ),
        cells as (
          select row_id, unnest(unreadable) as field
          from pieces
          where unreadable is not null and problem is null
        ),
        own as (
          select row_id, field as "column", 'unreadable' as "check" from cells
          union all
          select row_id, '' as "column", problem as "check"
          from pieces
          where problem is not null
          union all
          select row_id, 'external_id' as "column", 'orphan' as "check"
          from pieces
          where orphan
          union all
          select j.row_number as row_id, j."column", j."check"
          from {ident(f"judged_{source}_reasons")} j
          anti join (select row_id from pieces where orphan) o
            on j.row_number = o.row_id
          where j."check" <> 'unreadable'
        )
        select row_id, "column", "check" from own
        union all
        select p.row_id, '' as "column", 'customer' as "check"
        from pieces p
        anti join own o on p.row_id = o.row_id
        """,
    )
