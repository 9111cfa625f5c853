"""Scoring pairs by Splink alone: the model, the blocks and the facts of regpipe.

    python -m benchmarks.bare_splink --registry registry.duckdb

Reads the records that regpipe left and scores them as somebody would who uses Splink
without regpipe: a column for each block (null where more records share its value than
regpipe takes, for Splink knows no such limit), a blocking rule for each of them, and
``predict``. Knows no changes, keys or customers. Prints seconds and pairs as JSON.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from time import perf_counter

import duckdb

import regpipe.sql

VOCABULARY = Path(regpipe.sql.__file__).with_name("vocabulary.duckdb.sql")


def score(registry: Path, at_least: float) -> dict[str, float | int]:
    """Score the pairs of a registry's records; give the seconds it took."""
    from splink import DuckDBAPI, Linker

    from regpipe.engine.splink import NUMBER, settings
    from regpipe.models import SHIPPED, load_model, model_path
    from regpipe.sql.scored import BLOCKS, FACTS, MOST

    values = [sql for block in BLOCKS.values() for sql in block]
    with duckdb.connect() as db:
        db.execute(VOCABULARY.read_text(encoding="utf-8"))
        db.execute(f"attach '{registry}' as held (read_only)")
        facts = ", ".join(f"{sql} as {name}" for name, sql in FACTS.items())
        db.execute(
            f"""
            create table facts as
            select row_number() over () as {NUMBER}, {facts}
            from held.source_records where kind <> 'guest'
            """
        )
        db.execute("detach held")
        began = perf_counter()
        blocks = ", ".join(
            f"case when count(*) over (partition by {sql}) <= {MOST} then {sql} end "
            f"as block_{number}"
            for number, sql in enumerate(values)
        )
        db.execute(f"create table records as select *, {blocks} from facts")
        model = settings(load_model(model_path(SHIPPED, Path())))
        model["blocking_rules_to_generate_predictions"] = [
            f"l.block_{number} = r.block_{number}" for number, _ in enumerate(values)
        ]
        api = DuckDBAPI(connection=db)
        linker = Linker(api.register("records"), model, log_level=None)
        found = linker.inference.predict(
            threshold_match_probability=at_least, warning_mode="never"
        )
        pairs = db.table(found.physical_name).count("*").fetchall()[0][0]
        seconds = perf_counter() - began
    return {"seconds": seconds, "found": int(pairs)}


def main() -> None:
    """Read the command line, score, print."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.bare_splink")
    parser.add_argument("--registry", type=Path, required=True)
    parser.add_argument("--review-above", type=float, default=0.5)
    given = parser.parse_args()
    print(json.dumps(score(given.registry, given.review_above)))


if __name__ == "__main__":
    main()
