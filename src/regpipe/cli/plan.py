"""``regpipe plan``: what a run would change."""

from __future__ import annotations

import os
from datetime import datetime
from pathlib import Path

import click

from regpipe.cli import options, outcomes, terminal


@click.command()
@options.pipeline_argument
@click.option(
    "--sql",
    "step",
    metavar="[STEP]",
    is_flag=False,
    flag_value="",
    help="Show the SQL of every step, or of STEP, instead; reads no data.",
)
@options.as_of_option
@options.json_option
def plan(pipeline: Path, step: str | None, as_of: datetime, as_json: bool) -> None:
    """Show what a run of PIPELINE would change; write nothing.

    \b
    Exit code 0 when the run would go through, else that of the run:
      1  more rows rejected than the source tolerates
      2  the pipeline file or a schema is wrong, or there is no such STEP
      3  a file is missing, empty or not what it was declared to be
      4  the registry cannot be used
      5  a step failed
    """
    with terminal.working(quiet=False) as progress:
        from regpipe.planning import plan_pipeline, plan_sql
        from regpipe.spec.load import load_pipeline

        declared = load_pipeline(pipeline, os.environ)
        if step is None:
            outcome = plan_pipeline(declared, as_of=as_of, progress=progress)
        else:
            steps = plan_sql(declared, step or None)
    if step is None:
        outcomes.tell_plan(outcome, as_json=as_json)
    else:
        for name, candidates in declared.candidates.items():
            terminal.warn(
                f"{name}: the SQL is that of the preset {candidates[0].preset}, the "
                f"first of {len(candidates)}; a run chooses by the files"
            )
        outcomes.tell_steps(steps, as_json=as_json)
