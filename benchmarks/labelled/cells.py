"""What the records say: names, mailboxes, phones, places, birth dates, as texts."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from benchmarks.draws import Bools, Draws, Ints
from benchmarks.labelled import rates, words
from benchmarks.labelled.contacts import emails, phones
from benchmarks.labelled.people import NOBODY, People
from benchmarks.labelled.records import (
    CAPITALS,
    INITIAL,
    LOWER,
    MIDDLE,
    MISSING,
    NEW_HOME,
    NICKNAME,
    NO_ACCENTS,
    NO_PLACE,
    OFFICE,
    SCRIPT,
    SPELLING,
    Records,
)
from benchmarks.labelled.slips import in_date, in_email, in_number, in_word, slipped
from benchmarks.texts import chosen, digits, joined, where

_BORN_FROM = -45 * 366
_DAYS = pa.array(
    [
        (date(1970, 1, 1) + timedelta(days=n)).isoformat()
        for n in range(_BORN_FROM, 40 * 366)
    ]
)


@dataclass(frozen=True)
class Cells:
    """The cells of all records, one column each; blank where nothing is said.

    ``slips`` names, for each kind of cell, the records with a typing error in it.
    """

    first: pa.Array
    last: pa.Array
    email: pa.Array
    phone: pa.Array
    street: pa.Array
    postcode: pa.Array
    town: pa.Array
    country: pa.Array
    company: pa.Array
    org_number: pa.Array
    born: pa.Array
    slips: dict[str, Bools]


def cells(draws: Draws, people: People, rows: Records) -> Cells:
    """Write down every record."""
    slips = _slips(draws, rows)

    def typed(what: str, column: pa.Array, slip: object) -> pa.Array:
        return slipped(draws, what, column, rows.key, slips[what], slip)  # type: ignore[arg-type]

    first, last = _names(draws, people, rows)
    street, postcode, town, country = _places(draws, people, rows)
    born = _DAYS.take(pa.array(people.born[rows.who] - _BORN_FROM))
    numbers = phones(draws, people, rows, slips["phone"])
    return Cells(
        first=typed("first", first, in_word),
        last=typed("last", last, in_word),
        email=typed("email", emails(draws, people, rows), in_email),
        phone=numbers,
        street=typed("street", street, in_word),
        postcode=typed("postcode", postcode, in_number),
        town=typed("city", town, in_word),
        country=country,
        company=_company_names(draws, rows.company),
        org_number=_org_numbers(draws, rows.company),
        born=where(rows.born, typed("birth", born, in_date), ""),
        slips=slips,
    )


def _slips(draws: Draws, rows: Records) -> dict[str, Bools]:
    """Give which cells of which records have a typing error."""
    share = np.where(rows.nth > 0, 1.0, rates.FIRST_SLIPS)
    return {
        what: draws.share(f"slips in {what}", rows.key) < rate * share
        for what, rate in rates.SLIPS.items()
    }


def unaccented(text: str) -> str:
    """Give ``text`` as a system writes it that knows no accents."""
    plain = unicodedata.normalize("NFKD", text.translate(_LETTERS))
    return "".join(c for c in plain if not unicodedata.combining(c))


_LETTERS = str.maketrans(
    {"ø": "o", "Ø": "O", "ł": "l", "Ł": "L", "æ": "ae", "ß": "ss", "Æ": "Ae"}
)


def _lettered(text: str, letters: int) -> str:
    if letters == CAPITALS:
        return text.upper()
    if letters == LOWER:
        return text.lower()
    return unaccented(text) if letters == NO_ACCENTS else text


_FORMS = 8
_FIRST_FORMS = pa.array(
    [
        _lettered(form, letters)
        for letters in range(SCRIPT + 1)
        for name in words.FIRST
        for form in (
            name.own if letters == SCRIPT else name.here,
            f"{name.here[0]}.",
            name.here[0],
            name.nicknames[0] if name.nicknames else name.spelling,
            name.nicknames[-1] if name.nicknames else name.spelling,
            name.spelling,
            "",
            "",
        )
    ]
)
_LAST_FORMS = pa.array(
    [
        _lettered(name[1] if letters == SCRIPT else name[0], letters)
        for letters in range(SCRIPT + 1)
        for pair in words.LAST
        for name in pair
    ]
)


def _names(draws: Draws, people: People, rows: Records) -> tuple[pa.Array, pa.Array]:
    """Give first and last names as they are written, before any slip."""
    either = draws.below("which form", rows.key, 2)
    form = np.select(
        [
            rows.form == INITIAL,
            rows.form == NICKNAME,
            rows.form == SPELLING,
            (rows.form == MISSING) | rows.nameless,
        ],
        [1 + either, 3 + either, 5, 6],
        default=0,
    )
    first_place = people.first[rows.who]
    place = (rows.letters * len(words.FIRST) + first_place) * _FORMS + form
    first = _FIRST_FORMS.take(pa.array(place))
    which = draws.below("middle name", rows.who, 5) + 5 * ~people.woman[rows.who]
    middle = chosen(
        [*words.MIDDLE_NAMES, *(f"{name[0]}." for name in words.MIDDLE_NAMES)],
        which + either * len(words.MIDDLE_NAMES),
    )
    first = where(
        (rows.form == MIDDLE) & ~rows.nameless, joined([first, " ", middle]), first
    )
    last_place = np.where(
        rows.married, people.other_last[rows.who], people.last[rows.who]
    )
    man = (~people.woman[rows.who]).astype(np.int64)
    last = _LAST_FORMS.take(
        pa.array((rows.letters * len(words.LAST) + last_place) * 2 + man)
    )
    last = where(rows.nameless, "", last)
    first, last = where(rows.swapped, last, first), where(rows.swapped, first, last)
    return first, last


def _places(
    draws: Draws, people: People, rows: Records
) -> tuple[pa.Array, pa.Array, pa.Array, pa.Array]:
    """Give street and number, postcode, town and country code."""
    house = people.household[rows.who] * 2 + (rows.place == NEW_HOME)
    office = rows.place == OFFICE
    home = np.where(office, rows.company + 2**41, house)
    country = np.where(office, 0, people.country[rows.who])
    skewed = draws.share("place", home) ** 1.5
    count = np.array(words.POSTCODE_COUNT)[country]
    area = (skewed * count).astype(np.int64)
    step = np.array([11, 5, 5, 59, 21])[country]
    code = np.array(words.POSTCODE_FIRST)[country] + area * step
    postcode = digits(code)
    town = _of_country(words.TOWNS, country, area // 4)
    near = draws.below("street", home, 6)
    street = _of_country(words.STREETS, country, area * 7 + near * 3)
    number = 1 + (draws.share("house number", home) ** 2 * 90).astype(np.int64)
    door = where(
        draws.chance("door", home, 0.12),
        chosen(list("ABCD"), draws.below("which door", home, 4)),
        "",
    )
    nowhere = rows.place == NO_PLACE
    address = joined([street, " ", digits(number), door])
    return (
        where(nowhere, "", address),
        where(nowhere, "", postcode),
        where(nowhere, "", town),
        chosen(words.COUNTRIES, country),
    )


def _of_country(
    lists: tuple[tuple[str, ...], ...], country: Ints, place: Ints
) -> pa.Array:
    """Give a word from the list of each one's country."""
    sizes = np.array([len(names) for names in lists])
    starts = np.cumsum(sizes) - sizes
    flat = [name.replace("_", " ") for names in lists for name in names]
    return chosen(flat, starts[country] + place % sizes[country])


def _company_names(draws: Draws, company: Ints) -> pa.Array:
    known = np.maximum(company, 0)
    name = joined(
        [
            chosen(words.COMPANY_STARTS, draws.below("co 1", known, 30)),
            chosen(words.COMPANY_MIDDLES, draws.below("co 2", known, 8)),
            " i ",
            _of_country(words.TOWNS[:1], known * 0, draws.below("co 3", known, 400)),
            " ",
            chosen(words.COMPANY_ENDS, draws.below("co 4", known, 6)),
        ]
    )
    return where(company == NOBODY, "", name)


def _org_numbers(draws: Draws, company: Ints) -> pa.Array:
    """Give Swedish organisation numbers, check digit included, none twice.

    Their third digit is 2 or more, so that none can be taken for a date of birth.
    """
    known = np.maximum(company, 0)
    drawn = draws.scattered("org number", known, 24_000_000)
    start = np.array([55, 56, 59])[drawn // 8_000_000]
    body = start * 10_000_000 + 2_000_000 + drawn % 8_000_000
    total = np.zeros(len(known), dtype=np.int64)
    for place in range(9):
        digit = body // 10 ** (8 - place) % 10 * (2 - place % 2)
        total += digit // 10 + digit % 10
    text = digits(body * 10 + (10 - total % 10) % 10)
    dashed = joined(
        [pc.utf8_slice_codeunits(text, 0, 6), "-", pc.utf8_slice_codeunits(text, 6, 10)]
    )
    return where(company == NOBODY, "", dashed)
