"""``regpipe rebuild``: every customer anew, by the pipeline's rules of today."""

from __future__ import annotations

import os
from datetime import datetime
from pathlib import Path

import click

from regpipe.cli import options, outcomes, terminal


@click.command()
@options.pipeline_argument
@click.option("--plan", is_flag=True, help="Show what would change; write nothing.")
@options.as_of_option
@options.wait_option
@options.json_option
@options.quiet_option
def rebuild(
    pipeline: Path, plan: bool, as_of: datetime, wait: float, as_json: bool, quiet: bool
) -> None:
    """Work out every customer anew by the rules of PIPELINE, and write its lists.

    A run works out whom its files touch; after a change of 'identity' or
    'survivorship' this brings the others in line. No file is read: records,
    decisions, values set by hand and consent stay. Look at --plan first.

    \b
    Exit code 0 when all is written. Nothing is written with:
      2  the pipeline file is wrong
      4  there is no registry, it cannot be used, or another run is at work
      5  a step failed
    """
    with terminal.working(quiet=quiet) as progress:
        from regpipe.spec.load import load_pipeline

        said = load_pipeline(pipeline, os.environ)
        if plan:
            from regpipe.planning import plan_rebuild

            outcome = plan_rebuild(said, as_of=as_of, progress=progress)
        else:
            from regpipe.run import rebuild_pipeline

            outcome = rebuild_pipeline(said, as_of=as_of, wait=wait, progress=progress)
    if plan:
        outcomes.tell_plan(outcome, as_json=as_json)
    else:
        outcomes.tell_run(outcome, as_json=as_json, quiet=quiet)
