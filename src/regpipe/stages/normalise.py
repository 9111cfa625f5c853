"""Normalise: from the text of a file to cleaned, typed rows of our fields."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from regpipe.engine.protocol import Engine
from regpipe.errors import InputFileError, IrregularFileError
from regpipe.fields import KEYS, PROOF, STATED, FieldType
from regpipe.spec import Column, CustomerSource, OrderSource, Source
from regpipe.spec.columns import OTHERS, known_fields
from regpipe.sql.canonical import ASKED, WRITTEN
from regpipe.sql.cells import Cell
from regpipe.sql.clean import NORMALISER, cleaned
from regpipe.sql.intake import CleanFile
from regpipe.sql.items import Items, Packed
from regpipe.sql.step import ident
from regpipe.stages.batches import FEW, Batch, alone, joined
from regpipe.stages.extract import Delivery, carefully
from regpipe.stages.names import read_by_name
from regpipe.stages.wanted import numbered_up_to, wanted_columns


@dataclass(frozen=True)
class Normalised:
    """The tables of cleaned rows, and each file as it was read, in file order."""

    tables: tuple[CleanFile, ...]
    deliveries: tuple[Delivery, ...]


def normalise(
    engine: Engine,
    name: str,
    source: Source,
    schema_version: str,
    deliveries: Sequence[Delivery],
    first_file: int,
    scratch: Path,
) -> Normalised:
    """Leave tables ``clean_<name>_…``: the cleaned rows of files, in file order.

    The fast way first; a file with a record that does not fit its header, or
    whose rows are not as many as its records, is read again the careful way; one
    that is not regular at once. ``first_file`` is the number of the first file
    among those of the run.

    Raises InputFileError when even then the rows are not all there.
    """
    work = _Cleaning(engine, name, source, schema_version, first_file)
    files = list(enumerate(deliveries, first_file))
    regular = [each for each in files if each[1].regular]
    slow = [each for each in files if not each[1].regular]
    batches = alone(regular)
    if len(files) > FEW:
        batches, unsure = joined(regular, scratch)
        slow += unsure
    read: list[Batch] = []
    for batch in batches:
        if work.fits(batch):
            read.append(batch)
        else:
            slow += batch.numbered
    careful = [
        (number, each if each.careful else carefully(each, scratch))
        for number, each in sorted(slow)
    ]
    again = joined(careful, scratch)[0] if len(files) > FEW else alone(careful)
    for batch in again:
        if work.clean(batch) != batch.records:
            raise InputFileError.at(
                batch.deliveries[0].file,
                f"{batch.records} records were counted in {len(batch.numbers)} files "
                "from this one on, but as many rows were not read",
                "this should not happen: keep the files and report it",
            )
        read.append(batch)
    read.sort(key=lambda batch: batch.numbers)
    done = dict(pair for batch in read for pair in batch.numbered)
    return Normalised(
        tuple(work.table(batch) for batch in read),
        tuple(done[number] for number, _ in files),
    )


def mapping_version(source: Source, schema_version: str) -> str:
    """Give a text that changes when rows would be read or judged otherwise."""
    said = json.dumps(
        [
            NORMALISER,
            schema_version,
            source.timezone,
            source.csv.model_dump(mode="json", exclude_defaults=True),
            {
                name: column.model_dump(mode="json", exclude_defaults=True)
                for name, column in source.mapped.items()
            },
            *_shape(source),
        ],
        sort_keys=True,
    )
    return hashlib.sha256(said.encode()).hexdigest()[:16]


def _shape(source: Source) -> list[object]:
    """Give what else says how the rows of a source are read, if anything."""
    found: list[object] = []
    if isinstance(source, OrderSource) and source.items is not None:
        found.append(source.items.model_dump(mode="json"))
    if isinstance(source, CustomerSource) and source.rows != "single":
        found.append(source.rows)
    if source.treat_unknown_as is not None:
        found.append({"treat_unknown_as": source.treat_unknown_as})
    return found


def columns_read(source: Source) -> tuple[str, ...]:
    """Give the columns of the file that the mapping reads, each once.

    Of numbered columns those of one item.
    """
    wanted = numbered_up_to(wanted_columns(source), 1)
    return tuple(dict.fromkeys(column.name for column in wanted))


def cleaned_fields(source: Source) -> tuple[str, ...]:
    """Give the fields that the cleaned rows of a source have, in mapped order.

    Rows that may hold several items have ``lines`` and no fields of a line.
    """
    found: dict[str, None] = {}
    for field in _single(source):
        if field == "full_name":
            found.update(dict.fromkeys(("first_name", "last_name")))
        else:
            found[field] = None
    if isinstance(source, OrderSource) and source.itemised:
        found["lines"] = None
    return tuple(found)


def texts_kept(source: Source) -> tuple[str, ...]:
    """Give the fields of a source's rows whose text stays beside the value."""
    if not isinstance(source, CustomerSource):
        return ()
    return tuple(field for field in WRITTEN if field in source.columns)


def _single(source: Source) -> Mapping[str, Column]:
    """Give the columns that hold one value a row: without those of several items."""
    if not (isinstance(source, OrderSource) and source.itemised):
        return source.columns
    return {f: c for f, c in source.columns.items() if f not in source.lines}


@dataclass(frozen=True)
class _Cleaning:
    """Cleans batches of one source; a table is called after its first file."""

    engine: Engine
    name: str
    source: Source
    schema_version: str
    first_file: int

    def called(self, batch: Batch) -> str:
        return f"clean_{self.name}_{batch.numbers[0] - self.first_file + 1}"

    def fits(self, batch: Batch) -> bool:
        """Clean a batch the fast way; tell whether each record became a row."""
        try:
            rows = self.clean(batch)
        except IrregularFileError:
            return False
        columns = batch.text.columns
        blank = _any_blank(self.engine, self.source, self.called(batch), columns)
        return rows == batch.records and not blank

    def clean(self, batch: Batch) -> int:
        """Leave the cleaned rows of a batch; give their number."""
        name = self.called(batch)
        self.engine.load(f"raw_{name}", batch.text)
        source = read_by_name(self.source, batch.deliveries[0].file)
        dated = {key for key, column in self.source.consents.items() if column.at}
        return self.engine.make(
            cleaned(
                name,
                f"raw_{name}",
                _cells(source),
                {key: _consent(c, key in dated) for key, c in source.consents.items()},
                zone=source.timezone,
                version=mapping_version(source, self.schema_version),
                careful=batch.careful,
                odd=batch.odd,
                items=_items(source, max(batch.deliveries[0].items, 1)),
                texts_kept=isinstance(source, CustomerSource),
            )
        )

    def table(self, batch: Batch) -> CleanFile:
        """Give what all rows of a batch have in common; leave where each is from."""
        name, delivery = self.called(batch), batch.deliveries[0]
        places = delivery.replayed
        if len(batch.numbers) > 1:
            places = f"places_{name}"
            self.engine.put(places, batch.places())
        return CleanFile(
            name,
            batch.numbers[0],
            delivery.first_row,
            delivery.delivered_at,
            delivery.careful,
            places,
        )


def _any_blank(
    engine: Engine, source: Source, name: str, columns: Sequence[str]
) -> bool:
    """Tell whether some record is blank.

    Only where there is one none of whose fields holds a value the file is asked.
    """
    types = known_fields(source.kind)
    fields = [
        field
        for field, column in _single(source).items()
        if column.from_ is not None
        and field != "full_name"
        and types[field] not in (FieldType.FLAG, FieldType.WORD)
    ]
    if "lines" in cleaned_fields(source):
        fields.append("lines")
    if not fields:
        return False
    asked = [f"{field}_asked" for field in fields if types.get(field) in ASKED]
    blank = " and ".join(f"{ident(field)} is null" for field in (*fields, *asked))
    found = engine.collect(
        f"select count(*) as n from {ident(name)} where unreadable is null and {blank}"
    )
    if not found["n"][0].as_py():
        return False
    cells = ", ".join(map(ident, columns))
    found = engine.collect(
        f"select count(*) as n from {ident('raw_' + name)} "
        f"where rp_text(concat({cells}), true) is null"
    )
    return bool(found["n"][0].as_py())


def _cells(source: Source) -> Mapping[str, Cell]:
    types = known_fields(source.kind)
    cells = {field: _cell(types[field], c) for field, c in _single(source).items()}
    mail = source.columns["email"].from_ if "email" in source.columns else None
    return {
        field: replace(cell, a_key=True, mail=mail is not None and cell.column == mail)
        if field in KEYS
        else cell
        for field, cell in cells.items()
    }


def _items(source: Source, room: int) -> Items | None:
    """Give how the lines are read of rows that may hold several, for that many."""
    if not isinstance(source, OrderSource) or not source.itemised:
        return None
    types = known_fields(source.kind)
    cells = {field: _cell(types[field], c) for field, c in source.lines.items()}
    if source.items is None:
        return Items(cells, room)
    said = source.items
    packed = Packed(said.from_, said.between, said.parts, said.key)
    names = {f: (c.from_ or "", *c.aliases) for f, c in source.lines.items()}
    return Items(cells, 0, packed, names)


def _cell(kind: FieldType, column: Column) -> Cell:
    words: dict[str, tuple[str, ...]] = dict(column.words)
    if column.yes:
        words["yes"] = column.yes
    if column.no:
        words["no"] = column.no
    return Cell(
        kind=kind,
        column=column.from_,
        value=column.value,
        formats=column.format,
        decimal=column.decimal,
        separator=column.split,
        region=column.country,
        words=words,
        beside=column.with_,
        when=column.when,
        blank=column.blank,
        html=column.html,
        whole=column.whole,
    )


def _consent(column: Column, dated: bool = False) -> Cell:
    words: dict[str, tuple[str, ...]] = {
        status: getattr(column, status) for status in STATED if getattr(column, status)
    }
    others = [status for status, listed in words.items() if OTHERS in listed]
    return Cell(
        kind=FieldType.WORD,
        column=column.from_,
        value=column.value,
        formats=column.format,
        words=words,
        at=column.at if dated or column.at else None,
        unless=column.unless,
        others=others[0] if others else None,
        when=column.when,
        blank=column.blank,
        separator=column.split,
        proof={
            part: tuple(
                Cell(PROOF[part], name, said.value, column.format)
                for name in said.from_ or (None,)
            )
            for part, said in column.proof.items()
        },
    )
