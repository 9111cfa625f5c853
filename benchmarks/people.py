"""The people of the invented world: households, names, addresses, mailboxes.

Every 20 people make 16 households: 12 and the last live alone, two are
couples, one is a family of three. Every 400 people hold one ``info@`` mailbox.
A household has a last name and postcode that no other household shares, so
the same full name does occur again, and then it is somebody else.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from benchmarks import rates
from benchmarks.draws import Bools, Draws, Ints
from benchmarks.vocabulary import COUNTRIES, FIRST_NAMES, LAST_NAMES

BLOCK = 20
HOUSEHOLDS_OF_BLOCK = 16
MAILBOX_BLOCK = 400
_HOUSE = np.array([*range(12), 12, 12, 13, 13, 14, 14, 14, 15])
_MEMBER = np.array([0] * 12 + [0, 1, 0, 1, 0, 1, 2, 0])
_MEMBERS = np.array([1] * 12 + [2, 2, 3, 1])
_MAILBOX_PLACE = 3


def _postcodes() -> tuple[tuple[str, ...], Ints]:
    """Give the even postcodes of all countries, none in two, and their country."""
    ranges: tuple[tuple[Iterable[int], int], ...] = (
        (range(10000, 98500, 2), 5),
        (range(100, 9999, 2), 5),
        (range(10, 4999, 2), 4),
        (range(5000, 9990, 2), 4),
    )
    codes: list[str] = []
    country: list[int] = []
    for place, (numbers, width) in enumerate(ranges):
        found = [f"{number:0{width}d}" for number in numbers]
        codes += found
        country += [place] * len(found)
    return tuple(codes), np.array(country)


HOME_POSTCODES, POSTCODE_COUNTRY = _postcodes()
MOVED_POSTCODES = tuple(f"{int(c) + 1:0{len(c)}d}" for c in HOME_POSTCODES)
"""The odd postcodes, one beside each home: where those who moved live."""

assert len(COUNTRIES) == POSTCODE_COUNTRY.max() + 1


@dataclass(frozen=True)
class People:
    """One element per person, in order of ``number``.

    ``first`` and ``last`` are places in the lists of names, ``place`` that in
    the list of postcodes. ``member`` counts within the household from 0.
    ``family`` tells who does not live alone, and ``shares_phone`` and
    ``shares_email`` what the household shares. ``mailbox`` is -1 for most.
    """

    number: Ints
    household: Ints
    member: Ints
    first: Ints
    last: Ints
    place: Ints
    country: Ints
    mailbox: Ints
    family: Bools
    shares_phone: Bools
    shares_email: Bools
    guest: Bools


def people(draws: Draws, start: int, stop: int, total: int) -> People:
    """Give the people numbered ``start`` to ``stop`` - 1 of a world of ``total``."""
    number = np.arange(start, stop, dtype=np.int64)
    spot = number % BLOCK
    household = number // BLOCK * HOUSEHOLDS_OF_BLOCK + _HOUSE[spot]
    member = _MEMBER[spot]
    family = _MEMBERS[_HOUSE[spot]] > 1
    shares = draws.pick("family shares", household, rates.FAMILY_SHARES)

    home = draws.scattered("home", household, len(LAST_NAMES) * len(HOME_POSTCODES))
    place = home // len(LAST_NAMES)

    mailbox = number // MAILBOX_BLOCK
    holder = number // BLOCK % BLOCK
    held = (
        (spot == _MAILBOX_PLACE)
        & (holder < rates.MAILBOX_HOLDERS)
        & ((mailbox + 1) * MAILBOX_BLOCK <= total)
    )
    threes = len(FIRST_NAMES) // 3
    first = np.where(
        family,
        draws.below("names of a family", household, threes) * 3 + member,
        draws.below("first name", number, len(FIRST_NAMES)),
    )
    # The first two holders bear one first name, the others each another.
    shift = np.maximum(holder - 1, 0) * 7
    colleague = draws.below("names at work", mailbox, len(FIRST_NAMES)) + shift
    guest = ~family & ~held & draws.chance("guest", number, rates.GUESTS)
    return People(
        number=number,
        household=household,
        member=member,
        first=np.where(held, colleague % len(FIRST_NAMES), first),
        last=home % len(LAST_NAMES),
        place=place,
        country=POSTCODE_COUNTRY[place],
        mailbox=np.where(held, mailbox, -1),
        family=family,
        shares_phone=family & (shares % 2 == 1),
        shares_email=family & (shares >= 2),
        guest=guest,
    )


def whole_families(who: People, total: int) -> Bools:
    """Tell which people are the first of a family of which another exists."""
    whole: Bools = who.family & (who.member == 0) & (who.number + 1 < total)
    return whole
