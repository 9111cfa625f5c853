"""``regpipe consent show``: every statement on an address, and which is in force."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from regpipe.cli import options, terminal
from regpipe.cli.shown import placed

if TYPE_CHECKING:
    from regpipe.reading import Consents, Word

STATEMENT = (
    *("status", "said_at", "dated_by", "record", "file", "row", "run"),
    *("assumed", "opt_in_at", "opt_in_ip", "confirmed_at", "confirmed_ip"),
    *("wording", "campaign", "note", "stated_by", "counts"),
)
SUPPRESSION = (
    *("address", "channel", "reason", "suppressed_at", "source", "file", "row", "run"),
    *("note", "stated_by", "lifted_by"),
)


@click.command()
@click.argument("address", metavar="ADDRESS|CUSTOMER")
@options.registry_option
@options.known_as_of_option
@options.json_option
def show(address: str, registry: Path, as_of: datetime | None, as_json: bool) -> None:
    """Show every statement of consent on an address, and which is in force.

    ADDRESS is an e-mail or a phone such as +46701234567 (or a postal address as the
    ledger has it, such as 'storgatan1|11122|se'), of a customer or of nobody.
    A CUSTOMER is a customer_id or source:external_id: then all of their addresses.
    For each purpose and channel: the word in force and why that one; the statements
    in time order, when each counts from and whose time that is ('statement': its own,
    'record': that of its row, 'file': that of its file, 'nothing': none, so older than
    any), the file and row that it was read from, and what it rests on. With --as-of
    what counted then, by what is known today. Times are UTC.

    \b
    Exit code 0, also when there is no statement; 1 when there is no such customer; 2
    when it names neither; 4 when the registry cannot be read.
    """
    from regpipe.reading import open_registry

    with open_registry(registry) as opened:
        found = opened.consent(address, as_of=as_of)
    if as_json:
        terminal.document(found.as_dict())
    else:
        _tell(found)


def _tell(found: Consents) -> None:
    for number, word in enumerate(found.words):
        if number:
            terminal.say()
        tell_word(word)
    if not found.words:
        terminal.say("nobody has made a statement")
    rows = [placed(row) for row in found.suppressed]
    terminal.filled_table("suppressed", SUPPRESSION, rows)


def tell_word(word: Word) -> None:
    """Print the word in force on one thing, and all statements on it."""
    terminal.say(
        f"{word.purpose} by {word.channel} to {word.address}: "
        f"{word.status or 'no word'}{_since(word)}"
    )
    terminal.say(f"  {word.because}{_not_yet(word)}")
    for reason in word.reasons:
        terminal.say(f"  not to be written to all the same: {reason}")
    rows = [placed(statement) for statement in word.statements]
    terminal.filled_table("statements", STATEMENT, rows)


def _since(word: Word) -> str:
    return f" since {terminal.shown(word.said_at)}" if word.said_at else ""


def _not_yet(word: Word) -> str:
    """Say how many statements are of later than the time asked about."""
    later = sum(1 for s in word.statements if s["counts"] == "not said yet")
    return f"; said later: {later}" if later else ""
