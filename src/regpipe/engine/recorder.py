"""An engine that keeps every step it is asked for, on the way to another one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from regpipe.engine.protocol import BatchFunction, Engine, TableDelta, TextFile
from regpipe.outcome import Delta
from regpipe.sql.step import Step

if TYPE_CHECKING:
    import pyarrow as pa


@dataclass
class Recorder:
    """Passes all it is asked on to ``engine``; ``steps`` are what it was asked."""

    engine: Engine
    steps: list[Step] = field(default_factory=list)

    def load(self, name: str, file: TextFile) -> None:
        """Pass it on."""
        self.engine.load(name, file)

    def make(self, step: Step) -> int:
        """Keep the step and pass it on."""
        self.steps.append(step)
        return self.engine.make(step)

    def define(self, step: Step) -> None:
        """Keep the step and pass it on."""
        self.steps.append(step)
        self.engine.define(step)

    def put(self, name: str, rows: pa.Table) -> int:
        """Pass it on."""
        return self.engine.put(name, rows)

    def map_batches(self, name: str, select: str, function: BatchFunction) -> int:
        """Keep the rows asked for as a step and pass it on."""
        self.steps.append(Step(name, select))
        return self.engine.map_batches(name, select, function)

    def collect(self, select: str) -> pa.Table:
        """Pass it on."""
        return self.engine.collect(select)

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
        """Pass it on."""
        return self.engine.export(
            select, columns, order_by, path, delimiter, header=header
        )

    def publish(
        self,
        target: Path,
        scripts: Sequence[str],
        deltas: Sequence[TableDelta],
        run_id: int,
    ) -> Mapping[str, Delta]:
        """Pass it on."""
        return self.engine.publish(target, scripts, deltas, run_id)

    def rewrite(
        self, target: Path, scripts: Sequence[str], tables: Mapping[str, str]
    ) -> Mapping[str, int]:
        """Pass it on."""
        return self.engine.rewrite(target, scripts, tables)

    def drop(self, *names: str) -> None:
        """Pass it on."""
        self.engine.drop(*names)

    def close(self) -> None:
        """Pass it on."""
        self.engine.close()
