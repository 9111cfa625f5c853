"""What an expression may hold: a walk over the tree that DuckDB's parser gives.

The allow-list is by kind of node, so that what a later DuckDB adds is refused
until somebody has looked at it.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from hashlib import sha256
from typing import Any, TypeAlias

from regpipe.errors import nearest
from regpipe.sql.functions import (
    AGGREGATES,
    FUNCTIONS,
    OPERATORS,
    TIME_WORDS,
    TYPES,
)
from regpipe.sql.step import literal

AS_OF = "as_of"
"""The word that stands for the time a list is made as of."""

DEEPEST = 100
"""Expressions within expressions."""

Node: TypeAlias = dict[str, Any]
Wrong: TypeAlias = tuple[str, str | None]
"""What is wrong, and what to try."""

ONE = "write one expression that is true or false, such as country = 'SE'"

_PER_CUSTOMER = "order_count, total_spent, first_order_at, last_order_at are columns"

_OPERATORS = frozenset(
    {
        "ARRAY_EXTRACT",
        "ARRAY_SLICE",
        "COMPARE_IN",
        "COMPARE_NOT_IN",
        "OPERATOR_COALESCE",
        "OPERATOR_IS_NOT_NULL",
        "OPERATOR_IS_NULL",
        "OPERATOR_NOT",
    }
)

_REFUSED = {
    "COLLATE": "a collation",
    "DEFAULT": "default",
    "LAMBDA": "a lambda (->)",
    "LAMBDAREF": "a lambda",
    "PARAMETER": "a parameter",
    "POSITIONAL_REFERENCE": "a column by its number",
    "STAR": "* or columns(...)",
    "SUBQUERY": "a query within the expression",
    "WINDOW": "a window (over)",
}


def part_column(column: str, key: str) -> str:
    """Give the name of the column that holds one value of a map.

    Names of columns differ by more than their case; keys need not, so a name
    holds a mark of its key.

    >>> part_column("a", "SEK").lower() == part_column("a", "sek").lower()
    False
    """
    return f"{column}.{key}.{sha256(key.encode()).hexdigest()[:8]}"


def too_deep() -> Wrong:
    """Say that an expression is nested too deeply."""
    return "is nested too deeply", "split it, or use in (...) for a row of 'or'"


class Reader:
    """Walks a tree: says what is wrong in it, then gathers the columns it reads."""

    def __init__(self, known: Mapping[str, str], maps: Collection[str]) -> None:
        self.columns: set[str] = set()
        self.parts: set[tuple[str, str]] = set()
        self._known = known
        self._maps = maps

    def wrongs(self, node: Node, depth: int) -> Iterator[Wrong]:
        """Give all that may not be in ``node`` or below it."""
        if depth > DEEPEST:
            yield too_deep()
            return
        if node.get("alias"):
            yield "holds a name for the expression, or a number it cannot read", ONE
        kind = node["class"]
        if kind == "COLUMN_REF":
            yield from self._column(node)
        elif kind == "FUNCTION":
            yield from _function(node)
        elif kind == "CAST":
            yield from _cast(node)
        elif kind == "OPERATOR" and node["type"] not in _OPERATORS:
            yield f"holds {_spelled(node['type'])}, which a segment cannot use", None
        elif kind in _REFUSED or kind not in _CHILDREN:
            yield f"holds {_REFUSED.get(kind, kind.lower())}", ONE
        for child in children(node):
            yield from self.wrongs(child, depth + 1)

    def _column(self, node: Node) -> Iterator[Wrong]:
        names: list[str] = node["column_names"]
        name = names[-1].lower()
        if len(names) > 1:
            if names[0].lower() in self._maps:
                hint = f"a value of a map is {names[0]}['{names[1]}']"
            else:
                hint = f"write {names[-1]} alone"
            yield f"holds a name with a dot: {'.'.join(names)!r}", hint
        elif name == AS_OF or name in self._known:
            node["column_names"] = [name]
        elif name in TIME_WORDS:
            yield _changing(name)
        else:
            yield f"unknown column {names[0]!r}", self._hint(names[0])

    def _hint(self, name: str) -> str:
        known = ", ".join([*self._known, AS_OF])
        close = nearest(name.lower(), [*self._known, AS_OF])
        if close:
            return f"did you mean {close!r}? known: {known}"
        return f"text stands in single quotes: {literal(name)}; known: {known}"

    def with_parts(self, node: Node) -> Node:
        """Put a column in the place of each map with a fixed key."""
        part = self._part(node)
        if part is not None:
            self.parts.add(part)
            column: Node = {**node["children"][0]}
            column["column_names"] = [part_column(*part)]
            return column
        if node["class"] == "COLUMN_REF":
            self.columns.update({*node["column_names"]} - {AS_OF})
        for holder, key in _places(node):
            holder[key] = self.with_parts(holder[key])
        return node

    def _part(self, node: Node) -> tuple[str, str] | None:
        if node["type"] != "ARRAY_EXTRACT":
            return None
        of, by = node["children"]
        if of["class"] != "COLUMN_REF" or of["column_names"][0] not in self._maps:
            return None
        key = _text(by)
        return None if key is None else (of["column_names"][0], key)


def _function(node: Node) -> Iterator[Wrong]:
    name = node["function_name"].lower()
    path = node.get("qualified_name", {}).get("path", [name])
    named = any(given["name"] for given in node.get("arguments", ()))
    if name in TIME_WORDS:
        yield _changing(name)
    elif node["schema"] not in ("", "main") or node["catalog"] or len(path) > 2:
        yield f"holds a function with a dot: {name!r}", f"write {name}(...)"
    elif name in AGGREGATES:
        yield (
            f"holds {name!r}: a segment looks at one customer at a time",
            _PER_CUSTOMER,
        )
    elif name not in FUNCTIONS and name not in OPERATORS:
        close = nearest(name, sorted(FUNCTIONS))
        hint = (
            f"did you mean {close!r}?" if close else "docs/customer-view.md lists them"
        )
        yield f"holds {name!r}, which no segment can use", hint
    elif node["filter"] or node["distinct"] or node["order_bys"]["orders"] or named:
        yield f"gives {name!r} more than values", f"write {name}(value, ...)"


def _cast(node: Node) -> Iterator[Wrong]:
    kind = node.get("cast_type", {}).get("id") or node["type_expr"]["type_name"]
    if kind.upper() not in TYPES:
        yield f"holds a cast to {kind!r}", f"types: {', '.join(sorted(TYPES))}"


def _changing(name: str) -> Wrong:
    return (
        f"holds {name!r}: the list would change from one moment to the next",
        f"{AS_OF} is the time the list is made as of: {AS_OF} - interval '90 days'",
    )


def _spelled(kind: str) -> str:
    return kind.removeprefix("OPERATOR_").replace("_", " ").lower()


def _text(node: Node) -> str | None:
    """Give the text of a text literal; None for anything else."""
    if node["class"] != "CONSTANT":
        return None
    said = node.get("literal")
    if said is not None:
        return str(said["text"]) if said["kind"] == "STRING" else None
    value = node["value"]
    if value["type"]["id"] == "VARCHAR" and not value["is_null"]:
        return str(value["value"])
    return None


_CHILDREN: Mapping[str, Sequence[str]] = {
    "BETWEEN": ("input", "lower", "upper"),
    "CASE": ("case_checks", "else_expr"),
    "CAST": ("child",),
    "COLUMN_REF": (),
    "COMPARISON": ("left", "right"),
    "CONJUNCTION": ("children",),
    "CONSTANT": (),
    "FUNCTION": ("arguments", "children"),
    "OPERATOR": ("children",),
}
"""The classes of node an expression may hold, and where their children are."""


def children(node: Node) -> list[Node]:
    """Give the expressions right below ``node``."""
    return [holder[key] for holder, key in _places(node)]


def _places(node: Node) -> list[tuple[Any, Any]]:
    """Give where the expressions right below ``node`` stand: holder and key."""
    found: list[tuple[Any, Any]] = []
    for name in _CHILDREN.get(node["class"], ()):
        below = node.get(name)
        if isinstance(below, dict):
            found.append((node, name))
        for place, item in enumerate(below if isinstance(below, list) else ()):
            if "class" in item:
                found.append((below, place))
            else:
                keys = ("when_expr", "then_expr", "expression")
                found += [(item, key) for key in keys if key in item]
    return found
