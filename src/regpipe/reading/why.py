"""Why a customer is one customer, and why each field says what it says."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from regpipe.engine.protocol import Engine
from regpipe.errors import PipelineError, nearest
from regpipe.reading.chosen import ANSWERS, NAMES, PARTS, Chosen, chosen, part
from regpipe.reading.customer import (
    ADDRESS,
    PROFILE,
    consents_on,
    groups_of,
    known_addresses,
    rows,
)
from regpipe.reading.pairs import scores
from regpipe.reading.rules import Followed, followed
from regpipe.reading.tied import Tied, merges, tied
from regpipe.sql.step import ident
from regpipe.stages.survivorship import survival_of

Row = Mapping[str, Any]

CONSENT = "consent"
"""What a field of consent begins with: consent.newsletter, consent.offers.sms."""


@dataclass(frozen=True)
class Why:
    """Why one customer is as they are. Times are UTC.

    A record's ``row_number`` counts the records of its file, the header too;
    ``run_id`` beside a file is the run that read it.
    """

    customer_id: int
    name: str | None
    rules_run: int | None
    """The run whose survivorship rules gave this golden record; None: those of a
    pipeline file that says nothing, for the registry tells of none."""
    records: tuple[Row, ...]
    """The source records, with file, row and times; ``gone_at`` of those gone."""
    merged: tuple[Row, ...]
    """The customers that became this one: in which run, ``by`` what."""
    tied: Tied | None
    """What ties the records, and what was kept apart from them; None, and no merges
    and scores, where one field is asked about."""
    scores: tuple[Row, ...]
    """The pairs with one of these records that a model scored, field by field."""
    fields: tuple[Chosen, ...]
    """The fields asked for: value, rule, winner, what every record says."""
    consents: tuple[Row, ...]
    """The word in force per address, channel and purpose: the statement that
    decides, where it was read, and ``statements``: all of them, the newest first."""

    def as_dict(self) -> dict[str, Any]:
        """Give it all as plain dicts and lists."""
        return asdict(self)


def why_of(
    engine: Engine, customer_id: int, as_of: datetime, field: str | None = None
) -> Why:
    """Give why a customer that there is, is as they are.

    ``field`` asks about one: a golden field, a part of an address such as city or
    shipping_city, groups, consents, or consent.<purpose> with or without a channel.

    Raises PipelineError when there is no such field.
    """
    wanted = _wanted(engine, field)
    records = records_of(engine, customer_id)
    held = _held(engine, customer_id)
    rules = followed(engine)
    rules_run, fields = _chosen(engine, customer_id, held, records, rules)
    together = None
    if wanted is None:
        together = tied(engine, records, _distinct(rules, "identity"))
    return Why(
        customer_id=customer_id,
        name=held["full_name"] or held["company"],
        rules_run=rules_run,
        records=records,
        merged=merges(engine, customer_id, records, together.ties) if together else (),
        tied=together,
        scores=scores(engine, records) if together else (),
        fields=_asked(fields, wanted),
        consents=_consents(engine, held, wanted, as_of),
    )


def fields_of(
    engine: Engine, customer_id: int, records: Sequence[Row]
) -> tuple[Chosen, ...]:
    """Give every field of a customer that there is, with what each record says of it.

    ``records`` are those of ``records_of``.
    """
    held = _held(engine, customer_id)
    return _chosen(engine, customer_id, held, records, followed(engine))[1]


def _chosen(
    engine: Engine,
    customer_id: int,
    held: Row,
    records: Sequence[Row],
    rules: Sequence[Followed],
) -> tuple[int | None, tuple[Chosen, ...]]:
    """Give the run whose rules gave a golden record, and its fields by those."""
    survivorship = _distinct(rules, "survivorship")
    place, fields = chosen(
        engine,
        customer_id,
        held,
        records,
        [survival_of(each.survivorship) for each in survivorship],
    )
    return survivorship[place].run_id, fields


def _wanted(engine: Engine, field: str | None) -> str | None:
    """Give the field that is asked about by the one name we know it by."""
    if field is None:
        return None
    name = field.strip().lower().replace("shipping.", "shipping_")
    if name in (*ANSWERS, "consents"):
        return name
    spoken_of = engine.collect(
        "select distinct purpose, channel from registry.consent_events"
    ).to_pylist()
    known = [*ANSWERS, "consents"]
    for row in spoken_of:
        plain = f"{CONSENT}.{row['purpose']}"
        known += [plain, f"{plain}.{row['channel']}"]
    if name in known:
        return name
    close = nearest(name, known)
    raise PipelineError.at(
        "field",
        f"there is no field {field!r}",
        f"did you mean {close!r}?" if close else f"known: {', '.join(ANSWERS)}",
    )


def _asked(fields: Sequence[Chosen], wanted: str | None) -> tuple[Chosen, ...]:
    if wanted is None:
        return tuple(fields)
    by_name = {each.field: each for each in fields}
    if wanted in PARTS:
        return (part(by_name[PARTS[wanted][0]], wanted),)
    names = NAMES if wanted == "full_name" else (wanted,)
    return tuple(by_name[name] for name in names if name in by_name)


def _distinct(rules: Sequence[Followed], part: str) -> Sequence[Followed]:
    """Give the rules without those of which a ``part`` is that of an earlier one."""
    kept: list[Followed] = []
    for each in rules:
        if all(getattr(each, part) != getattr(other, part) for other in kept):
            kept.append(each)
    return kept


_RECORD = (
    *("source", "external_id", "kind", "email", "phone", "first_name", "last_name"),
    *("company", "vat_id", "org_number", "birth_date", *ADDRESS[1:], "founder_of"),
    *("row_number", "updated_at", "delivered_at", "gone_at"),
)


def records_of(engine: Engine, customer_id: int) -> tuple[Row, ...]:
    """Give a customer's records, with the texts of their cells where those are kept."""
    columns = engine.collect("select * from registry.source_records limit 0")
    texts = ("originals",) if "originals" in columns.column_names else ()
    listed = ", ".join(f"r.{ident(column)}" for column in (*_RECORD, *texts))
    found = engine.collect(
        f"""
        select {listed}, f.file, f.run_id
        from registry.source_records r
        left join registry.run_files f on r.file_id = f.file_id
        where r.customer_id = {customer_id}
        order by r.source, r.external_id
        """
    )
    return tuple(found.to_pylist())


def _held(engine: Engine, customer_id: int) -> Row:
    """Give the golden record as the registry holds it, addresses and groups with it."""
    mine = f"customer_id = {customer_id}"
    (profile,) = rows(engine, PROFILE, "customers", mine, ["customer_id"])
    addresses = {
        row["kind"]: row
        for row in rows(engine, ("kind", *ADDRESS), "addresses", mine, ["kind"])
    }
    keys = rows(engine, ("group_key",), "memberships", mine, ["group_key"])
    return {
        **profile,
        "billing": _address(addresses.get("billing"), ADDRESS[1:]),
        "shipping": _address(addresses.get("shipping"), ADDRESS),
        "groups": list(groups_of(engine, customer_id)),
        "group_keys": {row["group_key"] for row in keys},
    }


def _address(row: Row | None, parts: Sequence[str]) -> Row | None:
    return {name: row[name] for name in parts} if row else None


def _consents(
    engine: Engine,
    held: Row,
    wanted: str | None,
    as_of: datetime,
) -> tuple[Row, ...]:
    if wanted is not None and not wanted.startswith(CONSENT):
        return ()
    addresses = known_addresses(engine, held["customer_id"])
    in_force, events = consents_on(engine, addresses, as_of)
    told = []
    for word in in_force:
        names = f"{CONSENT}.{word['purpose']}"
        if wanted not in (None, "consents", names, f"{names}.{word['channel']}"):
            continue
        same = [
            event
            for event in reversed(events)
            if all(event[k] == word[k] for k in ("address", "channel", "purpose"))
        ]
        told.append({**word, "statements": same})
    return tuple(told)
