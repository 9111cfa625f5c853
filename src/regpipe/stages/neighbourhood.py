"""Neighbourhood: what ties held records to others, as a run would find it.

The steps are those of ``resolve``, over the registry as it is; nothing is written.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa

from regpipe.engine.protocol import Engine
from regpipe.registry.by_hand import ByHand
from regpipe.registry.links import RecordKey
from regpipe.spec import Identity
from regpipe.sql import gone, reach, records
from regpipe.sql.keys import key_name
from regpipe.sql.step import step
from regpipe.sql.ties import BY_HAND, SCORED
from regpipe.stages.clusters import Edges
from regpipe.stages.components import connected
from regpipe.stages.resolve import find_edges, forget_ties, keys_of, reach_out

DECISION = "decision"
SCORE = "score"


@dataclass(frozen=True)
class Tie:
    """That two records are one person, and by what.

    ``key`` is the match key's fields, DECISION or SCORE; ``decision_id`` and
    ``score`` are null but for those.
    """

    a: RecordKey
    b: RecordKey
    key: str
    decision_id: int | None = None
    score: float | None = None


@dataclass(frozen=True)
class Near:
    """The edges around some records, and the record of each number in them."""

    edges: Edges
    names: dict[int, RecordKey]


def ties(
    engine: Engine, identity: Identity, near: Near, about: Collection[RecordKey]
) -> tuple[Tie, ...]:
    """Give all that ties some records to each other, by key, then by record.

    ``near`` is their neighbourhood, while it lasts.
    """
    wanted = set(about)
    found = []
    decided = _by_pair(engine, "decisions_in_force", "decision_id")
    scores = _by_pair(engine, "scores_in_force", "score")
    labels = {BY_HAND: DECISION, SCORED: SCORE}
    labels |= {number: key_name(key) for number, key in enumerate(identity.match)}
    for a, b, number in _rows(near.edges):
        one, other = sorted((near.names[a], near.names[b]))
        if one not in wanted or other not in wanted:
            continue
        key = labels[number]
        found.append(
            Tie(
                one,
                other,
                key,
                decided.get((one, other)) if key == DECISION else None,
                scores.get((one, other)) if key == SCORE else None,
            )
        )
    place = {key: number for number, key in labels.items()}
    return tuple(sorted(set(found), key=lambda tie: (place[tie.key], tie.a, tie.b)))


def chained(
    engine: Engine, identity: Identity, record: RecordKey
) -> tuple[RecordKey, ...]:
    """Give all records that a chain of ties leads to, whatever the limit says."""
    with around(engine, identity, [record]) as near:
        return chain_of(near, record)


def chain_of(near: Near, record: RecordKey) -> tuple[RecordKey, ...]:
    """Give all records of a neighbourhood that a chain of ties leads to."""
    nodes, heads = connected(near.edges.a, near.edges.b)
    numbers = {key: number for number, key in near.names.items()}
    if record not in numbers:  # a guest, who is no customer by these rules
        return (record,)
    place = np.searchsorted(nodes, numbers[record])
    if place >= len(nodes) or nodes[place] != numbers[record]:
        return (record,)
    together = nodes[heads == heads[place]]
    return tuple(sorted(near.names[int(number)] for number in together))


@contextmanager
def around(
    engine: Engine, identity: Identity, about: Collection[RecordKey]
) -> Iterator[Near]:
    """Find the neighbourhood of some records; its tables last while the block runs."""
    ByHand().leave(engine, 0)
    decided = {
        "source": pa.array([source for source, _ in about], pa.string()),
        "external_id": pa.array([key for _, key in about], pa.string()),
    }
    engine.put("decided", pa.table(decided))
    engine.make(step("rescored", "select * from decided where false"))
    engine.define(step("scores_in_force", "select * from registry.match_scores"))
    engine.define(records.incoming([], [], 0))
    engine.make(gone.vanished([]))
    engine.define(records.stored())
    reach_out(engine, identity)
    keys = keys_of(identity)
    engine.make(reach.reused())
    engine.make(reach.leaving_founders(keys))
    engine.make(reach.members_touched(keys))
    edges = find_edges(engine, identity)
    numbered = engine.collect("select record_no, source, external_id from members")
    names = {
        row["record_no"]: (row["source"], row["external_id"])
        for row in numbered.to_pylist()
    }
    yield Near(edges, names)
    forget_ties(engine, identity)


def _by_pair(
    engine: Engine, table: str, column: str
) -> dict[tuple[RecordKey, RecordKey], Any]:
    """Give a column of the pairs whose first record is among those decided on."""
    found = engine.collect(
        f"""
        select t.source_a, t.external_id_a, t.source_b, t.external_id_b, t.{column}
        from {table} t
        semi join decided d on t.source_a = d.source and t.external_id_a = d.external_id
        """
    ).to_pylist()
    return {
        (
            (row["source_a"], row["external_id_a"]),
            (row["source_b"], row["external_id_b"]),
        ): row[column]
        for row in found
    }


def _rows(edges: Edges) -> zip[tuple[int, int, int]]:
    return zip(edges.a.tolist(), edges.b.tolist(), edges.key.tolist(), strict=True)
