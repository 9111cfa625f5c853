"""Chance by counting: each draw is a pure function of seed, name and number.

So the same seed gives the same world on every machine and version of numpy,
and person 7,000,000 can be made without making the 6,999,999 before.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import gcd
from zlib import crc32

import numpy as np
from numpy.typing import NDArray

Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]

_GOLDEN = 0x9E3779B97F4A7C15
_WORD = (1 << 64) - 1


def _mixed(value: int) -> int:
    """Spread the bits of one number over 64 (splitmix64)."""
    value = (value ^ (value >> 30)) * 0xBF58476D1CE4E5B9 & _WORD
    value = (value ^ (value >> 27)) * 0x94D049BB133111EB & _WORD
    return value ^ (value >> 31)


@dataclass(frozen=True)
class Draws:
    """Draws of one seed; ``what`` names the question, ``index`` who is asked."""

    seed: int

    def bits(self, what: str, index: Ints) -> NDArray[np.uint64]:
        """Give 64 random bits for each of ``index``."""
        salt = _mixed((self.seed * _GOLDEN + crc32(what.encode())) & _WORD)
        value = index.astype(np.uint64) * np.uint64(_GOLDEN) + np.uint64(salt)
        value = (value ^ (value >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
        value = (value ^ (value >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
        mixed: NDArray[np.uint64] = value ^ (value >> np.uint64(31))
        return mixed

    def below(self, what: str, index: Ints, limit: int) -> Ints:
        """Give a number from 0 to ``limit`` - 1 for each of ``index``."""
        high = self.bits(what, index) >> np.uint64(32)
        return (high % np.uint64(limit)).astype(np.int64)

    def share(self, what: str, index: Ints) -> NDArray[np.float64]:
        """Give a fraction from 0 up to 1 for each of ``index``."""
        return (self.bits(what, index) >> np.uint64(11)).astype(np.float64) * 2.0**-53

    def chance(self, what: str, index: Ints, rate: float) -> Bools:
        """Tell for each of ``index`` whether it is of the share ``rate``."""
        hit: Bools = self.share(what, index) < rate
        return hit

    def pick(self, what: str, index: Ints, weights: Sequence[float]) -> Ints:
        """Give for each of ``index`` the place of one of the ``weights``."""
        edges = np.cumsum(np.asarray(weights))[:-1]
        place = np.searchsorted(edges, self.share(what, index), side="right")
        return place.astype(np.int64)

    def scattered(self, what: str, index: Ints, size: int) -> Ints:
        """Give each number below ``size`` another one below it, none twice."""
        salt = _mixed((self.seed + crc32(what.encode())) & _WORD)
        step = int(size * 0.618) + salt % 997
        while gcd(step, size) != 1:
            step += 1
        moved: Ints = (index * np.int64(step % size) + np.int64(salt % size)) % size
        return moved
