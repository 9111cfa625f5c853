"""A file of mended rejects, as it came back from whoever mended it.

It may have been through a spreadsheet: another encoding and delimiter, columns in
another order, blank lines. What it must still have is the number of each row's reject
and the columns of the source.
"""

from __future__ import annotations

import csv
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from regpipe.errors import InputFileError, Problem
from regpipe.stages.came_back import refuse, settled
from regpipe.stages.extract import Delivery, carefully
from regpipe.stages.mending import ADDED, REASONS, REJECT, undone

_KEEP = (
    "replay takes the file that 'regpipe rejects write' gave, mended; "
    f"keep its column {REJECT}"
)


@dataclass(frozen=True)
class MendedRow:
    """A row as it came back: its number in the file, its reject, its cells.

    ``cleared`` tells that its reasons were: it is right as it stands.
    """

    row: int
    reject_id: int
    cells: Mapping[str, str]
    cleared: bool


@dataclass(frozen=True)
class MendedFile:
    """What came back: the file as it was read, its columns, its rows."""

    delivery: Delivery
    columns: tuple[str, ...]
    rows: tuple[MendedRow, ...]


def read_mended_file(path: Path, scratch: Path) -> MendedFile:
    """Read a file of mended rows; ``scratch`` is a folder for decoded copies.

    Raises InputFileError with every row that does not say which reject it mends, or
    that does not fit the header.
    """
    delivery = settled(path, scratch, REJECT, _KEEP)
    place = delivery.text.columns.index(REJECT)
    plain = [name.casefold() for name in delivery.header]
    why = plain.index(REASONS) if REASONS in plain else None
    own = {
        name: at
        for at, name in enumerate(delivery.header)
        if name.casefold() not in ADDED and name not in delivery.secret
    }
    again = carefully(delivery, scratch)
    rows, problems = [], []
    with again.text.path.open(encoding="utf-8", newline="") as file:
        reader = csv.reader(file)
        next(reader)
        for *cells, number, problem, _ in reader:
            where = f"{delivery.file}, row {number}"
            said = undone(cells[place].strip())
            if problem:
                what = f"does not fit the header ({problem})"
                problems.append(Problem(where, what, "give it a cell for each column"))
            elif not said:
                what = f"has no {REJECT}"
                hint = "rows that were never rejected come in a file of their source"
                problems.append(Problem(where, what, hint))
            elif not (said.isascii() and said.isdigit() and len(said) < 19):
                problems.append(
                    Problem(where, f"its {REJECT} is no number of a reject", _KEEP)
                )
            else:
                mended = {name: undone(cells[at]) for name, at in own.items()}
                cleared = why is not None and not cells[why].strip()
                rows.append(MendedRow(int(number), int(said), mended, cleared))
    refuse(delivery.file, problems)
    if not rows:
        raise InputFileError.at(delivery.file, "holds no rows", _KEEP)
    return MendedFile(again, tuple(own), tuple(rows))


def twice(file: MendedFile, meant: Mapping[int, int]) -> list[Problem]:
    """Find the rows that mend a reject which another mends; ``meant`` says which."""
    times = Counter(meant[row.reject_id] for row in file.rows)
    return [
        Problem(
            f"{file.delivery.file}, row {row.row}",
            "another row mends the same reject",
            "keep one of them",
        )
        for row in file.rows
        if times[meant[row.reject_id]] > 1
    ]
