"""Merge: golden records, memberships, consent events and orders, as deltas."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from regpipe.engine.protocol import Engine, TableDelta
from regpipe.errors import DataError, Problem
from regpipe.outcome import StageOutcome
from regpipe.spec import CustomerSource, OrderSource, Survivorship
from regpipe.sql import (
    consent,
    deltas,
    golden,
    gone,
    groups,
    orders,
    records,
    stated,
    statements,
    suppressed,
)
from regpipe.stages.canonical import ask_of_records
from regpipe.stages.intake import Intake
from regpipe.stages.normalise import texts_kept
from regpipe.stages.stated import assumed, misdated, stated_by
from regpipe.stages.survivorship import settable, survival_of


@dataclass(frozen=True)
class Ground:
    """What a merge starts from: the numbers that are taken, and what is empty.

    ``file_ids`` is the registry's last file id; ``fresh`` tells that it holds
    no source records, ``no_orders`` that it holds no orders; ``deleted`` and
    ``removed`` that a person's word takes records away, for now or for good.
    """

    file_ids: int
    fresh: bool
    no_orders: bool
    deleted: bool = False
    removed: bool = False


def bring_records(
    engine: Engine, intakes: Sequence[Intake], ground: Ground, *, guests: bool
) -> int:
    """Leave ``incoming`` and ``stored``: the records that come, those that stay."""
    customers = [
        records.Came(
            each.source,
            each.number,
            each.fields,
            texts_kept(each.spec),
            statements.undated(stated_by(each.source, each.spec, each.fields)),
        )
        for each in intakes
        if isinstance(each.spec, CustomerSource)
    ]
    hosts = [
        each
        for each in intakes
        if guests and isinstance(each.spec, OrderSource) and "email" in each.fields
    ]
    for each in hosts:
        engine.make(records.guests(each.source, each.fields))
    invited = [
        records.Came(each.source, each.number, records.guest_fields(each.fields))
        for each in hosts
    ]
    tables = {f"accepted_{each.source}": each.fields for each in customers}
    tables |= {f"guests_{each.source}": each.fields for each in invited}
    asked = ask_of_records(engine, tables)
    engine.define(records.incoming(customers, invited, ground.file_ids, asked))
    deliveries = [
        (each.source, gone.delivered(d.delivered_at for d in each.deliveries))
        for each in intakes
        if isinstance(each.spec, CustomerSource) and each.spec.delivery == "full"
    ]
    vanished = engine.make(gone.vanished(deliveries, deleted=ground.deleted))
    engine.define(records.stored(removed=ground.removed))
    engine.make(gone.deletions_gone())
    return vanished


def refuse_shrinking(engine: Engine, intakes: Sequence[Intake]) -> None:
    """Stop where a full delivery lacks more of a source's records than it may.

    Half a file must not take half the customers away.

    Raises DataError naming the source and both numbers.
    """
    problems = []
    found = engine.collect(gone.shrinking()).to_pylist()
    counted = {row["source"]: row for row in found}
    for each in intakes:
        row = counted.get(each.source)
        if row is None or not isinstance(each.spec, CustomerSource):
            continue
        share = row["gone"] / row["held"]
        if share > each.spec.gone_limit:
            what = (
                f"{row['gone']} of {row['held']} customers are missing from the "
                f"delivery ({share:.0%}), more than gone_limit "
                f"({each.spec.gone_limit:.0%})"
            )
            hint = "look whether the file is whole; raise gone_limit if it is"
            problems.append(Problem(f"source {each.source!r}", what, hint))
    if problems:
        raise DataError(*problems)


def merge_records(
    engine: Engine, rules: Survivorship, ground: Ground
) -> list[TableDelta]:
    """Leave what changes in records, customers, addresses and memberships."""
    engine.make(records.records_new(fresh=ground.fresh))
    if ground.fresh:
        engine.define(records.none_moved())
    else:
        engine.make(records.records_moved())
    engine.make(records.records_gone(removed=ground.removed))
    engine.define(records.records_coming())
    engine.make(deltas.redirects_now())
    engine.make(deltas.redirects_gone())
    engine.make(deltas.redirects_new())
    survival = survival_of(rules)
    table = _golden(engine, survival, ground)
    engine.define(golden.customers(table))
    engine.define(golden.addresses(table))
    engine.make(groups.memberships(survival["groups"]))
    engine.define(groups.memberships_now())
    engine.make(groups.groups_new())
    engine.make(groups.groups_gone())
    coming = "records_new" if ground.fresh else "records_coming"
    return [
        TableDelta(
            "source_records",
            ("source", "external_id"),
            "records_gone",
            coming,
        ),
        TableDelta(
            "customer_redirects",
            ("customer_id",),
            "customer_redirects_gone",
            "customer_redirects_new",
        ),
        TableDelta(
            "deletions",
            ("source", "external_id"),
            "deletions_gone",
            "records_deleted",
        ),
        TableDelta("groups", ("group_key",), "groups_gone", "groups_new"),
        *_of_customers(engine, ground),
    ]


def _golden(
    engine: Engine, rules: Mapping[str, golden.Survival], ground: Ground
) -> str:
    """Leave the golden records of the touched customers; give the table's name."""
    engine.define(golden.present(fresh=ground.fresh))
    engine.make(golden.several())
    computed = golden.golden(rules)
    engine.make(computed)
    if not engine.make(deltas.overrides_in_force()):
        return computed.name
    by_hand = golden.overridden(settable())
    engine.make(by_hand)
    return by_hand.name


def _of_customers(engine: Engine, ground: Ground) -> list[TableDelta]:
    """Leave what changes in the tables that are worked out per customer."""
    found = []
    engine.make(deltas.touched_customers())
    for name, key, columns in (
        ("customers", ("customer_id",), golden.CUSTOMER_COLUMNS),
        ("addresses", ("customer_id", "kind"), golden.ADDRESS_COLUMNS),
        ("memberships", ("customer_id", "group_key"), ("customer_id", "group_key")),
    ):
        now = f"{name}_now"
        if ground.fresh:
            engine.define(deltas.all_new(name, now, columns))
            found.append(TableDelta(name, key, None, f"{name}_new"))
            continue
        engine.make(deltas.rows_new(name, now, key, columns))
        engine.make(deltas.rows_gone(name, now, key, "touched_customers"))
        found.append(TableDelta(name, key, f"{name}_gone", f"{name}_new"))
    return found


def merge_consents(
    engine: Engine, intakes: Sequence[Intake], ground: Ground
) -> tuple[list[TableDelta], StageOutcome]:
    """Leave the consent events and suppressions that come; say what is odd of them."""
    columns = [
        column
        for each in intakes
        for column in stated_by(each.source, each.spec, each.fields)
    ]
    proof = stated.parts_of_proof(columns)
    assumes = any(column.assumes for column in columns)
    engine.define(statements.statements(columns, ground.file_ids, fresh=ground.fresh))
    events = engine.make(consent.events(proof, assumes=assumes))
    engine.make(suppressed.suppressions(columns, ground.file_ids))
    notes = {f"misdated {name}": n for name, n in misdated(engine, columns).items()}
    notes |= {f"assumed {name}": n for name, n in assumed(engine, columns).items()}
    deltas = [
        TableDelta("consent_events", (), None, "consent_events_new"),
        TableDelta("suppressions", (), None, "suppressions_new"),
    ]
    return deltas, StageOutcome("merge consents", events, events, notes=notes)


def merge_orders(
    engine: Engine, intakes: Sequence[Intake], ground: Ground
) -> list[TableDelta]:
    """Leave what changes in orders and their lines."""
    sources = [each for each in intakes if isinstance(each.spec, OrderSource)]
    engine.define(
        orders.heads(
            [(e.source, _customers_of(e), e.fields) for e in sources], ground.file_ids
        )
    )
    engine.define(orders.people(fresh=ground.fresh))
    engine.make(orders.owners_by_email())
    lined = [
        (each.source, each.fields)
        for each in sources
        if any(field == "lines" or field.startswith("line_") for field in each.fields)
    ]
    engine.define(orders.lines(lined))
    if ground.no_orders:
        coming = orders.orders_new()
        if ground.fresh:
            engine.define(coming)
        else:
            engine.make(coming)
        return [
            TableDelta("orders", (), None, "orders_new"),
            TableDelta("order_lines", (), None, "order_lines_new"),
        ]
    engine.make(orders.unsettled())
    engine.make(orders.owners())
    engine.make(orders.orders_changed())
    engine.make(orders.orders_gone())
    engine.make(orders.order_lines_gone())
    key = ("source", "order_id")
    return [
        TableDelta("orders", key, "orders_gone", "orders_new"),
        TableDelta("order_lines", key, "order_lines_gone", "order_lines_new"),
    ]


def forget_customers(engine: Engine, intakes: Sequence[Intake]) -> None:
    """Drop the cleaned rows of customers and statements, once they are merged."""
    for each in intakes:
        if not isinstance(each.spec, OrderSource):
            engine.drop(*each.tables)


def forget_ways(engine: Engine) -> None:
    """Drop what no delta reads, before the deltas are applied."""
    engine.drop(
        *("identified", "several", "vanished", "frontier", "touched_customers"),
        *("unsettled", "decided", "decisions_in_force", "overrides_in_force"),
        "leaving_founders",
    )


def _customers_of(intake: Intake) -> str | None:
    return intake.spec.customers if isinstance(intake.spec, OrderSource) else None
