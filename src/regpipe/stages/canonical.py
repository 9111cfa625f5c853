"""Canonical: the values whose form SQL is not sure of, each asked once.

Questions are gathered over all rows, answered here by the libraries that know, and
the answers joined to the rows: a library is called once for what a thousand rows say.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Mapping, Sequence
from typing import TypeAlias

import pyarrow as pa

from regpipe.engine.protocol import Engine
from regpipe.fields import FieldType
from regpipe.sql import canonical as sql
from regpipe.sql.name_cells import name_answers, names_asked
from regpipe.sql.step import Step, ident
from regpipe.sql.tax_numbers import ANSWERS, NUMBERS, numbers_asked
from regpipe.stages.domains import in_ascii
from regpipe.stages.name_keys import NameCell, first_cell, last_cell
from regpipe.stages.phones import phone
from regpipe.stages.tax_numbers import org_number, vat_id

Told: TypeAlias = dict[str, str | None]
Tell: TypeAlias = Callable[[str], Told]

BATCH = 100_000
"""Questions that are held as Python objects at a time."""


def settle(
    engine: Engine, source: str, tables: Sequence[str], kinds: Mapping[str, FieldType]
) -> tuple[str, ...]:
    """Leave ``answers_…`` to what a source's cleaned rows ask; give the fields asked.

    ``kinds`` are the types of the fields that the rows have.
    """
    fields = tuple(field for field, kind in kinds.items() if kind in sql.ASKED)
    if not fields or not tables:
        return ()
    questions = sql.asked(source, tables, fields)
    if not _asked(engine, questions):
        return ()
    _answer(engine, questions.name, sql.answers_table(source), _told)
    return fields


def ask_of_records(
    engine: Engine, tables: Mapping[str, Sequence[str]]
) -> tuple[str, ...]:
    """Leave the answers to what records ask; give the fields that were asked for.

    ``tables`` are those of the rows that come, each with its fields.
    """
    found = []
    for name, read in (("first_name", first_cell), ("last_name", last_cell)):
        having = [table for table, fields in tables.items() if name in fields]
        if having and _asked(engine, names_asked(name, having)):
            _answer(engine, f"asked_{name}", name_answers(name), _names(read))
            found.append(name)
    numbered = [(t, f) for t, f in tables.items() if {*NUMBERS} & {*f}]
    if numbered and _asked(engine, numbers_asked(numbered)):
        _answer(engine, "asked_tax_numbers", ANSWERS, _number)
        found += NUMBERS
    return tuple(found)


def _asked(engine: Engine, questions: Step) -> bool:
    """Keep questions; tell whether there are any."""
    if engine.make(questions):
        return True
    engine.drop(questions.name)
    return False


def _answer(engine: Engine, asked: str, answers: str, tell: Tell) -> None:
    """Leave the table ``answers``: each question, and what ``tell`` says of it."""
    questions = engine.collect(f"select question from {ident(asked)}")
    engine.drop(asked)
    parts = []
    for batch in questions.to_batches(max_chunksize=BATCH):
        rows = [tell(question) for question in batch["question"].to_pylist()]
        columns = {name: [row[name] for row in rows] for name in rows[0]}
        told = {name: pa.array(cells, pa.string()) for name, cells in columns.items()}
        parts.append(pa.table({"question": batch["question"], **told}))
    engine.put(answers, pa.concat_tables(parts))


def _told(question: str) -> Told:
    kind, region, text = question.split(":", 2)
    if kind == "email":
        return {"answer": in_ascii(text)}
    return {"answer": phone(text, region or None)}


def _names(read: Callable[[str], NameCell]) -> Tell:
    def tell(text: str) -> Told:
        found = read(text)
        return {
            "own_key": found.key,
            "other_key": found.other,
            "suffix": found.suffix,
        }

    return tell


def _number(question: str) -> Told:
    field, country, text = question.split(":", 2)
    read = vat_id if field == "vat_id" else org_number
    found = read(text, country or None)
    return {"number": found.value, "key": found.key}


def address_of(text: str) -> str:
    """Give an e-mail address that a person wrote as the registry compares it."""
    return in_ascii(unicodedata.normalize("NFC", text.strip().lower()))
