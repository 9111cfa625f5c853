"""Retention: who is due to be erased or deleted, by which rule, and why."""

from __future__ import annotations

import calendar
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from regpipe.engine.protocol import Engine
from regpipe.spec.retention import Retention
from regpipe.spec.types import Months
from regpipe.sql.retention import activities
from regpipe.stages.erase_who import Asked

DUE, OPEN, UNKNOWN = "due", "held: an open order", "held: no activity known"

_ACTIVITIES = (
    ("ordered_at", "order"),
    ("granted_at", "grant"),
    ("recorded_at", "record"),
)


@dataclass(frozen=True)
class Kept:
    """A customer whom a rule is about: what of them was last, and what becomes of them.

    ``customer_id`` is null for somebody who is no customer: ``record`` tells whom, or,
    of somebody who is in orders alone, ``last_order``. ``last`` is UTC, null where
    nothing is known; ``state`` is DUE, or why it is not carried out.
    """

    customer_id: int | None
    kind: str
    last: datetime | None
    activity: str | None
    last_order: str | None
    rule: str
    do: str
    state: str
    record: tuple[str, str] | None = None
    email: str | None = None

    @property
    def asked(self) -> Asked:
        """Give whom an erasure asks for."""
        if self.customer_id is not None:
            return Asked(f"customer {self.customer_id}", customer_id=self.customer_id)
        if self.record is not None:
            return Asked(f"a record of {self.record[0]}", record=self.record)
        return Asked(f"order {self.last_order}", email=self.email)


def retained(
    engine: Engine, rules: Sequence[Retention], as_of: datetime
) -> tuple[Kept, ...]:
    """Give who is due by the rules, or would be but is held; the longest silent first.

    Somebody is due who was last heard of longer ago than a rule for their kind allows;
    of several such rules one that erases counts. Never due is somebody with an open
    order, or of whom no time is known at all.
    """
    at = as_of.astimezone(UTC).replace(tzinfo=None)
    limits = [before(at, rule.after) for rule in rules]
    found: list[Kept] = []
    for row in engine.collect(activities()).to_pylist():
        found += _kept(row, rules, limits)
    return tuple(
        sorted(
            found,
            key=lambda kept: (
                kept.state != DUE,
                kept.last is None,
                kept.last or at,
                kept.customer_id or 0,
                kept.last_order or "",
            ),
        )
    )


def _kept(
    row: Mapping[str, Any], rules: Sequence[Retention], limits: Sequence[datetime]
) -> Iterator[Kept]:
    times = [(row[column], word) for column, word in _ACTIVITIES if row[column]]
    last, activity = max(times, default=(None, None))
    mine = [
        (rule, limit)
        for rule, limit in zip(rules, limits, strict=True)
        if row["kind"] in rule.kind
        and (rule.do == "erase" or (row["present"] and row["customer_id"] is not None))
    ]
    due = [rule for rule, limit in mine if last is None or last < limit]
    if not due:
        return
    rule = min(due, key=lambda each: each.do != "erase")
    order = f"{row['source']}:{row['order_id']}" if row["order_id"] else None
    record = (row["record_source"], row["record_id"])
    state = UNKNOWN if last is None else OPEN if row["open"] else DUE
    yield Kept(
        customer_id=row["customer_id"],
        kind=row["kind"],
        last=last,
        activity=activity,
        last_order=order,
        rule=str(rule),
        do=rule.do,
        state=state,
        record=record if record[0] is not None else None,
        email=row["email"],
    )


def before(at: datetime, period: Months) -> datetime:
    """Give the time a period before another; the last day of a shorter month.

    >>> before(datetime(2026, 3, 31), Months(1))
    datetime.datetime(2026, 2, 28, 0, 0)
    """
    months = at.year * 12 + at.month - 1 - period.months
    year, month = divmod(months, 12)
    if year < 1:
        return datetime(1, 1, 1)  # noqa: DTZ001
    day = min(at.day, calendar.monthrange(year, month + 1)[1])
    moved = at.replace(year=year, month=month + 1, day=day)
    return moved - timedelta(days=period.days)
