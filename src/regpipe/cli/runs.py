"""``regpipe runs``: what was done to the registry, and when."""

from __future__ import annotations

from pathlib import Path

import click

from regpipe.cli import options, terminal


@click.command()
@options.registry_option
@options.json_option
def runs(registry: Path, as_json: bool) -> None:
    """List the runs of a registry, the newest first.

    \b
    Exit code 0, or 4 when the registry cannot be read.
    """
    from regpipe.reading import open_registry

    with open_registry(registry) as opened:
        found = opened.runs().arrow()
    if as_json:
        terminal.document({"runs": found.to_pylist()})
    else:
        terminal.table(
            "runs",
            found.column_names,
            [tuple(row.values()) for row in found.to_pylist()],
        )
