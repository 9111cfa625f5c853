"""Words: what consent says, left in tables for the gate to ask."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from regpipe.engine.protocol import Engine
from regpipe.spec.consent import Consent
from regpipe.sql import gate


def leave_words(
    reader: Engine,
    words: Iterable[tuple[str, str]],
    consent: Consent,
    as_of: datetime,
) -> None:
    """Leave what the gate reads of each purpose and channel in ``words``."""
    for purpose, channel in words:
        reader.make(gate.word(purpose, channel, as_of, consent))
        policies = gate.policies_of(consent, purpose)
        if any(each.double_opt_in for each in policies):
            reader.make(gate.confirmed(purpose, channel, as_of, consent))
        if any(each.existing_customers for each in policies):
            reader.make(gate.buyers(purpose, channel, as_of, consent))


def words_left(words: Iterable[tuple[str, str]]) -> list[str]:
    """Give the tables that ``leave_words`` may have left."""
    tables = (gate.word_table, gate.confirmed_table, gate.buyers_table)
    return [table(*stated) for stated in sorted(words) for table in tables]
