"""Who is to be erased: the people that were asked for, and all that is theirs."""

from __future__ import annotations

import unicodedata
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import pyarrow as pa

from regpipe.engine.protocol import Engine
from regpipe.errors import DataError, PipelineError, Problem
from regpipe.sql import erase as sql
from regpipe.stages.canonical import address_of
from regpipe.stages.erased import Name, name_of
from regpipe.stages.phones import phone

SHORTEST = 5
"""Letters of a text that is looked for elsewhere: less is nobody's alone."""

Record = tuple[str, str]


@dataclass(frozen=True)
class Asked:
    """Somebody who was asked for: by what, and where that was said (no value)."""

    where: str
    customer_id: int | None = None
    record: Record | None = None
    email: str | None = None
    phone: str | None = None

    @property
    def address(self) -> str | None:
        """Give the e-mail or phone that was asked for."""
        return self.email or self.phone


@dataclass
class Person:
    """One person who is to be erased.

    ``own`` are the addresses that nobody else has, ``shared`` the others, postal ones
    as the ledger of consent writes them among both; ``texts`` what else nobody else
    has, as it is spelled.
    """

    number: int
    asked: list[Asked]
    customers: set[int] = field(default_factory=set)
    records: set[Record] = field(default_factory=set)
    names: set[Name] = field(default_factory=set)
    own: set[str] = field(default_factory=set)
    shared: set[str] = field(default_factory=set)
    texts: set[str] = field(default_factory=set)
    orders: int = 0


def asked_for(text: str, where: str) -> Asked:
    """Read whom one asks for, as 'regpipe show' does.

    Raises PipelineError naming ``where`` for a text that names nobody.
    """
    text = text.strip()
    source, colon, external_id = text.partition(":")
    if text.isascii() and text.isdigit() and len(text) < 19:
        return Asked(where, customer_id=int(text))
    if colon and source and external_id:
        return Asked(where, record=(source, external_id))
    if "@" in text:
        return Asked(where, email=address_of(text))
    if text.startswith("+") and (number := phone(text, None)):
        return Asked(where, phone=number)
    raise PipelineError.at(
        where,
        "is no customer_id, e-mail, phone or source:external_id",
        "such as 17, anna@example.com, +46701234567 or web_shop:1001",
    )


def people_of(engine: Engine, asked: Sequence[Asked]) -> list[Person]:
    """Find the people, and what is theirs.

    Leaves ``own_ids``, ``own_records``, ``own_addresses``, ``own_orders``.

    Raises DataError for an identifier that several customers have.
    """
    redirects = _redirects(engine)
    _put_asked(engine, asked, redirects)
    engine.make(sql.asked_owners())
    people, alone = _people(engine, asked, redirects)
    _put_ids(engine, people, redirects)
    pairs = sorted((number, *record) for number, record in alone)
    columns = list(zip(*pairs, strict=True)) or [(), (), ()]
    engine.put("own_alone", _table(columns[0], columns[1:], ("source", "external_id")))
    engine.make(sql.own_records())
    for row in engine.collect("select * from own_records").to_pylist():
        people[row["person_no"]].records.add((row["source"], row["external_id"]))
    _values(engine, people)
    _put_orders(engine, people)
    return list(people.values())


def _redirects(engine: Engine) -> Mapping[int, int]:
    held = engine.collect(
        "select customer_id, redirect_to from registry.customer_redirects"
    )
    return dict(
        zip(
            held["customer_id"].to_pylist(),
            held["redirect_to"].to_pylist(),
            strict=True,
        )
    )


def _current(customer_id: int, redirects: Mapping[int, int]) -> int:
    seen = {customer_id}
    while (after := redirects.get(customer_id)) is not None and after not in seen:
        customer_id = after
        seen.add(after)
    return customer_id


def _put_asked(
    engine: Engine, asked: Sequence[Asked], redirects: Mapping[int, int]
) -> None:
    """Leave ``asked``: every spelling of what was asked for that means the same."""
    rows = [
        (
            number,
            None if each.customer_id is None else _current(each.customer_id, redirects),
            each.record[0] if each.record else None,
            each.record[1] if each.record else None,
            email,
            each.phone,
        )
        for number, each in enumerate(asked)
        for email in (spellings(each.email) if each.email else (None,))
    ]
    numbers, ids, *texts = list(zip(*rows, strict=True)) or [()] * 6
    names = ("source", "external_id", "email", "phone")
    table = _table(numbers, texts, names)
    engine.put("asked", table.append_column("customer_id", pa.array(ids, pa.int64())))


def is_postal(address: str) -> bool:
    """Tell whether an address of the ledger is one for letters."""
    return "|" in address and "@" not in address


def spellings(email: str) -> list[str]:
    """Give the spellings of an address whose letters may be composed or not."""
    forms = (unicodedata.normalize(form, email) for form in ("NFC", "NFD"))
    return list(dict.fromkeys((email, *forms)))


def _people(
    engine: Engine, asked: Sequence[Asked], redirects: Mapping[int, int]
) -> tuple[dict[int, Person], set[tuple[int, Record]]]:
    """Give the people by their number, and the records found that are nobody's."""
    found: dict[int, dict[bool, set[int]]] = defaultdict(lambda: defaultdict(set))
    nobodys: dict[int, dict[bool, set[Record]]] = defaultdict(lambda: defaultdict(set))
    for row in engine.collect("select * from asked_owners").to_pylist():
        number, now = row["person_no"], row["now"]
        if row["customer_id"] is not None:
            found[number][now].add(_current(row["customer_id"], redirects))
        else:
            nobodys[number][now].add((row["source"], row["external_id"]))
    people: dict[int, Person] = {}
    alone: set[tuple[int, Record]] = set()
    by_owner: dict[object, int] = {}
    problems = []
    for number, each in enumerate(asked):
        now = bool(found[number][True] or nobodys[number][True])
        owners, records = found[number][now], nobodys[number][now]
        if len(owners) > 1:
            ids = ", ".join(map(str, sorted(owners)[:20]))
            problems.append(
                Problem(
                    each.where,
                    f"{len(owners)} customers have it, or had",
                    f"name them by id: {ids}",
                )
            )
            continue
        owner: object = min(owners) if owners else each.address or each.record
        first = by_owner.setdefault(owner, number)
        person = people.setdefault(first, Person(first, []))
        person.asked.append(each)
        person.customers |= owners
        alone |= {(first, record) for record in records}
    if problems:
        raise DataError(*problems)
    return people, alone


def _put_ids(
    engine: Engine, people: Mapping[int, Person], redirects: Mapping[int, int]
) -> None:
    """Leave ``own_ids``: the customers, and those that were merged into them."""
    merged: dict[int, set[int]] = defaultdict(set)
    wanted = {owner for person in people.values() for owner in person.customers}
    for before in redirects:
        if (after := _current(before, redirects)) in wanted:
            merged[after].add(before)
    pairs = []
    for person in people.values():
        for owner in sorted(person.customers):
            person.customers |= merged[owner]
        pairs += [(person.number, owner) for owner in sorted(person.customers)]
    ids = pa.array([owner for _, owner in pairs], pa.int64())
    table = _table([number for number, _ in pairs], (), ())
    engine.put("own_ids", table.append_column("customer_id", ids))


def _values(engine: Engine, people: Mapping[int, Person]) -> None:
    """Find the addresses, names and texts of the people; leave ``own_addresses``."""
    addresses: dict[int, set[str]] = defaultdict(set)
    texts: dict[int, set[str]] = defaultdict(set)
    for person in people.values():
        for each in person.asked:
            if each.email:
                addresses[person.number] |= set(spellings(each.email))
            elif each.phone:
                addresses[person.number].add(each.phone)
    for select in sql.own_values().values():
        for row in engine.collect(select).to_pylist():
            number = row.pop("person_no")
            told = (row.get("email"), row.get("phone"), row.pop("postal", None))
            addresses[number] |= set(filter(None, told))
            if row.get("first_name") or row.get("last_name"):
                name = name_of(row.get("first_name"), row.get("last_name"))
                people[number].names.add(name)
            texts[number] |= set(_texts(row))
    candidates = {(a, True) for each in addresses.values() for a in each}
    candidates |= {(t.lower(), False) for each in texts.values() for t in each}
    listed = sorted(candidates)
    engine.put(
        "candidates",
        pa.table(
            {
                "value": pa.array([value for value, _ in listed], pa.string()),
                "address": pa.array([address for _, address in listed], pa.bool_()),
            }
        ),
    )
    held = set(engine.collect(sql.held_by_others())["value"].to_pylist())
    for person in people.values():
        mine = addresses[person.number]
        person.own, person.shared = mine - held, mine & held
        known = held | mine
        person.texts = {t for t in texts[person.number] if t.lower() not in known}
    own = sorted((p.number, a) for p in people.values() for a in p.own)
    table = _table([n for n, _ in own], [[a for _, a in own]], ("address",))
    engine.put("own_addresses", table)


def _texts(row: Mapping[str, Any]) -> Iterator[str]:
    """Give the texts of a row that are long enough to be somebody's."""
    originals = row.get("originals") or {}
    names = (row.get("first_name"), row.get("last_name"))
    found = [
        " ".join(filter(None, names)) if all(names) else None,
        *(v for k, v in row.items() if k not in ("first_name", "last_name")),
        *(originals.get(part) for part in sql.ORIGINALS),
    ]
    for text in found:
        if isinstance(text, str) and len(text) >= SHORTEST:
            yield text


def _put_orders(engine: Engine, people: Mapping[int, Person]) -> None:
    """Leave ``own_orders``; one whose number is an address gets another."""
    engine.make(sql.own_orders())
    found = engine.collect(
        "select * from own_orders_found order by source, order_id"
    ).to_pylist()
    run = engine.collect("select coalesce(max(run_id), 0) as run from registry.runs")
    last = int(run["run"][0].as_py())
    renamed = []
    for place, row in enumerate(found, 1):
        person = people[row["person_no"]]
        person.orders += 1
        said = row["order_id"].lower()
        telling = said in person.own or row["order_id"] in person.texts
        renamed.append(f"erased-{last + 1}-{place}" if telling else None)
    columns = [
        [row["source"] for row in found],
        [row["order_id"] for row in found],
        renamed,
    ]
    numbers = [row["person_no"] for row in found]
    names = ("source", "order_id", "renamed")
    engine.put("own_orders", _table(numbers, columns, names))


def _table(
    numbers: Sequence[int],
    columns: Sequence[Sequence[str | None]],
    names: Sequence[str],
) -> pa.Table:
    texts = {
        name: pa.array(list(cells), pa.string())
        for name, cells in zip(names, columns, strict=True)
    }
    return pa.table({"person_no": pa.array(list(numbers), pa.int64()), **texts})
