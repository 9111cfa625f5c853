"""Run: from files to registry to lists, all of it or nothing."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

from regpipe.engine.protocol import Engine
from regpipe.errors import RegistryError
from regpipe.outcome import Delta, Progress, RunOutcome
from regpipe.plan import (
    NOTHING,
    Plan,
    Stopwatch,
    apply,
    no_registry,
    refuse_no_registry,
    refuse_wrong_exports,
    without_sources,
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
from regpipe.stages.deciding import Act
from regpipe.stages.decisions import decisions
from regpipe.stages.deliveries import arriving_bytes
from regpipe.stages.export import publish_exports, stage_exports
from regpipe.stages.export_files import export_folders, writing_lists
from regpipe.stages.stating import ConsentAct


@dataclass(frozen=True)
class Work:
    """What a run is to do beside reading the files of its pipeline.

    ``by_hand`` is what a person decided, ``mended`` a file of rejects to be replayed
    in place of all files. With ``whole`` every customer is worked out anew.
    """

    pipeline: Pipeline
    command: str
    by_hand: ByHand = NOTHING
    mended: Path | None = None
    whole: bool = False


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
    command = "run" if mended is None else "replay"
    work = Work(pipeline, command, by_hand, mended)
    return _run(work, as_of, wait, Stopwatch(progress))


def rebuild_pipeline(
    pipeline: Pipeline, *, as_of: datetime, wait: float, progress: Progress
) -> RunOutcome:
    """Work out every customer anew by the pipeline's rules; write the lists.

    No file is read.

    Raises RegistryError when there is no registry, else as ``run_pipeline``.
    """
    refuse_no_registry(pipeline)
    work = Work(without_sources(pipeline), "rebuild", whole=True)
    return _run(work, as_of, wait, Stopwatch(progress))


def decide_in(
    registry: Path,
    acts: Sequence[Act | ConsentAct],
    *,
    by: str,
    command: str,
    as_of: datetime,
    wait: float,
    progress: Progress,
) -> RunOutcome:
    """Take a person's word on customers and questions into the registry.

    It is worked out by the rules of the last run. Lists are not written: they
    follow with the next run or export.

    Raises DataError when an act means nothing, RegistryError when there is no
    registry or none that a run has made.
    """
    watch = Stopwatch(progress)
    if not registry.is_file():
        raise no_registry(registry)
    with owner_only(), writer_lock(registry, command, wait):
        sweep(registry)
        try:

            def decided(engine: Engine) -> Work:
                pipeline, by_hand = decisions(engine, registry, acts, by, as_of)
                return Work(pipeline, command, by_hand)

            applied = _applied(decided, registry, as_of, watch)
            with watch.stage("publish"):
                put_in_place(applied.target, registry)
        finally:
            sweep(registry)
    outcome = applied.plan.outcome(applied.counts)
    return replace(outcome, run=applied.plan.run_id, stages=tuple(watch.stages))


def export_pipeline(
    pipeline: Pipeline, names: Sequence[str], *, as_of: datetime, progress: Progress
) -> RunOutcome:
    """Write the lists called ``names`` (all, without names) from the registry as it is.

    Raises PipelineError for a name there is not, RegistryError when there is no
    registry or a list cannot be written.
    """
    registry = pipeline.path(pipeline.registry)
    refuse_no_registry(pipeline)
    chosen = names or None
    with (
        owner_only(),
        writing_lists(
            pipeline, as_of, f"export {pipeline.pipeline}", chosen
        ) as folders,
        locked_down(registry, folders) as reader,
    ):
        progress("export", f"{len(chosen or pipeline.exports)} lists")
        staged = stage_exports(reader, pipeline, as_of, chosen, datetime.now(UTC))
        run = state_of(reader).last_run
        return RunOutcome(
            pipeline=pipeline.pipeline,
            run=run,
            exports=publish_exports(staged, run),
            warnings=tuple(told for each in staged for told in each.warnings),
        )


def _run(work: Work, as_of: datetime, wait: float, watch: Stopwatch) -> RunOutcome:
    """Do the work of a pipeline and write its lists, all of it or nothing."""
    pipeline = work.pipeline
    registry = pipeline.path(pipeline.registry)
    command = f"{work.command} {pipeline.pipeline}"
    _make_folder(registry.parent)
    with owner_only(), writer_lock(registry, command, wait):
        sweep(registry)
        export_folders(pipeline, as_of)
        try:

            def prepared(engine: Engine) -> Work:
                refuse_wrong_exports(engine, pipeline)
                return work

            arriving = arriving_bytes(pipeline, work.mended)
            applied = _applied(prepared, registry, as_of, watch, arriving)
            with writing_lists(pipeline, as_of, command) as folders:
                return _published(applied, registry, folders, watch)
        finally:
            sweep(registry)


def _applied(
    prepare: Callable[[Engine], Work],
    registry: Path,
    as_of: datetime,
    watch: Stopwatch,
    arriving: int = 0,
) -> Applied:
    """Work out the plan and apply it to a copy of the registry.

    ``arriving`` is the size in bytes of the files to be read.
    """
    started = datetime.now(UTC)
    scratch = beside(registry, "tmp")
    scratch.mkdir()
    with opened(registry, scratch, arriving) as (engine, held):
        work = prepare(engine)
        plan = work_out(
            engine,
            work.pipeline,
            as_of,
            scratch,
            watch,
            by_hand=work.by_hand,
            mended=work.mended,
            whole=work.whole,
        )
        log = Log(
            work.pipeline.pipeline, work.command, started, as_of, plan.state.last_file
        )
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
