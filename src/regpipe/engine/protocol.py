"""The engine seam: what regpipe asks of whatever stores and joins the rows.

Set-based steps go through these methods only, so that another engine can
take DuckDB's place behind them. No connection, relation or cursor leaves an
engine. Tables of the registry are read as ``registry.<table>``.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Protocol, TypeAlias

if TYPE_CHECKING:
    import pyarrow as pa

    from regpipe.outcome import Delta
    from regpipe.sql.step import Step

BatchFunction: TypeAlias = "Callable[[pa.RecordBatch], pa.Array]"
"""Takes a batch of rows, gives for each row its list of errors, each error a
struct of ``column`` and ``check``; picklable, no state across batches."""


@dataclass(frozen=True)
class TextFile:
    """A UTF-8 CSV file whose dialect is settled: nothing is left to guess.

    ``columns`` name the cells of a record, in order and without repeats;
    ``header`` tells whether the first record is to be skipped; ``longest`` is
    the length of the longest record in bytes where it is known. ``absent`` are
    columns that the file lacks and that are blank in every row.
    """

    path: Path
    columns: tuple[str, ...]
    delimiter: str
    quote: str
    header: bool = True
    longest: int = 0
    absent: tuple[str, ...] = ()


@dataclass(frozen=True)
class TableDelta:
    """What a plan changes in one table of the registry.

    ``gone`` names a table of the keys (columns ``key``) whose rows move to
    the table's history, None where rows only come; ``new`` names a table of
    the rows that come, with every column of the table but ``run_id``.
    """

    table: str
    key: tuple[str, ...]
    gone: str | None
    new: str


class Engine(Protocol):
    """Loads, keeps, joins and writes rows."""

    def load(self, name: str, file: TextFile) -> None:
        """Make ``name`` readable: one row of text columns per record of the file.

        Reading may happen as late as the first step that uses it, which then
        raises IrregularFileError when a record does not fit the dialect.
        """

    def make(self, step: Step) -> int:
        """Keep the rows of ``step`` as a table of its name; give their number."""

    def define(self, step: Step) -> None:
        """Name the rows of ``step`` without keeping them: read anew at each use."""

    def put(self, name: str, rows: pa.Table) -> int:
        """Keep Arrow ``rows`` as a table of that name; give their number."""

    def map_batches(self, name: str, select: str, function: BatchFunction) -> int:
        """Keep the rows of ``select`` with a column ``errors`` from ``function``."""

    def collect(self, select: str) -> pa.Table:
        """Give a small answer as an Arrow table."""

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
        """Write ``columns`` of ``select`` as UTF-8 CSV; give the row count.

        ``order_by`` names columns of ``select`` that need not be written. A
        file that exists is written over in place and keeps its mode.
        """

    def publish(
        self,
        target: Path,
        scripts: Sequence[str],
        deltas: Sequence[TableDelta],
        run_id: int,
    ) -> Mapping[str, Delta]:
        """Apply ``scripts`` and ``deltas`` to the registry file ``target``.

        One transaction, then a checkpoint: all of it or nothing. A table may have
        several deltas. Gives how many rows went from each table and came to it.
        """

    def rewrite(
        self, target: Path, scripts: Sequence[str], tables: Mapping[str, str]
    ) -> Mapping[str, int]:
        """Write a new registry file ``target``: ``scripts``, then each table's SELECT.

        One transaction, then a checkpoint. No byte of another file comes along. Gives
        the number of rows of each table.
        """

    def drop(self, *names: str) -> None:
        """Forget tables that are no longer needed."""

    def close(self) -> None:
        """Let go of files and memory."""
