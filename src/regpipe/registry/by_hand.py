"""What people decide by hand: values that beat every feed, who is who, consent."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

import pyarrow as pa

from regpipe.engine.protocol import Engine, TableDelta
from regpipe.errors import DataError, Problem
from regpipe.registry.links import TIME, Dismissal, LinkDecision, Links, RecordKey
from regpipe.registry.moments import utc
from regpipe.registry.statements import NOTHING_NOTED, NotedConsent
from regpipe.sql.step import literal, step

__all__ = ["ByHand", "Dismissal", "LinkDecision", "Override", "RecordKey"]


@dataclass(frozen=True)
class Override:
    """A value set by hand for one field of a customer; None means: no value.

    With ``lift`` the override of that field is taken back instead.
    """

    customer_id: int
    field: str
    value: str | None = None
    lift: bool = False


@dataclass(frozen=True)
class ByHand:
    """All that one person decides at one time (UTC)."""

    by: str = ""
    at: datetime = datetime(1970, 1, 1, tzinfo=UTC)
    overrides: Sequence[Override] = ()
    links: Sequence[LinkDecision] = ()
    dismissals: Sequence[Dismissal] = ()
    consents: NotedConsent = NOTHING_NOTED
    deletions: Sequence[RecordKey] = ()
    """Records that are gone until their row changes."""
    removals: Sequence[RecordKey] = ()
    """Records that go as if they had never been, of people who are erased."""

    def leave(self, engine: Engine, last_decision: int) -> list[TableDelta]:
        """Leave the rows that come and go, and ``decided``: the records meant.

        ``last_decision`` is the last number of a decision.

        Raises DataError when a customer or record is not in the registry, or when
        decisions contradict each other.
        """
        self._put_overrides(engine)
        engine.put("records_removed", _keys(self.removals))
        self._put_deletions(engine)
        linked = Links(self.by, utc(self.at), self.links, self.dismissals)
        deltas = linked.leave(engine, last_decision)
        engine.make(step("dismissals_in_force", _DISMISSED))
        engine.make(step("decided", _DECIDED))
        self._refuse_unknown(engine)
        return [
            TableDelta(
                "overrides", ("customer_id", "field"), "overrides_gone", "overrides_new"
            ),
            *deltas,
        ]

    def leave_consents(self, engine: Engine) -> list[TableDelta]:
        """Leave what comes and goes of consent, beside what files state."""
        return self.consents.leave(engine, self.by, self.at)

    def _put_overrides(self, engine: Engine) -> None:
        ids = [each.customer_id for each in self.overrides]
        fields = [each.field for each in self.overrides]
        keys = {
            "customer_id": pa.array(ids, pa.int64()),
            "field": pa.array(fields, pa.string()),
        }
        engine.put("overrides_gone", pa.table(keys))
        kept = [not each.lift for each in self.overrides]
        values = [each.value for each in self.overrides]
        rows = {
            **keys,
            "value": pa.array(values, pa.string()),
            "set_by": pa.array([self.by] * len(ids), pa.string()),
            "set_at": pa.array([utc(self.at)] * len(ids), TIME),
        }
        engine.put("overrides_new", pa.table(rows).filter(pa.array(kept, pa.bool_())))

    def _put_deletions(self, engine: Engine) -> None:
        keys = _keys(self.deletions)
        engine.put(
            "records_deleted",
            keys.append_column(
                "deleted_by", pa.array([self.by] * keys.num_rows, pa.string())
            ).append_column(
                "deleted_at", pa.array([utc(self.at)] * keys.num_rows, TIME)
            ),
        )

    def _refuse_unknown(self, engine: Engine) -> None:
        if not self.overrides and not self.links:
            return
        problems = []
        found = engine.collect(
            "select g.customer_id from overrides_gone g "
            "anti join registry.customers c on g.customer_id = c.customer_id"
        )
        problems += [
            Problem(f"customer {number}", "is not in the registry")
            for number in found["customer_id"].to_pylist()
        ]
        for each in self.links:
            for source, external_id in (each.a, each.b):
                known = engine.collect(
                    "select count(*) as n from decided d "
                    f"where d.source = {literal(source)} "
                    f"and d.external_id = {literal(external_id)}"
                )
                if not known["n"][0].as_py():
                    what = "a record of the decision is not in the registry"
                    problems.append(Problem(f"source {source!r}", what))
        if problems:
            raise DataError(*problems)


_DISMISSED = """
    select kind, subject
    from registry.review_dismissals
    anti join review_dismissals_gone using (kind, subject)
    union all
    select kind, subject from review_dismissals_new
    """

_DECIDED = """
    select s.source, s.external_id
    from registry.source_records s
    where s.customer_id in (select customer_id from overrides_gone)
    union
    select source, external_id from records_removed
    union
    select s.source, s.external_id
    from registry.source_records s
    semi join (
      select source_a as source, external_id_a as external_id from link_decisions_gone
      union all
      select source_b as source, external_id_b as external_id from link_decisions_gone
      union all
      select source_a as source, external_id_a as external_id
      from review_dismissals_gone
    ) d
      on s.source = d.source and s.external_id = d.external_id
    """


def _keys(records: Sequence[RecordKey]) -> pa.Table:
    return pa.table(
        {
            "source": pa.array([source for source, _ in records], pa.string()),
            "external_id": pa.array([number for _, number in records], pa.string()),
        }
    )
