"""The order files of the two shops, each as the shop writes it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from benchmarks import texts, times
from benchmarks.customer_cells import external_ids
from benchmarks.draws import Draws, Ints
from benchmarks.orders import (
    FINE,
    NO_AMOUNT,
    NO_CURRENCY,
    NO_PRICE,
    NO_STATUS,
    NO_TIME,
    NOBODY,
    Orders,
    amounts,
    lines_of,
)
from benchmarks.people import People
from benchmarks.records import Records
from benchmarks.texts import Piece, chosen, digits, joined, where
from benchmarks.vocabulary import CARRIERS, CURRENCIES, FIRST_NAMES, GOODS, flat

FIRST_NUMBERS = (1001, 500_001)
_WEB_PAID = (
    "paid",
    "pending",
    "authorized",
    "partially_refunded",
    "refunded",
    "voided",
    "on_hold",
)
_WEB_SENT = ("fulfilled", "fulfilled", "unfulfilled", "partial", "")
_OLD_PAID = (
    "Betald",
    "Obetald",
    "Reserverad",
    "Delvis återbetald",
    "Återbetald",
    "Makulerad",
    "Kanske",
)
_OLD_SENT = ("Skickad", "Levererad", "Ej skickad", "Retur", "Skickad")
_COLUMNS = {
    NO_TIME: ("ordered_at", "unreadable"),
    NO_AMOUNT: ("total", "unreadable"),
    NO_CURRENCY: ("currency", "currency"),
    NO_STATUS: ("payment_status", "known"),
    NO_PRICE: ("line_price", "unreadable"),
}
REASONS = (*_COLUMNS.values(), ("", "order"))
_OTHER_ROW = len(REASONS) - 1


@dataclass(frozen=True)
class OrderLines:
    """The lines of an order file: which order each is of, and its reject if any.

    ``reason`` is the place in REASONS, or -1 for a row to be accepted.
    """

    text: pa.Array
    reason: Ints


def order_ids(found: Orders, store: int, before: int) -> pa.Array:
    """Give the order numbers; ``before`` of them are in the chunks before."""
    number = digits(FIRST_NUMBERS[store] + before + np.arange(len(found.key)))
    return joined([("#", "")[store], number])


def web_orders(
    draws: Draws, people: People, rows: Records, found: Orders, before: int
) -> OrderLines:
    """Give a line per line item; all but number and e-mail stand on the first."""
    lines = lines_of(draws, found, len(GOODS))
    sums = amounts(draws, found, lines)
    somebody = found.row != NOBODY
    who = rows.who[found.row]
    known = texts.emails(draws, people, who, rows.email[found.row])
    names = [flat(name) for name in FIRST_NAMES]
    guest = [
        chosen(names, draws.below("guest name", found.key, len(names))),
        "-",
        digits(found.key),
        "@example.org",
    ]
    start = [
        order_ids(found, 0, before),
        ",",
        where(somebody, known, joined(guest)),
        ",",
    ]
    wrong = found.wrong
    head: list[Piece] = [
        where(
            somebody, external_ids(rows).take(pa.array(found.row % len(rows.key))), ""
        ),
        where(wrong == NO_CURRENCY, "QQQ", _currency(people, who)),
        texts.money(sums.subtotal),
        texts.money(found.shipping),
        texts.money(sums.tax),
        texts.money(sums.discount),
        texts.money(sums.refunded),
        where(wrong == NO_AMOUNT, "1o9.00", texts.money(sums.total)),
        where(wrong == NO_TIME, "yesterday", joined(times.with_offset(found.ordered))),
        chosen(_WEB_PAID, np.where(wrong == NO_STATUS, 6, found.payment)),
        chosen(_WEB_SENT, found.fulfilment),
        *_parcels(draws, found),
    ]
    first = lines.line == 0
    order = pa.array(lines.order)
    bad_line = draws.below("bad line", found.key, 8) % found.lines
    bad_line = np.where(wrong == NO_PRICE, bad_line, 0)
    bad_here = (wrong[lines.order] != FINE) & (lines.line == bad_line[lines.order])
    bad_price = bad_here & (wrong[lines.order] == NO_PRICE)
    sku = [digits(1000 + lines.goods), "-", digits(lines.price % 7)]
    text = joined(
        [
            joined(start).take(order),
            where(first, joined(head, ",").take(order), "," * (len(head) - 1)),
            ",",
            digits(lines.quantity),
            ",",
            chosen(GOODS, lines.goods),
            ",",
            where(bad_price, "free", texts.money(lines.price)),
            ",",
            joined(sku),
            "\n",
        ]
    )
    other = np.where(wrong[lines.order] == FINE, -1, _OTHER_ROW)
    return OrderLines(text, np.where(bad_here, wrong[lines.order] - 1, other))


def old_orders(
    draws: Draws, people: People, rows: Records, found: Orders, before: int
) -> OrderLines:
    """Give a line per order: decimal commas, thousands apart, Swedish words."""
    sums = amounts(draws, found, lines_of(draws, found, len(GOODS)))
    who = rows.who[found.row]
    wrong = found.wrong
    text = joined(
        [
            order_ids(found, 1, before),
            external_ids(rows).take(pa.array(found.row)),
            texts.emails(draws, people, who, rows.email[found.row]),
            where(
                wrong == NO_TIME,
                "31.02.2024 10:00",
                joined(times.dotted(found.ordered)),
            ),
            chosen(_OLD_PAID, np.where(wrong == NO_STATUS, 6, found.payment)),
            chosen(_OLD_SENT, found.fulfilment),
            where(wrong == NO_CURRENCY, "KR", _currency(people, who)),
            texts.swedish_money(sums.subtotal),
            texts.swedish_money(found.shipping),
            texts.swedish_money(sums.tax),
            texts.swedish_money(sums.discount),
            texts.swedish_money(sums.refunded),
            where(wrong == NO_AMOUNT, "1 2o9,50", texts.swedish_money(sums.total)),
            *_parcels(draws, found),
        ],
        ";",
    )
    return OrderLines(joined([text, "\r\n"]), wrong - 1)


def _currency(people: People, who: Ints) -> pa.Array:
    """Give the currency of each person's country."""
    return chosen(CURRENCIES, people.country[who])


def _parcels(draws: Draws, found: Orders) -> tuple[pa.Array, pa.Array]:
    """Give carrier and tracking number of the orders that were sent."""
    sent = found.fulfilment < 2
    carrier = chosen(CARRIERS, draws.below("carrier", found.key, len(CARRIERS)))
    parcel = joined(["00", digits(370_000_000 + found.key % 100_000_000)])
    return where(sent, carrier, ""), where(sent, parcel, "")


WRITERS = (web_orders, old_orders)
