"""Erasing: people out of a registry for good, in one instant or not at all."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path

import pyarrow as pa

from regpipe.engine.protocol import Engine
from regpipe.errors import DataError, Problem
from regpipe.outcome import Progress
from regpipe.plan import Stopwatch, apply, no_registry, work_out
from regpipe.registry import migrate
from regpipe.registry.by_hand import ByHand
from regpipe.registry.erasure_key import (
    ErasureKey,
    keep_key,
    key_in_use,
    new_key,
    read_key,
)
from regpipe.registry.files import (
    beside,
    owner_only,
    same_readers,
    sweep,
    write_owner_only,
)
from regpipe.registry.files import replace as put_in_place
from regpipe.registry.lock import writer_lock
from regpipe.registry.log import Log
from regpipe.registry.moments import utc
from regpipe.registry.opening import opened
from regpipe.stages.decisions import decisions
from regpipe.stages.erase import (
    Erasing,
    Said,
    Went,
    counted,
    hashed,
    leave_traces,
    prove,
    rewrite,
    traces_beside,
)
from regpipe.stages.erase_traces import traces_of
from regpipe.stages.erase_who import Asked, Person, is_postal, people_of
from regpipe.stages.past_lists import PastList, past_lists
from regpipe.version import VERSION

_OWN_TABLES = ("own_ids", "own_records", "own_addresses", "own_texts", "own_orders")
_TRACES = (*_OWN_TABLES, "own_rejects", "replaced")


@dataclass(frozen=True)
class Erased:
    """One person of an erasure, without the person.

    ``asked`` says where they were asked for; ``found`` whether the registry held
    anything of them; ``hashes`` are the new ones, by kind. Without both there was
    nothing left to do.
    """

    erasure_id: int
    asked: tuple[str, ...]
    found: bool
    customers: tuple[int, ...]
    records: int
    orders: int
    hashes: Mapping[str, int]
    shared: int
    """Addresses that other customers have, too: those keep theirs."""


@dataclass(frozen=True)
class ErasureOutcome:
    """What an erasure did, or would do: counts and places, no value of a person."""

    run: int | None
    people: tuple[Erased, ...]
    tables: Mapping[str, Went]
    lists: tuple[PastList, ...]
    searched: int = 0
    """Values that were searched for in the bytes of the rewritten file, and are out."""
    certificate: Path | None = None
    beside: tuple[str, ...] = ()
    """Files beside the registry that hold values of the people."""

    @property
    def changes(self) -> bool:
        """Tell whether there is anything to do."""
        return bool(self.tables) or any(each.hashes for each in self.people)


@dataclass(frozen=True)
class Order:
    """What is to be erased, by whom, on what ground, for which case; when (UTC).

    ``asked`` may be worked out in the registry when nobody else can write it.
    """

    asked: Sequence[Asked] | Callable[[Engine], Sequence[Asked]]
    by: str
    ground: str
    case: str | None
    at: datetime

    @property
    def said(self) -> Said:
        """Give what is noted of it."""
        return Said(utc(self.at), self.by, self.ground, self.case)


@dataclass
class _Found:
    """What an erasure comes to, worked out on the registry as it is."""

    erasing: tuple[Erasing, ...]
    key: ErasureKey
    new_key: bool
    outcome: ErasureOutcome
    traces: Mapping[str, pa.Table] = field(default_factory=dict)

    @property
    def people(self) -> list[Person]:
        return [each.person for each in self.erasing]


def plan_erasure(registry: Path, order: Order) -> ErasureOutcome:
    """Work out what an erasure would take, and which lists hold the people.

    Nothing is written.

    Raises DataError when an identifier is of several customers or a customer_id of
    none, RegistryError when the registry or the key of its erasures cannot be used.
    """
    if not registry.is_file():
        raise no_registry(registry)
    with (
        owner_only(),
        tempfile.TemporaryDirectory(prefix="regpipe-") as folder,
        opened(registry, Path(folder)) as (engine, _),
    ):
        return _found(engine, registry, order).outcome


def erase_in(
    registry: Path, order: Order, *, wait: float, progress: Progress
) -> ErasureOutcome:
    """Erase people: write the registry anew without them, and put it in place.

    Their records are taken out as if they had never been, what that changes for
    others is worked out by the rules of the last run, and every table with its history
    is written to a new file. It takes the registry's place once it is shown not to
    hold them. The key of the hashes that keep them out is written before.

    Raises what ``plan_erasure`` does, and StepError where a value is still there.
    """
    if not registry.is_file():
        raise no_registry(registry)
    watch = Stopwatch(progress)
    with owner_only(), writer_lock(registry, "erase", wait):
        sweep(registry)
        try:
            scratch = beside(registry, "tmp")
            scratch.mkdir()
            done = _erased(registry, order, scratch, watch)
        finally:
            sweep(registry)
    return done


def _erased(
    registry: Path, order: Order, scratch: Path, watch: Stopwatch
) -> ErasureOutcome:
    rest = scratch / "rest.duckdb"
    with watch.stage("find"), opened(registry, scratch) as (engine, held):
        found = _found(engine, registry, order)
        if not found.outcome.changes:
            return found.outcome
        removed = {record for p in found.people for record in p.records}
        pipeline, _ = decisions(engine, registry, [], order.by, order.at)
        by_hand = ByHand(by=order.by, at=order.at, removals=sorted(removed))
        plan = work_out(engine, pipeline, order.at, scratch, watch, by_hand=by_hand)
        log = Log(
            pipeline.pipeline,
            "erase",
            datetime.now(UTC),
            order.at,
            plan.state.last_file,
        )
        apply(engine, plan, registry, held, rest, log)
    target = beside(registry, "next")
    with watch.stage("rewrite"), opened(rest, scratch) as (engine, _):
        for name, rows in found.traces.items():
            engine.put(name, rows)
        scripts = migrate.scripts()
        rewrite(
            engine,
            target,
            scripts,
            found.erasing,
            found.key,
            order.said,
            plan.run_id,
        )
    with watch.stage("prove"), opened(target, scratch) as (engine, _):
        for name in _OWN_TABLES:
            engine.put(name, found.traces[name])
        searched = prove(engine, target, found.people)
    with watch.stage("publish"):
        same_readers(registry, target)
        if found.new_key:
            keep_key(registry, found.key)
        put_in_place(target, registry)
    outcome = replace(found.outcome, run=plan.run_id, searched=searched)
    return _certified(registry, outcome, order)


def _found(engine: Engine, registry: Path, order: Order) -> _Found:
    """Find the people and what is theirs in the registry as it is."""
    key = key_in_use(engine, registry) or read_key(registry)
    asked = order.asked(engine) if callable(order.asked) else order.asked
    people = people_of(engine, asked)
    _refuse_nobody(people)
    traces = traces_of(people)
    rows = leave_traces(engine, people, traces)
    erasing = hashed(engine, people, key or (made := new_key()), rows)
    outcome = ErasureOutcome(
        run=None,
        people=tuple(map(_without_the_person, erasing)),
        tables=counted(engine),
        lists=past_lists(engine, registry, traces),
        beside=tuple(traces_beside(registry, people)),
    )
    tables = {name: engine.collect(f"select * from {name}") for name in _TRACES}
    return _Found(erasing, key or made, key is None, outcome, tables)


def _refuse_nobody(people: Sequence[Person]) -> None:
    """Refuse numbers that are no customer's: there is nothing to keep out by them."""
    problems = [
        Problem(each.where, "there is no such customer in the registry")
        for person in people
        if not person.customers
        for each in person.asked
        if each.customer_id is not None
    ]
    if problems:
        raise DataError(*problems)


def _without_the_person(erasing: Erasing) -> Erased:
    person = erasing.person
    return Erased(
        erasure_id=erasing.erasure_id,
        asked=tuple(each.where for each in person.asked),
        found=bool(person.customers or person.records or person.orders),
        customers=tuple(sorted(person.customers)),
        records=len(person.records),
        orders=person.orders,
        hashes=erasing.kinds,
        shared=sum(not is_postal(each) for each in person.shared),
    )


def _certified(registry: Path, outcome: ErasureOutcome, order: Order) -> ErasureOutcome:
    """Write the certificate of an erasure beside the registry, owner-only."""
    numbers = [each.erasure_id for each in outcome.people]
    folder = registry.resolve().with_name(f"{registry.resolve().name}.erasures")
    folder.mkdir(mode=0o700, exist_ok=True)
    path = folder / f"erasure-{numbers[0]}.json"
    text = json.dumps(certificate(outcome, order), indent=2, default=str)
    write_owner_only(path, f"{text}\n".encode())
    return replace(outcome, certificate=path)


def certificate(outcome: ErasureOutcome, order: Order) -> dict[str, object]:
    """Give what is certified of an erasure: no value of a person is in it."""
    said = order.said
    return {
        "certificate": "erasure of personal data from a regpipe registry",
        "program_version": VERSION,
        "run": outcome.run,
        "erased_at": f"{said.at.isoformat(timespec='seconds')}Z",
        "erased_by": said.by,
        "ground": said.ground,
        "case": said.case,
        "people": [
            {
                "erasure_id": each.erasure_id,
                "in_registry": each.found,
                "records": each.records,
                "orders_kept_without_person": each.orders,
                "keyed_hashes": dict(each.hashes),
                "addresses_others_have_too": each.shared,
            }
            for each in outcome.people
        ],
        "tables": {name: asdict(went) for name, went in outcome.tables.items()},
        "values_searched_in_bytes": outcome.searched,
        "lists_that_hold_the_people": [
            {"list": each.name, "file": each.file, "rows": list(each.rows)}
            for each in outcome.lists
            if each.rows
        ],
        "lists_no_longer_here": sorted(
            {each.file for each in outcome.lists if each.state == "no longer here"}
        ),
        "left_to_the_operator": [
            "backups of the registry",
            "files that sources delivered",
            "lists that were sent on",
        ],
    }
