"""What was said of consent on some addresses, and which word of it is in force.

The word is that of ``sql/consent_in_force.py``, asked for these addresses alone; what
is told of the statements beside it explains that word and decides nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from typing import Any

from regpipe.engine.protocol import Engine
from regpipe.fields import UNSUBSCRIBED
from regpipe.registry.rules import consent_of
from regpipe.sql.consent_in_force import in_force
from regpipe.sql.gate import never_again, suppressed
from regpipe.sql.holders import holders
from regpipe.sql.step import comma, ident, literal
from regpipe.stages.words import leave_words, words_left

Row = Mapping[str, Any]

KEY = ("address", "channel", "purpose")

RESTS_ON = (
    *("assumed", "opt_in_at", "opt_in_ip", "confirmed_at", "confirmed_ip"),
    *("wording", "campaign", "note", "stated_by"),
)
"""What a statement rests on, where its source tells."""

EVENT = (
    *(*KEY, "status", "stated", "stated_at", "said_at", "dated_by"),
    *("source", "external_id", "file_id", "row_number", "run_id", *RESTS_ON),
)

IN_FORCE = "in force"
OLDER = "older"
TIED = "of the same time, and the refusal counts"
AGAIN = "says the same at the same time"
GONE = "its record is gone from its source"
NOTHING = "states nothing"
NOT_YET = "not said yet"

_HEARD = (OLDER, TIED, AGAIN)


@dataclass(frozen=True)
class Word:
    """What counts of one purpose by one channel to one address. Times are UTC.

    ``status`` and ``said_at`` are those of the word in force (null where no statement
    counts, or none with a time), ``because`` says in words why that one.
    ``suppressed`` are the reasons never to use the address by this channel, with their
    place, ``stands`` (whether the lists heed it) and ``lifted_by``. ``statements`` are
    all of them in time order, each with ``file`` (null where noted by hand) and
    ``counts``: 'in force', or why it is not.
    """

    address: str
    channel: str
    purpose: str
    status: str | None
    said_at: datetime | None
    because: str
    suppressed: tuple[Row, ...]
    statements: tuple[Row, ...]

    @property
    def decides(self) -> Row | None:
        """Give the statement that is in force; None where none counts."""
        return next((s for s in self.statements if s["counts"] == IN_FORCE), None)

    @property
    def reasons(self) -> tuple[str, ...]:
        """Give why the address may not be written to all the same, sorted."""
        return tuple(dict.fromkeys(s["reason"] for s in self.suppressed if s["stands"]))


@dataclass(frozen=True)
class Consents:
    """What was said of consent on some addresses, as of a time (UTC).

    ``suppressed`` are all reasons never to use them, by whatever channel.
    """

    as_of: datetime
    addresses: tuple[str, ...]
    words: tuple[Word, ...]
    suppressed: tuple[Row, ...]

    def as_dict(self) -> dict[str, Any]:
        """Give it all as plain dicts and lists."""
        return asdict(self)


def consents_of(engine: Engine, addresses: Sequence[str], as_of: datetime) -> Consents:
    """Give every statement on some addresses, and which is in force ``as_of``.

    Raises ValueError when ``as_of`` has no time zone.
    """
    among = f"address in ({', '.join(map(literal, addresses)) or 'null'})"
    events = _events(engine, among)
    fallen = _fallen(engine, among)
    blocked = _suppressions(engine, addresses)
    ledger = f"(select * from registry.consent_events where {among})"
    found = engine.collect(
        f"select address, channel, purpose, status, said_at "
        f"from ({in_force(as_of, ledger)})"
    ).to_pylist()
    said = {tuple(row[name] for name in KEY): row for row in found}
    by_key: dict[tuple[Any, ...], list[Row]] = {}
    for event in events:
        by_key.setdefault(tuple(event[name] for name in KEY), []).append(event)
    heeded = _heeded(engine, by_key, blocked, as_of)
    words = tuple(
        _word(
            key,
            said.get(key),
            _explained(said.get(key), by_key[key], fallen, as_of),
            _against(key, said.get(key), blocked, heeded),
        )
        for key in sorted(by_key)
    )
    return Consents(as_of, tuple(addresses), words, blocked)


def _word(
    key: tuple[Any, ...],
    said: Row | None,
    statements: tuple[Row, ...],
    against: tuple[Row, ...],
) -> Word:
    address, channel, purpose = key
    return Word(
        address=address,
        channel=channel,
        purpose=purpose,
        status=said["status"] if said else None,
        said_at=said["said_at"] if said else None,
        because=_because(statements),
        suppressed=against,
        statements=statements,
    )


def _against(
    key: tuple[Any, ...],
    said: Row | None,
    blocked: Sequence[Row],
    heeded: set[tuple[Any, ...]],
) -> tuple[Row, ...]:
    """Give what is against an address on a channel, and whether the lists heed it."""
    address, channel, _ = key
    told = []
    for row in blocked:
        if row["channel"] not in (channel, "*"):
            continue
        if row["address"].lower() != address.lower():
            continue
        lifted = (
            row["reason"] == UNSUBSCRIBED
            and said is not None
            and said["status"] == "granted"
            and said["said_at"] is not None
            and said["said_at"] > row["suppressed_at"]
        )
        told.append({**row, "stands": key in heeded and not lifted})
    return tuple(told)


def _heeded(
    engine: Engine,
    keys: Iterable[tuple[Any, ...]],
    blocked: Sequence[Row],
    as_of: datetime,
) -> set[tuple[Any, ...]]:
    """Give the addresses, channels and purposes that the gate lets nobody use."""
    if not blocked:
        return set()
    keys = list(keys)
    consent = consent_of(engine)
    found: set[tuple[Any, ...]] = set()
    for purpose, channel in sorted(
        {(purpose, channel) for _, channel, purpose in keys}
    ):
        leave_words(engine, [(purpose, channel)], consent, as_of)
        never = engine.collect(
            f"""
            select address from ({suppressed(purpose, channel, consent)}
            )
            union
            select lower(h.address) as address
            from {holders(channel)} h
            semi join ({never_again(purpose, channel, consent)}
            ) n on h.customer_id = n.customer_id
            """
        )
        engine.drop(*words_left([(purpose, channel)]))
        heeded = set(never.column(0).to_pylist())
        found |= {
            key
            for key in keys
            if key[1:] == (channel, purpose) and key[0].lower() in heeded
        }
    return found


def _explained(
    said: Row | None,
    events: Sequence[Row],
    fallen: set[tuple[str, str]],
    as_of: datetime,
) -> tuple[Row, ...]:
    """Give the statements, each with why it is or is not the word in force."""
    told: list[dict[str, Any]] = []
    limit = as_of.astimezone(UTC).replace(tzinfo=None)
    in_force_at = None
    for place, event in enumerate(events):
        at = event["said_at"]
        consents = event["status"] in ("granted", "pending")
        if at is not None and at > limit:
            counts = NOT_YET
        elif consents and (event["source"], event["external_id"]) in fallen:
            counts = GONE
        elif said is None:
            counts = NOTHING
        elif (event["status"], at) == (said["status"], said["said_at"]):
            counts, in_force_at = AGAIN, place
        elif event["status"] == "unknown" and not _said_yes(event, events):
            counts = NOTHING
        elif at == said["said_at"]:
            counts = TIED
        else:
            counts = OLDER
        told.append({**event, "counts": counts})
    if in_force_at is not None:
        told[in_force_at]["counts"] = IN_FORCE
    return tuple(told)


def _said_yes(unknown: Row, events: Sequence[Row]) -> bool:
    """Tell whether the record of an 'unknown' said yes before: it takes that back."""
    at = unknown["said_at"]
    return any(
        event["status"] in ("granted", "pending")
        and (event["said_at"] is None or (at is not None and event["said_at"] <= at))
        and all(event[name] == unknown[name] for name in ("source", "external_id"))
        for event in events
    )


def _because(statements: Sequence[Row]) -> str:
    """Say why the statement that is in force is that one."""
    mine = next((s for s in statements if s["counts"] == IN_FORCE), None)
    if mine is None:
        return "no statement counts"
    others = [s for s in statements if s["counts"] in _HEARD]
    if mine["assumed"]:
        return "nothing was stated, and its source takes that for a yes"
    if not others:
        return "the only statement that counts"
    if any(s["counts"] == TIED for s in others):
        return "of statements of one time the refusal counts"
    if mine["said_at"] is None:
        return "no statement that counts has a time"
    return "the latest statement"


def _events(engine: Engine, among: str) -> list[dict[str, Any]]:
    order = ("said_at", "source", "external_id", *KEY, "status", "run_id", "row_number")
    found = engine.collect(
        f"""
        select
            {comma((f"e.{ident(name)}" for name in EVENT), 12)},
            f.file
        from (select * from registry.consent_events where {among}) e
        left join registry.run_files f on e.file_id = f.file_id
        order by {", ".join(f"e.{ident(name)} nulls first" for name in order)}
        """
    )
    return list(found.to_pylist())


def _fallen(engine: Engine, among: str) -> set[tuple[str, str]]:
    """Give the records behind some statements that are gone from their source."""
    gone = engine.collect(
        f"""
        select distinct r.source, r.external_id
        from registry.source_records r
        semi join (select * from registry.consent_events where {among}) e
          on r.source = e.source and r.external_id = e.external_id
        where r.gone_at is not null
        """
    ).to_pylist()
    return {(row["source"], row["external_id"]) for row in gone}


def _suppressions(engine: Engine, addresses: Sequence[str]) -> tuple[Row, ...]:
    """Give why some addresses, whatever their case, may not be used."""
    listed = ", ".join(literal(each.lower()) for each in addresses) or "null"
    found = engine.collect(
        f"""
        select
            s.address,
            s.channel,
            s.reason,
            s.suppressed_at,
            s.source,
            f.file,
            s.row_number,
            s.note,
            s.stated_by,
            s.run_id
        from registry.suppressions s
        left join registry.run_files f on s.file_id = f.file_id
        where lower(s.address) in ({listed})
        order by s.suppressed_at, s.address, s.channel, s.reason
        """
    ).to_pylist()
    return tuple(
        {
            **row,
            "lifted_by": "a later yes, or by hand"
            if row["reason"] == UNSUBSCRIBED
            else "by hand alone",
        }
        for row in found
    )
