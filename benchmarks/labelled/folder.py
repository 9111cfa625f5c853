"""The folder of labelled customers: two deliveries of four stores, and the truth.

    python -m benchmarks.labelled --customers 20000 --seed 1 --out FOLDER

Written: ``first/`` and ``second/``, each with the files of the four stores (what
came later, a customer number now given to somebody else among it, is in the
second); ``pipeline.yaml``, which reads both, and ``first.yaml``, which reads the
first delivery only; ``TRUTH.csv``: source, external_id, person. People are numbered
in no order; nobody in it exists.
"""

from __future__ import annotations

import argparse
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from time import perf_counter

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from pyarrow import csv

from benchmarks import times
from benchmarks.draws import Bools, Draws, Ints
from benchmarks.labelled import rates
from benchmarks.labelled.cells import Cells, cells, unaccented
from benchmarks.labelled.people import People, people
from benchmarks.labelled.pipeline import FILES, written
from benchmarks.labelled.records import Records, records
from benchmarks.texts import digits, joined, where

MOST = 1_000_000


@dataclass(frozen=True)
class World:
    """Labelled customers: people, their records, what those say, their ids."""

    people: People
    records: Records
    cells: Cells
    ids: pa.Array


def make(customers: int, seed: int) -> World:
    """Make ``customers`` people and their records.

    Raises ValueError when there are fewer than 100 or more than 1,000,000.
    """
    if not 100 <= customers <= MOST:
        raise ValueError(f"customers must be 100 to {MOST:,}")
    draws = Draws(seed)
    who = people(draws, customers)
    rows = records(draws, who)
    return World(who, rows, cells(draws, who, rows), _ids(draws, rows))


def write(world: World, out: Path, seed: int) -> None:
    """Write labelled customers to the folder ``out``."""
    draws = Draws(seed)
    rows = world.records
    for name in ("first", "second"):
        (out / name).mkdir(parents=True, exist_ok=True)
    order = np.argsort(draws.bits("place in file", rows.key), kind="stable")
    for store, _ in enumerate(rates.STORES):
        mine = order[rows.store[order] == store]
        table = _table(draws, world, store)
        before = _held_before(draws, world, table) if store == rates.OLD else None
        first = table.take(pa.array(mine[~rows.second_day[mine]]))
        if before is not None:
            first = pa.concat_tables([first, before])
        _csv(out / "first", store, first)
        _csv(out / "second", store, table.take(pa.array(mine[rows.second_day[mine]])))
    persons = draws.scattered("person", rows.who, len(world.people))
    truth = pa.table(
        {
            "source": pa.array(rates.STORES).take(pa.array(rows.store)),
            "external_id": world.ids,
            "person": pa.array(persons),
        }
    )
    csv.write_csv(
        truth.take(pa.array(order)),
        out / "TRUTH.csv",
        csv.WriteOptions(quoting_style="needed"),
    )
    for name, text in written().items():
        (out / name).write_text(text, encoding="utf-8")


def _ids(draws: Draws, rows: Records) -> pa.Array:
    """Give each record its number in its store, in no order."""
    number = np.zeros(len(rows), dtype=np.int64)
    for store, name in enumerate(rates.STORES):
        mine = np.flatnonzero(rows.store == store)
        place = np.arange(len(mine), dtype=np.int64)
        number[mine] = 10_000 + draws.scattered(name, place, max(2, len(mine)))
    return digits(number)


def _updated(draws: Draws, rows: Records) -> Ints:
    """Give when each record was changed last, later ones of a person later."""
    day = draws.below("day", rows.who, 900) + rows.nth * 300
    day += draws.below("days later", rows.key, 250)
    return times.at_day_and_second(
        day, 7 * 3600 + draws.below("second", rows.key, 12 * 3600)
    )


def _table(draws: Draws, world: World, store: int) -> pa.Table:
    """Give all records as ``store`` writes them, whosever they are."""
    cell, rows = world.cells, world.records
    updated = joined(times.iso(_updated(draws, rows), " ", ""))
    columns = {
        "id": world.ids,
        "first": cell.first,
        "last": cell.last,
        "name": _full(draws, cell, rows, store),
        "email": cell.email,
        "phone": cell.phone,
        "born": cell.born,
        "street": cell.street,
        "postcode": cell.postcode,
        "town": cell.town,
        "country": cell.country,
        "company": cell.company,
        "org_number": cell.org_number,
        "updated": updated,
    }
    return pa.table(
        {header: columns[name] for header, name in FILES[store].columns.items()}
    )


def _full(draws: Draws, cell: Cells, rows: Records, store: int) -> pa.Array:
    """Give the whole name in one column, some as ``Berg, Anna``."""
    both = _filled(cell.first) & _filled(cell.last)
    between = where(both, " ", "")
    turned = both & draws.chance("last first", rows.key, rates.LAST_FIRST[store])
    plain = joined([cell.first, between, cell.last])
    return where(turned, joined([cell.last, ", ", cell.first]), plain)


def _filled(cells_: pa.Array) -> Bools:
    filled: Bools = pc.not_equal(cells_, "").to_numpy(zero_copy_only=False)
    return filled


def _held_before(draws: Draws, world: World, table: pa.Table) -> pa.Table:
    """Give the rows of those who held a number before it was given anew."""
    rows = world.records
    reused = np.flatnonzero(rows.reuses)
    held = np.flatnonzero((rows.store == rates.OLD) & ~rows.reuses)
    before = held[draws.below("held before", rows.key[reused], len(held))]
    old = table.take(pa.array(before))
    ids = world.ids.take(pa.array(reused))
    long_ago = joined(times.iso(np.full(len(reused), 1_420_100_000), " ", ""))
    names = list(FILES[rates.OLD].columns)
    old = old.set_column(0, names[0], ids)
    return old.set_column(len(names) - 1, names[-1], long_ago)


def _csv(folder: Path, store: int, table: pa.Table) -> None:
    file = FILES[store]
    options = csv.WriteOptions(delimiter=file.delimiter, quoting_style="needed")
    text = BytesIO()
    csv.write_csv(table, text, options)
    data = text.getvalue()
    if file.encoding != "utf-8":
        data = _encoded(data.decode(), file.encoding)
    (folder / file.name).write_bytes(data)


def _encoded(text: str, encoding: str) -> bytes:
    """Give ``text`` in a code page; what it has no letter for goes without accent."""
    strange = {c for c in set(text) if not _fits(c, encoding)}
    return text.translate({ord(c): unaccented(c) for c in strange}).encode(encoding)


def _fits(character: str, encoding: str) -> bool:
    try:
        character.encode(encoding)
    except UnicodeEncodeError:
        return False
    return True


def main() -> None:
    """Read the command line and make labelled customers."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.labelled")
    parser.add_argument("--customers", type=int, default=20_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--out", type=Path, required=True)
    given = parser.parse_args()
    began = perf_counter()
    world = make(given.customers, given.seed)
    write(world, given.out, given.seed)
    print(
        f"{given.out}: {len(world.records)} records of {len(world.people)} customers "
        f"in {perf_counter() - began:.1f} s"
    )
