"""``regpipe consent proof``: for each row of a list that was sent, what allowed it."""

from __future__ import annotations

import csv
import io
import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
from click.core import ParameterSource

from regpipe.cli import options, terminal
from regpipe.errors import DataError, Problem
from regpipe.registry.files import write_owner_only
from regpipe.stages.mending import harmless

if TYPE_CHECKING:
    from regpipe.reading import Proof

COLUMNS = (
    *("row", "address", "allowed_by", "status", "said_at", "dated_by", "source"),
    *("external_id", "file", "file_row", "run", "stated_on", "opt_in_at", "opt_in_ip"),
    *("confirmed_at", "confirmed_ip", "wording", "campaign", "note", "assumed"),
    "stated_by",
)
SHOWN = (*COLUMNS[:6], "record", *COLUMNS[8:])

ASIDE = click.Path(path_type=Path, allow_dash=True, dir_okay=False)


@click.command()
@click.argument("sent", metavar="FILE|EXPORT")
@options.registry_option
@click.option(
    "-p",
    "--pipeline",
    metavar="FILE",
    type=options.FILE,
    help="The pipeline file that has EXPORT; its registry is read.",
)
@click.option(
    "--column",
    metavar="HEADER",
    help="The column of the address.  [default: as the list's manifest says]",
)
@click.option(
    "--csv",
    "target",
    metavar="OUT",
    type=ASIDE,
    help="Write the rows there as CSV (- is stdout); its owner only may read it.",
)
@options.json_option
@click.pass_context
def proof(
    context: click.Context,
    sent: str,
    registry: Path,
    pipeline: Path | None,
    column: str | None,
    target: Path | None,
    as_json: bool,
) -> None:
    """Prove a list that was sent: for each of its rows the statement that allowed it.

    FILE is a list as it was written, beside its manifest, or the manifest itself;
    EXPORT the name of an export: then the files of it that were made last. Told is what
    was known to the run that the list was made from: the statement, when it was made,
    the file and row that it stands in and what it rests on; or the order by which an
    existing customer may be written to. A file that was changed since is said to be,
    and rows that nothing allows are named by their number (the header is row 1).

    \b
    Exit code 0 when every row is allowed, or the list is for service and needs no
    consent; 1 when one is not, the list is of refusals or of a run that the registry
    does not know; 2 when there is no such EXPORT; 3 when the file cannot be read or has
    no manifest; 4 when the registry cannot be read or OUT not be written.
    """
    if as_json and target is not None:
        raise click.UsageError("--json and --csv exclude each other")
    from regpipe.reading import open_registry
    from regpipe.spec.load import load_pipeline

    declared = load_pipeline(pipeline, os.environ) if pipeline else None
    if declared is not None:
        named = context.get_parameter_source("registry")
        if named is not ParameterSource.COMMANDLINE:
            registry = declared.path(declared.registry)
    with open_registry(registry) as opened:
        found = opened.proofs(sent, declared, column=column)
    for each in found:
        if each.changed:
            terminal.warn(f"{each.sent.path}: was changed since it was written")
    if as_json:
        terminal.document({"files": [each.as_dict() for each in found]})
    elif target is not None:
        text = _csv([row for each in found for row in _rows(each)])
        if str(target) == "-":
            terminal.raw(text)
        else:
            write_owner_only(target, text.encode())
    else:
        for each in found:
            _tell(each)
    _refuse(found)


def _tell(found: Proof) -> None:
    sent = found.sent
    of = f"{sent.path}: {sent.export}, for {sent.purpose} by {sent.channel}"
    terminal.say(f"{of}, of run {sent.run} as of {terminal.shown(sent.as_of)}")
    if not found.needed:
        terminal.say("  a list for service: no consent was needed")
        return
    rows = _rows(found)
    terminal.filled_table("rows", SHOWN, rows)
    allowed = len(rows) - len(found.not_allowed)
    terminal.say(f"{allowed} of {len(rows)} rows allowed")


def _rows(found: Proof) -> list[Mapping[str, Any]]:
    """Give the rows as people read them."""
    return [_row(row) for row in found.rows.arrow().to_pylist()] if found.needed else []


def _row(row: Mapping[str, Any]) -> Mapping[str, Any]:
    told = {
        **row,
        "row": row["row_number"],
        "run": row["run_id"],
        "stated_on": row["stated_on"] if row["stated_on"] != row["address"] else None,
    }
    if row["refusal"] is not None:
        told["allowed_by"] = f"nothing: {row['refusal']}"
    elif row["order_id"] is not None:
        told |= {
            "allowed_by": "an order of an existing customer",
            "said_at": row["ordered_at"],
            "source": row["order_source"],
            "external_id": row["order_id"],
            "file": row["order_file"],
            "file_row": row["order_row"],
        }
    else:
        told["allowed_by"] = "its statement"
    if told["source"] is not None:
        of = f":{told['external_id']}" if told["file"] else ""
        told["record"] = f"{told['source']}{of}"
    told["file_row"] = told["file_row"] or None
    return told


def _csv(rows: Sequence[Mapping[str, Any]]) -> str:
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(COLUMNS)
    for row in rows:
        writer.writerow([harmless(terminal.shown(row[name])) for name in COLUMNS])
    return text.getvalue()


def _refuse(found: Sequence[Proof]) -> None:
    """Fail with every row that nothing allows, by its number."""
    problems = [
        Problem(f"{each.sent.path}, row {row['row_number']}", _WHY[row["refusal"]])
        for each in found
        for row in each.not_allowed
    ]
    if problems:
        raise DataError(*problems)


_WHY = {
    "without_address": "nothing allows it: it has no address",
    "no_customer": "nothing allows it: no customer had this address",
    "without_consent": "nothing allows it: no consent was in force",
    "not_confirmed": "nothing allows it: the consent was not confirmed",
    "consent_too_old": "nothing allows it: the consent was too old",
    "suppressed": "nothing allows it: the address was suppressed",
}
