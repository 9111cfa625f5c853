"""Lists: who is on them (the gate), and how their cells are written."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from regpipe.spec.consent import STRICT, Consent
from regpipe.sql.customer_view import (
    CUSTOMERS,
    DEAR,
    POST,
    address_column,
    addresses,
    moment,
)
from regpipe.sql.expression import AS_OF
from regpipe.sql.gate import (
    SERVICE,
    consent_joins,
    may_table,
    never_again,
    policies_of,
    refusals_of,
    suppressed,
    verdict,
)
from regpipe.sql.segment import Segment
from regpipe.sql.step import Step, comma, ident, step


@dataclass(frozen=True)
class Selection:
    """Who is on a list: its segment, and what consent must cover.

    ``by_group``: whether each group is a list of its own. ``columns`` are those
    of the view that the list shows, ``told`` the purposes and channels whose
    consent it shows.
    """

    name: str
    purpose: str
    channel: str
    segment: Segment
    by_group: bool
    columns: tuple[str, ...]
    told: tuple[tuple[str, str], ...] = ()
    consent: Consent = STRICT

    @property
    def refusals(self) -> tuple[str, ...]:
        """Give what may keep somebody in the segment off the list."""
        return refusals_of(self.consent, self.purpose)

    @property
    def words(self) -> tuple[tuple[str, str], ...]:
        """Give the purposes and channels of which it must be known who consents."""
        mine = ((self.purpose, self.channel),) if self.gated else ()
        return (*mine, *self.told)

    @property
    def gated(self) -> bool:
        """Tell whether consent must cover the list."""
        return self.purpose != SERVICE

    @property
    def read(self) -> frozenset[str]:
        """Give the columns of the view that are needed of all customers."""
        address = {address_column(self.channel)} if self.gated else set()
        if self.gated and policies_of(self.consent, self.purpose):
            address.add("country")
        return self.segment.columns.union(address, set(self.columns) - self.late)

    @property
    def late(self) -> frozenset[str]:
        """Give the columns that are needed of those alone who are on the list."""
        return (DEAR & set(self.columns)) - self.segment.columns


def list_table(name: str) -> str:
    """Give the name of the table that ``selected`` makes."""
    return f"list {name}"


def selected(who: Selection, as_of: datetime) -> Step:
    """Give everybody in a list's segment, and what keeps them off the list.

    For any purpose but ``service`` there must be an address, the consent in force
    must be granted (and what more the purpose's policy demands), the address must
    not be suppressed (whatever its case), and an address is written to once, as the
    customer with the lowest id.

    Reads  the table of ``customers``, and of the gate's ``word`` unless for service;
           of ``confirmed`` and ``buyers`` where a policy needs them.
    Gives  one row per customer in the segment (``by_group``: per customer and
           group): customer_id, ``group_key`` (null unless ``by_group``),
           ``refusal`` (one of ``who.refusals``; null for who is on the list), and
           the columns but the late ones.
    """
    early = (name for name in who.columns if name not in who.late)
    columns = dict.fromkeys(("customer_id", *early))
    group = "cast(null as varchar)"
    members = ""
    if who.by_group:
        group = "m.group_key"
        members = "join registry.memberships m on s.customer_id = m.customer_id"
    return step(
        list_table(who.name),
        f"""
with segment as (
  select t.*
  from (select *, {moment(as_of)} as {AS_OF} from {CUSTOMERS}) t
  where {who.segment.sql}
),
member as (
  select s.*, {group} as group_key
  from segment s {members}
){_gate(who, as_of) if who.gated else _OPEN}
select
    {comma(f"j.{ident(name)}" for name in columns)},
    j.group_key,
    case
      when j.refused is not null then j.refused
      when f.customer_id < j.customer_id then 'same_address'
    end as refusal
from judged j
left join first f
  on j.lowered = f.lowered and j.group_key is not distinct from f.group_key
""",
    )


_OPEN = """,
judged as (
  select *, cast(null as varchar) as refused, cast(null as varchar) as lowered
  from member
),
first as (
  select group_key, lowered, customer_id
  from judged
  where false
)"""


def _gate(who: Selection, as_of: datetime) -> str:
    address = f"m.{address_column(who.channel)}"
    consent, purpose, channel = who.consent, who.purpose, who.channel
    lacking = verdict(policies_of(consent, purpose), as_of, "m.country")
    never = "x.address is not null"
    gone = ""
    if consent.follows == "person":
        never += " or n.customer_id is not null"
        gone = f"""
  left join ({never_again(purpose, channel, consent)}
  ) n on m.customer_id = n.customer_id"""
    return f""",
suppressed as ({suppressed(purpose, channel, consent)}
),
tested as (
  select
    m.*,
    lower({address}) as lowered,
    {lacking} as lack,
    {never} as never_again
  from member m
  {consent_joins(purpose, channel, consent, address, "m.customer_id")}
  left join suppressed x on lower({address}) = x.address{gone}
),
judged as (
  select
    *,
    case
      when coalesce(lowered, '') = '' then 'without_address'
      when lack is not null then lack
      when never_again then 'suppressed'
    end as refused
  from tested
),
first as (
  select group_key, lowered, min(customer_id) as customer_id
  from judged
  where refused is null
  group by group_key, lowered
  having count(*) > 1
)"""


def may_alias(who: Selection) -> dict[tuple[str, str], str]:
    """Give the alias, in ``shown``, of each table that ``may`` makes for a list."""
    return {stated: f"y{number}" for number, stated in enumerate(who.told)}


def shown(who: Selection, cells: Mapping[str, str], order: str, which: str) -> str:
    """Give the SELECT of a list as it is written.

    ``cells`` are the SQL of each column by its header (see ``cells``), ``which``
    the SQL of which groups (``group_key``).

    Reads  the table of ``selected``, that of the late columns if there are, and
           those of ``may`` for the consents that are shown.
    Gives  one row per customer on the list, with ``order`` as its customer_id.
    """
    written = comma(f"{text} as {ident(header)}" for header, text in cells.items())
    return f"""select
    {written},
    customer_id as {ident(order)}
from {ident(list_table(who.name))}{_joined(who)}
where refusal is null and {which}"""


def _joined(who: Selection) -> str:
    """Give the joins of what is known of a list's customers besides its table."""
    joins = ""
    if who.late:
        joins = f"\nleft join {ident(late_table(who.name))} using (customer_id)"
    for (purpose, channel), alias in may_alias(who).items():
        table = ident(may_table(purpose, channel))
        column = address_column(channel)
        joins += f"\nleft join {table} {alias} on {column} = {alias}.address"
    return joins


def on_list_table(name: str) -> str:
    """Give the name of the table that ``on_list`` makes."""
    return f"list_on {name}"


def on_list(name: str) -> Step:
    """Give who is on a list, in whatever group.

    Gives  one row per customer: ``customer_id``.
    """
    return step(
        on_list_table(name),
        f"""
select distinct customer_id
from {ident(list_table(name))}
where refusal is null
""",
    )


def late_table(name: str) -> str:
    """Give the name of the table with the columns of those who are on the list."""
    return f"list_late {name}"


def neighbours(name: str, customer_id: int) -> Step:
    """Give a customer, and those with the same e-mail, phone or postal address.

    The case of an e-mail makes no difference. What a list makes of one of them hangs
    on the others alone.

    Gives  one row per customer: ``customer_id``.
    """
    return step(
        name,
        f"""
select distinct c.customer_id
from registry.customers c
join (
  select customer_id, lower(email) as email, phone
  from registry.customers
  where customer_id = {customer_id}
) m
  on c.customer_id = m.customer_id
  or lower(c.email) = m.email
  or c.phone = m.phone
union
select o.customer_id
from {addresses(POST)} o
join {addresses(POST)} m on o.address = m.address and m.customer_id = {customer_id}
""",
    )
