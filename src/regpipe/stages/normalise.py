"""Normalise: from the text of a file to cleaned, typed rows of our fields."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from functools import cache
from pathlib import Path

import phonenumbers

from regpipe.engine.protocol import Engine
from regpipe.errors import InputFileError, IrregularFileError
from regpipe.fields import FieldType
from regpipe.spec import Column, Source, Statement
from regpipe.spec.columns import known_fields
from regpipe.sql.clean import NORMALISER, Cell, cleaned
from regpipe.sql.step import ident
from regpipe.stages.extract import Delivery, carefully

CONSENTS = ("granted", "pending", "withdrawn", "never", "unknown")


def normalise(
    engine: Engine,
    delivery: Delivery,
    source: Source,
    schema_version: str,
    name: str,
    scratch: Path,
) -> Delivery:
    """Leave table ``name``: the cleaned rows of one file, in file order.

    The fast way first; a file with a record that does not fit its header, or
    whose rows are not as many as its records, is read again the careful way; one
    that is not regular at once. Gives the delivery as it was read.

    Raises InputFileError when even then the rows are not all there.
    """
    raw = f"raw_{name}"
    version = mapping_version(source, schema_version)
    try:
        if delivery.regular:
            rows = _clean(engine, delivery, source, version, raw, name)
            if rows == delivery.records and not _any_blank(engine, source, name):
                return delivery
    except IrregularFileError:
        pass
    again = carefully(delivery, scratch)
    rows = _clean(engine, again, source, version, raw, name)
    if rows != again.records:
        raise InputFileError.at(
            delivery.file,
            f"holds {again.records} records, but {rows} rows were read",
            "this should not happen: keep the file and report it",
        )
    return again


def mapping_version(source: Source, schema_version: str) -> str:
    """Give a text that changes when rows would be read or judged otherwise."""
    said = json.dumps(
        [
            NORMALISER,
            schema_version,
            source.timezone,
            source.csv.model_dump(mode="json"),
            {
                name: column.model_dump(mode="json")
                for name, column in source.mapped.items()
            },
        ],
        sort_keys=True,
    )
    return hashlib.sha256(said.encode()).hexdigest()[:16]


def columns_read(source: Source) -> tuple[str, ...]:
    """Give the columns of the file that the mapping reads, each once."""
    found: dict[str, None] = {}
    for column in (*source.columns.values(), *source.consents.values()):
        for name in (column.from_, column.at):
            if name is not None:
                found[name] = None
    return tuple(found)


def cleaned_fields(source: Source) -> tuple[str, ...]:
    """Give the fields that the cleaned rows of a source have, in mapped order."""
    found: dict[str, None] = {}
    for field in source.columns:
        if field == "full_name":
            found.update(dict.fromkeys(("first_name", "last_name")))
        else:
            found[field] = None
    return tuple(found)


def _clean(
    engine: Engine,
    delivery: Delivery,
    source: Source,
    version: str,
    raw: str,
    name: str,
) -> int:
    engine.load(raw, delivery.text)
    return engine.make(
        cleaned(
            name,
            raw,
            _cells(source),
            {key: _consent(column) for key, column in source.consents.items()},
            zone=source.timezone,
            version=version,
            careful=delivery.careful,
            odd=delivery.odd,
        )
    )


def _any_blank(engine: Engine, source: Source, name: str) -> bool:
    """Tell whether some record may be blank: none of its fields holds a value."""
    types = known_fields(source.kind)
    fields = [
        field
        for field, column in source.columns.items()
        if column.from_ is not None
        and field != "full_name"
        and types[field] not in (FieldType.FLAG, FieldType.WORD)
    ]
    if not fields:
        return False
    blank = " and ".join(f"{ident(field)} is null" for field in fields)
    found = engine.collect(
        f"select count(*) as n from {ident(name)} where unreadable is null and {blank}"
    )
    return bool(found["n"][0].as_py())


def _cells(source: Source) -> Mapping[str, Cell]:
    types = known_fields(source.kind)
    return {field: _cell(types[field], c) for field, c in source.columns.items()}


def _cell(kind: FieldType, column: Column) -> Cell:
    words: dict[str, tuple[str, ...]] = dict(column.words)
    if column.yes:
        words["yes"] = column.yes
    if column.no:
        words["no"] = column.no
    code, trunk = _dialling(column.country) if column.country else (None, "")
    return Cell(
        kind=kind,
        column=column.from_,
        value=column.value,
        formats=column.format,
        decimal=column.decimal,
        separator=column.split,
        calling_code=code,
        trunk=trunk,
        words=words,
    )


def _consent(column: Column) -> Cell:
    words: dict[str, tuple[str, ...]] = {
        status: getattr(column, status)
        for status in CONSENTS
        if getattr(column, status)
    }
    return Cell(
        kind=FieldType.WORD,
        column=column.from_,
        value=column.value,
        formats=column.format,
        words=words,
        at=column.at,
    )


@cache
def _dialling(country: str) -> tuple[str, str]:
    """Give a country's calling code and national prefix, by phonenumbers."""
    code = phonenumbers.country_code_for_region(country)
    trunk = phonenumbers.ndd_prefix_for_region(country, True) or ""
    metadata = phonenumbers.PhoneMetadata.metadata_for_region(country, None)
    if metadata is not None and metadata.leading_zero_possible:
        trunk = ""
    return str(code), trunk


def statement_columns(source: Source) -> tuple[tuple[Statement, bool], ...]:
    """Give the consents a customers source states, and whether each has a time."""
    return tuple((key, c.at is not None) for key, c in source.consents.items())
