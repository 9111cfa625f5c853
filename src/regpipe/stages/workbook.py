"""Workbook: the sheets of Excel and OpenDocument files, as CSV files of their text.

A number that is whole is written without a decimal point, so that ids and postcodes
stay what they look like; dates are written as ISO. Needs the extra ``excel``.
"""

from __future__ import annotations

import csv
import os
import tempfile
from collections.abc import Iterable
from datetime import date, datetime, time, timedelta
from fnmatch import fnmatch
from pathlib import Path

from regpipe.errors import InputFileError
from regpipe.stages.files import Found

Cell = int | float | str | bool | date | datetime | time | timedelta
"""What python-calamine reads a cell as: of a formula, the value it had when saved."""

_WHOLE = 2**53
"""Above it Excel itself no longer knows a number's last digits."""


def sheets(found: Found, shown: str, scratch: Path) -> list[tuple[str, Path]]:
    """Write the sheets of a workbook that are meant as CSV; give name and path.

    Without a name the workbook must have one sheet that holds anything.

    Raises InputFileError where python-calamine is not installed, and for a workbook
    that is damaged, protected by a password, or does not tell which sheet is meant.
    """
    try:
        import python_calamine as calamine
    except ImportError as reason:
        raise InputFileError.at(
            shown, "is a workbook", "pip install 'regpipe[excel]', or save it as CSV"
        ) from reason
    try:
        with calamine.load_workbook(found.path) as book:
            names = [
                name
                for name in book.sheet_names
                if not found.within or fnmatch(name, found.within)
            ]
            filled = {
                name: rows
                for name in names
                if (rows := book.get_sheet_by_name(name).to_python(False))
            }
    except calamine.PasswordError as reason:
        raise InputFileError.at(
            shown, "is protected by a password", "save it without one, or as CSV"
        ) from reason
    except (calamine.CalamineError, OSError) as reason:
        raise InputFileError.at(
            shown, "cannot be read as a workbook", "open it, and save it as CSV"
        ) from reason
    if not filled or (len(filled) > 1 and not found.within):
        which = f"{len(filled)} sheets" if filled else "no sheet"
        raise InputFileError.at(
            shown,
            f"has {which} that may be meant",
            f"name one: {found.path.name}/{next(iter(names), 'Sheet1')}",
        )
    return [(name, _written(rows, scratch)) for name, rows in filled.items()]


def _written(rows: Iterable[Iterable[Cell]], scratch: Path) -> Path:
    handle, name = tempfile.mkstemp(".csv", "sheet-", scratch)
    with os.fdopen(handle, "w", encoding="utf-8", newline="") as out:
        writer = csv.writer(out, lineterminator="\n")
        writer.writerows([text_of(cell) for cell in row] for row in rows)
    return Path(name)


def text_of(cell: Cell) -> str:
    """Give a cell as text.

    >>> [text_of(cell) for cell in (17850.0, 12.5, True, "007", date(2026, 1, 2))]
    ['17850', '12.5', 'true', '007', '2026-01-02']
    """
    match cell:
        case bool():
            return str(cell).lower()
        case float() if cell.is_integer() and abs(cell) < _WHOLE:
            return str(int(cell))
        case datetime():
            return cell.isoformat(sep=" ")
        case date() | time():
            return cell.isoformat()
        case _:
            return str(cell)
