"""How long resolving takes, against the same joins in bare SQL.

    python -m benchmarks.identity_speed --records 1000000 --rounds 3
    python -m benchmarks.identity_speed --records 1000000 --rounds 3 --score

Makes labelled customers (20 % of the records are duplicates) in ``benchmarks/worlds/``
unless they are there. Each run is a process of its own; the two take turns in going
first. Of regpipe the seconds are those of its stage resolve, which knows history and
decisions too, and beside them those of its stage review, the questions that are left,
which the bare script does not ask; of that script (``bare_resolve``) those from the
typed records to the clusters: it knows three keys and the guard on first names. Both
start from records in memory. Memory is the peak of the whole process: that of regpipe
reads the files, checks, merges and writes the registry as well.

With ``--score`` the extra ``regpipe[match]`` scores pairs, too, and its stage is held
against Splink alone with the same model and blocks (``bare_splink``).
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
import sys
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import median
from time import perf_counter

import duckdb

from benchmarks.bare_resolve import resolve
from benchmarks.compare import HERE, measured
from benchmarks.labelled import pipeline, rates

IDENTITY = """\
identity:
  match:
    - [email]
    - [phone, last_name]
    - [full_name, postcode]
  never_match_on: {email: "noreply@*"}
"""
"""The keys that the bare script has, too."""
SCORE = "  score: {model: shipped, review_above: 0.5}\n"


@dataclass(frozen=True)
class Run:
    """One process: seconds of what is compared and of all, peak MB, rows it found.

    ``review`` are the seconds that regpipe takes for questions.
    """

    who: str
    seconds: float
    whole: float
    memory: float
    found: int
    review: float = 0.0


def world_folder(worlds: Path, customers: int, seed: int) -> Path:
    """Give the folder of labelled customers, made now if it is not there as a whole."""
    world = worlds / f"labelled-{customers}-seed-{seed}"
    if not world.exists():
        unfinished = world.with_name(world.name + ".part")
        shutil.rmtree(unfinished, ignore_errors=True)
        # In a process of its own: what this one has used would count as its children's.
        words = ("--customers", str(customers), "--seed", str(seed))
        command = [sys.executable, "-m", "benchmarks.labelled", *words]
        subprocess.run([*command, "--out", str(unfinished)], check=True)
        unfinished.rename(world)
    return world


def run_regpipe(world: Path, stage: str = "resolve") -> Run:
    """Run regpipe once on the world, without a registry from before.

    Gives the seconds of one ``stage``, "resolve" or "score".
    """
    (world / "registry.duckdb").unlink(missing_ok=True)
    path = world / "speed.yaml"
    identity = IDENTITY + SCORE if stage == "score" else IDENTITY
    path.write_text(pipeline.written(identity)["pipeline.yaml"], encoding="utf-8")
    command = ["-m", "regpipe", "run", str(path), "--json"]
    whole, memory, answer = measured(command, world)
    taken = {s["stage"]: s["seconds"] for s in answer["stages"]}
    table = "match_scores" if stage == "score" else "customers"
    with duckdb.connect(str(world / "registry.duckdb"), read_only=True) as db:
        found = db.table(table).count("*").fetchall()[0][0]
    review = 0.0 if stage == "score" else taken["review"]
    return Run("regpipe", taken[stage], whole, memory, int(found), review)


def run_bare(world: Path, stage: str = "resolve") -> Run:
    """Do the stage once more, bare, on the records that regpipe left."""
    command = ["-m", "benchmarks.identity_speed", "--bare", str(world)]
    if stage == "score":
        registry = str(world / "registry.duckdb")
        command = ["-m", "benchmarks.bare_splink", "--registry", registry]
    whole, memory, answer = measured(command, world)
    return Run("bare", answer["seconds"], whole, memory, answer["found"])


def bare(world: Path) -> dict[str, float | int]:
    """Resolve the registry's records by the bare script; give its seconds."""
    with duckdb.connect() as db:
        db.execute(f"attach '{world / 'registry.duckdb'}' as held (read_only)")
        db.execute(
            """
            create temp table records as
            select email, phone, postcode, first_name, last_name, kind
            from held.source_records
            """
        )
        db.execute(
            "create temp view accepted as select *, rowid as row_id from records"
        )
        began = perf_counter()
        resolve(db)
        seconds = perf_counter() - began
        found = db.sql("select max(customer_id) from clusters").fetchall()
    return {"seconds": seconds, "found": int(found[0][0])}


def main() -> None:
    """Read the command line, compare, print."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.identity_speed")
    parser.add_argument("--records", type=int, default=1_000_000)
    parser.add_argument("--seed", type=int, default=2026)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--worlds", type=Path, default=HERE / "worlds")
    parser.add_argument("--score", action="store_true", help="against Splink alone")
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--bare", type=Path, help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.bare is not None:
        print(json.dumps(bare(given.bare)))
        return
    each = sum(n * share for n, share in enumerate(rates.RECORDS, 1))
    world = world_folder(given.worlds, round(given.records / each), given.seed)
    # The bare script reads what regpipe leaves, so regpipe goes first, once uncounted.
    stage = "score" if given.score else "resolve"
    run_regpipe(world, stage)
    runs: dict[str, list[Run]] = {"regpipe": [], "bare": []}
    for number in range(given.rounds):
        turn = (run_regpipe, run_bare) if number % 2 == 0 else (run_bare, run_regpipe)
        for run in turn:
            os.sync()
            done = run(world, stage)
            runs[done.who].append(done)
            print(
                f"round {number + 1}  {done.who:8}{done.seconds:8.2f} s of "
                f"{done.whole:.1f} s, {done.memory:.0f} MB, {done.found} found",
                file=sys.stderr,
            )
    middle = {who: median(run.seconds for run in done) for who, done in runs.items()}
    ratio = middle["regpipe"] / middle["bare"]
    if given.json:
        every = [asdict(run) for done in runs.values() for run in done]
        print(json.dumps({"ratio": ratio, "runs": every}))
        return
    memory = {who: median(run.memory for run in done) for who, done in runs.items()}
    for who in runs:
        print(f"{who:8}{middle[who]:8.2f} s {memory[who]:8.0f} MB")
    print(f"{stage} takes {ratio:.2f} x the bare script")
    if not given.score:
        review = median(run.review for run in runs["regpipe"])
        more = ratio + review / middle["bare"]
        print(f"with its questions, {review:.2f} s more: {more:.2f} x")


if __name__ == "__main__":
    main()
