"""Options and arguments that several commands share."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import click

JSON = "regpipe.json"
"""Where a context remembers that one JSON document is wanted, errors too."""

FILE = click.Path(dir_okay=False, path_type=Path)


def _remember(context: click.Context, parameter: click.Parameter, wanted: bool) -> bool:
    context.meta[JSON] = wanted
    return wanted


def _now(
    context: click.Context, parameter: click.Parameter, text: str | None
) -> datetime:
    """Read a time; UTC unless it says otherwise, now unless it is given."""
    return time_or_none(context, parameter, text) or datetime.now(UTC)


def time_or_none(
    context: click.Context, parameter: click.Parameter, text: str | None
) -> datetime | None:
    """Read a time; UTC unless it says otherwise."""
    if text is None:
        return None
    try:
        when = datetime.fromisoformat(text)
    except ValueError:
        raise click.BadParameter(
            "not a date or time such as 2026-05-31 or 2026-05-31T22:00:00+02:00"
        ) from None
    return when.replace(tzinfo=UTC) if when.tzinfo is None else when.astimezone(UTC)


pipeline_argument = click.argument("pipeline", type=FILE)

registry_option = click.option(
    "-r",
    "--registry",
    type=FILE,
    default="registry.duckdb",
    envvar="REGPIPE_REGISTRY",
    show_default=True,
    show_envvar=True,
    help="The registry to read.",
)

as_of_option = click.option(
    "--as-of",
    metavar="TIME",
    callback=_now,
    help="Work as if it were this time (UTC unless it has an offset).  [default: now]",
)

known_as_of_option = click.option(
    "--as-of",
    metavar="TIME",
    callback=time_or_none,
    help="Tell what counted at this time (UTC unless it has an offset).  "
    "[default: that of the latest run]",
)

json_option = click.option(
    "--json",
    "as_json",
    is_flag=True,
    is_eager=True,
    callback=_remember,
    help="Print one JSON document instead of text; errors too.",
)

quiet_option = click.option(
    "-q", "--quiet", is_flag=True, help="Print nothing but warnings and errors."
)

wait_option = click.option(
    "--wait",
    metavar="SECONDS",
    type=click.FloatRange(min=0),
    default=0,
    help="Wait so long for another writer of the registry.  [default: do not wait]",
)
