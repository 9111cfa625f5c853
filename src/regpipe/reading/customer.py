"""All that the registry knows of one customer."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from regpipe.engine.protocol import Engine
from regpipe.reading.ledger import KEY, consents_of
from regpipe.sql.step import comma, ident
from regpipe.stages.who import ids_of

Row = Mapping[str, Any]

PROFILE = (
    *("customer_id", "kind", "email", "phone", "first_name", "last_name", "full_name"),
    *("company", "vat_id", "org_number", "birth_date", "language", "tax_exempt"),
    *("note", "created_at", "updated_at"),
)
ADDRESS = ("name", "street", "street2", "postcode", "city", "region", "country")
RECORD = (
    *("source", "external_id", *PROFILE[1:6], *PROFILE[7:]),
    *(*ADDRESS[1:], "groups", "originals", "delivered_at", "gone_at", "run_id"),
)
ORDER = (
    *("source", "order_id", "number", "site", "ordered_at", "payment_status"),
    *("payment_word", "fulfilment_status", "fulfilment_word", "currency", "subtotal"),
    *("shipping_total", "tax_total", "discount_total", "refunded_total", "total"),
    *("carrier", "tracking_number", "note"),
)
LINE = ("line_no", "sku", "name", "quantity", "price", "total")


@dataclass(frozen=True)
class Customer:
    """One customer as the registry has them. Times are UTC, money is decimal."""

    customer_id: int
    merged_ids: tuple[int, ...]
    """Ids of customers that became this one, the lowest first."""
    profile: Row
    """The golden record."""
    addresses: Mapping[str, Row]
    """'billing' and 'shipping', where there are such."""
    groups: tuple[str, ...]
    consents: tuple[Row, ...]
    """The word in force per address, channel and purpose: the statement that
    decides, with its source and time; ``suppressed`` lists why the address may
    not be written to all the same."""
    statements: tuple[Row, ...]
    """Every statement on those addresses, the oldest first: the proof."""
    orders: tuple[Row, ...]
    """The newest first; ``lines`` of each in order."""
    records: tuple[Row, ...]
    """The source records that the customer is made of. ``originals`` are the cells
    as they are in the file, of the fields whose value reads otherwise."""

    def as_dict(self) -> dict[str, Any]:
        """Give it all as plain dicts and lists."""
        return asdict(self)


def customer_of(engine: Engine, customer_id: int, as_of: datetime) -> Customer:
    """Give all that is known of a customer that there is; consent ``as_of``."""
    mine = f"customer_id = {customer_id}"
    profile = rows(engine, PROFILE, "customers", mine, ["customer_id"])[0]
    addresses = rows(engine, ("kind", *ADDRESS), "addresses", mine, ["kind"])
    order = ["source", "external_id"]
    records = tuple(
        {**row, "originals": _told(row["originals"])}
        for row in rows(engine, RECORD, "source_records", mine, order)
    )
    consents, statements = consents_on(engine, addresses_of((profile, *records)), as_of)
    return Customer(
        customer_id=customer_id,
        merged_ids=merged_into(engine, customer_id),
        profile=profile,
        addresses={
            row["kind"]: {name: row[name] for name in ADDRESS} for row in addresses
        },
        groups=groups_of(engine, customer_id),
        consents=consents,
        statements=statements,
        orders=_orders(engine, mine),
        records=records,
    )


def _told(originals: Row | None) -> dict[str, str]:
    """Give the cells of a record that are kept as they were written."""
    return {k: v for k, v in (originals or {}).items() if v is not None}


def merged_into(engine: Engine, customer_id: int) -> tuple[int, ...]:
    """Give the customers that became this one, the lowest first."""
    merged: set[int] = set()
    asked = {customer_id}
    while asked:
        found = ids_of(
            engine,
            "select customer_id from registry.customer_redirects "
            f"where redirect_to in ({', '.join(map(str, sorted(asked)))})",
        )
        asked = found - merged
        merged |= found
    return tuple(sorted(merged - {customer_id}))


def groups_of(engine: Engine, customer_id: int) -> tuple[str, ...]:
    """Give the names of a customer's groups, sorted."""
    found = engine.collect(
        f"select groups from registry.customer_groups where customer_id = {customer_id}"
    ).to_pylist()
    return tuple(found[0]["groups"]) if found else ()


def addresses_of(records: Sequence[Row]) -> tuple[str, ...]:
    """Give the e-mails and phones of some records, each once."""
    found = {row[field] for row in records for field in ("email", "phone")} - {None}
    return tuple(sorted(found))


def known_addresses(engine: Engine, customer_id: int) -> tuple[str, ...]:
    """Give the addresses of a customer and of their source records, each once.

    E-mails, phones, and postal addresses as the ledger of consent has them.
    """
    mine = f"customer_id = {customer_id}"
    both = ("email", "phone")
    profile = rows(engine, both, "customers", mine, both)
    records = rows(engine, both, "source_records", mine, both)
    postal = engine.collect(
        f"""
        select rp_postal(street, postcode, country) as address
        from registry.addresses where {mine}
        union
        select rp_postal(street, postcode, country) as address
        from registry.source_records where {mine}
        """
    ).to_pylist()
    found = {row["address"] for row in postal} - {None}
    return (*addresses_of((*profile, *records)), *sorted(found))


def consents_on(
    engine: Engine, addresses: Sequence[str], as_of: datetime
) -> tuple[tuple[Row, ...], tuple[Row, ...]]:
    """Give the statements in force on some addresses, and all of them."""
    found = consents_of(engine, addresses, as_of)
    in_force = tuple(
        {**statement, "suppressed": list(word.reasons)}
        for word in found.words
        if (statement := word.decides) is not None
    )
    events = sorted(
        (statement for word in found.words for statement in word.statements),
        key=lambda each: (
            each["said_at"] is not None,
            each["said_at"],
            each["source"],
            each["external_id"],
            *(each[k] for k in KEY),
        ),
    )
    return in_force, tuple(events)


def _orders(engine: Engine, mine: str) -> tuple[Row, ...]:
    orders = rows(engine, ORDER, "orders", mine, ["ordered_at", "source", "order_id"])
    lines = engine.collect(
        f"""
        select
            l.source as line_source,
            l.order_id as line_order,
            {comma((f"l.{ident(name)}" for name in LINE), 12)}
        from registry.order_lines l
        semi join (select source, order_id from registry.orders where {mine}) o
          on l.source = o.source and l.order_id = o.order_id
        order by l.source, l.order_id, l.line_no
        """
    ).to_pylist()
    of: dict[tuple[str, str], list[Row]] = {}
    for line in lines:
        key = (line.pop("line_source"), line.pop("line_order"))
        of.setdefault(key, []).append(line)
    return tuple(
        {**order, "lines": of.get((order["source"], order["order_id"]), [])}
        for order in reversed(orders)
    )


def rows(
    engine: Engine,
    columns: Sequence[str],
    table: str,
    which: str,
    order_by: Sequence[str],
) -> tuple[Row, ...]:
    """Give some columns of the rows of a table ``which`` holds for, in order."""
    found = engine.collect(
        f"select {comma(map(ident, columns), 0)} from registry.{table} where {which} "
        f"order by {', '.join(f'{ident(name)} nulls first' for name in order_by)}"
    )
    return tuple(found.to_pylist())
