"""``regpipe inspect``: how files are written, and what their columns hold."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

import click

from regpipe.cli import options, terminal

if TYPE_CHECKING:
    from regpipe.inspecting import FileFacts


@click.command()
@click.argument("files", nargs=-1, required=True, type=click.Path(path_type=Path))
@options.json_option
def inspect(files: tuple[Path, ...], as_json: bool) -> None:
    """Say of FILES how they are written, what their columns hold, which preset fits.

    Encoding, delimiter, header row and records; for each column how many cells are
    filled, how many values there are, and their shape. No cell is shown.

    \b
    Exit code 0, or 3 when a file is missing, empty, cut off or damaged.
    """
    from regpipe.inspecting import inspect_files

    found = inspect_files(files)
    if as_json:
        terminal.document({"files": [asdict(file) for file in found]})
        return
    for file in found:
        _tell(file)


def _tell(file: FileFacts) -> None:
    sure = {"unsure": " (unsure)", "likely": " (by its letters)"}
    delimiter = {"\t": "tab"}.get(file.delimiter, file.delimiter)
    presets = [f"{name} ({share:.0%} of its columns)" for name, share in file.presets]
    terminal.table(
        file.file,
        ("what", "found"),
        [
            ("encoding", file.encoding + sure.get(file.certainty, "")),
            ("delimiter", delimiter),
            ("header in row", file.header_row or "none"),
            ("records", file.records),
            ("read", "as a whole" if file.regular else "record by record"),
            ("presets that fit", ", ".join(presets) or "none"),
        ],
    )
    terminal.table(
        "columns",
        ("column", "filled", "values", "shape", "note"),
        [
            (
                column.name,
                column.filled,
                column.distinct,
                column.shape,
                "secret: never read"
                if column.secret
                else "not read by the preset"
                if presets and column.name in file.unread
                else "",
            )
            for column in file.columns
        ],
    )
