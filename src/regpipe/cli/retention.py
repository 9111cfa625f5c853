"""``regpipe retention``: who was silent for longer than the pipeline keeps them."""

from __future__ import annotations

import os
from collections import Counter
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from regpipe.cli import options, terminal
from regpipe.cli.deciding import somebody

if TYPE_CHECKING:
    from regpipe.retaining import RetentionOutcome


@click.command()
@options.pipeline_argument
@click.option("--yes", is_flag=True, help="Carry it out. Without this it is a plan.")
@click.option(
    "--limit",
    metavar="N",
    type=click.IntRange(min=0),
    default=100,
    show_default=True,
    help="Show the first N people; 0 is all.",
)
@click.option(
    "--by", metavar="NAME", default=somebody, help="Who does.  [default: the user]"
)
@options.as_of_option
@options.wait_option
@options.json_option
@options.quiet_option
def retention(
    pipeline: Path,
    yes: bool,
    limit: int,
    by: str,
    as_of: datetime,
    wait: float,
    as_json: bool,
    quiet: bool,
) -> None:
    """Show who is due by the retention of PIPELINE, and why; with --yes carry it out.

    The last activity is the latest of the last order, the last dated grant of consent
    and the last time that a store itself gives a record. Somebody with an open order,
    or of whom no such time is known, is listed and left. Deleted customers are due to
    be erased, too. Erasing is as of 'regpipe erase', deleting as of 'regpipe delete'.

    \b
    Exit code 0, also when nobody is due; 2 when the pipeline file is wrong or declares
    no retention; 4 when the registry or the key of its erasures cannot be used; 5 when
    a step failed.
    """
    with terminal.working(quiet=quiet) as progress:
        from regpipe.retaining import carry_out, plan_retention
        from regpipe.spec.load import load_pipeline

        said = load_pipeline(pipeline, os.environ)
        if yes:
            outcome = carry_out(said, by=by, as_of=as_of, wait=wait, progress=progress)
        else:
            outcome = plan_retention(said, as_of=as_of)
    if as_json:
        people = [
            {n: v for n, v in vars(each).items() if n not in ("email", "record")}
            for each in outcome.people
        ]
        terminal.document({"people": people, "written": yes})
    elif not (quiet and yes):
        _tell(outcome, limit, yes=yes)


def _tell(outcome: RetentionOutcome, limit: int, *, yes: bool) -> None:
    shown = outcome.people[:limit] if limit else outcome.people
    rows = [
        (k.customer_id, k.kind, k.last, k.activity, k.last_order, k.rule, k.state)
        for k in shown
    ]
    columns = (
        *("customer", "kind", "last activity", "by", "last order", "rule"),
        "state",
    )
    if rows:
        terminal.table("retention", columns, rows)
    if len(shown) < len(outcome.people):
        terminal.note(f"{len(outcome.people) - len(shown)} more: see --limit")
    counts = Counter((k.state, k.do) for k in outcome.people)
    for (state, do), many in sorted(counts.items()):
        terminal.say(f"{state}, to {do}: {many}")
    if not outcome.people:
        terminal.say("nobody is due")
    elif not yes:
        terminal.say("nothing was written; --yes carries it out")
        return
    if outcome.erased is not None:
        terminal.say(f"erased for good in run {outcome.erased.run}")
        terminal.say(f"certificate: {outcome.erased.certificate}")
    if outcome.deleted is not None:
        terminal.say(f"deleted in run {outcome.deleted.run}")
