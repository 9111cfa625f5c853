-- order_heads
select
    'web_orders' as source,
    r.order_id,
    case when r.customer_ref is not null then 'web_shop' end as customer_source,
    r.customer_ref as customer_ref,
    r."email",
    r.order_id as number,
    cast(null as varchar) as "site",
    r."ordered_at",
    cast(null as timestamp) as "updated_at",
    r."payment_status",
    r."payment_word",
    r."fulfilment_status",
    r."fulfilment_word",
    r."currency",
    r."subtotal",
    r."shipping_total",
    r."tax_total",
    r."discount_total",
    r."refunded_total",
    r."total",
    r."carrier",
    r."tracking_number",
    cast(null as varchar) as "note",
    h.fingerprint,
    h.line_count,
    r.delivered_at,
    0 + r.file_no as file_id,
    r.row_number
from "changed_web_orders" r
join "taken_web_orders" h on r.row_id = h.row_id
union all
select
    'old_orders' as source,
    r.order_id,
    case when r.customer_ref is not null then 'old_shop' end as customer_source,
    r.customer_ref as customer_ref,
    r."email",
    r.order_id as number,
    cast(null as varchar) as "site",
    r."ordered_at",
    cast(null as timestamp) as "updated_at",
    r."payment_status",
    r."payment_word",
    r."fulfilment_status",
    r."fulfilment_word",
    r."currency",
    r."subtotal",
    r."shipping_total",
    r."tax_total",
    r."discount_total",
    r."refunded_total",
    r."total",
    r."carrier",
    r."tracking_number",
    cast(null as varchar) as "note",
    h.fingerprint,
    h.line_count,
    r.delivered_at,
    0 + r.file_no as file_id,
    r.row_number
from "changed_old_orders" r
join "taken_old_orders" h on r.row_id = h.row_id;

-- people
select source, external_id, email, customer_id
from records_new
union all
select
    s.source,
    s.external_id,
    s.email,
    case
      when u.source is null then coalesce(n.customer_id, s.held_id)
    end as customer_id
from stored s
left join identified n
  on n.origin is null
  and s.source = n.source
  and s.external_id = n.external_id
left join unseated u on s.source = u.source and s.external_id = u.external_id;

-- owners_by_email
select email, min(customer_id) as customer_id
from people
where email is not null and customer_id is not null
group by email
having min(customer_id) = max(customer_id);

-- order_lines_new
select
    'web_orders' as source,
    r.order_id,
    row_number() over (
      partition by r.file_no, r.order_id order by r.row_id
    ) as line_no,
    r."line_sku" as "sku",
    r."line_name" as "name",
    r."line_quantity" as "quantity",
    r."line_price" as "price",
    cast(null as decimal(18, 4)) as "total"
from "accepted_web_orders" r;

-- unsettled
with emails as (
  select distinct email from frontier where email is not null
),
ids as (
  select distinct held_id from frontier where held_id is not null
)
select
    source, order_id, customer_source, customer_ref, email,
    cast(null as bigint) as held_id,
    true as fresh
from order_heads
union all
select
    o.source, o.order_id, o.customer_source, o.customer_ref, o.email,
    o.customer_id as held_id,
    false as fresh
from registry.orders o
anti join order_heads h on o.source = h.source and o.order_id = h.order_id
where o.customer_id in (select held_id from ids)
  or o.email in (select email from emails)
  or exists (
    select 1 from frontier f
    where f.source = o.customer_source and f.external_id = o.customer_ref
  );

-- order_owners
select
    u.source,
    u.order_id,
    u.fresh,
    coalesce(p.customer_id, e.customer_id) as customer_id
from unsettled u
left join people p
  on u.customer_source = p.source and u.customer_ref = p.external_id
left join owners_by_email e
  on p.customer_id is null and u.email = e.email;

-- orders_new
select
    o.source,
    o.order_id,
    w.customer_id,
    o."customer_source",
    o."customer_ref",
    o."email",
    o."number",
    o."site",
    o."ordered_at",
    o."updated_at",
    o."payment_status",
    o."payment_word",
    o."fulfilment_status",
    o."fulfilment_word",
    o."currency",
    o."subtotal",
    o."shipping_total",
    o."tax_total",
    o."discount_total",
    o."refunded_total",
    o."total",
    o."carrier",
    o."tracking_number",
    o."note",
    o."fingerprint",
    o."line_count",
    o."delivered_at",
    o."file_id",
    o."row_number"
from order_heads o
join order_owners w on o.source = w.source and o.order_id = w.order_id
union all
select
    o.source,
    o.order_id,
    w.customer_id,
    o."customer_source",
    o."customer_ref",
    o."email",
    o."number",
    o."site",
    o."ordered_at",
    o."updated_at",
    o."payment_status",
    o."payment_word",
    o."fulfilment_status",
    o."fulfilment_word",
    o."currency",
    o."subtotal",
    o."shipping_total",
    o."tax_total",
    o."discount_total",
    o."refunded_total",
    o."total",
    o."carrier",
    o."tracking_number",
    o."note",
    o."fingerprint",
    o."line_count",
    o."delivered_at",
    o."file_id",
    o."row_number"
from registry.orders o
join order_owners w on o.source = w.source and o.order_id = w.order_id
where not w.fresh and o.customer_id is distinct from w.customer_id;

-- orders_gone
select o.source, o.order_id
from registry.orders o
semi join orders_new n on o.source = n.source and o.order_id = n.order_id;

-- order_lines_gone
select o.source, o.order_id
from registry.orders o
semi join order_heads n on o.source = n.source and o.order_id = n.order_id;
