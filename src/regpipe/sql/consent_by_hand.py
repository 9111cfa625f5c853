"""Consent that people note by hand, beside what files state."""

from __future__ import annotations

from regpipe.sql.step import Step, literal, step

BY_HAND = "by hand"
"""The source of what was noted by hand: no name that a pipeline's source can have."""


def events_noted() -> Step:
    """Give the events that statements noted by hand make; the same again makes none.

    Reads  ``stated_by_hand``: address, channel, purpose, stated, stated_at (never
           null), stated_by and the columns of proof.
    Gives  rows of ``consent_events`` without ``run_id``.
    """
    return step(
        "consent_events_noted",
        f"""
        select
            s.address,
            s.channel,
            s.purpose,
            s.stated as status,
            s.stated,
            s.stated_at,
            s.stated_at as said_at,
            'statement' as dated_by,
            {literal(BY_HAND)} as source,
            s.address as external_id,
            cast(0 as bigint) as file_id,
            cast(0 as bigint) as row_number,
            s.opt_in_at,
            s.opt_in_ip,
            s.confirmed_at,
            s.confirmed_ip,
            s.wording,
            s.campaign,
            s.stated_by
        from stated_by_hand s
        anti join registry.consent_events e
          on e.source = {literal(BY_HAND)}
          and s.address = e.address
          and s.channel = e.channel
          and s.purpose = e.purpose
          and s.stated = e.stated
          and s.stated_at = e.stated_at
        """,
    )


def suppressions_noted() -> Step:
    """Give the addresses blocked by hand that were not blocked so before.

    Reads  ``blocked_by_hand``: address, channel, reason, suppressed_at, note,
           stated_by.
    Gives  rows of ``suppressions`` without ``run_id``.
    """
    return step(
        "suppressions_noted",
        f"""
        select
            b.address,
            b.channel,
            b.reason,
            b.suppressed_at,
            {literal(BY_HAND)} as source,
            b.note,
            b.stated_by
        from blocked_by_hand b
        anti join registry.suppressions s
          on b.address = s.address and b.channel = s.channel and b.reason = s.reason
        """,
    )
