"""The cells of a customer record that all stores write: the shared half."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from benchmarks import rates, texts
from benchmarks.draws import Draws, Ints
from benchmarks.people import People
from benchmarks.records import BAD_EMAIL, NO_NUMBER, Records
from benchmarks.texts import chosen, digits, joined, where
from benchmarks.vocabulary import (
    CITIES,
    OLD_GROUPS,
    STREET_NAMES,
    WEB_GROUPS,
)


@dataclass(frozen=True)
class Cells:
    """One element per record of one store, spelled out, dirt included."""

    first: pa.Array
    last: pa.Array
    email: pa.Array
    number: pa.Array
    city: pa.Array
    street: pa.Array
    groups: pa.Array


def cells(draws: Draws, people: People, rows: Records, store: int) -> Cells:
    """Spell out the records of one store."""
    who = rows.who
    first, last = texts.names(people, who, rows.spelling, rows.letters)
    email = _cased(draws, rows.key, texts.emails(draws, people, who, rows.email))
    broken = texts.bad_emails(draws, people, who)
    home = people.household[who]
    street = [
        chosen(STREET_NAMES, draws.below("street", home, len(STREET_NAMES))),
        " ",
        digits(1 + draws.below("house", home, 120)),
    ]
    names = OLD_GROUPS if store == rates.OLD else WEB_GROUPS
    one, two = groups_of(draws, rows)
    groups = [
        chosen((*names, ""), one),
        where(two != NO_GROUP, "," if store == rates.OLD else ", ", ""),
        chosen((*names, ""), two),
    ]
    return Cells(
        first=first,
        last=last,
        email=where(rows.dirt == BAD_EMAIL, broken, email),
        number=where(rows.dirt == NO_NUMBER, "", external_ids(rows)),
        city=_city(people, who),
        street=joined(street),
        groups=joined(groups),
    )


NO_GROUP = len(WEB_GROUPS)


def groups_of(draws: Draws, rows: Records) -> tuple[Ints, Ints]:
    """Give the places of up to two groups of each record, else NO_GROUP."""
    one = draws.below("group", rows.key, NO_GROUP * 2)
    two = draws.below("another group", rows.key, NO_GROUP * 4)
    one = np.where(rows.store == rates.MAIL, NO_GROUP, np.minimum(one, NO_GROUP))
    two = np.where((one == NO_GROUP) | (two == one), NO_GROUP, two)
    return one, np.minimum(two, NO_GROUP)


def external_ids(rows: Records) -> pa.Array:
    """Give each record's customer number as its store writes it."""
    web = digits(7_000_000_000_000 + rows.key * 37)
    old = digits(100_000 + rows.key)
    mail = joined(["M", pc.utf8_lpad(digits(rows.key), 9, "0")])
    return where(
        rows.store == rates.WEB, web, where(rows.store == rates.OLD, old, mail)
    )


def _city(people: People, who: Ints) -> pa.Array:
    """Give the city: the same for all of a household, moved or not."""
    sizes = np.array([len(cities) for cities in CITIES])
    starts = np.cumsum(sizes) - sizes
    country = people.country[who]
    place = starts[country] + people.place[who] // 16 % sizes[country]
    return chosen([city for cities in CITIES for city in cities], place)


def _cased(draws: Draws, key: Ints, email: pa.Array) -> pa.Array:
    """Give e-mails, some in capitals or with one, a few with a space behind."""
    form = draws.pick("capitals", key, (0.75, 0.15, 0.09, 0.01))
    known = pc.binary_length(email).to_numpy() > 0
    spaced = where((form == 3) & known, " ", "")
    email = pc.choose(
        pa.array(form),
        email,
        pc.ascii_capitalize(email),
        pc.ascii_upper(email),
        email,
    )
    return joined([email, spaced])
