"""Cleaned rows: text cells of a file, read as the types of the fields.

One scan of the file: the raw text is not kept for the rows that pass.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from regpipe.fields import STATED, WORDS, FieldType
from regpipe.sql.step import Step, comma, ident, literal, step
from regpipe.sql.words import (
    CONSENT_ANSWERS,
    NO_WORDS,
    STATEMENTS,
    STATUS_WORDS,
    YES_WORDS,
    one_of,
    worded,
)

NORMALISER = "2"
"""Raise it when cleaning changes: every row is then read anew, once."""

_SQL_TYPES = {
    FieldType.DATE: "date",
    FieldType.TIME: "timestamp",
    FieldType.MONEY: "decimal(18, 4)",
    FieldType.FLAG: "boolean",
    FieldType.LIST: "varchar[]",
}
_READABLE = {FieldType.TEXT, FieldType.EMAIL, FieldType.CODE, FieldType.POSTCODE}
_CLOSED = ("payment_status", "fulfilment_status")
"""Fields of which the store's own word is kept beside ours."""

_MARKS = {".": "point", ",": "comma"}


@dataclass(frozen=True)
class Cell:
    """How one field is read: from which column or constant, with what options.

    ``calling_code`` and ``trunk`` are those of the country meant by phones
    without one. ``words`` map the file's words to ours, ``others`` is what a word
    becomes that none lists. ``at`` are the columns of a consent's own time, by status
    (None: it has none); ``unless`` is the column that is read instead where it is
    filled.
    """

    kind: FieldType
    column: str | None
    value: str | None = None
    formats: tuple[str, ...] = ()
    decimal: str = "."
    separator: str | None = None
    calling_code: str | None = None
    trunk: str = ""
    words: Mapping[str, tuple[str, ...]] | None = None
    at: Mapping[str, str] | None = None
    unless: str | None = None
    others: str | None = None


def sql_type(kind: FieldType) -> str:
    """Give the SQL type of a field's values."""
    return _SQL_TYPES.get(kind, "varchar")


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
) -> Step:
    """Clean and type the rows of one file.

    Reads  ``raw``: one row of text columns per record of the file; with
           ``careful`` also ``regpipe_row``, ``regpipe_problem``. ``odd`` tells
           that cells may hold white space other than blanks.
    Gives  one row per record, in file order: the mapped ``fields``,
           ``consent_<purpose>_<channel>`` and ``…_at``, ``fingerprint`` of the
           cells read (with ``version``), ``unreadable``: the fields whose cell
           could not be read (null when all could); with ``careful`` also
           ``row_number`` and ``problem``.
    """
    cells = dict(fields)
    for (purpose, channel), cell in consents.items():
        cells[consent_column(purpose, channel)] = cell
    columns = columns_of(cells)
    texts, reads, finals, checks = [], [], [], []
    rare = "odd" if odd else "false"
    marks = f"rp_odd(concat({', '.join(map(ident, columns))})) as odd"
    for field, cell in cells.items():
        own = _text(cell, rare)
        if cell.unless:
            own = f"coalesce({_text(Cell(cell.kind, cell.unless), rare)}, {own})"
        texts.append(f"{own} as {ident('t_' + field)}")
        for column, value in _values(field, cell, zone):
            reads.append(f"{value} as {ident(column)}")
            finals.append(ident(column))
        if field.startswith("consent_") and cell.at is not None:
            at = _moment(cell, own, rare)
            texts.append(f"{at} as {ident('t_' + field + '_at')}")
            finals.append(ident(field + "_at"))
            when = _time(ident("t_" + field + "_at"), cell.formats, zone)
            reads.append(f"{when} as {ident(field + '_at')}")
            checks.append((f"{field}_at", _spoken(field)))
        if _may_be_unreadable(field, cell):
            checks.append((field, _spoken(field)))
    kept = ["row_number", "problem"] if careful else []
    if careful:
        texts += ["regpipe_row as row_number", "regpipe_problem as problem"]
    mark = fingerprint(columns, version)
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
              *,
              {comma(reads, 14)}
          from texts
        )
        select
            {comma(finals + kept, 12)},
            fingerprint,
            {_unreadable(checks)} as unreadable
        from values_read
        """,
    )


def consent_column(purpose: str, channel: str) -> str:
    """Give the cleaned column that holds a consent's status."""
    return f"consent_{purpose}_{channel}"


def columns_of(cells: Mapping[str, Cell]) -> list[str]:
    """Give the columns of the file that are read, each once, in mapped order."""
    found: dict[str, None] = {}
    for cell in cells.values():
        for column in (cell.column, cell.unless, *(cell.at or {}).values()):
            if column is not None:
                found[column] = None
    return list(found)


def fingerprint(columns: Sequence[str], version: str) -> str:
    """Give the SQL of the fingerprint of a row's cells in ``columns``.

    A blank cell counts alike whether it was quoted or not, so that a row has
    one fingerprint by whichever way its file is read.
    """
    parts = [f"'c{i}': coalesce({ident(c)}, '')" for i, c in enumerate(columns)]
    parts.append(f"'version': {literal(version)}")
    return f"rp_fingerprint({{{', '.join(parts)}}})"


def _text(cell: Cell, rare: str) -> str:
    if cell.column is None:
        return literal(cell.value) if cell.value else "cast(null as varchar)"
    text = f"rp_text({ident(cell.column)}, {rare})"
    if cell.kind in (FieldType.PHONE, FieldType.POSTCODE, FieldType.CODE):
        return f"rp_bare({text})"
    if cell.kind is FieldType.TEXT:
        return f"rp_disarmed({text})"
    return text


def _moment(cell: Cell, own: str, rare: str) -> str:
    """Give the text of the time of what a consent's cell ``own`` states."""
    at = cell.at or {}
    columns = {status: _text(Cell(FieldType.TIME, at[status]), rare) for status in at}
    found = next(iter(columns.values()), "cast(null as varchar)")
    some = cell.column is not None and len(columns) < len(STATED)
    if some or len({*columns.values()}) > 1:
        whens = " ".join(
            f"when {literal(status)} then {text}" for status, text in columns.items()
        )
        found = f"case {_stated(own, cell)} {whens} end"
    if cell.unless:
        instead = _text(Cell(cell.kind, cell.unless), rare)
        found = f"case when {instead} is null then {found} end"
    return found


def _stated(text: str, cell: Cell) -> str:
    """Give the SQL of what a cell of consent states; a blank one is unknown."""
    otherwise = literal(cell.others) if cell.others else "null"
    words = cell.words or CONSENT_ANSWERS
    return worded(text, words, (), blank="'unknown'", otherwise=otherwise)


def _values(field: str, cell: Cell, zone: str) -> list[tuple[str, str]]:
    """Give the columns that a field becomes, each with its expression."""
    text = ident("t_" + field)
    if field == "full_name":
        return [
            ("first_name", f"rp_first_name({text})"),
            ("last_name", f"rp_last_name({text})"),
        ]
    if field in ("external_id", "order_id", "customer_ref"):
        return [(field, f"rp_bare({text})")]
    if field in _CLOSED:
        words = {**STATUS_WORDS[field], **(cell.words or {})}
        known = worded(text, words, (), otherwise=f"lower({text})")
        stored = field.replace("_status", "_word")
        return [(field, known), (stored, text)]
    return [(field, _value(field, text, cell, zone))]


def _value(field: str, text: str, cell: Cell, zone: str) -> str:
    words = cell.words or {}
    match cell.kind:
        case FieldType.EMAIL:
            return f"rp_email({text})"
        case FieldType.PHONE:
            code = literal(cell.calling_code) if cell.calling_code else "null"
            return f"rp_phone({text}, {code}, {literal(cell.trunk)})"
        case FieldType.CODE:
            return worded(text, words, (), otherwise=f"rp_code({text})")
        case FieldType.POSTCODE:
            return f"rp_postcode({text})"
        case FieldType.DATE:
            return _date(text, cell.formats)
        case FieldType.TIME:
            return _time(text, cell.formats, zone)
        case FieldType.MONEY:
            return f"rp_money_{_MARKS[cell.decimal]}({text})"
        case FieldType.FLAG:
            yes, no = words.get("yes", YES_WORDS), words.get("no", NO_WORDS)
            return (
                f"case when {one_of(text, yes)} then true "
                f"when {one_of(text, no)} then false end"
            )
        case FieldType.LIST:
            if cell.separator is None:
                return f"case when {text} is not null then [{text}] end"
            return f"rp_list({text}, {literal(cell.separator)})"
        case FieldType.WORD if field.startswith("consent_"):
            return _stated(text, cell)
        case FieldType.WORD if field == "kind":
            known = worded(text, words, WORDS["kind"])
            return f"case when {text} is null then 'registered' else {known} end"
        case FieldType.WORD:
            said = {**words, **{k: v for k, v in STATEMENTS.items() if k not in words}}
            return worded(text, said, WORDS["status"])
        case _:
            return text


def _time(text: str, formats: Sequence[str], zone: str) -> str:
    if not formats:
        return f"rp_time_iso({text}, {literal(zone)})"
    tries = [
        f"rp_time_offset({text}, {literal(f)})"
        if "%z" in f or "%Z" in f
        else f"rp_time({text}, {literal(f)}, {literal(zone)})"
        for f in formats
    ]
    return tries[0] if len(tries) == 1 else f"coalesce({', '.join(tries)})"


def _date(text: str, formats: Sequence[str]) -> str:
    tries = [f"rp_date({text}, {literal(f)})" for f in formats]
    return f"coalesce({', '.join(tries or [f'rp_date_iso({text})'])})"


def _spoken(field: str) -> str:
    """Give a field as the pipeline file spells it."""
    if field.startswith("consent_"):
        return "consent." + field.removeprefix("consent_").rsplit("_", 1)[0]
    return field


def _may_be_unreadable(field: str, cell: Cell) -> bool:
    readable = cell.kind in _READABLE or cell.kind is FieldType.LIST
    return not readable and field not in _CLOSED


def _unreadable(checks: Sequence[tuple[str, str]]) -> str:
    """Give the fields that hold text but no value; null where there are none."""
    if not checks:
        return "cast(null as varchar[])"
    bad = [f"({ident('t_' + f)} is not null and {ident(f)} is null)" for f, _ in checks]
    names = [
        f"case when {test} then {literal(spoken)} end"
        for test, (_, spoken) in zip(bad, checks, strict=True)
    ]
    return f"case when {' or '.join(bad)} then rp_named([{', '.join(names)}]) end"
