"""Judging: what the steps of one list say of one customer."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from regpipe.engine.protocol import Engine
from regpipe.spec import Export, Pipeline
from regpipe.sql.customer_view import CUSTOMERS, addresses, moment
from regpipe.sql.expression import AS_OF, part_column
from regpipe.sql.fitted import INCOMPLETE, fitted_table
from regpipe.sql.gate import buyers_table, policies_of
from regpipe.sql.lists import list_table, neighbours
from regpipe.sql.segment import EVERYBODY
from regpipe.sql.step import ident, literal
from regpipe.stages.export import drop, forget, make, ready
from regpipe.stages.list_files import List


@dataclass(frozen=True)
class Judged:
    """What becomes of one customer on one list.

    ``in_segment`` tells whether the ``where`` holds for them, ``read`` what it reads of
    them. ``refusals`` are, by group (None where the list is one file), what keeps them
    off (None: nothing); of somebody outside the segment as if they were in it.
    ``tests`` are the refusals there may be, in order. ``same_as`` is the customer who
    is on it with their address; ``last_order_at`` when they bought last, where a policy
    asks that, of who refused nothing.
    """

    export: Export
    tests: tuple[str, ...]
    country: str | None
    in_segment: bool
    read: Mapping[str, object]
    address: str | None
    refusals: Mapping[str | None, str | None]
    same_as: int | None
    last_order_at: datetime | None


def judge(
    reader: Engine, pipeline: Pipeline, name: str, as_of: datetime, customer_id: int
) -> Judged:
    """Ask the steps of one list about one customer that there is.

    They are made for those alone who share an address with them.

    Raises PipelineError for a name there is not, or a ``where`` that cannot run.
    """
    reader.make(neighbours(_ASKED, customer_id))
    lists = ready(reader, pipeline, as_of, [name], _ASKED)
    each = lists[name]
    mine = f"customer_id = {customer_id}"
    (read,) = reader.collect(
        f"select *, coalesce(({each.who.segment.sql}), false) as is_in "
        f"from (select *, {moment(as_of)} as {AS_OF} from {CUSTOMERS} where {mine})"
    ).to_pylist()
    asked = each
    if not read["is_in"]:
        asked = replace(each, who=replace(each.who, segment=EVERYBODY))
    make(reader, asked, as_of)
    tables = [list_table(name), *([fitted_table(name)] if each.target.checked else [])]
    refusals = {
        row["group_key"]: row["refusal"]
        for table in tables
        for row in reader.collect(
            f"select group_key, refusal from {ident(table)} where {mine} "
            "order by group_key nulls first"
        ).to_pylist()
    }
    having = addresses(each.who.channel)
    same = reader.collect(
        f"""
        select min(l.customer_id)
        from {ident(tables[-1])} l
        join {having} c on l.customer_id = c.customer_id
        join {having} m on lower(c.address) = lower(m.address) and m.{mine}
        where l.refusal is null and l.customer_id < m.customer_id
        """
    )
    address = reader.collect(f"select address from {having} a where {mine}")
    bought = None
    who = each.who
    if any(p.existing_customers for p in policies_of(who.consent, who.purpose)):
        table = ident(buyers_table(who.purpose, who.channel))
        last = reader.collect(f"select last_order_at from {table} where {mine}")
        bought = next(iter(last.column(0).to_pylist()), None)
    drop(reader, name)
    forget(reader, lists)
    reader.drop(_ASKED)
    tests = who.refusals if who.gated else ()
    return Judged(
        export=each.export,
        tests=(*tests, *([INCOMPLETE] if each.target.checked else [])),
        country=read.get("country"),
        in_segment=read["is_in"],
        read=_read(each, read),
        address=next(iter(address.column(0).to_pylist()), None),
        refusals=refusals,
        same_as=same.column(0)[0].as_py(),
        last_order_at=bought,
    )


_ASKED = "list_asked"


def _read(made: List, row: Mapping[str, object]) -> dict[str, object]:
    """Give what the segment of a list reads of a customer, as a ``where`` names it."""
    segment = made.who.segment
    read = {name: row[name] for name in sorted(segment.columns)}
    return read | {
        f"{column}[{literal(key)}]": row[part_column(column, key)]
        for column, key in sorted(segment.parts)
    }
