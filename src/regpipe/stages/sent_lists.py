"""Lists that were written before, as they lie on the disk: found by their manifests."""

from __future__ import annotations

import csv
import glob
import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from regpipe.errors import InputFileError
from regpipe.formats import target, target_names
from regpipe.spec import Consent, Pipeline
from regpipe.stages.came_back import settled
from regpipe.stages.careful import allow_long_cells
from regpipe.stages.export_files import list_place
from regpipe.stages.extract import carefully
from regpipe.stages.mending import undone

MANIFEST = ".manifest.json"

_UP = 3
"""Folders above a list's file in which its manifest may lie: {group}/list.csv."""


@dataclass(frozen=True)
class SentList:
    """One file of a list that a run or an export wrote, by what its manifest says.

    ``rows`` are those that were written, ``run`` the run that the registry stood at,
    ``as_of`` (UTC) the time that the list was made as of, ``address`` which of the
    ``columns`` holds the address; None where none does (or nobody noted it then).
    ``consent`` is whose counted and what was demanded; None where nobody noted it.
    ``refusals`` names a file of those who must not be mailed.
    """

    path: Path
    manifest: Path
    export: str
    purpose: str
    channel: str
    target: str
    run: int | None
    as_of: datetime
    columns: tuple[str, ...]
    address: str | None
    consent: Consent | None
    group: str | None
    rows: int
    sha256: str
    refusals: str

    @property
    def numbered(self) -> str:
        """Give the column of the customer's number; blank where there is none."""
        return next((c for c in self.columns if c.casefold() == NUMBER), "")


NUMBER = "customer_id"


def lists_in(manifest: Path) -> tuple[SentList, ...]:
    """Give the files that a manifest describes, whether they are there or not.

    Raises InputFileError when it is no manifest.
    """
    try:
        said = json.loads(manifest.read_bytes())
        return tuple(_sent(manifest, said, file) for file in said["files"])
    except OSError as reason:
        what = f"cannot be read: {reason.strerror}"
        raise InputFileError.at(str(manifest), what) from reason
    except (ValueError, LookupError, TypeError, AttributeError) as reason:
        raise InputFileError.at(
            str(manifest), "is no manifest of a list", "name the file of the list"
        ) from reason


def _sent(manifest: Path, said: dict[str, Any], file: dict[str, Any]) -> SentList:
    refusals = str(file.get("refusals", ""))
    demanded = said.get("consent")
    columns, address = tuple(map(str, said["columns"])), said.get("address")
    if refusals:
        of = [f for f in target(str(said["target"])).refusals if f.name == refusals]
        columns = tuple(each.header for each in of[0].columns)
        address = columns[0]
    return SentList(
        path=manifest.parent / str(file["file"]),
        manifest=manifest,
        export=str(said["export"]),
        purpose=str(said["purpose"]),
        channel=str(said["channel"]),
        target=str(said["target"]),
        run=said["run"],
        as_of=datetime.fromisoformat(said["as_of"]).astimezone(UTC),
        columns=columns,
        address=address,
        consent=None if demanded is None else Consent.model_validate(demanded),
        group=file.get("group"),
        rows=int(file["rows"]),
        sha256=str(file["sha256"]),
        refusals=refusals,
    )


def list_of(path: Path) -> SentList | None:
    """Give what the manifest beside a file says of it; None where none does."""
    whole = path.resolve()
    for folder in islice(whole.parents, _UP):
        for manifest in sorted(folder.glob(f"*{MANIFEST}")):
            try:
                found = lists_in(manifest)
            except InputFileError:
                continue
            for each in found:
                if each.path.resolve() == whole:
                    return each
    return None


def manifests_of(pipeline: Pipeline, name: str) -> tuple[Path, ...]:
    """Give the manifests of an export that are there, the newest last.

    Raises PipelineError where the pipeline has no export of that name.
    """
    export = pipeline.exports[name]
    day = datetime(2000, 1, 1, tzinfo=UTC)
    folder = list_place(pipeline, name, export, day).folder
    dated = "-*" if "{date}" in export.to else ""
    anchor = Path(folder.anchor)
    pattern = str(folder.relative_to(anchor) / f"{name}{dated}{MANIFEST}")
    pattern = glob.escape(pattern).replace("-[*]", "-*")
    pattern = pattern.replace(day.date().isoformat(), "*")
    return tuple(sorted(anchor.glob(pattern), key=lambda path: path.name))


def rows_of(sent: SentList, column: str) -> Iterator[tuple[int, str, dict[str, str]]]:
    """Give each row of a list's file: its number, its address, and all its cells.

    Rows are numbered with the header, which is row 1. The file may have been through
    a spreadsheet since. An apostrophe that made a cell harmless is taken off.

    Raises InputFileError when the file cannot be read or lacks the column.
    """
    shape = target(sent.target) if sent.target in target_names() else None
    if shape is not None and not shape.header:
        yield from _without_header(sent, column, shape.delimiter)
        return
    keep = "give the file as it was written, or name its column of addresses"
    with TemporaryDirectory(prefix="regpipe-") as scratch:
        delivery = settled(sent.path, Path(scratch), column, keep)
        again = carefully(delivery, Path(scratch))
        place = delivery.text.columns.index(column)
        allow_long_cells()
        with again.text.path.open(encoding="utf-8", newline="") as file:
            reader = csv.reader(file)
            next(reader)
            for *cells, number, _, _ in reader:
                plain = dict(zip(delivery.header, map(undone, cells), strict=False))
                yield int(number), undone(cells[place]).strip(), plain


def _without_header(
    sent: SentList, column: str, delimiter: str
) -> Iterator[tuple[int, str, dict[str, str]]]:
    """Give the rows of a file that has no header: its columns are numbers."""
    allow_long_cells()
    with sent.path.open(encoding="utf-8-sig", newline="") as file:
        for number, cells in enumerate(csv.reader(file, delimiter=delimiter), 1):
            plain = {str(at): undone(cell) for at, cell in enumerate(cells, 1)}
            yield number, plain.get(column, "").strip(), plain
