"""All that is held of one person, as a page for somebody who is not of the trade."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from regpipe.cli.page import rendered
from regpipe.cli.shown import value
from regpipe.cli.terminal import shown
from regpipe.version import VERSION

if TYPE_CHECKING:
    from regpipe.reading import Disclosure

Row = Mapping[str, Any]

TEMPLATE = "disclose.html.jinja"

MONTHS = (
    *("January", "February", "March", "April", "May", "June", "July", "August"),
    *("September", "October", "November", "December"),
)

LABELS: Mapping[str, str] = MappingProxyType(
    {
        "customer_id": "Customer number",
        "email": "E-mail",
        "vat_id": "VAT number",
        "org_number": "Organisation or personal number",
        "birth_date": "Date of birth",
        "tax_exempt": "Exempt from tax",
        "kind": "Kind of customer",
        "full_name": "Whole name",
        "street2": "Street, second line",
        "created_at": "First known",
        "updated_at": "Last changed",
        "billing": "Address",
        "shipping": "Address for deliveries",
        "ordered_at": "Ordered",
        "payment_word": "Payment, in the shop's word",
        "fulfilment_word": "Delivery, in the shop's word",
        "payment_status": "Payment",
        "fulfilment_status": "Delivery",
        "tracking_number": "Tracking number",
        "order_id": "Order",
        "subtotal": "Sum of the lines",
        "discount_total": "Discount",
        "shipping_total": "Shipping",
        "tax_total": "Tax",
        "refunded_total": "Paid back",
        "group_key": "Group",
        "opt_in_at": "Asked for at",
        "opt_in_ip": "Asked for from (IP address)",
        "confirmed_at": "Confirmed at",
        "confirmed_ip": "Confirmed from (IP address)",
        "wording": "What was agreed to",
        "campaign": "Campaign",
        "note": "Note",
    }
)

STATUSES: Mapping[str, str] = MappingProxyType(
    {
        "granted": "yes",
        "pending": "asked for, not confirmed",
        "withdrawn": "no longer: it was withdrawn",
        "never": "no",
        "unknown": "not stated",
    }
)
"""What a status of consent means to whoever is asked about it."""

DATED_BY: Mapping[str, str] = MappingProxyType(
    {
        "statement": "",
        "record": "the time at which that record was last changed",
        "file": "the time of the file that said so",
        "nothing": "no time is known, so it counts as older than any other",
    }
)

THINGS: Mapping[str, str] = MappingProxyType(
    {
        "source_records": "Record",
        "customers": "Profile",
        "addresses": "Address",
        "memberships": "Group",
        "overrides": "Set by hand",
        "orders": "Order",
        "order_lines": "Line of order",
    }
)

AMOUNTS = (
    "subtotal",
    "discount_total",
    "shipping_total",
    "tax_total",
    "refunded_total",
)


def page_of(found: Disclosure) -> str:
    """Give the page on a person.

    Raises PipelineError where jinja2 is not installed.
    """
    profile = found.profile
    return rendered(
        TEMPLATE,
        {
            "held": found,
            "name": profile.get("full_name") or profile.get("company") or "",
            "sources": sorted({row["source"] for row in found.records}),
            "fields": [each for each in found.fields if value(each.value)],
            "words": [each for each in found.consents.words if each.statements],
            "earlier": [each for each in found.earlier if each.changed],
            "label": label,
            "when": when,
            "pairs": pairs,
            "told": told,
            "thing": thing,
            "money": money,
            "status": STATUSES,
            "dated_by": DATED_BY,
            "proof": proof,
            "version": VERSION,
        },
        option="--out",
    )


def label(name: str) -> str:
    """Give the name of a field as a person reads it.

    >>> label("email"), label("first_name"), label("shipping_city")
    ('E-mail', 'First name', 'Deliveries: city')
    """
    if name.startswith("shipping_") and name != "shipping_total":
        inner = label(name.removeprefix("shipping_"))
        return f"Deliveries: {inner[:1].lower()}{inner[1:]}"
    words = name.replace("_", " ")
    return LABELS.get(name, words[:1].upper() + words[1:])


def when(moment: datetime | None) -> str:
    """Give a time (UTC) with its zone; nothing for none.

    >>> when(datetime(2026, 5, 1, 9, 30)), when(None)
    ('1 May 2026, 09:30 UTC', '')
    """
    if moment is None:
        return ""
    return f"{_day(moment)}, {moment:%H:%M} UTC"


def told(cell: object) -> str:
    """Give any value as a person reads it, times with their zone."""
    match cell:
        case datetime():
            return when(cell)
        case date():
            return _day(cell)
        case {"street": _}:
            return value(cell)
    return shown(cell)


def _day(moment: date) -> str:
    return f"{moment.day} {MONTHS[moment.month - 1]} {moment.year}"


def pairs(row: Row, without: Sequence[str] = ()) -> list[tuple[str, str]]:
    """Give the values of a row that hold something, each under its label."""
    return [
        (label(name), text)
        for name, cell in row.items()
        if name not in without and (text := told(cell))
    ]


def money(order: Row) -> list[tuple[str, str]]:
    """Give the sums of an order in its currency, those of nothing left out."""
    sums = [(name, order[name]) for name in AMOUNTS if order[name]]
    sums += [("total", order["total"])] if order["total"] is not None else []
    return [
        (label(name), f"{shown(amount)} {order['currency'] or ''}".rstrip())
        for name, amount in sums
    ]


def thing(table: str, key: Row) -> str:
    """Say what an earlier version is of."""
    which = [str(part) for name, part in key.items() if name != "customer_id"]
    if "customer_id" in key:
        which.append(f"of customer {key['customer_id']}")
    return f"{THINGS[table]} {', '.join(which)}".strip()


def proof(statement: Row) -> list[tuple[str, str]]:
    """Give what a statement rests on, where that is known."""
    names = ("opt_in_at", "opt_in_ip", "confirmed_at", "confirmed_ip")
    return pairs(
        {name: statement[name] for name in (*names, "wording", "campaign", "note")}
    )
