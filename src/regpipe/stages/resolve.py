"""Resolve: which source records are the same person, and that person's id."""

from __future__ import annotations

from collections.abc import Sequence

import pyarrow as pa

from regpipe.engine.protocol import Engine
from regpipe.outcome import StageOutcome
from regpipe.spec import Identity
from regpipe.sql import reach, ties
from regpipe.sql import resolve as sql
from regpipe.sql.keys import Keys
from regpipe.sql.step import Step, step
from regpipe.stages.clusters import Clusters, Edges, cluster
from regpipe.stages.components import Numbers, Pair


def resolve(
    engine: Engine,
    identity: Identity,
    *,
    next_id: int,
    fresh: bool,
    orders: bool,
    whole: bool = False,
    all_steps: bool = False,
) -> StageOutcome:
    """Leave ``identified``: the customer of each record that this run may change.

    ``fresh`` tells that the registry holds no records yet, ``orders`` that it
    holds orders, which may find their customers now. Otherwise only the
    records that changed are looked at and those a chain of keys, customers,
    decisions or scores ties to them; the answer is the same as from scratch. With
    ``whole`` all records are looked at. With ``all_steps`` no step is left out for
    having nothing to do.

    Leaves the tables of ties too, which the open questions are made of; they go
    with ``forget_ties``.
    """
    keys = keys_of(identity)
    reused = 0
    if fresh:
        known = reach.frontier_of_all(keys)
        if orders:
            engine.make(known)
        else:
            engine.define(known)
        members = engine.make(sql.members_of_all(keys))
        engine.make(reach.nobody_unseated())
    else:
        reach_out(engine, identity, whole=whole)
        reused = engine.make(reach.reused())
        engine.make(reach.leaving_founders(keys))
        members = engine.make(reach.members_touched(keys))
        engine.make(reach.unseated(keys))
    edges = find_edges(engine, identity, all_steps=all_steps)
    clusters = cluster(
        edges,
        different_pairs(engine),
        identity.largest_cluster,
        in_order=lambda records: _in_order(engine, records),
    )
    _put_clusters(engine, clusters)
    rows = engine.make(sql.identified(next_id))
    notes = {
        "held_back": clusters.too_large,
        "kept_apart": clusters.kept_apart,
        "reused": reused,
    }
    return StageOutcome("resolve", members, rows, notes=notes)


def keys_of(identity: Identity) -> Keys:
    """Give the match keys of a pipeline's identity."""
    return Keys(
        match=identity.match,
        never_match_on=identity.never_match_on,
        shared_above=identity.shared_above,
        guests=identity.guests == "register",
        same_mailbox=identity.same_mailbox,
    )


def reach_out(engine: Engine, identity: Identity, *, whole: bool = False) -> None:
    """Leave ``frontier`` and ``reached``: what a change may touch.

    Widens from what changes until nothing is added; with ``whole`` to all at once.

    Reads  ``incoming``, ``stored``, ``vanished``, ``decided``, ``rescored``,
           ``decisions_in_force``, ``scores_in_force``.
    """
    keys = keys_of(identity)
    engine.make(reach.held_keys(keys))
    engine.make(reach.changing(keys))
    if whole:
        engine.make(step("reached", "select * from held_keys"))
        engine.make(reach.frontier(keys))
        return
    engine.make(step("frontier", "select * from changing"))
    known = -1
    accepted = accept_above(identity)
    while (found := engine.make(reach.reached(keys, "frontier", accepted))) > known:
        known = found
        engine.make(reach.frontier(keys))


def accept_above(identity: Identity) -> float | None:
    """Give the score from which on a model's word joins two records; None: never."""
    return identity.score.accept_above if identity.score else None


def find_edges(engine: Engine, identity: Identity, *, all_steps: bool = False) -> Edges:
    """Leave what each key ties among ``members``, and give it as pairs."""
    keys = keys_of(identity)
    engine.make(sql.decided_pairs())
    any_crowded = engine.make(ties.crowded(keys)) > 0
    for number, _ in enumerate(keys.match):
        shared = engine.make(ties.held(keys, number, any_crowded))
        if not shared and not all_steps:
            for nothing in ties.nothing_compared(number):
                engine.define(nothing)
            continue
        engine.make(ties.variants(number))
        engine.make(ties.pairs(keys, number))
        engine.make(ties.torn(number))
    accepted = accept_above(identity)
    if accepted is not None:
        engine.make(ties.pairs_scored(accepted))
    return _collected(engine, ties.edges(keys, any_scored=accepted is not None))


def different_pairs(engine: Engine) -> Sequence[Pair]:
    """Give the pairs of ``members`` that were decided to be different."""
    found = engine.collect(
        "select a, b from decided_pairs where decision = 'different'"
    ).to_pydict()
    return list(zip(found["a"], found["b"], strict=True))


def forget_ties(engine: Engine, identity: Identity) -> None:
    """Drop what only the way to the clusters and questions needed."""
    numbered = [
        f"{name}_{number}"
        for number, _ in enumerate(identity.match)
        for name in ("torn", "pairs", "variants", "held")
    ]
    engine.drop(
        *numbered,
        *(
            "pairs_scored",
            "members",
            "labels",
            "crowded",
            "held_back",
            "held_keys",
            "changing",
        ),
        *("reached", "decided_pairs"),
    )


def _collected(engine: Engine, edges: Step) -> Edges:
    found = engine.collect(edges.select)
    return Edges(*(found[name].to_numpy() for name in ("a", "b", "key_no")))


def _in_order(engine: Engine, records: Numbers) -> Numbers:
    """Put the numbers of some records into the order of what the records are."""
    engine.put("asked", pa.table({"record_no": records}))
    found: Numbers = engine.collect(sql.places())["record_no"].to_numpy()
    engine.drop("asked")
    return found


def _put_clusters(engine: Engine, found: Clusters) -> None:
    labels = {"record_no": found.nodes, "cluster": found.labels}
    engine.put("labels", pa.table(labels))
    records, heads = found.held_back
    engine.put("held_back", pa.table({"record_no": records, "cluster": heads}))
