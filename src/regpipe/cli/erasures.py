"""``regpipe erasures``: who was erased, without the person; and who may come back."""

from __future__ import annotations

from dataclasses import asdict
from datetime import datetime
from pathlib import Path

import click

from regpipe.cli import options, terminal
from regpipe.cli.erase import people_asked

REGISTRY = options.registry_option


@click.group(invoke_without_command=True)
@REGISTRY
@options.json_option
@click.pass_context
def erasures(context: click.Context, registry: Path, as_json: bool) -> None:
    """List the erasures: when, by whom, on what ground, and how many hashes hold.

    Nothing of the people is known here any more.

    \b
    Exit code 0, also when there is none; 4 when the registry cannot be read.
    """
    if context.invoked_subcommand is not None:
        return
    from regpipe.reading import open_registry

    with open_registry(registry) as opened:
        found = opened.erasures().arrow()
    if as_json:
        terminal.document({"erasures": found.to_pylist()})
    elif not found.num_rows:
        terminal.say("nobody was erased")
    else:
        rows = [tuple(row.values()) for row in found.to_pylist()]
        terminal.table("erasures", found.column_names, rows)


@erasures.command()
@click.argument("who", metavar="WHO...", nargs=-1, required=True)
@REGISTRY
@options.as_of_option
@options.wait_option
@options.json_option
def readmit(
    who: tuple[str, ...], registry: Path, as_of: datetime, wait: float, as_json: bool
) -> None:
    """Let people come back who were erased and ask for it.

    WHO is an address that was theirs alone, or source:external_id. All hashes of their
    erasure go, so that the next file that has them brings them in, as new customers.
    What was erased stays so.

    \b
    Exit code 0; 1 when no erasure keeps them out; 2 when WHO names nobody; 4 when the
    registry or the key of its erasures cannot be used. Nothing is written then.
    """
    from regpipe.readmitting import readmit_in

    found = readmit_in(registry, people_asked(who, None), at=as_of, wait=wait)
    if as_json:
        terminal.document({"readmitted": [asdict(each) for each in found]})
        return
    for each in found:
        kinds = ", ".join(f"{kind} {many}" for kind, many in each.hashes.items())
        number = each.erasure_id
        terminal.say(f"{each.asked}: erasure {number} keeps nobody out now ({kinds})")


@erasures.command("new-key")
@REGISTRY
@click.option("--yes", is_flag=True, help="Do it. Without this it says what is lost.")
@options.as_of_option
@options.wait_option
@options.json_option
def new_key(
    registry: Path, yes: bool, as_of: datetime, wait: float, as_json: bool
) -> None:
    """Make a new key where the one of the erasures is lost for good.

    Look for a backup of it first. Without the key nobody can tell any more which rows
    are of people who were erased: those hashes are given up, and whoever is in a file
    that still comes, comes back. Have them taken out of the sources, or erase them
    again.

    \b
    Exit code 0; 4 when the key is not lost, or the registry cannot be used.
    """
    from regpipe.readmitting import key_lost, new_key_in

    lost = new_key_in(registry, at=as_of, wait=wait) if yes else key_lost(registry)
    if as_json:
        terminal.document({**asdict(lost), "written": yes})
        return
    many = f"{lost.hashes} hashes of {lost.people} people"
    if yes:
        terminal.say(f"given up: {many}; there is a new key beside the registry")
    else:
        terminal.say(
            f"would be given up: {many}, who could come back with any file that has "
            "them; nothing was written, --yes does it"
        )
