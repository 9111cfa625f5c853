"""Fates: what became of the rows of a delivery, counted."""

from __future__ import annotations

from regpipe.sql.intake import FILE_SPAN
from regpipe.sql.step import Step, ident, step


def counts(source: str, *, orders: bool) -> Step:
    """Count what became of the rows of each file, each row once.

    Gives  one row per ``file_no`` and ``fate`` (accepted, rejected, duplicate,
           unchanged, suppressed) with the number of ``rows``.
    """
    lines = (
        f"""
          select h.row_id, h.line_count
          from {ident("heads_" + source)} h"""
        if orders
        else ""
    )

    def of(table: str) -> str:
        if not orders:
            return f"select row_id, 1 as line_count from {ident(table)}"
        return f"{lines} semi join {ident(table)} x on h.row_id = x.row_id"

    bad = f"bad_{source}" if orders else f"reasons_{source}"
    erased = (
        ""
        if orders
        else f"""
          union all
          select e.row_id, 'suppressed' as fate, 1 as line_count
          from {ident("erased_" + source)} e
          anti join {ident("reasons_" + source)} b on e.row_id = b.row_id
          anti join {ident("lost_" + source)} l on e.row_id = l.row_id"""
    )
    return step(
        f"counts_{source}",
        f"""
        with fates as (
          select row_id, 'accepted' as fate, 1 as line_count
          from {ident("accepted_" + source)}
          union all
          select distinct row_id, 'rejected' as fate, 1 as line_count
          from {ident("reasons_" + source)}
          union all
          select row_id, 'unchanged' as fate, line_count
          from ({of("unchanged_" + source)})
          union all
          select d.row_id, 'duplicate' as fate, d.line_count
          from ({of("lost_" + source)}) d
          anti join {ident("unchanged_" + source)} u on d.row_id = u.row_id
          anti join {ident(bad)} b on d.row_id = b.row_id{erased}
        )
        select
            row_id // {FILE_SPAN} as file_no,
            fate,
            cast(sum(line_count) as bigint) as rows
        from fates
        group by row_id // {FILE_SPAN}, fate
        """,
    )


def reason_counts(source: str) -> str:
    """Give the SELECT of how many rows each check rejected: the ten commonest."""
    return f"""
        select "column", "check", count(*) as rows
        from {ident("reasons_" + source)}
        group by "column", "check"
        order by rows desc, "column", "check"
        limit 10
        """
