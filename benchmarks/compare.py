"""Hold regpipe against the bare script: seconds per stage, memory, the ratio.

    python -m benchmarks --people 1000000 --rounds 3

Makes the world in ``benchmarks/worlds/`` unless it is there. Each run is a
process of its own, with nothing left from the run before; the two take turns
in going first. Seconds and memory are medians over the rounds, memory the
peak that the system saw. The exit code is 1 when a run fails, or when
``--verify`` finds an answer that is not the truth.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
import sys
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from statistics import median
from time import perf_counter
from typing import Any

from benchmarks.rates import ORDER_ROWS
from benchmarks.verify import BARE, REGPIPE, differences
from benchmarks.world import make_world

HERE = Path(__file__).resolve().parent
PIPELINE = HERE.parent / "pipelines" / "sample.yaml"
_KILOBYTES = 1024 if sys.platform == "darwin" else 1


@dataclass(frozen=True)
class Run:
    """One process: wall seconds, peak memory in MB, seconds of its stages."""

    who: str
    seconds: float
    memory: float
    stages: dict[str, float]


@dataclass(frozen=True)
class Comparison:
    """Medians over all rounds; ``ratio`` is regpipe's seconds by bare's."""

    people: int
    seed: int
    rounds: int
    seconds: dict[str, float]
    memory: dict[str, float]
    stages: dict[str, dict[str, float]]
    ratio: float
    memory_difference: float
    differences: dict[str, dict[str, tuple[int, int]]]


def world_folder(worlds: Path, people: int, seed: int, order_rows: float) -> Path:
    """Give the folder of a world, made now if it is not there as a whole."""
    world = worlds / f"people-{people}-seed-{seed}-orders-{order_rows:g}"
    if not world.exists():
        unfinished = world.with_name(world.name + ".part")
        shutil.rmtree(unfinished, ignore_errors=True)
        make_world(unfinished, people, seed, order_rows)
        unfinished.rename(world)
    return world


def pipeline_for(world: Path, out: Path) -> Path:
    """Write the sample pipeline for another world and output folder."""
    text = PIPELINE.read_text(encoding="utf-8")
    text = text.replace("../sample_data/", f"{world.resolve()}/")
    text = text.replace("../out/", f"{out.resolve()}/")
    path = out / "pipeline.yaml"
    path.write_text(text, encoding="utf-8")
    return path


def run_regpipe(world: Path, out: Path) -> Run:
    """Run regpipe once into an empty folder; "merge orders" counts as "merge"."""
    run = run_of(pipeline_for(world, out), out)
    stages: dict[str, float] = {}
    for name, seconds in run.stages.items():
        stage = name.split()[0]
        stages[stage] = stages.get(stage, 0.0) + seconds
    return replace(run, stages=stages)


def run_of(pipeline: Path, out: Path) -> Run:
    """Run a pipeline once; its stages by their own names."""
    command = ["-m", "regpipe", "run", str(pipeline), "--json"]
    seconds, memory, answer = measured(command, out)
    stages = {each["stage"]: each["seconds"] for each in answer["stages"]}
    return Run("regpipe", seconds, memory, stages)


def run_bare(world: Path, out: Path) -> Run:
    """Run the bare script once into an empty folder."""
    command = ["-m", "benchmarks.bare", "--world", str(world), "--out", str(out)]
    seconds, memory, answer = measured(command, out)
    return Run("bare", seconds, memory, answer["seconds"])


def measured(arguments: list[str], out: Path) -> tuple[float, float, dict[str, Any]]:
    """Run Python with ``arguments``; give seconds, peak MB and its JSON answer.

    Raises SystemExit when the process fails.
    """
    os.sync()
    answer = out / "answer.json"
    with answer.open("wb") as stdout:
        began = perf_counter()
        process = subprocess.Popen([sys.executable, *arguments], stdout=stdout)
        _, status, usage = os.wait4(process.pid, 0)
        seconds = perf_counter() - began
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise SystemExit(f"{' '.join(arguments[:2])}: exit code {process.returncode}")
    memory = usage.ru_maxrss / _KILOBYTES / 1024
    return seconds, memory, json.loads(answer.read_text(encoding="utf-8"))


RUNS = {"regpipe": run_regpipe, "bare": run_bare}


def compare(
    world: Path, out: Path, rounds: int
) -> tuple[dict[str, list[Run]], dict[str, Path]]:
    """Run both ``rounds`` times; give all runs, and the folders of the last."""
    runs: dict[str, list[Run]] = {who: [] for who in RUNS}
    folders = {who: out / who for who in RUNS}
    for number in range(rounds):
        turn = list(RUNS) if number % 2 == 0 else list(reversed(RUNS))
        for who in turn:
            shutil.rmtree(folders[who], ignore_errors=True)
            folders[who].mkdir(parents=True)
            runs[who].append(RUNS[who](world, folders[who]))
            print(_line(number, runs[who][-1]), file=sys.stderr)
    return runs, folders


def _line(number: int, run: Run) -> str:
    """Spell out one run."""
    return f"round {number + 1}  {run.who:8}{run.seconds:8.1f} s{run.memory:8.0f} MB"


def middle(runs: dict[str, list[Run]]) -> dict[str, dict[str, float]]:
    """Give for each stage the median seconds of those who have it."""
    stages: dict[str, dict[str, float]] = {}
    for who, done in runs.items():
        for stage in done[0].stages:
            seconds = median(run.stages[stage] for run in done)
            stages.setdefault(stage, {})[who] = round(seconds, 3)
    return stages


def stage_lines(stages: dict[str, dict[str, float]], names: list[str]) -> list[str]:
    """Spell out the seconds of each stage, a column for each of those compared."""
    lines = [f"{'stage':16}" + "".join(f"{name:>10}" for name in names)]
    for stage, seconds in stages.items():
        cells = (f"{seconds[who]:8.2f} s" if who in seconds else "-" for who in names)
        lines.append(f"{stage:16}" + "".join(f"{cell:>10}" for cell in cells))
    return lines


def table(found: Comparison) -> str:
    """Spell out a comparison for people."""
    lines = stage_lines(found.stages, list(RUNS))
    for name, unit, values in (
        ("whole run", "s", found.seconds),
        ("peak memory", "MB", found.memory),
    ):
        digits = 2 if unit == "s" else 0
        cells = (f"{values[who]:.{digits}f} {unit}" for who in RUNS)
        lines.append(f"{name:16}" + "".join(f"{cell:>10}" for cell in cells))
    lines.append(
        f"{found.people} people, {found.rounds} rounds: {found.ratio:.2f} x bare, "
        f"{found.memory_difference:+.0f} MB"
    )
    for who, answers in found.differences.items():
        wrong = {name: counts for name, counts in answers.items() if any(counts)}
        lines.append(f"{who}: " + (f"NOT the truth: {wrong}" if wrong else "the truth"))
    return "\n".join(lines)


def main() -> None:
    """Read the command line, compare, print."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks")
    parser.add_argument("--people", type=int, default=1_000_000)
    parser.add_argument("--seed", type=int, default=2026)
    parser.add_argument("--order-rows", type=float, default=ORDER_ROWS)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--worlds", type=Path, default=HERE / "worlds")
    parser.add_argument("--out", type=Path, default=HERE / "worlds" / "out")
    parser.add_argument("--verify", action="store_true", help="hold against the truth")
    parser.add_argument("--json", action="store_true")
    given = parser.parse_args()
    world = world_folder(given.worlds, given.people, given.seed, given.order_rows)
    runs, folders = compare(world, given.out, given.rounds)
    answers = {}
    if given.verify:
        bare, mine = folders["bare"], folders["regpipe"]
        answers = {
            "bare": differences(world, bare / "bare.duckdb", bare, BARE),
            "regpipe": differences(world, mine / "registry.duckdb", mine, REGPIPE),
        }
    seconds = {who: median(run.seconds for run in done) for who, done in runs.items()}
    memory = {who: median(run.memory for run in done) for who, done in runs.items()}
    found = Comparison(
        people=given.people,
        seed=given.seed,
        rounds=given.rounds,
        seconds=seconds,
        memory=memory,
        stages=middle(runs),
        ratio=seconds["regpipe"] / seconds["bare"],
        memory_difference=memory["regpipe"] - memory["bare"],
        differences=answers,
    )
    print(json.dumps(asdict(found)) if given.json else table(found))
    sys.exit(
        int(any(any(pair) for found in answers.values() for pair in found.values()))
    )


if __name__ == "__main__":
    main()
