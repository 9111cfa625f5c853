"""``regpipe inspect``: how files are written, and what their columns hold."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

import click

from regpipe.cli import options, terminal
from regpipe.errors import PipelineError, RegistryError

if TYPE_CHECKING:
    from regpipe.inspecting import FileFacts
    from regpipe.profiling import ColumnFacts


@click.command()
@click.argument("files", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option(
    "--write",
    "target",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Write a pipeline file that reads them; one that is there stays.",
)
@click.option(
    "--values",
    type=click.IntRange(1, 100),
    metavar="N",
    help="Show the N commonest values of each column: personal data.",
)
@options.json_option
def inspect(
    files: tuple[Path, ...], target: Path | None, values: int | None, as_json: bool
) -> None:
    """Say of FILES how they are written, what their columns hold, which preset fits.

    Encoding, delimiter, header row and records; for each column how many cells are
    filled, how many values there are, their shape, and how many rows share an e-mail
    or a phone. No cell is shown unless --values asks for it.

    \b
    Exit code 0, 2 when the pipeline file is there already, 3 when a file is missing,
    empty, cut off or damaged, or does not tell what it is to --write, 4 when the
    pipeline file cannot be written.
    """
    from regpipe.inspecting import inspect_files

    found = inspect_files(files, values or 0)
    if values:
        terminal.warn("values of the files are shown, which may be personal data")
    if target is not None:
        _write(found, target)
    if as_json:
        terminal.document({"files": [asdict(file) for file in found]})
        return
    for file in found:
        _tell(file)


def _write(files: Sequence[FileFacts], target: Path) -> None:
    from regpipe.drafting import draft

    text = draft(files, target.parent)
    try:
        with target.open("x", encoding="utf-8") as out:
            out.write(text)
    except FileExistsError as reason:
        raise PipelineError.at(
            str(target), "is there already", "name another file"
        ) from reason
    except OSError as reason:
        raise RegistryError.at(
            str(target), f"cannot be written: {reason.strerror}"
        ) from reason


def _about(file: FileFacts) -> str:
    """Say what the first preset that fits is, and what it lacks."""
    from regpipe.formats.sources import shipped_preset

    preset = shipped_preset(file.presets[0][0])
    unsure = f"; unverified: {preset.unverified}" if preset.unverified else ""
    return preset.about + unsure


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
            ("rows like another", file.repeated),
            *([("is", file.other)] if file.other else []),
            ("presets that fit", ", ".join(presets) or "none"),
            *((("which is", _about(file)),) if presets else ()),
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
                _note(column, presets and column.name in file.unread),
            )
            for column in file.columns
        ],
    )


def _note(column: ColumnFacts, unread: object) -> str:
    notes = ["secret: never read"] if column.secret else []
    if unread:
        notes.append("not read by the preset")
    if column.shared:
        notes.append(f"{column.shared} rows share one")
    if column.values:
        notes.append(f"values: {' | '.join(column.values)}")
    return "; ".join(notes)
