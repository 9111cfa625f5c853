"""Holders: whose an address is, for consent that follows the person."""

from __future__ import annotations

from regpipe.sql.customer_view import POST, POSTAL_KEY, address_column, addresses


def of_people(ledger: str, channel: str) -> str:
    """Give a ledger in which every statement is that of each holder of its address.

    ``address`` is the customer's number.
    """
    return f"""(
          select
              cast(h.customer_id as varchar) as address,
              e.channel,
              e.purpose,
              e.status,
              e.said_at,
              e.source,
              e.external_id
          from {ledger} e
          join {holders(channel)} h on e.address = h.address
        )"""


def holders(channel: str) -> str:
    """Give the customers and all their addresses of a channel, those of before, too.

    An address that a record had counts as long as the record is the same customer's:
    what was merged and is split again takes its addresses with it.

    Gives  one row per ``customer_id`` and ``address``.
    """
    own = POSTAL_KEY if channel == POST else address_column(channel)
    had = "rp_postal(b.street, b.postcode, b.country)"
    if channel != POST:
        had = f"b.{own}"
    return f"""(
            select customer_id, address from {addresses(channel)} a
            union
            select customer_id, {own} as address from registry.source_records
            where {own} is not null and customer_id is not null
            union
            select s.customer_id, {had} as address
            from registry.source_records_history b
            join registry.source_records s
              on b.source = s.source and b.external_id = s.external_id
            left join registry.customer_redirects r on b.customer_id = r.customer_id
            where {had} is not null
              and coalesce(r.redirect_to, b.customer_id) = s.customer_id
          )"""
