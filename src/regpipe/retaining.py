"""Retaining: carrying out how long the pipeline keeps customers."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from regpipe.engine.protocol import Engine
from regpipe.erasing import ErasureOutcome, Order, erase_in
from regpipe.errors import PipelineError
from regpipe.outcome import Progress, RunOutcome
from regpipe.plan import refuse_no_registry
from regpipe.registry.files import owner_only
from regpipe.registry.opening import opened
from regpipe.run import decide_in
from regpipe.spec import Pipeline
from regpipe.stages.deciding import Delete
from regpipe.stages.erase_who import Asked
from regpipe.stages.retention import DUE, Kept, retained


@dataclass(frozen=True)
class RetentionOutcome:
    """Who is due or held by the rules, and what was done about those due."""

    people: tuple[Kept, ...]
    erased: ErasureOutcome | None = None
    deleted: RunOutcome | None = None

    def due(self, do: str) -> tuple[Kept, ...]:
        """Give those due to be erased, or to be deleted."""
        return tuple(k for k in self.people if k.state == DUE and k.do == do)


def plan_retention(pipeline: Pipeline, *, as_of: datetime) -> RetentionOutcome:
    """Work out who is due, by which rule; write nothing.

    Raises PipelineError when the pipeline declares no retention, RegistryError when
    there is no registry or it cannot be used.
    """
    if not pipeline.retention:
        raise PipelineError.at(
            "retention",
            "the pipeline does not say how long customers are kept",
            "such as retention: [{kind: guest, after: 36 months, do: erase}]",
        )
    refuse_no_registry(pipeline)
    registry = pipeline.path(pipeline.registry)
    with (
        owner_only(),
        tempfile.TemporaryDirectory(prefix="regpipe-") as folder,
        opened(registry, Path(folder)) as (engine, _),
    ):
        return RetentionOutcome(retained(engine, pipeline.retention, as_of))


def carry_out(
    pipeline: Pipeline, *, by: str, as_of: datetime, wait: float, progress: Progress
) -> RetentionOutcome:
    """Erase and delete who is due, each in one instant or not at all.

    Who is erased is worked out once more when nobody else can write: somebody who
    ordered meanwhile is not due. Lists follow with the next run or export.

    Raises what ``plan_retention``, erasing and deciding do.
    """
    planned = plan_retention(pipeline, as_of=as_of)
    registry = pipeline.path(pipeline.registry)
    erased, deleted = None, None
    if planned.due("erase"):

        def due_now(engine: Engine) -> Sequence[Asked]:
            now = RetentionOutcome(retained(engine, pipeline.retention, as_of))
            return [each.asked for each in now.due("erase")]

        order = Order(due_now, by, "retention", None, as_of)
        erased = erase_in(registry, order, wait=wait, progress=progress)
    if planned.due("delete"):
        deleted = decide_in(
            registry,
            [Delete(str(each.customer_id)) for each in planned.due("delete")],
            by=by,
            command="retention",
            as_of=as_of,
            wait=wait,
            progress=progress,
        )
    return RetentionOutcome(planned.people, erased, deleted)
