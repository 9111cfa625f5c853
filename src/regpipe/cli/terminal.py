"""All that a person or a program sees: data on stdout, all else on stderr.

A terminal gets rich tables and a progress display; a pipe gets plain aligned
text and no progress. rich is imported only when it is used.
"""

from __future__ import annotations

import json
import os
import shutil
import sys
import unicodedata
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import date, datetime
from decimal import Decimal
from io import TextIOWrapper
from typing import NoReturn

import click

from regpipe.errors import Problem
from regpipe.outcome import Progress, silent

MANY = 50
"""Problems that are told at once."""


def say(text: str = "") -> None:
    """Print one line of data."""
    _out(clean(text) + "\n")


def raw(text: str) -> None:
    """Print a whole document as it is, in UTF-8 whatever the terminal's encoding."""
    _out(text.encode())


def document(value: object) -> None:
    """Print ``value`` as one JSON document.

    Times become ISO 8601, decimals become text, so that nothing is rounded.
    """
    wide = (sys.stdout.encoding or "").lower().replace("-", "") == "utf8"
    _out(json_text(value, ascii_only=not wide))


def json_text(value: object, *, ascii_only: bool = False) -> str:
    """Give ``value`` as the JSON that ``document`` prints."""
    return json.dumps(value, indent=2, ensure_ascii=ascii_only, default=_plain) + "\n"


def table(title: str, columns: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    """Print a table under its title; columns that hold only numbers to the right."""
    rows = [tuple(row) for row in rows]
    right = [
        all(isinstance(cell, (int, float, Decimal)) or cell is None for cell in column)
        for column in zip(*rows, strict=True)
    ] or [False] * len(columns)
    cells = [[clean(shown(cell)) for cell in row] for row in rows]
    if sys.stdout.isatty():
        _rich_table(title, columns, cells, right)
    else:
        say(title)
        _plain_table(columns, cells, right)


def filled_table(
    title: str, columns: Sequence[str], rows: Sequence[Mapping[str, object]]
) -> None:
    """Print rows without the columns that none of them has a value in."""
    filled = [name for name in columns if any(row.get(name) for row in rows)]
    if filled:
        table(title, filled, [[row.get(name) for name in filled] for row in rows])


def note(text: str) -> None:
    """Tell of something worth knowing beside the data."""
    click.echo(clean(text), err=True)


def warn(text: str) -> None:
    """Tell of something that did not stop the work."""
    click.echo(f"warning: {clean(text)}", err=True)


def fail(problems: Sequence[Problem]) -> None:
    """Tell what stopped the work, each problem where, what and what to try.

    Of very many the first are told; a JSON document has them all.
    """
    for problem in problems[:MANY]:
        for number, line in enumerate(str(problem).split("\n")):
            click.echo(("" if number else "error: ") + clean(line), err=True)
    if len(problems) > MANY:
        click.echo(f"error: and {len(problems) - MANY} more problems", err=True)


def stopped(what_it_left: str = "") -> None:
    """Tell that a person stopped the work, and what that leaves."""
    click.echo(f"stopped: {what_it_left}" if what_it_left else "stopped", err=True)


@contextmanager
def working(*, quiet: bool, writes: str = "publish") -> Iterator[Progress]:
    """Give what a stage reports its progress to; shown on a terminal only.

    A Ctrl-C in the block goes on as KeyboardInterrupt that says what it left:
    nothing is written before the stage called ``writes``.
    """
    stages: set[str] = set()

    def note(stage: str, what: str) -> None:
        stages.add(stage)
        show(stage, what)

    try:
        with _display(quiet=quiet) as show:
            yield note
    except KeyboardInterrupt as stopped:
        raise KeyboardInterrupt(
            "the registry is whole and no list is half written; run it again"
            if writes in stages
            else "nothing was written"
        ) from stopped


def shown(cell: object) -> str:
    """Give ``cell`` as a person reads it; nothing for no value.

    >>> shown(Decimal("12.5000")), shown(None), shown(["VIP", "Club"]), shown(True)
    ('12.50', '', 'VIP, Club', 'yes')
    """
    match cell:
        case None:
            return ""
        case bool():
            return "yes" if cell else "no"
        case datetime():
            return cell.strftime("%Y-%m-%d %H:%M:%S").removesuffix(" 00:00:00")
        case Decimal():
            whole, _, part = format(cell, "f").partition(".")
            part = part.rstrip("0")
            return f"{whole}.{part:0<2}" if part else whole
        case list() | tuple():
            return ", ".join(shown(item) for item in cell)
    return str(cell)


def draws_blocks() -> bool:
    """Tell whether stdout is a terminal that has letters for bars."""
    return sys.stdout.isatty() and "utf" in (sys.stdout.encoding or "").lower()


def room(taken: int) -> int:
    """Give how many letters are left of a line beside so many; 40 in a pipe."""
    if not sys.stdout.isatty():
        return 40
    return min(max(shutil.get_terminal_size().columns - taken, 10), 60)


def clean(text: str) -> str:
    r"""Make characters visible that would steer a terminal or turn its text around.

    >>> clean("a\x1b[2J\u202eb")
    'a\\x1b[2J\\u202eb'
    """
    if text.isprintable():
        return text
    return "".join(
        character
        if unicodedata.category(character) not in ("Cc", "Cf", "Cs", "Zl", "Zp")
        else character.encode("unicode_escape").decode("ascii")
        for character in text
    )


def _out(text: str | bytes) -> None:
    """Write to stdout; what its encoding has no letter for comes as an escape."""
    if isinstance(sys.stdout, TextIOWrapper):
        sys.stdout.reconfigure(errors="backslashreplace")
    try:
        click.echo(text, nl=False)
        sys.stdout.flush()
    except BrokenPipeError:
        _reader_left()


def _reader_left() -> NoReturn:
    """End quietly, as other programs do whose reader has had enough."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    raise SystemExit(141)


def _plain(value: object) -> object:
    if isinstance(value, (date, datetime)):
        return value.isoformat()
    if isinstance(value, Decimal):
        return format(value, "f")
    raise TypeError(type(value).__name__)


def _plain_table(
    columns: Sequence[str], cells: Sequence[Sequence[str]], right: Sequence[bool]
) -> None:
    widths = [max(map(len, column)) for column in zip(columns, *cells, strict=True)]
    for row in (columns, *cells):
        padded = (
            cell.rjust(width) if number else cell.ljust(width)
            for cell, width, number in zip(row, widths, right, strict=True)
        )
        _out("  " + "  ".join(padded).rstrip() + "\n")


def _rich_table(
    title: str,
    columns: Sequence[str],
    cells: Sequence[Sequence[str]],
    right: Sequence[bool],
) -> None:
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    drawn = Table(title=title, title_justify="left")
    for column, number in zip(columns, right, strict=True):
        drawn.add_column(column, justify="right" if number else "left", overflow="fold")
    for row in cells:
        drawn.add_row(*map(Text, row))
    Console().print(drawn)


@contextmanager
def _display(*, quiet: bool) -> Iterator[Progress]:
    """Show a spinner with the stage, what it works on and the seconds it takes."""
    if quiet or not sys.stderr.isatty():
        yield silent
        return
    from rich.console import Console
    from rich.progress import Progress as Bar
    from rich.progress import SpinnerColumn, TextColumn, TimeElapsedColumn

    columns = (
        SpinnerColumn(),
        TextColumn("{task.description}", markup=False),
        TimeElapsedColumn(),
    )
    with Bar(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("starting", total=None)

        def show(stage: str, what: str) -> None:
            bar.update(task, description=clean(f"{stage:10} {what}"))

        yield show
