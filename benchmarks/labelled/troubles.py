"""What the generator knows of a pair: how two people are related, what troubles one."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import combinations

from benchmarks.labelled import records as of
from benchmarks.labelled.folder import World
from benchmarks.labelled.people import ALIKE_OF, JUNIOR_OF, NOBODY, TWIN

_FORMS = {
    of.INITIAL: "an initial",
    of.NICKNAME: "a nickname",
    of.SPELLING: "another spelling",
    of.MIDDLE: "a middle name",
    of.MISSING: "no first name",
}
_SLIPS = {
    "first": "slip in first name",
    "last": "slip in last name",
    "email": "slip in e-mail",
    "phone": "slip in phone",
    "street": "slip in street",
    "postcode": "slip in postcode",
    "city": "slip in town",
    "birth": "slip in birth date",
}


@dataclass
class Breakdown:
    """Pairs by cause: false merges by relation; by trouble, pairs of one and missed."""

    relations: Counter[str] = field(default_factory=Counter)
    troubled: Counter[str] = field(default_factory=Counter)
    missed: Counter[str] = field(default_factory=Counter)

    def add(self, other: Breakdown) -> None:
        """Count those of another world as well."""
        self.relations.update(other.relations)
        self.troubled.update(other.troubled)
        self.missed.update(other.missed)


def breakdown(world: World, customer: Sequence[int | None]) -> Breakdown:
    """Count the pairs in the wrong place by cause.

    ``customer`` is that of each record; a record without one is in none.
    """
    found = Breakdown()
    persons = defaultdict(list)
    customers = defaultdict(list)
    for number, person in enumerate(world.records.who.tolist()):
        known = customer[number]
        if known is not None:
            persons[person].append(number)
            customers[known].append(number)
    for mine in persons.values():
        for a, b in combinations(mine, 2):
            why = list(troubles(world, a, b)) or ["nothing"]
            found.troubled.update(["all", *why])
            if customer[a] != customer[b]:
                found.missed.update(["all", *why])
    for together in customers.values():
        for a, b in combinations(together, 2):
            if world.records.who[a] != world.records.who[b]:
                found.relations[relation(world, a, b)] += 1
    return found


def relation(world: World, a: int, b: int) -> str:
    """Tell what the people of two records are to each other."""
    people, rows = world.people, world.records
    x, y = sorted((int(rows.who[a]), int(rows.who[b])))
    if people.household[x] == people.household[y]:
        namesakes = people.first[x] == people.first[y]
        if people.kin[y] == TWIN and y == x + 1:
            return "twins"
        if people.kin[y] == JUNIOR_OF and namesakes:
            return "parent and child of one name"
        if namesakes:
            return "one name in one family"
        if people.kin[y] == ALIKE_OF:
            return "siblings whose names sound alike"
        if max(people.member[x], people.member[y]) < 2:
            return "couple"
        return "family"
    works = {int(people.company[x]), int(people.second[x])} - {NOBODY}
    if works & {int(people.company[y]), int(people.second[y])}:
        return "colleagues"
    if people.first[x] == people.first[y] and people.last[x] == people.last[y]:
        return "strangers of one name"
    return "strangers"


def troubles(world: World, a: int, b: int) -> Iterator[str]:
    """Give what makes two records of one person hard to know as such."""
    rows, cell = world.records, world.cells
    for kind, none, what in (
        (rows.email, of.NO_EMAIL, "e-mail"),
        (rows.phone, of.NO_PHONE, "phone"),
    ):
        if none in (kind[a], kind[b]):
            yield f"no {what}"
        elif kind[a] != kind[b]:
            yield f"another {what}"
    places = {int(rows.place[a]), int(rows.place[b])}
    if of.NO_PLACE in places:
        yield "no address"
    elif len(places) > 1:
        yield "at work and at home" if of.OFFICE in places else "moved"
    if min(rows.company[a], rows.company[b]) != NOBODY and (
        rows.company[a] != rows.company[b]
    ):
        yield "two companies"
    for form, what in _FORMS.items():
        if (rows.form[a] == form) != (rows.form[b] == form):
            yield what
    for mark, what in (
        (rows.married, "a new surname"),
        (rows.swapped, "names swapped"),
        (rows.nameless, "no name"),
        (rows.letters == of.SCRIPT, "another script"),
    ):
        if mark[a] != mark[b]:
            yield what
    for what, name in _SLIPS.items():
        if cell.slips[what][a] or cell.slips[what][b]:
            yield name
