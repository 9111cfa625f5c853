"""Cells: the text of a cell, and the value of its field, as SQL."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from regpipe.fields import STATED, WORDS, FieldType
from regpipe.sql.canonical import FITTED, sure_email
from regpipe.sql.name_cells import name_parts
from regpipe.sql.step import ident, like_pattern, literal
from regpipe.sql.words import (
    CONSENT_ANSWERS,
    NO_WORDS,
    STATEMENTS,
    STATUS_WORDS,
    YES_WORDS,
    gravest,
    one_of,
    worded,
)

_SQL_TYPES = {
    FieldType.DATE: "date",
    FieldType.TIME: "timestamp",
    FieldType.MONEY: "decimal(18, 4)",
    FieldType.FLAG: "boolean",
    FieldType.LIST: "varchar[]",
}
CLOSED = ("payment_status", "fulfilment_status")
"""Fields of which the store's own word is kept beside ours."""

_MARKS = {".": "point", ",": "comma"}


@dataclass(frozen=True)
class Cell:
    """How one field is read: from which column or constant, with what options.

    ``region`` is the country meant by phones without one. ``words`` map the file's
    words to ours, ``others`` is what a word becomes that none lists. ``at`` are the
    columns of a consent's own time, by status (None: it has none); ``unless`` is the
    column that is read instead where it is filled. ``beside`` are the columns that
    are joined to it, by a sign if it is ``a_key``, of which the first part may be
    ``mail``; ``when`` are the columns on whose words it hangs; ``blank`` are globs of
    cells that are none. ``proof`` are the cells that a consent rests on, by the part
    of the proof, each the first that is filled.
    """

    kind: FieldType
    column: str | None
    value: str | None = None
    formats: tuple[str, ...] = ()
    decimal: str = "."
    separator: str | None = None
    region: str | None = None
    words: Mapping[str, tuple[str, ...]] | None = None
    at: Mapping[str, str] | None = None
    unless: str | None = None
    others: str | None = None
    beside: tuple[str, ...] = ()
    a_key: bool = False
    mail: bool = False
    when: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    blank: tuple[str, ...] = ()
    html: bool = False
    whole: bool = False
    proof: Mapping[str, tuple[Cell, ...]] = field(default_factory=dict)


def sql_type(kind: FieldType) -> str:
    """Give the SQL type of a field's values."""
    return _SQL_TYPES.get(kind, "varchar")


def text_of(cell: Cell, rare: str) -> str:
    """Give the SQL of a cell's text; null where it is blank, or counts as blank.

    ``rare`` is the SQL test that the row holds white space other than blanks.
    """
    if cell.column is None:
        text = literal(cell.value) if cell.value else "cast(null as varchar)"
    else:
        text = _part(cell.column, cell, rare)
    if cell.beside:
        parts = [text, *(_part(column, cell, rare) for column in cell.beside)]
        if cell.a_key:
            parts[0] = f"rp_email({text})" if cell.mail else text
            text = f"rp_key([{', '.join(parts)}])"
        else:
            text = f"nullif(concat_ws(' ', {', '.join(parts)}), '')"
    if cell.blank:
        patterns = ", ".join(literal(like_pattern(glob)) for glob in cell.blank)
        text = f"rp_unless({text}, [{patterns}])"
    if cell.when:
        said = (f"rp_text({ident(column)}, {rare})" for column in cell.when)
        tests = map(one_of, said, cell.when.values())
        text = f"case when {' and '.join(tests)} then {text} end"
    return text


def _part(column: str, cell: Cell, rare: str) -> str:
    text = f"rp_text({ident(column)}, {rare})"
    if cell.kind in (FieldType.PHONE, FieldType.POSTCODE, FieldType.CODE):
        return f"rp_bare({text})"
    if cell.kind is FieldType.TEXT:
        text = f"rp_disarmed({text})"
    if cell.html:
        text = f"rp_html({text})"
    if cell.a_key and (cell.beside or cell.whole):
        text = f"rp_bare({text})"
    return f"rp_whole({text})" if cell.whole else text


def moment_of(cell: Cell, own: str, rare: str) -> str:
    """Give the text of the time of what a consent's cell ``own`` states."""
    at = cell.at or {}
    columns = {s: f"rp_dated({text_of(Cell(FieldType.TIME, at[s]), rare)})" for s in at}
    found = next(iter(columns.values()), "cast(null as varchar)")
    some = cell.column is not None and len(columns) < len(STATED)
    if some or len({*columns.values()}) > 1:
        whens = " ".join(
            f"when {literal(status)} then {text}" for status, text in columns.items()
        )
        found = f"case {_stated(own, cell)} {whens} end"
    if cell.unless:
        instead = text_of(Cell(cell.kind, cell.unless), rare)
        found = f"case when {instead} is null then {found} end"
    return found


def proof_of(cells: Sequence[Cell], rare: str) -> str:
    """Give the text of a part of the proof of a statement: the first that is filled."""
    texts = [text_of(each, rare) for each in cells]
    found = texts[0] if len(texts) == 1 else f"coalesce({', '.join(texts)})"
    return f"rp_dated({found})" if cells[0].kind is FieldType.TIME else found


def _stated(text: str, cell: Cell) -> str:
    """Give the SQL of what a cell of consent states; a blank one is unknown."""
    otherwise = literal(cell.others) if cell.others else "null"
    words = cell.words or CONSENT_ANSWERS
    if cell.separator is not None:
        return gravest(text, words, cell.separator, "'unknown'", otherwise)
    return worded(text, words, (), blank="'unknown'", otherwise=otherwise)


def values_of(field: str, cell: Cell, zone: str) -> list[tuple[str, str]]:
    """Give the columns that a field becomes, each with its expression.

    None where it hangs on the country of the row: see ``canonical.fitted``.
    """
    text = ident("t_" + field)
    if cell.kind in FITTED:
        return []
    if field == "full_name":
        whole, parts = ident("s_" + field), name_parts()
        return [
            ("first_name", f"rp_first_name({whole}, {parts})"),
            ("last_name", f"rp_last_name({whole}, {parts})"),
        ]
    if field in ("first_name", "last_name"):
        return [(field, f"rp_composed({text})")]
    if field in ("external_id", "order_id", "customer_ref"):
        return [(field, f"rp_bare({text})")]
    if field in CLOSED:
        words = {**STATUS_WORDS[field], **(cell.words or {})}
        known = worded(text, words, (), otherwise=f"lower({text})")
        stored = field.replace("_status", "_word")
        return [(field, known), (stored, text)]
    return [(field, _value(field, text, cell, zone))]


def _value(field: str, text: str, cell: Cell, zone: str) -> str:
    words = cell.words or {}
    match cell.kind:
        case FieldType.EMAIL:
            return sure_email(text)
        case FieldType.CODE if field in ("country", "shipping_country"):
            return worded(text, words, (), otherwise=f"rp_country({text})")
        case FieldType.CODE:
            return worded(text, words, (), otherwise=f"rp_code({text})")
        case FieldType.DATE:
            return _date(text, cell.formats)
        case FieldType.TIME:
            return time_of(text, cell.formats, zone)
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
            if cell.separator is not None:
                listed = {w.lower() for spellings in said.values() for w in spellings}
                said = {
                    word: (*said.get(word, ()), *({word} - listed))
                    for word in WORDS["status"]
                }
                return gravest(text, said, cell.separator, "null", "null")
            return worded(text, said, WORDS["status"])
        case _:
            return text


def time_of(text: str, formats: Sequence[str], zone: str) -> str:
    """Give the SQL of a time in UTC, read by the first format that fits."""
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
