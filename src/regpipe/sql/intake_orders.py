"""Intake of orders: all rows of an order are one record, its head the first."""

from __future__ import annotations

from collections.abc import Sequence

from regpipe.sql.intake import own_reasons
from regpipe.sql.step import Step, ident, step


def order_heads(source: str, fields: Sequence[str]) -> Step:
    """Fold the rows of each order of each file into one.

    Gives  one row per ``file_no`` and ``order_id``: ``row_id`` of its first
           row, ``row_count``, ``line_count`` (a row is a line, unless rows have
           ``lines`` among their ``fields``), whether that row is ``undated`` (has no
           ``ordered_at``), ``fingerprint`` of all rows, ``updated_at``
           (of the first row; null unless mapped) and ``delivered_at``. Rows
           without an order id are left out: the schema rejects them.
    """
    undated = "arg_min(ordered_at is null, row_id)"
    lines = "count(*)"
    if "lines" in fields:
        room = "case when lines is null then 0 else array_length(lines) end"
        lines = f"cast(sum({room}) as bigint)"
    head = f"""
        select
            file_no,
            order_id,
            min(row_id) as row_id,
            count(*) as row_count,
            {lines} as line_count,
            {undated} as undated,
            rp_fold(fingerprint) as fingerprint,
            any_value(delivered_at) as delivered_at
        from {ident("rows_" + source)}
        where order_id is not null
        group by file_no, order_id"""
    if "updated_at" not in fields:
        return step(
            f"heads_{source}",
            f"select *, cast(null as timestamp) as updated_at from ({head})",
        )
    return step(
        f"heads_{source}",
        f"""
        select h.*, r.updated_at
        from ({head}) h
        join {ident("rows_" + source)} r on h.row_id = r.row_id
        """,
    )


def changed_orders(source: str, any_unchanged: bool, any_erased: bool) -> Step:
    """Give the rows of the orders that are not held as they are, nor erased."""
    without = (
        f"""
        anti join (
          select h.file_no, h.order_id
          from {ident("heads_" + source)} h
          semi join {ident("unchanged_" + source)} u on h.row_id = u.row_id
        ) s
          on r.file_no = s.file_no
          and r.order_id = s.order_id"""
        if any_unchanged
        else ""
    )
    erased = (
        f"""
        anti join {ident("erased_" + source)} e on r.row_id = e.row_id"""
        if any_erased
        else ""
    )
    return step(
        f"changed_{source}",
        f"""
        select r.*
        from {ident("rows_" + source)} r {without}{erased}
        """,
    )


def own_order_reasons(source: str, fields: Sequence[str]) -> Step:
    """Give the reasons that a row of an order has itself.

    Gives  as ``intake.reasons``; also check ``required`` on ``ordered_at`` for
           a head without it.
    """
    return step(
        f"own_{source}",
        f"""
        with judged as ({own_reasons(source, several="lines" in fields)}
        )
        select row_id, "column", "check" from judged
        union all
        select h.row_id, 'ordered_at' as "column", 'required' as "check"
        from {ident("heads_" + source)} h
        semi join {ident("changed_" + source)} r on h.row_id = r.row_id
        anti join judged j on h.row_id = j.row_id
        where h.undated
        """,
    )


def bad_orders(source: str) -> Step:
    """Give the orders that have a bad row: one row per file_no and order_id."""
    return step(
        f"bad_orders_{source}",
        f"""
        select distinct r.file_no, r.order_id
        from {ident("changed_" + source)} r
        semi join {ident("own_" + source)} o on r.row_id = o.row_id
        where r.order_id is not null
        """,
    )


def order_reasons(source: str) -> Step:
    """Give every reason of every row: a bad row takes the rest of its order along.

    Gives  one row per ``row_id``, ``column`` and ``check``; check ``order`` for
           the rows of a bad order that have no reason of their own.
    """
    return step(
        f"reasons_{source}",
        f"""
        select row_id, "column", "check" from {ident("own_" + source)}
        union all
        select r.row_id, '' as "column", 'order' as "check"
        from {ident("changed_" + source)} r
        semi join {ident("bad_orders_" + source)} b
          on r.file_no = b.file_no and r.order_id = b.order_id
        anti join {ident("own_" + source)} o on r.row_id = o.row_id
        """,
    )


def bad_heads(source: str) -> Step:
    """Give the ``row_id`` of the head of each rejected order."""
    return step(
        f"bad_{source}",
        f"""
        select h.row_id
        from {ident("heads_" + source)} h
        semi join {ident("bad_orders_" + source)} b
          on h.file_no = b.file_no and h.order_id = b.order_id
        """,
    )


def accepted_heads(source: str, without: Sequence[str]) -> Step:
    """Give the heads of the orders that are taken, one row per order."""
    antis = "\n".join(
        f"anti join {ident(table)} x{i} on h.row_id = x{i}.row_id"
        for i, table in enumerate(without)
    )
    return step(
        f"taken_{source}", f"select h.* from {ident('heads_' + source)} h\n{antis}"
    )
