"""The records of the people: in which store, and what has changed between two.

One element per record. A person's records follow each other as they were made:
what has changed by one of them (a move, another e-mail) has changed for good.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from benchmarks.draws import Bools, Draws, Ints
from benchmarks.labelled import rates
from benchmarks.labelled.people import NOBODY, People
from benchmarks.labelled.words import FIRST

OWN_EMAIL, SHARED_EMAIL, SECOND_EMAIL, WORK_EMAIL, OFFICE_EMAIL, NO_EMAIL = range(6)
MOBILE, LANDLINE, NEW_MOBILE, NEW_LANDLINE, SWITCHBOARD, NO_PHONE = range(6)
PLAIN, INITIAL, NICKNAME, SPELLING, MIDDLE, MISSING = range(6)
HOME, NEW_HOME, OFFICE, NO_PLACE = range(4)
AS_IS, CAPITALS, LOWER, NO_ACCENTS, SCRIPT = range(5)
SCRIPTED = np.array([name.own != name.here for name in FIRST])
_MANY = 8  # more than any person has records


@dataclass(frozen=True)
class Records:
    """What was written down. ``key`` is who and the how manieth, never twice.

    ``company`` is the company that the record is of, else NOBODY. ``married``
    tells of another surname, ``nameless`` of no name at all.
    """

    key: Ints
    who: Ints
    nth: Ints
    store: Ints
    company: Ints
    email: Ints
    phone: Ints
    place: Ints
    form: Ints
    letters: Ints
    married: Bools
    swapped: Bools
    nameless: Bools
    born: Bools
    reuses: Bools
    second_day: Bools

    def __len__(self) -> int:
        return len(self.key)


def records(draws: Draws, who: People) -> Records:
    """Give the records of all people."""
    numbers = np.arange(len(who), dtype=np.int64)
    count = 1 + draws.pick("records", numbers, rates.RECORDS)
    person = np.repeat(numbers, count)
    nth = np.arange(len(person)) - np.repeat(np.cumsum(count) - count, count)
    key = person * _MANY + nth
    store = _stores(draws, who, person, nth)
    company = _company(draws, who, person, key, store)
    place = _places(draws, who, person, nth, key, store)
    email = _emails(draws, who, person, nth, key, store)
    phone = _phones(draws, who, person, nth, key, store, place)
    form = np.where(nth > 0, draws.pick("form", key, rates.FORMS), PLAIN)
    unsaid = _by_store(draws, "no first", key, store, rates.NO_FIRST_NAME)
    unsaid &= (email != NO_EMAIL) | (phone != NO_PHONE)
    nameless = _by_store(draws, "no name", key, store, rates.NO_NAME)
    nameless &= (email != NO_EMAIL) | (phone != NO_PHONE)
    reuses = (store == rates.OLD) & draws.chance("reused id", key, rates.REUSED_ID)
    return Records(
        key=key,
        who=person,
        nth=nth,
        store=store,
        company=company,
        email=email,
        phone=phone,
        place=place,
        form=np.where(unsaid, MISSING, form),
        letters=_letters(draws, key, store, SCRIPTED[who.first[person]]),
        married=_since(draws, "new surname", person, nth, rates.NEW_SURNAME),
        swapped=_by_store(draws, "swapped", key, store, rates.SWAPPED),
        nameless=nameless,
        born=_by_store(draws, "birth date", key, store, rates.BIRTH_DATE),
        reuses=reuses,
        second_day=reuses | draws.chance("second day", key, rates.SECOND_DAY),
    )


def _by_store(
    draws: Draws, what: str, key: Ints, store: Ints, rate: tuple[float, ...]
) -> Bools:
    hit: Bools = draws.share(what, key) < np.asarray(rate)[store]
    return hit


def _since(draws: Draws, what: str, who: Ints, nth: Ints, rate: float) -> Bools:
    """Tell for which records something has happened since the person's first."""
    happened = np.zeros(len(nth), dtype=bool)
    for time in range(1, int(nth.max()) + 1):
        happened |= (nth >= time) & draws.chance(what, who * _MANY + time, rate)
    return happened


def _by_post(draws: Draws, person: Ints) -> Bools:
    """Tell whose records are of somebody who has no e-mail."""
    return draws.chance("by post", person, rates.BY_POST)


def _stores(draws: Draws, who: People, person: Ints, nth: Ints) -> Ints:
    """Give the store of each record: the first's, or often another one."""
    works = who.company[person] != NOBODY
    by_post = _by_post(draws, person)
    store = np.zeros(len(person), dtype=np.int64)
    first_of = np.arange(len(person)) - nth
    for time in range(int(nth.max()) + 1):
        now = np.flatnonzero(nth == time)
        number = person[now] * _MANY + time
        drawn = np.where(
            works[now],
            draws.pick("store", number, rates.COMPANY_STORES),
            draws.pick("store", number, rates.PRIVATE_STORES),
        )
        if time:
            first = store[first_of[now]]
            other = _by_store(draws, "other store", number, first, rates.OTHER_STORE)
            step = 1 + draws.below("which store", number, 2)
            limit = np.where(works[now], 4, 3)
            drawn = np.where(drawn == first, (first + step) % limit, drawn)
            drawn = np.where(other, drawn, first)
        online = ~by_post[now] | (drawn == rates.OLD) | (drawn == rates.TRADE)
        store[now] = np.where(online, drawn, rates.OLD)
    return store


def _company(draws: Draws, who: People, person: Ints, key: Ints, store: Ints) -> Ints:
    second = (who.second[person] != NOBODY) & draws.chance("for which", key, 0.5)
    company = np.where(second, who.second[person], who.company[person])
    return np.where(store == rates.TRADE, company, NOBODY)


def _places(
    draws: Draws, who: People, person: Ints, nth: Ints, key: Ints, store: Ints
) -> Ints:
    moved = _since(draws, "moved", who.household[person] + 2**40, nth, rates.MOVED)
    place = np.where(moved, NEW_HOME, HOME)
    at_work = (store == rates.TRADE) & ~draws.chance("home", key, rates.HOME_ADDRESS)
    place = np.where(at_work, OFFICE, place)
    none = _by_store(draws, "no address", key, store, rates.NO_ADDRESS)
    return np.where(none, NO_PLACE, place)


def _emails(
    draws: Draws, who: People, person: Ints, nth: Ints, key: Ints, store: Ints
) -> Ints:
    new = _since(draws, "new e-mail", person, nth, rates.NEW_EMAIL)
    new |= (nth > 0) & draws.chance("other e-mail", key, rates.OTHER_EMAIL)
    email = np.where(who.boxed[person] & ~new, SHARED_EMAIL, OWN_EMAIL)
    email = np.where(new, SECOND_EMAIL, email)
    trade = store == rates.TRADE
    at_work = trade & draws.chance("work e-mail", key, rates.WORK_EMAIL)
    email = np.where(at_work, WORK_EMAIL, email)
    company = who.company[person]
    office = (company != NOBODY) & (company < who.groups)
    rate = np.where(trade, rates.USES_MAILBOX, rates.USES_MAILBOX_ELSEWHERE)
    office &= draws.share("office e-mail", key) < rate
    email = np.where(office, OFFICE_EMAIL, email)
    none = _by_store(draws, "no e-mail", key, store, rates.NO_EMAIL)
    email = np.where(none | _by_post(draws, person), NO_EMAIL, email)
    ticked = (store == rates.MAIL) & draws.chance("tick box", key, rates.BY_TICK_BOX)
    for time in range(1, int(nth.max()) + 1):
        now = np.flatnonzero((nth == time) & ticked)
        now = now[email[now - 1] != NO_EMAIL]
        email[now] = email[now - 1]
    return email


def _phones(
    draws: Draws,
    who: People,
    person: Ints,
    nth: Ints,
    key: Ints,
    store: Ints,
    place: Ints,
) -> Ints:
    other = (nth > 0) & draws.chance("other phone", key, rates.OTHER_PHONE)
    lands = who.lands[person] ^ (other & (who.size[person] > 1))
    new = _since(draws, "new mobile", person, nth, rates.NEW_MOBILE)
    away = (place == NEW_HOME) & draws.chance(
        "new landline", who.household[person], rates.NEW_LANDLINE
    )
    phone = np.where(new, NEW_MOBILE, MOBILE)
    phone = np.where(lands, np.where(away, NEW_LANDLINE, LANDLINE), phone)
    company = who.company[person]
    board = (store == rates.TRADE) & (company != NOBODY) & (company < who.groups)
    board &= draws.chance("switchboard", key, rates.USES_SWITCHBOARD)
    phone = np.where(board, SWITCHBOARD, phone)
    none = _by_store(draws, "no phone", key, store, rates.NO_PHONE)
    return np.where(none, NO_PHONE, phone)


def _letters(draws: Draws, key: Ints, store: Ints, scripted: Bools) -> Ints:
    """Give how the letters of the names are written."""
    letters = np.full(len(key), AS_IS)
    for what, rate in (
        (NO_ACCENTS, rates.NO_ACCENTS),
        (LOWER, rates.LOWER),
        (CAPITALS, rates.CAPITALS),
    ):
        some = _by_store(draws, f"letters {what}", key, store, rate)
        letters = np.where(some, what, letters)
    script = scripted & _by_store(draws, "script", key, store, rates.OWN_SCRIPT)
    return np.where(script, SCRIPT, letters)
