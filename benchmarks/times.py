"""Times of the invented world: local time of Stockholm, kept in UTC seconds.

Every time lies between 07:00 and 20:00 local, so none falls into the hours
that summer time skips or repeats.
"""

from __future__ import annotations

from datetime import date, timedelta

import numpy as np
import pyarrow as pa

from benchmarks.draws import Ints

FIRST_DAY = date(2019, 3, 1)
"""Day 0 of the world. Records are updated within 2,300 days from it, and were
created at most 1,200 days before their update."""
_EARLIEST = date(2015, 1, 1)
_DAYS = 4000
_EPOCH = date(1970, 1, 1)


def _last_sunday(year: int, month: int) -> date:
    """Give the last Sunday of a month of 31 days."""
    last = date(year, month, 31)
    return last - timedelta(days=(last.weekday() + 1) % 7)


def _summer(day: date) -> bool:
    """Tell whether summer time holds in the daytime of ``day``."""
    return _last_sunday(day.year, 3) <= day < _last_sunday(day.year, 10)


_CALENDAR = [_EARLIEST + timedelta(days=n) for n in range(_DAYS)]
_OFFSETS = np.array([7200 if _summer(day) else 3600 for day in _CALENDAR])
_FIRST = (FIRST_DAY - _EARLIEST).days
_BASE = (_EARLIEST - _EPOCH).days

_ISO_DAYS = pa.array([day.isoformat() for day in _CALENDAR])
_DOTTED_DAYS = pa.array([day.strftime("%d.%m.%Y") for day in _CALENDAR])
_CLOCKS = pa.array(
    [
        f"{second // 3600:02d}:{second // 60 % 60:02d}:{second % 60:02d}"
        for second in range(86400)
    ]
)
_SHORT_CLOCKS = pa.array([f"{m // 60:02d}:{m % 60:02d}" for m in range(1440)])


def at_day_and_second(day: Ints, second: Ints) -> Ints:
    """Give in UTC seconds a local time: days from FIRST_DAY, seconds of that day."""
    place = day + _FIRST
    moment: Ints = (place + _BASE) * 86400 + second - _OFFSETS[place]
    return moment


def _split(moment: Ints, offset: Ints | int) -> tuple[pa.Array, pa.Array]:
    """Give the places of day and second of UTC ``moment`` shifted by ``offset``."""
    local = moment + offset
    return pa.array(local // 86400 - _BASE), pa.array(local % 86400)


def _offset(moment: Ints) -> Ints:
    """Give the seconds that Stockholm is ahead of UTC in the daytime of ``moment``."""
    offset: Ints = _OFFSETS[moment // 86400 - _BASE]
    return offset


def with_offset(moment: Ints) -> list[pa.Array | str]:
    """Spell ``2024-05-03 14:22:10 +0200``, as pieces to be joined."""
    offset = _offset(moment)
    day, second = _split(moment, offset)
    names = pa.array([" +0100", " +0200"]).take(pa.array(offset // 3600 - 1))
    return [_ISO_DAYS.take(day), " ", _CLOCKS.take(second), names]


def dotted(moment: Ints) -> list[pa.Array | str]:
    """Spell ``03.05.2024 14:22`` local time, as pieces to be joined."""
    day, second = _split(moment, _offset(moment))
    minute = pa.array(second.to_numpy() // 60)
    return [_DOTTED_DAYS.take(day), " ", _SHORT_CLOCKS.take(minute)]


def iso(moment: Ints, between: str, end: str) -> list[pa.Array | str]:
    """Spell ``2024-05-03T12:22:10Z`` or the like in UTC, as pieces to be joined."""
    day, second = _split(moment, 0)
    return [_ISO_DAYS.take(day), between, _CLOCKS.take(second), end]
