"""Intake of ``consents`` sources: statements that are known, or said twice."""

from __future__ import annotations

from regpipe.fields import SUPPRESSION_REASONS
from regpipe.sql.step import Step, ident, literal, step


def known_statements(
    source: str, purpose: str, channel: str, address: str, at: str
) -> Step:
    """Give the rows of a ``consents`` source that say what the registry knows.

    ``address`` and ``at`` are the columns of a row's address and own time. A
    dated statement is known when the ledger has it, an undated one when it is
    the last word of that source on that address, a reason never to mail an
    address when that is suppressed for it.
    """
    return step(
        f"unchanged_{source}",
        f"""
        with said as (
          select external_id, stated, stated_at, run_id, row_number
          from registry.consent_events
          where source = {literal(source)}
            and purpose = {literal(purpose)}
            and channel = {literal(channel)}
        ),
        last_undated as (
          select
              external_id,
              arg_max(stated, {{'r': run_id, 'n': row_number}})
                filter (where stated is not null) as stated,
              max(run_id) as run_id
          from said
          where stated_at is null
          group by external_id
        ),
        standing as (
          select u.external_id, u.stated
          from last_undated u
          anti join said d
            on d.external_id = u.external_id
            and d.stated_at is not null
            and d.run_id > u.run_id
            and u.stated not in ('granted', 'pending')
        )
        select r.row_id
        from {ident("rows_" + source)} r
        semi join said s
          on r.{address} = s.external_id
          and r.status = s.stated
          and s.stated_at = {at}
        where r.problem is null
        union
        select r.row_id
        from {ident("rows_" + source)} r
        semi join standing s on r.{address} = s.external_id and r.status = s.stated
        where r.problem is null and {at} is null
        union
        select r.row_id
        from {ident("rows_" + source)} r
        semi join registry.suppressions s
          on r.{address} = s.address
          and s.channel = {literal(channel)}
          and r.status = s.reason
        where r.problem is null
        """,
    )


def repeated_statements(source: str, address: str, at: str) -> Step:
    """Give the rows of a ``consents`` source that another row of it outdoes.

    Of the statements on one address at one time the refusal stands. A reason
    never to mail an address is no statement: each stands beside them.
    """
    reasons = ", ".join(map(literal, SUPPRESSION_REASONS))
    return step(
        f"lost_{source}",
        f"""
        with ranked as (
          select
              r.row_id,
              row_number() over (
                partition by
                  r.{address},
                  {at},
                  case when r.status in ({reasons}) then r.status end
                order by rp_refusal(r.status) desc, r.status, r.row_id
              ) as place
          from {ident("rows_" + source)} r
          anti join {ident("reasons_" + source)} b on r.row_id = b.row_id
          where r.{address} is not null
        )
        select row_id from ranked where place > 1
        """,
    )
