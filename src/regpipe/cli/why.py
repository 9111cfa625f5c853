"""``regpipe why``: why a customer is one, and where each of their values is from."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
from click.core import ParameterSource

from regpipe.cli import options, terminal, together, why_export
from regpipe.cli.shown import rule, value, written
from regpipe.cli.waterfall import drawn, scale, waterfall
from regpipe.cli.why_page import page_of
from regpipe.errors import DataError
from regpipe.registry.files import write_owner_only

if TYPE_CHECKING:
    from regpipe.reading import Chosen, Listed, Said, Why

PAGE = click.Path(path_type=Path, allow_dash=True, dir_okay=False)
FRAME = 22
"""Letters of a waterfall's line that are neither names nor bars."""

PLACE = ("record", "file", "row", "run", "updated_at")
RECORD = ("no", *PLACE, "gone_at")
SHORT = ("no", "file", "row")
SAID = ("value", "original", "why", *PLACE)
CONSENT = (
    *("purpose", "channel", "address", "status", "said_at", "dated_by"),
    *(*PLACE[:4], "suppressed"),
)
STATEMENT = ("status", "said_at", "dated_by", *PLACE[:4])


@click.command()
@click.argument("customer")
@click.argument("field", required=False)
@options.registry_option
@click.option(
    "--export",
    metavar="NAME",
    help="Tell why the customer is, or is not, on this list of --pipeline.",
)
@click.option(
    "-p",
    "--pipeline",
    metavar="FILE",
    type=options.FILE,
    help="The pipeline file that has the list; its registry is read.",
)
@options.known_as_of_option
@click.option(
    "--html",
    "page",
    metavar="FILE",
    type=PAGE,
    help="Write it as one HTML page instead (- is stdout); its owner only may read it.",
)
@options.json_option
@click.pass_context
def why(
    context: click.Context,
    customer: str,
    field: str | None,
    registry: Path,
    export: str | None,
    pipeline: Path | None,
    as_of: datetime | None,
    page: Path | None,
    as_json: bool,
) -> None:
    """Tell why a customer is one, and where each of their values is from.

    CUSTOMER is as for 'regpipe show'. Told are the source records that the customer is
    made of, the keys, decisions and scores that tie them, what was kept apart; and
    for each field the value, the rule that chose it, the file and row that it was
    read from, and what the other records say.

    FIELD asks about one: email, city, shipping_city, billing, groups, consents,
    consent.newsletter, ... A row counts the records of its file, the header too. Times
    are UTC.

    --export tells the tests of a list instead, in order, which the customer passes:
    the first that fails, or the statement that lets them be on it; with --html the
    page tells that, too. With --as-of consent is that in force then.

    \b
    Exit code 0; 1 when there is no such customer or more than one; 2 when CUSTOMER,
    FIELD or NAME is none of these; 4 when the registry cannot be read or FILE not be
    written.
    """
    if as_json and page is not None:
        raise click.UsageError("--json and --html exclude each other")
    if (export is None) != (pipeline is None):
        raise click.UsageError("--export and --pipeline go together")
    if export is not None and field is not None and page is None:
        raise click.UsageError("--export and FIELD exclude each other")
    from regpipe.reading import open_registry

    declared = why_export.pipeline_of(pipeline) if pipeline else None
    if declared is not None:
        named = context.get_parameter_source("registry")
        if named is not ParameterSource.COMMANDLINE:
            registry = declared.path(declared.registry)
    with open_registry(registry) as opened:
        listed = None
        if declared is not None and export is not None:
            listed = opened.listed(customer, declared, export, as_of=as_of)
        told = None
        if listed is None or page is not None:
            told = opened.why(customer, field, as_of=as_of)
    if told is None and listed is None:
        raise DataError.at("why", "there is no such customer in the registry")
    if page is not None and told is not None:
        _write(page, told, listed)
    elif listed is not None:
        if as_json:
            terminal.document(listed.as_dict())
        else:
            why_export.tell(listed)
    elif told is not None:
        if as_json:
            terminal.document(told.as_dict())
        else:
            _tell(told, asked=field is not None)


def _write(page: Path, found: Why, listed: Listed | None) -> None:
    text = page_of(found, listed)
    if str(page) == "-":
        terminal.raw(text)
    else:
        write_owner_only(page, text.encode())
        terminal.say(f"{page}: why customer {found.customer_id} is as they are")


def _tell(found: Why, *, asked: bool) -> None:
    if not asked:
        name = f": {found.name}" if found.name else ""
        title = f"customer {found.customer_id}{name}"
        numbers = together.numbered(found)
        records = [_placed(record) for record in found.records]
        terminal.filled_table(
            title, RECORD, [{**r, "no": numbers[r["record"]]} for r in records]
        )
        _tell_ties(found)
        taken = [row for each in found.fields for row in _taken(each)]
        terminal.filled_table(
            "fields", ("field", "value", "rule", *SHORT), _short(taken, numbers)
        )
        others = [row for each in found.fields for row in _others(each)]
        title = "values not taken"
        terminal.filled_table(
            title, ("field", "value", "why", *SHORT), _short(others, numbers)
        )
        terminal.filled_table(
            "consents", CONSENT, [_placed(word) for word in found.consents]
        )
        for score in found.scores:
            _tell_score(score)
        return
    for each in found.fields:
        terminal.say(f"{each.field}: {value(each.value) or 'no value'}")
        terminal.say(f"  by {rule(each)}: {each.because}")
        if each.set_by is not None:
            terminal.say(f"  set by {each.set_by} at {value(each.set_at)}")
        terminal.filled_table(
            "what the records say", SAID, [_said(said) for said in each.said]
        )
    for word in found.consents:
        to = f"{word['purpose']} by {word['channel']} to {word['address']}"
        terminal.say(f"{to}: {word['status']}")
        if word["suppressed"]:
            terminal.say(f"  suppressed: {', '.join(word['suppressed'])}")
        terminal.filled_table(
            "statements", STATEMENT, [_placed(s) for s in word["statements"]]
        )
    if not found.fields and not found.consents:
        terminal.say("nobody has made a statement")


def _tell_ties(found: Why) -> None:
    for sentence in together.merged(found):
        terminal.say(sentence)
    terminal.filled_table("tied by", ("no", "and", "by", "on"), together.ties(found))
    if doubt := together.doubt(found):
        terminal.say(doubt)
    columns = ("no", "key", "record", "customer", "why", "question")
    terminal.filled_table("kept apart", columns, together.apart(found))


def _tell_score(score: Mapping[str, Any]) -> None:
    """Draw the parts of a score as a waterfall: from the prior to the sum."""
    bars = waterfall(score["weights"])
    names = sum(max(len(getattr(b, n)) for b in bars) for n in ("field", "level"))
    on = scale(bars, terminal.room(names + FRAME))
    blocks = terminal.draws_blocks()
    rows = [
        (
            bar.field,
            bar.level,
            f"{bar.weight:+.2f}",
            drawn(bar, on, "█" if blocks else "+" if bar.weight > 0 else "-"),
        )
        for bar in bars
    ]
    columns = ("field", "level", "weight", "bar")
    terminal.table(together.score_title(score), columns, rows)


def _taken(each: Chosen) -> list[Mapping[str, Any]]:
    """Give a field that has a value once for each record that gave it one."""
    told = {"field": each.field, "value": value(each.value), "rule": rule(each)}
    if not told["value"]:
        return []
    if each.set_by is not None:
        return [{**told, "rule": f"{each.rule}: {each.set_by}"}]
    taken = [said for said in each.said if said.taken]
    return [{**told, **_said(said)} for said in taken] or [told]


def _others(each: Chosen) -> list[Mapping[str, Any]]:
    """Give what records say of a field that the golden record does not."""
    return [
        {"field": each.field, **_said(said)}
        for said in each.said
        if not said.taken and said.value != each.value
    ]


def _short(
    rows: Sequence[Mapping[str, Any]], numbers: Mapping[str, int]
) -> list[Mapping[str, Any]]:
    """Give rows with the number of their record and the bare name of its file."""
    return [
        {
            **row,
            "no": numbers.get(row.get("record", "")),
            "file": (row.get("file") or "").rpartition("/")[2],
        }
        for row in rows
    ]


def _said(said: Said) -> Mapping[str, Any]:
    return {
        **_placed(vars(said)),
        "value": value(said.value),
        "original": written(said.original),
    }


def _placed(row: Mapping[str, Any]) -> Mapping[str, Any]:
    """Give a row with its record and place under the names that people read."""
    return {
        **row,
        "record": together.record_name(row),
        "row": row["row_number"],
        "run": row["run_id"],
    }
