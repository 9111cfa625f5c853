"""Wanted: the columns that a source reads, under whichever header a file has them."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from regpipe.spec import Column, OrderSource, Source
from regpipe.spec.columns import NUMBER, field_of


@dataclass(frozen=True)
class Wanted:
    """A column that is read: its name, its other headers, whether it may lack.

    A column with ``aliases``, or an ``optional`` one, is found whatever its case.
    One with ``{n}`` in its name stands for those numbered 1, 2, 3, ...
    """

    name: str
    aliases: tuple[str, ...] = ()
    optional: bool = False

    @property
    def numbered(self) -> bool:
        """Tell whether there is one such column for each item of a row."""
        return NUMBER in self.name

    def at(self, number: int) -> Wanted:
        """Give the column of the item of that number."""
        names = (name.replace(NUMBER, str(number)) for name in self.aliases)
        name = self.name.replace(NUMBER, str(number))
        return Wanted(name, tuple(names), self.optional)

    def found_in(self, header: Sequence[str]) -> str | None:
        """Give the cell of a header that names this column; None where none does.

        >>> Wanted("Email", ("E-mail",)).found_in(["Id", "e-mail"])
        'e-mail'
        >>> Wanted("Email").found_in(["Id", "email"]) is None
        True
        >>> Wanted("Item {n}").found_in(["Id", "Item 1", "Item 2"])
        'Item 1'
        """
        if self.numbered:
            return self.at(1).found_in(header)
        if self.name in header:
            return self.name
        if not self.aliases and not self.optional:
            return None
        plain = {name.casefold(): name for name in reversed(header)}
        for name in (self.name, *self.aliases):
            if name.casefold() in plain:
                return plain[name.casefold()]
        return None


def called_in(names: Sequence[str], wanted: Sequence[Wanted]) -> dict[str, str]:
    """Give the columns of a file that are read, each with the name it is read by.

    >>> called_in(["Id", "E-mail"], [Wanted("Email", ("E-mail",)), Wanted("Id")])
    {'Id': 'Id', 'E-mail': 'Email'}
    """
    called: dict[str, str] = {}
    for column in sorted(wanted, key=lambda each: each.name not in names):
        cell = column.found_in([name for name in names if name not in called])
        if cell is not None:
            called[cell] = column.name
    return called


def items_in(header: Sequence[str], wanted: Sequence[Wanted]) -> int:
    """Give how many items the numbered columns of a header have room for.

    >>> items_in(["Id", "Item 1", "Item 2", "Price 3"], [Wanted("Item {n}")])
    2
    """
    numbers = [0]
    for column in wanted:
        for name in (column.name, *column.aliases) if column.numbered else ():
            before, _, after = name.partition(NUMBER)
            pattern = f"{re.escape(before)}([1-9][0-9]{{0,3}}){re.escape(after)}"
            found = (re.fullmatch(pattern, each, re.IGNORECASE) for each in header)
            numbers += [int(match[1]) for match in found if match]
    return max(numbers)


def numbered_up_to(wanted: Sequence[Wanted], items: int) -> tuple[Wanted, ...]:
    """Give the columns with those of each item in the place of the numbered ones."""
    found: list[Wanted] = []
    for column in wanted:
        numbers = range(1, items + 1)
        found += map(column.at, numbers) if column.numbered else [column]
    return tuple(found)


def wanted_of(columns: Mapping[str, Any]) -> tuple[Wanted, ...]:
    """Give the columns that a preset reads, from what it says of its fields."""
    found = []
    for column in columns.values():
        said = column if isinstance(column, dict) else {"from": column}
        if "from" in said:
            aliases = tuple(map(str, said.get("aliases", ())))
            optional = bool(said.get("optional", False))
            found.append(Wanted(str(said["from"]), aliases, optional))
    return tuple(dict.fromkeys(found))


def also_read(columns: Mapping[str, Any]) -> tuple[Wanted, ...]:
    """Give what a preset reads beside: times of consents, and columns before them."""
    found = []
    for said in columns.values():
        at = said.get("at", {}) if isinstance(said, dict) else {}
        times = at.values() if isinstance(at, dict) else [at]
        instead = said.get("unless") if isinstance(said, dict) else None
        names = [*times, *([instead] if instead else []), *_proof(said)]
        found += [Wanted(str(name), (), True) for name in names]
    return tuple(dict.fromkeys(found))


def _proof(said: object) -> Iterator[str]:
    """Give the columns of proof that a preset's column names."""
    proof = said.get("proof", {}) if isinstance(said, dict) else {}
    for part in proof.values():
        named = part.get("from", ()) if isinstance(part, dict) else part
        yield from named if isinstance(named, list) else [str(named)]


def wanted_by(preset: Mapping[str, Any]) -> tuple[Wanted, ...]:
    """Give the columns by whose headers a preset is known, from what it says.

    Packed items are in one column, whatever parts they have. A preset of files
    without a header is known by none.
    """
    if preset.get("csv", {}).get("header") is False:
        return ()
    columns = preset["columns"]
    if "items" not in preset:
        return wanted_of(columns)
    heads = {f: c for f, c in columns.items() if not _of_line(f)}
    return (*wanted_of(heads), Wanted(str(preset["items"]["from"])))


def wanted_columns(source: Source) -> tuple[Wanted, ...]:
    """Give the columns that the mapping of a source reads, each once.

    The columns that stand beside another may lack where that one may: those of a
    consent's own time, those that a key is made of and those that a cell hangs on.
    """
    found: dict[str, Wanted] = {}
    for column in _columns(source):
        if column.from_ is not None:
            wanted = Wanted(column.from_, column.aliases, column.optional)
            found.setdefault(column.from_, wanted)
        if column.unless is not None:
            found.setdefault(column.unless, Wanted(column.unless, (), True))
        for at in column.at.values():
            found.setdefault(at, Wanted(at, (), column.optional))
        for proof in column.proof.values():
            may_lack = column.optional or len(proof.from_) > 1
            for name in proof.from_:
                found.setdefault(name, Wanted(name, (), may_lack))
        for name in (*column.with_, *column.when):
            found.setdefault(name, Wanted(name, (), column.optional))
    return tuple(found.values())


def _columns(source: Source) -> Iterator[Column]:
    """Give every column of a source but the parts of packed items."""
    packed = source.items if isinstance(source, OrderSource) else None
    for field, column in source.columns.items():
        if packed is None or not _of_line(field):
            yield column
    if packed is not None:
        yield Column(from_=packed.from_)
    yield from source.consents.values()


def _of_line(field: str) -> bool:
    return (field_of("orders", field) or field).startswith("line_")
