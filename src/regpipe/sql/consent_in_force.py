"""Consent in force: from the events to the last word, for the one gate."""

from __future__ import annotations

from datetime import UTC, datetime

from regpipe.sql.consent import KEY
from regpipe.sql.intake import timestamp


def in_force(as_of: datetime, ledger: str = "registry.consent_events") -> str:
    """Give the SELECT of the last word per address, channel and purpose.

    Reads  ``ledger``: one row per event (see ``consent_events``).
    Gives  one row per address, channel and purpose with a statement that is
           undated or made by ``as_of``: ``status`` (never null) and
           ``said_at``, its time (null where it is undated). The latest
           wins, undated ones are older than dated ones, a tie goes to the
           refusal; a record gone from a full delivery grants nothing. An
           ``unknown`` states nothing, unless the same record said yes before:
           then it has taken that back.

    Raises ValueError when ``as_of`` has no time zone.
    """
    if as_of.tzinfo is None:
        raise ValueError("as_of has no time zone")
    moment = timestamp(as_of.astimezone(UTC).replace(tzinfo=None))
    keys = ", ".join(KEY)
    return f"""
        with counted as (
          select
              *,
              coalesce(said_at, timestamp '0001-01-01') as counts_from
          from {ledger}
          where said_at is null or said_at <= {moment}
        ),
        unknowns as (
          select *
          from counted
          where status = 'unknown'
        ),
        granted as (
          select {keys}, min(counts_from) as first_yes
          from counted
          semi join unknowns using ({keys})
          where status in ('granted', 'pending')
          group by {keys}
        ),
        statements as (
          select address, channel, purpose, status, counts_from
          from counted c
          anti join (
            select source, external_id
            from registry.source_records
            where gone_at is not null
          ) g
            on c.source = g.source
            and c.external_id = g.external_id
            and c.status in ('granted', 'pending')
          where c.status <> 'unknown'
          union all
          select u.address, u.channel, u.purpose, u.status, u.counts_from
          from unknowns u
          join granted y using ({keys})
          where u.counts_from >= y.first_yes
        )
        select
            s.address,
            s.channel,
            s.purpose,
            arg_max(s.status, {{
              't': s.counts_from, 'refusal': rp_refusal(s.status)
            }}) as status,
            nullif(max(s.counts_from), timestamp '0001-01-01') as said_at
        from statements s
        group by s.address, s.channel, s.purpose"""
