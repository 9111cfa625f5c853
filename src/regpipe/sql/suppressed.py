"""Suppressed: the addresses that sources say may never be mailed, whatever for."""

from __future__ import annotations

from collections.abc import Sequence

from regpipe.fields import SUPPRESSION_REASONS, UNSUBSCRIBED
from regpipe.sql.stated import Stated, accepted_rows, believed, came_rows
from regpipe.sql.step import Step, ident, literal, step

_REASONS = ", ".join(map(literal, SUPPRESSION_REASONS))


def suppressions(columns: Sequence[Stated], file_ids: int) -> Step:
    """Give the addresses that sources say may never be mailed, or want nothing more.

    Reads  as ``statements`` does. An older version of a customer's row
           counts, too.
    Gives  rows that the registry lacks, one per address, channel and reason, with
           source, file_id, row_number and note; since the first that was said, of
           who unsubscribed from everything since the last. One that is dated
           is new if it is later than all before it, an undated one if its source
           said nothing of it before.
    """
    listed = "\n          union all".join(
        _suppressed(each, file_ids) for each in columns
    )
    none = """
          select
              address, channel, reason, suppressed_at, true as dated,
              source, file_id, row_number, note
          from registry.suppressions where false"""
    return step(
        "suppressions_new",
        f"""
        with said as ({listed or none}
        ),
        ranked as (
          select
              n.*,
              row_number() over (
                partition by n.address, n.channel, n.reason
                order by
                  case when n.reason = '{UNSUBSCRIBED}' then n.suppressed_at end
                    desc nulls last,
                  n.suppressed_at nulls last,
                  n.source nulls last,
                  n.file_id,
                  n.row_number
              ) as nth
          from said n
          anti join registry.suppressions s
            on n.address = s.address
            and n.channel = s.channel
            and n.reason = s.reason
            and (
              n.reason <> '{UNSUBSCRIBED}'
              or s.suppressed_at >= n.suppressed_at
              or not n.dated and s.source = n.source
            )
        )
        select
            address, channel, reason, suppressed_at,
            source, file_id, row_number, note
        from ranked
        where nth = 1
        """,
    )


def reason_of(each: Stated) -> str:
    """Give the SQL of why a row ``r`` suppresses its address, else null."""
    word = f"r.{ident(each.said)}"
    if each.purpose is None:
        word = f"case when {word} = 'withdrawn' then '{UNSUBSCRIBED}' else {word} end"
    return f"case when {word} in ({_REASONS}) then {word} end"


def suppressed_from(each: Stated) -> str:
    """Give the SQL of the own time of a suppression; null without one."""
    return believed(each.at) if each.at else "cast(null as timestamp)"


def _suppressed(each: Stated, file_ids: int) -> str:
    own = suppressed_from(each)
    times = [own]
    if each.kind == "customers" and "updated_at" in each.fields:
        times.append("r.updated_at")
    notes = [
        f"r.{ident(each.proof[p])}" for p in ("reason", "campaign") if p in each.proof
    ]
    note = f"coalesce({', '.join([*notes, 'null'])})" if notes else "null"
    rows = accepted_rows(each) if each.kind == "consents" else came_rows(each)
    return f"""
          select
              {each.address} as address,
              {literal(each.channel)} as channel,
              {reason_of(each)} as reason,
              coalesce({", ".join([*times, "r.delivered_at"])}) as suppressed_at,
              {own} is not null as dated,
              {literal(each.source)} as source,
              {file_ids} + r.file_no as file_id,
              r.row_number,
              cast({note} as varchar) as note
          from {rows}
          where {each.address} is not null and {reason_of(each)} is not null"""
