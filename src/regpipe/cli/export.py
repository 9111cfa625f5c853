"""``regpipe export``: write lists again, from the registry as it is."""

from __future__ import annotations

import os
from datetime import datetime
from pathlib import Path

import click

from regpipe.cli import options, outcomes, terminal


@click.command()
@options.pipeline_argument
@click.argument("names", metavar="[NAME]...", nargs=-1)
@options.as_of_option
@options.json_option
@options.quiet_option
def export(
    pipeline: Path, names: tuple[str, ...], as_of: datetime, as_json: bool, quiet: bool
) -> None:
    """Write the lists again, from the registry as it is.

    All lists of PIPELINE, or those called NAME. No file is read and the registry
    stays as it is. Each list passes the same consent gate as in a run. With --as-of of
    a day past, by the statements up to then and all else that is known today: evidence
    of who could be written to, not a list to mail. How many on it have said no since
    is told on stderr.

    \b
    Exit code 0 when the lists are written. None is written with:
      2  the pipeline file is wrong, or it has no export of that NAME
      4  the registry or a list's folder cannot be used
      5  a step failed
    """
    with terminal.working(quiet=quiet, writes="export") as progress:
        from regpipe.run import export_pipeline
        from regpipe.spec.load import load_pipeline

        declared = load_pipeline(pipeline, os.environ)
        lists = export_pipeline(declared, names, as_of=as_of, progress=progress)
    outcomes.tell_exports(lists, as_json=as_json, quiet=quiet)
