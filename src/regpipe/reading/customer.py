"""All that the registry knows of one customer."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from regpipe.engine.protocol import Engine
from regpipe.sql.step import comma, ident, literal
from regpipe.stages.who import ids_of

Row = Mapping[str, Any]

PROFILE = (
    *("customer_id", "kind", "email", "phone", "first_name", "last_name", "full_name"),
    *("company", "vat_id", "org_number", "birth_date", "language", "tax_exempt"),
    *("note", "created_at", "updated_at"),
)
ADDRESS = ("name", "street", "street2", "postcode", "city", "region", "country")
EVENT = (
    *("address", "channel", "purpose", "status", "stated", "stated_at", "said_at"),
    *("dated_by", "source", "external_id", "file_id", "row_number", "run_id"),
)
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


def customer_of(engine: Engine, customer_id: int) -> Customer:
    """Give all that is known of a customer that there is."""
    mine = f"customer_id = {customer_id}"
    profile = rows(engine, PROFILE, "customers", mine, ["customer_id"])[0]
    addresses = rows(engine, ("kind", *ADDRESS), "addresses", mine, ["kind"])
    order = ["source", "external_id"]
    records = tuple(
        {**row, "originals": _told(row["originals"])}
        for row in rows(engine, RECORD, "source_records", mine, order)
    )
    consents, statements = consents_on(engine, addresses_of((profile, *records)))
    return Customer(
        customer_id=customer_id,
        merged_ids=_merged(engine, customer_id),
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


def _merged(engine: Engine, customer_id: int) -> tuple[int, ...]:
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


def consents_on(
    engine: Engine, addresses: Sequence[str]
) -> tuple[tuple[Row, ...], tuple[Row, ...]]:
    """Give the statements in force on some addresses, and all of them.

    What decides is the view ``consent_in_force``; the statement that says so is
    found beside it.
    """
    among = f"address in ({', '.join(map(literal, addresses)) or 'null'})"
    events = rows(
        engine,
        EVENT,
        "consent_events",
        among,
        ["said_at", "source", "external_id", "address", "channel", "purpose", "status"],
    )
    blocked = rows(
        engine,
        ("address", "channel", "reason"),
        "suppressions",
        among,
        ["address", "channel", "reason"],
    )
    gone = engine.collect(
        f"""
        select distinct r.source, r.external_id
        from registry.source_records r
        semi join (select * from registry.consent_events where {among}) e
          on r.source = e.source and r.external_id = e.external_id
        where r.gone_at is not null
        """
    ).to_pylist()
    fallen = {(row["source"], row["external_id"]) for row in gone}
    key = ("address", "channel", "purpose")
    columns = (*key, "status", "said_at")
    in_force = []
    for word in rows(engine, columns, "consent_in_force", among, key):
        decides = [
            event
            for event in events
            if all(event[name] == word[name] for name in columns)
            and not (
                event["status"] in ("granted", "pending")
                and (event["source"], event["external_id"]) in fallen
            )
        ]
        reasons = [
            block["reason"]
            for block in blocked
            if block["address"] == word["address"]
            and block["channel"] in (word["channel"], "*")
        ]
        in_force.append({**word, **decides[-1], "suppressed": reasons})
    return tuple(in_force), events


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
