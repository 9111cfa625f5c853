"""What the registry keeps beside customers, as SQL: orders, their lines, runs."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from regpipe.sql.customer_view import MONEY, NUMBER, TEXT, TIME

ORDERS: Mapping[str, str] = MappingProxyType(
    {
        **dict.fromkeys(("source", "order_id"), TEXT),
        "customer_id": NUMBER,
        **dict.fromkeys(("email", "number", "site"), TEXT),
        **dict.fromkeys(("ordered_at", "updated_at"), TIME),
        **dict.fromkeys(("payment_status", "payment_word"), TEXT),
        **dict.fromkeys(("fulfilment_status", "fulfilment_word", "currency"), TEXT),
        **dict.fromkeys(("subtotal", "shipping_total", "tax_total"), MONEY),
        **dict.fromkeys(("discount_total", "refunded_total", "total"), MONEY),
        **dict.fromkeys(("carrier", "tracking_number", "note"), TEXT),
        "line_count": NUMBER,
    }
)
"""The columns of ``Registry.orders`` and their types."""

ORDER_LINES = """
    select source, order_id, line_no, sku, name, quantity, price, total
    from registry.order_lines
    order by source, order_id, line_no
    """
"""What was bought, how many, for what: one row per line of an order."""

RUNS = """
    select
        r.run_id,
        r.pipeline,
        r.command,
        r.started_at,
        r.as_of,
        r.program_version,
        count(f.file_id) as files,
        cast(coalesce(sum(f.read), 0) as bigint) as read,
        cast(coalesce(sum(f.accepted), 0) as bigint) as accepted,
        cast(coalesce(sum(f.rejected), 0) as bigint) as rejected,
        cast(coalesce(sum(f.duplicate), 0) as bigint) as duplicate,
        cast(coalesce(sum(f.unchanged), 0) as bigint) as unchanged,
        cast(coalesce(sum(f.suppressed), 0) as bigint) as suppressed,
        (select count(*) from registry.reject_closures c
          where c.run_id = r.run_id) as rejects_closed
    from registry.runs r
    left join registry.run_files f on r.run_id = f.run_id
    group by all
    order by r.run_id desc
    """
"""One row per run, the newest first, with the sums of its files."""
