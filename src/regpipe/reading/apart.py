"""What was kept apart from a customer's records, why, and who may still decide."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from regpipe.engine.protocol import Engine
from regpipe.reading.pairs import PAIR, Key, Row, end_of, key_of, listed, scores
from regpipe.stages.neighbourhood import SCORE

TOO_LARGE, LIKELY, ELSEWHERE = "too_large", "likely", "kept_apart"
"""Why records are kept apart: their chain is longer than a cluster may be; a model
finds them alike, which joins nobody; a decision parts them elsewhere in the chain."""


def apart_from(
    engine: Engine, own: Mapping[Key, Row], held_back: Mapping[Key, int]
) -> tuple[Row, ...]:
    """Give what was kept apart from a customer's records, and why.

    Reads  ``kept_apart``.
    """
    rows = engine.collect("select * from kept_apart").to_pylist()
    found = [
        {**row, "why": row["why"] or ELSEWHERE}
        for row in rows
        if row["why"] or key_of(row) not in held_back
    ]
    nobody = dict.fromkeys(("other_source", "other_external_id", "people"))
    found += [
        {
            **nobody,
            "source": key[0],
            "external_id": key[1],
            "key": "cluster",
            "why": TOO_LARGE,
            "records": held_back[key],
        }
        for key in own
        if key in held_back
    ]
    likely = [row for row in scores(engine, list(own.values())) if not row["within"]]
    for row in likely:
        mine, other = sorted(
            (end_of(row, "a"), end_of(row, "b")), key=lambda k: k not in own
        )
        found.append(
            {
                **dict.fromkeys(("records", "people")),
                "source": mine[0],
                "external_id": mine[1],
                "other_source": other[0],
                "other_external_id": other[1],
                "key": SCORE,
                "why": LIKELY,
                "score": row["score"],
            }
        )
    return _with_questions(engine, own, found)


def _with_questions(
    engine: Engine, own: Mapping[Key, Row], found: Sequence[Row]
) -> tuple[Row, ...]:
    """Give what was kept apart with whose it is, the open question, the decision."""
    others = {_other(row) for row in found} - {(None, None)}
    owners = {
        (row["source"], row["external_id"]): row["customer_id"]
        for row in engine.collect(
            f"""
            select source, external_id, customer_id
            from registry.source_records
            where (source, external_id) in ({listed(others)})
            """
        ).to_pylist()
    }
    asked = _questions(engine, own)
    decided: dict[frozenset[tuple[str | None, str | None]], Row] = {
        frozenset((end_of(row, "a"), end_of(row, "b"))): row
        for row in engine.collect(
            f"select {', '.join(PAIR)}, decision_id, decided_by, decided_at "
            "from registry.link_decisions where decision = 'different'"
        ).to_pylist()
    }
    told = []
    for row in found:
        customer = owners.get(_other(row))
        decision = decided.get(frozenset((key_of(row), _other(row))), {})
        told.append(
            {
                **row,
                "score": row.get("score"),
                "other_customer_id": customer,
                "review_id": asked.get(customer) if customer is not None else None,
                "decision_id": decision.get("decision_id"),
                "decided_by": decision.get("decided_by"),
                "decided_at": decision.get("decided_at"),
            }
        )
    return tuple(
        sorted(
            told,
            key=lambda row: (
                *key_of(row),
                row["other_source"] or "",
                row["other_external_id"] or "",
                row["key"],
            ),
        )
    )


def _questions(engine: Engine, own: Mapping[Key, Row]) -> Mapping[int, int]:
    """Give the open question about a customer and each other one, by the other's id."""
    mine = listed(own)
    found = engine.collect(
        f"""
        select q.review_id, r.customer_id
        from registry.review_items q
        join registry.source_records r
          on q.source_b = r.source and q.external_id_b = r.external_id
        where (q.source_a, q.external_id_a) in ({mine})
        union all
        select q.review_id, r.customer_id
        from registry.review_items q
        join registry.source_records r
          on q.source_a = r.source and q.external_id_a = r.external_id
        where (q.source_b, q.external_id_b) in ({mine})
        """
    ).to_pylist()
    return {row["customer_id"]: row["review_id"] for row in found}


def _other(row: Row) -> tuple[str | None, str | None]:
    return row["other_source"], row["other_external_id"]
