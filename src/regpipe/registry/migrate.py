"""The registry's format: numbered migrations, and which of them a file has."""

from __future__ import annotations

from importlib.resources import files
from pathlib import Path

from regpipe.engine.protocol import Engine
from regpipe.errors import RegistryError, StepError
from regpipe.version import VERSION


def migrations() -> tuple[str, ...]:
    """Give the SQL of every migration, in the order of their numbers."""
    folder = files("regpipe.sql").joinpath("migrations")
    named = sorted(
        (entry for entry in folder.iterdir() if entry.name.endswith(".sql")),
        key=lambda entry: entry.name,
    )
    return tuple(entry.read_text("utf-8") for entry in named)


FORMAT = len(migrations())
"""The format this program writes: the number of its migrations."""


def scripts(held: int = 0) -> tuple[str, ...]:
    """Give the scripts that bring a registry of format ``held`` to ``FORMAT``."""
    pending = enumerate(migrations()[held:], held + 1)
    return tuple(
        f"{text}\ninsert into format values ({number}, '{VERSION}');"
        for number, text in pending
    )


def format_of(engine: Engine, path: Path) -> int:
    """Give the format of the registry that an engine has attached.

    Raises RegistryError when the file is no registry, or of a newer format
    than this program knows.
    """
    try:
        found = engine.collect("select max(version) as version from registry.format")
    except StepError as reason:
        raise RegistryError.at(
            str(path),
            "is a DuckDB file, but not a registry",
            "name another file, or move this one away",
        ) from reason
    version = int(found["version"][0].as_py() or 0)
    if version > FORMAT:
        raise RegistryError.at(
            str(path),
            f"is of format {version}, and this regpipe ({VERSION}) knows {FORMAT}",
            "use the newer regpipe that wrote it",
        )
    return version
