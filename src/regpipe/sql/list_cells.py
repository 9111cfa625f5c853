"""The cells of a list: each column as the text that its target wants."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from regpipe.formats import ListColumn, consent_of, letters
from regpipe.formats.countries import country_names
from regpipe.sql.customer_view import (
    FLAG,
    SUMS,
    TEXT,
    TEXTS,
    VIEW,
    WORDS,
    address_column,
)
from regpipe.sql.step import ident, literal

NOTHING = "cast(null as varchar)"

_NO_LIMIT = 1_000_000


def statements(columns: Iterable[ListColumn]) -> tuple[tuple[str, str], ...]:
    """Give the purposes and channels whose consents the columns tell of, sorted."""
    found = {of[:2] for name in _names(columns) if (of := consent_of(name))}
    return tuple(sorted(found))


def view_columns(columns: Iterable[ListColumn]) -> tuple[str, ...]:
    """Give the columns of the customer view that the cells are made of, each once.

    A consent is about an address, so that is one of them.
    """
    found: dict[str, None] = {}
    for name in _names(columns):
        of = consent_of(name)
        found[name if of is None else address_column(of[1])] = None
    return tuple(found)


def _names(columns: Iterable[ListColumn]) -> Iterable[str]:
    for each in columns:
        yield from (each.column,) if each.column else ()
        yield from each.only_with
        yield from _names(column for _, column in each.within)


def cell(column: ListColumn, may: Mapping[tuple[str, str], str], harmless: bool) -> str:
    """Give the SQL of a column's cells: text, null where there is none.

    ``may`` is the alias, by purpose and channel, of a table with the ``address``
    of those who may be written to. ``harmless``: one apostrophe before what a
    spreadsheet would take for a formula.
    """
    if column.within:
        pairs = (_pair(key, each, may) for key, each in column.within)
        return f"rp_object([{', '.join(pairs)}])"
    if column.column is None:
        text = literal(column.value) if column.value else NOTHING
        text = f"rp_armed({text})" if harmless else text
    elif (of := consent_of(column.column)) is not None:
        text = _consent(column, may[of[:2]], at=of[2])
    else:
        text = _view_cell(column, column.column, harmless)
    if column.only_with:
        any_of = ", ".join(map(ident, column.only_with))
        text = f"case when coalesce({any_of}) is not null then {text} end"
    return text


def lossy(column: ListColumn) -> str | None:
    """Give the SQL that tells whether parts of a list are left out of its cell."""
    if column.column is None or VIEW.get(column.column) != TEXTS:
        return None
    name = ident(column.column)
    if column.single:
        return f"rp_count({name}) > 1"
    return f"rp_count({_kept(column, name)}) < rp_count({name})"


def fits(column: ListColumn, name: str) -> str | None:
    """Give the SQL that tells whether an importer takes a cell that is not null."""
    tests = []
    if column.longest is not None:
        measured = "rp_bytes" if column.longest.unit == "bytes" else "length"
        tests.append(f"{measured}({name}) <= {column.longest.number}")
    if column.matches:
        tests.append(f"rp_matches({name}, {literal(column.matches)})")
    if pattern := letters(column.encoding):
        tests.append(f"rp_matches({name}, {literal(pattern)})")
    return " and ".join(tests) or None


def _consent(column: ListColumn, alias: str, *, at: bool) -> str:
    if at:
        return _time(f"{alias}.said_at", column.time)
    yes, no = (literal(word) if word else NOTHING for word in column.words)
    return f"case when {alias}.address is not null then {yes} else {no} end"


def _view_cell(column: ListColumn, view: str, harmless: bool) -> str:
    name = ident(view)
    kind = VIEW[view]
    if kind == FLAG:
        yes, no = map(literal, column.words)
        return f"case when {name} then {yes} when not {name} then {no} end"
    if kind == TEXTS:
        text = _parts(column, name)
    elif kind == SUMS:
        text = f"rp_sums({name}, {literal(column.between)})"
    elif kind == WORDS:
        text = f"rp_words({name}, {literal(column.between)})"
    elif kind != TEXT:
        return _time(name, column.time)
    elif column.countries == "names":
        text = _country(name)
    else:
        text = name
    return f"rp_armed({text})" if harmless else text


def _time(name: str, form: str) -> str:
    """Give a day, a time or a number as text; numbers have no form."""
    return (
        f"rp_formatted({name}, {literal(form)})" if form else f"cast({name} as varchar)"
    )


def _parts(column: ListColumn, name: str) -> str:
    """Give the parts of a list as one text."""
    if column.single:
        one = f"case when rp_count({name}) = 1 then {name} end"
        return f"nullif(array_to_string({one}, ''), '')"
    between = literal(column.between)
    kept = _kept(column, name)
    if column.around:
        return f"rp_around({kept}, {literal(column.around)}, {between})"
    return f"nullif(array_to_string({kept}, {between}), '')"


def _kept(column: ListColumn, name: str) -> str:
    """Give the parts that are short enough and hold nothing that would end them.

    A list for people (``apart`` is false) keeps them all.
    """
    if not column.apart:
        return name
    ends = column.around or column.between.strip()
    longest = column.each.number if column.each else _NO_LIMIT
    return f"rp_kept({name}, {longest}, {literal(ends)})"


def _country(name: str) -> str:
    """Give the English name of a country by its code; null for any other text."""
    pairs = (
        f"when {literal(code)} then {literal(said)}"
        for code, said in country_names().items()
    )
    return f"case {name} {' '.join(pairs)} end"


def _pair(key: str, column: ListColumn, may: Mapping[tuple[str, str], str]) -> str:
    """Give one pair of a JSON object; null where the column has no value."""
    if column.column is None:
        value = literal(column.value or "")
    elif (of := consent_of(column.column)) is not None:
        alias = may[of[:2]]
        value = f"{alias}.said_at" if of[2] else f"{alias}.address is not null"
    elif VIEW[column.column] == TEXTS:
        value = f"rp_not_empty({ident(column.column)})"
    else:
        value = ident(column.column)
    return f"rp_pair({literal(key)}, {value})"
