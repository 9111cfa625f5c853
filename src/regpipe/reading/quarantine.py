"""The quarantine: which rows were left out, what became of them, how many over time."""

from __future__ import annotations

from regpipe.sql.rejects import COLUMNS
from regpipe.sql.step import comma, literal

_ALL = comma(("reject_id", *COLUMNS, "run_id"), 0)

_REJECTS = f"""
    versions as (
      select {_ALL} from registry.rejects
      union all
      select {_ALL} from registry.rejects_history
    ),
    rejects as (
      select
          v.* exclude (run_id),
          min(v.run_id) over (partition by v.reject_id) as run_id,
          c.run_id as closed_run_id,
          c.how as closed,
          f.file as closed_file,
          case when c.reject_id is not null then c.row_number end as closed_row,
          c.by_reject
      from versions v
      left join registry.reject_closures c on v.reject_id = c.reject_id
      left join registry.run_files f on c.file_id = f.file_id
      qualify row_number() over (partition by v.reject_id order by v.run_id desc) = 1
    )"""
"""Each reject as it stood last: the run that found it, and what closed it."""


def rejects(
    run: int | None, source: str | None, reason: str | None, closed: bool | None
) -> str:
    """Give the SELECT of the rejects that meet all that is asked, in file order."""
    which = ["true"]
    if closed is not None:
        which.append(f"closed is {'not ' if closed else ''}null")
    if run is not None:
        which.append(f"run_id = {int(run)}")
    if source is not None:
        which.append(f"source = {literal(source)}")
    if reason is not None:
        column, _, check = reason.rpartition(":")
        same = f'w."check" = {literal(check.strip())}'
        if column:
            same += f' and w."column" = {literal(column.strip())}'
        which.append(f"len(list_filter(reasons, lambda w: {same})) > 0")
    return f"""
        with {_REJECTS}
        select
            reject_id, {", ".join(COLUMNS)}, run_id,
            closed, closed_run_id, closed_file, closed_row, by_reject
        from rejects
        where {" and ".join(which)}
        order by source, file_id, row_number, reject_id
        """


def reject_counts(*, by_reason: bool) -> str:
    """Give the SELECT of how many rejects each run found and closed, and left open.

    Gives  one row per run and source that a run found or closed rejects of; with
           ``by_reason`` per reason, too, a reject under each of its own.
    """
    group = 'source, "column", "check"' if by_reason else "source"
    told = """
    told as (
      select run_id, closed_run_id, source, unnest(reasons, recursive := true)
      from rejects
    )"""
    table = "told" if by_reason else "rejects"
    return f"""
        with {_REJECTS},{told},
        events as (
          select run_id, {group}, 1 as found, 0 as closed from {table}
          union all
          select closed_run_id as run_id, {group}, 0 as found, 1 as closed
          from {table}
          where closed_run_id is not null
        ),
        counted as (
          select
              run_id,
              {group},
              cast(sum(found) as bigint) as found,
              cast(sum(closed) as bigint) as closed
          from events
          group by all
        )
        select
            c.run_id,
            r.started_at,
            {group},
            c.found,
            c.closed,
            cast(
              sum(c.found - c.closed) over (partition by {group} order by c.run_id)
              as bigint
            ) as open
        from counted c
        join registry.runs r on c.run_id = r.run_id
        order by c.run_id desc, {group}
        """
