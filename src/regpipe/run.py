"""Run: from files to registry to lists, all of it or nothing."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

from regpipe.errors import RegistryError
from regpipe.outcome import Delta, Progress, RunOutcome
from regpipe.plan import (
    NOTHING,
    Plan,
    Stopwatch,
    apply,
    refuse_wrong_exports,
    work_out,
)
from regpipe.registry.by_hand import ByHand
from regpipe.registry.files import beside, owner_only, sweep
from regpipe.registry.files import replace as put_in_place
from regpipe.registry.lock import writer_lock
from regpipe.registry.log import Log, note_lists
from regpipe.registry.opening import locked_down, opened
from regpipe.registry.state import state_of
from regpipe.spec import Pipeline
from regpipe.stages.deliveries import arriving_bytes
from regpipe.stages.export import publish_exports, stage_exports
from regpipe.stages.export_files import export_folders, writing_lists


@dataclass(frozen=True)
class Applied:
    """A plan, the finished copy of the registry it was applied to, and the rows."""

    plan: Plan
    target: Path
    counts: Mapping[str, Delta]


def run_pipeline(
    pipeline: Pipeline,
    *,
    as_of: datetime,
    wait: float,
    progress: Progress,
    by_hand: ByHand = NOTHING,
    mended: Path | None = None,
) -> RunOutcome:
    """Read the files, update the registry, write the lists.

    Everything is made ready aside first: a copy of the registry with the
    changes, and every list. Then the copy takes the registry's place, and the
    lists theirs. Whatever stops the run before leaves all as it was. Others who
    write lists into the same folders are kept waiting for the lists alone.

    ``wait`` is how many seconds to wait for another writer. ``by_hand`` is
    what a person decided, to be applied in the same run. ``mended`` is a file of
    rejects to be replayed: it is read in place of all files of the sources.

    Raises RegpipeError of the class that says what is wrong.
    """
    registry = pipeline.path(pipeline.registry)
    watch = Stopwatch(progress)
    what = "run" if mended is None else "rejects replay"
    command = f"{what} {pipeline.pipeline}"
    _make_folder(registry.parent)
    with owner_only(), writer_lock(registry, command, wait):
        sweep(registry)
        export_folders(pipeline, as_of)
        try:
            applied = _applied(pipeline, registry, as_of, watch, by_hand, mended)
            with writing_lists(pipeline, as_of, command) as folders:
                return _published(applied, registry, folders, watch)
        finally:
            sweep(registry)


def export_pipeline(
    pipeline: Pipeline, names: Sequence[str], *, as_of: datetime, progress: Progress
) -> RunOutcome:
    """Write the lists called ``names`` (all, without names) from the registry as it is.

    Raises PipelineError for a name there is not, RegistryError when there is no
    registry or a list cannot be written.
    """
    registry = pipeline.path(pipeline.registry)
    if not registry.is_file():
        raise RegistryError.at(
            str(registry), "there is no registry yet", "run the pipeline first"
        )
    chosen = names or None
    with (
        owner_only(),
        writing_lists(
            pipeline, as_of, f"export {pipeline.pipeline}", chosen
        ) as folders,
        locked_down(registry, folders) as reader,
    ):
        progress("export", f"{len(chosen or pipeline.exports)} lists")
        staged = stage_exports(reader, pipeline, as_of, chosen)
        run = state_of(reader).last_run
        return RunOutcome(
            pipeline=pipeline.pipeline,
            run=run,
            exports=publish_exports(staged, run),
            warnings=tuple(told for each in staged for told in each.warnings),
        )


def _applied(
    pipeline: Pipeline,
    registry: Path,
    as_of: datetime,
    watch: Stopwatch,
    by_hand: ByHand,
    mended: Path | None,
) -> Applied:
    """Work out the plan and apply it to a copy of the registry."""
    started = datetime.now(UTC)
    scratch = beside(registry, "tmp")
    scratch.mkdir()
    arriving = arriving_bytes(pipeline, mended)
    command = "run" if mended is None else "replay"
    with opened(registry, scratch, arriving) as (engine, held):
        refuse_wrong_exports(engine, pipeline)
        plan = work_out(
            engine, pipeline, as_of, scratch, watch, by_hand=by_hand, mended=mended
        )
        log = Log(pipeline.pipeline, command, started, as_of, plan.state.last_file)
        with watch.stage("apply"):
            target = beside(registry, "next")
            counts = apply(engine, plan, registry, held, target, log)
            return Applied(plan, target, counts)


def _published(
    applied: Applied, registry: Path, folders: Sequence[Path], watch: Stopwatch
) -> RunOutcome:
    """Make the lists from the finished copy, then put it and them in their places."""
    plan, target = applied.plan, applied.target
    with watch.stage("export", f"{len(plan.pipeline.exports)} lists"):
        with locked_down(target, folders) as reader:
            staged = stage_exports(reader, plan.pipeline, plan.as_of)
        lists = [(each.purpose, out) for each in staged for out in each.outcomes]
        note_lists(target, lists, plan.as_of, plan.run_id)
    with watch.stage("publish"):
        put_in_place(target, registry)
        written = publish_exports(staged, plan.run_id)
    outcome = plan.outcome(applied.counts)
    told = tuple(warning for each in staged for warning in each.warnings)
    return replace(
        outcome,
        run=plan.run_id,
        exports=written,
        stages=tuple(watch.stages),
        warnings=(*outcome.warnings, *told),
    )


def _make_folder(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as reason:
        raise RegistryError.at(
            str(folder), f"the registry's folder cannot be made: {reason.strerror}"
        ) from reason
