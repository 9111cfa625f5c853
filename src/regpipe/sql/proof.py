"""Proof of a list: for each row of it, the statement that allows it, or what does not.

Whether it is allowed the gate says (``lists.selected``); here is what it rested on.
"""

from __future__ import annotations

from datetime import datetime

from regpipe.sql import gate
from regpipe.sql.customer_view import address_column, addresses, moment
from regpipe.sql.gate import buyers_table, policies_of, word_table
from regpipe.sql.holders import holders
from regpipe.sql.lists import Selection, list_table
from regpipe.sql.step import Step, comma, ident, literal, step

ROWS, MEANT, PROVED = "proof_rows", "proof_customers", "proof"

NOBODY = "no_customer"
"""What keeps an address off that no customer has."""

STATED = (
    *("status", "said_at", "dated_by", "source", "external_id", "row_number", "run_id"),
    *("assumed", "opt_in_at", "opt_in_ip", "confirmed_at", "confirmed_ip"),
    *("wording", "campaign", "note", "stated_by"),
)
"""What is told of the statement that allows a row."""


def meant(channel: str, *, by_number: bool) -> Step:
    """Give the customers that the rows of a file are about.

    Reads  ``proof_rows``: one row per row of the file, with ``row_number`` and
           ``address``; ``by_number`` that is the customer's number.
    Gives  one row per customer: ``customer_id``.
    """
    whose = (
        f"registry.customers c semi join {ROWS} r "
        "on cast(c.customer_id as varchar) = r.address"
        if by_number
        else f"{addresses(channel)} c semi join {ROWS} r "
        "on lower(c.address) = lower(r.address)"
    )
    return step(MEANT, f"select c.customer_id from {whose}")


def proved(who: Selection, as_of: datetime, *, by_number: bool) -> Step:
    """Give what allowed each row of a file.

    ``by_number`` is as for ``meant``.

    Reads  ``proof_rows`` (see ``meant``), the table of ``selected`` for ``who`` (of
           everybody that is meant, with the column of the address), those of the
           gate's ``word`` and, where a policy asks for orders, ``buyers``.
    Gives  one row per row of the file: ``row_number``, ``address``, ``refusal`` (null
           where the row is allowed), ``stated_on``, the address of the statement that
           allows it, what STATED names and ``file`` of it (all null where none does);
           ``order_source``, ``order_id``, ``ordered_at``, ``order_file`` and
           ``order_row`` of the last order, where that allows it.
    """
    column = address_column(who.channel)
    known = "cast(customer_id as varchar)" if by_number else f"lower({column})"
    by_person = who.consent.follows == "person"
    key = "cast(j.customer_id as varchar)" if by_person else f"j.{column}"
    policies = policies_of(who.consent, who.purpose)
    first = ""
    if any(policy.double_opt_in for policy in policies):
        first = (
            "case when e.confirmed_at is null then 1 else 0 end nulls first,\n      "
        )
    on = f"j.{column} = e.address"
    whose = ""
    if by_person:
        whose = f"join {holders(who.channel)} h on j.customer_id = h.customer_id"
        on = "h.address = e.address"
    bought = "select cast(null as bigint) as customer_id, cast(null as timestamp) as at"
    bought += " where false"
    if any(policy.existing_customers for policy in policies):
        table = ident(buyers_table(who.purpose, who.channel))
        bought = f"select customer_id, last_order_at as at from {table}"
    return step(
        PROVED,
        f"""
with judged as (
  select
      customer_id,
      {column},
      {known} as lowered,
      case when refusal = 'same_address' then null else refusal end as refusal
  from {ident(list_table(who.name))}
  qualify row_number() over (
    partition by {known}
    order by case when refusal is null then 0
      when refusal = 'same_address' then 1 else 2 end nulls first, customer_id
  ) = 1
),
allowed as (
  select j.customer_id, j.{column}
  from judged j
  join {ident(word_table(who.purpose, who.channel))} w on {key} = w.address
  where j.refusal is null and w.status = 'granted'
),
stated as (
  select
      j.customer_id,
      e.address as stated_on,
      {comma((f"e.{name}" for name in STATED), 6)},
      e.file_id
  from allowed j
  {whose}
  join registry.consent_events e
    on {on}
    and e.purpose = {literal(who.purpose)}
    and e.channel = {literal(who.channel)}
    and e.status = 'granted'
    and (e.said_at is null or e.said_at <= {moment(as_of)})
  anti join (
    select source, external_id
    from registry.source_records
    where gone_at is not null
  ) g
    on e.source = g.source and e.external_id = g.external_id
  qualify row_number() over (
    partition by j.customer_id
    order by {first}e.said_at desc nulls last, e.source,
      e.external_id, e.run_id, e.file_id, e.address nulls first, e.row_number
  ) = 1
),
bought as ({bought}
),
ordered as (
  select
      o.customer_id,
      o.source as order_source,
      o.order_id,
      o.ordered_at,
      o.row_number as order_row,
      o.file_id as order_file_id
  from registry.orders o
  join bought b on o.customer_id = b.customer_id and o.ordered_at = b.at
  qualify row_number() over (
    partition by o.customer_id
    order by o.source, o.order_id nulls first, o.row_number
  ) = 1
)
select
    r.row_number,
    r.address,
    case
      when coalesce(r.address, '') = '' then 'without_address'
      when j.customer_id is null then {literal(NOBODY)}
      else j.refusal
    end as refusal,
    s.stated_on,
    {comma(f"s.{name}" for name in STATED if name != "row_number")},
    f.file,
    s.row_number as file_row,
    o.order_source,
    o.order_id,
    o.ordered_at,
    p.file as order_file,
    o.order_row
from {ROWS} r
left join judged j on lower(r.address) = j.lowered
left join stated s on j.customer_id = s.customer_id
left join registry.run_files f on s.file_id = f.file_id
left join ordered o
  on j.customer_id = o.customer_id
  and s.customer_id is null
  and j.refusal is null
left join registry.run_files p on o.order_file_id = p.file_id
""",
    )


def refused_since(who: Selection, table: str, as_of: datetime, until: datetime) -> str:
    """Give the SELECT of how many on a list have said no between two times.

    ``table`` is that of the list as of ``as_of``, with ``customer_id`` and ``refusal``.
    """
    by_person = who.consent.follows == "person"
    key = "cast(c.customer_id as varchar)" if by_person else "c.address"
    word = gate.word(who.purpose, who.channel, until, who.consent).select
    return f"""
select count(distinct l.customer_id) as customers
from {ident(table)} l
join {addresses(who.channel)} c on l.customer_id = c.customer_id
join (
{word}
) w on {key} = w.address
where l.refusal is null and w.status <> 'granted' and w.said_at > {moment(as_of)}
"""
