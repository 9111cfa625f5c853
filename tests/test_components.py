"""Clusters of record numbers: connected, and kept apart where a person said so."""

from itertools import combinations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from regpipe.sql.ties import BY_HAND, SCORED
from regpipe.stages.clusters import Edges, cluster, direct
from regpipe.stages.components import apart, connected

few = st.integers(0, 12)
pairs = st.lists(st.tuples(few, few), max_size=30)
edges = st.lists(st.tuples(few, few, st.integers(BY_HAND, 2)), max_size=20)


def union_find(edges):
    """Give the least record of the cluster of each record that has an edge."""
    parent = {record: record for edge in edges for record in edge}

    def root(record):
        while parent[record] != record:
            record = parent[record]
        return record

    for a, b in edges:
        low, high = sorted((root(a), root(b)))
        parent[high] = low
    return {record: root(record) for record in parent}


def clusters(edges):
    a, b = (np.array([edge[side] for edge in edges], np.int64) for side in (0, 1))
    nodes, labels = connected(a, b)
    assert list(nodes) == sorted(set(nodes.tolist()))
    return dict(zip(nodes.tolist(), labels.tolist(), strict=True))


@given(pairs)
def test_records_are_clustered_as_a_plain_union_find_does(edges):
    assert clusters(edges) == union_find(edges)


@given(pairs, st.randoms())
def test_the_order_of_edges_does_not_matter(edges, random):
    other = [edge if random.random() < 0.5 else edge[::-1] for edge in edges]
    random.shuffle(other)
    assert clusters(edges) == clusters(other)


@pytest.mark.parametrize("length", [2, 3, 1000])
@pytest.mark.parametrize("order", [1, -1])
def test_a_long_chain_is_one_cluster(length, order):
    chain = [(n, n + 1) for n in range(length)][::order]
    assert set(clusters(chain).values()) == {0}


def test_ten_thousand_records_in_a_scrambled_chain_are_one_cluster():
    places = np.random.default_rng(1).permutation(10_000)
    nodes, labels = connected(places[:-1], places[1:])
    assert (len(nodes), set(labels.tolist())) == (10_000, {0})


def test_no_edge_makes_no_cluster():
    assert clusters([]) == {}


@given(edges, pairs)
def test_a_pair_that_is_different_is_never_in_one_cluster(edges, different):
    different = [(a, b) for a, b in different if a != b]
    home = apart(edges, different)
    together = [(a, b) for a, b in different if a in home and home[a] == home.get(b)]
    assert together == []


@given(edges, pairs, st.randoms())
def test_keeping_apart_depends_on_the_set_of_edges_alone(edges, different, random):
    different = [(a, b) for a, b in different if a != b]
    shuffled = [pair if random.random() < 0.5 else pair[::-1] for pair in different]
    random.shuffle(shuffled)
    again = [*edges, *edges[:5]]
    random.shuffle(again)
    assert apart(edges, different) == apart(again, shuffled)


@given(edges)
def test_with_nothing_different_it_is_a_plain_union_find(edges):
    assert apart(edges, []) == union_find([(a, b) for a, b, _ in edges])


@given(edges, pairs)
def test_an_edge_is_left_out_only_where_it_would_join_a_different_pair(
    edges, different
):
    different = {frozenset(pair) for pair in different if len(set(pair)) == 2}
    home = apart(edges, [tuple(pair) for pair in different])
    cluster = {}
    for record, least in home.items():
        cluster.setdefault(least, set()).add(record)
    for a, b, _ in edges:
        both = cluster[home[a]] | cluster[home[b]]
        if home[a] != home[b]:
            assert any(frozenset(pair) in different for pair in combinations(both, 2))


@pytest.mark.parametrize(
    ("edges", "different", "expected"),
    [
        ([(1, 2, 0), (2, 3, 0)], [(1, 3)], {1: 1, 2: 1, 3: 3}),
        ([(1, 2, 1), (2, 3, 0)], [(1, 3)], {1: 1, 2: 2, 3: 2}),
        ([(1, 2, 0), (2, 3, BY_HAND)], [(1, 3)], {1: 1, 2: 2, 3: 2}),
        ([(1, 2, 0)], [(1, 2)], {1: 1, 2: 2}),
        ([(1, 2, 0), (3, 4, 0), (2, 3, 1)], [(1, 4)], {1: 1, 2: 1, 3: 3, 4: 3}),
    ],
    ids=["first", "stronger-key", "by-hand", "only-edge", "two-clusters"],
)
def test_a_decision_goes_first_then_the_stronger_key(edges, different, expected):
    assert apart(edges, different) == expected


@pytest.mark.parametrize(
    ("edges", "expected"),
    [
        ([(2, 1, 0), (3, 1, 0)], {(1, 2, 0), (1, 3, 0), (2, 3, 0)}),
        ([(2, 1, 0), (3, 1, 1)], {(1, 2, 0), (1, 3, 1)}),
        ([(2, 1, BY_HAND), (3, 1, BY_HAND)], {(2, 1, BY_HAND), (3, 1, BY_HAND)}),
        ([(2, 1, SCORED), (3, 1, SCORED)], {(2, 1, SCORED), (3, 1, SCORED)}),
        ([(2, 1, 0), (9, 8, 0)], {(1, 2, 0), (8, 9, 0)}),
    ],
    ids=["one-value", "two-keys", "by-hand", "scored", "two-values"],
)
def test_records_of_one_value_are_tied_each_to_each_not_only_to_the_first(
    edges, expected
):
    columns = (np.array([edge[n] for edge in edges], np.int64) for n in range(3))
    assert set(direct(Edges(*columns))) == expected


def test_who_is_tied_through_one_that_is_kept_apart_stays_together():
    """1, 2 and 3 share a value; 1 is neither 2 nor 3."""
    a, b, key = (np.array(column, np.int64) for column in ([2, 3], [1, 1], [0, 0]))
    found = cluster(Edges(a, b, key), [(1, 2), (1, 3)], largest=9)
    assert dict(zip(found.nodes.tolist(), found.labels.tolist(), strict=True)) == {
        1: 1,
        2: 2,
        3: 2,
    }
