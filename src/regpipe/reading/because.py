"""In words: what a rule chooses, and why a record's value was taken or was not."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Any

from regpipe.sql.golden import Survival

Row = Mapping[str, Any]

TAKEN = "taken"
GONE = "gone from its source"
BY_HAND = "a person's hand beats every feed until it is lifted"
NO_LONGER = (
    "the rules that the registry knows give another value; 'rebuild' applies them"
)

_ADDRESSES = ("billing", "shipping")

_CHOOSES: Mapping[str, str] = MappingProxyType(
    {
        "newest": "the newest value, by its record's own time",
        "longest": "the longest value; of several the newest",
        "most_common": "the value of most records; of several the newest",
        "min": "the earliest",
        "max": "the latest",
        "any": "yes where any record says so",
        "all": "yes where every record that says anything says so",
        "union": "the groups of every record",
    }
)

_LESS: Mapping[str, str] = MappingProxyType(
    {
        "longest": "shorter",
        "most_common": "of fewer records",
        "min": "later",
        "max": "earlier",
        "any": "another record says yes",
        "all": "another record says no",
    }
)


def rule_in_words(field: str, how: Survival, speaking: int) -> str:
    """Say what a rule chooses, of so many records that have a value."""
    if field == "kind":
        return "the strongest: registered, then subscriber, then guest"
    if speaking == 0:
        return "no record has a value"
    if speaking == 1 and how.rule != "union":
        return "the only record with a value"
    if how.rule == "sources":
        return f"the first of {', '.join(how.sources)} that has a value"
    if field in _ADDRESSES and how.rule == "newest":
        return "the newest address with a street; without any, the newest"
    return _CHOOSES[how.rule]


def not_taken(
    field: str,
    how: Survival,
    row: Row,
    speaking: Sequence[Row],
    times: Mapping[tuple[str, str], Any],
) -> str:
    """Say why the value of ``row`` is not taken, where that of the first is.

    ``speaking`` are the records with a value as the rule ranks them, ``times`` the
    records' own times by source and external_id.
    """
    first = speaking[0]
    value, best = row[field], first[field]
    own, other = (times[each["source"], each["external_id"]] for each in (row, first))

    def records_with(given: Any) -> int:
        return sum(1 for each in speaking if each[field] == given)

    def place(each: Row) -> int:
        known = each["source"] in how.sources
        return how.sources.index(each["source"]) if known else len(how.sources)

    match how.rule:
        case _ if value == best:
            return "says the same"
        case _ if field == "kind":
            return "weaker"
        case "min" | "max" | "any" | "all":
            return _LESS[how.rule]
        case "longest" if len(value) < len(best):
            return _LESS["longest"]
        case "most_common" if records_with(value) < records_with(best):
            return _LESS["most_common"]
        case "sources" if place(row) > place(first):
            return "of a source further down"
        case "newest" if field in _ADDRESSES and _lacks_street(value, best):
            return "an address without a street"
    if own == other:
        return "of the same time; source and id decide"
    return "older" if own is not None else "without a time, so older"


def _lacks_street(value: Row, best: Row) -> bool:
    return value["street"] is None and best["street"] is not None
