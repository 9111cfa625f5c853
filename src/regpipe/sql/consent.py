"""Consent: from what sources state to the events of the ledger."""

from __future__ import annotations

from collections.abc import Sequence

from regpipe.sql.stated import ASSUMED, OF_LEDGER
from regpipe.sql.step import Step, comma, step

KEY = ("source", "external_id", "address", "channel", "purpose")
"""What one record says of one thing: its statements are held against each other."""


def events(proof: Sequence[str] = (), *, assumes: bool = False) -> Step:
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

    What is assumed is a grant that is older than anything dated, whatever was said
    before. When it is no longer assumed an ``unknown`` as old takes it back, and
    nothing else; what is said then counts as if it were the first word.

    Reads  ``statements``, with the columns of ``proof``; ``registry.consent_events``.
    Gives  one row per event: columns of ``consent_events`` without ``run_id``, of
           those of proof the ones given, ``assumed`` where some source ``assumes``.
    """
    keys = ", ".join(KEY)
    more = [OF_LEDGER[part] for part in proof]
    if assumes:
        more.append(f"stated = '{ASSUMED}' as assumed")
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
              b.ever_yes,
              case
                when s.stated_at is not null then coalesce(b.undated, b.dated)
                when s.stated in ('granted', 'pending', '{ASSUMED}') then b.undated
                when b.undated_run >= b.dated_run or b.dated is null then b.undated
                else b.dated
              end as last_word
          from once s
          left join before b using ({keys})
          where s.place = 1
        ),
        held as (
          select
              c.*,
              case
                when c.last_word = '{ASSUMED}' and c.ever_yes = 1
                  and c.stated not in ('granted', 'pending')
                  then 'granted'
                when c.last_word <> '{ASSUMED}' then c.last_word
              end as before
          from compared c
        ),
        told as (
          select c.*
          from held c
          anti join registry.consent_events e
            on {" and ".join(f"c.{k} = e.{k}" for k in KEY)}
            and c.stated = e.stated
            and c.stated_at = e.stated_at
          where case
            when c.stated_at is not null then true
            when c.last_word is null then c.stated <> 'unknown'
            else c.stated <> c.last_word
          end
        )
        select
            address,
            channel,
            purpose,
            case
              when stated = '{ASSUMED}' then 'granted'
              when stated_at is null
                and before in ('granted', 'pending')
                and stated in ('never', 'unknown')
                then 'withdrawn'
              else stated
            end as status,
            case when stated = '{ASSUMED}' then 'unknown' else stated end as stated,
            stated_at,
            case
              when stated_at is not null then stated_at
              when stated = '{ASSUMED}' then cast(null as timestamp)
              when before is not null or stated = 'withdrawn'
                then coalesce(updated_at, delivered_at)
            end as said_at,
            case
              when stated_at is not null then 'statement'
              when stated = '{ASSUMED}' then 'nothing'
              when before is null and stated <> 'withdrawn' then 'nothing'
              when updated_at is not null then 'record'
              else 'file'
            end as dated_by,
            source,
            external_id,
            file_id,
            row_number{"".join(f",{chr(10)}            {item}" for item in more)}
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
           purpose: ``undated`` and ``dated`` (statuses, null for none), the runs of
           both, and ``ever_yes``: 1 where it once said yes, and was not assumed to.
    """
    keys = ", ".join(KEY)
    own = comma((f"e.{k}" for k in KEY), 14)
    same = " and ".join(f"n.{k} = e.{k}" for k in KEY)
    return f"""said as (
          select
              {own},
              case when e.assumed then '{ASSUMED}' else e.stated end as stated,
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
                't': e.said_at, 'refusal': rp_refusal(e.stated)
              }})
                filter (where e.stated_at is not null) as dated,
              max(e.run_id) filter (where e.stated_at is not null) as dated_run,
              max(case when e.stated in ('granted', 'pending') then 1 end) as ever_yes
          from said e
          group by {", ".join(f"e.{k}" for k in KEY)}
        )"""
