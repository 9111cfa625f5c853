"""``regpipe match train``: a match model for one's own records."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from regpipe.cli import options, terminal

if TYPE_CHECKING:
    from regpipe.stages.train import Trained


@click.command()
@options.registry_option
@click.option(
    "-o",
    "--output",
    required=True,
    type=options.FILE,
    help="The model file to write.",
)
@click.option(
    "--truth",
    type=options.FILE,
    help="A file of labels (source, external_id, person) to learn from.",
)
@options.json_option
def train(registry: Path, output: Path, truth: Path | None, as_json: bool) -> None:
    """Train a match model on the records of the registry, for identity.score.

    With labels it learns what tells the pairs of one person from those of two; labels
    for part of the records are enough. Without any, Splink estimates what is usual for
    pairs of one person and for strangers. The file holds numbers and conditions, and
    nothing of anybody. The same registry gives the same model.

    \b
    Exit code 0; 1 when there is nothing to learn from; 2 when Splink is not installed
    (pip install 'regpipe[match]'); 3 when the labels cannot be read; 4 when the
    registry cannot be read, or the model not be written.
    """
    from regpipe.models.writing import write_model
    from regpipe.reading import open_registry

    with open_registry(registry) as opened:
        found = opened.train(truth)
    write_model(output, found.prior, found.comparisons, found.about)
    if as_json:
        terminal.document(found.as_dict())
    else:
        _tell(found, output)


def _tell(found: Trained, output: Path) -> None:
    for warning in found.warnings:
        terminal.warn(warning)
    terminal.table(
        "model",
        ("comparison", "outcome", "m", "u", "weight"),
        [
            (
                comparison.name if number == 0 else "",
                level.label,
                f"{level.m:.5f}",
                f"{level.u:.5f}",
                f"{level.weight:+.2f}",
            )
            for comparison in found.comparisons
            for number, level in enumerate(comparison.known)
        ],
    )
    terminal.say(f"{output}: {found.about}")
