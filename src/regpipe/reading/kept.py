"""What a registry keeps of a person besides what holds today: versions and rejects."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType
from typing import Any

from regpipe.engine.protocol import Engine
from regpipe.reading.quarantine import rejects
from regpipe.sql.step import ident, literal
from regpipe.stages.phones import phone, region_of

Row = Mapping[str, Any]
RecordKey = tuple[str, str]

BOOKKEEPING = frozenset(
    {
        *("run_id", "ended_run_id", "file_id", "row_number", "fingerprint"),
        *("customer_id", "founder_of", "first_key", "last_key", "vat_key", "org_key"),
        *("delivered_at", "line_count", "set_by", "undated"),
    }
)
"""Columns of the registry that say nothing of the person."""

KEYS: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "source_records": ("source", "external_id"),
        "customers": (),
        "addresses": ("kind",),
        "memberships": ("group_key",),
        "overrides": ("field",),
        "orders": ("source", "order_id"),
        "order_lines": ("source", "order_id", "line_no"),
    }
)
"""The tables with versions of a person's data, and what tells two things apart there
that are of one customer."""


@dataclass(frozen=True)
class Earlier:
    """A version that held until a run: of what, its values, and those that changed.

    ``key`` tells which (nothing of the profile; ``customer_id`` where it was that of a
    customer that was merged away), ``since`` and ``until`` are the
    times (UTC) of the runs that began and ended it. ``changed`` are the values that
    the version after it has not; all of them where none came.
    """

    table: str
    key: Row
    run_id: int
    ended_run_id: int
    since: datetime | None
    until: datetime | None
    values: Row
    changed: Row


@dataclass(frozen=True)
class Whose:
    """Whose data is meant: the customer, the ids they had, their records and orders."""

    customer_id: int
    ids: tuple[int, ...]
    records: tuple[RecordKey, ...]
    orders: tuple[RecordKey, ...]

    def which(self, table: str) -> str:
        """Give the SQL test of the rows of a table that are theirs."""
        if table == "source_records":
            return _pairs(("source", "external_id"), self.records)
        if table in ("orders", "order_lines"):
            return _pairs(("source", "order_id"), self.orders)
        return f"customer_id in ({', '.join(map(str, self.ids))})"


def _pairs(columns: tuple[str, str], keys: Sequence[RecordKey]) -> str:
    listed = ", ".join(f"({literal(a)}, {literal(b)})" for a, b in keys)
    return f"({', '.join(columns)}) in ({listed})" if listed else "false"


def earlier(engine: Engine, whose: Whose) -> tuple[tuple[Earlier, ...], int]:
    """Give the versions of a person's data that hold no more, the latest first.

    Left out, and counted, are those of a time when another's records were taken for
    theirs: they tell of that other.
    """
    strange = _mixed(engine, whose)
    runs = engine.collect("select run_id, started_at from registry.runs").to_pylist()
    times = {row["run_id"]: row["started_at"] for row in runs}
    found: list[Earlier] = []
    left_out = 0
    for table, key in KEYS.items():
        now = _versions(engine, whose, table, table)
        following = {_thing(row, key): told(row) for row in now}
        past = _versions(engine, whose, f"{table}_history", table)
        for row in sorted(past, key=lambda each: -each["ended_run_id"]):
            begun, ended = row["run_id"], row["ended_run_id"]
            if table in _COMPOSED and any(a < ended and begun < b for a, b in strange):
                left_out += 1
                continue
            values, thing = told(row), _thing(row, key)
            after = following.get(thing, {})
            following[thing] = values
            names = {k: row[k] for k in key}
            if table in _COMPOSED and row["customer_id"] != whose.customer_id:
                names["customer_id"] = row["customer_id"]
            found.append(
                Earlier(
                    table=table,
                    key=names,
                    run_id=begun,
                    ended_run_id=ended,
                    since=times.get(begun),
                    until=times.get(ended),
                    values=values,
                    changed={n: v for n, v in values.items() if after.get(n) != v},
                )
            )
    found.sort(key=lambda each: -each.ended_run_id)
    return tuple(found), left_out


def _thing(row: Row, key: Sequence[str]) -> tuple[object, ...]:
    """Give what a version is of: that which its successor is of, too."""
    return (
        row.get("customer_id") if "source" not in row else None,
        *(row[k] for k in key),
    )


_COMPOSED = frozenset({"customers", "addresses", "memberships"})
"""Tables that are worked out of all the records of a customer."""


def _versions(engine: Engine, whose: Whose, name: str, table: str) -> list[Row]:
    order = ", ".join(map(ident, (*KEYS[table], "run_id")))
    found = engine.collect(
        f"select * from registry.{name} where {whose.which(table)} order by {order}"
    )
    return list(found.to_pylist())


def _mixed(engine: Engine, whose: Whose) -> list[tuple[int, int]]:
    """Give the runs from and to which others' records were part of the customer."""
    found = engine.collect(
        f"""
        select distinct run_id, ended_run_id
        from registry.source_records_history
        where customer_id in ({", ".join(map(str, whose.ids))})
          and not {whose.which("source_records")}
        """
    ).to_pylist()
    return [(row["run_id"], row["ended_run_id"]) for row in found]


def told(row: Row) -> dict[str, Any]:
    """Give what a row of the registry says of a person, blanks left out."""
    return {
        name: value
        for name, value in row.items()
        if name not in BOOKKEEPING and value is not None
    }


def rejected(
    engine: Engine, whose: Whose, addresses: Sequence[str], shared: Collection[str]
) -> tuple[tuple[Row, ...], int]:
    """Give the rejected rows that are a person's: of their records, or by address.

    Each has ``source``, ``file``, ``row_number``, ``run_id``, ``reasons``, ``closed``
    and ``cells``: the columns of its file that hold something, with their text. Of
    those by a ``shared`` address alone nobody can tell whose they are: they are left
    out and counted.
    """
    emails = [each for each in addresses if "@" in each]
    phones = [each for each in addresses if "@" not in each]
    found = engine.collect(
        f"""
        select * from ({rejects(None, None, None, None)})
        where ({_pairs(("source", "record_key"), (*whose.records, *whose.orders))})
          or len(list_filter(original, lambda c: {_holds(emails, phones)})) > 0
        order by run_id, source, file, row_number
        """
    ).to_pylist()
    own = {*whose.records, *whose.orders}
    rows: list[Row] = []
    left_out = 0
    for row in found:
        cells = dict(zip(row["header"], row["original"], strict=False))
        said = _addresses_in(row["original"], emails, phones)
        if (row["source"], row["record_key"]) in own or said - set(shared):
            rows.append(
                {
                    **{name: row[name] for name in _REJECT},
                    "cells": {name: text for name, text in cells.items() if text},
                }
            )
        elif said:
            left_out += 1
    return tuple(rows), left_out


_REJECT = ("source", "file", "row_number", "run_id", "reasons", "closed")


def _holds(emails: Sequence[str], phones: Sequence[str]) -> str:
    """Give the SQL test of a cell ``c`` that may hold one of some addresses."""
    tests = [f"contains(lower(c), {literal(each.lower())})" for each in emails]
    tests += [
        f"ends_with(regexp_replace(c, '[^0-9]', '', 'g'), {literal(each[-7:])})"
        for each in phones
    ]
    return " or ".join(tests) or "false"


def _addresses_in(
    cells: Sequence[str | None], emails: Sequence[str], phones: Sequence[str]
) -> set[str]:
    """Give which of some addresses the cells of a row hold, however written."""
    found = set()
    for cell in cells:
        text = (cell or "").lower()
        found |= {each for each in emails if each.lower() in text}
        found |= {each for each in phones if _is(text, each)}
    return found


def _is(text: str, number: str) -> bool:
    """Tell whether a text is a phone number as somebody at home there writes it."""
    return number in (phone(text, None), phone(text, region_of(number)))
