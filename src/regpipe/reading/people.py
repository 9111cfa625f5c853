"""The customers of a segment, or those of them one may write to."""

from __future__ import annotations

from datetime import datetime

from regpipe.engine.protocol import Engine
from regpipe.registry.rules import consent_of
from regpipe.sql.customer_view import VIEW, customers
from regpipe.sql.lists import Selection, on_list, on_list_table, selected
from regpipe.stages.segments import segment
from regpipe.stages.words import leave_words

_SEGMENT = "segment"


def people(
    engine: Engine, where: str | None, purpose: str, channel: str, as_of: datetime
) -> str:
    """Give the SELECT of the customers in a segment that a list for it would have.

    They are picked first, by the gate; then all their columns are made.

    Raises PipelineError when ``where`` is not one expression.
    """
    found = segment(engine, where)
    who = Selection(
        name=_SEGMENT,
        purpose=purpose,
        channel=channel,
        segment=found,
        by_group=False,
        columns=(),
        consent=consent_of(engine),
    )
    engine.make(customers(who.read, found.parts, as_of))
    if who.gated:
        leave_words(engine, who.words, who.consent, as_of)
    engine.make(selected(who, as_of))
    engine.make(on_list(_SEGMENT))
    step = customers(VIEW, (), as_of, "view", on_list_table(_SEGMENT))
    return f"{step.select}\norder by customer_id"
