"""``regpipe rejects``: the rows that were left out, and why."""

from __future__ import annotations

import io
from collections.abc import Sequence
from pathlib import Path

import click

from regpipe.cli import options, terminal
from regpipe.mending import Reject, reasons, write_rejects
from regpipe.registry.files import write_owner_only


@click.command()
@options.registry_option
@click.option("--run", type=int, metavar="N", help="Only those that run N found.")
@click.option("--source", metavar="NAME", help="Only those of this source.")
@click.option(
    "--csv",
    "target",
    type=click.Path(path_type=Path, allow_dash=True, dir_okay=False),
    metavar="FILE",
    help="Write them to FILE (- is stdout) in the source's own columns, to be mended.",
)
@options.json_option
def rejects(
    registry: Path,
    run: int | None,
    source: str | None,
    target: Path | None,
    as_json: bool,
) -> None:
    """List the rows that were left out, and why.

    The list has the place and the reasons of each row, not its cells; those are in
    the CSV, which its owner only may read.

    \b
    Exit code 0, also when there is none; 2 when --csv is for more than one source;
    4 when the registry cannot be read or FILE cannot be written.
    """
    from regpipe.reading import open_registry

    with open_registry(registry) as opened:
        found = opened.rejects(run=run, source=source).arrow().to_pylist()
    if target is not None:
        text = io.StringIO()
        write_rejects(found, text)
        if str(target) == "-":
            terminal.raw(text.getvalue())
            return
        write_owner_only(target, text.getvalue().encode())
    if as_json:
        terminal.document({"rejects": [_place(reject) for reject in found]})
    elif target is not None:
        terminal.say(f"{target}: {len(found)} rejected rows")
    else:
        _list(found)


def _list(found: Sequence[Reject]) -> None:
    if not found:
        terminal.say("no rejected rows")
        return
    terminal.table(
        "rejects",
        ("source", "file", "row", "reasons"),
        [(r["source"], r["file"], r["row_number"], reasons(r)) for r in found],
    )


def _place(reject: Reject) -> dict[str, object]:
    return {
        "run": reject["run_id"],
        "source": reject["source"],
        "file": reject["file"],
        "row": reject["row_number"],
        "reasons": reject["reasons"],
    }
