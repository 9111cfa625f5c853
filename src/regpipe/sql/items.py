"""Several line items in one row: in numbered columns, or packed into one cell.

Their row stays one row: it carries its lines in one column, ``lines``, which the
steps of orders take apart.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from regpipe.fields import ORDER_FIELDS, FieldType
from regpipe.sql.cells import Cell, sql_type, text_of
from regpipe.sql.step import ident, literal

PARTS = ("sku", "name", "quantity", "price", "total")
"""What a line has; the fields are called ``line_<part>``."""

_NUMBERS = ("quantity", "price", "total")


@dataclass(frozen=True)
class Packed:
    """The column of packed items, and the signs between items, parts and keys."""

    column: str
    between: str
    parts: str
    key: str


@dataclass(frozen=True)
class Items:
    """How the lines of a row are read.

    ``cells`` by field: their columns hold ``{n}``, for the numbers 1 to ``room``;
    with ``packed`` they are the names of parts instead, ``names`` all of them.
    """

    cells: Mapping[str, Cell]
    room: int = 0
    packed: Packed | None = None
    names: Mapping[str, tuple[str, ...]] | None = None

    @property
    def columns(self) -> tuple[str, ...]:
        """Give the columns of the file that hold the lines."""
        if self.packed is not None:
            return (self.packed.column,)
        numbered = [cell for n in self._numbers for cell in self._at(n).values()]
        return tuple(cell.column for cell in numbered if cell.column is not None)

    def texts(self, rare: str) -> list[str]:
        """Give the select items of the lines' texts: ``t_lines``, and ``t_torn``.

        Lines with nothing in them are left out; null where there are none.
        """
        if self.packed is None:
            lines = (
                _line({f: text_of(cell, rare) for f, cell in self._at(n).items()})
                for n in self._numbers
            )
            return [f"rp_filled([{', '.join(lines)}]) as t_lines"]
        names = [_list((self.names or {}).get(f"line_{part}", ())) for part in PARTS]
        known = _list(tuple(n for each in (self.names or {}).values() for n in each))
        signs = (self.packed.between, self.packed.parts, self.packed.key)
        cell = f"rp_text({ident(self.packed.column)}, {rare})"
        items = f"rp_packed({', '.join((cell, *map(literal, signs)))})"
        return [
            f"rp_filled(rp_line_texts({items}, {', '.join(names)})) as t_lines",
            f"rp_torn({items}, {known}) as t_torn",
        ]

    def lines(self) -> str:
        """Give the SQL of the lines out of their texts."""
        cells = [self.cells.get(f"line_{part}") for part in _NUMBERS]
        marks = [literal(cell.decimal if cell else ".") for cell in cells]
        return f"rp_lines(t_lines, {', '.join(marks)})"

    def checks(self) -> list[tuple[str, str]]:
        """Give the tests of what cannot be read, each with the field it is about."""
        numbers = [f"line_{part}" for part in _NUMBERS if f"line_{part}" in self.cells]
        misread = [
            (f"rp_misread(t_lines, lines, {literal(field)})", field)
            for field in numbers
        ]
        return [("t_torn", "items"), *misread] if self.packed else misread

    def mark(self) -> str:
        """Give the SQL of what a row's fingerprint takes of its lines.

        The same for the same lines, for however many a file has room.
        """
        if self.packed is not None:
            return f"coalesce({ident(self.packed.column)}, '')"
        lines = (
            _line({f: f"coalesce({ident(c.column or '')}, '')" for f, c in at.items()})
            for at in map(self._at, self._numbers)
        )
        return f"rp_filled([{', '.join(lines)}])"

    @property
    def _numbers(self) -> range:
        return range(1, self.room + 1)

    def _at(self, number: int) -> dict[str, Cell]:
        return {
            field: replace(cell, column=(cell.column or "").replace("{n}", str(number)))
            for field, cell in self.cells.items()
        }


def no_line() -> str:
    """Give the SQL of a line that has nothing."""
    nothing = [
        f"'line_{part}': cast(null as {sql_type(ORDER_FIELDS['line_' + part])})"
        for part in PARTS
    ]
    return f"{{'item_no': cast(null as bigint), {', '.join(nothing)}}}"


def _line(texts: Mapping[str, str]) -> str:
    """Give the SQL of a line of texts, null for what is not among them."""
    nothing = f"cast(null as {sql_type(FieldType.TEXT)})"
    parts = (f"'{part}': {texts.get('line_' + part, nothing)}" for part in PARTS)
    return f"{{{', '.join(parts)}}}"


def _list(names: tuple[str, ...]) -> str:
    if not names:
        return "cast([] as varchar[])"
    return f"[{', '.join(literal(name.lower()) for name in names)}]"
