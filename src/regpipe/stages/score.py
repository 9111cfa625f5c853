"""Score: how likely pairs of records are one person, by a model."""

from __future__ import annotations

from regpipe.engine.protocol import Engine, TableDelta
from regpipe.spec import Identity
from regpipe.sql.step import step

KEY = ("source_a", "external_id_a", "source_b", "external_id_b")


def score(engine: Engine, identity: Identity) -> tuple[TableDelta, bool]:
    """Leave ``scores_in_force``: the scores of pairs; tell whether there are any."""
    none = "select * exclude (run_id) from registry.match_scores where false"
    engine.make(step("match_scores_gone", none))
    engine.make(step("match_scores_new", none))
    engine.make(
        step(
            "rescored",
            "select source_a as source, external_id_a as external_id "
            "from match_scores_gone",
        )
    )
    held = "select * exclude (run_id) from registry.match_scores"
    count = engine.make(step("scores_in_force", held))
    delta = TableDelta("match_scores", KEY, "match_scores_gone", "match_scores_new")
    return delta, count > 0
