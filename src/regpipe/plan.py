"""Plan: what a run would change, worked out without writing; and applying it."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path

from regpipe.engine.protocol import Engine, TableDelta
from regpipe.errors import PipelineError, RegistryError
from regpipe.outcome import Delta, FileOutcome, Progress, RunOutcome, StageOutcome
from regpipe.registry import migrate
from regpipe.registry.by_hand import ByHand
from regpipe.registry.files import copy_registry
from regpipe.registry.log import Log
from regpipe.registry.rules import Rules, merge_rules, outdated
from regpipe.registry.state import State, state_of
from regpipe.schemas import LoadedSchema, load_schema, shipped_schema
from regpipe.spec import Pipeline
from regpipe.sql import changes as sql_changes
from regpipe.stages import merge, report
from regpipe.stages.closing import merge_rejects
from regpipe.stages.deliveries import deliveries as read_deliveries
from regpipe.stages.erased import recogniser
from regpipe.stages.intake import Intake, take_in
from regpipe.stages.replay import read_mended, refuse_wrong_rows
from regpipe.stages.resolve import forget_ties, resolve
from regpipe.stages.review import merge_questions
from regpipe.stages.score import scored, scorer_of
from regpipe.stages.segments import check_exports

NOTHING = ByHand()
"""No decision by hand: what an ordinary run brings."""


@dataclass(frozen=True)
class Plan:
    """What a run would change: deltas in an engine's tables, and the facts.

    ``chosen`` is the preset of each source that had several.
    """

    pipeline: Pipeline
    as_of: datetime
    state: State
    intakes: tuple[Intake, ...]
    deltas: tuple[TableDelta, ...]
    changes: Mapping[str, int]
    stages: tuple[StageOutcome, ...]
    next_customer: int
    chosen: Mapping[str, str] = field(default_factory=dict)

    @property
    def run_id(self) -> int:
        """Give the number that the run will have."""
        return self.state.last_run + 1

    @property
    def files(self) -> tuple[FileOutcome, ...]:
        """Give what became of every file's rows."""
        return tuple(file for each in self.intakes for file in each.outcomes)

    def outcome(self, counts: Mapping[str, Delta]) -> RunOutcome:
        """Give the facts of the plan, as a run that was not made."""
        return RunOutcome(
            pipeline=self.pipeline.pipeline,
            run=None,
            files=self.files,
            deltas=counts,
            changes={**self.changes, **report.of_orders(counts)},
            stages=self.stages,
            warnings=report.warnings(self.intakes, self.stages),
            presets=self.chosen,
        )


@dataclass
class Stopwatch:
    """Tells who is interested what is being done, and keeps how long it took."""

    progress: Progress
    stages: list[StageOutcome] = field(default_factory=list)

    @contextmanager
    def stage(self, name: str, what: str = "") -> Iterator[list[StageOutcome]]:
        """Time a stage; what it reports goes into the list this gives."""
        self.progress(name, what)
        begun = time.perf_counter()
        told: list[StageOutcome] = []
        yield told
        seconds = time.perf_counter() - begun
        outcome = told[0] if told else StageOutcome(name, 0, 0)
        self.stages.append(replace(outcome, stage=name, seconds=seconds))


def without_sources(pipeline: Pipeline) -> Pipeline:
    """Give a pipeline with its rules and lists, that reads no file."""
    return pipeline.model_copy(update={"sources": {}}).choosing({})


def refuse_no_registry(pipeline: Pipeline) -> None:
    """Stop where a pipeline has no registry yet.

    Raises RegistryError.
    """
    registry = pipeline.path(pipeline.registry)
    if not registry.is_file():
        raise no_registry(registry)


def no_registry(registry: Path) -> RegistryError:
    """Give the error that there is no registry at a path."""
    return RegistryError.at(
        str(registry), "there is no registry yet", "run the pipeline first"
    )


def work_out(
    engine: Engine,
    pipeline: Pipeline,
    as_of: datetime,
    scratch: Path,
    watch: Stopwatch,
    *,
    by_hand: ByHand = NOTHING,
    blank: bool = False,
    mended: Path | None = None,
    whole: bool = False,
) -> Plan:
    """Go through the stages from extract to merge: read files, write nothing.

    With ``blank`` the files are taken to hold no rows. ``mended`` is read in place
    of all files, and the plan's pipeline has but the source of its rows. With
    ``whole`` every customer is worked out anew, not only those whom something
    touches.
    """
    state = state_of(engine)
    schemas = _schemas(pipeline, as_of)  # before any file is read
    recognise = None
    if pipeline.sources and not blank:
        recognise = recogniser(engine, pipeline.path(pipeline.registry))
    # What people decide changes no record, so there is nothing to score anew.
    scorer = scorer_of(pipeline, scratch) if pipeline.sources or whole else None
    with watch.stage("extract") as told:
        asked = pipeline
        if mended is not None:
            pipeline, deliveries = read_mended(engine, asked, mended, scratch)
        else:
            pipeline, deliveries = read_deliveries(
                asked, scratch, watch.progress, blank=blank
            )
        records = sum(d.records for files in deliveries.values() for d in files)
        told.append(StageOutcome("extract", records, records))
    chosen = {
        name: str(pipeline.sources[name].preset)
        for name in asked.candidates
        if name in pipeline.sources
    }
    if chosen:
        schemas = _schemas(pipeline, as_of)
    intakes: list[Intake] = []
    first_file = 1
    for number, (name, source) in enumerate(pipeline.sources.items(), 1):
        with watch.stage(f"intake {name}", f"{len(deliveries[name])} files") as told:
            taken = take_in(
                engine,
                number,
                name,
                source,
                schemas[name],
                deliveries[name],
                first_file,
                scratch,
                recognise,
            )
            rows = sum(file.accepted for file in taken.outcomes)
            told.append(StageOutcome(name, taken.read, rows))
        intakes.append(taken)
        first_file += len(deliveries[name])
    if mended is not None:
        refuse_wrong_rows(engine, intakes[0])
    with watch.stage("merge rejects"):
        rejected = merge_rejects(engine, intakes, state, all_steps=blank)
    ground = merge.Ground(
        state.last_file,
        fresh=state.records == 0,
        no_orders=state.orders == 0,
        deleted=bool(by_hand.deletions),
        removed=bool(by_hand.removals),
    )
    guests = pipeline.identity.guests == "register"
    rules = Rules(pipeline.identity, pipeline.survivorship, pipeline.consent)
    with watch.stage("resolve records"):
        deltas = by_hand.leave(engine, state.last_decision)
        merge.bring_records(engine, intakes, ground, guests=guests)
        if not blank:
            merge.refuse_shrinking(engine, intakes)
    scores, any_scored = scored(
        engine,
        scorer,
        watch.stage,
        guests=guests,
        fresh=ground.fresh,
        anew=whole,
        any_held=state.scores > 0 or blank,
    )
    with watch.stage("resolve") as told:
        resolved = resolve(
            engine,
            pipeline.identity,
            next_id=state.next_customer,
            fresh=ground.fresh,
            orders=not ground.no_orders,
            whole=whole,
            all_steps=blank,
        )
        old_rules = not whole and outdated(engine, rules)
        deltas += [
            scores,
            merge_rules(engine, rules, everybody=whole or ground.fresh),
        ]
        notes = {**resolved.notes, "old_rules": int(old_rules)}
        told.append(replace(resolved, notes=notes))
    with watch.stage("review"):
        questions = merge_questions(
            engine,
            pipeline.identity,
            state.last_review,
            any_scored=any_scored,
            all_steps=blank,
        )
        deltas.append(questions)
        forget_ties(engine, pipeline.identity)
    with watch.stage("merge customers"):
        deltas += merge.merge_records(engine, pipeline.survivorship, ground)
    with watch.stage("merge consents") as told:
        consents, stated = merge.merge_consents(engine, intakes, ground)
        deltas += [*consents, *by_hand.leave_consents(engine)]
        told.append(stated)
        if ground.fresh:
            merge.forget_customers(engine, intakes)
    with watch.stage("merge orders"):
        deltas += [*merge.merge_orders(engine, intakes, ground), *rejected]
    summary = sql_changes.summary(
        state.next_customer,
        state.last_review,
        *(
            [delta.new for delta in deltas if delta.table == table]
            for table in ("consent_events", "suppressions")
        ),
    )
    found = engine.collect(summary).to_pylist()[0]
    next_customer = _next_customer(engine, state)
    merge.forget_ways(engine)
    return Plan(
        pipeline=pipeline,
        as_of=as_of,
        state=state,
        intakes=tuple(intakes),
        deltas=tuple(deltas),
        changes={name.replace("_", " "): int(n) for name, n in found.items()},
        stages=tuple(watch.stages),
        next_customer=next_customer,
        chosen=chosen,
    )


def apply(
    engine: Engine,
    plan: Plan,
    registry: Path,
    held_format: int,
    target: Path,
    log: Log,
) -> Mapping[str, Delta]:
    """Apply a plan to ``target``, a copy of the registry's file; count the rows.

    ``held_format`` is that of the file, 0 where there is none yet. The caller
    holds the writer's lock, and renames the copy into place.
    """
    if held_format:
        copy_registry(registry, target)
    log.put_run(engine, plan.next_customer)
    log.put_files(
        engine,
        [
            (outcome, delivery.sha256, delivery.delivered_at)
            for each in plan.intakes
            for outcome, delivery in zip(each.outcomes, each.deliveries, strict=True)
        ],
    )
    book = [TableDelta(name, (), None, f"{name}_new") for name in ("runs", "run_files")]
    pending = migrate.scripts(held_format)
    counts = engine.publish(target, pending, [*plan.deltas, *book], plan.run_id)
    return {delta.table: counts[delta.table] for delta in plan.deltas}


def _schemas(pipeline: Pipeline, as_of: datetime) -> dict[str, LoadedSchema]:
    """Load the schema of every source, each file once."""
    checks = [pipeline.path(written) for written in pipeline.checks]
    loaded: dict[tuple[Path, str], LoadedSchema] = {}
    found = {}
    for name, source in pipeline.sources.items():
        own = source.schema_
        path = pipeline.path(own) if own else shipped_schema(source.kind)
        key = (path, source.kind)
        if key not in loaded:
            loaded[key] = load_schema(path, source.kind, as_of, checks)
        found[name] = loaded[key]
    return found


def refuse_wrong_exports(engine: Engine, pipeline: Pipeline) -> None:
    """Stop before any file is read when a list could not be made.

    Raises PipelineError with all that is wrong with the exports.
    """
    problems = check_exports(engine, pipeline.exports)
    if problems:
        raise PipelineError(*problems)


def _next_customer(engine: Engine, state: State) -> int:
    """Give the first customer_id that no customer has had."""
    found = engine.collect("select max(founder_of) as last from identified")
    return max(state.next_customer, int(found["last"][0].as_py() or 0) + 1)
