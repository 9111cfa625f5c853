"""The command line: one file per command.

A command's module imports what it runs inside its function, so that help and
usage errors load neither pandas nor duckdb nor pydantic.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import asdict
from typing import NoReturn

import click

from regpipe.cli import terminal
from regpipe.cli.check import check
from regpipe.cli.consent import consent
from regpipe.cli.customers import customers
from regpipe.cli.delete import delete
from regpipe.cli.disclose import disclose
from regpipe.cli.erase import erase
from regpipe.cli.erasures import erasures
from regpipe.cli.export import export
from regpipe.cli.init import init
from regpipe.cli.inspect import inspect
from regpipe.cli.match import match
from regpipe.cli.options import JSON
from regpipe.cli.plan import plan
from regpipe.cli.presets import presets
from regpipe.cli.rebuild import rebuild
from regpipe.cli.rejects import rejects
from regpipe.cli.retention import retention
from regpipe.cli.review import review
from regpipe.cli.run import run
from regpipe.cli.runs import runs
from regpipe.cli.show import show
from regpipe.cli.why import why
from regpipe.errors import PipelineError, RegpipeError
from regpipe.version import VERSION

EXIT_CODES = """\b
Exit codes:
  0    it is done
  1    the rows do not meet what the pipeline demands of them
  2    the command line, the pipeline file or a schema is wrong
  3    a file to be read is missing, empty or not what it was declared to be
  4    the registry or a file to be written cannot be used, or another run is at work
  5    a step failed
  130  stopped by Ctrl-C
"""

INTERRUPTED = 130


class InOrder(click.Group):
    """Lists the commands in the order in which they are used."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Give the names as they were added."""
        return list(self.commands)


@click.group(
    cls=InOrder,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 88},
    epilog=EXIT_CODES,
)
@click.version_option(VERSION, "-V", "--version", message="%(prog)s %(version)s")
def commands() -> None:
    """Bring customer and order CSVs into one registry, and lists out of it."""


for command in (
    *(init, inspect, presets, check, plan),
    *(run, runs, rejects, review, customers, consent, rebuild),
    *(match, show, why, disclose, export),
    *(delete, erase, erasures, retention),
):
    commands.add_command(command)


def main(arguments: Sequence[str] | None = None) -> NoReturn:
    """Run the command line and exit with its code; without a word, show the help."""
    words = sys.argv[1:] if arguments is None else list(arguments)
    raise SystemExit(_run(words or ["--help"]))


def _run(arguments: list[str]) -> int:
    """Run a command; give its exit code, its errors already told."""
    remembered: dict[str, object] = {}
    try:
        with commands.make_context("regpipe", arguments) as context:
            remembered = context.meta
            commands.invoke(context)
    except click.exceptions.Exit as done:
        return done.exit_code
    except click.ClickException as reason:
        return _failed(_usage(reason), as_json=bool(remembered.get(JSON)))
    except RegpipeError as error:
        return _failed(error, as_json=bool(remembered.get(JSON)))
    except KeyboardInterrupt as stopped:
        terminal.stopped(*map(str, stopped.args))
        return INTERRUPTED
    return 0


def _failed(error: RegpipeError, *, as_json: bool) -> int:
    if as_json:
        problems = [asdict(problem) for problem in error.problems]
        terminal.document({"exit_code": error.exit_code, "problems": problems})
    terminal.fail(error.problems)
    return error.exit_code


def _usage(reason: click.ClickException) -> RegpipeError:
    """Give what click found wrong with the command line as an error of ours."""
    context = reason.ctx if isinstance(reason, click.UsageError) else None
    command = context.command_path if context else "regpipe"
    what = reason.format_message().rstrip(".")
    return PipelineError.at(
        command, what[:1].lower() + what[1:], f"see '{command} --help'"
    )
