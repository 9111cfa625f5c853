"""Review: the questions that a run opens and closes."""

from __future__ import annotations

from regpipe.engine.protocol import Engine, TableDelta
from regpipe.spec import Identity
from regpipe.sql import doubts
from regpipe.sql import review as sql
from regpipe.stages.resolve import keys_of


def merge_questions(
    engine: Engine,
    identity: Identity,
    last_review: int,
    *,
    any_scored: bool,
    all_steps: bool = False,
) -> TableDelta:
    """Leave what changes in ``review_items``, by the ties that ``resolve`` left.

    ``last_review`` is the last number of a question; ``any_scored`` tells that there
    are scores of pairs. With ``all_steps`` none is left out for having nothing to do.
    """
    keys = keys_of(identity)
    delta = TableDelta(
        "review_items", ("review_id",), "review_items_gone", "review_items_new"
    )
    asked = engine.collect(sql.asked(keys, any_scored=any_scored)).to_pylist()[0]
    any_open = asked["open"] or all_steps
    if not any_open:
        engine.make(sql.none_asked("gone"))
    if not any_open and not asked["found"]:
        engine.make(sql.none_asked("new"))
        return delta
    engine.define(doubts.stopped(keys))
    if any_scored:
        engine.make(doubts.scored_customers())
        engine.define(doubts.likely())
    else:
        engine.define(doubts.nobody_likely())
    engine.make(doubts.doubts())
    engine.make(doubts.doubted())
    engine.define(doubts.parted())
    engine.define(sql.crowds(keys))
    if any_open:
        engine.make(sql.review_now())
        engine.make(sql.review_touched())
        engine.make(sql.review_new(last_review))
        engine.make(sql.review_gone())
    else:
        engine.define(sql.review_now())
        engine.make(sql.review_all_new(last_review))
    engine.drop(
        *("review_now", "review_touched", "crowds", "parted", "doubted", "doubts"),
        *("likely", "scored_customers", "stopped"),
    )
    return delta
