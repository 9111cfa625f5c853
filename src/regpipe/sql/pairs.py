"""Candidates: the pairs of records that a model is asked about.

Two records are a candidate when they share a blocking value that not too many records
hold. A night looks only at the pairs that a change may have made or unmade, so
its answer is that of starting from scratch.
"""

from __future__ import annotations

from regpipe.sql.scored import FACTS, values_of
from regpipe.sql.step import Step, comma, ident, step


def changing_values() -> Step:
    """Give the blocking values of what changes, as it was and as it comes.

    Reads  ``scorable_coming``, ``scorable_before``.
    Gives  one row per ``value``: how many records held it (``before``) and how many
           that come hold it (``now``).
    """
    return step(
        "changing_values",
        f"""
with held as (
{values_of("scorable_coming", "1 as now", "0 as before")}
union all
{values_of("scorable_before", "0 as now", "1 as before")}
)
select
    value,
    cast(sum(now) as bigint) as now,
    cast(sum(before) as bigint) as before
from held
group by value
""",
    )


def value_holders(values: str) -> Step:
    """Give all the records that hold one of the ``values`` once this run is done.

    Gives  one row per source, external_id and ``value``.
    """
    return step(
        "value_holders",
        f"""
with held as (
{values_of("scorable", "source", "external_id")}
)
select h.source, h.external_id, h.value
from held h
semi join {ident(values)} v on h.value = v.value
""",
    )


def flipped_values(most: int) -> Step:
    """Give the values that were held by too many records and no more are, or now are.

    A value that more than ``most`` records hold makes no candidates.

    Reads  ``changing_values``, ``value_holders``.
    """
    return step(
        "flipped_values",
        f"""
        with counted as (
          select c.value, c.now, c.before, count(h.value) as holders
          from changing_values c
          left join value_holders h on c.value = h.value
          group by c.value, c.now, c.before
        )
        select value
        from counted
        where (holders > {most}) <> (holders - now + before > {most})
        """,
    )


def touched_records() -> Step:
    """Give the records whose candidates are looked at anew.

    Those that change, and those that hold a value which begins or ceases to make
    candidates.

    Gives  one row per source and external_id.
    """
    return step(
        "touched_records",
        """
        select source, external_id from incoming
        union
        select h.source, h.external_id
        from value_holders h
        semi join flipped_values f on h.value = f.value
        """,
    )


def touched_values() -> Step:
    """Give the blocking values of all records whose candidates are looked at anew."""
    return step(
        "touched_values",
        f"""
with touched as (
  select s.*
  from scorable s
  semi join touched_records t on s.source = t.source and s.external_id = t.external_id
)
select distinct value
from (
{values_of("touched")}
) v
""",
    )


def scored_records_of_all() -> Step:
    """Give every record that may be scored, numbered.

    Gives  one row per record: ``record_no`` (its place by source and external_id),
           source, external_id, ``touched`` (true here) and ``FACTS``.
    """
    return step(
        "scored_records",
        f"""
        select
            row_number() over (order by source, external_id) as record_no,
            source,
            external_id,
            true as touched,
            {comma(map(ident, FACTS), 12)}
        from scorable
        """,
    )


def scored_records(most: int) -> Step:
    """Give the records among which candidates may change, numbered.

    Reads  ``scorable``, ``touched_records``; ``value_holders`` of all the values of
           touched records.
    Gives  columns as ``scored_records_of_all``; ``touched`` tells one whose
           candidates are looked at anew.
    """
    return step(
        "scored_records",
        f"""
        with live as (
          select value
          from value_holders
          group by value
          having count(*) between 2 and {most}
        ),
        involved as (
          select distinct h.source, h.external_id
          from value_holders h
          semi join live l on h.value = l.value
        )
        select
            row_number() over (order by s.source, s.external_id) as record_no,
            s.source,
            s.external_id,
            t.source is not null as touched,
            {comma((f"s.{ident(name)}" for name in FACTS), 12)}
        from scorable s
        semi join involved i on s.source = i.source and s.external_id = i.external_id
        left join touched_records t
          on s.source = t.source and s.external_id = t.external_id
        """,
    )


def blocks_of_all(most: int) -> Step:
    """Give the blocking values that make candidates, when all records are looked at.

    Gives  one row per record and value: ``record_no``, ``touched``, ``value``.
    """
    return step(
        "blocks",
        f"""
with held as (
{values_of("scored_records", "record_no", "touched")}
),
live as (
  select value
  from held
  group by value
  having count(*) between 2 and {most}
)
select h.record_no, h.touched, h.value
from held h
semi join live l on h.value = l.value
""",
    )


def blocks(most: int) -> Step:
    """Give the blocking values that make candidates of touched records.

    Gives  columns as ``blocks_of_all``.
    """
    return step(
        "blocks",
        f"""
        with live as (
          select value
          from value_holders
          group by value
          having count(*) between 2 and {most}
        )
        select s.record_no, s.touched, h.value
        from value_holders h
        semi join live l on h.value = l.value
        join scored_records s
          on h.source = s.source and h.external_id = s.external_id
        """,
    )


def candidates() -> Step:
    """Give the pairs to be scored.

    Gives  one row per pair ``a`` < ``b`` of record numbers, one of them touched.
    """
    return step(
        "candidates",
        """
        select distinct x.record_no as a, y.record_no as b
        from blocks x
        join blocks y on x.value = y.value and x.record_no < y.record_no
        where x.touched or y.touched
        """,
    )
