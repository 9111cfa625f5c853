"""The customer records of people: in which store, saying what, dirty or not.

A person's first record (slot 0) carries every key; each further record (slots
1 and 2 in other stores, 3 under a second number in the same store) shares at
least one key with it. Only records that nothing hangs on are ever dirty, so
rejecting them parts no customer. Slot 4 is a nameless subscription at a
family's mailbox.
"""

from __future__ import annotations

from dataclasses import dataclass, fields

import numpy as np

from benchmarks import rates
from benchmarks.draws import Bools, Draws, Ints
from benchmarks.people import People, whole_families
from benchmarks.times import at_day_and_second
from benchmarks.vocabulary import FIRST_NAMES, OTHER_SPELLINGS

SLOTS = 8
FIRST_SLOT = 0
NAMELESS_SLOT = 4

# links of a further record to the first
FIRST, BY_EMAIL, BY_PHONE, BY_NAME = range(4)
# spellings of the first name
PLAIN, INITIAL, OTHER, MISSING, SWAPPED = range(5)
# kinds of e-mail address; the alternatives are ALTERNATIVE + slot - 1
NO_EMAIL, OWN, ALTERNATIVE, FAMILY, MAILBOX = 0, 1, 2, 5, 6
# kinds of phone; the alternatives are SECOND + slot - 1
NO_PHONE, MOBILE, SECOND, LANDLINE = 0, 1, 3, 6
# what is wrong with a row
(
    CLEAN,
    BAD_TIME,
    BAD_EMAIL,
    NO_NUMBER,
    SHORT_PHONE,
    BAD_COUNTRY,
    BAD_CONSENT,
) = range(7)
DIRT = (
    (BAD_TIME, BAD_EMAIL, NO_NUMBER, SHORT_PHONE, BAD_COUNTRY),
    (BAD_TIME, BAD_EMAIL, NO_NUMBER, SHORT_PHONE),
    (BAD_TIME, BAD_EMAIL, NO_NUMBER, BAD_CONSENT),
)
"""What may be wrong with a row of each store."""
# statuses of consent, in the order in which a tie goes to the last
UNKNOWN, GRANTED, PENDING, NEVER, WITHDRAWN = range(5)

_HAS_OTHER = np.array([name in OTHER_SPELLINGS for name in FIRST_NAMES])
_WORDS = (rates.WEB_WORDS, rates.OLD_WORDS, rates.MAIL_WORDS)
_STATUSES = (
    np.array([UNKNOWN, GRANTED, NEVER]),
    np.array([UNKNOWN, GRANTED, NEVER, WITHDRAWN]),
    np.array([GRANTED, PENDING, NEVER, WITHDRAWN]),
)
UNDATED = -1


@dataclass(frozen=True)
class Records:
    """One element per customer record. Times are seconds since 1970, UTC.

    ``who`` is the place of the person in its chunk, ``key`` a number no other
    record has. ``said`` is the consent's own time or UNDATED.
    """

    who: Ints
    key: Ints
    slot: Ints
    store: Ints
    spelling: Ints
    letters: Ints
    email: Ints
    phone: Ints
    moved: Bools
    dirt: Ints
    created: Ints
    updated: Ints
    status: Ints
    said: Ints

    def take(self, rows: Ints | Bools) -> Records:
        """Give the records at ``rows``, in that order."""
        return Records(*(getattr(self, column.name)[rows] for column in fields(self)))


def _stores(draws: Draws, people: People) -> list[Ints]:
    """Give for slots 0 to 3 the store of each person's record there, or -1."""
    number = people.number
    spread = np.where(
        people.guest, 0, draws.pick("how many stores", number, rates.IN_STORES)
    )
    one = draws.pick("one store", number, rates.ONE_STORE)
    one = np.where(people.guest, rates.WEB, one)
    two = draws.pick("two stores", number, rates.TWO_STORES)
    first = np.array([[0, 0, 0], [0, 0, 1], [0, 0, 0]])
    second = np.array([[-1, -1, -1], [1, 2, 2], [1, 1, 1]])
    choice = np.where(spread == 1, two, 0)
    store0 = np.where(spread == 0, one, first[spread, choice])
    store1 = second[spread, choice]
    store2 = np.where(spread == 2, rates.MAIL, -1)
    again = draws.chance("second number", number, rates.SECOND_NUMBER)
    store3 = np.where(again & ~people.guest, store0, -1)
    return [store0, store1, store2, store3]


def records(draws: Draws, people: People, total: int) -> Records:
    """Give every record of ``people``, slot by slot."""
    stores = _stores(draws, people)
    alone = (stores[1] < 0) & (stores[3] < 0)
    parts = []
    for place, store_there in enumerate(stores):
        there = np.flatnonzero(store_there >= 0)
        parts.append((there, np.full(len(there), place), store_there[there]))
    nameless = np.flatnonzero(
        whole_families(people, total)
        & people.shares_email
        & draws.chance("nameless", people.household, rates.NAMELESS)
    )
    count = len(nameless)
    parts.append((nameless, np.full(count, NAMELESS_SLOT), np.full(count, rates.MAIL)))
    who, slot, store = (np.concatenate(column) for column in zip(*parts, strict=True))
    return _filled(draws, people, who, slot, store, alone[who])


def _filled(
    draws: Draws, people: People, who: Ints, slot: Ints, store: Ints, alone: Bools
) -> Records:
    """Give the records with what they say. ``alone``: the person has no other."""
    key = people.number[who] * SLOTS + slot
    further = (slot > 0) & (slot < NAMELESS_SLOT)
    held = people.mailbox[who] >= 0
    family = people.family[who]
    nameless = slot == NAMELESS_SLOT

    link = np.where(further, 1 + draws.pick("link", key, rates.LINKS), FIRST)
    other_link = np.where(draws.chance("link at work", key, 0.5), BY_PHONE, BY_NAME)
    link = np.where(held & (link == BY_EMAIL), other_link, link)
    free = (link == BY_EMAIL) | (link == BY_PHONE)

    spelling = _spelling(draws, people, who, key, store, link)
    letters = draws.pick("letters", key, rates.LETTERS)
    email = _email(draws, people, who, key, slot, store, link, alone)
    phone = _phone(draws, people, who, key, slot, link, alone)
    may_be_dirty = ~family & ~held & ~people.guest[who] & (further | alone)
    dirty = may_be_dirty & (
        draws.share("dirty", key) < np.array(rates.DIRTY_ROWS)[store]
    )
    dirt = np.full(len(key), CLEAN)
    for place, kinds in enumerate(DIRT):
        there = np.flatnonzero(dirty & (store == place))
        dirt[there] = np.resize(kinds, len(there))  # each kind in its turn

    # Minutes differ from slot to slot, so one record of a person is the newest.
    minute = draws.below("minute", key, 10) * 6 + slot
    second = np.where(store == rates.OLD, 0, draws.below("second", key, 60))
    clock = (7 + draws.below("hour", key, 13)) * 3600 + minute * 60 + second
    day = draws.below("updated", key, 2300)
    age = draws.below("created", key, 1200)
    updated = at_day_and_second(day, clock)
    created = at_day_and_second(day - age, clock)
    status, said = _consent(draws, people, who, key, slot, store)
    return Records(
        who=who,
        key=key,
        slot=slot,
        store=store,
        spelling=np.where(nameless, MISSING, spelling),
        letters=letters,
        email=np.where(nameless, FAMILY, email),
        phone=np.where(nameless, NO_PHONE, phone),
        moved=free & draws.chance("moved", key, rates.MOVED),
        dirt=dirt,
        created=created,
        updated=updated,
        status=status,
        said=said,
    )


def _spelling(
    draws: Draws, people: People, who: Ints, key: Ints, store: Ints, link: Ints
) -> Ints:
    """Give how each record spells the first name: one way besides per person."""
    odd = draws.pick("spelling", people.number, rates.SPELLINGS)[who]
    lonely = ~people.family[who] & (people.mailbox[who] < 0)
    odd = np.where(lonely & (link != FIRST) & (link != BY_NAME), odd, PLAIN)
    odd = np.where((odd == OTHER) & ~_HAS_OTHER[people.first[who]], INITIAL, odd)
    # A phone without a first name is anybody's of that home.
    by_phone = link == BY_PHONE
    swapped = (odd == SWAPPED) & (by_phone | (store == rates.MAIL))
    return np.where(swapped | ((odd == MISSING) & by_phone), PLAIN, odd)


def _email(
    draws: Draws,
    people: People,
    who: Ints,
    key: Ints,
    slot: Ints,
    store: Ints,
    link: Ints,
    alone: Bools,
) -> Ints:
    """Give the kind of e-mail of each record."""
    own = np.where(people.shares_email[who], FAMILY, OWN)
    apart = ALTERNATIVE + slot - 1
    blank = (store != rates.MAIL) & draws.chance("other e-mail", key, 0.3)
    email = np.where(
        (link == FIRST) | (link == BY_EMAIL), own, np.where(blank, NO_EMAIL, apart)
    )
    held = people.mailbox[who] >= 0
    email = np.where(held, MAILBOX, email)
    without = (
        (store == rates.OLD)
        & alone
        & ~held
        & ~people.shares_email[who]
        & draws.chance("no e-mail", key, rates.NO_EMAIL)
    )
    return np.where(without, NO_EMAIL, email)


def _phone(
    draws: Draws,
    people: People,
    who: Ints,
    key: Ints,
    slot: Ints,
    link: Ints,
    alone: Bools,
) -> Ints:
    """Give the kind of phone of each record."""
    own = np.where(people.shares_phone[who], LANDLINE, MOBILE)
    apart = SECOND + slot - 1
    luck = draws.share("phone", key)
    by_email = np.where(luck < 0.5, own, np.where(luck < 0.7, apart, NO_PHONE))
    by_name = np.where(luck < 0.4, apart, NO_PHONE)
    phone = np.select(
        [link == BY_EMAIL, link == BY_NAME], [by_email, by_name], default=own
    )
    return np.where(alone & (luck < rates.NO_PHONE), NO_PHONE, phone)


def _consent(
    draws: Draws, people: People, who: Ints, key: Ints, slot: Ints, store: Ints
) -> tuple[Ints, Ints]:
    """Give each record's status of consent and its own time, or UNDATED."""
    status = np.full(len(key), UNKNOWN)
    for place, words in enumerate(_WORDS):
        said = _STATUSES[place][draws.pick("consent", key, words)]
        status = np.where(store == place, said, status)
    luck = draws.share("dated", key)
    yes, no = rates.WEB_DATED
    web = np.select([status == GRANTED, status == NEVER], [luck < yes, luck < no])
    dated = np.where(
        store == rates.WEB, web, (store == rates.MAIL) & (luck < rates.MAIL_DATED)
    )
    # Now and then a record says so at the very time of the person's first.
    same = (slot < NAMELESS_SLOT) & draws.chance("same time", key, rates.SAME_TIME)
    moment = np.where(same, people.number[who] * SLOTS, key)
    clock = (7 + draws.below("said hour", moment, 13)) * 3600 + draws.below(
        "said second", moment, 3600
    )
    said_at = at_day_and_second(draws.below("said", moment, 2300), clock)
    return status, np.where(dated.astype(bool), said_at, UNDATED)
