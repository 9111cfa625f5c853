"""Replay: the rejects that mended rows say they mend."""

from __future__ import annotations

from regpipe.sql.rejects import COLUMNS
from regpipe.sql.step import comma, ident, literal

_ALL = comma(("reject_id", *COLUMNS, "run_id"), 12)


def rejects_meant(ids: str) -> str:
    """Give the SELECT of the rejects in ``ids`` as they stood last, open or closed.

    Gives  one row per ``reject_id`` that there is: columns of ``rejects``.
    """
    return f"""
        with versions as (
          select {_ALL} from registry.rejects
          union all
          select {_ALL} from registry.rejects_history
        ),
        placed as (
          select
              v.*,
              row_number() over (
                partition by v.reject_id order by v.run_id desc, v.row_number
              ) as place
          from versions v
          semi join {ident(ids)} i on v.reject_id = i.reject_id
        )
        select {_ALL}
        from placed
        where place = 1
        order by reject_id
        """


REPLACED = """
        select reject_id, by_reject
        from registry.reject_closures
        where how = 'replaced'
        """
"""The SELECT of the rejects that came back bad, and what each became."""


def rows_left_out() -> str:
    """Give the SELECT of how many rows of the records in ``replayed`` are not in it.

    All rows of an order, or of a customer of several, were rejected together, and
    only together are they it.

    Gives  one row per replayed ``row_number`` of such a record: ``missing``.
    """
    return """
        with meant as (
          select p.row_number, h.source, h.file_id, h.record_key
          from replayed p
          join registry.rejects h on p.reject_id = h.reject_id
          where h.record_key is not null
        ),
        absent as (
          select h.source, h.file_id, h.record_key, count(*) as missing
          from registry.rejects h
          anti join replayed p on h.reject_id = p.reject_id
          where h.record_key is not null
          group by h.source, h.file_id, h.record_key
        )
        select m.row_number, a.missing
        from meant m
        join absent a
          on m.source = a.source
          and m.file_id = a.file_id
          and m.record_key = a.record_key
        order by m.row_number
        """


def mended_otherwise(rows: str) -> str:
    """Give the SELECT of the rows of ``rows`` whose reject was mended otherwise."""
    return f"""
        select r.row_number
        from {ident(rows)} r
        join replayed p on r.row_number = p.row_number
        join registry.reject_closures c on p.reject_id = c.reject_id
        where c.how = 'mended' and c.by_fingerprint <> r.fingerprint
        order by r.row_number
        """


def joining_orders(source: str) -> str:
    """Give the SELECT of the rows mended into an order that was taken without them."""
    return f"""
        select r.row_number
        from {ident("rows_" + source)} r
        join replayed p on r.row_number = p.row_number
        join registry.rejects h on p.reject_id = h.reject_id
        join registry.orders o
          on o.source = {literal(source)} and r.order_id = o.order_id
        where h.record_key is null or h.record_key <> r.order_id
        order by r.row_number
        """
