"""What the registry keeps beside customers: orders, their lines, runs and times."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from types import MappingProxyType

import pyarrow as pa

from regpipe.engine.protocol import Engine
from regpipe.errors import InputFileError, PipelineError, StepError
from regpipe.sql.customer_view import MONEY, NUMBER, TEXT, TIME, moment
from regpipe.sql.expression import AS_OF
from regpipe.sql.step import comma, ident
from regpipe.stages.segments import about_the_text, is_one_select, segment

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

ERASURES = """
    select
        e.erasure_id,
        e.erased_at,
        e.erased_by,
        e.ground,
        e.case_reference,
        e.records,
        e.orders,
        count(i.hash) as hashes,
        e.run_id
    from registry.erasures e
    left join registry.erased_identifiers i on e.erasure_id = i.erasure_id
    group by all
    order by e.erasure_id desc
    """
"""One row per erasure, the newest first, with the hashes that still hold."""


def orders(engine: Engine, where: str | None) -> str:
    """Give the SELECT of the orders that a ``where`` over ORDERS holds for, in order.

    Raises PipelineError when it is not one expression.
    """
    which = segment(engine, where, columns=ORDERS)
    return f"""
        select {comma(map(ident, ORDERS), 0)}
        from (
          select *, {moment(as_of(engine))} as {AS_OF} from registry.orders
        )
        where {which.sql}
        order by source, order_id
        """


def answer(engine: Engine, query: str) -> pa.Table:
    """Give the answer to one SELECT.

    Raises PipelineError when it is no single SELECT or names what there is not,
    StepError when it fails on the data.
    """
    if not is_one_select(engine, query):
        raise PipelineError.at(
            "query", "is not one SELECT", "such as select * from customers"
        )
    try:
        return engine.collect(query)
    except (StepError, InputFileError) as error:
        said = about_the_text(error)
        if said is None:
            raise
        raise PipelineError.at("query", said) from error


def as_of(engine: Engine) -> datetime:
    """Give the time (UTC) that the last run worked as of; 1970 before any run."""
    return _time(engine, "select as_of from registry.runs order by run_id desc limit 1")


def latest(engine: Engine) -> datetime:
    """Give the latest time (UTC) that any run worked as of; 1970 before any run."""
    return _time(engine, "select max(as_of) from registry.runs")


def _time(engine: Engine, select: str) -> datetime:
    found = [when for when in engine.collect(select).column(0).to_pylist() if when]
    if not found:
        return datetime(1970, 1, 1, tzinfo=UTC)
    return datetime.combine(found[0].date(), found[0].time(), tzinfo=UTC)
