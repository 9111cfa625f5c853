"""``regpipe check``: is the pipeline file sound?"""

from __future__ import annotations

import os
from datetime import UTC, datetime
from pathlib import Path

import click

from regpipe.cli import options, terminal


@click.command()
@options.pipeline_argument
@options.json_option
@options.quiet_option
def check(pipeline: Path, as_json: bool, quiet: bool) -> None:
    """Check a PIPELINE file without reading any data.

    The schemas, the checks of your own and the lists' conditions are checked too.

    \b
    Exit code 0 when the file is sound, 2 when it is not.
    """
    from regpipe.checking import check_pipeline, warnings_of
    from regpipe.spec.load import load_pipeline

    found = load_pipeline(pipeline, os.environ)
    check_pipeline(found, datetime.now(UTC))
    warnings = warnings_of(found)
    for warning in warnings if not as_json else ():
        terminal.warn(warning)
    if as_json:
        terminal.document(
            {
                "pipeline": found.pipeline,
                "sources": list(found.sources),
                "exports": list(found.exports),
                "warnings": list(warnings),
            }
        )
    elif not quiet:
        sources = counted(len(found.sources), "source")
        exports = counted(len(found.exports), "export")
        terminal.say(f"{pipeline}: ok ({sources}, {exports})")


def counted(number: int, noun: str) -> str:
    """Give a number and its noun, in the plural where it is one.

    >>> counted(1, "source"), counted(2, "source")
    ('1 source', '2 sources')
    """
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"
