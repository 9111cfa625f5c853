"""Fates: what became of the rows of a delivery, counted."""

from __future__ import annotations

from regpipe.sql.intake import FILE_SPAN
from regpipe.sql.step import Step, ident, step


def counts(source: str, *, orders: bool, folded: bool = False) -> Step:
    """Count what became of the rows of each file, each row once.

    ``folded`` tells that a customer may have several rows.

    Gives  one row per ``file_no`` and ``fate`` (accepted, rejected, duplicate,
           unchanged, suppressed) with the number of ``rows``.
    """

    def single(table: str) -> str:
        return f"select row_id, 1 as row_count from {ident(table)}"

    def of(table: str) -> str:
        if not orders and not folded:
            return single(table)
        return (
            f"select h.row_id, h.row_count from {ident('heads_' + source)} h "
            f"semi join {ident(table)} x on h.row_id = x.row_id"
        )

    taken = f"accepted_{source}"
    bad = f"bad_{source}" if orders or folded else f"reasons_{source}"
    erased = f"erased_{source}"
    return step(
        f"counts_{source}",
        f"""
        with fates as (
          select row_id, 'accepted' as fate, row_count
          from ({single(taken) if orders else of(taken)})
          union all
          select distinct row_id, 'rejected' as fate, 1 as row_count
          from {ident("reasons_" + source)}
          union all
          select row_id, 'unchanged' as fate, row_count
          from ({of("unchanged_" + source)})
          union all
          select d.row_id, 'duplicate' as fate, d.row_count
          from ({of("lost_" + source)}) d
          anti join {ident("unchanged_" + source)} u on d.row_id = u.row_id
          anti join {ident(bad)} b on d.row_id = b.row_id
          anti join {ident(erased)} e on d.row_id = e.row_id
          union all
          select row_id, 'suppressed' as fate, row_count
          from ({single(erased) if orders else of(erased)})
        )
        select
            row_id // {FILE_SPAN} as file_no,
            fate,
            cast(sum(row_count) as bigint) as rows
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
