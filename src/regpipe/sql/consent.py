"""Consent: from what sources state to events and suppressions."""

from __future__ import annotations

from collections.abc import Sequence

from regpipe.fields import CONSENT_STATUSES
from regpipe.sql.clean import consent_column
from regpipe.sql.step import Step, comma, ident, literal, step

KEY = ("source", "external_id", "address", "channel", "purpose")
"""What one record says of one thing: its statements are held against each other."""


def statements(
    customers: Sequence[tuple[str, Sequence[str], Sequence[tuple[str, str, bool]]]],
    consents: Sequence[tuple[str, Sequence[str], str, str]],
    file_ids: int,
) -> Step:
    """Give what the rows of this run state about consent.

    Reads  ``changed_…``, ``reasons_…``, ``accepted_…`` of each source.
           ``customers``: source, mapped fields, and purpose, channel and
           whether it has a time of its own; ``consents``: source, mapped
           fields, purpose, channel.
    Gives  one row per statement: source, external_id, address, channel,
           purpose, ``stated`` (the status said), ``stated_at`` (its own time,
           null without one), updated_at, delivered_at, file_id, row_number.
           An older version of a row counts where its statement is dated.
    """
    known = ", ".join(map(literal, CONSENT_STATUSES))
    parts = []
    for source, fields, purposes in customers:
        for purpose, channel, dated in purposes:
            parts += [
                f"{part} and {ident(consent_column(purpose, channel))} in ({known})"
                for part in _of_customers(
                    source, fields, purpose, channel, dated, file_ids
                )
            ]
    for source, fields, purpose, channel in consents:
        address = _address(channel, fields)
        at = ident("at") if "at" in fields else "cast(null as timestamp)"
        parts.append(
            f"""
        select
            {literal(source)} as source,
            {address} as external_id,
            {address} as address,
            {literal(channel)} as channel,
            {literal(purpose)} as purpose,
            status as stated,
            {at} as stated_at,
            cast(null as timestamp) as updated_at,
            delivered_at,
            {file_ids} + file_no as file_id,
            row_number
        from {ident("accepted_" + source)}
        where {address} is not null and status in ({known})"""
        )
    return step("statements", "\n        union all".join(parts) or _NO_STATEMENTS)


def events() -> Step:
    """Give the consent events that this run's statements make.

    Only a new statement is an event. A dated one is new when the ledger lacks
    it. An undated one is held against what the same record said before (in an
    older version delivered with it, too): a
    refusal against its last statement of any kind, a grant against its last
    undated one only, so that a repeated "yes" never outdoes a dated "no".

    A change of mind counts from the row's time, else the file's. At first
    sight so does a withdrawal, while an undated grant is older than anything
    dated, and an undated ``unknown`` states nothing. A record that said yes
    and no longer does has withdrawn.

    Reads  ``statements``, ``registry.consent_events``.
    Gives  rows of ``consent_events`` without ``run_id``.
    """
    keys = ", ".join(KEY)
    return step(
        "consent_events_new",
        f"""
        with once as (
          select
              s.*,
              row_number() over (
                partition by {keys}, stated, stated_at
                order by s.delivered_at, s.file_id, s.row_number
              ) as place
          from statements s
        ),
        {said_before("once")},
        compared as (
          select
              s.*,
              case
                when s.stated_at is not null then coalesce(b.undated, b.dated)
                when s.stated in ('granted', 'pending') then b.undated
                when b.undated_run >= b.dated_run or b.dated is null then b.undated
                else b.dated
              end as before
          from once s
          left join before b using ({keys})
          where s.place = 1
        ),
        told as (
          select c.*
          from compared c
          anti join registry.consent_events e
            on {" and ".join(f"c.{k} = e.{k}" for k in KEY)}
            and c.stated = e.stated
            and c.stated_at = e.stated_at
          where case
            when c.stated_at is not null then true
            when c.before is null then c.stated <> 'unknown'
            else c.stated <> c.before
          end
        )
        select
            address,
            channel,
            purpose,
            case
              when stated_at is null
                and before in ('granted', 'pending')
                and stated in ('never', 'unknown')
                then 'withdrawn'
              else stated
            end as status,
            stated,
            stated_at,
            case
              when stated_at is not null then stated_at
              when before is not null or stated = 'withdrawn'
                then coalesce(updated_at, delivered_at)
            end as said_at,
            case
              when stated_at is not null then 'statement'
              when before is null and stated <> 'withdrawn' then 'nothing'
              when updated_at is not null then 'record'
              else 'file'
            end as dated_by,
            source,
            external_id,
            file_id,
            row_number
        from told
        """,
    )


_THIS_RUN = 2**62
"""Stands for the run being worked out: later than any that was."""


def said_before(statements: str) -> str:
    """Give the CTEs ``said`` and ``before``: what each record said last.

    Dated statements of ``statements`` that the ledger lacks count too: a row's
    older version, delivered with it, came before it.

    Gives  ``before``: one row per source, external_id, address, channel and
           purpose: ``undated`` and ``dated`` (statuses, null for none) and the
           runs of both.
    """
    keys = ", ".join(KEY)
    own = comma((f"e.{k}" for k in KEY), 14)
    same = " and ".join(f"n.{k} = e.{k}" for k in KEY)
    return f"""said as (
          select
              {own},
              e.stated,
              e.stated_at,
              e.said_at,
              e.run_id,
              e.row_number
          from registry.consent_events e
          semi join {statements} w using ({keys})
          union all
          select
              {own.replace("e.", "n.")},
              n.stated,
              n.stated_at,
              n.stated_at as said_at,
              {_THIS_RUN} as run_id,
              n.row_number
          from {statements} n
          anti join registry.consent_events e
            on {same}
            and n.stated = e.stated
            and n.stated_at = e.stated_at
          where n.stated_at is not null
        ),
        before as (
          select
              {own},
              arg_max(e.stated, {{'r': e.run_id, 'n': e.row_number}})
                filter (where e.stated_at is null) as undated,
              max(e.run_id) filter (where e.stated_at is null) as undated_run,
              arg_max(e.stated, {{
                't': e.said_at, 'r': e.run_id, 'refusal': rp_refusal(e.stated)
              }})
                filter (where e.stated_at is not null) as dated,
              max(e.run_id) filter (where e.stated_at is not null) as dated_run
          from said e
          group by {", ".join(f"e.{k}" for k in KEY)}
        )"""


def suppressions(
    customers: Sequence[tuple[str, Sequence[str], Sequence[tuple[str, str, bool]]]],
    consents: Sequence[tuple[str, Sequence[str], str, str]],
    reasons: Sequence[str],
) -> Step:
    """Give the addresses that sources say may never be mailed.

    Reads  ``customers`` and ``consents`` as ``statements`` does. An older version of a
           customer's row counts, too.
    Gives  one row per address, channel and reason that the registry lacks.
    """
    listed = ", ".join(map(literal, reasons))
    parts = []
    for source, fields, purposes in customers:
        for purpose, channel, dated in purposes:
            parts.append(_never_again(source, fields, purpose, channel, dated, listed))
    for source, fields, _, channel in consents:
        address = _address(channel, fields)
        at = (
            f"coalesce({ident('at')}, delivered_at)"
            if "at" in fields
            else "delivered_at"
        )
        parts.append(
            f"""
          select
              {address} as address,
              {literal(channel)} as channel,
              status as reason,
              {at} as suppressed_at
          from {ident("accepted_" + source)}
          where {address} is not null and status in ({listed})"""
        )
    none = """
          select address, channel, reason, suppressed_at
          from registry.suppressions where false"""
    return step(
        "suppressions_new",
        f"""
        select
            n.address,
            n.channel,
            n.reason,
            min(n.suppressed_at) as suppressed_at
        from ({" union all ".join(parts) or none}
        ) n
        anti join registry.suppressions s
          on n.address = s.address and n.channel = s.channel and n.reason = s.reason
        group by n.address, n.channel, n.reason
        """,
    )


def _never_again(
    source: str,
    fields: Sequence[str],
    purpose: str,
    channel: str,
    dated: bool,
    listed: str,
) -> str:
    """Give the addresses of customers that a column of consent says never to mail."""
    column = consent_column(purpose, channel)
    times = [ident(column + "_at")] if dated else []
    times += ["updated_at"] if "updated_at" in fields else []
    address = _address(channel, fields)
    return f"""
          select
              {address} as address,
              {literal(channel)} as channel,
              {ident(column)} as reason,
              coalesce({", ".join([*times, "delivered_at"])}) as suppressed_at
          from {ident("changed_" + source)} r
          anti join {ident("reasons_" + source)} b on r.row_id = b.row_id
          anti join {ident("erased_" + source)} x on r.row_id = x.row_id
          where {address} is not null and {ident(column)} in ({listed})"""


def _of_customers(
    source: str,
    fields: Sequence[str],
    purpose: str,
    channel: str,
    dated: bool,
    file_ids: int,
) -> list[str]:
    column = consent_column(purpose, channel)
    at = ident(column + "_at") if dated else "cast(null as timestamp)"
    updated = "updated_at" if "updated_at" in fields else "cast(null as timestamp)"
    address = _address(channel, fields)
    select = f"""
        select
            {literal(source)} as source,
            {"external_id" if "external_id" in fields else "email"} as external_id,
            {address} as address,
            {literal(channel)} as channel,
            {literal(purpose)} as purpose,
            {ident(column)} as stated,
            {at} as stated_at,
            {updated} as updated_at,
            delivered_at,
            {file_ids} + file_no as file_id,
            row_number
        from """
    found = [f"{select}{ident('accepted_' + source)} where {address} is not null"]
    if dated:
        found.append(
            f"""{select}{ident("changed_" + source)} r
        anti join {ident("reasons_" + source)} b on r.row_id = b.row_id
        anti join {ident("accepted_" + source)} a on r.row_id = a.row_id
        anti join {ident("erased_" + source)} x on r.row_id = x.row_id
        where {address} is not null and {at} is not null"""
        )
    return found


def _address(channel: str, fields: Sequence[str]) -> str:
    field = "email" if channel == "email" else "phone"
    return field if field in fields else "cast(null as varchar)"


_NO_STATEMENTS = """
        select
            source, external_id, address, channel, purpose, stated, stated_at,
            cast(null as timestamp) as updated_at,
            cast(null as timestamp) as delivered_at,
            file_id, row_number
        from registry.consent_events
        where false"""
