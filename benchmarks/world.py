"""Make an invented world: three stores' customers, two order files, the truth.

    python -m benchmarks.world --people 2000 --order-rows 2.5 --out sample_data

The same seed and numbers give the same bytes. People are made in chunks, so
memory does not grow with their number (at most 10,000,000). Nobody in it
exists: addresses are under example.com, .net and .org, numbers are drawn.

Written to the folder: ``web_shop_customers.csv`` (comma, UTF-8, LF),
``old_shop_kunder.skv`` (semicolon, Windows-1252, CRLF), ``mail_club.csv``
(UTF-8 with BOM), ``web_orders.csv`` (a row per line item), ``old_orders.csv``
(Windows-1252, a row per order), and in ``truth/``:

- ``people.csv``: each accepted customer record, and the customer it belongs to;
- ``rejects.csv``: each row to be rejected, with column and check. Row numbers
  are a spreadsheet's: the header is row 1, and a record is one row;
- ``files.csv``: read = accepted + rejected + duplicate, per file;
- ``newsletter.csv``: the addresses that may be mailed for ``newsletter``;
- ``nordic_buyers.csv``: those of them outside Sweden whose customer has an order;
- ``groups.csv``: the members of each group;
- ``order_owners.csv``: each accepted order, and its customer if it has one.

What the truth takes for granted:

- Names are compared without case and accents. A row that stands twice counts
  once and as one ``duplicate``, whichever of the two it is. Only customer rows
  stand twice: two equal order rows may well be two equal items.
- A phone with too few digits is a phone that fails ``e164``, not unreadable;
  an unknown status word of an order fails ``known``, one of consent is
  unreadable in ``consent.newsletter``. A dirty row breaks one rule only.
- In an order with a bad row the others are rejected for ``order``.
- Guests (``orders_only``) are accepted and are no customers. No guest has an
  e-mail that a customer has. An order is its customer number's; its e-mail
  never says otherwise.
- The first sight of an undated withdrawal is dated by the row's last change.
- A golden e-mail is that of the record changed last that has one. No two
  records of a customer were changed at the same time.
"""

from __future__ import annotations

import argparse
from pathlib import Path
from time import perf_counter

import numpy as np

from benchmarks import customer_files, order_files, rates, truth
from benchmarks.draws import Draws, Ints
from benchmarks.files import CUSTOMERS, ORDERS
from benchmarks.folder import Folder, opened
from benchmarks.orders import FINE, NOBODY, orders
from benchmarks.people import People, people
from benchmarks.records import CLEAN, Records, records
from benchmarks.texts import joined

CHUNK = 100_000
MOST_PEOPLE = 10_000_000
FEWEST_PEOPLE = 20


def make_world(
    out: Path, number: int, seed: int, order_rows: float = rates.ORDER_ROWS
) -> None:
    """Write the world of ``number`` people to the folder ``out``.

    ``order_rows`` is about how many order rows there are per person.
    Raises ValueError when ``number`` is not within 20 and 10,000,000.
    """
    if not FEWEST_PEOPLE <= number <= MOST_PEOPLE:
        raise ValueError(f"people must be {FEWEST_PEOPLE} to {MOST_PEOPLE}")
    draws = Draws(seed)
    scale = order_rows / rates.ORDER_ROWS
    counted = [0] * len(ORDERS)
    with opened(out) as folder:
        for start in range(0, number, CHUNK):
            who = people(draws, start, min(start + CHUNK, number), number)
            found = records(draws, who, number)
            bought = np.zeros(len(who.number), dtype=bool)
            for store, write in enumerate(order_files.WRITERS):
                rows = found.take(found.store == store)
                placed = orders(draws, who, rows, store, scale)
                lines = write(draws, who, rows, placed, counted[store])
                folder.add(ORDERS[store], lines.text, lines.reason, order_files.REASONS)
                fine = placed.take(np.flatnonzero(placed.wrong == FINE))
                bought[fine.owner[fine.owner != NOBODY]] = True
                ids = order_files.order_ids(placed, store, counted[store])
                ids = ids.filter(placed.wrong == FINE)
                owners = truth.owner_ids(who, fine.owner)
                source = ORDERS[store].source
                folder.say(
                    "order_owners", joined([joined([source, ids, owners], ","), "\n"])
                )
                counted[store] += len(placed.key)
            _customers(folder, draws, who, found)
            lists = truth.lists(draws, who, found, bought)
            folder.say("people", lists.people)
            folder.say("newsletter", lists.newsletter)
            folder.say("nordic_buyers", lists.nordic_buyers)
            folder.say("groups", lists.groups)
        folder.balance()


def _customers(folder: Folder, draws: Draws, who: People, found: Records) -> None:
    """Write the customer files of a chunk, some rows twice, in no order."""
    kinds = tuple(truth.REASONS)
    place = np.full(max(kinds) + 1, -1)
    place[list(kinds)] = range(len(kinds))
    for store, write in enumerate(customer_files.WRITERS):
        rows = found.take(found.store == store)
        twice = (rows.dirt == CLEAN) & draws.chance(
            "twice in file", rows.key, rates.TWICE_IN_FILE
        )
        again: Ints = np.concatenate([rows.key * 2, rows.key[twice] * 2 + 1])
        source = np.concatenate([np.arange(len(rows.key)), np.flatnonzero(twice)])
        order = np.argsort(draws.bits("place in file", again), kind="stable")
        rows = rows.take(source[order])
        folder.add(
            CUSTOMERS[store],
            write(draws, who, rows),
            place[rows.dirt],
            tuple(truth.REASONS.values()),
            int(twice.sum()),
        )


def main() -> None:
    """Read the command line and make a world."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.world")
    parser.add_argument("--people", type=int, default=2000)
    parser.add_argument("--seed", type=int, default=2026)
    parser.add_argument("--order-rows", type=float, default=rates.ORDER_ROWS)
    parser.add_argument("--out", type=Path, required=True)
    given = parser.parse_args()
    began = perf_counter()
    make_world(given.out, given.people, given.seed, given.order_rows)
    print(f"{given.out}: {given.people} people in {perf_counter() - began:.1f} s")


if __name__ == "__main__":
    main()
