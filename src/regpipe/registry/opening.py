"""Opening the registry for a run: attached read-only, brought to today's format."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from regpipe.engine.duckdb import DuckDBEngine
from regpipe.errors import RegistryError
from regpipe.registry import migrate
from regpipe.registry.files import copy_registry
from regpipe.sql.step import ident, literal

LEAST_MEMORY = 2**30
MEMORY_SHARE = 2
"""Bytes a run may use: a gibibyte, and twice the size of the files that arrive.
Measured on a million people: less costs time in spilling, more saves none."""


@contextmanager
def opened(
    registry: Path, scratch: Path, arriving: int = 0
) -> Iterator[tuple[DuckDBEngine, int]]:
    """Give an engine that reads the registry, an empty one where there is none.

    A registry of an older format is read from a copy in ``scratch`` that was
    brought to today's; the file itself stays as it is. Gives the engine and the
    format of the file, 0 where there is none.

    ``arriving`` is the size in bytes of the files to be read: memory is used in
    proportion to that and to the registry, the rest goes to ``scratch``.

    Raises RegistryError when the file cannot be used as a registry.
    """
    held = 0
    memory = LEAST_MEMORY + MEMORY_SHARE * arriving
    if not registry.exists():
        engine = DuckDBEngine(None, migrate.scripts(), spill=scratch, memory=memory)
    else:
        _refuse_unfinished(registry)
        memory += registry.stat().st_size
        engine = DuckDBEngine(registry, spill=scratch, memory=memory)
        held = _format(engine, registry)
        if held < migrate.FORMAT:
            engine.close()
            engine = _upgraded(registry, held, scratch, memory)
    try:
        yield engine, held
    finally:
        engine.close()


@contextmanager
def locked_down(registry: Path, folders: Sequence[Path]) -> Iterator[DuckDBEngine]:
    """Give an engine that can read the registry and write into ``folders`` only."""
    engine = DuckDBEngine(registry, folders=folders)
    try:
        migrate.format_of(engine, registry)
        yield engine
    finally:
        engine.close()


@contextmanager
def as_of_run(registry: Path, run: int) -> Iterator[DuckDBEngine]:
    """Give an engine that reads the registry as a run left it, and nothing else.

    Every table is as it was then, its history too: a view over the file. There are no
    views for segments.

    Raises RegistryError when the file cannot be used as a registry.
    """
    with locked_down(registry, ()) as engine:
        found = engine.collect(
            """
            select table_name, list(column_name) as columns
            from information_schema.columns
            where table_catalog = 'registry'
              and column_name in ('run_id', 'ended_run_id')
            group by table_name
            order by table_name
            """
        ).to_pylist()
        views = engine.collect(
            "select table_name from information_schema.tables "
            "where table_catalog = 'registry' and table_type = 'VIEW'"
        )
    known = {row["table_name"]: row["columns"] for row in found}
    for name in views.column(0).to_pylist():
        known.pop(name, None)
    made = [f"attach {literal(str(registry))} as held (read_only);"]
    for name, columns in known.items():
        then = f"select * from held.{ident(name)} where run_id <= {run}"
        if "ended_run_id" in columns:
            then += f" and ended_run_id <= {run}"
        elif f"{name}_history" in known:
            then += (
                f" union all by name select * exclude (ended_run_id) from "
                f"held.{ident(name + '_history')} "
                f"where run_id <= {run} and ended_run_id > {run}"
            )
        made.append(f"create view {ident(name)} as {then};")
    past = DuckDBEngine(None, ["\n".join(made)], folders=())
    try:
        yield past
    finally:
        past.close()


def _format(engine: DuckDBEngine, registry: Path) -> int:
    try:
        return migrate.format_of(engine, registry)
    except RegistryError:
        engine.close()
        raise


def _upgraded(registry: Path, held: int, scratch: Path, memory: int) -> DuckDBEngine:
    copy = scratch / "upgraded.duckdb"
    copy_registry(registry, copy)
    engine = DuckDBEngine(None, (), spill=scratch)
    engine.publish(copy, migrate.scripts(held), (), 0)
    engine.close()
    return DuckDBEngine(copy, spill=scratch, memory=memory)


def _refuse_unfinished(registry: Path) -> None:
    """Refuse a file that another program left with changes beside it."""
    log = registry.with_name(registry.name + ".wal")
    if log.exists():
        raise RegistryError.at(
            str(registry),
            f"another program left unfinished changes beside it ({log.name})",
            "open and close the file with that program once, then run again",
        )
