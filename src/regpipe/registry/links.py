"""Link decisions: a person's word on who is the same, and that it holds together."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import pyarrow as pa

from regpipe.engine.protocol import Engine, TableDelta
from regpipe.errors import DataError, Problem
from regpipe.sql.resolve import decisions_in_force

RecordKey = tuple[str, str]
"""A source and the external_id of one of its records."""

TIME = pa.timestamp("us")
PAIR = ("source_a", "external_id_a", "source_b", "external_id_b")
QUESTION = ("kind", "subject")
MANY = 20
"""Contradictions that are told one by one."""


@dataclass(frozen=True)
class LinkDecision:
    """A person's word that two records are the ``same`` or are ``different``.

    With the decision ``lifted`` an earlier one is taken back. Words of one ``act``
    share one number; without, each has its own.
    """

    a: RecordKey
    b: RecordKey
    decision: str
    act: int | None = None


@dataclass(frozen=True)
class Dismissal:
    """A question about many records that a person settled; ``lift`` asks it again."""

    kind: str
    subject: str
    record: RecordKey
    act: int = 0
    lift: bool = False


@dataclass(frozen=True)
class Links:
    """What a person decides about records. ``by`` and ``at`` say who and when (UTC)."""

    by: str
    at: datetime
    decisions: Sequence[LinkDecision] = ()
    dismissals: Sequence[Dismissal] = ()

    def leave(self, engine: Engine, last_decision: int) -> list[TableDelta]:
        """Leave the rows that come and go, and what is in force with them.

        Leaves ``decisions_in_force``, ``dismissals_in_force``. ``last_decision`` is
        the last number of a decision.

        Raises DataError where decisions contradict each other.
        """
        self._put_decisions(engine, last_decision)
        self._put_dismissals(engine, last_decision)
        if engine.make(decisions_in_force()):
            refuse_contradictions(engine)
        return [
            TableDelta(
                "link_decisions", PAIR, "link_decisions_gone", "link_decisions_new"
            ),
            TableDelta(
                "review_dismissals",
                QUESTION,
                "review_dismissals_gone",
                "review_dismissals_new",
            ),
        ]

    def _put_decisions(self, engine: Engine, last: int) -> None:
        said: dict[tuple[RecordKey, RecordKey], tuple[str, int]] = {}
        for number, each in enumerate(self.decisions, 1):
            a, b = sorted((each.a, each.b))
            said[a, b] = (each.decision, last + (each.act or number))
        columns = [
            [pair[side][part] for pair in said] for side in (0, 1) for part in (0, 1)
        ]
        keys = {
            name: pa.array(values, pa.string())
            for name, values in zip(PAIR, columns, strict=True)
        }
        engine.put("link_decisions_gone", pa.table(keys))
        words = [word for word, _ in said.values()]
        rows = {
            **keys,
            "decision": pa.array(words, pa.string()),
            **self._signed([number for _, number in said.values()]),
        }
        kept = pa.array([word != "lifted" for word in words], pa.bool_())
        engine.put("link_decisions_new", pa.table(rows).filter(kept))

    def _put_dismissals(self, engine: Engine, last: int) -> None:
        keys = {
            "kind": pa.array([d.kind for d in self.dismissals], pa.string()),
            "subject": pa.array([d.subject for d in self.dismissals], pa.string()),
        }
        sources = [d.record[0] for d in self.dismissals]
        ids = [d.record[1] for d in self.dismissals]
        rows = {
            **keys,
            "source_a": pa.array(sources, pa.string()),
            "external_id_a": pa.array(ids, pa.string()),
            **self._signed([last + d.act for d in self.dismissals]),
        }
        engine.put("review_dismissals_gone", pa.table(rows))
        kept = pa.array([not d.lift for d in self.dismissals], pa.bool_())
        engine.put("review_dismissals_new", pa.table(rows).filter(kept))

    def _signed(self, numbers: Sequence[int]) -> dict[str, pa.Array]:
        when = self.at.replace(tzinfo=None)
        return {
            "decision_id": pa.array(numbers, pa.int64()),
            "decided_by": pa.array([self.by] * len(numbers), pa.string()),
            "decided_at": pa.array([when] * len(numbers), TIME),
        }


def refuse_contradictions(engine: Engine) -> None:
    """Stop where records that a chain of decisions makes one are decided to be two.

    Raises DataError naming the decisions.
    """
    said = engine.collect(
        "select * from decisions_in_force order by source_a, external_id_a, "
        "source_b, external_id_b"
    ).to_pylist()
    home: dict[RecordKey, RecordKey] = {}

    def root(record: RecordKey) -> RecordKey:
        while (above := home.setdefault(record, record)) != record:
            home[record] = home[above]
            record = home[record]
        return record

    for row in said:
        if row["decision"] == "same":
            low, high = sorted(map(root, _ends(row)))
            home[high] = low
    found = sorted(
        {
            int(row["decision_id"] or 0)
            for row in said
            if row["decision"] == "different"
            for a, b in [_ends(row)]
            if root(a) == root(b)
        }
    )
    problems = [
        Problem(
            f"decision {number}",
            "says that records are different which other decisions make the same",
            f"take one of them back, for instance: regpipe review revoke {number}",
        )
        for number in found[:MANY]
    ]
    if problems:
        raise DataError(*problems)


def _ends(row: dict[str, str]) -> tuple[RecordKey, RecordKey]:
    return (
        (row["source_a"], row["external_id_a"]),
        (row["source_b"], row["external_id_b"]),
    )
