"""A segment: one expression over known columns, and nothing else.

DuckDB's own parser reads the text (``parsed``); what it may hold is decided here,
on the tree that the parser gives (``judged``); what runs is written out again from
that tree (``written``), never the text itself. So comments, unbalanced brackets
and second statements have nothing to hold on to.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from itertools import accumulate

from regpipe.sql.expression import (
    DEEPEST,
    ONE,
    Node,
    Reader,
    Wrong,
    too_deep,
)
from regpipe.sql.step import literal

_EMPTY_PARTS = (
    *("modifiers", "group_expressions", "group_sets"),
    *("where_clause", "having", "sample", "qualify"),
)


@dataclass(frozen=True)
class Segment:
    """An expression that may run: its SQL, and the columns that it reads.

    ``parts`` are values of maps by a fixed key, such as ('total_spent', 'SEK'):
    in ``sql`` each is a column of its own (see ``part_column``).
    """

    sql: str
    columns: frozenset[str]
    parts: frozenset[tuple[str, str]]


EVERYBODY = Segment("true", frozenset(), frozenset())


def unreadable(text: str) -> Wrong | None:
    """Say what keeps a text from being parsed at all, if anything does.

    Brackets within brackets have a limit here already: the time that the parser
    takes grows with the cube of their number.
    """
    try:
        whole = b"\0" not in text.encode()
    except UnicodeEncodeError:
        whole = False
    if not whole:
        return "holds a character that no text may hold", None
    depth = accumulate((letter in "([{") - (letter in ")]}") for letter in text)
    return too_deep() if max(depth, default=0) > DEEPEST else None


def parsed(query: str) -> str:
    """Give the SELECT of the parser's tree (JSON) for the text of a query."""
    return f"select json_serialize_sql({literal(query)}) as tree"


def query_of(expression: str) -> str:
    """Give the query that has nothing but the expression in it.

    A comment in the expression ends with its line.
    """
    return f"select\n{expression}\n"


def written(node: Node) -> str:
    """Give the SELECT of the SQL (after 'SELECT ') of a tree that was judged."""
    return f"select json_deserialize_sql(json({literal(json.dumps(node))})) as sql"


def judged(
    answer: str, known: Mapping[str, str], maps: Collection[str] = ()
) -> tuple[Node, Segment] | tuple[Wrong, ...]:
    """Decide whether a parser's tree may run: the tree and its columns, or why not.

    ``known`` are the columns there are, ``maps`` those of them whose values by a
    fixed key are columns of their own. The SQL of the segment is still blank.
    """
    try:
        tree: Node = json.loads(answer)
        if tree.get("error"):
            return (_syntax(tree),)
        wrong = _not_one_expression(tree["statements"])
        if wrong is not None:
            return (wrong,)
        reader = Reader(known, maps)
        select = tree["statements"][0]["node"]["select_list"]
        found = tuple(dict.fromkeys(reader.wrongs(select[0], 0)))
    except RecursionError:
        return (too_deep(),)
    if found:
        return found
    select[0] = reader.with_parts(select[0])
    return tree, Segment("", frozenset(reader.columns), frozenset(reader.parts))


def _syntax(tree: Node) -> Wrong:
    if tree.get("error_type") == "not implemented":
        return "is not one expression", ONE
    message = str(tree.get("error_message", "")).splitlines()
    if message and ("expression depth" in message[0] or "exhausted" in message[0]):
        return too_deep()
    return f"is no SQL: {message[0] if message else 'syntax error'}", ONE


def _not_one_expression(statements: Sequence[Node]) -> Wrong | None:
    """Say what there is besides one expression: a clause, a name, a statement."""
    node: Node = statements[0]["node"] if len(statements) == 1 else {}
    if (
        node.get("type") != "SELECT_NODE"
        or len(node["select_list"]) != 1
        or any(node[part] for part in _EMPTY_PARTS)
        or node["cte_map"]["map"]
        or node["from_table"]["type"] != "EMPTY"
        or node["aggregate_handling"] != "STANDARD_HANDLING"
        or statements[0].get("named_param_map")
    ):
        return "is not one expression", ONE
    return None
