"""``regpipe run``: from files to registry to lists."""

from __future__ import annotations

import os
from datetime import datetime
from pathlib import Path

import click

from regpipe.cli import options, outcomes, terminal


@click.command()
@options.pipeline_argument
@options.as_of_option
@options.wait_option
@options.json_option
@options.quiet_option
def run(
    pipeline: Path, as_of: datetime, wait: float, as_json: bool, quiet: bool
) -> None:
    """Read the files, update the registry, write the lists.

    All that PIPELINE declares happens, or nothing: whatever stops a run, the
    registry is as before or as after. The same files again change nothing.

    \b
    Exit code 0 when all is written. Nothing is written with:
      1  more rows rejected than the source tolerates
      2  the pipeline file or a schema is wrong
      3  a file is missing, empty or not what it was declared to be
      4  the registry cannot be used, or another run is at work
      5  a step failed
    """
    with terminal.working(quiet=quiet) as progress:
        from regpipe.run import run_pipeline
        from regpipe.spec.load import load_pipeline

        declared = load_pipeline(pipeline, os.environ)
        outcome = run_pipeline(declared, as_of=as_of, wait=wait, progress=progress)
    outcomes.tell_run(outcome, as_json=as_json, quiet=quiet)
