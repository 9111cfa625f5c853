"""The log of runs: the rows of ``runs``, ``run_files`` and ``exports``."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import pyarrow as pa

from regpipe.engine.duckdb import DuckDBEngine
from regpipe.engine.protocol import Engine, TableDelta
from regpipe.outcome import ExportOutcome, FileOutcome
from regpipe.registry.moments import utc
from regpipe.version import VERSION

_TIME = pa.timestamp("us")


@dataclass(frozen=True)
class Log:
    """What a run says of itself: by which command, when, and as of when (UTC)."""

    pipeline: str
    command: str
    started_at: datetime
    as_of: datetime
    last_file: int

    def put_run(self, engine: Engine, next_customer: int) -> None:
        """Leave ``runs_new``: the row of this run."""
        row = {
            "pipeline": pa.array([self.pipeline], pa.string()),
            "command": pa.array([self.command], pa.string()),
            "started_at": pa.array([utc(self.started_at)], _TIME),
            "as_of": pa.array([utc(self.as_of)], _TIME),
            "program_version": pa.array([VERSION], pa.string()),
            "next_customer_id": pa.array([next_customer], pa.int64()),
        }
        engine.put("runs_new", pa.table(row))

    def put_files(
        self, engine: Engine, files: Sequence[tuple[FileOutcome, str, datetime]]
    ) -> None:
        """Leave ``run_files_new``: a row per file, its sha256 and its time (UTC)."""
        outcomes = [outcome for outcome, _, _ in files]
        counts = (
            "read",
            "accepted",
            "rejected",
            "duplicate",
            "unchanged",
            "suppressed",
        )
        ids = [self.last_file + number for number, _ in enumerate(files, 1)]
        columns = {
            "file_id": pa.array(ids, pa.int64()),
            "source": pa.array([o.source for o in outcomes], pa.string()),
            "file": pa.array([o.file for o in outcomes], pa.string()),
            "sha256": pa.array([sha256 for _, sha256, _ in files], pa.string()),
            "delivered_at": pa.array([when for _, _, when in files], _TIME),
            **{
                name: pa.array([getattr(o, name) for o in outcomes], pa.int64())
                for name in counts
            },
        }
        engine.put("run_files_new", pa.table(columns))


def note_lists(
    target: Path,
    lists: Sequence[tuple[str, ExportOutcome]],
    as_of: datetime,
    run_id: int,
) -> None:
    """Note the lists of a run, each with its purpose, in a finished copy."""
    outcomes = [outcome for _, outcome in lists]
    rows = pa.table(
        {
            "name": pa.array([o.name for o in outcomes], pa.string()),
            "purpose": pa.array([purpose for purpose, _ in lists], pa.string()),
            "file": pa.array([o.file for o in outcomes], pa.string()),
            "rows": pa.array([o.rows for o in outcomes], pa.int64()),
            "sha256": pa.array([o.sha256 for o in outcomes], pa.string()),
            "as_of": pa.array([utc(as_of)] * len(outcomes), _TIME),
        }
    )
    engine = DuckDBEngine(None)
    try:
        engine.put("exports_new", rows)
        engine.publish(
            target, (), [TableDelta("exports", (), None, "exports_new")], run_id
        )
    finally:
        engine.close()
