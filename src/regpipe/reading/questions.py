"""Questions that wait for a person, and what people decided, as SQL and in full."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from regpipe.engine.protocol import Engine
from regpipe.registry.links import RecordKey
from regpipe.registry.rules import LATEST, rules_of
from regpipe.sql.keys import IDENTIFIERS, key_name, key_value
from regpipe.sql.step import comma, ident, literal
from regpipe.stages.neighbourhood import chained

KINDS = ("pair", "crowded", "large")
"""May these two be one? Why is this no key? Why was nobody here merged?"""

MANY = 50
"""Records of one question that are shown."""

SHOWN = (
    *("customer_id", "source", "external_id", "first_name", "last_name", "email"),
    *("phone", "birth_date", "company", "org_number", "vat_id", "street", "postcode"),
    *("city", "country", "updated_at", "gone_at"),
)


@dataclass(frozen=True)
class Question:
    """One open question, and the records it is about.

    ``value`` is the value that too many hold, of a crowded one. ``records`` are the
    first MANY of ``of`` records; those of a pair are of the two customers.
    """

    review_id: int
    kind: str
    reasons: tuple[Mapping[str, str], ...]
    value: str | None
    people: int | None
    score: float | None
    model: str | None
    of: int
    records: tuple[Mapping[str, Any], ...]

    def as_dict(self) -> dict[str, Any]:
        """Give it all as plain dicts and lists."""
        return asdict(self)


def questions(kind: str | None = None, *, cells: bool = False) -> str:
    """Give the SELECT of the open questions, the likeliest pairs first.

    Gives  one row per question: ``review_id``, ``kind``, ``customer_a``, the first
           record of it, ``customer_b`` and the first record of it (both null but for a
           pair), ``reasons``, ``records``, ``people``, ``score``; with ``cells`` also
           what the two records say.
    """
    which = f"where r.kind = {literal(kind)}" if kind else ""
    said = ""
    if cells:
        said = "".join(
            f",\n            {side}.{ident(column)} as {ident(f'{column}_{side}')}"
            for column in SHOWN[3:-2]
            for side in "ab"
        )
    return f"""
        select
            r.review_id,
            r.kind,
            a.customer_id as customer_a,
            r.source_a,
            r.external_id_a,
            b.customer_id as customer_b,
            r.source_b,
            r.external_id_b,
            r.reasons,
            r.records,
            r.people,
            r.score{said}
        from registry.review_items r
        left join registry.source_records a
          on r.source_a = a.source and r.external_id_a = a.external_id
        left join registry.source_records b
          on r.source_b = b.source and r.external_id_b = b.external_id
        {which}
        order by r.kind <> 'large', r.kind <> 'crowded', r.score desc nulls last,
          r.review_id
        """


def decisions() -> str:
    """Give the SELECT of the decisions in force, the newest first.

    Gives  one row per decision and what it says: ``decision_id``, ``decision``
           ('same', 'different' or 'dismissed'), ``pairs`` of records, the first of
           them and the customers they are by now, ``decided_by``, ``decided_at``,
           ``run_id``.
    """
    return """
        with said as (
          select
              decision_id,
              decision,
              count(*) as pairs,
              min({
                'source_a': source_a,
                'external_id_a': external_id_a,
                'source_b': source_b,
                'external_id_b': external_id_b
              }) as first,
              min(decided_by) as decided_by,
              min(decided_at) as decided_at,
              min(run_id) as run_id
          from registry.link_decisions
          group by decision_id, decision
        ),
        decided as (
          select
              decision_id,
              decision,
              pairs,
              first.source_a,
              first.external_id_a,
              first.source_b,
              first.external_id_b,
              decided_by,
              decided_at,
              run_id
          from said
          union all
          select
              decision_id,
              'dismissed' as decision,
              cast(null as bigint) as pairs,
              source_a,
              external_id_a,
              cast(null as varchar) as source_b,
              cast(null as varchar) as external_id_b,
              decided_by,
              decided_at,
              run_id
          from registry.review_dismissals
        )
        select
            d.decision_id,
            d.decision,
            d.pairs,
            a.customer_id as customer_a,
            d.source_a,
            d.external_id_a,
            b.customer_id as customer_b,
            d.source_b,
            d.external_id_b,
            d.decided_by,
            d.decided_at,
            d.run_id
        from decided d
        left join registry.source_records a
          on d.source_a = a.source and d.external_id_a = a.external_id
        left join registry.source_records b
          on d.source_b = b.source and d.external_id_b = b.external_id
        order by d.decision_id desc, d.decision
        """


def question_of(engine: Engine, review_id: int) -> Question | None:
    """Give an open question with its records; None when there is none such."""
    found = engine.collect(
        f"select * from registry.review_items where review_id = {review_id}"
    ).to_pylist()
    if not found:
        return None
    asked = found[0]
    which = _about(engine, asked)
    columns = comma(map(ident, SHOWN), 0)
    records = engine.collect(
        f"select {columns} from registry.source_records where {which} "
        f"order by customer_id nulls last, source, external_id limit {MANY}"
    ).to_pylist()
    return Question(
        review_id=asked["review_id"],
        kind=asked["kind"],
        reasons=tuple(asked["reasons"]),
        value=asked["value"],
        people=asked["people"],
        score=asked["score"],
        model=asked["model"],
        of=asked["records"],
        records=tuple(records),
    )


def _about(engine: Engine, asked: Mapping[str, Any]) -> str:
    """Give the SQL test of the records that a question is about."""
    first = (asked["source_a"], asked["external_id_a"])
    if asked["kind"] == "pair":
        second = (asked["source_b"], asked["external_id_b"])
        return (
            "customer_id in (select customer_id from registry.source_records "
            f"where {_one_of([first, second])})"
        )
    rules = rules_of(engine)[LATEST]
    if asked["kind"] == "large":
        return _one_of(chained(engine, rules.identity, first)[:MANY])
    fields = {key_name(key): key for key in rules.identity.match}
    fields |= {name: (name,) for name in IDENTIFIERS}
    key = fields[asked["reasons"][0]["key"]]
    value = key_value(key, same_mailbox=rules.identity.same_mailbox)
    return f"{value} = {literal(asked['value'])} and customer_id is not null"


def _one_of(records: list[RecordKey] | tuple[RecordKey, ...]) -> str:
    return " or ".join(
        f"(source = {literal(source)} and external_id = {literal(key)})"
        for source, key in records
    )
