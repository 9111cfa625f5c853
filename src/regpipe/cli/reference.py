"""The reference of the command line, docs/cli.md, as click itself tells it.

``python -m regpipe.cli.reference`` prints it.
"""

from __future__ import annotations

import click

from regpipe.cli import commands, terminal

WIDTH = 88

INTRODUCTION = """\
# The command line

Written by `make docs` from the commands themselves; do not edit.
"""


def reference() -> str:
    """Give the help of regpipe and of each command as one Markdown document."""
    top = click.Context(
        commands,
        info_name="regpipe",
        terminal_width=WIDTH,
        max_content_width=WIDTH,
        help_option_names=["-h", "--help"],
    )
    parts = [INTRODUCTION, _section(top)]
    for name, command in commands.commands.items():
        context = click.Context(command, top, name)
        parts.append(_section(context))
        if isinstance(command, click.Group):
            parts += [
                _section(click.Context(inner, context, called))
                for called, inner in command.commands.items()
            ]
    return "\n".join(parts)


def _section(context: click.Context) -> str:
    return f"## {context.command_path}\n\n```\n{context.get_help().rstrip()}\n```\n"


if __name__ == "__main__":
    terminal.raw(reference())
