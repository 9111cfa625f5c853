"""Erase: a registry file anew without some people, and the proof that they are out."""

from __future__ import annotations

import glob
import mmap
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import pyarrow as pa

from regpipe.engine.protocol import Engine
from regpipe.errors import StepError
from regpipe.registry.erasure_key import ErasureKey
from regpipe.registry.files import LEFTOVERS
from regpipe.sql.rewrite import HISTORY, kept
from regpipe.sql.step import ident, literal
from regpipe.stages.erase_traces import Traces, put_mentions, put_rejects
from regpipe.stages.erase_who import Person, is_postal
from regpipe.stages.erased import Hashed, hashes_of_person, row_hash

SEARCHED = 2 * 10**10
"""Bytes that are searched at the most for the values of the people, one by one."""

_TIME = pa.timestamp("us")

Tables = Mapping[str, Sequence[str]]
"""The columns of each table of a registry."""


@dataclass(frozen=True)
class Went:
    """What went of a table and its history: rows, and rows that lost a value."""

    removed: int
    blanked: int


@dataclass(frozen=True)
class Erasing:
    """One person who is erased: the number of the erasure, and the new hashes."""

    erasure_id: int
    person: Person
    hashes: frozenset[Hashed]

    @property
    def kinds(self) -> Mapping[str, int]:
        """Give how many hashes keep the person out, by kind."""
        return dict(sorted(Counter(kind for kind, _ in self.hashes).items()))


@dataclass(frozen=True)
class Said:
    """What is noted of erasures: when (UTC), by whom, on what ground, which case."""

    at: datetime
    by: str
    ground: str
    case: str | None


def tables_of(engine: Engine) -> Tables:
    """Give every table of the registry with its columns, in order."""
    found: dict[str, list[str]] = {}
    for row in engine.collect(
        """
        select c.table_name, c.column_name
        from information_schema.columns c
        join information_schema.tables t
          on c.table_catalog = t.table_catalog and c.table_name = t.table_name
        where t.table_catalog = 'registry' and t.table_type = 'BASE TABLE'
        order by c.table_name, c.ordinal_position
        """
    ).to_pylist():
        found.setdefault(row["table_name"], []).append(row["column_name"])
    return found


def hashed(
    engine: Engine,
    people: Sequence[Person],
    key: ErasureKey,
    rows: Iterable[tuple[str, int]] = (),
) -> tuple[Erasing, ...]:
    """Give what keeps each person out, without the hashes that the registry holds.

    ``rows`` are those of their rejects, by source and fingerprint: which is whose is
    not kept, they go with the first person.
    """
    held = engine.collect("select kind, hash from registry.erased_identifiers")
    known = set(zip(held["kind"].to_pylist(), held["hash"].to_pylist(), strict=True))
    last = engine.collect(
        "select coalesce(max(erasure_id), 0) as last from registry.erasures"
    )
    first = int(last["last"][0].as_py()) + 1
    found = []
    for number, person in enumerate(people, first):
        asked = {each.record for each in person.asked if each.record}
        records = person.records | asked
        own, shared = (
            [address for address in each if not is_postal(address)]
            for each in (person.own, person.shared)
        )
        hashes = hashes_of_person(key, records, person.names, own, shared)
        if number == first:
            hashes |= {row_hash(key, *row) for row in rows}
        found.append(Erasing(number, person, frozenset(hashes - known)))
    return tuple(found)


def leave_traces(
    engine: Engine, people: Sequence[Person], traces: Traces
) -> set[tuple[str, int]]:
    """Leave ``own_texts``, ``own_rejects``, ``replaced``; give the rejected rows."""
    texts = {text.lower() for p in people for text in (*p.texts, *p.own)}
    engine.put("own_texts", pa.table({"value": pa.array(sorted(texts), pa.string())}))
    put_mentions(engine, traces, tables_of(engine))
    return put_rejects(engine, traces)


def counted(engine: Engine) -> dict[str, Went]:
    """Count what goes of each table, with its history, where anything does."""
    found: dict[str, Went] = {}
    for table, columns in tables_of(engine).items():
        about = kept(table, columns)
        removed, blanked = (
            int(engine.collect(select)["rows"][0].as_py()) if select else 0
            for select in (about.gone, about.blanked)
        )
        base = table.removesuffix(HISTORY)
        before = found.get(base, Went(0, 0))
        found[base] = Went(before.removed + removed, before.blanked + blanked)
    return {name: went for name, went in found.items() if went.removed or went.blanked}


def rewrite(
    engine: Engine,
    target: Path,
    scripts: Sequence[str],
    erasing: Sequence[Erasing],
    key: ErasureKey,
    said: Said,
    run_id: int,
) -> None:
    """Write ``target``, the registry without the people, and what keeps them out.

    Reads  the tables that ``people_of`` and ``leave_traces`` leave.
    """
    _put_erasures(engine, erasing, key, said, run_id)
    tables = {
        table: kept(table, columns).rows for table, columns in tables_of(engine).items()
    }
    for table in ("erasures", "erased_identifiers"):
        tables[table] = f"{tables[table]} union all by name select * from {table}_new"
    engine.rewrite(target, scripts, tables)


def _put_erasures(
    engine: Engine,
    erasing: Sequence[Erasing],
    key: ErasureKey,
    said: Said,
    run_id: int,
) -> None:
    many = len(erasing)
    numbers = {
        "customers": [len(each.person.customers) for each in erasing],
        "records": [len(each.person.records) for each in erasing],
        "orders": [each.person.orders for each in erasing],
    }
    engine.put(
        "erasures_new",
        pa.table(
            {
                "erasure_id": pa.array([e.erasure_id for e in erasing], pa.int64()),
                "erased_at": pa.array([said.at] * many, _TIME),
                "erased_by": pa.array([said.by] * many, pa.string()),
                "ground": pa.array([said.ground] * many, pa.string()),
                "case_reference": pa.array([said.case] * many, pa.string()),
                **{name: pa.array(n, pa.int64()) for name, n in numbers.items()},
                "run_id": pa.array([run_id] * many, pa.int64()),
            }
        ),
    )
    rows = [(e.erasure_id, *pair) for e in erasing for pair in sorted(e.hashes)]
    engine.put(
        "erased_identifiers_new",
        pa.table(
            {
                "erasure_id": pa.array([number for number, _, _ in rows], pa.int64()),
                "kind": pa.array([kind for _, kind, _ in rows], pa.string()),
                "hash": pa.array([found for _, _, found in rows], pa.string()),
                "key_id": pa.array([key.key_id] * len(rows), pa.string()),
                "run_id": pa.array([run_id] * len(rows), pa.int64()),
            }
        ),
    )


def prove(engine: Engine, written: Path, people: Sequence[Person]) -> int:
    """See that the rewritten registry does not hold the people; give values searched.

    ``engine`` reads that file and has ``own_ids``, ``own_records``, ``own_addresses``.
    No column may hold an address, record or number of theirs, and the bytes of the
    file no value that was theirs alone, but where somebody else's text has it.

    Raises StepError otherwise; what was to be replaced must then stay as it is.
    """
    left = []
    for table, columns in tables_of(engine).items():
        tests = [
            f"lower(cast(t.{ident(c)} as varchar)) in "
            "(select lower(address) from own_addresses)"
            for c in columns
        ]
        if "customer_id" in columns:
            tests.append("t.customer_id in (select customer_id from own_ids)")
        if {"source", "external_id"} <= {*columns}:
            tests.append(
                "exists (select 1 from own_records o where o.source = t.source "
                "and o.external_id = t.external_id)"
            )
        any_of = " or ".join(f"coalesce({test}, false)" for test in tests)
        found = engine.collect(
            f"select count(*) as rows from registry.{ident(table)} t where {any_of}"
        )
        if found["rows"][0].as_py():
            left.append(table)
    if left:
        raise _still_there(f"in {', '.join(left)}")
    searched, hits = in_bytes(written, values_of(people))
    tables = list(tables_of(engine))
    if not all(_said_by_others(engine, tables, value) for value in hits):
        raise _still_there("in its bytes")
    return searched


def values_of(people: Sequence[Person]) -> list[str]:
    """Give every value that is a person's alone and can be told from chance."""
    found = {value for p in people for value in (*p.own, *p.texts)}
    return sorted(value for value in found if len(value.encode()) >= LEAST_BYTES)


LEAST_BYTES = 8
"""Bytes of a value that is searched for: fewer may stand anywhere by chance."""


def in_bytes(path: Path, values: Sequence[str]) -> tuple[int, list[str]]:
    """Give how many values were searched in the bytes of a file, and those found."""
    size = path.stat().st_size
    if not size:
        return len(values), []
    some = values[: max(1, SEARCHED // size)]
    with (
        path.open("rb") as file,
        mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as content,
    ):
        return len(some), [v for v in some if content.find(v.encode()) >= 0]


def _said_by_others(engine: Engine, tables: Iterable[str], value: str) -> bool:
    """Tell whether a cell of somebody else's holds a value within another text."""
    text = literal(value.lower())
    return any(
        engine.collect(
            f"select count(*) as rows from registry.{ident(table)} t "
            f"where contains(lower(cast(t as varchar)), {text})"
        )["rows"][0].as_py()
        for table in tables
    )


def _still_there(where: str) -> StepError:
    return StepError.at(
        "erase",
        f"a value of an erased person is still in the rewritten registry, {where}",
        "nothing was written: this should not happen, report it",
    )


def traces_beside(registry: Path, people: Sequence[Person]) -> list[str]:
    """Give the names of files beside the registry, called after it, with values.

    regpipe itself keeps none there: they are somebody's copies.
    """
    registry = registry.resolve()
    values = values_of(people)
    found = []
    for path in sorted(registry.parent.glob(f"{glob.escape(registry.name)}?*")):
        at_work = any(mark in path.name for mark in LEFTOVERS)
        if path.is_file() and not at_work and in_bytes(path, values)[1]:
            found.append(path.name)
    return found
