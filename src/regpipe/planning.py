"""Planning: what a run would change, shown without writing anything that stays."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from regpipe.engine.protocol import Engine
from regpipe.engine.recorder import Recorder
from regpipe.errors import PipelineError, nearest
from regpipe.outcome import Progress, RunOutcome
from regpipe.plan import (
    Plan,
    Stopwatch,
    apply,
    no_registry,
    refuse_no_registry,
    refuse_wrong_exports,
    without_sources,
    work_out,
)
from regpipe.registry.files import owner_only
from regpipe.registry.log import Log
from regpipe.registry.opening import locked_down, opened
from regpipe.spec import Pipeline
from regpipe.sql import changes as sql_changes
from regpipe.sql.step import Step
from regpipe.stages.deciding import Act
from regpipe.stages.decisions import decisions
from regpipe.stages.deliveries import arriving_bytes
from regpipe.stages.export import members
from regpipe.stages.stating import ConsentAct


def plan_pipeline(
    pipeline: Pipeline,
    *,
    as_of: datetime,
    progress: Progress,
    mended: Path | None = None,
    whole: bool = False,
) -> RunOutcome:
    """Work out what a run would change; write nothing that stays.

    The plan is applied to a copy in a temporary folder, to see who would join
    or leave each list. ``mended`` is a file of rejects to be replayed instead of
    the sources' files. With ``whole`` every customer is worked out anew.

    Raises what a run would raise, but for what only writing meets.
    """
    with owner_only(), tempfile.TemporaryDirectory(prefix="regpipe-") as folder:
        scratch = Path(folder)
        watch = Stopwatch(progress)
        registry = pipeline.path(pipeline.registry)
        arriving = arriving_bytes(pipeline, mended)
        with opened(registry, scratch, arriving) as (engine, held):
            refuse_wrong_exports(engine, pipeline)
            plan = work_out(
                engine, pipeline, as_of, scratch, watch, mended=mended, whole=whole
            )
            log = Log(pipeline.pipeline, "plan", as_of, as_of, plan.state.last_file)
            target = scratch / "planned.duckdb"
            with watch.stage("lists"):
                counts = apply(engine, plan, registry, held, target, log)
                moves = _list_moves(engine, plan, registry if held else None, target)
            found = plan.outcome(counts)
            return replace(found, changes={**found.changes, **moves})


def plan_rebuild(
    pipeline: Pipeline, *, as_of: datetime, progress: Progress
) -> RunOutcome:
    """Work out what a rebuild would change; write nothing that stays.

    Raises RegistryError when there is no registry, else as ``plan_pipeline``.
    """
    refuse_no_registry(pipeline)
    return plan_pipeline(
        without_sources(pipeline), as_of=as_of, progress=progress, whole=True
    )


def plan_decisions(
    registry: Path,
    acts: Sequence[Act | ConsentAct],
    *,
    by: str,
    as_of: datetime,
    progress: Progress,
) -> RunOutcome:
    """Work out what a person's word would change; write nothing that stays.

    Raises what deciding would raise, but for what only writing meets.
    """
    if not registry.is_file():
        raise no_registry(registry)
    with owner_only(), tempfile.TemporaryDirectory(prefix="regpipe-") as folder:
        scratch = Path(folder)
        with opened(registry, scratch) as (engine, held):
            pipeline, by_hand = decisions(engine, registry, acts, by, as_of)
            watch = Stopwatch(progress)
            plan = work_out(engine, pipeline, as_of, scratch, watch, by_hand=by_hand)
            log = Log(pipeline.pipeline, "plan", as_of, as_of, plan.state.last_file)
            target = scratch / "planned.duckdb"
            return plan.outcome(apply(engine, plan, registry, held, target, log))


def plan_sql(pipeline: Pipeline, step: str | None) -> list[Step]:
    """Give the SQL of every step of a run, or of ``step``; read no data.

    Raises PipelineError when there is no such step.
    """
    with owner_only(), tempfile.TemporaryDirectory(prefix="regpipe-") as folder:
        scratch = Path(folder)
        with opened(pipeline.path(pipeline.registry), scratch) as (engine, _):
            recorded = Recorder(engine)
            watch = Stopwatch(lambda stage, what: None)
            work_out(recorded, pipeline, datetime.now(UTC), scratch, watch, blank=True)
    if step is None:
        return recorded.steps
    found = [each for each in recorded.steps if each.name == step]
    if not found:
        known = [each.name for each in recorded.steps]
        close = nearest(step, known)
        raise PipelineError.at(
            "--sql",
            f"there is no step {step!r}",
            f"did you mean {close!r}?" if close else f"known: {', '.join(known)}",
        )
    return found[-1:]


def _list_moves(
    engine: Engine, plan: Plan, registry: Path | None, target: Path
) -> dict[str, int]:
    """Count who joins and who leaves each list, between two registry files."""
    for name, path in (("members_after", target), ("members_before", registry)):
        if path is None:
            engine.make(Step(name, "select * from members_after where false"))
            continue
        with locked_down(path, ()) as reader:
            engine.put(name, members(reader, plan.pipeline, plan.as_of))
    found = engine.collect(sql_changes.list_moves()).to_pylist()
    counted = {(row["list"], row["move"]): row["customers"] for row in found}
    return {
        f"{move} {name}": counted.get((name, move), 0)
        for name in plan.pipeline.exports
        for move in ("join", "leave")
    }
