"""A written list, read again and held against the rules of its importer.

Whoever wrote the file, and however, is no matter here: Python's csv reads it, and
every row is looked at.
"""

from __future__ import annotations

import csv
import json
import re
from array import array
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc

from regpipe.errors import DataError, Problem
from regpipe.formats import ListColumn, Split, consent_of
from regpipe.formats.countries import country_names
from regpipe.sql.customer_view import FLAG, VIEW

Rule = Callable[[str], str | None]
"""Says what is wrong with a cell that is not blank, if anything is."""

LARGEST_CELL = 1 << 30


@dataclass(frozen=True)
class Rules:
    """What an importer demands of the files of one list."""

    columns: tuple[ListColumn, ...]
    delimiter: str
    encoding: str
    header: bool
    one_of: tuple[tuple[str, ...], ...]
    limit: Split


@dataclass(frozen=True)
class Written:
    """A file as it lies there, what it is called, and how many rows were written."""

    path: Path
    shown: str
    rows: int


@dataclass
class _Found:
    """What is wrong: the first row of each kind, and how many more."""

    place: str
    kinds: dict[tuple[str, str, str], list[int]] = field(default_factory=dict)

    def add(self, file: str, row: int, column: str, what: str) -> None:
        first = self.kinds.setdefault((file, column, what), [row, 0])
        first[1] += 1

    def problems(self) -> Iterator[Problem]:
        for (file, column, what), (row, count) in self.kinds.items():
            more = f" (and {count - 1} rows more)" if count > 1 else ""
            where = f"{self.place}: {file}: row {row}"
            named = f"{where}: column {column!r}" if column else where
            yield Problem(named, what + more, "no list was written")


def check_list(place: str, rules: Rules, files: Sequence[Written]) -> None:
    """See that the files of one list, which follow each other, keep the rules.

    Row 1 is the header, where there is one.

    Raises DataError that names file, row, column and rule, and never a value.
    """
    found = _Found(place)
    once = {n: array("q") for n, each in enumerate(rules.columns) if each.repeated}
    for file in files:
        _look_through(rules, file, once, found)
    for n, seen in once.items():
        if pc.count_distinct(pa.array(seen, pa.int64())).as_py() < len(seen):
            _second(rules, n, files, found)
    problems = tuple(found.problems())
    if problems:
        raise DataError(*problems)


def _look_through(
    rules: Rules, file: Written, once: dict[int, array[int]], found: _Found
) -> None:
    tests = [
        (n, each.required, _rule(each))
        for n, each in enumerate(rules.columns)
        if each.required or _rule(each) is not None
    ]
    groups = [_places(rules, group) for group in rules.one_of]
    width = len(rules.columns)
    rows = 0
    number = 1
    for number, row in _records(rules, file):
        if len(row) != width:
            found.add(file.shown, number, "", f"has {len(row)} cells, not {width}")
            continue
        if rules.header and number == 1:
            _header(rules, row, file, found)
            continue
        rows += 1
        for n, required, rule in tests:
            text = row[n]
            if not text:
                wrong = "is blank, and must not be" if required else None
            else:
                wrong = rule(text) if rule else None
            if wrong:
                found.add(file.shown, number, rules.columns[n].header, wrong)
        for group in groups:
            if group and not any(row[n] for n in group):
                names = ", ".join(rules.columns[n].header for n in group)
                found.add(file.shown, number, "", f"has none of {names}")
        for n, seen in once.items():
            if row[n]:
                seen.append(hash(row[n].lower()))
    if rows != file.rows:
        found.add(file.shown, number, "", f"is the last of {rows}, not {file.rows}")
    _size(rules, file, rows, found)


def _records(rules: Rules, file: Written) -> Iterator[tuple[int, list[str]]]:
    csv.field_size_limit(LARGEST_CELL)
    with file.path.open(encoding=rules.encoding, newline="") as opened:
        reader = csv.reader(opened, delimiter=rules.delimiter, strict=True)
        yield from enumerate(reader, 1)


def _header(rules: Rules, row: list[str], file: Written, found: _Found) -> None:
    for column, header in zip(rules.columns, row, strict=True):
        if header != column.header:
            found.add(file.shown, 1, column.header, "is not what the header says")


def _size(rules: Rules, file: Written, rows: int, found: _Found) -> None:
    most, largest = rules.limit.rows, rules.limit.bytes
    if most is not None and rows > most:
        found.add(file.shown, rows, "", f"is beyond the {most} rows of a file")
    if largest is not None and file.path.stat().st_size > largest:
        found.add(file.shown, rows, "", f"is beyond the {largest} bytes of a file")


def _places(rules: Rules, headers: Sequence[str]) -> list[int]:
    return [n for n, each in enumerate(rules.columns) if each.header in headers]


def _second(rules: Rules, n: int, files: Sequence[Written], found: _Found) -> None:
    """Name the rows whose cell stands in an earlier row already."""
    seen: set[str] = set()
    for file in files:
        for number, row in _records(rules, file):
            text = row[n].lower() if len(row) > n else ""
            if text in seen:
                what = "is that of an earlier row"
                found.add(file.shown, number, rules.columns[n].header, what)
            elif text and not (rules.header and number == 1):
                seen.add(text)


def _rule(column: ListColumn) -> Rule | None:
    """Give all that a column's cells are held against, as one rule."""
    whole: Rule | None = None
    for rule in _rules(column):
        whole = rule if whole is None else _both(whole, rule)
    return whole


def _both(first: Rule, second: Rule) -> Rule:
    return lambda text: first(text) or second(text)


def _rules(column: ListColumn) -> Iterator[Rule]:
    if column.within:
        yield _json
    elif column.column is None:
        yield _one_of((column.value or "",), "is not the text that it should be")
    elif _is_flag(column.column):
        yield _one_of(column.words, f"is neither of {_named(column.words)}")
    if column.time:
        what = f"is not written as {column.time}"
        yield _matching(time_pattern(column.time), what)
    if column.around:
        yield _matching(_parts_pattern(column), "is no list of parts in quotes")
    if column.countries == "names":
        yield _one_of(tuple(country_names().values()), "is no country's English name")
    if column.longest is not None:
        yield _short(column)
    if column.matches:
        yield _matching(column.matches, f"does not match {column.matches}")


def _is_flag(name: str) -> bool:
    of = consent_of(name)
    return VIEW.get(name) == FLAG if of is None else not of[2]


def _named(words: Sequence[str]) -> str:
    return ", ".join(repr(word) for word in words)


def _one_of(words: Sequence[str], what: str) -> Rule:
    known = frozenset(words)
    return lambda text: None if text in known else what


def _matching(pattern: str, what: str) -> Rule:
    whole = re.compile(pattern, re.ASCII).fullmatch
    return lambda text: None if whole(text) else what


def _short(column: ListColumn) -> Rule:
    longest = column.longest
    assert longest is not None
    what = f"is longer than {longest.number} {longest.unit}"
    surely, holds = longest.number // 4, longest.holds
    return lambda text: None if len(text) <= surely or holds(text) else what


def _json(text: str) -> str | None:
    try:
        found = json.loads(text)
    except ValueError:
        found = None
    return None if isinstance(found, dict) else "is no JSON object"


_DIRECTIVES = {"Y": "[0-9]{4}", **dict.fromkeys("mdHMS", "[0-9]{2}")}


def time_pattern(form: str) -> str:
    """Give the pattern of what a strftime format writes.

    >>> time_pattern("%m/%d")
    '[0-9]{2}/[0-9]{2}'
    """
    parts = re.split("%(.)", form)
    return "".join(
        _DIRECTIVES[part] if n % 2 else re.escape(part) for n, part in enumerate(parts)
    )


def _parts_pattern(column: ListColumn) -> str:
    sign = re.escape(column.around)
    longest = column.each.number if column.each else ""
    part = f"{sign}[^{sign}]{{0,{longest}}}{sign}"
    return f"{part}(?:{re.escape(column.between)}{part})*"
