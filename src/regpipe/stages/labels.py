"""Labels: a file in which somebody says which records are of one person."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from regpipe.errors import InputFileError, Problem
from regpipe.spec import Csv
from regpipe.stages.extract import Delivery, carefully, extract
from regpipe.stages.files import Found
from regpipe.stages.unpack import CONVERTED, unpack
from regpipe.stages.wanted import Wanted

COLUMNS = ("source", "external_id", "person")

MOST = 20
"""Problems that are told one by one."""

_HINT = "labels have the columns source, external_id and person, one record a row"


@dataclass(frozen=True)
class Labels:
    """What the file says: a person for each record, each record once.

    ``file`` is its name as it was given; ``repeated`` counts the rows that say again
    what another says.
    """

    file: str
    source: tuple[str, ...]
    external_id: tuple[str, ...]
    person: tuple[str, ...]
    repeated: int

    def __len__(self) -> int:
        return len(self.person)


def read_labels(path: Path, scratch: Path) -> Labels:
    """Read a file of labels; ``scratch`` is a folder for copies of it.

    It may be packed, a workbook, of any encoding and delimiter that can be found
    out, and have more columns, which are not read.

    Raises InputFileError when the file is missing, lacks a column or holds no label,
    and with every row that is blank in one, does not fit the header or says another
    person of a record than an earlier row does.
    """
    delivery = _settled(path, scratch)
    persons: dict[tuple[str, str], tuple[str, str]] = {}
    problems: list[Problem] = []
    repeated = 0
    for number, cells, problem in _rows(delivery, scratch):
        where = f"{delivery.file}, row {number}"
        blank = [name for name in COLUMNS if not cells[name]]
        if problem:
            problems.append(Problem(where, f"does not fit the header ({problem})"))
        elif blank:
            what = f"has no {' and no '.join(blank)}"
            problems.append(Problem(where, what, "leave out records without a label"))
        else:
            record = (cells["source"], cells["external_id"])
            person, row = persons.setdefault(record, (cells["person"], number))
            repeated += row != number
            if person != cells["person"]:
                what = f"says another person of the record of row {row}"
                problems.append(Problem(where, what, "a record is of one person"))
    _refuse(delivery.file, problems)
    if not persons:
        raise InputFileError.at(delivery.file, "holds no labels", _HINT)
    return Labels(
        delivery.file,
        tuple(source for source, _ in persons),
        tuple(external_id for _, external_id in persons),
        tuple(person for person, _ in persons.values()),
        repeated,
    )


def _rows(
    delivery: Delivery, scratch: Path
) -> Iterator[tuple[str, dict[str, str], str]]:
    """Give each record's number in the file, its three cells and what is wrong."""
    places = {name: delivery.text.columns.index(name) for name in COLUMNS}
    again = carefully(delivery, scratch)
    with again.text.path.open(encoding="utf-8", newline="") as file:
        reader = csv.reader(file)
        next(reader)
        for *cells, number, problem, _ in reader:
            yield number, {n: cells[at].strip() for n, at in places.items()}, problem


def _settled(path: Path, scratch: Path) -> Delivery:
    """Settle how the file is read, whatever program wrote it."""
    shown = str(path)
    if not path.is_file():
        what = "is a folder" if path.is_dir() else "there is no such file"
        raise InputFileError.at(shown, what)
    plain = unpack(Found(path), shown, scratch)
    if len(plain) > 1:
        raise InputFileError.at(shown, f"holds {len(plain)} tables", "name one of them")
    said = CONVERTED if plain[0].converted else Csv()
    # Optional, so that their case does not matter; which are missing is told below.
    wanted = [Wanted(name, optional=True) for name in COLUMNS]
    found = extract("labels", plain[0].path, plain[0].shown, said, wanted, scratch)
    if found.text.absent:
        missing = " and ".join(map(repr, found.text.absent))
        raise InputFileError.at(found.file, f"has no column {missing}", _HINT)
    return found


def _refuse(shown: str, problems: list[Problem]) -> None:
    if not problems:
        return
    told = problems[:MOST]
    if len(problems) > MOST:
        told.append(Problem(shown, f"and {len(problems) - MOST} rows more"))
    raise InputFileError(*told)


def labels_of(path: Path) -> Labels:
    """Read a file of labels as ``read_labels`` does, in a folder of its own."""
    with TemporaryDirectory(prefix="regpipe-") as scratch:
        return read_labels(path, Path(scratch))
