"""Clusters: who is together by all edges, within what people decided and the limit."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations, repeat

import numpy as np

from regpipe.sql.ties import BY_HAND, SCORED
from regpipe.stages.components import Numbers, Pair, apart, connected


@dataclass(frozen=True)
class Edges:
    """Pairs of record numbers, and the key that ties each."""

    a: Numbers
    b: Numbers
    key: Numbers


@dataclass(frozen=True)
class Clusters:
    """The cluster (one of its records) of each record that has an edge.

    ``held_back`` are the records of clusters above the limit and the cluster of each:
    nobody there was merged, but by decision. ``kept_apart`` counts the clusters that
    a decision parted.
    """

    nodes: Numbers
    labels: Numbers
    held_back: tuple[Numbers, Numbers]
    kept_apart: int

    @property
    def too_large(self) -> int:
        """Count the clusters above the limit."""
        return len(np.unique(self.held_back[1]))


def cluster(
    edges: Edges,
    different: Sequence[Pair],
    largest: int,
    in_order: Callable[[Numbers], Numbers] = np.sort,
) -> Clusters:
    """Cluster the records; of a cluster above ``largest`` only decisions stand.

    Where a cluster is taken apart its edges count in the order of their records, which
    ``in_order`` puts them in: elsewhere the order of records does not matter.
    """
    nodes, labels = connected(edges.a, edges.b)
    heads, sizes = np.unique(labels, return_counts=True)
    large = heads[sizes > largest]
    torn = _torn(nodes, labels, different)
    inside_large = np.isin(labels, large)
    held_back = (nodes[inside_large], labels[inside_large])
    suspects = np.union1d(large, torn)
    if len(suspects):
        inside = np.isin(labels, suspects)
        home = labels[np.searchsorted(nodes, edges.a)]
        taken = np.isin(home, suspects) & (
            (edges.key == BY_HAND) | ~np.isin(home, large)
        )
        records = in_order(nodes[inside]).tolist()
        place = {record: number for number, record in enumerate(records)}
        tied = direct(Edges(edges.a[taken], edges.b[taken], edges.key[taken]))
        foes = [(place[a], place[b]) for a, b in different if {a, b} <= place.keys()]
        anew = apart(((place[a], place[b], key) for a, b, key in tied), foes)
        labels = labels.copy()
        labels[inside] = [
            records[anew.get(place[node], place[node])]
            for node in nodes[inside].tolist()
        ]
    return Clusters(nodes, labels, held_back, len(torn))


def direct(edges: Edges) -> Iterator[tuple[int, int, int]]:
    """Give every pair that a key ties, not only those through its first record.

    Records under one value of a key are tied to the first of them, which is enough
    to cluster; where that one is kept apart from them, they still are one.
    """
    for key in np.unique(edges.key).tolist():
        own = edges.key == key
        a, b = edges.a[own], edges.b[own]
        if key in (BY_HAND, SCORED):
            yield from zip(a.tolist(), b.tolist(), repeat(key))
            continue
        nodes, heads = connected(a, b)
        order = np.argsort(heads, kind="stable")
        for group in np.split(nodes[order], np.flatnonzero(np.diff(heads[order])) + 1):
            for one, other in combinations(group.tolist(), 2):
                yield one, other, key


def _torn(nodes: Numbers, labels: Numbers, different: Sequence[Pair]) -> Numbers:
    """Give the clusters that hold a pair which was decided to be different."""
    if not different:
        return np.array([], dtype=np.int64)
    label_of = dict(zip(nodes.tolist(), labels.tolist(), strict=True))
    found = {
        label_of[a]
        for a, b in different
        if a in label_of and label_of[a] == label_of.get(b)
    }
    return np.array(sorted(found), dtype=np.int64)
