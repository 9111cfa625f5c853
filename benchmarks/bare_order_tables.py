"""The tables of orders that the bare script leaves in its DuckDB file."""

from __future__ import annotations

import csv
from pathlib import Path

import duckdb
import pyarrow as pa

from benchmarks.bare_orders import old_orders, web_orders
from benchmarks.files import ORDERS

_WEB, _OLD = ORDERS

_HEADS = """
select '{source}' as source, crosswalk.customer_id, order_id, customer_ref, email,
  ordered_at, payment_status, fulfilment_status, currency, subtotal, shipping_total,
  tax_total, discount_total, refunded_total, total, carrier, tracking_number
from order_rows left join crosswalk
  on crosswalk.store = {store} and external_id = customer_ref
where ordered_at is not null and order_id not in (select order_id from bad_orders)
"""
_BAD_ORDERS = """
create or replace temp table bad_orders as
select distinct order_id from order_rows where bad is not null
"""
_LINES = """
create table order_lines as
select 'web_orders' as source, order_id,
  row_number() over (partition by order_id order by rowid) as line_no,
  line_sku as sku, line_name as name, line_quantity as quantity, line_price as price
from order_rows where order_id not in (select order_id from bad_orders)
"""
# A row's number in its file: the header is row 1.
_BAD_ROWS = """
select rowid + 2 as row_number, coalesce(bad, ':order') as bad from order_rows
where order_id in (select order_id from bad_orders) order by rowid
"""


def intake_web(db: duckdb.DuckDBPyConnection, path: Path) -> None:
    """Keep the line items of web_orders, typed, with the first rule each breaks."""
    db.execute(f"create temp table order_rows as {web_orders(path)}")


def load_web(db: duckdb.DuckDBPyConnection, path: Path) -> None:
    """Write orders and lines of web_orders; an order with a bad row goes whole."""
    db.execute(_BAD_ORDERS)
    db.execute(f"create table orders as {_HEADS.format(source=_WEB.source, store=0)}")
    db.execute(_LINES)
    rejects = db.sql(_BAD_ROWS).to_arrow_table()
    original = pa.array(
        _records(path, rejects.column("row_number").to_pylist(), _WEB.delimiter),
        pa.list_(pa.string()),
    )
    db.register("bad_rows", rejects.append_column("original", original))
    db.execute(
        f"""
        insert into rejects
        select '{_WEB.source}', '{_WEB.name}', row_number, bad, original from bad_rows
        """
    )
    db.unregister("bad_rows")
    db.execute("drop table order_rows")


def intake_old(db: duckdb.DuckDBPyConnection, path: Path) -> None:
    """Keep the orders of old_orders, typed, with the first rule each breaks."""
    db.execute(f"create temp table order_rows as {old_orders(path)}")


def load_old(db: duckdb.DuckDBPyConnection) -> None:
    """Write the orders of old_orders; then all is in the file."""
    db.execute(_BAD_ORDERS)
    db.execute(f"insert into orders {_HEADS.format(source=_OLD.source, store=1)}")
    db.execute(
        f"""
        insert into rejects
        select '{_OLD.source}', '{_OLD.name}', rowid + 2, bad, original
        from order_rows where bad is not null
        """
    )
    db.execute("drop table order_rows")
    db.execute("checkpoint")


def _records(path: Path, rows: list[int], delimiter: str) -> list[list[str]]:
    """Read the records of the given ``rows``, in order; the header is row 1.

    Lines are counted, which is much faster than parsing them all and right as
    long as no cell of this shop's orders holds a line break.
    """
    wanted = set(rows)
    with path.open("rb") as lines:
        found = [line for row, line in enumerate(lines, start=1) if row in wanted]
    return list(csv.reader((line.decode() for line in found), delimiter=delimiter))
