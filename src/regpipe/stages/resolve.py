"""Resolve: which source records are the same person, and that person's id."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from regpipe.engine.protocol import Engine
from regpipe.outcome import StageOutcome
from regpipe.spec import Identity
from regpipe.sql import reach
from regpipe.sql import resolve as sql
from regpipe.sql.keys import Keys
from regpipe.sql.step import Step, step
from regpipe.stages.components import BY_HAND, Numbers, apart, connected


@dataclass(frozen=True)
class _Edges:
    """Pairs of record numbers, and the key that ties each."""

    a: Numbers
    b: Numbers
    key: Numbers


def resolve(
    engine: Engine, identity: Identity, *, next_id: int, fresh: bool, orders: bool
) -> StageOutcome:
    """Leave ``identified``: the customer of each record that this run may change.

    ``fresh`` tells that the registry holds no records yet, ``orders`` that it
    holds orders, which may find their customers now. Otherwise only the
    records that changed are looked at and those a chain of keys, customers or
    decisions ties to them; the answer is the same as from scratch.
    """
    keys = Keys(
        match=identity.match,
        never_match_on=identity.never_match_on,
        shared_above=identity.shared_above,
        guests=identity.guests == "register",
        same_mailbox=identity.same_mailbox,
    )
    if fresh:
        known = reach.frontier_of_all(keys)
        if orders:
            engine.make(known)
        else:
            engine.define(known)
        members = engine.make(sql.members_of_all(keys))
    else:
        _reach(engine, keys)
        engine.make(reach.leaving_founders(keys))
        members = engine.make(reach.members_touched(keys))
    for which in ("same", "different"):
        engine.make(sql.decisions(which))
    _find_edges(engine, keys)
    edges = _collected(engine, sql.edges(keys))
    clusters, notes = _cluster(engine, edges, identity.largest_cluster)
    engine.put("labels", clusters)
    rows = engine.make(sql.identified(next_id))
    _forget(engine, keys)
    return StageOutcome("resolve", members, rows, notes=notes)


def _reach(engine: Engine, keys: Keys) -> None:
    """Widen from what changes to what that touches until nothing is added."""
    engine.make(reach.held_keys(keys))
    engine.make(reach.changing(keys))
    engine.make(step("frontier", "select * from changing"))
    known = -1
    while (found := engine.make(reach.reached(keys, "frontier"))) > known:
        known = found
        engine.make(reach.frontier(keys))


def _forget(engine: Engine, keys: Keys) -> None:
    """Drop what only the way to the clusters needed."""
    numbered = [
        f"{name}_{number}"
        for number, _ in enumerate(keys.match)
        for name in ("held", "agreeing", "torn")
    ]
    engine.drop(
        *numbered,
        *("members", "labels", "crowded", "held_keys", "changing", "reached"),
        *("same_decisions", "different_decisions"),
    )


def _find_edges(engine: Engine, keys: Keys) -> None:
    any_crowded = engine.make(sql.crowded(keys)) > 0
    for number, key in enumerate(keys.match):
        engine.make(sql.held(keys, number, any_crowded))
        if keys.guarded(key):
            engine.make(sql.agreeing(number))
            engine.make(sql.torn(number))


def _collected(engine: Engine, edges: Step) -> _Edges:
    found = engine.collect(edges.select)
    return _Edges(*(found[name].to_numpy() for name in ("a", "b", "key_no")))


def _cluster(
    engine: Engine, edges: _Edges, largest: int
) -> tuple[pa.Table, dict[str, int]]:
    """Give the cluster of each record with an edge, within what people decided.

    Of a cluster above ``largest`` only what people decided stands.
    """
    nodes, labels = connected(edges.a, edges.b)
    heads, sizes = np.unique(labels, return_counts=True)
    large = heads[sizes > largest]
    pairs = engine.collect("select a, b from different_decisions")
    foes = [(int(a), int(b)) for a, b in zip(*pairs.to_pydict().values(), strict=True)]
    label_of = dict(zip(nodes.tolist(), labels.tolist(), strict=True)) if foes else {}
    torn = {
        label_of[a] for a, b in foes if a in label_of and label_of[a] == label_of.get(b)
    }
    suspects = np.union1d(large, np.array(sorted(torn), dtype=np.int64))
    if len(suspects):
        inside = np.isin(labels, suspects)
        anew = {int(n): int(n) for n in nodes[inside]}
        place = np.searchsorted(nodes, edges.a)
        affected = np.isin(labels[place], suspects)
        by_hand = edges.key == BY_HAND
        too_large = np.isin(labels[place], large)
        taken = affected & (by_hand | ~too_large)
        anew |= apart(
            zip(
                edges.a[taken].tolist(),
                edges.b[taken].tolist(),
                edges.key[taken].tolist(),
                strict=True,
            ),
            foes,
        )
        labels = labels.copy()
        labels[inside] = [anew[int(n)] for n in nodes[inside]]
    table = pa.table({"record_no": nodes, "cluster": labels})
    return table, {"held_back": len(large), "kept_apart": len(torn)}
