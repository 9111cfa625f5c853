-- The views that people and segments read.

-- One row per address, channel and purpose that anybody made a statement on: the
-- word in force. The latest statement wins, an undated one is older than any dated
-- one, a tie goes to the refusal. A record gone from a full delivery grants nothing.
-- An 'unknown' states nothing, unless the same record said yes before.
create or replace view consent_in_force as
with counted as (
  select
      *,
      coalesce(said_at, timestamp '0001-01-01') as counts_from
  from consent_events
),
unknowns as (
  select *
  from counted
  where status = 'unknown'
),
granted as (
  select
      source,
      external_id,
      address,
      channel,
      purpose,
      min(counts_from) as first_yes
  from counted
  semi join unknowns using (source, external_id, address, channel, purpose)
  where status in ('granted', 'pending')
  group by source, external_id, address, channel, purpose
),
statements as (
  select address, channel, purpose, status, said_at, counts_from
  from counted c
  anti join (
    select source, external_id from source_records where gone_at is not null
  ) g
    on c.source = g.source
    and c.external_id = g.external_id
    and c.status in ('granted', 'pending')
  where c.status <> 'unknown'
  union all
  select u.address, u.channel, u.purpose, u.status, u.said_at, u.counts_from
  from unknowns u
  join granted y using (source, external_id, address, channel, purpose)
  where u.counts_from >= y.first_yes
)
select
    address,
    channel,
    purpose,
    arg_max(status, {
      't': counts_from,
      'refusal': case status
        when 'withdrawn' then 5
        when 'never' then 4
        when 'unknown' then 3
        when 'pending' then 2
        else 1
      end
    }) as status,
    max(said_at) as said_at
from statements
group by address, channel, purpose;

-- One row per customer in a group: the names of the groups, sorted.
create or replace view customer_groups as
select
    m.customer_id,
    list_sort(list(g.name)) as groups
from memberships m
join groups g on m.group_key = g.group_key
group by m.customer_id;

-- One row per customer with an order: how many, and from when to when.
create or replace view customer_orders as
select
    customer_id,
    count(*) as order_count,
    min(ordered_at) as first_order_at,
    max(ordered_at) as last_order_at
from orders
where customer_id is not null
group by customer_id;

-- One row per customer with an order in a known currency: the sum per currency.
create or replace view customer_spending as
with spent as (
  select
      customer_id,
      currency,
      cast(sum(total) as decimal(18, 4)) as total
  from orders
  where customer_id is not null and currency is not null
  group by customer_id, currency
)
select
    customer_id,
    map_from_entries(list_sort(list({'k': currency, 'v': total}))) as total_spent
from spent
group by customer_id;

-- One row per customer on whose address there is a word: the word per purpose. The
-- e-mail address counts for the channel 'email', the phone for every other; the
-- keys are 'purpose' and 'purpose.channel'.
create or replace view customer_consents as
with word as (
  select c.customer_id, f.purpose as k, f.status as v
  from consent_in_force f
  join customers c on f.address = c.email
  where f.channel = 'email'
  union all
  select c.customer_id, f.purpose || '.' || f.channel as k, f.status as v
  from consent_in_force f
  join customers c on f.address = c.phone
  where f.channel <> 'email'
)
select
    customer_id,
    map_from_entries(list_sort(list({'k': k, 'v': v}))) as consents
from word
group by customer_id;

-- One row per customer: what segments filter on and lists are made of.
create or replace view customer_view as
select
    c.customer_id,
    c.kind,
    c.email,
    c.phone,
    c.first_name,
    c.last_name,
    c.full_name,
    c.company,
    c.vat_id,
    c.org_number,
    c.birth_date,
    c.language,
    c.tax_exempt,
    c.note,
    b.street,
    b.street2,
    b.postcode,
    b.city,
    b.region,
    b.country,
    s.name as shipping_name,
    s.street as shipping_street,
    s.street2 as shipping_street2,
    s.postcode as shipping_postcode,
    s.city as shipping_city,
    s.region as shipping_region,
    s.country as shipping_country,
    coalesce(m.groups, []) as groups,
    w.consents,
    coalesce(o.order_count, 0) as order_count,
    p.total_spent,
    o.first_order_at,
    o.last_order_at,
    c.created_at,
    c.updated_at
from customers c
left join addresses b on c.customer_id = b.customer_id and b.kind = 'billing'
left join addresses s on c.customer_id = s.customer_id and s.kind = 'shipping'
left join customer_groups m on c.customer_id = m.customer_id
left join customer_orders o on c.customer_id = o.customer_id
left join customer_spending p on c.customer_id = p.customer_id
left join customer_consents w on c.customer_id = w.customer_id;

-- One row per customer, kind of identifier and value: what a customer is known by.
create or replace view identifiers as
select distinct customer_id, 'email' as kind, email as value
from source_records
where customer_id is not null and email is not null
union
select distinct customer_id, 'phone' as kind, phone as value
from source_records
where customer_id is not null and phone is not null
union
select distinct customer_id, 'vat_id' as kind, vat_id as value
from source_records
where customer_id is not null and vat_id is not null
union
select distinct customer_id, 'org_number' as kind, org_number as value
from source_records
where customer_id is not null and org_number is not null
union
select distinct customer_id, source as kind, external_id as value
from source_records
where customer_id is not null;
