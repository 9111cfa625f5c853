"""``regpipe erase``: people out of the registry for good."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from regpipe.cli import options, terminal
from regpipe.cli.deciding import somebody
from regpipe.errors import InputFileError, PipelineError, Problem, RegpipeError

if TYPE_CHECKING:
    from regpipe.erasing import ErasureOutcome
    from regpipe.stages.erase_who import Asked

GROUNDS = ("request", "objection", "consent_withdrawn", "retention", "law", "other")
"""Why somebody is erased."""

CASE = r"[A-Za-z0-9][A-Za-z0-9/._#-]{0,39}"
"""A reference to the operator's own papers: no name, no address."""

ROWS = 10
"""Rows of a list that are named one by one."""


def _case(
    context: click.Context, parameter: click.Parameter, text: str | None
) -> str | None:
    import re

    if text is not None and not re.fullmatch(CASE, text):
        raise click.BadParameter(
            "a reference of up to 40 letters, digits and / . _ # -, and no personal "
            "data"
        )
    return text


@click.command()
@click.argument("who", metavar="WHO...", nargs=-1)
@options.registry_option
@click.option(
    "--from",
    "file",
    metavar="FILE",
    type=options.FILE,
    help="People to erase, one a line, as WHO.",
)
@click.option("--yes", is_flag=True, help="Do it. Without this it is a dry run.")
@click.option(
    "--ground",
    type=click.Choice(GROUNDS),
    default="request",
    show_default=True,
    help="On what ground.",
)
@click.option(
    "--case",
    metavar="REFERENCE",
    callback=_case,
    help="A reference to your own papers, for the certificate; no personal data.",
)
@click.option(
    "--by", metavar="NAME", default=somebody, help="Who erases.  [default: the user]"
)
@options.as_of_option
@options.wait_option
@options.json_option
@options.quiet_option
def erase(
    who: tuple[str, ...],
    registry: Path,
    file: Path | None,
    yes: bool,
    ground: str,
    case: str | None,
    by: str,
    as_of: datetime,
    wait: float,
    as_json: bool,
    quiet: bool,
) -> None:
    """Erase people for good: show what would go, and with --yes do it.

    WHO is an e-mail, a phone, a customer's number or source:external_id. All that the
    registry holds of them goes: records, history, consent, rejected rows, decisions;
    orders keep their totals, dates and products without the person. The file is
    written anew, so that its bytes do not hold them, and a keyed hash keeps the files
    of tomorrow from bringing them back. Somebody whom it does not hold is kept out,
    too. What is left to you (backups, delivered files, lists sent on) is told.

    'regpipe delete' is the everyday thing: it takes a profile away and keeps its
    history.

    \b
    Exit code 0; 1 when several customers have what WHO says, or none has that number;
    2 when WHO names nobody; 3 when FILE is missing; 4 when the registry or the key of
    its erasures cannot be used; 5 when a step failed. Nothing is written then.
    """
    if bool(who) == (file is not None):
        raise click.UsageError("name people, or a file of them by --from")
    from regpipe.erasing import Order, erase_in, plan_erasure

    with terminal.working(quiet=quiet) as progress:
        order = Order(people_asked(who, file), by, ground, case, as_of)
        if yes:
            outcome = erase_in(registry, order, wait=wait, progress=progress)
        else:
            outcome = plan_erasure(registry, order)
    if as_json:
        terminal.document({**_document(outcome), "written": outcome.run is not None})
    elif not (quiet and yes):
        tell(outcome, yes=yes)


def people_asked(who: Sequence[str], file: Path | None) -> list[Asked]:
    """Read whom the command line and a file ask for; every text that names nobody."""
    from regpipe.stages.erase_who import asked_for

    lines = [(f"WHO {number}", text) for number, text in enumerate(who, 1)]
    if file is not None:
        try:
            text = file.read_text("utf-8-sig")
        except (OSError, UnicodeDecodeError) as reason:
            raise InputFileError.at(
                str(file), "cannot be read as UTF-8 text"
            ) from reason
        lines = [
            (f"{file}:{number}", line)
            for number, line in enumerate(text.splitlines(), 1)
            if line.strip()
        ]
        if not lines:
            raise InputFileError.at(str(file), "names nobody")
    asked: list[Asked] = []
    problems: list[Problem] = []
    for where, written in lines:
        try:
            asked.append(asked_for(written, where))
        except RegpipeError as error:
            problems += error.problems
    if problems:
        raise PipelineError(*problems)
    return asked


def tell(outcome: ErasureOutcome, *, yes: bool) -> None:
    """Print what an erasure did, or would do."""
    rows = [
        (
            ", ".join(each.asked),
            ", ".join(map(str, each.customers)) or ("" if each.found else "nobody"),
            each.records,
            each.orders,
            ", ".join(f"{kind} {many}" for kind, many in each.hashes.items())
            or "kept out before",
        )
        for each in outcome.people
    ]
    columns = ("asked for", "customers", "records", "orders", "keyed hashes")
    terminal.table("people", columns, rows)
    tables = [(name, w.removed, w.blanked) for name, w in outcome.tables.items()]
    if tables:
        title = "registry, with its history"
        terminal.table(title, ("table", "rows removed", "rows blanked"), tables)
    _lists(outcome)
    for name in outcome.beside:
        terminal.warn(f"{name} beside the registry holds them: it is not regpipe's")
    for each in outcome.people:
        if each.shared:
            terminal.warn(
                f"{', '.join(each.asked)}: {each.shared} addresses are others' too: "
                "those keep them, and rows with this person's name stay out"
            )
    if not outcome.changes:
        terminal.say("nothing to erase: they are out and kept out")
    elif not yes:
        terminal.say("dry run: nothing was written; --yes erases for good")
    else:
        numbers = ", ".join(str(each.erasure_id) for each in outcome.people)
        terminal.say(
            f"erased for good in run {outcome.run} (erasure {numbers}); "
            f"{outcome.searched} values searched for in the file's bytes, none is left"
        )
        terminal.say(f"certificate: {outcome.certificate}")
        terminal.note(
            "left to you: backups of the registry, delivered files, lists sent on; "
            "and a backup of the key file beside the registry"
        )


def _lists(outcome: ErasureOutcome) -> None:
    rows = []
    for each in outcome.lists:
        some = ", ".join(map(str, each.rows[:ROWS]))
        more = len(each.rows) - ROWS
        places = f"{some} and {more} more" if more > 0 else some
        rows.append((each.name, each.file, each.written, each.last, each.state, places))
    if rows:
        columns = ("list", "file", "times written", "last", "it", "in rows")
        terminal.table("lists that were written", columns, rows)


def _document(outcome: ErasureOutcome) -> dict[str, object]:
    return {
        **{name: value for name, value in vars(outcome).items() if name != "tables"},
        "people": [asdict(each) for each in outcome.people],
        "lists": [asdict(each) for each in outcome.lists],
        "tables": {name: asdict(went) for name, went in outcome.tables.items()},
        "certificate": outcome.certificate and str(outcome.certificate),
    }
