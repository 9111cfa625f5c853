"""What the ledger of consent costs a run: with it, and without.

    python -m benchmarks.ledger --people 1000000 --rounds 3

Runs the sample pipeline over an invented world, and then the same without its columns
of consent and with its marketing lists for service: nothing is stated, and no gate is
asked. The two take turns in going first, each a process of its own. What consent costs
is the difference of their medians, stage by stage: the cleaning of its columns and the
gate are in it, and the ledger's own stage is "merge consents".
"""

from __future__ import annotations

import argparse
import shutil
import sys
from collections.abc import Callable
from pathlib import Path
from statistics import median

from ruamel.yaml import YAML

from benchmarks.compare import (
    HERE,
    Run,
    middle,
    pipeline_for,
    run_of,
    stage_lines,
    world_folder,
)
from benchmarks.rates import ORDER_ROWS


def with_consent(pipeline: Path) -> None:
    """Leave the pipeline as it is."""


def without_consent(pipeline: Path) -> None:
    """Take out of a pipeline file whatever states consent or asks for it."""
    yaml = YAML()
    said = yaml.load(pipeline.read_text(encoding="utf-8"))
    for source in said["sources"].values():
        for column in [c for c in source["columns"] if c.startswith("consent.")]:
            del source["columns"][column]
    for export in said["exports"].values():
        export["purpose"] = "service"
    with pipeline.open("w", encoding="utf-8") as file:
        yaml.dump(said, file)


WAYS: dict[str, Callable[[Path], None]] = {
    "with": with_consent,
    "without": without_consent,
}


def run(world: Path, out: Path, change: Callable[[Path], None]) -> Run:
    """Run regpipe once into an empty folder, its pipeline file changed before."""
    shutil.rmtree(out, ignore_errors=True)
    out.mkdir(parents=True)
    pipeline = pipeline_for(world, out)
    change(pipeline)
    return run_of(pipeline, out)


def main() -> None:
    """Read the command line, run both by turns, print."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.ledger")
    parser.add_argument("--people", type=int, default=1_000_000)
    parser.add_argument("--seed", type=int, default=2026)
    parser.add_argument("--order-rows", type=float, default=ORDER_ROWS)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--worlds", type=Path, default=HERE / "worlds")
    parser.add_argument("--out", type=Path, default=HERE / "worlds" / "out-ledger")
    given = parser.parse_args()
    world = world_folder(given.worlds, given.people, given.seed, given.order_rows)
    runs: dict[str, list[Run]] = {way: [] for way in WAYS}
    for number in range(given.rounds):
        turn = list(WAYS) if number % 2 == 0 else list(reversed(WAYS))
        for way in turn:
            done = run(world, given.out, WAYS[way])
            runs[way].append(done)
            print(f"round {number + 1}  {way:8}{done.seconds:8.1f} s", file=sys.stderr)
    print(table(runs))


def table(runs: dict[str, list[Run]]) -> str:
    """Spell out the medians of both ways, and what consent costs."""
    seconds = {way: median(each.seconds for each in done) for way, done in runs.items()}
    lines = stage_lines({**middle(runs), "whole run": seconds}, list(WAYS))
    cost = seconds["with"] - seconds["without"]
    lines.append(f"consent costs {cost:.2f} s, {cost / seconds['with']:.1%} of the run")
    return "\n".join(lines)


if __name__ == "__main__":
    main()
