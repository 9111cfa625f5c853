"""Everything that is held of one person: what a subject access request is answered by.

Others' data is left out: whoever shares an address with the person, whom they were
taken for, and who at the shop decided what. What was left out for that is counted.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Any

from regpipe.engine.protocol import Engine
from regpipe.reading import disclosed
from regpipe.reading.books import latest
from regpipe.reading.chosen import Chosen
from regpipe.reading.customer import (
    Row,
    addresses_of,
    customer_of,
    known_addresses,
    merged_into,
    rows,
)
from regpipe.reading.kept import Earlier, Whose, earlier, rejected
from regpipe.reading.ledger import Consents
from regpipe.reading.listed import listed
from regpipe.reading.on_lists import on_lists, written_lists
from regpipe.reading.pairs import key_of, scores
from regpipe.reading.why import fields_of, records_of
from regpipe.spec import Pipeline

FORM = 1
"""The number of the form of ``as_dict``; it grows when a key changes its meaning."""


@dataclass(frozen=True)
class Disclosure:
    """All that a registry and its lists hold of one person. Times are UTC.

    ``profile`` is empty, and ``fields`` are, of somebody who is a customer no more.
    ``asked_for`` is the number of a customer that was merged away, where that was
    asked for. ``fields`` are the golden record with what each source record says of
    each field, ``records`` the source records with their place and the texts of their
    cells. ``orders`` are the newest first, with lines and place; ``guest`` tells those
    without an account. ``consents`` are all statements on their addresses. ``lists``
    are the rows about them in the files of lists that are still there; ``lists_now``
    which lists they would be on (null where no pipeline tells of lists). ``earlier``
    are the versions that hold no more, ``rejected`` the rows that were not taken, with
    their text. ``set_by_hand``, ``decisions`` and ``questions`` are what people did
    and were asked, ``scores`` how alike two of the records are to a model. ``runs``
    tells when each run that is named was. ``left_out`` says in sentences what was kept
    back for the sake of others, or could not be searched.
    """

    form: int
    as_of: datetime
    customer_id: int
    asked_for: int | None
    merged_ids: tuple[int, ...]
    profile: Row
    addresses: Row
    groups: tuple[str, ...]
    fields: tuple[Chosen, ...]
    records: tuple[Row, ...]
    orders: tuple[Row, ...]
    consents: Consents
    lists: tuple[Row, ...]
    lists_now: tuple[Row, ...] | None
    set_by_hand: tuple[Row, ...]
    decisions: tuple[Row, ...]
    questions: tuple[Row, ...]
    scores: tuple[Row, ...]
    earlier: tuple[Earlier, ...]
    rejected: tuple[Row, ...]
    runs: tuple[Row, ...]
    left_out: tuple[str, ...]

    def as_dict(self) -> dict[str, Any]:
        """Give it all as plain dicts and lists."""
        return asdict(self)


def disclosure(
    engine: Engine,
    registry: Path,
    customer_id: int,
    asked_for: int | None,
    pipeline: Pipeline | None,
) -> Disclosure:
    """Give all that is held of a customer, or of one who is a customer no more.

    ``registry`` is the file that ``engine`` reads: lists are looked for from there.
    ``pipeline`` has the lists that they might be on.

    A list that cannot be read any more is counted in what was left out.
    """
    as_of = latest(engine)
    mine = f"customer_id = {customer_id}"
    there = rows(engine, ("customer_id",), "customers", mine, ["customer_id"])
    customer = customer_of(engine, customer_id, as_of) if there else None
    merged = merged_into(engine, customer_id)
    records = records_of(engine, customer_id)
    profile = customer.profile if customer else {}
    addresses = addresses_of((profile, *records) if customer else records)
    shared = disclosed.shared_by_others(engine, customer_id, addresses)
    orders, guests = disclosed.orders_of(engine, customer_id, addresses, shared)
    whose = Whose(
        customer_id,
        (customer_id, *merged),
        tuple(key_of(row) for row in records),
        tuple((row["source"], row["order_id"]) for row in orders),
    )
    versions, mixed = earlier(engine, whose)
    not_taken, not_sure = rejected(engine, whose, addresses, shared)
    sent = written_lists(engine, registry, pipeline)
    on_these, unread = on_lists(sent, addresses, shared, whose.ids)
    blind = unread + sum(1 for each in sent if not (each.address or each.numbered))
    sentences = _left_out(shared, guests, mixed, not_sure, blind)
    found = Disclosure(
        form=FORM,
        as_of=as_of,
        customer_id=customer_id,
        asked_for=asked_for if asked_for != customer_id else None,
        merged_ids=merged,
        profile=profile,
        addresses=customer.addresses if customer else {},
        groups=customer.groups if customer else (),
        fields=tuple(
            replace(each, set_by=None)
            for each in (fields_of(engine, customer_id, records) if there else ())
        ),
        records=disclosed.records_with_places(engine, whose),
        orders=orders,
        consents=disclosed.said_on(
            engine, whose, known_addresses(engine, customer_id), as_of
        ),
        lists=on_these,
        lists_now=_lists_now(engine, pipeline if there else None, as_of, customer_id),
        set_by_hand=disclosed.set_by_hand(engine, whose),
        decisions=disclosed.decisions_on(engine, whose),
        questions=disclosed.questions_on(engine, whose),
        scores=tuple(row for row in scores(engine, records) if row["within"]),
        earlier=versions,
        rejected=not_taken,
        runs=(),
        left_out=tuple(sentences),
    )
    return replace(found, runs=_runs(engine, set(_named(found.as_dict()))))


def _lists_now(
    engine: Engine, pipeline: Pipeline | None, as_of: datetime, customer_id: int
) -> tuple[Row, ...] | None:
    if pipeline is None:
        return None
    told = []
    for name in pipeline.exports:
        found = listed(engine, pipeline, name, as_of, customer_id)
        row: dict[str, Any] = {"export": name}
        for each in ("purpose", "channel", "on_list", "fails", "groups"):
            row[each] = getattr(found, each)
        told.append(row)
    return tuple(told)


def _named(held: object) -> Iterator[int]:
    """Give the runs that are named anywhere in what is told."""
    if isinstance(held, dict):
        for name in ("run_id", "ended_run_id", "run"):
            if isinstance(held.get(name), int):
                yield held[name]
        held = list(held.values())
    if isinstance(held, (list, tuple)):
        for each in held:
            yield from _named(each)


def _runs(engine: Engine, numbers: Collection[int]) -> tuple[Row, ...]:
    found = engine.collect(
        f"""
        select run_id, started_at, as_of
        from registry.runs
        where run_id in ({", ".join(map(str, sorted(numbers))) or "null"})
        order by run_id
        """
    )
    return tuple(found.to_pylist())


def _left_out(
    shared: Collection[str], guests: int, mixed: int, not_sure: int, blind: int
) -> Iterator[str]:
    """Say what is not here, and why."""
    if shared:
        yield (
            f"Of these addresses others use {len(shared)}, too. What those others said "
            "or bought is not here; a statement that one of them made on such an "
            "address is here without its place."
        )
    if guests:
        yield (
            f"Orders without an account by an address that others use, too: {guests}. "
            "Whose they are cannot be told."
        )
    if not_sure:
        yield (
            "Rows that were not taken, with an address that others use, too: "
            f"{not_sure}. Whose they are cannot be told."
        )
    if mixed:
        yield (
            f"Earlier versions of the profile: {mixed}. At that time the data of "
            "another was taken for theirs, so they are not here."
        )
    if blind:
        yield (
            f"Files of lists that have neither an address nor a customer's number, or "
            f"cannot be read any more: {blind}. Who is on them cannot be told."
        )
