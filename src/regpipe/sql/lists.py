"""Lists: who is on them (the gate), and how their cells are written."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from regpipe.sql import consent_in_force
from regpipe.sql.customer_view import (
    CUSTOMERS,
    DEAR,
    FLAG,
    SUMS,
    TEXT,
    TEXTS,
    VIEW,
    WORDS,
    address_column,
    moment,
)
from regpipe.sql.expression import AS_OF
from regpipe.sql.segment import Segment
from regpipe.sql.step import Step, comma, ident, literal, step

SERVICE = "service"
"""The purpose of messages that need no consent: its lists pass no gate."""

REFUSALS = ("without_address", "without_consent", "suppressed", "same_address")
"""What keeps somebody in the segment off the list."""


@dataclass(frozen=True)
class Selection:
    """Who is on a list: its segment, and what consent must cover.

    ``by_group``: whether each group is a list of its own. ``columns`` are those
    of the view that the list shows.
    """

    name: str
    purpose: str
    channel: str
    segment: Segment
    by_group: bool
    columns: tuple[str, ...]

    @property
    def gated(self) -> bool:
        """Tell whether consent must cover the list."""
        return self.purpose != SERVICE

    @property
    def read(self) -> frozenset[str]:
        """Give the columns of the view that are needed of all customers."""
        address = {address_column(self.channel)} if self.gated else set()
        return self.segment.columns.union(address, set(self.columns) - self.late)

    @property
    def late(self) -> frozenset[str]:
        """Give the columns that are needed of those alone who are on the list."""
        return (DEAR & set(self.columns)) - self.segment.columns


def granted_table(purpose: str, channel: str) -> str:
    """Give the name of the table that ``granted`` makes."""
    return f"list_granted {purpose} {channel}"


def granted(purpose: str, channel: str, as_of: datetime) -> Step:
    """Give the addresses that may be written to for a purpose, by a channel.

    Gives  one row per ``address`` whose consent in force is granted.
    """
    return step(
        granted_table(purpose, channel),
        f"""
select address
from ({consent_in_force.in_force(as_of)}
)
where purpose = {literal(purpose)}
  and channel = {literal(channel)}
  and status = 'granted'
""",
    )


def list_table(name: str) -> str:
    """Give the name of the table that ``selected`` makes."""
    return f"list {name}"


def selected(who: Selection, as_of: datetime) -> Step:
    """Give everybody in a list's segment, and what keeps them off the list.

    Rules 6 and 7 are here, and nothing turns them off: for any purpose but
    ``service`` there must be an address, the consent in force must be granted,
    the address must not be suppressed (whatever its case), and an address is
    written to once, as the customer with the lowest id.

    Reads  the table of ``customers``, and of ``granted`` unless for service.
    Gives  one row per customer in the segment (``by_group``: per customer and
           group): customer_id, ``group_key`` (null unless ``by_group``),
           ``refusal`` (one of REFUSALS; null for who is on the list), and the
           columns but the late ones.
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
){_gate(who) if who.gated else _OPEN}
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


def _gate(who: Selection) -> str:
    address = f"m.{address_column(who.channel)}"
    return f""",
suppressed as (
  select distinct lower(address) as address
  from registry.suppressions
  where channel in ({literal(who.channel)}, '*')
),
judged as (
  select
    m.*,
    lower({address}) as lowered,
    case
      when coalesce({address}, '') = '' then 'without_address'
      when g.address is null then 'without_consent'
      when x.address is not null then 'suppressed'
    end as refused
  from member m
  left join {ident(granted_table(who.purpose, who.channel))} g
    on {address} = g.address
  left join suppressed x on lower({address}) = x.address
),
first as (
  select group_key, lowered, min(customer_id) as customer_id
  from judged
  where refused is null
  group by group_key, lowered
  having count(*) > 1
)"""


def shown(who: Selection, cells: Mapping[str, str], order: str, which: str) -> str:
    """Give the SELECT of a list as it is written.

    ``cells`` are the SQL of each column by its header (see ``cell``), ``which``
    the SQL of which groups.

    Reads  the table of ``selected``, and that of the late columns if there are.
    Gives  one row per customer on the list, with ``order`` as its customer_id.
    """
    joined = ""
    if who.late:
        joined = f"\nleft join {ident(late_table(who.name))} using (customer_id)"
    written = comma(f"{text} as {ident(header)}" for header, text in cells.items())
    return f"""select
    {written},
    customer_id as {ident(order)}
from {ident(list_table(who.name))}{joined}
where refusal is null and {which}"""


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


def cell(column: str, *, harmless: bool, flags: tuple[str, str], between: str) -> str:
    """Give a column of the view as the text of a cell; null where there is none.

    ``harmless``: one apostrophe before what a spreadsheet would take for a
    formula. ``flags`` are the words for yes and no, ``between`` stands between
    the parts of a list.
    """
    name = ident(column)
    kind = VIEW[column]
    if kind == FLAG:
        yes, no = map(literal, flags)
        return f"case when {name} then {yes} when not {name} then {no} end"
    if kind == TEXTS:
        text = f"nullif(array_to_string({name}, {literal(between)}), '')"
    elif kind == SUMS:
        text = f"rp_sums({name}, {literal(between)})"
    elif kind == WORDS:
        text = f"rp_words({name}, {literal(between)})"
    elif kind == TEXT:
        text = name
    else:
        return f"cast({name} as varchar)"
    return f"rp_armed({text})" if harmless else text
