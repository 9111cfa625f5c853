"""Values of a customer as a person reads them, on the terminal and on a page."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from regpipe.cli import terminal

if TYPE_CHECKING:
    from regpipe.reading import Chosen


def value(cell: object) -> str:
    """Give a value as a person reads it, an address as one line."""
    if isinstance(cell, Mapping):
        place = " ".join(p for p in (cell["postcode"], cell["city"]) if p)
        parts = (cell.get("name"), cell["street"], cell["street2"], place)
        return ", ".join(p for p in (*parts, cell["region"], cell["country"]) if p)
    return terminal.shown(cell)


def written(original: object) -> str:
    """Give the text of a cell, or those of an address, as a person reads it."""
    if isinstance(original, Mapping):
        return ", ".join(original.values())
    return terminal.shown(original)


def rule(each: Chosen) -> str:
    """Give the rule of a field as a pipeline file says it."""
    return ", ".join(each.sources) or each.rule
