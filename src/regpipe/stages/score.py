"""Score: how likely it is that two records which share something are one person."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path
from typing import TypeAlias

from regpipe.engine.protocol import Engine, TableDelta
from regpipe.engine.splink import Scorer
from regpipe.models import load_model, model_path
from regpipe.outcome import StageOutcome
from regpipe.spec import Pipeline
from regpipe.sql import pairs, scores
from regpipe.sql import scored as facts
from regpipe.sql.scored import FACTS
from regpipe.sql.step import comma, ident, literal

Stage: TypeAlias = Callable[[str], AbstractContextManager[list[StageOutcome]]]
"""Begins a stage of that name; what it reports goes into the list this gives."""

_MEANS = (
    *("scorable", "scorable_coming", "scorable_before", "scored_records", "blocks"),
    *("candidates", "scores_found", "scores_now", "scores_touched", "touched_records"),
    *("changing_values", "value_holders", "flipped_values", "touched_values"),
)
"""What only the way to the scores needed."""

_DELTA = TableDelta(
    "match_scores", scores.PAIR, "match_scores_gone", "match_scores_new"
)


def scorer_of(pipeline: Pipeline, scratch: Path | None = None) -> Scorer | None:
    """Give what scores the pairs of a pipeline, None where nobody asks for scores.

    Raises PipelineError when Splink is not installed or the model is not sound.
    """
    asked = pipeline.identity.score
    if asked is None:
        return None
    path = model_path(asked.model, pipeline.folder)
    return Scorer(load_model(path), str(path), asked.review_above, scratch)


def scored(
    engine: Engine,
    scorer: Scorer | None,
    stage: Stage,
    *,
    guests: bool,
    fresh: bool,
    anew: bool = False,
    any_held: bool = True,
) -> tuple[TableDelta, bool]:
    """Leave ``scores_in_force``, in a ``stage`` of its own where scores are asked for.

    The score of each pair of records that may be one person: see ``score`` and
    ``keep_scores``. Leaves ``rescored``, too: the records of pairs whose score is
    another than before. Tells whether any score is in force. ``any_held`` tells that
    the registry may hold scores.
    """
    if scorer is None and not any_held:
        for nothing in scores.nothing_scored():
            engine.make(nothing)
        return _DELTA, False
    if scorer is None:
        delta = keep_scores(engine)
    else:
        with stage("score") as told:
            outcome, delta = score(
                engine, scorer, guests=guests, fresh=fresh, anew=anew
            )
            told.append(outcome)
    engine.make(scores.rescored())
    count = engine.collect("select count(*) as pairs from scores_in_force")
    return delta, bool(count["pairs"][0].as_py())


def score(
    engine: Engine,
    scorer: Scorer,
    *,
    guests: bool,
    fresh: bool,
    anew: bool = False,
    most: int = facts.MOST,
) -> tuple[StageOutcome, TableDelta]:
    """Leave ``scores_in_force``: the score of each pair that may be one person.

    Only pairs that a change may have made or unmade are looked at, and the answer is
    that of looking at all; all are when the registry is ``fresh``, when it is wanted
    ``anew``, or when it holds no score by this model. A value held by more than
    ``most`` records makes nobody a candidate.
    """
    whole = fresh or anew or not _holds_scores_by(engine, scorer.model.sha256)
    candidates = _find(engine, guests=guests, whole=whole, most=most)
    rows = scorer.scores(
        engine.collect(f"select record_no, {_LISTED} from scored_records"),
        engine.collect("select a, b from candidates"),
    )
    engine.put("scores_found", rows)
    found = engine.make(scores.scores_now(scorer.model.sha256))
    delta, notes = _change(engine, whole=whole)
    return StageOutcome("score", candidates, found, notes=notes), delta


def keep_scores(engine: Engine) -> TableDelta:
    """Leave ``scores_in_force`` where nobody asks for scores.

    The held ones stay, but for those of records that change.
    """
    engine.make(scores.records_coming_in())
    engine.define(scores.no_scores_now())
    return _change(engine, whole=False)[0]


def _change(engine: Engine, *, whole: bool) -> tuple[TableDelta, dict[str, int]]:
    """Leave what goes and comes by ``scores_now``, and the scores in force."""
    engine.make(scores.scores_touched(anew=whole))
    gone = engine.make(scores.match_scores_gone())
    new = engine.make(scores.match_scores_new())
    engine.define(scores.scores_in_force())
    engine.drop(*_MEANS)
    return _DELTA, {"scores_gone": gone, "scores_new": new}


_LISTED = comma(map(ident, FACTS), 0)


def _find(engine: Engine, *, guests: bool, whole: bool, most: int) -> int:
    """Leave ``scored_records`` and ``candidates``; give the number of the latter."""
    if whole:
        engine.define(facts.scorable_coming(guests=guests))
        engine.define(facts.scorable(guests=guests))
        engine.make(pairs.scored_records_of_all())
        engine.make(pairs.blocks_of_all(most))
        return engine.make(pairs.candidates())
    # Kept, for every block reads them again.
    engine.make(facts.scorable_coming(guests=guests))
    engine.make(facts.scorable_before(guests=guests))
    engine.define(facts.scorable(guests=guests))
    engine.make(pairs.changing_values())
    engine.make(pairs.value_holders("changing_values"))
    flipped = engine.make(pairs.flipped_values(most))
    engine.make(pairs.touched_records())
    if flipped:
        engine.make(pairs.touched_values())
        engine.make(pairs.value_holders("touched_values"))
    engine.make(pairs.scored_records(most))
    engine.make(pairs.blocks(most))
    return engine.make(pairs.candidates())


def _holds_scores_by(engine: Engine, model: str) -> bool:
    held = engine.collect(
        "select count(*) as scores from registry.match_scores "
        f"where model = {literal(model)}"
    )
    return bool(held["scores"][0].as_py())
