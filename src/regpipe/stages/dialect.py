"""Dialect: the delimiter of a file, and which record is its header.

Both are settled before the file is loaded, by the columns that the pipeline reads:
one ragged row must not turn a file into one of a single column, and the header may
stand below title rows.
"""

from __future__ import annotations

import csv
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import TextIO

from regpipe.spec import Csv
from regpipe.stages.careful import allow_long_cells
from regpipe.stages.wanted import Wanted

DELIMITERS = (",", ";", "\t", "|")
"""What stands between cells where nobody says it; the first fits on a tie."""

_RECORDS = 40
"""Records among which the header is looked for."""
_LINES = 200
_LINE = 100_000
"""How much of the file is looked at: lines, and characters of one."""

_EXCEL = re.compile(r'^"?sep=(.)"?\s*$')
"""The line by which Excel is told the delimiter; it is no record."""


@dataclass(frozen=True)
class Dialect:
    """How a file is divided: its delimiter, and the record that begins it.

    ``skip`` counts the records above the header (above the first row, in a file
    without one); ``first`` are the cells of that record, none in an empty file.
    """

    delimiter: str
    skip: int
    first: tuple[str, ...]


def find_dialect(
    text: Path, said: Csv, wanted: Sequence[Wanted], least: int = 1
) -> Dialect:
    """Find the delimiter and the header of a UTF-8 file.

    What the pipeline file says stays; otherwise that delimiter and record are taken
    under which most of the ``wanted`` columns are found, if ``least`` of them are;
    and else those that make most of a table.
    """
    with text.open(encoding="utf-8-sig", newline="") as file:
        return dialect_of(file, said, wanted, least)


def dialect_of(
    file: TextIO, said: Csv, wanted: Sequence[Wanted], least: int = 1
) -> Dialect:
    """Find the delimiter and the header of an open file, as ``find_dialect`` does."""
    lines = list(_head(file))
    best, fit = _table(lines, said), least - 1
    if not said.header:
        return best
    for delimiter in _candidates(said, lines):
        for place, record in enumerate(_records(lines, delimiter, said.quote)):
            names = [" ".join(cell.split()) for cell in record]
            known = sum(column.found_in(names) is not None for column in wanted)
            if known > fit:
                best, fit = Dialect(delimiter, place, tuple(record)), known
            if known == len(wanted) > 0:
                return best
    return best


def _head(file: TextIO) -> Iterator[str]:
    for _ in range(_LINES):
        line = file.readline(_LINE)
        if not line:
            return
        yield line


def _candidates(said: Csv, lines: Sequence[str]) -> Sequence[str]:
    if said.delimiter:
        return (said.delimiter,)
    told = _EXCEL.match(lines[0]) if lines else None
    return (told[1],) if told else DELIMITERS


def _records(lines: Sequence[str], delimiter: str, quote: str) -> Iterator[list[str]]:
    allow_long_cells()
    reader = csv.reader(lines, delimiter=delimiter, quotechar=quote or None)
    return islice(reader, _RECORDS)


def _table(lines: Sequence[str], said: Csv) -> Dialect:
    """Give the delimiter under which most records are of one width, the widest.

    The first of these records begins the table; without a header the first of all.
    """
    best, fit = Dialect(said.delimiter or ",", 0, ()), (0, 0)
    for delimiter in _candidates(said, lines):
        filled = {
            place: record
            for place, record in enumerate(_records(lines, delimiter, said.quote))
            if any(cell.strip() for cell in record)
        }
        widths = Counter(map(len, filled.values()))
        if not widths:
            continue
        width, times = max(widths.items(), key=lambda each: (each[1], each[0]))
        if (width > 1, width * times) > fit:
            fit = (int(width > 1), width * times)
            place = next(
                at for at, r in filled.items() if len(r) == width or not said.header
            )
            best = Dialect(delimiter, place, tuple(filled[place]))
    return best
