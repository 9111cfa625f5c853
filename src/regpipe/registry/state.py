"""What a run must know of the registry before it begins."""

from __future__ import annotations

from dataclasses import dataclass

from regpipe.engine.protocol import Engine


@dataclass(frozen=True)
class State:
    """The last numbers given, and whether tables are still empty."""

    last_run: int
    last_file: int
    last_reject: int
    last_decision: int
    last_review: int
    next_customer: int
    records: int
    orders: int
    scores: int


def state_of(engine: Engine) -> State:
    """Read the state of the registry that an engine has attached."""
    found = engine.collect(
        """
        select
            (select coalesce(max(run_id), 0) from registry.runs) as last_run,
            (select coalesce(max(file_id), 0) from registry.run_files) as last_file,
            (select coalesce(max(reject_id), 0) from (
              select reject_id from registry.rejects
              union all
              select reject_id from registry.rejects_history
            )) as last_reject,
            (select coalesce(max(decision_id), 0) from (
              select decision_id from registry.link_decisions
              union all
              select decision_id from registry.link_decisions_history
              union all
              select decision_id from registry.review_dismissals
              union all
              select decision_id from registry.review_dismissals_history
            )) as last_decision,
            (select coalesce(max(review_id), 0) from (
              select review_id from registry.review_items
              union all
              select review_id from registry.review_items_history
            )) as last_review,
            (select coalesce(max(next_customer_id), 1) from registry.runs)
              as next_customer,
            (select count(*) from registry.source_records) as records,
            (select count(*) from registry.orders) as orders,
            (select count(*) from registry.match_scores) as scores
        """
    )
    return State(**{name: int(found[name][0].as_py()) for name in found.column_names})


def last_pipeline(engine: Engine) -> str:
    """Give the name of the pipeline that the last run was of; there was one."""
    named = engine.collect(
        "select pipeline from registry.runs order by run_id desc limit 1"
    )
    return str(named["pipeline"][0].as_py())
