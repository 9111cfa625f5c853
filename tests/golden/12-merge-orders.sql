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
from records_new;

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

-- orders_new
select
    o.source,
    o.order_id,
    coalesce(p.customer_id, e.customer_id) as customer_id,
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
left join people p
  on o.customer_source = p.source and o.customer_ref = p.external_id
left join owners_by_email e
  on p.customer_id is null and o.email = e.email;
