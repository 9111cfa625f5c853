"""Readmitting: who was erased and asks to be let in, and the loss of the key."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TypeVar

import pyarrow as pa

from regpipe.engine.protocol import Engine, TableDelta
from regpipe.errors import DataError, Problem, RegistryError
from regpipe.plan import no_registry
from regpipe.registry import migrate
from regpipe.registry.erasure_key import (
    ErasureKey,
    keep_key,
    key_in_use,
    new_key,
    read_key,
)
from regpipe.registry.files import beside, copy_registry, owner_only, sweep
from regpipe.registry.files import replace as put_in_place
from regpipe.registry.lock import writer_lock
from regpipe.registry.log import Log
from regpipe.registry.opening import opened
from regpipe.registry.state import last_pipeline, state_of
from regpipe.stages.erase_who import Asked
from regpipe.stages.erased import NAMELESS, hashes_of_person

Answer = TypeVar("Answer")


@dataclass(frozen=True)
class Readmitted:
    """An erasure that no longer keeps its person out: its hashes that went, by kind."""

    asked: str
    erasure_id: int
    hashes: Mapping[str, int]


@dataclass(frozen=True)
class KeyLost:
    """What a new key gives up: the hashes of another, and of how many people."""

    hashes: int
    people: int
    run: int | None


def readmit_in(
    registry: Path, asked: Sequence[Asked], *, at: datetime, wait: float
) -> tuple[Readmitted, ...]:
    """Let people who were erased come back: the hashes of their erasures go.

    What was erased stays so; they come back with the next file that has them. Who is
    meant is told by an address that was theirs alone, or by a record.

    Raises DataError for somebody whom no erasure keeps out, RegistryError when the
    registry or the key cannot be used.
    """

    def readmitted(
        engine: Engine,
    ) -> tuple[tuple[Readmitted, ...], Sequence[int], None]:
        key = key_in_use(engine, registry)
        found, problems = [], []
        for each in asked:
            ids = _erasures_of(engine, key, each) if key else []
            found += [Readmitted(each.where, n, _kinds(engine, n)) for n in ids]
            if not ids:
                problems.append(
                    Problem(
                        each.where,
                        "no erasure keeps anybody out by it",
                        "name an address that nobody else had, or source:external_id",
                    )
                )
        if problems:
            raise DataError(*problems)
        return tuple(found), [each.erasure_id for each in found], None

    return _let_go(registry, "erasures readmit", at, wait, readmitted)[0]


def key_lost(registry: Path) -> KeyLost:
    """Tell what a new key would give up; nothing is written.

    Raises RegistryError when there is no registry, or the key is there and right.
    """
    with _reading(registry) as engine:
        return _lost(engine, registry)


def new_key_in(registry: Path, *, at: datetime, wait: float) -> KeyLost:
    """Give up the hashes of a key that is lost, and make a new key.

    Raises RegistryError when there is no registry, or the key is there and right.
    """

    def given_up(engine: Engine) -> tuple[KeyLost, Sequence[int], ErasureKey]:
        lost = _lost(engine, registry)
        ids = engine.collect(
            "select distinct erasure_id from registry.erased_identifiers"
        )
        return lost, ids["erasure_id"].to_pylist(), new_key()

    lost, run = _let_go(registry, "erasures new-key", at, wait, given_up)
    return KeyLost(lost.hashes, lost.people, run)


def _lost(engine: Engine, registry: Path) -> KeyLost:
    found = engine.collect(
        """
        select count(*) as hashes, count(distinct erasure_id) as people
        from registry.erased_identifiers
        """
    ).to_pylist()[0]
    try:
        key_in_use(engine, registry)
        read_key(registry)
    except RegistryError:
        return KeyLost(found["hashes"], found["people"], None)
    raise RegistryError.at(
        str(registry),
        "the key of its erasures is not lost",
        "there is nothing to make anew",
    )


def _erasures_of(engine: Engine, key: ErasureKey, asked: Asked) -> list[int]:
    """Give the erasures that keep somebody out by what was asked for."""
    records = [asked.record] if asked.record else []
    own = [asked.address] if asked.address else []
    hashes = hashes_of_person(key, records, [NAMELESS], own, [])
    held = engine.collect(
        "select erasure_id, kind, hash from registry.erased_identifiers"
    ).to_pylist()
    return sorted({r["erasure_id"] for r in held if (r["kind"], r["hash"]) in hashes})


def _kinds(engine: Engine, erasure_id: int) -> Mapping[str, int]:
    found = engine.collect(
        "select kind, count(*) as hashes from registry.erased_identifiers "
        f"where erasure_id = {erasure_id} group by kind order by kind"
    ).to_pylist()
    return {row["kind"]: row["hashes"] for row in found}


@contextmanager
def _reading(registry: Path) -> Iterator[Engine]:
    if not registry.is_file():
        raise no_registry(registry)
    with (
        owner_only(),
        tempfile.TemporaryDirectory(prefix="regpipe-") as scratch,
        opened(registry, Path(scratch)) as (engine, _),
    ):
        yield engine


def _let_go(
    registry: Path,
    command: str,
    at: datetime,
    wait: float,
    work: Callable[[Engine], tuple[Answer, Sequence[int], ErasureKey | None]],
) -> tuple[Answer, int]:
    """Take the hashes of some erasures out of force, as a run of its own."""
    if not registry.is_file():
        raise no_registry(registry)
    started = datetime.now(UTC)
    with owner_only(), writer_lock(registry, command, wait):
        sweep(registry)
        try:
            scratch = beside(registry, "tmp")
            scratch.mkdir()
            with opened(registry, scratch) as (engine, held):
                answer, erasures, key = work(engine)
                state = state_of(engine)
                log = Log(
                    last_pipeline(engine),
                    command,
                    started,
                    at,
                    state.last_file,
                )
                log.put_run(engine, state.next_customer)
                ids = pa.array(list(erasures), pa.int64())
                engine.put("erasures_let_go", pa.table({"erasure_id": ids}))
                nothing = engine.collect(
                    "select erasure_id, kind, hash, key_id "
                    "from registry.erased_identifiers limit 0"
                )
                engine.put("erased_identifiers_new", nothing)
                target = beside(registry, "next")
                copy_registry(registry, target)
                run_id = state.last_run + 1
                engine.publish(
                    target,
                    migrate.scripts(held),
                    [
                        TableDelta(
                            "erased_identifiers",
                            ("erasure_id",),
                            "erasures_let_go",
                            "erased_identifiers_new",
                        ),
                        TableDelta("runs", (), None, "runs_new"),
                    ],
                    run_id,
                )
            if key is not None:
                keep_key(registry, key)
            put_in_place(target, registry)
        finally:
            sweep(registry)
    return answer, run_id
