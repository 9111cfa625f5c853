"""Traces: a person's addresses and values in texts that no column tells of.

In the cells of rejected rows, in notes, and in lists that were written.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

import pyarrow as pa

from regpipe.engine.protocol import Engine
from regpipe.sql.erase import both
from regpipe.sql.rewrite import mentions
from regpipe.stages.erase_who import SHORTEST, Person, is_postal
from regpipe.stages.erased import same_address

_EMAIL = re.compile(r"[^\s<>()\[\]\",;:|]+@[^\s<>()\[\]\",;:|]+")
_PHONE = re.compile(r"\+?[0-9][0-9 ()/.\-]{5,}[0-9]")
_DIGITS = re.compile(r"[^0-9]")
_ENDS = ".'!?"

LEAST_DIGITS = 7
"""Digits that a phone has without its country, at the least."""


@dataclass(frozen=True)
class Traces:
    """By what people are found in texts.

    ``emails`` as ``same_address`` has them; ``phones`` by their digits, with and
    without the country; ``texts`` whole cells in lower case, the numbers of their
    records too, which a rejected order may name.
    """

    emails: frozenset[str]
    phones: frozenset[str]
    texts: frozenset[str]

    def without(self, text: str) -> str:
        """Give a text without the addresses of the people."""
        text = _EMAIL.sub(
            lambda found: (
                found[0][len(found[0].strip(_ENDS)) :]
                if self._is_email(found[0])
                else found[0]
            ),
            text,
        )
        return _PHONE.sub(
            lambda found: "" if self._is_phone(found[0]) else found[0], text
        )

    def in_cells(self, cells: Iterable[str | None]) -> bool:
        """Tell whether a row is of the people, or names them."""
        filled = [cell for cell in cells if cell]
        words = [cell.strip().lower() for cell in filled]
        if any(word in self.texts or self._named(cell) for word, cell in _with(filled)):
            return True
        pairs = (f"{a} {b}" for a in words for b in words if a is not b)
        return len(words) <= MOST_CELLS and any(pair in self.texts for pair in pairs)

    def _named(self, cell: str) -> bool:
        return any(map(self._is_email, _EMAIL.findall(cell))) or any(
            map(self._is_phone, _PHONE.findall(cell))
        )

    def _is_email(self, token: str) -> bool:
        return same_address(token.strip(_ENDS)) in self.emails

    def _is_phone(self, token: str) -> bool:
        return _DIGITS.sub("", token).lstrip("0") in self.phones


MOST_CELLS = 60
"""Cells of a row of which two are held against whole names."""


def _with(cells: Sequence[str]) -> Iterator[tuple[str, str]]:
    return ((cell.strip().lower(), cell) for cell in cells)


def traces_of(people: Iterable[Person]) -> Traces:
    """Give by what some people are found in texts."""
    emails, phones, texts = set(), set(), set()
    for person in people:
        numbers = (number for _, number in person.records if len(number) >= SHORTEST)
        texts |= {text.lower() for text in (*person.texts, *numbers)}
        for address in person.own:
            if "@" in address:
                emails.add(same_address(address))
            elif not is_postal(address):
                digits = _DIGITS.sub("", address)
                ends = (digits[start:] for start in range(4))
                phones |= {each for each in ends if len(each) >= LEAST_DIGITS}
    return Traces(frozenset(emails), frozenset(phones), frozenset(texts))


def put_mentions(engine: Engine, traces: Traces, tables: Iterable[str]) -> int:
    """Leave ``replaced``: texts that name an address of the people; give how many."""
    told: list[str] = []
    instead: list[str | None] = []
    for text in engine.collect(mentions(tables))["text"].to_pylist():
        without = traces.without(text)
        if without != text:
            told.append(text)
            instead.append(without.strip() or None)
    rows = {
        "text": pa.array(told, pa.string()),
        "instead": pa.array(instead, pa.string()),
    }
    return engine.put("replaced", pa.table(rows))


def put_rejects(engine: Engine, traces: Traces) -> set[tuple[str, int]]:
    """Leave ``own_rejects``: the rejected rows of the people, open or closed.

    By their cells, by the record or order that they are of, and with every other row
    of that record. Gives the source and fingerprint of each.
    """
    records = _keys(engine, "select source, external_id from own_records")
    records |= _keys(engine, "select source, order_id from own_orders")
    columns = ("reject_id", "source", "fingerprint", "record_key", "original")
    held = engine.collect(both("rejects", columns))
    rest: list[tuple[int, tuple[str, str], tuple[str, int]]] = []
    found: set[int] = set()
    marks: set[tuple[str, int]] = set()
    for batch in held.to_batches():
        for row in batch.to_pylist():
            key = (row["source"], row["record_key"])
            known = row["record_key"] is not None
            own = known and key in records
            if own or traces.in_cells([row["record_key"], *row["original"]]):
                found.add(row["reject_id"])
                marks.add((row["source"], row["fingerprint"]))
                records |= {key} if known else set()
            elif known:
                mark = (row["source"], row["fingerprint"])
                rest.append((row["reject_id"], key, mark))
    for reject, key, mark in rest:
        if key in records:
            found.add(reject)
            marks.add(mark)
    ids = pa.array(sorted(found), pa.int64())
    engine.put("own_rejects", pa.table({"reject_id": ids}))
    return marks


def _keys(engine: Engine, select: str) -> set[tuple[str, str]]:
    first, second = (column.to_pylist() for column in engine.collect(select).columns)
    return set(zip(first, second, strict=True))
