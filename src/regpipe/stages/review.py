"""Review: the questions that a run opens and closes."""

from __future__ import annotations

from regpipe.engine.protocol import Engine, TableDelta
from regpipe.spec import Identity
from regpipe.sql import doubts
from regpipe.sql import review as sql
from regpipe.stages.resolve import keys_of


def merge_questions(
    engine: Engine, identity: Identity, last_review: int, *, any_scored: bool
) -> TableDelta:
    """Leave what changes in ``review_items``, by the ties that ``resolve`` left.

    ``last_review`` is the last number of a question; ``any_scored`` tells that there
    are scores of pairs.
    """
    keys = keys_of(identity)
    engine.make(doubts.stopped(keys))
    if any_scored:
        engine.make(doubts.scored_customers())
        engine.make(doubts.likely())
    else:
        engine.define(doubts.nobody_likely())
    engine.make(doubts.doubts())
    engine.make(doubts.doubted())
    engine.make(doubts.parted())
    engine.make(sql.crowds(keys))
    engine.make(sql.review_now())
    engine.make(sql.review_touched())
    engine.make(sql.review_new(last_review))
    engine.make(sql.review_gone())
    engine.drop(
        *("stopped", "likely", "scored_customers", "doubts", "doubted", "parted"),
        *("crowds", "review_now", "review_touched"),
    )
    return TableDelta(
        "review_items", ("review_id",), "review_items_gone", "review_items_new"
    )
