"""Values of a customer as a person reads them, on the terminal and on a page."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

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


def placed(row: Mapping[str, Any]) -> Mapping[str, Any]:
    """Give a row with its record and place under the names that people read.

    What was noted by hand has no file and no row.
    """
    source, external_id = row.get("source"), row.get("external_id")
    return {
        **row,
        "record": f"{source}:{external_id}" if row.get("file") else source,
        "row": row["row_number"] or None,
        "run": row["run_id"],
    }
