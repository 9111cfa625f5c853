"""A step is a name and one SELECT; names and literals are quoted here only."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from textwrap import dedent


@dataclass(frozen=True)
class Step:
    """One SELECT and the name of the table that the engine keeps it as."""

    name: str
    select: str


def step(name: str, select: str) -> Step:
    """Give the step ``name`` with its SELECT, indentation taken off."""
    return Step(name, dedent(select).strip())


def ident(name: str) -> str:
    """Give ``name`` as a quoted SQL identifier, dots and all.

    >>> ident('a"b')
    '"a""b"'
    """
    return '"' + name.replace('"', '""') + '"'


def literal(text: str) -> str:
    """Give ``text`` as a SQL text literal.

    >>> literal("O'Hara")
    "'O''Hara'"
    """
    return "'" + text.replace("'", "''") + "'"


def like_pattern(glob: str) -> str:
    r"""Give a glob, in which only ``*`` is special, as ``rp_like`` reads it.

    >>> like_pattern("no_reply@*")
    'no\\_reply@%'
    """
    escaped = glob.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
    return escaped.replace("*", "%")


def comma(items: Iterable[str], indent: int = 4) -> str:
    """Join select items, one per line, for use after an indented SELECT."""
    return (",\n" + " " * indent).join(items)
