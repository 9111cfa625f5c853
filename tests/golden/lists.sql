-- list_customers
with customer as (select r.* from registry.customers r),
member as (
  select r.customer_id, list_sort(list(g.name)) as groups
  from registry.memberships r
  join registry.groups g on r.group_key = g.group_key

  group by r.customer_id
),
bought as (
  select
    r.customer_id,
    count(*) as order_count,
    min(r.ordered_at) as first_order_at,
    max(r.ordered_at) as last_order_at
  from registry.orders r

  where r.customer_id is not null
  group by r.customer_id
),
spent as (
  select
    customer_id,
    map_from_entries(list_sort(list({'k': currency, 'v': total}))) as total_spent
  from (
    select r.customer_id, r.currency, cast(sum(r.total) as DECIMAL(18,4)) as total
    from registry.orders r

    where r.customer_id is not null and r.currency is not null
    group by r.customer_id, r.currency
  )
  group by customer_id
),
in_force as (
        select
            e.address,
            e.channel,
            e.purpose,
            arg_max(e.status, {
              't': coalesce(e.said_at, timestamp '0001-01-01'),
              'refusal': rp_refusal(e.status)
            }) as status
        from registry.consent_events e
        anti join (
          select source, external_id
          from registry.source_records
          where gone_at is not null
        ) g
          on e.source = g.source
          and e.external_id = g.external_id
          and e.status in ('granted', 'pending')
        where e.said_at is null or e.said_at <= timestamp '2024-05-01 00:00:00'
        group by e.address, e.channel, e.purpose
),
said as (
  select
    customer_id,
    map_from_entries(list_sort(list({'k': k, 'v': v}))) as consents
  from (
    select c.customer_id, f.purpose as k, f.status as v
    from in_force f
    join customer c on f.address = c.email
    where f.channel = 'email'
    union all
    select c.customer_id, f.purpose || '.' || f.channel as k, f.status as v
    from in_force f
    join customer c on f.address = c.phone
    where f.channel <> 'email'
  )
  group by customer_id
)
select
    c.customer_id as "customer_id",
    c.email as "email",
    c.first_name as "first_name",
    c.last_name as "last_name",
    c.company as "company",
    b.country as "country",
    coalesce(o.order_count, 0) as "order_count"
from customer c
left join registry.addresses b
  on c.customer_id = b.customer_id and b.kind = 'billing'
left join bought o on c.customer_id = o.customer_id;

-- list_granted newsletter email
select address
from (
        select
            e.address,
            e.channel,
            e.purpose,
            arg_max(e.status, {
              't': coalesce(e.said_at, timestamp '0001-01-01'),
              'refusal': rp_refusal(e.status)
            }) as status
        from registry.consent_events e
        anti join (
          select source, external_id
          from registry.source_records
          where gone_at is not null
        ) g
          on e.source = g.source
          and e.external_id = g.external_id
          and e.status in ('granted', 'pending')
        where e.said_at is null or e.said_at <= timestamp '2024-05-01 00:00:00'
        group by e.address, e.channel, e.purpose
)
where purpose = 'newsletter'
  and channel = 'email'
  and status = 'granted';

-- list newsletter
with segment as (
  select t.*
  from (select *, timestamp '2024-05-01 00:00:00' as as_of from list_customers) t
  where true
),
member as (
  select s.*, cast(null as varchar) as group_key
  from segment s 
),
suppressed as (
  select distinct lower(address) as address
  from registry.suppressions
  where channel in ('email', '*')
),
judged as (
  select
    m.*,
    lower(m.email) as lowered,
    case
      when coalesce(m.email, '') = '' then 'without_address'
      when g.address is null then 'without_consent'
      when x.address is not null then 'suppressed'
    end as refused
  from member m
  left join "list_granted newsletter email" g
    on m.email = g.address
  left join suppressed x on lower(m.email) = x.address
),
first as (
  select group_key, lowered, min(customer_id) as customer_id
  from judged
  where refused is null
  group by group_key, lowered
  having count(*) > 1
)
select
    j."customer_id",
    j."email",
    j."first_name",
    j."last_name",
    j.group_key,
    case
      when j.refused is not null then j.refused
      when f.customer_id < j.customer_id then 'same_address'
    end as refusal
from judged j
left join first f
  on j.lowered = f.lowered and j.group_key is not distinct from f.group_key;

-- list nordic_buyers
with segment as (
  select t.*
  from (select *, timestamp '2024-05-01 00:00:00' as as_of from list_customers) t
  where ((country IN ('NO', 'DK', 'FI')) AND (order_count >= 1))
),
member as (
  select s.*, cast(null as varchar) as group_key
  from segment s 
),
suppressed as (
  select distinct lower(address) as address
  from registry.suppressions
  where channel in ('email', '*')
),
judged as (
  select
    m.*,
    lower(m.email) as lowered,
    case
      when coalesce(m.email, '') = '' then 'without_address'
      when g.address is null then 'without_consent'
      when x.address is not null then 'suppressed'
    end as refused
  from member m
  left join "list_granted newsletter email" g
    on m.email = g.address
  left join suppressed x on lower(m.email) = x.address
),
first as (
  select group_key, lowered, min(customer_id) as customer_id
  from judged
  where refused is null
  group by group_key, lowered
  having count(*) > 1
)
select
    j."customer_id",
    j."email",
    j."first_name",
    j."last_name",
    j."country",
    j.group_key,
    case
      when j.refused is not null then j.refused
      when f.customer_id < j.customer_id then 'same_address'
    end as refusal
from judged j
left join first f
  on j.lowered = f.lowered and j.group_key is not distinct from f.group_key;

-- list groups
with segment as (
  select t.*
  from (select *, timestamp '2024-05-01 00:00:00' as as_of from list_customers) t
  where true
),
member as (
  select s.*, m.group_key as group_key
  from segment s join registry.memberships m on s.customer_id = m.customer_id
),
judged as (
  select *, cast(null as varchar) as refused, cast(null as varchar) as lowered
  from member
),
first as (
  select group_key, lowered, customer_id
  from judged
  where false
)
select
    j."customer_id",
    j."email",
    j."first_name",
    j."last_name",
    j."company",
    j.group_key,
    case
      when j.refused is not null then j.refused
      when f.customer_id < j.customer_id then 'same_address'
    end as refusal
from judged j
left join first f
  on j.lowered = f.lowered and j.group_key is not distinct from f.group_key;
