"""How fast a file is read: regpipe's two ways, DuckDB told everything, Python's csv.

    python -m benchmarks.reading --megabytes 1000 --rounds 3

The file is regular: the first orders of an invented world, over and over. Each
reading is a process of its own, and they take turns.

- ``duckdb``: all records into a temporary table of text, every option told.
- ``table``: regpipe settles encoding, dialect and header, counts the records and
  takes the checksum, and loads the same table.
- ``scan``: the same without a table, as a run does it: every cell is handed on once.
- ``csv``: Python's csv module goes over all records.
- ``careful``: regpipe's careful way: every record written out rectangular, its cells
  handed on once.
"""

from __future__ import annotations

import argparse
import csv
import json
import sys
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path
from statistics import median
from time import perf_counter

import duckdb

from benchmarks.compare import HERE, measured, world_folder
from benchmarks.files import ORDERS
from benchmarks.rates import ORDER_ROWS
from regpipe.engine.duckdb import DuckDBEngine
from regpipe.engine.protocol import TextFile
from regpipe.spec import Csv
from regpipe.sql.step import Step, ident, literal
from regpipe.stages.extract import Delivery, carefully, extract
from regpipe.stages.wanted import Wanted

FILE = ORDERS[0]
COLUMNS = FILE.header.split(",")
BLOCK = 1 << 26
"""Bytes of the world's file of which the large one is made."""

AGAINST = {"table": "duckdb", "scan": "duckdb", "careful": "csv"}
"""What each reading of regpipe is held against."""


def grown(world: Path, megabytes: int) -> Path:
    """Give a regular file of at least that size, made now unless it is there."""
    large = world / f"read-{megabytes}.csv"
    if not large.exists():
        unfinished = large.with_suffix(".part")
        with (world / FILE.name).open("rb") as orders, unfinished.open("wb") as out:
            out.write(orders.readline())
            records = orders.read(BLOCK)
            records = records[: records.rindex(b"\n") + 1]
            while out.tell() < megabytes * 1_000_000:
                out.write(records)
        unfinished.rename(large)
    return large


def by_duckdb(path: Path, scratch: Path) -> int:
    """Load the file into a temporary table; give the number of rows."""
    types = ", ".join(f"{literal(name)}: 'VARCHAR'" for name in COLUMNS)
    with duckdb.connect() as db:
        db.execute(
            f"""
            create temp table orders as select * from read_csv(
              {literal(str(path))}, auto_detect = false, columns = {{{types}}},
              header = true, delim = ',', quote = '"', escape = '"', comment = '',
              strict_mode = true, null_padding = false
            )
            """
        )
        return int(db.execute("select count(*) from orders").fetchall()[0][0])


def by_csv(path: Path, scratch: Path) -> int:
    """Go over the records; give their number."""
    with path.open(encoding="utf-8", newline="") as file:
        return sum(1 for _ in csv.reader(file)) - 1


def into_table(path: Path, scratch: Path) -> int:
    """Load the file as regpipe does, into a table of text."""
    delivery = _settled(path, scratch)
    engine = DuckDBEngine(None, ("select 1",), spill=scratch)
    engine.load("raw", delivery.text)
    rows = engine.make(Step("orders", "select * from raw"))
    engine.close()
    return _verified(delivery, rows)


def by_scan(path: Path, scratch: Path) -> int:
    """Read the file as a run does before it cleans the cells."""
    delivery = _settled(path, scratch)
    return _verified(delivery, _scanned(delivery.text, scratch))


def carefully_read(path: Path, scratch: Path) -> int:
    """Read the file the careful way."""
    delivery = carefully(_settled(path, scratch), scratch)
    return _verified(delivery, _scanned(delivery.text, scratch))


def _settled(path: Path, scratch: Path) -> Delivery:
    wanted = [Wanted(name) for name in COLUMNS]
    return extract("orders", path, path.name, Csv(), wanted, scratch)


def _scanned(text: TextFile, scratch: Path) -> int:
    """Hand on every cell once; give the number of rows."""
    engine = DuckDBEngine(None, ("select 1",), spill=scratch)
    engine.load("raw", text)
    cells = " + ".join(f"coalesce(sum(strlen({ident(name)})), 0)" for name in COLUMNS)
    found = engine.collect(f"select count(*) as rows, {cells} as bytes from raw")
    engine.close()
    return int(found["rows"][0].as_py())


def _verified(delivery: Delivery, rows: int) -> int:
    if rows != delivery.records:
        raise SystemExit(f"{rows} rows of {delivery.records} records")
    return rows


WAYS: dict[str, Callable[[Path, Path], int]] = {
    "duckdb": by_duckdb,
    "table": into_table,
    "scan": by_scan,
    "csv": by_csv,
    "careful": carefully_read,
}


def timed(way: str, path: Path) -> None:
    """Read the file one way and print the seconds as JSON."""
    with tempfile.TemporaryDirectory(dir=path.parent) as scratch:
        began = perf_counter()
        rows = WAYS[way](path, Path(scratch))
        print(json.dumps({"seconds": perf_counter() - began, "rows": rows}))


def compare(path: Path, rounds: int, out: Path) -> dict[str, float]:
    """Give the median seconds of each way; all must find the same rows."""
    seconds: dict[str, list[float]] = {way: [] for way in WAYS}
    rows = set()
    for number in range(rounds):
        turn: Sequence[str] = list(WAYS)
        for way in turn if number % 2 == 0 else reversed(turn):
            call = ["-m", "benchmarks.reading", "--way", way, "--file", str(path)]
            *_, answer = measured(call, out)
            seconds[way].append(answer["seconds"])
            rows.add(answer["rows"])
            told = f"round {number + 1}  {way:8}{answer['seconds']:8.2f} s"
            print(told, file=sys.stderr)
    if len(rows) > 1:
        raise SystemExit(f"the ways differ in how many rows there are: {sorted(rows)}")
    return {way: median(found) for way, found in seconds.items()}


def main() -> None:
    """Read the command line, compare, print."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.reading")
    parser.add_argument("--megabytes", type=int, default=1000)
    parser.add_argument("--people", type=int, default=100_000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--worlds", type=Path, default=HERE / "worlds")
    parser.add_argument("--way", choices=WAYS, help=argparse.SUPPRESS)
    parser.add_argument("--file", type=Path, help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.way:
        timed(given.way, given.file)
        return
    world = world_folder(given.worlds, given.people, 2026, ORDER_ROWS)
    path = grown(world, given.megabytes)
    with tempfile.TemporaryDirectory(dir=given.worlds) as out:
        found = compare(path, given.rounds, Path(out))
    for way, seconds in found.items():
        against = AGAINST.get(way)
        ratio = f"{seconds / found[against]:6.2f} x {against}" if against else ""
        print(f"{way:8}{seconds:8.2f} s{ratio:>16}")


if __name__ == "__main__":
    main()
