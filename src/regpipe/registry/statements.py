"""What people note by hand of consent: statements, and blocks made and lifted."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields
from datetime import datetime

import pyarrow as pa

from regpipe.engine.protocol import Engine, TableDelta
from regpipe.registry.links import TIME
from regpipe.registry.moments import utc
from regpipe.sql import consent_by_hand as sql
from regpipe.sql.consent_by_hand import BY_HAND

__all__ = ["BY_HAND", "NO_PROOF", "Block", "NotedConsent", "Proof", "Statement"]


@dataclass(frozen=True)
class Proof:
    """What a statement of consent rests on; times are UTC."""

    opt_in_at: datetime | None = None
    opt_in_ip: str | None = None
    confirmed_at: datetime | None = None
    confirmed_ip: str | None = None
    wording: str | None = None
    campaign: str | None = None


NO_PROOF = Proof()


@dataclass(frozen=True)
class Statement:
    """What an address said of a purpose, by a channel, ``at`` a time (UTC)."""

    address: str
    channel: str
    purpose: str
    status: str
    at: datetime
    proof: Proof = NO_PROOF


@dataclass(frozen=True)
class Block:
    """That an address is never to be used by a channel ('*': by any); or is again."""

    address: str
    channel: str
    reason: str
    note: str | None = None
    lift: bool = False


@dataclass(frozen=True)
class NotedConsent:
    """All that one person notes of consent at one time."""

    statements: Sequence[Statement] = ()
    blocks: Sequence[Block] = ()

    def leave(self, engine: Engine, by: str, at: datetime) -> list[TableDelta]:
        """Leave the rows that come and go with it; none where nothing is noted."""
        if not self.statements and not self.blocks:
            return []
        self._put_statements(engine, by)
        self._put_blocks(engine, by, at)
        engine.make(sql.events_noted())
        engine.make(sql.suppressions_noted())
        return [
            TableDelta("consent_events", (), None, "consent_events_noted"),
            TableDelta(
                "suppressions",
                ("address", "channel", "reason"),
                "suppressions_lifted",
                "suppressions_noted",
            ),
        ]

    def _put_statements(self, engine: Engine, by: str) -> None:
        said = self.statements
        rows = {
            "address": pa.array([each.address for each in said], pa.string()),
            "channel": pa.array([each.channel for each in said], pa.string()),
            "purpose": pa.array([each.purpose for each in said], pa.string()),
            "stated": pa.array([each.status for each in said], pa.string()),
            "stated_at": pa.array([utc(each.at) for each in said], TIME),
            "stated_by": pa.array([by] * len(said), pa.string()),
        }
        for name in (field.name for field in fields(Proof)):
            cells = [getattr(each.proof, name) for each in said]
            if name.endswith("_at"):
                times = [None if cell is None else utc(cell) for cell in cells]
                rows[name] = pa.array(times, TIME)
            else:
                rows[name] = pa.array(cells, pa.string())
        engine.put("stated_by_hand", pa.table(rows))

    def _put_blocks(self, engine: Engine, by: str, at: datetime) -> None:
        lifted = [each for each in self.blocks if each.lift]
        engine.put("suppressions_lifted", pa.table(_keys(lifted)))
        made = [each for each in self.blocks if not each.lift]
        rows = {
            **_keys(made),
            "suppressed_at": pa.array([utc(at)] * len(made), TIME),
            "note": pa.array([each.note for each in made], pa.string()),
            "stated_by": pa.array([by] * len(made), pa.string()),
        }
        engine.put("blocked_by_hand", pa.table(rows))


NOTHING_NOTED = NotedConsent()


def _keys(blocks: Sequence[Block]) -> dict[str, pa.Array]:
    return {
        name: pa.array([getattr(each, name) for each in blocks], pa.string())
        for name in ("address", "channel", "reason")
    }
