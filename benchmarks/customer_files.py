"""The customer files of the three stores, each as the store writes it."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from benchmarks import rates, texts, times
from benchmarks.customer_cells import cells
from benchmarks.draws import Bools, Draws, Ints
from benchmarks.people import People
from benchmarks.records import (
    BAD_CONSENT,
    BAD_COUNTRY,
    BAD_TIME,
    MISSING,
    SHORT_PHONE,
    SLOTS,
    UNDATED,
    WITHDRAWN,
    Records,
)
from benchmarks.texts import Piece, chosen, digits, joined, where
from benchmarks.vocabulary import (
    COMPANY_ENDS,
    COUNTRIES,
    COUNTRY_WORDS,
    LAST_NAMES,
    NOTES,
)

_WEB_STATUS = ("", "yes", "", "no", "")
_OLD_STATUS = ("", "Ja", "", "Nej", "Avregistrerad")
_MAIL_STATUS = ("", "subscribed", "pending", "nonsubscribed", "unsubscribed", "maybe")
_NO_TIME = ("2024-13-45 10:00:00 +0100", "31.02.2024 10:00", "2024-02-30 10:00:00")
"""A time of each store that no calendar has."""


def web_shop(draws: Draws, people: People, rows: Records) -> pa.Array:
    """Give the lines of web_shop: comma, UTF-8, English, times with offsets."""
    who, key = rows.who, rows.key
    cell = cells(draws, people, rows, rates.WEB)
    zips = texts.postcodes(people, who, rows.moved, spaced=False)
    country = chosen(COUNTRIES, people.country[who])
    company, is_company = _companies(draws, people, rows, 0.10)
    flat = draws.chance("flat", people.household[who], 0.15)
    ships = draws.chance("ships elsewhere", key, 0.10)
    to_work = where(ships, "Box ", "")
    box = where(ships, digits(10 + draws.below("box", key, 900)), "")
    note = np.where(
        draws.chance("note", key, 0.08), draws.below("which note", key, len(NOTES)), 0
    )
    columns: list[list[Piece]] = [
        [cell.number],
        [cell.first],
        [cell.last],
        [cell.email],
        [_phones(draws, people, rows, (texts.TIGHT, texts.SPACED), "+46 70 1")],
        [company],
        [where(is_company & (people.country[who] == 0), _vat(draws, people, who), "")],
        [where(is_company & draws.chance("exempt", key, 0.3), "yes", "no")],
        [cell.street],
        [where(flat, "lgh 1102", "")],
        [zips],
        [cell.city],
        [where(rows.dirt == BAD_COUNTRY, "QQ", country)],
        [where(ships, joined([cell.first, " ", cell.last]), "")],
        [to_work, box],
        [where(ships, zips, "")],
        [where(ships, cell.city, "")],
        [where(ships, country, "")],
        [_quoted(cell.groups)],
        [chosen(_WEB_STATUS, rows.status)],
        [_said(rows, joined(times.with_offset(_past(rows.said))))],
        [where(people.guest[who], "guest", "registered")],
        [chosen(NOTES, note)],
        times.with_offset(rows.created),
        [_updated(rows, joined(times.with_offset(rows.updated)), rates.WEB)],
    ]
    return _lines(columns, ",", "\n")


def old_shop(draws: Draws, people: People, rows: Records) -> pa.Array:
    """Give the lines of old_shop: semicolons, Swedish, local times, CRLF."""
    who, key = rows.who, rows.key
    cell = cells(draws, people, rows, rates.OLD)
    company, is_company = _companies(draws, people, rows, 0.06)
    abroad = people.country[who] > 0
    form = draws.below("phone spelling", key, 4)
    form = np.where(abroad & (form != texts.TIGHT), texts.ZEROS, form)
    columns: list[list[Piece]] = [
        [cell.number],
        [cell.first],
        [cell.last],
        [cell.email],
        [_spelled_phones(draws, people, rows, form, "070-1")],
        [company],
        [where(is_company & ~abroad, _org_number(draws, people, who, "-"), "")],
        [cell.street],
        [texts.postcodes(people, who, rows.moved, spaced=True)],
        [cell.city],
        [chosen(COUNTRY_WORDS, people.country[who])],
        [cell.groups],
        [chosen(_OLD_STATUS, rows.status)],
        [where(is_company & draws.chance("exempt", key, 0.3), "Ja", "Nej")],
        times.dotted(rows.created),
        [_updated(rows, joined(times.dotted(rows.updated)), rates.OLD)],
    ]
    return _lines(columns, ";", "\r\n")


def mail_club(draws: Draws, people: People, rows: Records) -> pa.Array:
    """Give the lines of mail_club: one name column, ISO times in UTC."""
    who, key = rows.who, rows.key
    cell = cells(draws, people, rows, rates.MAIL)
    backwards = draws.chance("last name first", key, 0.4)
    name = where(
        backwards,
        joined(['"', cell.last, ", ", cell.first, '"']),
        joined([cell.first, " ", cell.last]),
    )
    status = np.where(rows.dirt == BAD_CONSENT, WITHDRAWN + 1, rows.status)
    columns: list[list[Piece]] = [
        [cell.number],
        [where(rows.spelling == MISSING, "", name)],
        [cell.email],
        [_phones(draws, people, rows, (texts.DASHED, texts.TIGHT), "+46 70-1")],
        [chosen(COUNTRIES, people.country[who])],
        [cell.city],
        [texts.postcodes(people, who, rows.moved, spaced=False)],
        [chosen(_MAIL_STATUS, status)],
        [_said(rows, joined(times.iso(_past(rows.said), "T", "Z")))],
        [_updated(rows, joined(times.iso(rows.updated, " ", "")), rates.MAIL)],
    ]
    return _lines(columns, ",", "\n")


def _lines(columns: list[list[Piece]], delimiter: str, end: str) -> pa.Array:
    """Join the pieces of all columns to whole lines."""
    pieces: list[Piece] = []
    for column in columns:
        pieces += [*column, delimiter]
    return joined([*pieces[:-1], end])


def _quoted(cell: pa.Array) -> pa.Array:
    """Give cells between quotes where they hold a comma."""
    held: Bools = pc.match_substring(cell, ",").to_numpy(zero_copy_only=False)
    mark = where(held, '"', "")
    return joined([mark, cell, mark])


def _past(said: Ints) -> Ints:
    """Give the times with any day at all for those that are UNDATED."""
    return np.where(said == UNDATED, 1_600_000_000, said)


def _said(rows: Records, spelled: pa.Array) -> pa.Array:
    """Give the consent's own time, empty where there is none."""
    return where(rows.said == UNDATED, "", spelled)


def _updated(rows: Records, spelled: pa.Array, store: int) -> pa.Array:
    """Give the time of the last change, or what no calendar has."""
    return where(rows.dirt == BAD_TIME, _NO_TIME[store], spelled)


def _phones(
    draws: Draws, people: People, rows: Records, forms: tuple[int, int], short: str
) -> pa.Array:
    """Give the phones in one of two spellings, or one that is too short."""
    form = np.where(draws.chance("phone spelling", rows.key, 0.5), *forms)
    return _spelled_phones(draws, people, rows, form, short)


def _spelled_phones(
    draws: Draws, people: People, rows: Records, form: Ints, short: str
) -> pa.Array:
    """Give the phones in their spellings, or one that is too short."""
    spelled = texts.phones(draws, people, rows.who, rows.phone, form)
    return where(rows.dirt == SHORT_PHONE, short, spelled)


def _companies(
    draws: Draws, people: People, rows: Records, rate: float
) -> tuple[pa.Array, Bools]:
    """Give the company of each record, if any, and whether there is one."""
    there = draws.chance("company", rows.key, rate)
    end = draws.below("company end", people.household[rows.who], len(COMPANY_ENDS))
    name = [chosen(LAST_NAMES, people.last[rows.who]), " ", chosen(COMPANY_ENDS, end)]
    return where(there, joined(name), ""), there


def _org_number(draws: Draws, people: People, who: Ints, dash: str) -> pa.Array:
    """Give Swedish organisation numbers, check digit included: one per person."""
    key = people.number[who] * SLOTS
    body = 550_000_000 + draws.below("org number", key, 10_000_000)
    total = np.zeros(len(key), dtype=np.int64)
    for place in range(9):
        digit = body // 10 ** (8 - place) % 10 * (2 - place % 2)
        total += digit // 10 + digit % 10
    check = (10 - total % 10) % 10
    tail = (body % 1000) * 10 + check
    tails = pa.array([f"{n:04d}" for n in range(10_000)]).take(pa.array(tail))
    return joined([digits(body // 1000), dash, tails])


def _vat(draws: Draws, people: People, who: Ints) -> pa.Array:
    """Give Swedish VAT numbers, one per person."""
    return joined(["SE", _org_number(draws, people, who, ""), "01"])


WRITERS = (web_shop, old_shop, mail_club)
