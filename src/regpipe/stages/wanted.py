"""Wanted: the columns that a source reads, under whichever header a file has them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from regpipe.spec import Source


@dataclass(frozen=True)
class Wanted:
    """A column that is read: its name, its other headers, whether it may lack.

    A column with ``aliases``, or an ``optional`` one, is found whatever its case.
    """

    name: str
    aliases: tuple[str, ...] = ()
    optional: bool = False

    def found_in(self, header: Sequence[str]) -> str | None:
        """Give the cell of a header that names this column; None where none does.

        >>> Wanted("Email", ("E-mail",)).found_in(["Id", "e-mail"])
        'e-mail'
        >>> Wanted("Email").found_in(["Id", "email"]) is None
        True
        """
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
        names = [*times, *([instead] if instead else [])]
        found += [Wanted(str(name), (), True) for name in names]
    return tuple(dict.fromkeys(found))


def wanted_columns(source: Source) -> tuple[Wanted, ...]:
    """Give the columns that the mapping of a source reads, each once.

    The column of a consent's own time may lack where that of the consent may.
    """
    found: dict[str, Wanted] = {}
    for column in (*source.columns.values(), *source.consents.values()):
        if column.from_ is not None:
            wanted = Wanted(column.from_, column.aliases, column.optional)
            found.setdefault(column.from_, wanted)
        if column.unless is not None:
            found.setdefault(column.unless, Wanted(column.unless, (), True))
        for at in column.at.values():
            found.setdefault(at, Wanted(at, (), column.optional))
    return tuple(found.values())
