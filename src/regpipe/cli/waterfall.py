"""A waterfall: how the parts of a weight add up, as bars from one sum to the next."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

SUM = "sum"
"""The name of the last bar: all parts together."""


@dataclass(frozen=True)
class Bar:
    """One part of a weight: from ``start``, the sum before it, to ``end``."""

    field: str
    level: str
    weight: float
    start: float
    end: float


@dataclass(frozen=True)
class Scale:
    """Where on a line of ``width`` cells a weight lies; 0 is always on it."""

    low: float
    high: float
    width: float

    def at(self, weight: float) -> float:
        """Give the place of a weight, from 0 to ``width``.

        >>> Scale(-10.0, 10.0, 40).at(5.0)
        30.0
        """
        span = self.high - self.low
        return (weight - self.low) / span * self.width if span else 0.0


def waterfall(weights: Sequence[Mapping[str, Any]]) -> tuple[Bar, ...]:
    """Give a bar per part, in order, and one of the sum.

    ``weights`` are the parts: ``field``, ``level`` and ``weight`` (log2).
    """
    bars = []
    total = 0.0
    for each in weights:
        start, total = total, total + each["weight"]
        bars.append(Bar(each["field"], each["level"], each["weight"], start, total))
    return (*bars, Bar(SUM, "", total, 0.0, total))


def scale(bars: Sequence[Bar], width: float) -> Scale:
    """Give the scale on which all bars have room."""
    ends = [0.0, *(each.start for each in bars), *(each.end for each in bars)]
    return Scale(min(ends), max(ends), width)


def drawn(bar: Bar, on: Scale, fill: str) -> str:
    """Give a bar as text: blanks up to where it begins, then ``fill``.

    >>> drawn(Bar("email", "exact", 5.0, -5.0, 0.0), Scale(-10.0, 10.0, 20), "+")
    '     +++++'
    """
    left, right = sorted((on.at(bar.start), on.at(bar.end)))
    begins, ends = round(left), round(right)
    return " " * begins + fill * max(ends - begins, 1 if bar.weight else 0)
