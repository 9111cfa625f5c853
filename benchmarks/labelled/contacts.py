"""Mailboxes and phones: whose they are, and how they are written."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from benchmarks.draws import Bools, Draws, Ints
from benchmarks.labelled import rates, words
from benchmarks.labelled.people import People
from benchmarks.labelled.records import (
    LANDLINE,
    MOBILE,
    NEW_LANDLINE,
    NEW_MOBILE,
    NO_EMAIL,
    NO_PHONE,
    OFFICE_EMAIL,
    OWN_EMAIL,
    SECOND_EMAIL,
    SHARED_EMAIL,
    SWITCHBOARD,
    WORK_EMAIL,
    Records,
)
from benchmarks.labelled.slips import in_number, slipped
from benchmarks.texts import chosen, digits, joined, where
from benchmarks.vocabulary import flat

_LETTERS = str.maketrans({"ł": "l", "ń": "n", "ś": "s", "ż": "z", "ß": "ss", "í": "i"})
_LETTERS |= str.maketrans({"á": "a", "ó": "o", "ñ": "n", "Á": "a", "Ł": "l", "ú": "u"})


def _plain(text: str) -> str:
    return flat(text.translate(_LETTERS)).replace(" ", "").replace("ą", "a")


_FIRST = [_plain(name.here) for name in words.FIRST]
_LAST = [_plain(pair[1][0]) for pair in words.LAST]


def emails(draws: Draws, people: People, rows: Records) -> pa.Array:
    """Give each record's e-mail before any slip, blank where it has none."""
    total = len(people)
    number = np.arange(total, dtype=np.int64)
    own = _mailboxes(draws, people, number, "own")
    second = _mailboxes(draws, people, number, "second")
    home = people.household
    couple = where(
        draws.chance("family mailbox", home, 0.5),
        joined(["familjen.", chosen(_LAST, people.last)]),
        joined([chosen(_FIRST, people.first), "och", chosen(_LAST, people.last)]),
    )
    shared = _at(couple, draws.below("their domain", home, len(words.DOMAINS)))
    heads = number - people.member
    # Of every name one person has the plain mailbox, the others a number in it.
    boxes = _told_apart(pa.concat_arrays([own, second, shared]), people, heads)
    company = np.where(
        rows.company >= 0, rows.company, np.maximum(people.company[rows.who], 0)
    )
    domain = joined([digits(company), ".example.com"])
    word = draws.below("mailbox", company, len(words.MAILBOXES))
    office = joined([chosen(words.MAILBOXES, word), "@foretag", domain])
    at_work = joined(
        [
            chosen(_FIRST, people.first[rows.who]),
            ".",
            chosen(_LAST, people.last[rows.who]),
            "@foretag",
            domain,
        ]
    )
    kinds = {OWN_EMAIL: 0, SECOND_EMAIL: 1, SHARED_EMAIL: 2}
    which = np.zeros(len(rows), dtype=np.int64)
    for kind, part in kinds.items():
        person = heads[rows.who] if kind == SHARED_EMAIL else rows.who
        which = np.where(rows.email == kind, person + part * total, which)
    text = boxes.take(pa.array(which))
    text = where(rows.email == WORK_EMAIL, at_work, text)
    text = where(rows.email == OFFICE_EMAIL, office, text)
    return where(rows.email == NO_EMAIL, "", text)


def _mailboxes(draws: Draws, people: People, number: Ints, what: str) -> pa.Array:
    """Give a mailbox for each person, in one of several forms."""
    first, last = chosen(_FIRST, people.first), chosen(_LAST, people.last)
    form = draws.pick(f"form of {what}", number, rates.FORMS_OF_EMAIL)
    start = draws.below(f"start of {what}", number, len(words.HANDLE_STARTS))
    end = draws.below(f"end of {what}", number, len(words.HANDLE_ENDS))
    handle = joined(
        [chosen(words.HANDLE_STARTS, start), chosen(words.HANDLE_ENDS, end)]
    )
    local = pc.choose(
        pa.array(form),
        joined([first, ".", last]),
        joined([first, last]),
        joined([pc.utf8_slice_codeunits(first, 0, 1), last]),
        joined([first, "_", last]),
        handle,
    )
    return _at(local, draws.below(f"domain of {what}", number, len(words.DOMAINS)))


def _at(local: pa.Array, domain: Ints) -> pa.Array:
    return joined([local, "@", chosen(words.DOMAINS, domain)])


def _told_apart(boxes: pa.Array, people: People, heads: Ints) -> pa.Array:
    """Give every mailbox one holder: to all but the first a number is added."""
    codes = boxes.dictionary_encode().indices.to_numpy()
    order = np.argsort(codes, kind="stable")
    ordered = codes[order]
    starts = np.flatnonzero(np.r_[True, ordered[1:] != ordered[:-1]])
    lengths = np.diff(np.r_[starts, len(ordered)])
    rank = np.empty(len(codes), dtype=np.int64)
    rank[order] = np.arange(len(codes)) - np.repeat(starts, lengths)
    parts = pc.split_pattern(boxes, "@")
    local, domain = pc.list_element(parts, 0), pc.list_element(parts, 1)
    # A word may end in a number of its own.
    dash = where(pc.match_substring_regex(local, "[0-9]$").to_numpy(False), "-", "")
    numbered = joined([local, dash, digits(rank + 1), "@", domain])
    return where(rank == 0, boxes, numbered)


def phones(draws: Draws, people: People, rows: Records, slips: Bools) -> pa.Array:
    """Give each record's phone as it is written, blank where it has none."""
    country = people.country[rows.who]
    lives = np.where(rows.phone == SWITCHBOARD, 0, country)
    total = len(people)
    start_text = np.empty(len(rows), dtype=object)
    body = np.empty(len(rows), dtype=object)
    homes = int(people.household.max()) + 1
    number = np.select(
        [
            rows.phone == MOBILE,
            rows.phone == NEW_MOBILE,
            rows.phone == LANDLINE,
            rows.phone == NEW_LANDLINE,
            rows.phone == SWITCHBOARD,
        ],
        [
            rows.who,
            rows.who + total,
            people.household[rows.who],
            people.household[rows.who] + homes,
            np.maximum(people.company[rows.who], 0) + 2 * homes,
        ],
        default=0,
    )
    mobile = (rows.phone == MOBILE) | (rows.phone == NEW_MOBILE)
    for place in range(len(words.COUNTRIES)):
        for is_mobile, starts, size in (
            (True, words.MOBILES[place], words.MOBILE_DIGITS[place]),
            (False, words.LANDLINES[place], words.LANDLINE_DIGITS[place]),
        ):
            some = np.flatnonzero((lives == place) & (mobile == is_mobile))
            _, dense = np.unique(number[some], return_inverse=True)
            space = len(starts) * 10**size
            drawn = draws.scattered(f"phones {place}", dense.astype(np.int64), space)
            start_text[some] = np.array(starts, dtype=object)[drawn // 10**size]
            body[some] = [f"{n:0{size}d}" for n in (drawn % 10**size).tolist()]
    text = slipped(
        draws, "phone", pa.array(body, pa.string()), rows.key, slips, in_number
    )
    return where(
        rows.phone == NO_PHONE,
        "",
        _spelled(draws, rows, lives, pa.array(start_text, pa.string()), text),
    )


def _spelled(
    draws: Draws, rows: Records, country: Ints, start: pa.Array, body: pa.Array
) -> pa.Array:
    """Write numbers as people do: at home without the calling code, most of them."""
    code = chosen(words.CALLING_CODES, country)
    head = pc.utf8_slice_codeunits(body, 0, 3)
    tail = pc.utf8_slice_codeunits(body, 3, 12)
    form = draws.below("spelling of phone", rows.key, 4)
    form = np.where(country == 0, form, 4 + form % 2)
    return pc.choose(
        pa.array(form),
        joined(["0", start, "-", head, " ", tail]),
        joined(["0", start, body]),
        joined(["+", code, start, body]),
        joined(["0046 ", start, " ", head, " ", tail]),
        joined(["+", code, " ", start, " ", head, tail]),
        joined(["+", code, start, body]),
    )
