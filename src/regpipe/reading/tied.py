"""What ties the records of a customer, and so makes them one."""

from __future__ import annotations

from collections import defaultdict, deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from regpipe.engine.protocol import Engine
from regpipe.reading.apart import apart_from
from regpipe.reading.pairs import PAIR, Key, Row, end_of, key_of, scores
from regpipe.reading.rules import Followed
from regpipe.sql.kept_apart import kept_apart
from regpipe.stages.neighbourhood import (
    DECISION,
    SCORE,
    Near,
    Tie,
    around,
    chain_of,
    ties,
)
from regpipe.stages.resolve import accept_above, keys_of

_UNSIGNED: Mapping[str, Any] = {"decided_by": None, "decided_at": None}


@dataclass(frozen=True)
class Tied:
    """What ties a customer's records, by the rules of one run.

    ``whole`` tells whether that makes them one; otherwise they came together by
    rules that the registry no longer knows.
    """

    rules_run: int | None
    whole: bool
    ties: tuple[Row, ...]
    apart: tuple[Row, ...]


def tied(engine: Engine, records: Sequence[Row], rules: Sequence[Followed]) -> Tied:
    """Give what ties the records of one customer, as a run finds it.

    ``rules`` are those that they may have come together by, the latest first; of
    them the first counts by which they are one, else the first of all.
    """
    found: list[Tied] = []
    for each in rules:
        known = _by(engine, records, each)
        if known.whole:
            return known
        found.append(known)
    return found[0]


def merges(
    engine: Engine, customer_id: int, records: Sequence[Row], ties: Sequence[Row]
) -> tuple[Row, ...]:
    """Give the customers that became this one: in which run, and what ties them.

    ``by`` are the keys, decisions and scores on the shortest chain from the record
    that founded the one to the record that founded the other.
    """
    founders = {row["founder_of"]: key_of(row) for row in records if row["founder_of"]}
    found = engine.collect(
        "select customer_id, run_id from registry.customer_redirects "
        f"where redirect_to = {customer_id} order by customer_id"
    ).to_pylist()
    here = founders.get(customer_id)
    return tuple(
        {**row, "by": _chain(ties, founders.get(row["customer_id"]), here)}
        for row in found
    )


def _by(engine: Engine, records: Sequence[Row], rules: Followed) -> Tied:
    own = {key_of(row): row for row in records}
    identity = rules.identity
    with around(engine, identity, list(own)) as near:
        found = ties(engine, identity, near, list(own))
        held_back = _held_back(near, own, identity.largest_cluster)
        scored = accept_above(identity) is not None
        engine.make(kept_apart(keys_of(identity), any_scored=scored))
    kept = [tie for tie in found if tie.key == DECISION or tie.a not in held_back]
    rows = _told(engine, own, kept)
    return Tied(
        rules.run_id,
        _together(own, kept),
        rows,
        apart_from(engine, own, held_back),
    )


def _held_back(near: Near, own: Mapping[Key, Row], largest: int) -> Mapping[Key, int]:
    """Give the records whose chain is longer than a cluster may be, and how long."""
    found = {}
    for key in own:
        if key not in found and len(chain := chain_of(near, key)) > largest:
            found.update(dict.fromkeys(chain, len(chain)))
    return found


def _told(
    engine: Engine, own: Mapping[Key, Row], ties: Sequence[Tie]
) -> tuple[Row, ...]:
    """Give ties with what the records agree on, or who decided that they are one."""
    signed = _signed(engine, [tie.decision_id for tie in ties])
    models = {
        (end_of(row, "a"), end_of(row, "b")): row["model"]
        for row in scores(engine, list(own.values()))
    }
    return tuple(
        {
            **dict(zip(PAIR, (*tie.a, *tie.b), strict=True)),
            "key": tie.key,
            "agree_on": _agree_on(own[tie.a], tie.key),
            "decision_id": tie.decision_id,
            **signed.get(tie.decision_id, _UNSIGNED),
            "score": tie.score,
            "model": models.get((tie.a, tie.b)) if tie.key == SCORE else None,
        }
        for tie in ties
    )


def _signed(
    engine: Engine, numbers: Sequence[int | None]
) -> Mapping[int | None, Mapping[str, Any]]:
    listed = ", ".join(str(number) for number in numbers if number is not None)
    found = engine.collect(
        f"""
        select distinct decision_id, decided_by, decided_at
        from registry.link_decisions
        where decision_id in ({listed or "null"})
        """
    ).to_pylist()
    return {
        row["decision_id"]: {name: row[name] for name in _UNSIGNED} for row in found
    }


def _agree_on(record: Row, key: str) -> Row:
    """Give the values of a key's fields as a record has them."""
    if key in (DECISION, SCORE):
        return {}
    found = {}
    for field in key.split(" + "):
        columns = ("first_name", "last_name") if field == "full_name" else (field,)
        found[field] = " ".join(str(record[c]) for c in columns if record.get(c))
    return found


def _chain(ties: Sequence[Row], start: Key | None, end: Key | None) -> tuple[str, ...]:
    """Give what the shortest chain of ties from one record to another is made of."""
    if start is None or end is None:
        return ()
    beside: dict[Key, list[tuple[Key, str]]] = defaultdict(list)
    for tie in ties:
        a, b = end_of(tie, "a"), end_of(tie, "b")
        name = f"{tie['key']} {tie['decision_id'] or ''}".strip()
        beside[a].append((b, name))
        beside[b].append((a, name))
    ways: dict[Key, tuple[str, ...]] = {start: ()}
    queue = deque([start])
    while queue and end not in ways:
        here = queue.popleft()
        for there, name in beside[here]:
            if there not in ways:
                ways[there] = (*ways[here], name)
                queue.append(there)
    return tuple(dict.fromkeys(ways.get(end, ())))


def _together(own: Mapping[Key, Row], ties: Sequence[Tie]) -> bool:
    """Tell whether ties make one of all the records."""
    first, *rest = own
    reached = {first}
    while True:
        more = {
            key
            for tie in ties
            if (tie.a in reached) != (tie.b in reached)
            for key in (tie.a, tie.b)
        }
        if more <= reached:
            return reached.issuperset(rest)
        reached |= more
