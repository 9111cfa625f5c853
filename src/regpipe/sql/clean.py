"""Cleaned rows: text cells of a file, read as the types of the fields.

One scan of the file: the raw text is not kept for the rows that pass.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from regpipe.fields import FieldType
from regpipe.sql import canonical
from regpipe.sql.cells import (
    CLOSED,
    Cell,
    moment_of,
    proof_of,
    text_of,
    time_of,
    values_of,
)
from regpipe.sql.items import Items
from regpipe.sql.step import Step, comma, ident, literal, step

NORMALISER = "5"
"""Raise it when cleaning changes: every row is then read anew, once."""

_READABLE = {
    *(FieldType.TEXT, FieldType.EMAIL, FieldType.CODE, FieldType.POSTCODE),
    *(FieldType.LIST, FieldType.PHONE),
}
"""What every text is a value of; whether it is of a phone is answered later."""

_OF_STATEMENTS = ("at", "opt_in_at", "confirmed_at")
"""Times of statements, of which a database's zero is none."""


def cleaned(
    name: str,
    raw: str,
    fields: Mapping[str, Cell],
    consents: Mapping[tuple[str, str], Cell],
    *,
    zone: str,
    version: str,
    careful: bool,
    odd: bool = True,
    items: Items | None = None,
    texts_kept: bool = False,
) -> Step:
    """Clean and type the rows of one file.

    Reads  ``raw``: one row of text columns per record of the file; with
           ``careful`` also ``regpipe_row``, ``regpipe_problem``. ``odd`` tells
           that cells may hold white space other than blanks.
    Gives  one row per record, in file order: the mapped ``fields``,
           ``consent_<purpose>_<channel>``, its ``…_at`` and its proof
           (``…_opt_in_at`` and so on), ``fingerprint`` of the cells read (with
           ``version``), with ``items`` the ``lines`` that a row holds (null where it
           holds none), ``unreadable``: the fields whose cell
           could not be read (null when all could); with ``careful`` also
           ``row_number`` and ``problem``. An e-mail or phone whose form SQL is not
           sure of is null, and ``…_asked`` says what to ask for it. With
           ``texts_kept`` a column ``…_text`` beside each of ``canonical.WRITTEN``:
           the cell, where its value reads otherwise.
    """
    cells = dict(fields)
    for (purpose, channel), cell in consents.items():
        cells[consent_column(purpose, channel)] = cell
    columns = columns_of(cells)
    texts, reads, finals, checks = [], [], [], []
    fitted: list[canonical.Fitted] = []
    rare = "odd" if odd else "false"
    seen = [*columns, *(items.columns if items else ())]
    marks = f"rp_odd(concat({', '.join(map(ident, seen))})) as odd"
    for field, cell in cells.items():
        own = text_of(cell, rare)
        if cell.unless:
            own = f"coalesce({text_of(Cell(cell.kind, cell.unless), rare)}, {own})"
        if field in _OF_STATEMENTS:
            own = f"rp_dated({own})"
        texts.append(f"{own} as {ident('t_' + field)}")
        if field == "full_name":
            texts.append(f"rp_name_text(rp_composed({own})) as {ident('s_' + field)}")
        if cell.kind in canonical.FITTED:
            read = canonical.fitted(field, cell.kind, cell.region, cells)
            reads.append(read.signs)
            fitted.append(read)
            finals.append(ident(field))
        for column, value in values_of(field, cell, zone):
            reads.append(f"{value} as {ident(column)}")
            finals.append(ident(column))
        if cell.kind in canonical.ASKED:
            value = canonical.question(field, cell.kind)
            finals.append(f"{value} as {ident(field + '_asked')}")
        if texts_kept and field in canonical.WRITTEN:
            finals.append(f"{canonical.written(field)} as {ident(field + '_text')}")
        if field.startswith("consent_") and cell.at is not None:
            at = moment_of(cell, own, rare)
            texts.append(f"{at} as {ident('t_' + field + '_at')}")
            finals.append(ident(field + "_at"))
            when = time_of(ident("t_" + field + "_at"), cell.formats, zone)
            reads.append(f"{when} as {ident(field + '_at')}")
            checks.append(_unread(f"{field}_at", field))
        for part, proof in cell.proof.items():
            column = proof_column(field, part)
            texts.append(f"{proof_of(proof, rare)} as {ident('t_' + column)}")
            value = ident("t_" + column)
            if proof[0].kind is FieldType.TIME:
                value = time_of(value, cell.formats, zone)
                checks.append(_unread(column, field))
            reads.append(f"{value} as {ident(column)}")
            finals.append(ident(column))
        if _may_be_unreadable(field, cell):
            checks.append(_unread(field, field))
    if items is not None:
        texts += items.texts(rare)
        reads.append(f"{items.lines()} as lines")
        finals.append("lines")
        checks += items.checks()
    kept = ["row_number", "problem"] if careful else []
    if careful:
        texts += ["regpipe_row as row_number", "regpipe_problem as problem"]
    mark = fingerprint(columns, version, items)
    if careful:
        ragged = "rp_fingerprint({'cells': regpipe_cells})"
        mark = f"case when regpipe_problem <> '' then {ragged} else {mark} end"
    texts.append(f"{mark} as fingerprint")
    return step(
        name,
        f"""
        with cells as (
          select {f"*, {marks}" if odd else "*"}
          from {ident(raw)}
        ),
        texts as (
          select
              {comma(texts, 14)}
          from cells
        ),
        values_read as (
          select
              {comma(["*", *reads], 14)}
          from texts
        ){_with_country(fitted)}
        select
            {comma(finals + kept, 12)},
            fingerprint,
            {_unreadable(checks)} as unreadable
        from {"fitted" if fitted else "values_read"}
        """,
    )


def _with_country(fitted: Sequence[canonical.Fitted]) -> str:
    """Give the CTEs of the values that hang on the country of their row, if any."""
    if not fitted:
        return ""
    return f""",
        by_country as (
          select
              *,
              {comma((each.by_country for each in fitted), 14)}
          from values_read
        ),
        fitted as (
          select
              *,
              {comma((each.value for each in fitted), 14)}
          from by_country
        )"""


def consent_column(purpose: str, channel: str) -> str:
    """Give the cleaned column that holds a consent's status."""
    return f"consent_{purpose}_{channel}"


def proof_column(consent: str, part: str) -> str:
    """Give the cleaned column that holds a part of the proof of a consent's column."""
    return f"{consent}_{part}"


def columns_of(cells: Mapping[str, Cell]) -> list[str]:
    """Give the columns of the file that are read, each once, in mapped order."""
    found: dict[str, None] = {}
    for cell in cells.values():
        proof = [part.column for parts in cell.proof.values() for part in parts]
        own = (cell.column, cell.unless, *(cell.at or {}).values(), *proof)
        for column in (*own, *cell.beside, *cell.when):
            if column is not None:
                found[column] = None
    return list(found)


def fingerprint(
    columns: Sequence[str], version: str, items: Items | None = None
) -> str:
    """Give the SQL of the fingerprint of a row's cells in ``columns``.

    A blank cell counts alike whether it was quoted or not, so that a row has
    one fingerprint by whichever way its file is read.
    """
    parts = [f"'c{i}': coalesce({ident(c)}, '')" for i, c in enumerate(columns)]
    if items is not None:
        parts.append(f"'lines': {items.mark()}")
    parts.append(f"'version': {literal(version)}")
    return f"rp_fingerprint({{{', '.join(parts)}}})"


def _spoken(field: str) -> str:
    """Give a field as the pipeline file spells it."""
    if field.startswith("consent_"):
        return "consent." + field.removeprefix("consent_").rsplit("_", 1)[0]
    return field


def _may_be_unreadable(field: str, cell: Cell) -> bool:
    readable = cell.kind in _READABLE
    return not readable and field not in CLOSED


def _unread(column: str, field: str) -> tuple[str, str]:
    """Give the test that a column has text but no value, and the field it is of."""
    test = f"({ident('t_' + column)} is not null and {ident(column)} is null)"
    return test, _spoken(field)


def _unreadable(checks: Sequence[tuple[str, str]]) -> str:
    """Give the fields that hold text but no value; null where there are none."""
    if not checks:
        return "cast(null as varchar[])"
    names = [f"case when {test} then {literal(spoken)} end" for test, spoken in checks]
    bad = " or ".join(test for test, _ in checks)
    return f"case when {bad} then rp_named([{', '.join(names)}]) end"
