"""How well regpipe knows who is who, on labelled customers.

    python -m benchmarks.identity --customers 20000 --seeds 1 2 3 4 5

For each seed: makes labelled customers (``benchmarks.labelled``), runs their two
deliveries one after the other, and evaluates the registry as ``regpipe match evaluate``
does. Prints precision, recall and F1 by seed, and which pairs are in the wrong place by
the trouble that the generator put there. With ``--score`` the extra ``regpipe[match]``
scores what the keys did not join, and pairs of ``--accept-above`` or more are accepted.
"""

from __future__ import annotations

import argparse
import json
import shutil
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from time import perf_counter
from typing import Any

import regpipe
from benchmarks.labelled import folder, pipeline
from benchmarks.labelled.rates import STORES
from benchmarks.labelled.troubles import Breakdown, breakdown

SCORE = "  score: {{model: {model}, accept_above: {accept_above}}}\n"


@dataclass(frozen=True)
class Result:
    """What one world gave."""

    seed: int
    records: int
    seconds: float
    pairs: dict[str, Any]
    clusters: dict[str, Any]
    thresholds: list[dict[str, Any]]


def measure(
    customers: int, seed: int, out: Path, identity: str
) -> tuple[Result, Breakdown]:
    """Make a world in the empty folder ``out``, run it and evaluate the registry."""
    world = folder.make(customers, seed)
    folder.write(world, out, seed)
    for name, text in pipeline.written(identity).items():
        (out / name).write_text(text, encoding="utf-8")
    began = perf_counter()
    for name in ("first.yaml", "pipeline.yaml"):
        regpipe.run(out / name)
    seconds = perf_counter() - began
    with regpipe.open(out / "registry.duckdb") as registry:
        found = registry.evaluate(out / "TRUTH.csv").as_dict()
        held = registry.sql(
            "select source, external_id, customer_id from source_records"
        )
        rows = held.arrow().to_pydict()
    known = dict(
        zip(
            zip(rows["source"], rows["external_id"], strict=True),
            rows["customer_id"],
            strict=True,
        )
    )
    stores = [STORES[n] for n in world.records.store.tolist()]
    ids = zip(stores, world.ids.to_pylist(), strict=True)
    causes = breakdown(world, [known.get(key) for key in ids])
    result = Result(
        seed,
        found["labelled"],
        seconds,
        found["pairs"],
        found["clusters"],
        found["thresholds"],
    )
    return result, causes


def identity_of(score: str | None, accept_above: float) -> str:
    """Give the identity of the pipeline file, with a model that scores or without."""
    if score is None:
        return pipeline.IDENTITY
    return pipeline.IDENTITY + SCORE.format(model=score, accept_above=accept_above)


def table(results: Sequence[Result]) -> str:
    """Spell out the measures by seed, and their means."""
    head = ("precision", "recall", "F1")
    lines = [
        "| seed | records | " + " | ".join(f"pairs: {name}" for name in head)
        + " | " + " | ".join(f"customers: {name}" for name in head) + " |",
        "|" + "---|" * 8,
    ]  # fmt: skip
    sums = [0.0] * 6
    for found in results:
        shares = [
            measures[name]
            for measures in (found.pairs, found.clusters)
            for name in ("precision", "recall", "f1")
        ]
        sums = [total + share for total, share in zip(sums, shares, strict=True)]
        cells = " | ".join(f"{share:.4f}" for share in shares)
        lines.append(f"| {found.seed} | {found.records} | {cells} |")
    means = " | ".join(f"{total / len(results):.4f}" for total in sums)
    return "\n".join([*lines, f"| mean | | {means} |"])


def thresholds(results: Sequence[Result]) -> str:
    """Spell out what accepting scored pairs would give, the means over all seeds."""
    lines = [
        "| accepted above | pairs | precision | recall | F1 |",
        "|---|---|---|---|---|",
    ]
    for rows in zip(*(found.thresholds for found in results), strict=True):
        means = [
            sum(row["pairs"][name] for row in rows) / len(rows)
            for name in ("precision", "recall", "f1")
        ]
        pairs = sum(row["scored_pairs"] for row in rows)
        cells = " | ".join(f"{mean:.4f}" for mean in means)
        lines.append(f"| {rows[0]['accept_above']:g} | {pairs} | {cells} |")
    return "\n".join(lines)


def causes(found: Breakdown) -> str:
    """Spell out where the pairs in the wrong place come from, over all seeds."""
    lines = ["| false merges: the two are | pairs |", "|---|---|"]
    lines += [f"| {what} | {count} |" for what, count in found.relations.most_common()]
    lines += ["", "| pairs of one person with | pairs | missed | recall |"]
    lines += ["|---|---|---|---|"]
    for what, count in found.troubled.most_common():
        missed = found.missed[what]
        lines.append(f"| {what} | {count} | {missed} | {1 - missed / count:.3f} |")
    return "\n".join(lines)


def main() -> None:
    """Read the command line, measure every seed, print."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.identity")
    parser.add_argument("--customers", type=int, default=20_000)
    parser.add_argument("--seeds", type=int, nargs="+", default=[1, 2, 3, 4, 5])
    parser.add_argument(
        "--score", nargs="?", const="shipped", help="with a model (default: shipped)"
    )
    parser.add_argument("--accept-above", type=float, default=0.97)
    parser.add_argument("--keep", type=Path, help="a folder for the worlds, to look at")
    parser.add_argument("--json", action="store_true")
    given = parser.parse_args()
    identity = identity_of(given.score, given.accept_above)
    results, total = [], Breakdown()
    with TemporaryDirectory(prefix="regpipe-identity-") as scratch:
        for seed in given.seeds:
            out = (given.keep or Path(scratch)) / f"seed-{seed}"
            shutil.rmtree(out, ignore_errors=True)
            result, why = measure(given.customers, seed, out, identity)
            results.append(result)
            total.add(why)
            if given.keep is None:
                shutil.rmtree(out)
    if given.json:
        print(json.dumps({"results": list(map(asdict, results)), **asdict(total)}))
    else:
        parts = [table(results), causes(total)]
        if given.score is not None:
            parts.insert(1, thresholds(results))
        print("\n\n".join(parts))


if __name__ == "__main__":
    main()
