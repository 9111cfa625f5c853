"""What is true of the invented world: who is who, who may be mailed, who is where.

Worked out from how the records were made, by the rules that regpipe promises,
never by reading the files back.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from benchmarks import rates, texts
from benchmarks.customer_cells import NO_GROUP, external_ids, groups_of
from benchmarks.draws import Bools, Draws, Ints
from benchmarks.people import People
from benchmarks.records import (
    BAD_CONSENT,
    BAD_COUNTRY,
    BAD_EMAIL,
    BAD_TIME,
    CLEAN,
    GRANTED,
    NAMELESS_SLOT,
    NO_EMAIL,
    NO_NUMBER,
    SHORT_PHONE,
    UNDATED,
    UNKNOWN,
    WITHDRAWN,
    Records,
)
from benchmarks.texts import chosen, digits, joined, where
from benchmarks.vocabulary import GROUPS, OLD_GROUPS, WEB_GROUPS

REASONS = {
    BAD_TIME: ("updated_at", "unreadable"),
    BAD_EMAIL: ("email", "email"),
    NO_NUMBER: ("external_id", "required"),
    SHORT_PHONE: ("phone", "e164"),
    BAD_COUNTRY: ("country", "country"),
    BAD_CONSENT: ("consent.newsletter", "unreadable"),
}
"""Column and check of each kind of dirt in a customer row."""
NORDIC = (1, 2, 3)
"""Countries of the list of Nordic buyers: all but Sweden."""


@dataclass(frozen=True)
class Lists:
    """Lines for the files of truth, one column or several joined by commas."""

    people: pa.Array
    newsletter: pa.Array
    nordic_buyers: pa.Array
    groups: pa.Array


def person_ids(people: People, who: Ints, nameless: Bools) -> pa.Array:
    """Give the true name of a customer: ``p17``, or ``n5`` for a nameless one."""
    number = np.where(nameless, people.household[who], people.number[who])
    return joined([where(nameless, "n", "p"), digits(number)])


def owner_ids(people: People, owner: Ints) -> pa.Array:
    """Give the true name of the owner of each order, empty for nobody."""
    nobody = owner < 0
    known = person_ids(people, np.maximum(owner, 0), np.zeros(len(owner), dtype=bool))
    return where(nobody, "", known)


def lists(draws: Draws, people: People, records: Records, bought: Bools) -> Lists:
    """Give the truth about one chunk. ``bought`` tells who has an accepted order."""
    accepted = records.take(records.dirt == CLEAN)
    mine = accepted.take(~people.guest[accepted.who])
    nameless = mine.slot == NAMELESS_SLOT
    ids = person_ids(people, mine.who, nameless)
    stores = chosen(rates.STORES, mine.store)

    golden = _newest_email(mine)
    address = texts.email_addresses(people, golden.who, golden.email)
    mailed = np.isin(address, _granted(people, accepted))
    buyer = (
        np.isin(people.country[golden.who], NORDIC)
        & bought[golden.who]
        & (golden.slot != NAMELESS_SLOT)
    )
    return Lists(
        people=joined([joined([stores, external_ids(mine), ids], ","), "\n"]),
        newsletter=_addresses(draws, people, golden, address, mailed),
        nordic_buyers=_addresses(draws, people, golden, address, mailed & buyer),
        groups=_members(draws, people, mine),
    )


def _customer(rows: Records) -> Ints:
    """Give a number per true customer: two per person, one of them nameless."""
    customer: Ints = rows.who * 2 + (rows.slot == NAMELESS_SLOT)
    return customer


def _newest_email(mine: Records) -> Records:
    """Give of each customer the newest record that has an e-mail."""
    known = mine.take(mine.email != NO_EMAIL)
    customer = _customer(known)
    order = np.lexsort((known.updated, customer))
    last = np.append(customer[order][1:] != customer[order][:-1], True)
    return known.take(order[last[: len(order)]])


def _granted(people: People, accepted: Records) -> Ints:
    """Give the addresses whose last word is granted; a tie goes to the refusal."""
    said = accepted.take((accepted.email != NO_EMAIL) & (accepted.status != UNKNOWN))
    address = texts.email_addresses(people, said.who, said.email)
    undated = np.where(said.status == WITHDRAWN, said.updated, 0)
    moment = np.where(said.said == UNDATED, undated, said.said)
    word = moment * 8 + said.status
    order = np.lexsort((word, address))
    last = np.append(address[order][1:] != address[order][:-1], True)
    newest = order[last[: len(order)]]
    granted: Ints = address[newest][word[newest] % 8 == GRANTED]
    return granted


def _addresses(
    draws: Draws, people: People, golden: Records, address: Ints, listed: Bools
) -> pa.Array:
    """Give a line per listed address."""
    _, first = np.unique(address[listed], return_index=True)
    rows = golden.take(listed).take(first)
    return joined([texts.emails(draws, people, rows.who, rows.email), "\n"])


def _members(draws: Draws, people: People, mine: Records) -> pa.Array:
    """Give a line per group and customer."""
    web = np.array([GROUPS.index(name) for name in WEB_GROUPS])
    old = np.array([GROUPS.index(name) for name in OLD_GROUPS])
    found = []
    for place in groups_of(draws, mine):
        there = place != NO_GROUP
        known = np.where(there, place, 0)
        group = np.where(mine.store == rates.OLD, old[known], web[known])
        found.append((_customer(mine) * len(GROUPS) + group)[there])
    pairs = np.unique(np.concatenate(found))
    customer = pairs // len(GROUPS)
    ids = person_ids(people, customer // 2, customer % 2 == 1)
    return joined([chosen(GROUPS, pairs % len(GROUPS)), ",", ids, "\n"])
