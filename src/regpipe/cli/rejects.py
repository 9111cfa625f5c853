"""``regpipe rejects``: the rows that were left out, and how they come back."""

from __future__ import annotations

import io
import os
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

import click
from click.core import ParameterSource

from regpipe.cli import options, outcomes, terminal
from regpipe.registry.files import write_owner_only
from regpipe.stages.mending import Reject, reasons, write_rejects

TARGET = click.Path(path_type=Path, allow_dash=True, dir_okay=False)


@click.group(invoke_without_command=True)
@options.registry_option
@click.option("--run", type=int, metavar="N", help="Only those that run N found.")
@click.option("--source", metavar="NAME", help="Only those of this source.")
@click.option(
    "--reason",
    metavar="[COLUMN:]CHECK",
    help="Only those of this check, such as required or email:required.",
)
@click.option("--closed", is_flag=True, help="Those that were closed since, instead.")
@click.option("--all", "both", is_flag=True, help="Those that were closed, too.")
@options.json_option
@click.pass_context
def rejects(
    context: click.Context,
    registry: Path,
    run: int | None,
    source: str | None,
    reason: str | None,
    closed: bool,
    both: bool,
    as_json: bool,
) -> None:
    """List the rows that were left out, and why; write them, and take them back.

    The list has the place and the reasons of each row that waits to be mended, not
    its cells.

    \b
    Exit code 0, also when there is none; 4 when the registry cannot be read.
    """
    if context.invoked_subcommand is not None:
        _refuse_options(context)
        return
    if closed and both:
        raise click.UsageError("--closed and --all exclude each other")
    from regpipe.reading import open_registry

    with open_registry(registry) as opened:
        which = None if both else closed
        frame = opened.rejects(run, source, reason, closed=which)
        found = frame.arrow().to_pylist()
    if as_json:
        terminal.document({"rejects": [_place(reject) for reject in found]})
    else:
        _list(found, with_end=closed or both)


@rejects.command()
@click.argument("target", metavar="FILE", type=TARGET)
@options.registry_option
@click.option("--source", metavar="NAME", help="The source whose rejects to write.")
@options.quiet_option
def write(target: Path, registry: Path, source: str | None, quiet: bool) -> None:
    """Write the open rejects of a source to FILE (- is stdout), to be mended.

    It has the source's own columns, and before them the number of each reject, its
    place and its reasons. Mend the cells, keep the first column, and give the file
    to 'regpipe rejects replay'. Its owner only may read it.

    \b
    Exit code 0, also when there is none; 2 when there are several sources and none
    is chosen; 4 when the registry cannot be read or FILE cannot be written.
    """
    from regpipe.reading import open_registry

    with open_registry(registry) as opened:
        found = opened.rejects(source=source).arrow().to_pylist()
    text = io.StringIO()
    write_rejects(found, text)
    if str(target) == "-":
        terminal.raw(text.getvalue())
        return
    write_owner_only(target, text.getvalue().encode())
    if not quiet:
        terminal.say(f"{target}: {len(found)} rejected rows")


@rejects.command()
@options.pipeline_argument
@click.argument("mended", metavar="FILE", type=options.FILE)
@click.option("--plan", is_flag=True, help="Show what would change; write nothing.")
@options.as_of_option
@options.wait_option
@options.json_option
@options.quiet_option
def replay(
    pipeline: Path,
    mended: Path,
    plan: bool,
    as_of: datetime,
    wait: float,
    as_json: bool,
    quiet: bool,
) -> None:
    """Take the mended rows of FILE as if they had come from their source.

    Then write the lists, as a run of PIPELINE does: all of it or nothing. A row that
    is good now closes its reject; one that is not is the reject from now on. Each
    counts from the time of the file that it was rejected from. The same again
    changes nothing.

    \b
    Exit code 0 when all is written. Nothing is written with:
      1  a row would change what was settled without it
      2  the pipeline file or a schema is wrong, or reads another source
      3  FILE is missing, or its rows do not say which rejects they mend
      4  the registry cannot be used, or another run is at work
      5  a step failed
    """
    with terminal.working(quiet=quiet) as progress:
        from regpipe.planning import plan_pipeline
        from regpipe.run import run_pipeline
        from regpipe.spec.load import load_pipeline

        said = load_pipeline(pipeline, os.environ)
        if plan:
            outcome = plan_pipeline(said, as_of=as_of, progress=progress, mended=mended)
        else:
            outcome = run_pipeline(
                said, as_of=as_of, wait=wait, progress=progress, mended=mended
            )
    if plan:
        outcomes.tell_plan(outcome, as_json=as_json)
    else:
        outcomes.tell_run(outcome, as_json=as_json, quiet=quiet)


@rejects.command()
@options.registry_option
@click.option("--reasons", "by_reason", is_flag=True, help="Count each reason, too.")
@options.json_option
def counts(registry: Path, by_reason: bool, as_json: bool) -> None:
    """Count the rejects that each run found, closed and left open, by source.

    With --reasons a row with two reasons counts under both.

    \b
    Exit code 0, or 4 when the registry cannot be read.
    """
    from regpipe.reading import open_registry

    with open_registry(registry) as opened:
        found = opened.reject_counts(by_reason=by_reason).arrow()
    if as_json:
        terminal.document({"counts": found.to_pylist()})
    elif not found.num_rows:
        terminal.say("no rejected rows")
    else:
        rows = [tuple(row.values()) for row in found.to_pylist()]
        terminal.table("rejects by run", found.column_names, rows)


def _refuse_options(context: click.Context) -> None:
    """Refuse options of the list that stand before the name of another command."""
    for name in context.params:
        if context.get_parameter_source(name) is ParameterSource.COMMANDLINE:
            raise click.UsageError(
                f"options of {context.invoked_subcommand!r} stand behind its name"
            )


def _list(found: Sequence[Reject], *, with_end: bool) -> None:
    if not found:
        terminal.say("no rejected rows")
        return
    columns = ["reject", "source", "file", "row", "reasons"]
    rows = [
        [r["reject_id"], r["source"], r["file"], r["row_number"], reasons(r)]
        for r in found
    ]
    if with_end:
        columns += ["closed", "in run", "by file", "by row"]
        for row, reject in zip(rows, found, strict=True):
            row += [reject["closed"], reject["closed_run_id"]]
            row += [reject["closed_file"], reject["closed_row"]]
    terminal.table("rejects", columns, rows)


def _place(reject: Reject) -> dict[str, object]:
    closed = {
        "how": reject["closed"],
        "run": reject["closed_run_id"],
        "file": reject["closed_file"],
        "row": reject["closed_row"],
        "by_reject": reject["by_reject"],
    }
    return {
        "reject": reject["reject_id"],
        "run": reject["run_id"],
        "source": reject["source"],
        "file": reject["file"],
        "row": reject["row_number"],
        "reasons": reject["reasons"],
        "closed": closed if reject["closed"] else None,
    }
