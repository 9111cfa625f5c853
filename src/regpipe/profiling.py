"""Profiling: what the columns of a loaded file hold, told by counts and shapes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from regpipe.engine.protocol import Engine
from regpipe.sql.shapes import SHAPES, column_facts, commonest, shared

MOST = 0.95
"""A column has a shape when so many of its filled cells have it."""

_FOLDS = {"e-mail": "lower", "phone": "digits"}
"""The shapes by which two rows may be one person, and what makes two of them one."""


@dataclass(frozen=True)
class ColumnFacts:
    """A column: in how many rows it is filled, how many values it has, their shape.

    ``shape`` is blank where its cells have none in common. ``shared`` counts the rows
    that have an e-mail or a phone in common with another row; None for other columns.
    ``values`` are the commonest, where a person asked for them. ``secret`` columns
    are not looked into.
    """

    name: str
    filled: int
    distinct: int
    shape: str
    secret: bool = False
    shared: int | None = None
    values: tuple[str, ...] = ()


def profile(
    engine: Engine, table: str, columns: Sequence[tuple[str, str, bool]], values: int
) -> tuple[tuple[ColumnFacts, ...], int]:
    """Look through the columns of a table of text; give their facts.

    ``columns``: the name of each in its file, its name in the table, and whether it
    is secret. ``values`` is how many values of each are to be shown.

    Gives  the facts of the columns, and how many rows are whole like another row.
    """
    open_ = [called for _, called, secret in columns if not secret]
    if not open_:
        return tuple(ColumnFacts(n, 0, 0, "", secret=True) for n, *_ in columns), 0
    (row,) = engine.collect(column_facts(table, open_)).to_pylist()
    found = []
    for name, called, secret in columns:
        if secret:
            found.append(ColumnFacts(name, 0, 0, "", secret=True))
            continue
        place = open_.index(called)
        shape = _shape(row, place)
        fold = _FOLDS.get(shape.partition(" (")[0])
        some = engine.collect(commonest(table, called, values)) if values else None
        found.append(
            ColumnFacts(
                name,
                row[f"filled_{place}"],
                row[f"distinct_{place}"],
                shape,
                shared=_shared(engine, table, [called], fold) if fold else None,
                values=tuple(some["cell"].to_pylist()) if some is not None else (),
            )
        )
    return tuple(found), _shared(engine, table, open_, "same")


def _shared(engine: Engine, table: str, columns: Sequence[str], fold: str) -> int:
    return int(engine.collect(shared(table, columns, fold))["rows"][0].as_py())


def _shape(row: Mapping[str, int], place: int) -> str:
    """Give the first shape that nearly all filled cells have; blank for none."""
    filled = row[f"filled_{place}"]
    for number, (name, _) in enumerate(SHAPES):
        share = (row[f"shape_{place}_{number}"] or 0) / filled if filled else 0
        if share >= MOST:
            return name if share == 1 else f"{name} ({share:.0%})"
    return ""
