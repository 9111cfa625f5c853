"""Train the match model that regpipe ships, on invented customers.

    python -m benchmarks.train_model [--check]

Makes labelled customers of several seeds (those of no figure in docs/), runs the keys
on them, and teaches one model what comes out of all their candidates. Writes
src/regpipe/models/shipped.json, the same bytes each time; ``--check`` compares instead.
"""

from __future__ import annotations

import argparse
import os
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory

from benchmarks.labelled.folder import make, write
from regpipe.engine.duckdb import DuckDBEngine
from regpipe.models import SHIPPED, model_path
from regpipe.models.writing import model_text
from regpipe.outcome import silent
from regpipe.run import run_pipeline
from regpipe.spec.load import load_pipeline
from regpipe.stages.labels import read_labels
from regpipe.stages.train import Lesson, lesson, taught

SEEDS = tuple(range(9001, 9009))
"""Of the worlds that teach."""

CUSTOMERS = 20_000
AS_OF = datetime(2026, 1, 1, tzinfo=UTC)


def taught_by(seed: int, folder: Path) -> Lesson:
    """Make a world, run its keys, and give what its candidates teach."""
    write(make(CUSTOMERS, seed), folder, seed)
    pipeline = load_pipeline(folder / "pipeline.yaml", os.environ)
    run_pipeline(pipeline, as_of=AS_OF, wait=0, progress=silent)
    labels = read_labels(folder / "TRUTH.csv", folder)
    engine = DuckDBEngine(pipeline.path(pipeline.registry))
    try:
        return lesson(engine, labels)
    finally:
        engine.close()


def trained() -> str:
    """Give the text of the shipped model."""
    lessons = []
    for seed in SEEDS:
        with TemporaryDirectory(prefix="regpipe-") as folder:
            lessons.append(taught_by(seed, Path(folder)))
        print(f"seed {seed}: {len(lessons[-1].same)} pairs")
    found = taught(lessons, "invented customers")
    return model_text(
        found.prior,
        found.comparisons,
        f"{found.about} The customers are invented: benchmarks/train_model.py.",
    )


def main() -> None:
    """Read the command line and train."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.train_model")
    parser.add_argument("--check", action="store_true", help="compare, write nothing")
    given = parser.parse_args()
    path = model_path(SHIPPED, Path())
    text = trained()
    if given.check:
        held = path.read_text("utf-8")
        raise SystemExit(0 if text == held else f"{path.name} is another")
    path.write_text(text, "utf-8")
    print(f"{path.name}: {len(text)} bytes")


if __name__ == "__main__":
    main()
