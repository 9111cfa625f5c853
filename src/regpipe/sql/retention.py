"""Retention: when anything was last heard of whom."""

from __future__ import annotations

_OPEN = """(
            payment_status in ('pending', 'authorized', 'partially_paid')
            or fulfilment_status in ('unfulfilled', 'partial')
          )"""
"""The test of an order that somebody still waits for."""


def activities() -> str:
    """Give the SELECT of the last that was heard of everybody.

    Of customers, those deleted too; of records that are no customer's (guests, mostly),
    together by their e-mail; and of people who are in orders alone, by e-mail.

    Gives  one row per customer (``customer_id``), e-mail of records that are nobody's
           (``record_source``, ``record_id``: the first of them), or e-mail of orders
           that no record has (``email``): ``kind``; ``present`` (false: deleted or
           gone); the times (UTC, null: never) of the last order ``ordered_at``, of the
           last dated grant ``granted_at``, the last own time of a record
           ``recorded_at``; whether an order is ``open``; ``source`` and ``order_id`` of
           the last order.
    """
    alone = "coalesce(email, source || ':' || external_id)"
    return f"""
        with own as (
          select *, case when customer_id is null then {alone} end as alone
          from registry.source_records
        ),
        people as (
          select
              customer_id,
              alone,
              arg_min(
                {{'source': source, 'external_id': external_id}},
                {{'s': source, 'e': external_id}}
              ) as record,
              min(
                case kind when 'registered' then 1 when 'subscriber' then 2 else 3 end
              ) as rank,
              max(case when gone_at is null then 1 else 0 end) as there,
              max(created_at) as created_at,
              max(updated_at) as updated_at
          from own
          group by customer_id, alone
        ),
        of_orders as (
          select
              o.customer_id,
              case when o.customer_id is null then coalesce(r.alone, o.email) end
                as alone,
              r.alone is not null or m.email is not null as recorded,
              o.ordered_at,
              o.source,
              o.order_id,
              {_OPEN} as open
          from registry.orders o
          left join own r
            on o.customer_source = r.source and o.customer_ref = r.external_id
          left join (
            select distinct email from registry.source_records where email is not null
          ) m
            on o.email = m.email
          where o.customer_id is not null or coalesce(r.alone, o.email) is not null
        ),
        bought as (
          select
              customer_id,
              alone,
              max(case when recorded then 1 else 0 end) as recorded,
              max(ordered_at) as ordered_at,
              max(case when open then 1 else 0 end) as open,
              arg_max(
                {{'source': source, 'order_id': order_id}},
                {{'t': ordered_at, 's': source, 'o': order_id}}
              ) as last
          from of_orders
          group by customer_id, alone
        ),
        addresses as (
          select customer_id, alone, email as address from own where email is not null
          union
          select customer_id, alone, phone as address from own where phone is not null
        ),
        grants as (
          select a.customer_id, a.alone, max(e.said_at) as granted_at
          from registry.consent_events e
          join addresses a on e.address = a.address
          where e.status = 'granted'
          group by a.customer_id, a.alone
        )
        select
            p.customer_id,
            case when p.customer_id is null then p.record.source end as record_source,
            case when p.customer_id is null then p.record.external_id end as record_id,
            cast(null as varchar) as email,
            coalesce(
              c.kind,
              case p.rank when 1 then 'registered' when 2 then 'subscriber'
                else 'guest' end
            ) as kind,
            p.there = 1 as present,
            b.ordered_at,
            g.granted_at,
            case when p.updated_at >= p.created_at or p.created_at is null
              then p.updated_at else p.created_at end as recorded_at,
            coalesce(b.open, 0) = 1 as open,
            b.last.source as source,
            b.last.order_id as order_id
        from people p
        left join registry.customers c on p.customer_id = c.customer_id
        left join bought b
          on p.customer_id is not distinct from b.customer_id
          and p.alone is not distinct from b.alone
        left join grants g
          on p.customer_id is not distinct from g.customer_id
          and p.alone is not distinct from g.alone
        union all
        select
            cast(null as bigint) as customer_id,
            cast(null as varchar) as record_source,
            cast(null as varchar) as record_id,
            b.alone as email,
            'guest' as kind,
            true as present,
            b.ordered_at,
            cast(null as timestamp) as granted_at,
            cast(null as timestamp) as recorded_at,
            b.open = 1 as open,
            b.last.source as source,
            b.last.order_id as order_id
        from bought b
        where b.customer_id is null and b.recorded = 0
        """
