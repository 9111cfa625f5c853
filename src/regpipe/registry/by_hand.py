"""What people decide by hand: values that beat every feed, and who is who."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

import pyarrow as pa

from regpipe.engine.protocol import Engine, TableDelta
from regpipe.errors import DataError, Problem
from regpipe.sql.step import literal, step

RecordKey = tuple[str, str]
"""A source and the external_id of one of its records."""

_TIME = pa.timestamp("us")
_LINK = ("source_a", "external_id_a", "source_b", "external_id_b")


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
class LinkDecision:
    """A person's word that two records are the ``same`` or are ``different``.

    With the decision ``lifted`` an earlier one is taken back.
    """

    a: RecordKey
    b: RecordKey
    decision: str


@dataclass(frozen=True)
class ByHand:
    """All that one person decides at one time (UTC)."""

    by: str = ""
    at: datetime = datetime(1970, 1, 1, tzinfo=UTC)
    overrides: Sequence[Override] = ()
    links: Sequence[LinkDecision] = ()

    def leave(self, engine: Engine) -> list[TableDelta]:
        """Leave the rows that come and go, and ``decided``: the records meant.

        Raises DataError when a customer or record is not in the registry.
        """
        self._put_overrides(engine)
        self._put_links(engine)
        engine.make(step("decided", _DECIDED))
        self._refuse_unknown(engine)
        return [
            TableDelta(
                "overrides", ("customer_id", "field"), "overrides_gone", "overrides_new"
            ),
            TableDelta(
                "link_decisions", _LINK, "link_decisions_gone", "link_decisions_new"
            ),
        ]

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
            "set_at": pa.array([_utc(self.at)] * len(ids), _TIME),
        }
        engine.put("overrides_new", pa.table(rows).filter(pa.array(kept, pa.bool_())))

    def _put_links(self, engine: Engine) -> None:
        pairs = [sorted((each.a, each.b)) for each in self.links]
        columns = [
            [pair[side][part] for pair in pairs] for side in (0, 1) for part in (0, 1)
        ]
        keys = {
            name: pa.array(values, pa.string())
            for name, values in zip(_LINK, columns, strict=True)
        }
        engine.put("link_decisions_gone", pa.table(keys))
        decisions = [each.decision for each in self.links]
        rows = {
            **keys,
            "decision": pa.array(decisions, pa.string()),
            "decided_by": pa.array([self.by] * len(pairs), pa.string()),
            "decided_at": pa.array([_utc(self.at)] * len(pairs), _TIME),
        }
        kept = [decision != "lifted" for decision in decisions]
        engine.put(
            "link_decisions_new", pa.table(rows).filter(pa.array(kept, pa.bool_()))
        )

    def _refuse_unknown(self, engine: Engine) -> None:
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


_DECIDED = """
    select s.source, s.external_id
    from registry.source_records s
    where s.customer_id in (select customer_id from overrides_gone)
    union
    select s.source, s.external_id
    from registry.source_records s
    semi join (
      select source_a as source, external_id_a as external_id from link_decisions_gone
      union all
      select source_b as source, external_id_b as external_id from link_decisions_gone
    ) d
      on s.source = d.source and s.external_id = d.external_id
    """


def _utc(moment: datetime) -> datetime:
    return moment.astimezone(UTC).replace(tzinfo=None)
