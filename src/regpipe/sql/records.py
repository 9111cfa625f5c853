"""Source records: the rows that came in, beside those the registry holds."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from regpipe.fields import CUSTOMER_FIELDS
from regpipe.sql.canonical import WRITTEN
from regpipe.sql.cells import sql_type
from regpipe.sql.intake import FILE_SPAN
from regpipe.sql.name_cells import joins_of_names, keys_of_names
from regpipe.sql.step import Step, comma, ident, literal, step
from regpipe.sql.tax_numbers import NUMBERS, join_of_numbers

SOURCE_SPAN = FILE_SPAN * 2**16
"""Origins of one source lie in a span of this length: 65,536 files at most."""

RECORD_COLUMNS = (
    *list(CUSTOMER_FIELDS)[:6],
    "first_key",
    "last_key",
    *list(CUSTOMER_FIELDS)[6:],
    *NUMBERS.values(),
    "originals",
    "undated",
)
"""What a source record says of its person, in the order of the table."""

_ORDER_FIELDS_OF_A_GUEST = ("email", "phone", "first_name", "last_name")


@dataclass(frozen=True)
class Came:
    """A source of customers: name, number, fields, and those whose text is kept.

    ``undated`` is the SQL of what its rows ``r`` say of consent without a time.
    """

    source: str
    number: int
    fields: tuple[str, ...]
    texts: tuple[str, ...] = ()
    undated: str = "cast(null as varchar)"


def incoming(
    sources: Sequence[Came],
    guests: Sequence[Came],
    file_ids: int,
    asked: Collection[str] = (),
) -> Step:
    """Give the accepted customer rows of every source as source records.

    Reads  ``accepted_…`` of each of ``sources`` and, where guests are registered,
           ``guests_…`` of order sources; the answers to what was ``asked``:
           the names of ``name_cells.NAMES``, the fields of ``tax_numbers.NUMBERS``.
    Gives  one row per source and external_id: the columns of
           ``source_records`` without ``customer_id``, ``founder_of``,
           ``gone_at``; ``origin``, unique over all sources.
    """
    parts = [
        _part(each, table, file_ids, asked)
        for each, table in (
            *((each, f"accepted_{each.source}") for each in sources),
            *((each, f"guests_{each.source}") for each in guests),
        )
    ]
    return step("incoming", "\nunion all\n".join(parts) or _NOBODY)


_NOBODY = f"""
    select
        cast(null as bigint) as origin,
        source,
        {comma(map(ident, RECORD_COLUMNS), 8)},
        delivered_at,
        fingerprint,
        file_id,
        row_number
    from registry.source_records
    where false
    """


def guests(source: str, fields: Sequence[str]) -> Step:
    """Give the people who ordered without an account, one row per e-mail.

    Reads  ``accepted_…`` of an order source whose orders name no customer.
    Gives  the latest order's row of each e-mail as a customer row of kind
           ``guest`` whose external_id is the e-mail.
    """
    held = [f for f in _ORDER_FIELDS_OF_A_GUEST if f in fields]
    nobody = "and r.customer_ref is null" if "customer_ref" in fields else ""
    return step(
        f"guests_{source}",
        f"""
        with placed as (
          select
              r.*,
              row_number() over (
                partition by r.email
                order by r.ordered_at desc nulls last, r.row_id desc
              ) as place
          from {ident("accepted_" + source)} r
          semi join {ident("taken_" + source)} h on r.row_id = h.row_id
          where r.email is not null
          {nobody}
        )
        select
            row_id,
            file_no,
            row_number,
            delivered_at,
            email as external_id,
            'guest' as kind,
            {comma(map(ident, held), 12)},
            ordered_at as updated_at,
            fingerprint
        from placed
        where place = 1
        """,
    )


def guest_fields(fields: Sequence[str]) -> tuple[str, ...]:
    """Give the fields of a guest whose order source maps ``fields``."""
    held = tuple(f for f in _ORDER_FIELDS_OF_A_GUEST if f in fields)
    return ("external_id", "kind", *held, "updated_at")


def _part(came: Came, table: str, file_ids: int, asked: Collection[str]) -> str:
    fields = came.fields
    first, last = keys_of_names(fields, asked)
    values = {"first_key": first, "last_key": last}
    joins = joins_of_names(fields, asked)
    texts = {field: f"{field}_text" for field in came.texts}
    for field, key in NUMBERS.items():
        values[key] = "cast(null as varchar)"
        if field in fields and field in asked:
            values[field], values[key] = f"a_{field}.number", f"a_{field}.key"
            joins.append(join_of_numbers(field, fields))
            differs = f"case when a_{field}.number <> {field} then {field} end"
            texts[field] = f"coalesce({field}_text, {differs})"
    values["originals"] = originals(texts)
    values["undated"] = came.undated
    items = []
    for column in RECORD_COLUMNS:
        if column in values:
            value = values[column]
        elif column in fields:
            value = ident(column)
        elif column == "external_id":
            value = "email"
        elif column == "kind":
            value = "'registered'"
        else:
            value = f"cast(null as {sql_type(CUSTOMER_FIELDS[column])})"
        items.append(f"{value} as {ident(column)}")
    return f"""select
    {came.number * SOURCE_SPAN} + row_id as origin,
    {literal(came.source)} as source,
    {comma(items)},
    delivered_at,
    fingerprint,
    {file_ids} + file_no as file_id,
    row_number
from {ident(table)} r{"".join(f"{chr(10)}{join}" for join in joins)}"""


def originals(texts: Mapping[str, str]) -> str:
    """Give the SQL of a record's texts as they were written; null where none differs.

    ``texts`` are the SQL of each field's text, null where its value reads the same.
    """
    nothing = "cast(null as varchar)"
    cells = ", ".join(f"'{field}': {texts.get(field, nothing)}" for field in WRITTEN)
    some = " or ".join(f"{text} is not null" for text in texts.values())
    return f"case when {some or 'false'} then {{{cells}}} end"


_KEPT = comma((f"s.{ident(column)}" for column in RECORD_COLUMNS[1:]), 12)


def stored(*, removed: bool = False) -> Step:
    """Give the records that the registry holds and this run brings no version of.

    With ``removed`` without those in ``records_removed``, which nothing follows.

    Gives  one row per source and external_id, as in ``source_records``, with
           ``gone_at`` set for those in ``vanished``.
    """
    without = ""
    if removed:
        without = """
        anti join records_removed x
          on s.source = x.source and s.external_id = x.external_id"""
    return step(
        "stored",
        f"""
        select
            s.source,
            s.external_id,
            s.customer_id as held_id,
            s.founder_of,
            {_KEPT},
            s.delivered_at,
            s.gone_at as held_gone_at,
            coalesce(s.gone_at, v.gone_at) as gone_at,
            s.fingerprint,
            s.file_id,
            s.row_number
        from registry.source_records s
        anti join incoming i
          on s.source = i.source and s.external_id = i.external_id{without}
        left join vanished v on s.source = v.source and s.external_id = v.external_id
        """,
    )


def records_new(*, fresh: bool) -> Step:
    """Give the source records that came in, with the customer they belong to.

    Reads  ``incoming``, ``identified`` and, unless the registry is ``fresh``,
           ``leaving_founders``.
    Gives  one row per source and external_id, every column of
           ``source_records`` but ``run_id``; a guest who is no customer has no
           ``customer_id``, and keeps the id they founded if nobody else is it.
    """
    own = comma((f"i.{ident(column)}" for column in RECORD_COLUMNS[1:]), 12)
    founder, leaving = "n.founder_of", ""
    if not fresh:
        founder = "coalesce(n.founder_of, l.founder_of)"
        leaving = """
        left join leaving_founders l
          on i.source = l.source
          and i.external_id = l.external_id
          and l.heir_source is null
          and not l.reused"""
    return step(
        "records_new",
        f"""
        select
            i.source,
            i.external_id,
            n.customer_id,
            {founder} as founder_of,
            {own},
            i.delivered_at,
            cast(null as timestamp) as gone_at,
            i.fingerprint,
            i.file_id,
            i.row_number
        from incoming i
        left join identified n on i.origin = n.origin{leaving}
        """,
    )


def records_moved() -> Step:
    """Give the stored records whose customer or presence is another than before.

    Reads  ``stored``, ``identified``, ``unseated``.
    Gives  one row per source and external_id, columns as ``records_new``.
    """
    own = comma((f"s.{ident(column)}" for column in RECORD_COLUMNS[1:]), 12)
    return step(
        "records_moved",
        f"""
        with settled as (
          select source, external_id, customer_id, founder_of
          from identified
          where origin is null
          union all
          select source, external_id, cast(null as bigint) as customer_id, founder_of
          from unseated
        )
        select
            s.source,
            s.external_id,
            n.customer_id,
            n.founder_of,
            {own},
            s.delivered_at,
            s.gone_at,
            s.fingerprint,
            s.file_id,
            s.row_number
        from stored s
        join settled n on s.source = n.source and s.external_id = n.external_id
        where s.held_id is distinct from n.customer_id
          or s.founder_of is distinct from n.founder_of
          or s.gone_at is distinct from s.held_gone_at
        """,
    )


def records_gone(*, removed: bool = False) -> Step:
    """Give the keys of the stored records that a new version takes the place of.

    With ``removed`` also those in ``records_removed``, whose place nothing takes.
    """
    also = ""
    if removed:
        also = """
          union all
          select source, external_id from records_removed"""
    return step(
        "records_gone",
        f"""
        select s.source, s.external_id
        from registry.source_records s
        semi join (
          select source, external_id from records_new
          union all
          select source, external_id from records_moved{also}
        ) n
          on s.source = n.source and s.external_id = n.external_id
        """,
    )


def none_moved() -> Step:
    """Give no records, where the registry holds none that could move."""
    return step("records_moved", "select * from records_new where false")


def records_coming() -> Step:
    """Give every row that comes to ``source_records``."""
    return step(
        "records_coming",
        "select * from records_new\nunion all\nselect * from records_moved",
    )
