"""How well clusters agree with who is who: plain arithmetic on numbers.

A record is a place in two arrays of the same length: the cluster it is in and the
person it is of, each a number. Pairs are counted by the cells of the table of clusters
by persons, never listed: a cell of n records has n (n - 1) / 2 pairs.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np
import numpy.typing as npt

from regpipe.stages.components import Numbers, connected

UNKNOWN = -1
"""The value of a key where a record has none: it agrees with nothing."""

MOST_KEYS = 8
"""Keys up to which the pairs that share none are counted: work doubles with each."""


@dataclass(frozen=True)
class Measure:
    """What was found of what there is: ``right`` of ``found``, and of ``wanted``."""

    right: int
    found: int
    wanted: int

    @property
    def precision(self) -> float | None:
        """Give the share of what was found that is right; None of nothing."""
        return self.right / self.found if self.found else None

    @property
    def recall(self) -> float | None:
        """Give the share of what is wanted that was found; None of nothing."""
        return self.right / self.wanted if self.wanted else None

    @property
    def f1(self) -> float | None:
        """Give the harmonic mean of precision and recall; None of nothing at all."""
        both = self.found + self.wanted
        return 2 * self.right / both if both else None


@dataclass(frozen=True)
class Agreement:
    """Two views of the same: ``pairs`` of records, and whole ``clusters``."""

    pairs: Measure
    clusters: Measure


@dataclass(frozen=True)
class Shared:
    """Pairs in the wrong place, by what they share.

    ``keys`` counts for each key the pairs that share its value, a pair under each of
    them; ``none`` those that share no key, None where there are too many keys to tell.
    """

    total: int
    keys: tuple[int, ...]
    none: int | None


def agreement(cluster: Numbers, person: Numbers) -> Agreement:
    """Hold clusters against persons.

    A pair of records is right when it is in one cluster and of one person. A cluster
    is right when it is all of a person: the same records, no more and no fewer.

    >>> from numpy import array
    >>> found = agreement(array([1, 1, 1, 2]), array([7, 7, 8, 8]))
    >>> found.pairs, found.clusters
    (Measure(right=1, found=3, wanted=2), Measure(right=0, found=2, wanted=2))
    """
    clusters, cluster_sizes = _counted(cluster)
    persons, person_sizes = _counted(person)
    cells, cell_sizes = _counted(clusters, persons)
    first = np.zeros(len(cell_sizes), dtype=np.int64)
    first[cells] = np.arange(len(cells))
    alike = (cell_sizes == cluster_sizes[clusters[first]]) & (
        cell_sizes == person_sizes[persons[first]]
    )
    return Agreement(
        Measure(_pairs(cell_sizes), _pairs(cluster_sizes), _pairs(person_sizes)),
        Measure(int(alike.sum()), len(cluster_sizes), len(person_sizes)),
    )


def false_merges(
    cluster: Numbers, person: Numbers, keys: Sequence[Numbers] = ()
) -> Shared:
    """Count the pairs of two persons in one cluster, by the keys they share."""
    return _shared(cluster, person, keys)


def misses(cluster: Numbers, person: Numbers, keys: Sequence[Numbers] = ()) -> Shared:
    """Count the pairs of one person in two clusters, by the keys they share."""
    return _shared(person, cluster, keys)


def joined_above(
    cluster: Numbers, a: Numbers, b: Numbers, score: Sequence[float], least: float
) -> Numbers:
    """Give the clusters as they were if pairs that score ``least`` or more were one.

    ``cluster`` is that of each record; ``a`` and ``b`` are the clusters of the
    records of each scored pair, which may be clusters without a record here.
    """
    enough = np.asarray(score, dtype=np.float64) >= least
    nodes, heads = connected(a[enough], b[enough])
    if not len(nodes):
        return cluster
    place = np.minimum(np.searchsorted(nodes, cluster), len(nodes) - 1)
    return np.where(nodes[place] == cluster, heads[place], cluster)


def _shared(same: Numbers, other: Numbers, keys: Sequence[Numbers]) -> Shared:
    """Count the pairs alike in ``same``, not in ``other``, by the keys they share."""
    mixed = _mixed(same, other)
    same, other = same[mixed], other[mixed]
    keys = [key[mixed] for key in keys]
    total = _apart(same, other)
    alone = tuple(_apart(same, other, key) for key in keys)
    if len(keys) > MOST_KEYS:
        return Shared(total, alone, None)
    # Those that share any key: counted by one, less those by two, and so on.
    either = sum(alone)
    for size in range(2, len(keys) + 1):
        sign = 1 if size % 2 else -1
        either += sign * sum(
            _apart(same, other, *some) for some in combinations(keys, size)
        )
    return Shared(total, alone, total - either)


def _mixed(same: Numbers, other: Numbers) -> npt.NDArray[np.bool_]:
    """Tell which records are alike in ``same`` with some that differ in ``other``."""
    groups, sizes = _counted(same)
    cells, cell_sizes = _counted(groups, other)
    differ: npt.NDArray[np.bool_] = cell_sizes[cells] < sizes[groups]
    return differ


def _apart(same: Numbers, other: Numbers, *keys: Numbers) -> int:
    """Count the pairs that agree on ``same`` and all ``keys`` but not on ``other``."""
    if keys:
        known = np.logical_and.reduce([key != UNKNOWN for key in keys])
        same, other = same[known], other[known]
        keys = tuple(key[known] for key in keys)
    return _alike(same, *keys) - _alike(same, other, *keys)


def _alike(*columns: Numbers) -> int:
    """Count the pairs of records that agree on all columns."""
    return _pairs(_counted(*columns)[1])


def _counted(*columns: Numbers) -> tuple[Numbers, Numbers]:
    """Give the number of each record's row among the distinct ones, and their sizes."""
    numbers = np.zeros(len(columns[0]), dtype=np.int64)
    for column in columns:
        _, own = np.unique(column, return_inverse=True)
        width = int(own.max()) + 1 if len(own) else 1
        _, numbers = np.unique(numbers * width + own, return_inverse=True)
    return numbers, np.bincount(numbers).astype(np.int64)


def _pairs(sizes: Numbers) -> int:
    """Count the pairs within groups of these sizes."""
    return int((sizes * (sizes - 1) // 2).sum())
