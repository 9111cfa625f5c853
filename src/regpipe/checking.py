"""Checking what a pipeline names beyond its file: schemas, checks, segments."""

from __future__ import annotations

from datetime import datetime

from regpipe.engine.duckdb import DuckDBEngine
from regpipe.errors import PipelineError, Problem
from regpipe.registry import migrate
from regpipe.schemas import load_schema, shipped_schema
from regpipe.spec import Pipeline
from regpipe.stages.score import scorer_of
from regpipe.stages.segments import check_exports


def check_pipeline(pipeline: Pipeline, as_of: datetime) -> None:
    """See that a pipeline can run, as far as that shows without data or registry.

    Raises PipelineError with every problem of its schemas, its match model and its
    exports.
    """
    problems = [
        *_of_schemas(pipeline, as_of),
        *_of_scores(pipeline),
        *_of_exports(pipeline),
    ]
    if problems:
        raise PipelineError(*problems)


def warnings_of(pipeline: Pipeline) -> tuple[str, ...]:
    """Say what a person should know of a pipeline that is sound."""
    return tuple(
        f"sources.{name}: treat_unknown_as: granted: whoever it leaves unknown counts "
        "as consenting, though nobody asked them"
        for name, source in pipeline.sources.items()
        if source.treat_unknown_as is not None
    )


def _of_schemas(pipeline: Pipeline, as_of: datetime) -> list[Problem]:
    checks = [pipeline.path(written) for written in pipeline.checks]
    problems: dict[Problem, None] = {}  # two sources may share a schema
    for source in pipeline.sources.values():
        own = source.schema_
        path = pipeline.path(own) if own else shipped_schema(source.kind)
        try:
            load_schema(path, source.kind, as_of, checks)
        except PipelineError as error:
            problems.update(dict.fromkeys(error.problems))
    return list(problems)


def _of_scores(pipeline: Pipeline) -> tuple[Problem, ...]:
    try:
        scorer_of(pipeline)
    except PipelineError as error:
        return error.problems
    return ()


def _of_exports(pipeline: Pipeline) -> tuple[Problem, ...]:
    engine = DuckDBEngine(None, migrate.scripts(), folders=())
    try:
        return check_exports(engine, pipeline.exports)
    finally:
        engine.close()
