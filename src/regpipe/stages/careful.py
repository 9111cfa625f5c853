"""The careful way to read a file: record by record, every one kept.

For files whose records do not all fit the header. The rows are written out
rectangular, in UTF-8, every cell quoted, so that the engine loads them like
any regular file.
"""

from __future__ import annotations

import csv
import json
import sys
from array import array
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import chain
from pathlib import Path

from regpipe.engine.protocol import TextFile

QUOTING = ("unclosed_quote", "stray_quote")
"""Problems of records that may have swallowed others."""


ADDED = ("regpipe_row", "regpipe_problem", "regpipe_cells")
"""The cells that each record gets: its row number, what is wrong, what it held."""

_ENDS = ("\n", "\r")

_SHORT = 50_000
"""Characters up to which a line is a short record, whatever it is written as."""


@dataclass(frozen=True)
class Rectangular:
    """How many records were written, and the row numbers of blank ones left out.

    ``longest`` is the length of the longest record, in bytes, short ones left out;
    ``cut`` tells that the last record has too few cells and its line no end.
    """

    records: int
    blank: array[int]
    longest: int
    cut: bool


def rectangular(
    text: TextFile, target: Path, skip: int, secret: Sequence[str]
) -> Rectangular:
    """Write every record of ``text`` to ``target`` with as many cells as columns.

    ``skip`` records stand above the header (above the first row without one).
    Adds the cells ``regpipe_row`` (the row number), ``regpipe_problem``
    (``too_few_cells``, ``too_many_cells``, ``unclosed_quote``, ``stray_quote``, or
    empty) and ``regpipe_cells`` (where there is a problem: the record as a JSON
    list, cut before the first secret column, for its cells may have shifted, and
    without any where a quote may have swallowed that column).
    """
    allow_long_cells()
    safe = min((text.columns.index(name) for name in secret), default=None)
    width = len(text.columns)
    blank = array("q")
    records = longest = 0
    cut = False
    with (
        text.path.open(encoding="utf-8-sig", newline="") as source,
        target.open("w", encoding="utf-8", newline="") as out,
    ):
        reader = _Records(source, text)
        lines = reader.lines
        out.write(_quoted([*text.columns, *ADDED]))
        above = skip + int(text.header)
        for row, record in enumerate(reader.after(above), above + 1):
            if not any(map(str.strip, record)):
                blank.append(row)
                continue
            records += 1
            cut = False
            if len(record) == width and not reader.problem:
                cells = [*record, str(row), "", ""]
            else:
                problem = reader.problem or _problem(record, width)
                cells = _cells(record, row, width, safe, problem)
                cut = problem == "too_few_cells" and not lines[-1].endswith(_ENDS)
            if len(lines) > 1 or len(lines[0]) > _SHORT:
                longest = max(longest, sum(len(cell.encode()) + 3 for cell in cells))
            out.write(_quoted(cells))
    return Rectangular(records, blank, longest, cut)


class _Records:
    """The records of a text, and of the one given last what is to be known of it.

    ``lines`` are its lines, ``problem`` is ``unclosed_quote`` or ``stray_quote``
    where it breaks the rules of quoting: then it may have swallowed others.
    """

    def __init__(self, source: Iterable[str], text: TextFile) -> None:
        self._source = iter(source)
        self._text = text
        self.lines: list[str] = []
        self.problem = ""

    def after(self, above: int) -> Iterator[list[str]]:
        """Give the records, the first ``above`` of them left out."""
        strict = self._reader((), strict=True)
        place = 0
        while True:
            self.lines.clear()
            self.problem = ""
            try:
                record = next(strict)
            except StopIteration:
                return
            except csv.Error as reason:
                open_end = "unexpected end" in str(reason)
                self.problem = "unclosed_quote" if open_end else "stray_quote"
                record = self._read_again()
            place += 1
            if place > above:
                yield record

    def _read_again(self) -> list[str]:
        """Give a record by no rules, from its first line to where it may end."""
        begun = tuple(self.lines)
        self.lines.clear()
        return next(self._reader(begun, strict=False))

    def _reader(self, begun: Sequence[str], *, strict: bool) -> Iterator[list[str]]:
        return csv.reader(
            self._kept(chain(begun, self._source)),
            delimiter=self._text.delimiter,
            quotechar=self._text.quote or None,
            strict=strict,
        )

    def _kept(self, source: Iterable[str]) -> Iterator[str]:
        lines = self.lines
        for line in source:
            lines.append(line)
            yield line


def _quoted(cells: Sequence[str]) -> str:
    r"""Give a record as a line of CSV, every cell in quotes.

    >>> _quoted(["a", 'b"c'])
    '"a","b""c"\n'
    """
    joined = '","'.join(cells)
    if joined.count('"') > 2 * (len(cells) - 1):
        joined = '","'.join(cell.replace('"', '""') for cell in cells)
    return f'"{joined}"\n'


def _cells(
    record: list[str], row: int, width: int, safe: int | None, problem: str
) -> list[str]:
    cells = [*record[:width], *[""] * (width - len(record))]
    if problem in QUOTING and safe is not None:
        safe = 0
    kept = json.dumps(record[:safe], ensure_ascii=False) if problem else ""
    return [*cells, str(row), problem, kept]


def _problem(record: Sequence[str], width: int) -> str:
    """Give what is wrong with the number of cells; empty ones may be too many."""
    if len(record) < width:
        return "too_few_cells"
    return "too_many_cells" if any(record[width:]) else ""


def allow_long_cells() -> None:
    """Let Python's csv module read cells of any length."""
    csv.field_size_limit(min(sys.maxsize, 2**31 - 1))
