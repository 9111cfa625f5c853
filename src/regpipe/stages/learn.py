"""Learn: what the outcomes of comparisons tell, from pairs of which one knows.

A weight is fitted to each outcome so that their sum tells pairs of one person from
pairs of two as well as a sum can (logistic regression with a ridge). What is told
twice, as a street and its postcode are, then counts once. Arithmetic only.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from math import exp

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from regpipe.models import Comparison, Level

Floats = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]

RIDGE = 1.0
"""How strongly a weight is held to 0: by as much as one pair would."""

DIGITS = 6
"""Significant digits of what is learned: fewer than machines differ in."""

_ROUNDS = 100
_CLOSE = 1e-10


def learned(
    comparisons: Sequence[Comparison],
    outcomes: pa.Table,
    same: Bools,
    counts: Floats | None = None,
) -> tuple[float, tuple[Comparison, ...]]:
    """Give the prior and the comparisons with what the pairs teach.

    ``outcomes`` has for each pair the outcome of every comparison, as
    ``Scorer.outcomes`` gives it; ``same`` tells which pairs are one person, ``counts``
    how much each pair counts (one, unless it says so).
    """
    each = np.ones(len(same)) if counts is None else counts
    came_out = _came_out(comparisons, outcomes)
    patterns, place = np.unique(came_out, axis=0, return_inverse=True)
    of, kinds = place.ravel(), len(patterns)
    pairs = np.bincount(of, each, kinds).astype(np.float64)
    ones = np.bincount(of[same], each[same], kinds).astype(np.float64)
    known = patterns.astype(np.float64)
    weights = _fitted(known, pairs, ones)
    of_one, of_two = ones @ known, (pairs - ones) @ known
    found = []
    first = 0
    for comparison in comparisons:
        mine = slice(first, first + len(comparison.known))
        first = mine.stop
        parts = zip(
            _shares(of_one[mine]), _shares(of_two[mine]), weights[1:][mine], strict=True
        )
        levels = iter([_ratio(*map(float, each)) for each in parts])
        found.append(
            replace(
                comparison,
                levels=tuple(
                    level if level.blank else _taught(level, *next(levels))
                    for level in comparison.levels
                ),
            )
        )
    return rounded(1 / (1 + exp(-weights[0]))), tuple(found)


def rounded(number: float) -> float:
    """Give a number in as many digits as a model has.

    >>> rounded(0.123456789)
    0.123457
    """
    return float(f"{number:.{DIGITS}g}")


def _came_out(comparisons: Sequence[Comparison], outcomes: pa.Table) -> Bools:
    """Give a column per outcome that is not blank: did it come out?"""
    columns = []
    for comparison in comparisons:
        values = outcomes[comparison.name].to_numpy()
        last = len(comparison.known) - 1
        columns += [values == last - place for place, _ in enumerate(comparison.known)]
    return np.array(columns, dtype=np.bool_).T


def _fitted(known: Floats, pairs: Floats, ones: Floats) -> Floats:
    """Give the weights (natural logarithms, that of the prior first) that fit best.

    Newton's method, each step halved until it leads down.
    """
    table = np.hstack([np.ones((len(known), 1)), known])
    ridge = np.full(table.shape[1], RIDGE)
    ridge[0] = 1e-6

    def cost(weights: Floats) -> float:
        sums = table @ weights
        off = pairs * np.logaddexp(0, sums) - ones * sums
        return float(off.sum() + (ridge * weights**2).sum() / 2)

    weights = np.zeros(table.shape[1])
    now = cost(weights)
    for _ in range(_ROUNDS):
        chance = 1 / (1 + np.exp(-(table @ weights)))
        slope = table.T @ (ones - pairs * chance) - ridge * weights
        bend = (table.T * (pairs * chance * (1 - chance))) @ table + np.diag(ridge)
        step = np.linalg.solve(bend, slope)
        while cost(weights + step) > now and np.abs(step).max() > _CLOSE:
            step = step / 2
        weights = weights + step
        before, now = now, cost(weights)
        if before - now <= _CLOSE * abs(before):
            break
    return weights


def _shares(counts: Floats) -> Floats:
    """Give the share of each outcome; one that never came out has half a pair's."""
    smoothed = counts + 0.5
    return np.asarray(smoothed / smoothed.sum())


def _ratio(m: float, u: float, weight: float) -> tuple[float, float]:
    """Give m and u whose ratio is that of the weight; the larger is as it was seen.

    >>> _ratio(0.5, 0.3, 2.302585092994046)
    (0.5, 0.05)
    """
    if weight > 0:
        return rounded(m), rounded(m / exp(weight))
    return rounded(u * exp(weight)), rounded(u)


def _taught(level: Level, m: float, u: float) -> Level:
    return replace(level, m=m, u=u)
