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
        with counted as (
          select
              *,
              coalesce(said_at, timestamp '0001-01-01') as counts_from
          from registry.consent_events
          where said_at is null or said_at <= timestamp '2024-05-01 00:00:00'
        ),
        unknowns as (
          select *
          from counted
          where status = 'unknown'
        ),
        granted as (
          select source, external_id, address, channel, purpose, min(counts_from) as first_yes
          from counted
          semi join unknowns using (source, external_id, address, channel, purpose)
          where status in ('granted', 'pending')
          group by source, external_id, address, channel, purpose
        ),
        statements as (
          select address, channel, purpose, status, counts_from
          from counted c
          anti join (
            select source, external_id
            from registry.source_records
            where gone_at is not null
          ) g
            on c.source = g.source
            and c.external_id = g.external_id
            and c.status in ('granted', 'pending')
          where c.status <> 'unknown'
          union all
          select u.address, u.channel, u.purpose, u.status, u.counts_from
          from unknowns u
          join granted y using (source, external_id, address, channel, purpose)
          where u.counts_from >= y.first_yes
        )
        select
            s.address,
            s.channel,
            s.purpose,
            arg_max(s.status, {
              't': s.counts_from, 'refusal': rp_refusal(s.status)
            }) as status,
            nullif(max(s.counts_from), timestamp '0001-01-01') as said_at
        from statements s
        group by s.address, s.channel, s.purpose
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
    where f.channel not in ('email', 'post')
    union all
    select c.customer_id, f.purpose || '.' || f.channel as k, f.status as v
    from in_force f
    join registry.addresses b
      on f.address = rp_postal(b.street, b.postcode, b.country) and b.kind = 'billing'
    join customer c on b.customer_id = c.customer_id
    where f.channel = 'post'
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

-- list_word newsletter email
select address, status, said_at
from (
        with counted as (
          select
              *,
              coalesce(said_at, timestamp '0001-01-01') as counts_from
          from registry.consent_events
          where said_at is null or said_at <= timestamp '2024-05-01 00:00:00'
        ),
        unknowns as (
          select *
          from counted
          where status = 'unknown'
        ),
        granted as (
          select source, external_id, address, channel, purpose, min(counts_from) as first_yes
          from counted
          semi join unknowns using (source, external_id, address, channel, purpose)
          where status in ('granted', 'pending')
          group by source, external_id, address, channel, purpose
        ),
        statements as (
          select address, channel, purpose, status, counts_from
          from counted c
          anti join (
            select source, external_id
            from registry.source_records
            where gone_at is not null
          ) g
            on c.source = g.source
            and c.external_id = g.external_id
            and c.status in ('granted', 'pending')
          where c.status <> 'unknown'
          union all
          select u.address, u.channel, u.purpose, u.status, u.counts_from
          from unknowns u
          join granted y using (source, external_id, address, channel, purpose)
          where u.counts_from >= y.first_yes
        )
        select
            s.address,
            s.channel,
            s.purpose,
            arg_max(s.status, {
              't': s.counts_from, 'refusal': rp_refusal(s.status)
            }) as status,
            nullif(max(s.counts_from), timestamp '0001-01-01') as said_at
        from statements s
        group by s.address, s.channel, s.purpose
)
where purpose = 'newsletter' and channel = 'email';

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
  select distinct lower(s.address) as address
  from registry.suppressions s
  left join "list_word newsletter email" w
    on lower(s.address) = lower(w.address)
    and w.status = 'granted'
    and w.said_at > s.suppressed_at
  where s.channel in ('email', '*')
    and (s.reason <> 'unsubscribed' or w.address is null)
),
tested as (
  select
    m.*,
    lower(m.email) as lowered,
    case when g.status is distinct from 'granted' then 'without_consent' end as lack,
    x.address is not null as never_again
  from member m
  left join "list_word newsletter email" g on m.email = g.address
  left join suppressed x on lower(m.email) = x.address
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
  select distinct lower(s.address) as address
  from registry.suppressions s
  left join "list_word newsletter email" w
    on lower(s.address) = lower(w.address)
    and w.status = 'granted'
    and w.said_at > s.suppressed_at
  where s.channel in ('email', '*')
    and (s.reason <> 'unsubscribed' or w.address is null)
),
tested as (
  select
    m.*,
    lower(m.email) as lowered,
    case when g.status is distinct from 'granted' then 'without_consent' end as lack,
    x.address is not null as never_again
  from member m
  left join "list_word newsletter email" g on m.email = g.address
  left join suppressed x on lower(m.email) = x.address
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
