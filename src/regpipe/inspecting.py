"""Inspecting a file that nobody described: how it is written, what its columns hold.

No cell is told, only counts, and shapes such as ``date 31.12.2026``, unless somebody
asks for values.
"""

from __future__ import annotations

import os
import re
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from regpipe.engine.duckdb import DuckDBEngine
from regpipe.engine.protocol import Engine
from regpipe.errors import InputFileError, IrregularFileError, Problem
from regpipe.formats.sources import Preset, preset_names, shipped_preset
from regpipe.profiling import ColumnFacts, profile
from regpipe.spec import Csv
from regpipe.stages.extract import Delivery, carefully, extract
from regpipe.stages.files import Found, find_files
from regpipe.stages.recognise import fit, fit_places, foreign
from regpipe.stages.unpack import CONVERTED, Plain, unpack
from regpipe.stages.wanted import (
    also_read,
    items_in,
    numbered_up_to,
    wanted_by,
    wanted_of,
)

_DATA = re.compile(r"\S+@\S+\.\S+|[-+'(]?[0-9][-+0-9 ().:/]*")
"""What a cell of a header never is: an e-mail address, a number, a date."""


@dataclass(frozen=True)
class FileFacts:
    """What is known of a file.

    ``presets`` are those that fit, with the share of their columns that it has, the
    best first; ``other`` says what it is where no source reads such files.
    ``header_row`` counts from 1 and is 0 where the file has no header. ``repeated``
    counts the rows that are whole like another.
    """

    file: str
    encoding: str
    certainty: str
    others: tuple[str, ...]
    delimiter: str
    header_row: int
    records: int
    blank: int
    regular: bool
    repeated: int
    columns: tuple[ColumnFacts, ...]
    presets: tuple[tuple[str, float], ...]
    other: str
    unread: tuple[str, ...]


def inspect_files(paths: Sequence[Path], values: int = 0) -> list[FileFacts]:
    """Look through files, each by itself; archives and workbooks by what is inside.

    ``values`` is how many values of each column are told, the commonest; whoever asks
    for any is shown personal data.

    Raises InputFileError with every problem of every file.
    """
    problems: list[Problem] = []
    found = []
    with tempfile.TemporaryDirectory(prefix="regpipe-") as folder:
        scratch = Path(folder)
        for path in paths:
            try:
                for file in _named(path):
                    same = file.path == path
                    shown = os.fspath(path) if same else os.path.relpath(file.path)
                    inside = unpack(file, shown, scratch)
                    found.extend([_inspected(each, scratch, values) for each in inside])
            except InputFileError as error:
                problems.extend(error.problems)
    if problems:
        raise InputFileError(*problems)
    return found


def _named(path: Path) -> list[Found]:
    """Give the file that a path names as it stands, or else what it may mean."""
    if path.is_file():
        return [Found(path)]
    return find_files("inspect", [(str(path), path.absolute())])


def _inspected(plain: Plain, scratch: Path, values: int) -> FileFacts:
    presets = [shipped_preset(name) for name in preset_names()]
    known = tuple(column for preset in presets for column in wanted_by(preset.said))
    csv = CONVERTED if plain.converted else Csv()
    delivery = extract("inspect", plain.path, plain.shown, csv, (), scratch, known)
    if any(map(_DATA.fullmatch, delivery.header)):
        bare = csv.model_copy(update={"header": False})
        delivery = extract("inspect", plain.path, plain.shown, bare, (), scratch, known)
    header_row = delivery.skip + 1 if delivery.text.header else 0
    engine = DuckDBEngine(None, ("select 1",), spill=scratch)
    try:
        delivery = _loaded(engine, delivery, scratch)
        named = zip(delivery.header, delivery.text.columns, strict=False)
        told = [(name, called, name in delivery.secret) for name, called in named]
        columns, repeated = profile(engine, "inspected", told, values)
    finally:
        engine.close()
    other = foreign(delivery.header)
    fitting = [] if other else fit(delivery.header, presets, plain.shown)
    if not delivery.text.header:
        shapes = [column.shape for column in columns]
        fitting = [(preset, 1.0) for preset in fit_places(shapes, presets)]
    read = _read_by(delivery.header, fitting[0][0]) if fitting else ()
    return FileFacts(
        file=plain.shown,
        encoding=delivery.encoding.name,
        certainty=delivery.encoding.certainty,
        others=delivery.encoding.others,
        delimiter=delivery.delimiter,
        header_row=header_row,
        records=delivery.records,
        blank=len(delivery.blank_rows),
        regular=not delivery.careful,
        repeated=repeated,
        columns=columns,
        presets=tuple((preset.name, share) for preset, share in fitting),
        other=other,
        unread=tuple(
            n for n in delivery.header if n not in read and n not in delivery.secret
        ),
    )


def _loaded(engine: Engine, delivery: Delivery, scratch: Path) -> Delivery:
    """Load the rows; give the delivery as it was read in the end."""
    rows = -1
    if delivery.regular:
        engine.load("inspected", delivery.text)
        try:
            counted = engine.collect("select count(*) as n from inspected")
            rows = int(counted["n"][0].as_py())
        except IrregularFileError:
            rows = -1
    if rows != delivery.records:
        delivery = carefully(delivery, scratch)
        engine.load("inspected", delivery.text)
    return delivery


def _read_by(header: Sequence[str], preset: Preset) -> set[str]:
    if preset.places:
        return {column.name for column in wanted_of(preset.said["columns"])}
    wanted = wanted_by(preset.said)
    beside = also_read(preset.said["columns"])
    return {
        cell
        for column in (*numbered_up_to(wanted, items_in(header, wanted)), *beside)
        if (cell := column.found_in(header)) is not None
    }
