"""The DuckDB engine: the only module that uses duckdb."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

import duckdb
import pyarrow as pa

from regpipe.engine.protocol import BatchFunction, TableDelta, TextFile
from regpipe.engine.words import Words
from regpipe.errors import IrregularFileError, RegistryError, StepError
from regpipe.outcome import Delta
from regpipe.sql.step import Step, comma, ident, literal

BATCH_ROWS = 100_000
"""Rows of one Arrow batch: large enough for vectorised checks, small in memory."""

STORAGE_VERSION = "v1.5.0"
"""Registries are written so that every DuckDB regpipe supports can open them."""

LONGEST = 1_900_000
"""Bytes of a record that DuckDB reads without being told to make room."""

NEVER = "1TB"
"""What must be written before DuckDB makes a checkpoint, of tables in memory, too: at a
million records it saves a tenth of the memory, for half a second of one thread."""

SLOW = "fsst,zstd"
"""Compressions left out when writing: a fifth of the time of a first run, and
dictionaries of whole row groups come out smaller than either."""

ERRORS = pa.list_(pa.struct([("column", pa.string()), ("check", pa.string())]))


class DuckDBEngine:
    """An in-memory DuckDB with the registry attached read-only.

    ``registry`` is None before the first run: then ``scripts`` make an empty
    one in memory. ``spill`` is a folder of regpipe's own for rows that do not
    fit in ``memory`` (bytes; by default most of the machine's). With
    ``folders`` the engine is locked down: it reads the registry (its tables by
    their bare names, too), writes into those folders, and nothing it is asked
    to run can reach another file or change a setting.
    """

    def __init__(
        self,
        registry: Path | None,
        scripts: Sequence[str] = (),
        *,
        spill: Path | None = None,
        memory: int | None = None,
        folders: Sequence[Path] | None = None,
    ) -> None:
        config: dict[str, str | bool | int | float | list[str]] = {
            "autoinstall_known_extensions": "false",
            "autoload_known_extensions": "false",
            "python_enable_replacements": "false",
        }
        if spill is not None:
            config["temp_directory"] = str(spill)
        if memory is not None:
            config["memory_limit"] = f"{memory}B"
        self._db = duckdb.connect(":memory:", config=config)
        self._db.execute("set TimeZone = 'UTC'")
        self._db.execute(f"set disabled_compression_methods = '{SLOW}'")
        self._db.execute(f"set checkpoint_threshold = '{NEVER}'")
        self._words = Words()
        self._rows: dict[str, int | None] = {}  # of each table; None of a view
        self._empty = tuple(scripts) if registry is None else ()
        if registry is None:
            self._db.execute("attach ':memory:' as registry")
            self._in("registry", scripts)
        else:
            self._attach(registry, "registry", "read_only")
        if folders is not None:
            allowed = comma((literal(str(folder)) for folder in folders), 0)
            self._db.execute("set search_path = 'memory.main,registry.main'")
            self._db.execute(f"set allowed_directories = [{allowed}]")
            self._db.execute("set enable_external_access = false")
            self._db.execute("set lock_configuration = true")

    def load(self, name: str, file: TextFile) -> None:
        """Make ``name`` a view over the file, every dialect option explicit."""
        room = ""
        if file.longest > LONGEST:
            size = 2 * file.longest
            room = f", max_line_size = {size}, buffer_size = {2 * size}"
        blank = "".join(f", cast(null as varchar) as {ident(c)}" for c in file.absent)
        types = comma((f"{literal(c)}: 'VARCHAR'" for c in file.columns), 0)
        self._keep(
            "view",
            name,
            f"""
            select *{blank} from read_csv(
              {literal(str(file.path))},
              auto_detect = false, columns = {{{types}}},
              header = {str(file.header).lower()}, skip = 0,
              delim = {literal(file.delimiter)}, quote = {literal(file.quote)},
              escape = {literal(file.quote)}, comment = '',
              strict_mode = true, null_padding = false{room}
            )
            """,
        )

    def make(self, step: Step) -> int:
        """Keep the rows of ``step`` in memory (spilling when it must)."""
        return self._keep("table", step.name, step.select)

    def define(self, step: Step) -> None:
        """Make a view."""
        self._keep("view", step.name, step.select)

    def put(self, name: str, rows: pa.Table) -> int:
        """Copy the Arrow rows into a table."""
        with self._seen(rows) as given:
            return self._keep("table", name, f"select * from {given}")

    def map_batches(self, name: str, select: str, function: BatchFunction) -> int:
        """Stream the rows through ``function``, a batch at a time."""
        reader = self._db.cursor()
        total = 0
        try:
            with told(name):
                self._teach(select)
                batches = reader.sql(select).to_arrow_reader(BATCH_ROWS)
            self.put(name, _with_errors(batches.schema.empty_table(), []))
            for batch in batches:
                checked = _with_errors(pa.Table.from_batches([batch]), function(batch))
                with self._seen(checked) as given:
                    self._run(name, f"insert into {ident(name)} select * from {given}")
                total += batch.num_rows
            self._rows[name] = total
        finally:
            reader.close()
        return total

    def collect(self, select: str) -> pa.Table:
        """Give the rows of ``select``, all of them in memory."""
        with told("collect"):
            self._teach(select)
            return self._db.sql(select).to_arrow_table()

    def export(
        self,
        select: str,
        columns: Sequence[str],
        order_by: Sequence[str],
        path: Path,
        delimiter: str,
        *,
        header: bool = True,
    ) -> int:
        """Write the rows as CSV: UTF-8, LF, a cell quoted where it must be."""
        written = comma(map(ident, columns), 0)
        order = ", ".join(f"{ident(column)} nulls first" for column in order_by)
        return self._run(
            path.name,
            f"""
            copy (select {written} from ({select}) order by {order})
            to {literal(str(path))} (
              format csv, header {str(header).lower()}, delimiter {literal(delimiter)},
              nullstr '', use_tmp_file false
            )
            """,
        )

    def publish(
        self,
        target: Path,
        scripts: Sequence[str],
        deltas: Sequence[TableDelta],
        run_id: int,
    ) -> Mapping[str, Delta]:
        """Apply the deltas to ``target`` in one transaction, then checkpoint."""
        counts: dict[str, Delta] = {}
        with self._writing(target, scripts):
            for delta in deltas:
                before = counts.get(delta.table, Delta())
                counts[delta.table] = before + self._apply(delta, run_id)
        return counts

    def rewrite(
        self, target: Path, scripts: Sequence[str], tables: Mapping[str, str]
    ) -> Mapping[str, int]:
        """Write a new file in one transaction, then checkpoint."""
        counts: dict[str, int] = {}
        with self._writing(target, scripts):
            for name, select in tables.items():
                into = f"target.{ident(name)}"
                self._run(name, f"delete from {into}")  # what the scripts noted there
                counts[name] = self._run(name, f"insert into {into} by name {select}")
        return counts

    def drop(self, *names: str) -> None:
        """Drop tables (or views) of these names where they exist."""
        for name in names:
            if name in self._rows:
                kind = "view" if self._rows.pop(name) is None else "table"
                self._db.execute(f"drop {kind} {ident(name)}")

    def close(self) -> None:
        """Close the connection; the registry's file is free again."""
        self._db.close()

    @contextmanager
    def _writing(self, target: Path, scripts: Sequence[str]) -> Iterator[None]:
        """Attach ``target`` for one transaction: the scripts, then the block."""
        self._db.execute("reset checkpoint_threshold")
        self._attach(target, "target", f"storage_version {literal(STORAGE_VERSION)}")
        try:
            self._run("publish", "begin")
            try:
                if scripts and tuple(scripts) == self._empty:
                    # What they make is at hand: to copy it is quicker.
                    self._run("publish", "copy from database registry to target")
                else:
                    self._in("target", scripts)
                yield
                self._run("publish", "commit")
            except BaseException:
                self._db.execute("rollback")
                raise
            self._run("publish", "checkpoint target")
        finally:
            self._db.execute("use memory")
            self._db.execute("detach target")

    def _apply(self, delta: TableDelta, run_id: int) -> Delta:
        gone_rows = new_rows = 0
        table = f"target.{ident(delta.table)}"
        if delta.gone is not None and self._rows.get(delta.gone) != 0:
            gone = f"memory.{ident(delta.gone)}"
            same = " and ".join(f"t.{ident(k)} = g.{ident(k)}" for k in delta.key)
            history = f"target.{ident(delta.table + '_history')}"
            self._run(
                delta.table,
                f"insert into {history} by name "
                f"select t.*, {run_id} as ended_run_id from {table} t "
                f"semi join {gone} g on {same}",
            )
            gone_rows = self._run(
                delta.table, f"delete from {table} t using {gone} g where {same}"
            )
        if self._rows.get(delta.new) != 0:
            new_rows = self._run(
                delta.table,
                f"insert into {table} by name "
                f"select *, {run_id} as run_id from memory.{ident(delta.new)}",
            )
        return Delta(gone=gone_rows, new=new_rows)

    def _attach(self, path: Path, name: str, options: str) -> None:
        try:
            self._db.execute(f"attach {literal(str(path))} as {name} ({options})")
        except duckdb.IOException as reason:
            raise RegistryError.at(str(path), *_why_not(str(reason))) from reason
        except duckdb.Error as reason:
            raise RegistryError.at(
                str(path),
                "cannot be opened as a registry",
                "name another file, or move this one away",
            ) from reason

    def _in(self, database: str, scripts: Sequence[str]) -> None:
        self._db.execute(f"use {database}")
        for script in scripts:
            self._run("script", script)
        self._db.execute("use memory")

    def _keep(self, kind: str, name: str, select: str) -> int:
        """Keep a SELECT as a table or a view; give the rows of the table."""
        if name in self._rows and (self._rows[name] is None) != (kind == "view"):
            self.drop(name)
        made = self._run(name, f"create or replace {kind} {ident(name)} as\n{select}")
        self._rows[name] = made if kind == "table" else None
        return made

    def _run(self, step: str, sql: str) -> int:
        """Run one statement; give the number of rows it made or wrote."""
        with told(step):
            self._teach(sql)
            row = self._db.execute(sql).fetchone()
        return int(row[0]) if row and isinstance(row[0], int) else 0

    def _teach(self, sql: str) -> None:
        for statement in self._words.new_in(sql):
            self._db.execute(statement)

    @contextmanager
    def _seen(self, rows: pa.Table) -> Iterator[str]:
        """Let SQL read Arrow rows for a moment, under the name this gives."""
        self._db.register("given", rows)
        try:
            yield "given"
        finally:
            self._db.unregister("given")


@contextmanager
def told(step: str) -> Iterator[None]:
    """Turn DuckDB's errors into ours; its own text may quote cells, so it goes."""
    try:
        yield
    except duckdb.InvalidInputException as reason:
        if "CSV" in str(reason):
            raise IrregularFileError.at(
                step, "a record does not fit the file's dialect"
            ) from reason
        raise _failed(step, reason) from reason
    except duckdb.InterruptException as reason:
        raise KeyboardInterrupt from reason
    except duckdb.Error as reason:
        raise _failed(step, reason) from reason
    except RuntimeError as reason:
        if "interrupted" in str(reason):  # how DuckDB passes Ctrl-C on
            raise KeyboardInterrupt from reason
        raise


def _failed(step: str, reason: duckdb.Error) -> StepError:
    kind = type(reason).__name__
    if isinstance(reason, duckdb.OutOfMemoryException):
        hint = "free memory, or room in the folder for temporary files"
    elif isinstance(reason, duckdb.IOException):
        hint = "look whether the disk is full and the folder may be written to"
    else:
        hint = None
    return StepError.at(step, f"the step failed in the engine ({kind})", hint)


def _why_not(reason: str) -> tuple[str, str]:
    """Say what keeps a file from being attached, and what to do."""
    if "lock" in reason.lower():
        pid = reason.partition("PID ")[2].split(")")[0].split(" ")[0].strip(".")
        who = f" by process {pid}" if pid.isdigit() else ""
        return (
            f"is held open for writing{who}",
            "close that connection; readers should open it with read_only",
        )
    return "cannot be opened as a registry", "look whether the path is right"


def _with_errors(rows: pa.Table, errors: pa.Array | list[object]) -> pa.Table:
    column = pa.array(errors, ERRORS) if isinstance(errors, list) else errors
    return rows.append_column("errors", column)
