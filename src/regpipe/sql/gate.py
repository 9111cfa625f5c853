"""The one gate: who may be written to for a purpose, by a channel, and why not.

Rules 6 and 7 are here, and nothing turns them off. ``lists`` asks it for every list,
``refused`` for what list tools are told.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from regpipe.fields import UNSUBSCRIBED
from regpipe.spec.consent import STRICT, Consent, Policy
from regpipe.sql import consent_in_force
from regpipe.sql.customer_view import addresses, moment
from regpipe.sql.holders import holders, of_people
from regpipe.sql.step import Step, comma, ident, literal, step

SERVICE = "service"
"""The purpose of messages that need no consent: its lists pass no gate."""

NO_CONSENT, NOT_CONFIRMED, TOO_OLD = (
    "without_consent",
    "not_confirmed",
    "consent_too_old",
)
"""What consent may lack."""

LEDGER = "registry.consent_events"

_CONFIRMED = f"""(
          select * from {LEDGER}
          where status <> 'pending'
            and (status <> 'granted' or confirmed_at is not null)
        )"""
"""The ledger without what nobody confirmed, as the double opt-in reads it."""


def word_table(purpose: str, channel: str) -> str:
    """Give the name of the table that ``word`` makes."""
    return f"list_word {purpose} {channel}"


def word(
    purpose: str, channel: str, as_of: datetime, consent: Consent = STRICT
) -> Step:
    """Give the word in force on every address, for a purpose and a channel.

    Where consent follows the person, whose word it is: that on any of their addresses.

    Gives  one row per ``address`` with a word (per customer, whose number ``address``
           then holds): ``status``, ``said_at`` (null where it is undated).
    """
    ledger = of_people(LEDGER, channel) if _by_person(consent) else LEDGER
    return step(
        word_table(purpose, channel),
        f"""
select address, status, said_at
from ({consent_in_force.in_force(as_of, ledger)}
)
where purpose = {literal(purpose)} and channel = {literal(channel)}
""",
    )


def confirmed_table(purpose: str, channel: str) -> str:
    """Give the name of the table that ``confirmed`` makes."""
    return f"list_confirmed {purpose} {channel}"


def confirmed(
    purpose: str, channel: str, as_of: datetime, consent: Consent = STRICT
) -> Step:
    """Give the addresses whose consent was confirmed, and not refused since.

    Gives  one row per ``address`` (see ``word``).
    """
    ledger = of_people(_CONFIRMED, channel) if _by_person(consent) else _CONFIRMED
    return step(
        confirmed_table(purpose, channel),
        f"""
select address
from ({consent_in_force.in_force(as_of, ledger)}
)
where purpose = {literal(purpose)}
  and channel = {literal(channel)}
  and status = 'granted'
""",
    )


def buyers_table(purpose: str, channel: str) -> str:
    """Give the name of the table that ``buyers`` makes."""
    return f"list_buyers {purpose} {channel}"


def buyers(
    purpose: str, channel: str, as_of: datetime, consent: Consent = STRICT
) -> Step:
    """Give the customers who bought something and refused nothing, and when last.

    An order that was called off, or whose payment was, is none. A refusal on any
    address that the customer has or had counts.

    Reads  the table of ``word``.
    Gives  one row per ``customer_id``: ``last_order_at``, not after ``as_of``.
    """
    refused = ""
    if not _by_person(consent):
        refused = f"""
anti join (
  select h.customer_id
  from {holders(channel)} h
  join {ident(word_table(purpose, channel))} w on h.address = w.address
  where w.status not in ('granted', 'unknown')
  union
  select h.customer_id
  from {holders(channel)} h
  join registry.suppressions s on lower(h.address) = lower(s.address)
  where s.channel in ({literal(channel)}, '*') and s.reason <> 'bounced'
) x on r.customer_id = x.customer_id"""
    return step(
        buyers_table(purpose, channel),
        f"""
select r.customer_id, max(r.ordered_at) as last_order_at
from registry.orders r{refused}
where r.customer_id is not null
  and r.ordered_at <= {moment(as_of)}
  and r.payment_status is distinct from 'voided'
  and r.fulfilment_status is distinct from 'cancelled'
group by r.customer_id
""",
    )


def may_table(purpose: str, channel: str) -> str:
    """Give the name of the table that ``may`` makes."""
    return f"list_may {purpose} {channel}"


def may(purpose: str, channel: str, as_of: datetime, consent: Consent = STRICT) -> Step:
    """Give the addresses that a column of consent says yes of.

    What a policy demands of a consent it demands here, too; who may be written to
    without one has none. Where that is asked of customers, an address that several
    share has the yes of all of them.

    Reads  the tables of ``word`` and, where a policy needs it, ``confirmed``.
    Gives  one row per ``address`` whose consent is granted and that is not
           suppressed: ``said_at``.
    """
    policies = [
        each.model_copy(update={"existing_customers": None})
        for each in policies_of(consent, purpose)
    ]
    never = suppressed(purpose, channel, consent)
    if not policies and not _by_person(consent):
        return step(
            may_table(purpose, channel),
            f"""
select g.address, g.said_at
from {ident(word_table(purpose, channel))} g
anti join ({never}
) x on lower(g.address) = x.address
where g.status = 'granted'
""",
        )
    key = "cast(c.customer_id as varchar)" if _by_person(consent) else "c.address"
    lack = verdict(policies, as_of, "b.country")
    return step(
        may_table(purpose, channel),
        f"""
with judged as (
  select
      c.address,
      g.said_at,
      case when n.customer_id is not null then 'suppressed' else {lack} end as lack
  from {addresses(channel)} c
  left join registry.addresses b
    on c.customer_id = b.customer_id and b.kind = 'billing'
  left join ({never_again(purpose, channel, consent)}
  ) n on c.customer_id = n.customer_id
  {_consent_joins(purpose, channel, policies, key)}
)
select j.address, min(j.said_at) as said_at
from judged j
anti join ({never}
) x on lower(j.address) = x.address
group by j.address
having max(j.lack) is null
""",
    )


def suppressed(purpose: str, channel: str, consent: Consent = STRICT) -> str:
    """Give the SELECT of the addresses (lower case) never to be used by a channel.

    Who unsubscribed from everything is among them until a later grant for the
    purpose; where consent follows the person ``never_again`` tells of those.

    Reads  the table of ``word``.
    """
    if _by_person(consent):
        return f"""
  select distinct lower(address) as address
  from registry.suppressions
  where channel in ({literal(channel)}, '*') and reason <> {literal(UNSUBSCRIBED)}"""
    return f"""
  select distinct lower(s.address) as address
  from registry.suppressions s
  left join {ident(word_table(purpose, channel))} w
    on lower(s.address) = lower(w.address)
    and w.status = 'granted'
    and w.said_at > s.suppressed_at
  where s.channel in ({literal(channel)}, '*')
    and (s.reason <> {literal(UNSUBSCRIBED)} or w.address is null)"""


def policies_of(consent: Consent, purpose: str) -> tuple[Policy, ...]:
    """Give what is demanded beyond a grant, the policies in their order."""
    return tuple(consent.policies.get(purpose, ()))


def refusals_of(consent: Consent, purpose: str) -> tuple[str, ...]:
    """Give what may keep somebody in the segment off a list, in the order of tests."""
    policies = policies_of(consent, purpose)
    return (
        "without_address",
        NO_CONSENT,
        *([NOT_CONFIRMED] if any(p.double_opt_in for p in policies) else []),
        *([TOO_OLD] if any(p.renew_after for p in policies) else []),
        "suppressed",
        "same_address",
    )


def verdict(policies: Sequence[Policy], as_of: datetime, country: str) -> str:
    """Give the SQL of what consent lacks, by the policy of the customer's country.

    The first policy that is for the country counts; without one a grant in force is
    enough. Whose country is not known must meet them all.

    Reads  ``g`` (a row of ``word``, if any), ``k`` (of ``confirmed``), ``o`` (of
           ``buyers``).
    Gives  null where nothing is lacking, else NO_CONSENT, NOT_CONFIRMED or TOO_OLD.
    """
    plain = _lacking(Policy(), as_of)
    if not policies:
        return plain
    everybody = not policies[-1].countries
    lacking = [_lacking(policy, as_of) for policy in policies]
    if not everybody:
        lacking.append(plain)
    if len(lacking) == 1:
        return lacking[0]
    by_country = [
        f"when {country} in ({', '.join(map(literal, policy.countries))}) then {text}"
        for policy, text in zip(policies, lacking, strict=False)
        if policy.countries
    ]
    return f"""case
        when {country} is null then coalesce(
          {comma(lacking, 10)}
        )
        {f"{chr(10)}        ".join(by_country)}
        else {lacking[-1]}
      end"""


def consent_joins(
    purpose: str, channel: str, consent: Consent, address: str, customer: str
) -> str:
    """Give the joins of what ``verdict`` reads, to rows with these two columns."""
    key = f"cast({customer} as varchar)" if _by_person(consent) else address
    policies = policies_of(consent, purpose)
    joins = _consent_joins(purpose, channel, policies, key)
    if any(policy.existing_customers for policy in policies):
        table = ident(buyers_table(purpose, channel))
        joins += f"\n  left join {table} o on {customer} = o.customer_id"
    return joins


def never_again(purpose: str, channel: str, consent: Consent) -> str:
    """Give the SELECT of the customers whom the person's word keeps off every list.

    Only where consent follows the person: who complained, was blocked, erased or
    unsubscribed by one address is not to be written to by another.
    """
    if not _by_person(consent):
        return "select cast(null as bigint) as customer_id where false"
    return f"""select distinct h.customer_id
  from {holders(channel)} h
  join registry.suppressions s on lower(h.address) = lower(s.address)
  left join {ident(word_table(purpose, channel))} w
    on cast(h.customer_id as varchar) = w.address
    and w.status = 'granted'
    and w.said_at > s.suppressed_at
  where s.channel in ({literal(channel)}, '*')
    and s.reason <> 'bounced'
    and (s.reason <> {literal(UNSUBSCRIBED)} or w.address is null)"""


def _consent_joins(
    purpose: str, channel: str, policies: Sequence[Policy], key: str
) -> str:
    joins = f"left join {ident(word_table(purpose, channel))} g on {key} = g.address"
    if any(policy.double_opt_in for policy in policies):
        table = ident(confirmed_table(purpose, channel))
        joins += f"\n  left join {table} k on {key} = k.address"
    return joins


def _lacking(policy: Policy, as_of: datetime) -> str:
    """Give the SQL of what one policy finds lacking."""
    tests = []
    if policy.existing_customers is not None:
        since = moment(policy.existing_customers.before(as_of))
        tests.append(
            "when coalesce(g.status, 'unknown') in ('unknown', 'granted') "
            f"and o.last_order_at >= {since} then null"
        )
    tests.append(f"when g.status is distinct from 'granted' then {literal(NO_CONSENT)}")
    if policy.double_opt_in:
        tests.append(f"when k.address is null then {literal(NOT_CONFIRMED)}")
    if policy.renew_after is not None:
        since = moment(policy.renew_after.before(as_of))
        tests.append(
            f"when g.said_at is null or g.said_at < {since} then {literal(TOO_OLD)}"
        )
    return f"case {' '.join(tests)} end"


def _by_person(consent: Consent) -> bool:
    return consent.follows == "person"
