"""Typing errors: one slip of the fingers in a cell, drawn from the cell's bits."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date

import numpy as np
import pyarrow as pa

from benchmarks.draws import Bools, Draws, Ints

_BESIDE = {
    **dict(zip("qwertyuiop", "wertyuiopå", strict=True)),
    **dict(zip("asdfghjklö", "sdfghjklöä", strict=True)),
    **dict(zip("zxcvbnm", "xcvbnmn", strict=True)),
}
Slip = Callable[[str, int], str]


def slipped(
    draws: Draws, what: str, cells: pa.Array, key: Ints, rows: Bools, slip: Slip
) -> pa.Array:
    """Give the cells with a slip in those of ``rows``; blank ones stay blank."""
    places = np.flatnonzero(rows)
    bits = draws.bits(f"slip in {what}", key[places]).tolist()
    old = cells.take(pa.array(places)).to_pylist()
    new = [slip(cell, b) if cell else cell for cell, b in zip(old, bits, strict=True)]
    whole = np.arange(len(cells))
    whole[places] = len(cells) + np.arange(len(places))
    return pa.concat_arrays([cells, pa.array(new, pa.string())]).take(pa.array(whole))


def in_word(cell: str, bits: int) -> str:
    """Leave a letter out, type it twice, swap two or hit the key beside.

    >>> [in_word("Lindberg", bits) for bits in (8, 9, 10, 11)]
    ['Linberg', 'Linddberg', 'Linbderg', 'Linfberg']
    """
    if len(cell) < 3:
        return cell
    kind, place = bits % 4, 1 + bits // 4 % (len(cell) - 2)
    return _changed(cell, kind, place)


def in_email(cell: str, bits: int) -> str:
    """Slip in the part before the ``@``, not beside one of its signs."""
    local, at, domain = cell.partition("@")
    inner = [
        n
        for n in range(1, len(local) - 1)
        if local[n].isalpha() and local[n + 1].isalpha()
    ]
    if not inner:
        return cell
    return _changed(local, bits % 4, inner[bits // 4 % len(inner)]) + at + domain


def in_number(cell: str, bits: int) -> str:
    """Type another digit, or two digits the wrong way round; not the first two."""
    if len(cell) < 4:
        return cell
    place = 2 + bits // 2 % (len(cell) - 3)
    one, two = cell[place], cell[place + 1]
    if bits % 2 and one != two:
        return cell[:place] + two + one + cell[place + 2 :]
    return cell[:place] + _digit(one, bits // 64) + cell[place + 1 :]


def in_date(cell: str, bits: int) -> str:
    """Swap day and month, or mistake a digit of the day or the year, if it is a day.

    >>> in_date("1971-05-09", 0), in_date("1971-05-09", 1)
    ('1971-09-05', '1972-05-09')
    """
    year, month, day = cell.split("-")
    tries = (
        f"{year}-{day}-{month}",
        f"{year}-{month}-{day[0]}{_digit(day[1], bits // 8)}",
        f"{year[:3]}{_digit(year[3], bits // 8)}-{month}-{day}",
        f"{year[:2]}{year[3]}{year[2]}-{month}-{day}",
    )
    for step in range(len(tries)):
        found = tries[(bits + step) % len(tries)]
        if found != cell and _is_day(found):
            return found
    return cell


def _changed(cell: str, kind: int, place: int) -> str:
    one, two = cell[place], cell[place + 1]
    before, after = cell[:place], cell[place + 1 :]
    if kind == 0 or (kind == 2 and one == two):
        return before + after
    if kind == 2:
        return before + two + one + cell[place + 2 :]
    return before + (one * 2 if kind == 1 else _BESIDE.get(one, "n")) + after


def _digit(digit: str, bits: int) -> str:
    """Give another digit."""
    return str((int(digit) + 1 + bits % 9) % 10)


def _is_day(text: str) -> bool:
    """Tell whether a text is a day on which a customer may be born."""
    try:
        return date(1900, 1, 1) < date.fromisoformat(text) < date(2015, 1, 1)
    except ValueError:
        return False
