"""Clusters: the records that a chain of edges ties together.

Plain arithmetic on record numbers, without a row's values.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable

import numpy as np
import numpy.typing as npt

Numbers = npt.NDArray[np.int64]
Pair = tuple[int, int]


def connected(a: Numbers, b: Numbers) -> tuple[Numbers, Numbers]:
    """Give the records that have an edge, and for each the least of its cluster.

    Hooks the larger root below the smaller until every edge lies within one
    tree, flattening the trees in between.
    """
    nodes, places = np.unique(np.concatenate([a, b]), return_inverse=True)
    left, right = places[: len(a)], places[len(a) :]
    root = np.arange(len(nodes))
    while True:
        x, y = root[left], root[right]
        apart = x != y
        if not apart.any():
            return nodes, nodes[root]
        low, high = np.minimum(x, y)[apart], np.maximum(x, y)[apart]
        np.minimum.at(root, high, low)
        while not np.array_equal(flat := root[root], root):
            root = flat
        left, right = left[apart], right[apart]


def apart(
    edges: Iterable[tuple[int, int, int]], different: Collection[Pair]
) -> dict[int, int]:
    """Cluster one component again so that no ``different`` pair ends up together.

    Edges are taken in a fixed order, a person's decision first, then by key
    and record; one that would join a pair decided to be different is left out.
    Gives the cluster (its least record) of each record that has an edge.
    """
    members: dict[int, set[int]] = {}
    home: dict[int, int] = {}
    foes: dict[int, set[int]] = defaultdict(set)
    for a, b in different:
        foes[a].add(b)
        foes[b].add(a)
    for _, a, b in sorted((key, a, b) for a, b, key in edges):
        for record in (a, b):
            if record not in home:
                home[record] = record
                members[record] = {record}
        x, y = home[a], home[b]
        if x == y or any(foes[r] & members[y] for r in members[x]):
            continue
        low, high = min(x, y), max(x, y)
        for record in members.pop(high):
            members[low].add(record)
            home[record] = low
    return home
