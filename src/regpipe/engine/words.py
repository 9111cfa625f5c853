"""The words of ours that step SQL uses, each taught to DuckDB when it is first used.

To define one takes DuckDB half a millisecond, and a run uses half of them.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from functools import cache
from importlib.resources import files

_WORD = re.compile(r"\brp_\w+")
_DEFINED = re.compile(r"create or replace (?:macro|table) (\w+)")


class Words:
    """The words that one DuckDB knows so far."""

    def __init__(self) -> None:
        self._known: set[str] = set()

    def new_in(self, sql: str) -> Iterator[str]:
        """Give the statements that define the words new in ``sql``, in their order.

        A name that is none of the vocabulary is passed over.
        """
        for name in _WORD.findall(sql):
            if name not in self._known and name in _vocabulary():
                self._known.add(name)
                statement = _vocabulary()[name]
                yield from self.new_in(statement)
                yield statement


@cache
def _vocabulary() -> Mapping[str, str]:
    """Give the statement that defines each word."""
    text = files("regpipe.sql").joinpath("vocabulary.duckdb.sql").read_text("utf-8")
    bare = re.sub(r"^--.*\n", "", text, flags=re.MULTILINE)
    statements = re.split(r"^(?=create or replace )", bare, flags=re.MULTILINE)
    found = ((_DEFINED.match(each), each) for each in statements)
    return {defined[1]: each for defined, each in found if defined}
