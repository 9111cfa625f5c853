"""Stating: what a person notes by hand of an address's consent."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from regpipe.engine.protocol import Engine
from regpipe.errors import DataError, Problem
from regpipe.fields import UNSUBSCRIBED
from regpipe.registry.statements import NO_PROOF, NotedConsent, Proof, Statement
from regpipe.registry.statements import Block as Blocked
from regpipe.sql.customer_view import POST
from regpipe.sql.step import literal
from regpipe.stages.canonical import address_of
from regpipe.stages.phones import phone
from regpipe.stages.who import POSTAL_PARTS

WHERE = "consent"
"""Where the problems of these acts are."""

_AHEAD = timedelta(days=1)
"""How far a statement's time may be ahead of the clock: somebody's other time zone."""


@dataclass(frozen=True)
class State:
    """An address says ``status`` of a purpose; ``at`` is when (None: now)."""

    address: str
    purpose: str
    status: str
    channel: str = "email"
    at: datetime | None = None
    proof: Proof = NO_PROOF


@dataclass(frozen=True)
class Block:
    """An address is never to be used, by one channel or by all ('*')."""

    address: str
    reason: str = "blocked"
    channel: str = "*"
    note: str | None = None


@dataclass(frozen=True)
class Unblock:
    """An address may be used again, as far as its consent goes."""

    address: str
    reason: str | None = None
    channel: str | None = None


ConsentAct = State | Block | Unblock


def noted(engine: Engine, acts: Sequence[ConsentAct], at: datetime) -> NotedConsent:
    """Give what acts come to, the addresses as the ledger has them.

    Raises DataError with every act that means nothing: no address, a grant without
    its wording or on a suppressed address, a block that is not there.
    """
    statements: list[Statement] = []
    blocks: list[Blocked] = []
    problems: list[Problem] = []
    for act in acts:
        try:
            match act:
                case State():
                    statements.append(_statement(engine, act, at))
                case Block():
                    address = _address(engine, act.channel, act.address)
                    blocks.append(Blocked(address, act.channel, act.reason, act.note))
                case Unblock():
                    blocks += _unblocked(engine, act)
        except DataError as error:
            problems += error.problems
    if problems:
        raise DataError(*problems)
    return NotedConsent(statements, blocks)


def _address(engine: Engine, channel: str, written: str) -> str:
    """Give an address that a person wrote as the ledger has it.

    With the channel '*' it may be an e-mail, a phone or a postal address.

    Raises DataError when it is none that the channel has.
    """
    text = written.strip()
    if channel == POST or (channel == "*" and "|" in text):
        return _postal(engine, text)
    if channel == "email" or (channel == "*" and "@" in text):
        address = address_of(text)
        if re.fullmatch(r"[^\s@]+@[^\s@]+", address) is None:
            raise DataError.at(WHERE, "the address is no e-mail address")
        return address
    number = phone(text, None)
    if number is None:
        raise DataError.at(
            WHERE,
            "the address is no phone number",
            "write it with its country, such as +46701234567",
        )
    return number


def _postal(engine: Engine, written: str) -> str:
    """Give a postal address, 'street|postcode|country', as the ledger has it."""
    parts = written.split("|")
    found = None
    if len(parts) == POSTAL_PARTS:
        said = ", ".join(map(literal, parts))
        answer = engine.collect(f"select rp_postal({said}) as address")
        found = answer["address"][0].as_py()
    if found is None:
        raise DataError.at(
            WHERE,
            "the address is no postal address",
            "write it as 'Street 1|111 22|SE'",
        )
    return str(found)


def _statement(engine: Engine, act: State, at: datetime) -> Statement:
    address = _address(engine, act.channel, act.address)
    when = act.at or at
    if when > at + _AHEAD:
        raise DataError.at(WHERE, "the statement's time is in the future")
    if act.status == "granted":
        if not (act.proof.wording or "").strip():
            raise DataError.at(
                WHERE,
                "a grant needs what it rests on",
                "say with --wording what they agreed to, and how that is known",
            )
        held = _suppressions(engine, address)
        lasting = sorted({why for _, why in held if why != UNSUBSCRIBED})
        if lasting:
            raise DataError.at(
                WHERE,
                f"the address is suppressed ({', '.join(lasting)}), and a grant does "
                "not lift that",
                "if it is sure that they want mail: regpipe consent unblock",
            )
    return Statement(address, act.channel, act.purpose, act.status, when, act.proof)


def _unblocked(engine: Engine, act: Unblock) -> list[Blocked]:
    address = _address(engine, act.channel or "*", act.address)
    held = [
        (channel, reason)
        for channel, reason in _suppressions(engine, address)
        if act.channel in (None, channel) and act.reason in (None, reason)
    ]
    if any(reason == "erased" for _, reason in held):
        raise DataError.at(WHERE, "the address was erased, which no hand lifts here")
    if not held:
        raise DataError.at(
            WHERE,
            "the address is not suppressed so",
            "see 'regpipe consent show' for what holds",
        )
    return [Blocked(address, channel, reason, lift=True) for channel, reason in held]


def _suppressions(engine: Engine, address: str) -> list[tuple[str, str]]:
    found = engine.collect(
        "select channel, reason from registry.suppressions "
        f"where address = {literal(address)} order by channel, reason"
    ).to_pylist()
    return [(row["channel"], row["reason"]) for row in found]
