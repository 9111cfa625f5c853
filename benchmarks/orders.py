"""The orders of the invented world: who bought, when, and which row is wrong."""

from __future__ import annotations

from dataclasses import dataclass, fields

import numpy as np

from benchmarks import rates
from benchmarks.draws import Bools, Draws, Ints
from benchmarks.people import People
from benchmarks.records import CLEAN, FIRST_SLOT, Records
from benchmarks.times import at_day_and_second

MOST_ORDERS = 31
"""Orders per record at most."""
_KEYS = 2 * (MOST_ORDERS + 1)

FINE, NO_TIME, NO_AMOUNT, NO_CURRENCY, NO_STATUS, NO_PRICE = range(6)
"""What is wrong with an order; NO_PRICE is on any line, the rest on the head."""
NOBODY = -1

PAID, PENDING, AUTHORIZED, PART_BACK, BACK, VOID = range(6)
_PAYMENT = (0.80, 0.06, 0.03, 0.04, 0.05, 0.02)
_FULFILMENT = (0.70, 0.14, 0.08, 0.05, 0.03)


@dataclass(frozen=True)
class Orders:
    """One element per order of one store in one chunk, in order of the file.

    ``row`` is the place of the customer's record, or NOBODY for a guest order,
    and ``owner`` the place of the person whose order it is, or NOBODY. ``key``
    no other order has. Amounts are in hundredths.
    """

    key: Ints
    row: Ints
    owner: Ints
    wrong: Ints
    ordered: Ints
    payment: Ints
    fulfilment: Ints
    lines: Ints
    shipping: Ints

    def take(self, rows: Ints) -> Orders:
        """Give the orders at ``rows``, in that order."""
        return Orders(*(getattr(self, column.name)[rows] for column in fields(self)))


@dataclass(frozen=True)
class Lines:
    """One element per line item; ``order`` is its order's place, ``line`` from 0."""

    order: Ints
    line: Ints
    quantity: Ints
    price: Ints
    goods: Ints


def orders(
    draws: Draws, people: People, rows: Records, store: int, scale: float
) -> Orders:
    """Give the orders of the customers of one store, and of its nameless guests.

    A dirty record has orders only where the person has no other record, so
    that the e-mail on the order is nobody's either.
    """
    web = store == rates.WEB
    mean = (rates.WEB_ORDERS if web else rates.OLD_ORDERS) * scale
    what = f"orders of {rates.STORES[store]}"
    luck = draws.share(what, rows.key) * 2 * mean
    count = np.floor(luck + draws.share(what + ", rounded", rows.key))
    count = np.minimum(count.astype(np.int64), MOST_ORDERS)
    buys = (rows.dirt == CLEAN) | (rows.slot == FIRST_SLOT)
    count = np.where(buys, count, 0)
    row = np.repeat(np.arange(len(rows.key)), count)
    before = np.cumsum(count) - count
    key = rows.key[row] * _KEYS + np.arange(len(row)) - before[row]
    if web:
        guest = draws.chance("guest order", key, rates.GUEST_ORDERS)
        key = np.concatenate([key, key[guest] + MOST_ORDERS + 1])
        row = np.concatenate([row, np.full(int(guest.sum()), NOBODY)])
    who = rows.who[row]
    owned = (row != NOBODY) & (rows.dirt[row] == CLEAN) & ~people.guest[who]
    found = _filled(draws, key, row, np.where(owned, who, NOBODY), web)
    return found.take(np.argsort(draws.bits("place in file", key), kind="stable"))


def _filled(draws: Draws, key: Ints, row: Ints, owner: Ints, web: bool) -> Orders:
    """Give the orders with all that is drawn for them."""
    kinds = NO_PRICE if web else NO_STATUS
    wrong = np.full(len(key), FINE)
    dirty = np.flatnonzero(draws.chance("dirty order", key, rates.DIRTY_ORDERS))
    wrong[dirty] = 1 + np.arange(len(dirty)) % kinds  # each kind in its turn
    clock = (7 + draws.below("order hour", key, 13)) * 3600
    clock = clock + draws.below("order minute", key, 60) * 60
    if web:
        clock = clock + draws.below("order second", key, 60)
    ordered = at_day_and_second(draws.below("ordered", key, 2300), clock)
    return Orders(
        key=key,
        row=row,
        owner=owner,
        wrong=wrong,
        ordered=ordered,
        payment=draws.pick("payment", key, _PAYMENT),
        fulfilment=draws.pick("fulfilment", key, _FULFILMENT),
        lines=1 + draws.pick("lines", key, rates.LINES),
        shipping=draws.below("shipping", key, 3) * 4950,
    )


def lines_of(draws: Draws, found: Orders, goods: int) -> Lines:
    """Give the line items of orders, order by order."""
    order = np.repeat(np.arange(len(found.key)), found.lines)
    first = np.cumsum(found.lines) - found.lines
    line = np.arange(len(order)) - first[order]
    key = found.key[order] * 8 + line
    return Lines(
        order=order,
        line=line,
        quantity=1 + draws.below("quantity", key, 4),
        price=1900 + draws.below("price", key, 3000) * 50,
        goods=draws.below("goods", key, goods),
    )


@dataclass(frozen=True)
class Amounts:
    """The amounts of orders, in hundredths; tax is within the total."""

    subtotal: Ints
    tax: Ints
    discount: Ints
    refunded: Ints
    total: Ints


def amounts(draws: Draws, found: Orders, lines: Lines) -> Amounts:
    """Add up the line items of each order."""
    first = np.cumsum(found.lines) - found.lines
    value = lines.quantity * lines.price
    subtotal = np.add.reduceat(value, first) if len(first) else value
    reduced: Bools = draws.chance("discount", found.key, 0.1)
    discount = np.where(reduced, subtotal // 10, 0)
    total = subtotal - discount + found.shipping
    refunded = np.select(
        [found.payment == BACK, found.payment == PART_BACK], [total, total // 2]
    )
    return Amounts(subtotal, total // 5, discount, refunded, total)
