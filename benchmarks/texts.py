"""Spelling out names, addresses, phones and amounts, a column at a time."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeAlias

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from benchmarks.draws import Bools, Draws, Ints
from benchmarks.people import HOME_POSTCODES, MOVED_POSTCODES, People
from benchmarks.records import (
    ALTERNATIVE,
    FAMILY,
    INITIAL,
    LANDLINE,
    MAILBOX,
    MISSING,
    MOBILE,
    NO_EMAIL,
    NO_PHONE,
    OTHER,
    OWN,
    SECOND,
    SWAPPED,
)
from benchmarks.vocabulary import (
    CALLING_CODES,
    FIRST_NAMES,
    LAST_NAMES,
    NUMBER_STARTS,
    OTHER_SPELLINGS,
    flat,
    unaccented,
)

Piece: TypeAlias = "pa.Array | str"

PAD2 = pa.array([f"{n:02d}" for n in range(100)])
PAD3 = pa.array([f"{n:03d}" for n in range(1000)])

_FIRST_FORMS = pa.array(
    [
        *FIRST_NAMES,
        *(name.upper() for name in FIRST_NAMES),
        *(unaccented(name) for name in FIRST_NAMES),
        *(f"{name[0]}." for name in FIRST_NAMES),
        *(OTHER_SPELLINGS.get(name, "?") for name in FIRST_NAMES),
        *("" for _ in FIRST_NAMES),
    ]
)
_LAST_FORMS = pa.array(
    [
        *LAST_NAMES,
        *(name.upper() for name in LAST_NAMES),
        *(unaccented(name) for name in LAST_NAMES),
    ]
)
_LEFT = pa.array([*map(flat, FIRST_NAMES), "", "familjen", "info"])
_RIGHT = pa.array([*map(flat, LAST_NAMES), ""])
_BETWEEN = pa.array([".", "", "_"])
_AT = pa.array(
    ["", "@example.com", "@example.net", "@example.org", "@company", "@@example.com"]
)
_AT_COMPANY, _AT_TWICE = 4, 5
_STARTS = pa.array([start for country in NUMBER_STARTS for start in country])
_CODES = pa.array(CALLING_CODES)
_POSTCODES = pa.array(HOME_POSTCODES + MOVED_POSTCODES)
_SPACED_POSTCODES = pa.array(
    [
        f"{code[:3]} {code[3:]}" if len(code) == 5 and code[0] != "0" else code
        for code in HOME_POSTCODES + MOVED_POSTCODES
    ]
)


def joined(pieces: Sequence[Piece], separator: str = "") -> pa.Array:
    """Join columns and fixed texts, row by row; no piece may be null."""
    return pc.binary_join_element_wise(*pieces, separator)


def chosen(names: Sequence[str], places: Ints) -> pa.Array:
    """Give for each of ``places`` the name there."""
    return pa.array(names).take(pa.array(places))


def where(rows: Bools, yes: Piece, no: Piece) -> pa.Array:
    """Give ``yes`` for the rows that are true, else ``no``."""
    return pc.if_else(pa.array(rows), yes, no)


def digits(numbers: Ints) -> pa.Array:
    """Spell whole numbers."""
    return pa.array(numbers).cast(pa.string())


def money(cents: Ints) -> pa.Array:
    """Spell an amount as ``1234.50``."""
    return joined([digits(cents // 100), ".", PAD2.take(pa.array(cents % 100))])


def swedish_money(cents: Ints) -> pa.Array:
    """Spell an amount below a million as ``1 234,50``."""
    whole = cents // 100
    below = joined([digits(whole // 1000), " ", PAD3.take(pa.array(whole % 1000))])
    number = where(whole >= 1000, below, digits(whole))
    return joined([number, ",", PAD2.take(pa.array(cents % 100))])


def names(
    people: People, who: Ints, spelling: Ints, letters: Ints
) -> tuple[pa.Array, pa.Array]:
    """Give first and last names as the records spell them, empty if missing."""
    form = np.select(
        [spelling == INITIAL, spelling == OTHER, spelling == MISSING],
        [3, 4, 5],
        default=letters,
    )
    first = _FIRST_FORMS.take(pa.array(form * len(FIRST_NAMES) + people.first[who]))
    last = _LAST_FORMS.take(pa.array(letters * len(LAST_NAMES) + people.last[who]))
    swapped = spelling == SWAPPED
    return where(swapped, last, first), where(swapped, first, last)


def emails(draws: Draws, people: People, who: Ints, kind: Ints) -> pa.Array:
    """Give each address in lower case, empty for kind NO_EMAIL."""
    first, last = people.first[who], people.last[who]
    bare, family, info = range(len(FIRST_NAMES), len(FIRST_NAMES) + 3)
    last_only = kind == ALTERNATIVE + 1
    left = np.select(
        [last_only | (kind == NO_EMAIL), kind == FAMILY, kind == MAILBOX],
        [bare, family, info],
        default=first,
    )
    without_last = (kind == ALTERNATIVE) | (kind == MAILBOX) | (kind == NO_EMAIL)
    right = np.where(without_last, len(LAST_NAMES), last)
    between = np.select(
        [(kind == OWN) | (kind == FAMILY), kind == ALTERNATIVE + 2], [0, 2], default=1
    )
    number = np.where(kind == FAMILY, people.household[who], people.number[who])
    domain = 1 + draws.below("domain", number, 3)
    at = np.select(
        [kind == NO_EMAIL, kind == MAILBOX], [0, _AT_COMPANY], default=domain
    )
    box = kind == MAILBOX
    number_text = where(box | (kind == NO_EMAIL), "", digits(number))
    company = where(box, joined([digits(people.mailbox[who]), ".example.com"]), "")
    return joined(
        [
            _LEFT.take(pa.array(left)),
            _BETWEEN.take(pa.array(between)),
            _RIGHT.take(pa.array(right)),
            number_text,
            _AT.take(pa.array(at)),
            company,
        ]
    )


def email_addresses(people: People, who: Ints, kind: Ints) -> Ints:
    """Give a number per address: equal for equal addresses, -1 for none."""
    of_whom = np.select(
        [kind == FAMILY, kind == MAILBOX],
        [people.household[who], people.mailbox[who]],
        default=people.number[who],
    )
    return np.where(kind == NO_EMAIL, -1, of_whom * 8 + kind)


def bad_emails(draws: Draws, people: People, who: Ints) -> pa.Array:
    """Give texts that are no e-mail addresses: two signs, or a domain without a dot."""
    local = _LEFT.take(pa.array(people.first[who]))
    twice = draws.chance("bad e-mail", people.number[who], 0.5)
    return joined([local, where(twice, "@@example.com", "@example")])


LOCAL, ZEROS, PLAIN_NATIONAL, TIGHT, SPACED, DASHED = range(6)
"""Spellings of a phone: 070-123 45 67, 0046 70 123 45 67, 070 1234567,
+46701234567, +46 70 123 45 67, +46 70-123 45 67."""
_LEAD = pa.array(["0", "00", "0", "+", "+", "+"])
_CODE_SHOWN = np.array([0, 1, 0, 1, 1, 1])
_AFTER_CODE = pa.array(["", " ", "", "", " ", " "])
_AFTER_START = pa.array(["-", " ", " ", "", " ", "-"])
_IN_NUMBER = pa.array([" ", " ", "", "", " ", " "])


def phones(
    draws: Draws, people: People, who: Ints, kind: Ints, spelling: Ints
) -> pa.Array:
    """Give each phone in its spelling, empty for kind NO_PHONE."""
    number, country = people.number[who], people.country[who]
    half_size = 10_000_000
    own = draws.scattered("mobile", number, 2 * half_size)
    second = draws.scattered("second phone", number, half_size)
    landline = draws.scattered("landline", people.household[who], half_size)
    seven = np.select(
        [kind == MOBILE, kind == LANDLINE],
        [own % half_size, landline],
        default=second,
    )
    start = np.select(
        [kind == MOBILE, kind == LANDLINE],
        [own // half_size, 5],
        default=2 + np.maximum(kind - SECOND, 0),
    )
    form = pa.array(spelling)
    code = where(_CODE_SHOWN[spelling] == 1, _CODES.take(pa.array(country)), "")
    between = _IN_NUMBER.take(form)
    text = joined(
        [
            _LEAD.take(form),
            code,
            _AFTER_CODE.take(form),
            _STARTS.take(pa.array(country * len(NUMBER_STARTS[0]) + start)),
            _AFTER_START.take(form),
            PAD3.take(pa.array(seven // 10_000)),
            between,
            PAD2.take(pa.array(seven // 100 % 100)),
            between,
            PAD2.take(pa.array(seven % 100)),
        ]
    )
    return where(kind == NO_PHONE, "", text)


def postcodes(people: People, who: Ints, moved: Bools, spaced: bool) -> pa.Array:
    """Give each postcode, Swedish ones as ``123 45`` if ``spaced``."""
    place = people.place[who] + np.where(moved, len(HOME_POSTCODES), 0)
    return (_SPACED_POSTCODES if spaced else _POSTCODES).take(pa.array(place))
