"""Clusters held against persons: hand-made tables, and brute force on any other."""

from itertools import combinations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from regpipe.stages.agreement import (
    MOST_KEYS,
    Measure,
    agreement,
    false_merges,
    joined_above,
    misses,
)

FEW = st.integers(-3, 3)


def numbers(values):
    return np.array(values, dtype=np.int64)


@pytest.mark.parametrize(
    ("clusters", "persons", "pairs", "wholes"),
    [
        # right, found, wanted: of pairs, of whole clusters
        ("1", "a", (0, 0, 0), (1, 1, 1)),
        ("11", "aa", (1, 1, 1), (1, 1, 1)),
        ("12", "aa", (0, 0, 1), (0, 2, 1)),
        ("11", "ab", (0, 1, 0), (0, 1, 2)),
        ("1112", "aabb", (1, 3, 2), (0, 2, 2)),
        ("11122", "aaabb", (4, 4, 4), (2, 2, 2)),
        ("112233", "aabbcd", (2, 3, 2), (2, 3, 4)),
        # The same sizes, other records.
        ("1122", "abab", (0, 2, 2), (0, 2, 2)),
    ],
)
def test_a_small_table_has_the_measures_that_one_counts_on_fingers(
    clusters, persons, pairs, wholes
):
    found = agreement(numbers([*map(ord, clusters)]), numbers([*map(ord, persons)]))
    assert found.pairs == Measure(*pairs)
    assert found.clusters == Measure(*wholes)


def test_precision_recall_and_f1_are_shares_and_nothing_has_none():
    found = Measure(right=3, found=4, wanted=6)
    assert (found.precision, found.recall, found.f1) == (0.75, 0.5, 0.6)
    none = Measure(0, 0, 0)
    assert (none.precision, none.recall, none.f1) == (None, None, None)
    missed = Measure(0, 0, 2)
    assert (missed.precision, missed.recall, missed.f1) == (None, 0.0, 0.0)


def of(labels):
    """Give the sets of places that bear each label."""
    groups = {}
    for place, label in enumerate(labels):
        groups.setdefault(label, set()).add(place)
    return {frozenset(group) for group in groups.values()}


def pairs_in(labels):
    return {
        p for p in combinations(range(len(labels)), 2) if labels[p[0]] == labels[p[1]]
    }


@given(st.lists(st.tuples(FEW, FEW), max_size=12))
def test_counting_cells_is_the_same_as_listing_pairs_and_comparing_sets(rows):
    cluster, person = [c for c, _ in rows], [p for _, p in rows]
    found = agreement(numbers(cluster), numbers(person))
    together, same = pairs_in(cluster), pairs_in(person)
    assert found.pairs == Measure(len(together & same), len(together), len(same))
    assert found.clusters == Measure(
        len(of(cluster) & of(person)), len(of(cluster)), len(of(person))
    )


@given(st.integers(0, 3), st.data())
def test_wrong_pairs_by_the_keys_they_share_are_those_that_listing_finds(width, data):
    row = st.tuples(FEW, FEW, *(st.integers(-1, 2) for _ in range(width)))
    rows = data.draw(st.lists(row, max_size=10))
    columns = [numbers([row[n] for row in rows]) for n in range(2 + width)]
    cluster, person, *keys = columns
    merged = pairs_in(cluster.tolist()) - pairs_in(person.tolist())
    missed = pairs_in(person.tolist()) - pairs_in(cluster.tolist())
    for found, wrong in (
        (false_merges(cluster, person, keys), merged),
        (misses(cluster, person, keys), missed),
    ):
        shared = [{(a, b) for a, b in wrong if k[a] == k[b] != -1} for k in keys]
        assert found.total == len(wrong)
        assert found.keys == tuple(map(len, shared))
        assert found.none == len(wrong - set().union(*shared))


def test_pairs_that_share_no_key_are_not_counted_where_keys_are_too_many():
    keys = [numbers([1, 1])] * (MOST_KEYS + 1)
    found = false_merges(numbers([1, 1]), numbers([1, 2]), keys)
    assert (found.total, found.keys, found.none) == (1, (1,) * (MOST_KEYS + 1), None)


SCORES = st.lists(
    st.tuples(st.integers(0, 7), st.integers(0, 7), st.sampled_from([0.5, 0.7, 0.9]))
)


@given(st.lists(st.integers(0, 5), min_size=1, max_size=8), SCORES)
def test_accepting_scores_joins_clusters_as_a_plain_union_of_sets_does(cluster, scores):
    a = numbers([a for a, _, _ in scores])
    b = numbers([b for _, b, _ in scores])
    joined = joined_above(numbers(cluster), a, b, [s for _, _, s in scores], 0.7)
    sets = [{n} for n in range(8)]
    for x, y, score in scores:
        if score >= 0.7:
            one = next(s for s in sets if x in s)
            other = next(s for s in sets if y in s)
            if one is not other:
                one |= other
                sets.remove(other)
    home = [next(n for n, s in enumerate(sets) if c in s) for c in cluster]
    assert of(joined.tolist()) == of(home)
