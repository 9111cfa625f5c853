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
from pathlib import Path

from regpipe.engine.protocol import TextFile

QUOTING = ("unclosed_quote", "stray_quote")
"""Problems of records that may have swallowed others."""


_ENDS = ("\n", "\r")


@dataclass(frozen=True)
class Rectangular:
    """How many records were written, and the row numbers of blank ones left out.

    ``longest`` is the length of the longest record, in bytes; ``cut`` tells that the
    last record has too few cells and its line no end.
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
    width = len(text.columns)
    safe = min((text.columns.index(name) for name in secret), default=None)
    records = longest = 0
    blank = array("q")
    cut = False
    with (
        text.path.open(encoding="utf-8-sig", newline="") as source,
        target.open("w", encoding="utf-8", newline="") as out,
    ):
        lines: list[str] = []
        reader = csv.reader(
            _kept(source, lines), delimiter=text.delimiter, quotechar=text.quote or None
        )
        writer = csv.writer(out, quoting=csv.QUOTE_ALL, lineterminator="\n")
        extra = ("regpipe_row", "regpipe_problem", "regpipe_cells")
        writer.writerow([*text.columns, *extra])
        above = skip + int(text.header)
        for _ in range(above):
            next(reader, None)
        lines.clear()
        for row, record in enumerate(reader, above + 1):
            if not any(cell.strip() for cell in record):
                blank.append(row)
            else:
                records += 1
                problem = _quoting(lines, text) or _problem(record, width)
                cells = _cells(record, row, width, safe, problem)
                longest = max(longest, sum(len(cell.encode()) + 3 for cell in cells))
                cut = problem == "too_few_cells" and not lines[-1].endswith(_ENDS)
                writer.writerow(cells)
            lines.clear()
    return Rectangular(records, blank, longest, cut)


def _kept(source: Iterable[str], lines: list[str]) -> Iterator[str]:
    """Pass lines on, and keep them in ``lines`` until somebody clears it."""
    for line in source:
        lines.append(line)
        yield line


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


def _quoting(lines: Sequence[str], text: TextFile) -> str:
    """Give what is wrong with the quotes of the record of these lines, if anything.

    A record with text behind a closing quote, or without its closing one, may
    have swallowed others.
    """
    if not text.quote or not any(text.quote in line for line in lines):
        return ""
    reader = csv.reader(
        lines, delimiter=text.delimiter, quotechar=text.quote, strict=True
    )
    try:
        for _ in reader:
            pass
    except csv.Error as reason:
        return "unclosed_quote" if "unexpected end" in str(reason) else "stray_quote"
    return ""


def allow_long_cells() -> None:
    """Let Python's csv module read cells of any length."""
    csv.field_size_limit(min(sys.maxsize, 2**31 - 1))
