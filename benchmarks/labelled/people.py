"""The people: who lives with whom, what they are called, where they work.

One element per person, in order of the person's number. Everything about a
person is settled here; what the records make of it is in ``records``.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from benchmarks.draws import Bools, Draws, Ints
from benchmarks.labelled import rates
from benchmarks.labelled.words import ALIKE, FIRST, FIRST_SPAN, LAST_SPAN

NOBODY = -1
_YEAR = 365
_OLDEST, _YOUNGEST = -36 * _YEAR, 34 * _YEAR  # days from 1970: born 1934 to 2004
PLAIN, TWIN, JUNIOR_OF, ALIKE_OF = range(4)
"""What a child is to another of its household, beside one of the family."""


@dataclass(frozen=True)
class People:
    """Who there is. ``first`` and ``last`` are places in the lists of names.

    ``other_last`` is the surname after a marriage. ``group`` and ``company`` are
    NOBODY for most; ``company`` and ``second`` number companies, of which the
    first ``groups`` ones have several people. ``born`` counts days from 1970.
    """

    household: Ints
    member: Ints
    size: Ints
    woman: Bools
    language: Ints
    first: Ints
    last: Ints
    other_last: Ints
    born: Ints
    kin: Ints
    country: Ints
    lands: Bools
    boxed: Bools
    company: Ints
    second: Ints
    groups: int

    def __len__(self) -> int:
        return len(self.household)


def people(draws: Draws, total: int) -> People:
    """Give ``total`` people."""
    household, member, size = _households(draws, total)
    number = np.arange(total, dtype=np.int64)
    head = number - member
    country = draws.pick("country", household, rates.COUNTRIES)
    language = draws.pick("language", household, rates.LANGUAGES)
    partner = (member == 1) & (size >= 2)
    child = member >= 2
    woman = draws.chance("woman", number, 0.5)
    opposite = ~woman[head] ^ draws.chance("same sex", number, rates.SAME_SEX_COUPLE)
    woman = np.where(partner, opposite, woman)
    first = _first_names(draws, "first name", number, language, woman)
    _none_twice(draws, number, member, language, woman, first)
    surname = _last_names(draws, "surname", number, language)
    keeps = draws.chance("own surname", number, rates.OWN_SURNAME)
    last = np.where((member > 0) & ~(partner & keeps), surname[head], surname)
    born = _born(draws, number, head, partner, child)
    kin = np.zeros(total, dtype=np.int64)
    _juniors(draws, number, head, woman, first, kin, child & (member == 2))
    _twins(draws, number, household, born, kin, (member == 3))
    _alike(draws, number, first, kin, (member >= 3))
    lands = (size > 1) & draws.chance("landline", household, rates.LANDLINE)
    lands &= draws.chance("uses landline", number, rates.USES_LANDLINE)
    one = (member < 2) & draws.chance("one mailbox", household, rates.ONE_MAILBOX)
    family = (size > 2) & draws.chance("family box", household, rates.FAMILY_MAILBOX)
    company, second, groups = _companies(draws, number)
    return People(
        household=household,
        member=member,
        size=size,
        woman=woman,
        language=language,
        first=first,
        last=last,
        other_last=_last_names(draws, "married", number, language),
        born=born,
        kin=kin,
        country=country,
        lands=lands,
        boxed=(size > 1) & (one | family),
        company=company,
        second=second,
        groups=groups,
    )


def _households(draws: Draws, total: int) -> tuple[Ints, Ints, Ints]:
    """Give for each person the household, the place in it and how many are in it."""
    sizes = 1 + draws.pick("household", np.arange(total), rates.HOUSEHOLDS)
    ends = np.cumsum(sizes)
    count = int(np.searchsorted(ends, total)) + 1
    sizes, ends = sizes[:count], ends[:count]
    sizes[-1] -= ends[-1] - total
    household = np.repeat(np.arange(count, dtype=np.int64), sizes)
    member = np.arange(total) - np.repeat(np.cumsum(sizes) - sizes, sizes)
    return household, member, np.repeat(sizes, sizes)


def _ranked(draws: Draws, what: str, number: Ints, size: int, flat: int) -> Ints:
    """Give places below ``size``, the first ones the most often, as names go."""
    weights = 1.0 / (np.arange(size) + flat)
    return draws.pick(what, number, tuple(weights / weights.sum()))


def _first_names(
    draws: Draws, what: str, number: Ints, language: Ints, woman: Bools
) -> Ints:
    """Give first names of a language, of women or men; ``language`` fits ``number``."""
    first = np.zeros(len(number), dtype=np.int64)
    for place, spans in enumerate(FIRST_SPAN):
        for sex, (start, end) in enumerate(spans):
            who = np.flatnonzero((language == place) & (woman == (sex == 0)))
            first[who] = start + _ranked(draws, what, number[who], end - start, 15)
    return first


def _none_twice(
    draws: Draws,
    number: Ints,
    member: Ints,
    language: Ints,
    woman: Bools,
    first: Ints,
) -> None:
    """Give another first name to those who bear one that their family has already."""
    for attempt in range(6):
        again = np.zeros(len(number), dtype=bool)
        for back in range(1, len(rates.HOUSEHOLDS)):
            same = np.flatnonzero(member >= back)
            again[same] |= first[same] == first[same - back]
        who = np.flatnonzero(again)
        first[who] = _first_names(
            draws, f"first name {attempt}", number[who], language[who], woman[who]
        )


def _last_names(draws: Draws, what: str, number: Ints, language: Ints) -> Ints:
    last = np.zeros(len(number), dtype=np.int64)
    for place, (start, end) in enumerate(LAST_SPAN):
        who = np.flatnonzero(language == place)
        last[who] = start + _ranked(draws, what, number[who], end - start, 12)
    return last


def _born(draws: Draws, number: Ints, head: Ints, partner: Bools, child: Bools) -> Ints:
    """Give days of birth: partners within some years, parents decades before."""
    born = _OLDEST + draws.below("born", number, _YOUNGEST - _OLDEST)
    parents = child[np.minimum(number + 2, len(number) - 1)]
    born = np.where(parents, _OLDEST + (born - _OLDEST) // 2, born)
    apart = draws.below("years between", number, 11 * _YEAR) - 5 * _YEAR
    born = np.where(partner, born[head] + apart, born)
    younger = (22 + draws.below("young", number, 18)) * _YEAR
    younger += draws.below("day of birth", number, _YEAR)
    return np.where(child, np.minimum(born[head] + younger, 38 * _YEAR), born)


def _juniors(
    draws: Draws,
    number: Ints,
    head: Ints,
    woman: Bools,
    first: Ints,
    kin: Ints,
    eldest: Bools,
) -> None:
    """Give some eldest children the name of their father or mother."""
    some = eldest & draws.chance("junior", number, rates.JUNIOR)
    who = np.flatnonzero(some)
    parent = np.where(woman[head[who]] == woman[who], head[who], head[who] + 1)
    fits = woman[parent] == woman[who]
    first[who[fits]] = first[parent[fits]]
    kin[who[fits]] = JUNIOR_OF


def _twins(
    draws: Draws, number: Ints, household: Ints, born: Ints, kin: Ints, second: Bools
) -> None:
    """Let some second children be born on the day of the first."""
    who = np.flatnonzero(second & draws.chance("twins", household, rates.TWINS))
    born[who] = born[who - 1]
    kin[who] = TWIN


def _alike(draws: Draws, number: Ints, first: Ints, kin: Ints, later: Bools) -> None:
    """Give some children a name that sounds like that of the child before."""
    place = {name.here: n for n, name in reversed(list(enumerate(FIRST)))}
    other = np.full(len(FIRST), NOBODY)
    for one, two in ALIKE:
        other[place[one]] = place[two]
        other[place[two]] = place[one]
    who = np.flatnonzero(later & draws.chance("alike", number, rates.ALIKE_SIBLINGS))
    who = who[other[first[who - 1]] != NOBODY]
    first[who] = other[first[who - 1]]
    kin[who] = np.where(kin[who] == TWIN, TWIN, ALIKE_OF)


def _companies(draws: Draws, number: Ints) -> tuple[Ints, Ints, int]:
    """Give each person's company and the second one; how many are groups.

    Companies with several people come first, in any order of their people; then
    those of one. A second company is one of somebody else, or another of one's own.
    """
    total = len(number)
    order = np.argsort(draws.bits("order at work", number), kind="stable")
    grouped = int(total * rates.IN_GROUP)
    working = int(total * rates.IN_COMPANY)
    sizes = draws.pick("group", np.arange(grouped // 2 + 1), rates.GROUP_WEIGHTS)
    sizes = sizes + rates.GROUP_SIZES[0]
    groups = int(np.searchsorted(np.cumsum(sizes), grouped))
    of_group = np.repeat(np.arange(groups, dtype=np.int64), sizes[:groups])
    company = np.full(total, NOBODY)
    company[order[: len(of_group)]] = of_group
    alone = order[len(of_group) : working]
    company[alone] = groups + np.arange(len(alone))
    companies = groups + len(alone)
    second = np.full(total, NOBODY)
    two = np.flatnonzero(
        (company != NOBODY) & draws.chance("two", number, rates.TWO_COMPANIES)
    )
    elsewhere = draws.below("second company", two, max(2 * companies, 1))
    second[two] = np.where(elsewhere == company[two], companies * 2 + two, elsewhere)
    return company, second, groups
