"""Records by their keys, pairs of them, and how those were scored."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from regpipe.engine.protocol import Engine
from regpipe.sql.step import literal

Row = Mapping[str, Any]
Key = tuple[str, str]
"""A source and the external_id of one of its records."""

PAIR = ("source_a", "external_id_a", "source_b", "external_id_b")


def key_of(row: Row) -> Key:
    """Give a record's source and external_id."""
    return row["source"], row["external_id"]


def end_of(row: Row, side: str) -> Key:
    """Give one record of a pair: side 'a' or 'b'."""
    return row[f"source_{side}"], row[f"external_id_{side}"]


def listed(keys: Iterable[tuple[str | None, str | None]]) -> str:
    """Give some records as SQL, for an ``in``."""
    pairs = sorted((a, b) for a, b in keys if a is not None and b is not None)
    return (
        ", ".join(f"({literal(a)}, {literal(b)})" for a, b in pairs) or "(null, null)"
    )


def scores(engine: Engine, records: Sequence[Row]) -> tuple[Row, ...]:
    """Give the scores of pairs with a record of a customer, the likeliest first.

    ``within`` tells that both are the customer's.
    """
    mine = {key_of(row) for row in records}
    which = " or ".join(
        f"(source_{side}, external_id_{side}) in ({listed(mine)})" for side in "ab"
    )
    found = engine.collect(
        f"""
        select {", ".join(PAIR)}, score, weight, weights, model, run_id
        from registry.match_scores
        where {which}
        order by score desc, {", ".join(PAIR)}
        """
    ).to_pylist()
    return tuple(
        {**row, "within": {end_of(row, "a"), end_of(row, "b")} <= mine} for row in found
    )
