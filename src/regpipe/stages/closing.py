"""Closing: which rejects a run opens, and which it closes."""

from __future__ import annotations

from collections.abc import Sequence

from regpipe.engine.protocol import Engine, TableDelta
from regpipe.registry.state import State
from regpipe.sql import closures, rejects, versions
from regpipe.stages.intake import Intake
from regpipe.stages.quarantine import versions_of

_KNOWN = """
    select distinct h.source, f.sha256
    from registry.rejects h
    join registry.run_files f on h.file_id = f.file_id
    """
"""The files in which open rejects stand."""

_OF_REJECTS = ("originals", "rejected", "rejected_files")
"""The tables of each source with rejects."""


def merge_rejects(
    engine: Engine,
    intakes: Sequence[Intake],
    state: State,
    *,
    all_steps: bool = False,
) -> list[TableDelta]:
    """Leave the rejects that come and go, and by what those that go are closed.

    With ``all_steps`` none is left out where no source has rejects.
    """
    deltas = [
        TableDelta("rejects", ("reject_id",), "rejects_gone", "rejects_new"),
        TableDelta("rejects_history", (), None, "rejects_born_closed"),
        TableDelta("reject_closures", (), None, "rejects_closing"),
    ]
    bad = [
        each.source
        for each in intakes
        if any(outcome.rejected for outcome in each.outcomes)
    ]
    arrived = _arrived(engine, intakes)
    if not arrived and not all_steps:
        for nothing in closures.nothing_closed():
            engine.make(nothing)
        return deltas
    last_file = state.last_file
    engine.make(rejects.rejects_seen(bad, last_file))
    sources = [each.source for each in intakes]
    engine.make(closures.rejects_standing(sources, state.last_reject))
    engine.make(closures.reject_keys())
    engine.make(versions.versions(arrived, last_file))
    engine.make(versions.newest_versions())
    engine.make(versions.rows_again(arrived, last_file))
    engine.make(closures.rejects_closing())
    engine.make(closures.rejects_renewed())
    engine.make(closures.rejects_gone())
    engine.make(closures.rejects_new())
    engine.make(closures.rejects_born_closed(state.last_run + 1))
    engine.drop(
        *(f"{kind}_{source}" for source in bad for kind in _OF_REJECTS),
        *("rejects_seen", "rejects_standing", "reject_keys", "versions"),
        *("newest_versions", "rows_again", "rejects_named", "rejects_renewed"),
    )
    return deltas


def _arrived(engine: Engine, intakes: Sequence[Intake]) -> list[versions.Arrived]:
    """Say of the sources of a run which of their rows may concern rejects.

    A source without a reject, of now or before, is left out: its rows are not
    looked at again.
    """
    known: dict[str, set[str]] = {}
    for row in engine.collect(_KNOWN).to_pylist():
        known.setdefault(row["source"], set()).add(row["sha256"])
    found = []
    for each in intakes:
        rejected = any(outcome.rejected for outcome in each.outcomes)
        replayed = any(delivery.replayed for delivery in each.deliveries)
        if not (rejected or replayed or each.source in known):
            continue
        again = tuple(
            (each.first_file + offset, delivery.sha256)
            for offset, delivery in enumerate(each.deliveries)
            if delivery.sha256 in known.get(each.source, ()) and not replayed
        )
        about = versions_of(each.source, each.spec, each.fields)
        found.append(versions.Arrived(about, rejected, replayed, again))
    return found
