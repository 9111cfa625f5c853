"""What the commands share by which a person decides who is who."""

from __future__ import annotations

import getpass
from collections.abc import Callable, Sequence
from dataclasses import dataclass, fields
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from regpipe.cli import options, outcomes, terminal

if TYPE_CHECKING:
    from regpipe.stages.deciding import Act
    from regpipe.stages.stating import ConsentAct

Command = TypeVar("Command", bound=Callable[..., Any])


def somebody() -> str:
    """Give the name of who is at the keyboard; "somebody" where nobody can tell."""
    try:
        return getpass.getuser()
    except (OSError, KeyError, ImportError):
        return "somebody"


@dataclass(frozen=True)
class How:
    """What the options say that all commands share which decide."""

    registry: Path
    by: str
    plan: bool
    as_of: datetime
    wait: float
    as_json: bool
    quiet: bool


class Deciding(click.Command):
    """A command that decides: what the common options say comes as ``how``."""

    def invoke(self, ctx: click.Context) -> object:
        """Run the command with its own arguments and ``how``."""
        names = [each.name for each in fields(How)]
        said = {name: ctx.params.pop(name) for name in names}
        ctx.params["how"] = How(**said)
        return super().invoke(ctx)


def deciding_options(command: Command) -> Command:
    """Add the options of every command that decides."""
    for option in reversed(
        (
            options.registry_option,
            click.option(
                "--by",
                metavar="NAME",
                default=somebody,
                help="Who decides.  [default: the user]",
            ),
            click.option(
                "--plan", is_flag=True, help="Show what would change; write nothing."
            ),
            options.as_of_option,
            options.wait_option,
            options.json_option,
            options.quiet_option,
        )
    ):
        command = option(command)
    return command


def take(acts: Sequence[Act | ConsentAct], command: str, how: How) -> None:
    """Take what a person decided into the registry, or show what would change."""
    with terminal.working(quiet=how.quiet) as progress:
        if how.plan:
            from regpipe.planning import plan_decisions

            outcome = plan_decisions(
                how.registry, acts, by=how.by, as_of=how.as_of, progress=progress
            )
        else:
            from regpipe.run import decide_in

            outcome = decide_in(
                how.registry,
                acts,
                by=how.by,
                command=command,
                as_of=how.as_of,
                wait=how.wait,
                progress=progress,
            )
    if how.plan:
        outcomes.tell_plan(outcome, as_json=how.as_json)
        return
    outcomes.tell_run(outcome, as_json=how.as_json, quiet=how.quiet)
    if not how.quiet and not how.as_json:
        terminal.note("the lists follow with the next 'regpipe run' or 'export'")
