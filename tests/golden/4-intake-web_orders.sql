-- clean_web_orders_1
with cells as (
  select *
  from "raw_clean_web_orders_1"
),
texts as (
  select
      rp_disarmed(rp_text("Order", false)) as "t_order_id",
      rp_disarmed(rp_text("Customer ID", false)) as "t_customer_ref",
      rp_text("Email", false) as "t_email",
      rp_text("Created at", false) as "t_ordered_at",
      rp_text("Financial Status", false) as "t_payment_status",
      rp_text("Fulfillment Status", false) as "t_fulfilment_status",
      rp_bare(rp_text("Currency", false)) as "t_currency",
      rp_text("Subtotal", false) as "t_subtotal",
      rp_text("Shipping", false) as "t_shipping_total",
      rp_text("Taxes", false) as "t_tax_total",
      rp_text("Discount", false) as "t_discount_total",
      rp_text("Refunded", false) as "t_refunded_total",
      rp_text("Total", false) as "t_total",
      rp_disarmed(rp_text("Carrier", false)) as "t_carrier",
      rp_disarmed(rp_text("Tracking Number", false)) as "t_tracking_number",
      rp_disarmed(rp_text("Lineitem sku", false)) as "t_line_sku",
      rp_disarmed(rp_text("Lineitem name", false)) as "t_line_name",
      rp_text("Lineitem quantity", false) as "t_line_quantity",
      rp_text("Lineitem price", false) as "t_line_price",
      rp_fingerprint({'c0': coalesce("Order", ''), 'c1': coalesce("Customer ID", ''), 'c2': coalesce("Email", ''), 'c3': coalesce("Created at", ''), 'c4': coalesce("Financial Status", ''), 'c5': coalesce("Fulfillment Status", ''), 'c6': coalesce("Currency", ''), 'c7': coalesce("Subtotal", ''), 'c8': coalesce("Shipping", ''), 'c9': coalesce("Taxes", ''), 'c10': coalesce("Discount", ''), 'c11': coalesce("Refunded", ''), 'c12': coalesce("Total", ''), 'c13': coalesce("Carrier", ''), 'c14': coalesce("Tracking Number", ''), 'c15': coalesce("Lineitem sku", ''), 'c16': coalesce("Lineitem name", ''), 'c17': coalesce("Lineitem quantity", ''), 'c18': coalesce("Lineitem price", ''), 'version': '(mapping and schema)'}) as fingerprint
  from cells
),
values_read as (
  select
      *,
      rp_bare("t_order_id") as "order_id",
      rp_bare("t_customer_ref") as "customer_ref",
      case when rp_plain_email("t_email") then lower("t_email") when not rp_foreign_domain("t_email") then rp_email("t_email") end as "email",
      rp_time_offset("t_ordered_at", '%Y-%m-%d %H:%M:%S %z') as "ordered_at",
      case when (lower("t_payment_status") = 'awaiting_payment' or lower("t_payment_status") = 'on-hold' or lower("t_payment_status") = 'unpaid') then 'pending' when (lower("t_payment_status") = 'completed') then 'paid' when (lower("t_payment_status") = 'cancelled' or lower("t_payment_status") = 'canceled') then 'voided' when "t_payment_status" is null then null else lower("t_payment_status") end as "payment_status",
      "t_payment_status" as "payment_word",
      case when (lower("t_fulfilment_status") = 'awaiting_processing' or lower("t_fulfilment_status") = 'processing' or lower("t_fulfilment_status") = 'new') then 'unfulfilled' when (lower("t_fulfilment_status") = 'partially_fulfilled') then 'partial' when (lower("t_fulfilment_status") = 'will_not_deliver' or lower("t_fulfilment_status") = 'canceled') then 'cancelled' when "t_fulfilment_status" is null then null else lower("t_fulfilment_status") end as "fulfilment_status",
      "t_fulfilment_status" as "fulfilment_word",
      case when "t_currency" is null then null else rp_code("t_currency") end as "currency",
      rp_money_point("t_subtotal") as "subtotal",
      rp_money_point("t_shipping_total") as "shipping_total",
      rp_money_point("t_tax_total") as "tax_total",
      rp_money_point("t_discount_total") as "discount_total",
      rp_money_point("t_refunded_total") as "refunded_total",
      rp_money_point("t_total") as "total",
      "t_carrier" as "carrier",
      "t_tracking_number" as "tracking_number",
      "t_line_sku" as "line_sku",
      "t_line_name" as "line_name",
      rp_money_point("t_line_quantity") as "line_quantity",
      rp_money_point("t_line_price") as "line_price"
  from texts
)
select
    "order_id",
    "customer_ref",
    "email",
    case when "email" is null and "t_email" is not null then 'email::' || rp_email("t_email") end as "email_asked",
    "ordered_at",
    "payment_status",
    "payment_word",
    "fulfilment_status",
    "fulfilment_word",
    "currency",
    "subtotal",
    "shipping_total",
    "tax_total",
    "discount_total",
    "refunded_total",
    "total",
    "carrier",
    "tracking_number",
    "line_sku",
    "line_name",
    "line_quantity",
    "line_price",
    fingerprint,
    case when ("t_ordered_at" is not null and "ordered_at" is null) or ("t_subtotal" is not null and "subtotal" is null) or ("t_shipping_total" is not null and "shipping_total" is null) or ("t_tax_total" is not null and "tax_total" is null) or ("t_discount_total" is not null and "discount_total" is null) or ("t_refunded_total" is not null and "refunded_total" is null) or ("t_total" is not null and "total" is null) or ("t_line_quantity" is not null and "line_quantity" is null) or ("t_line_price" is not null and "line_price" is null) then rp_named([case when ("t_ordered_at" is not null and "ordered_at" is null) then 'ordered_at' end, case when ("t_subtotal" is not null and "subtotal" is null) then 'subtotal' end, case when ("t_shipping_total" is not null and "shipping_total" is null) then 'shipping_total' end, case when ("t_tax_total" is not null and "tax_total" is null) then 'tax_total' end, case when ("t_discount_total" is not null and "discount_total" is null) then 'discount_total' end, case when ("t_refunded_total" is not null and "refunded_total" is null) then 'refunded_total' end, case when ("t_total" is not null and "total" is null) then 'total' end, case when ("t_line_quantity" is not null and "line_quantity" is null) then 'line_quantity' end, case when ("t_line_price" is not null and "line_price" is null) then 'line_price' end]) end as unreadable
from values_read;

-- asked_web_orders
select distinct "email_asked" as question
from "clean_web_orders_1"
where "email_asked" is not null;

-- rows_web_orders
select
    4 * 68719476736 + cast(c.rowid + 2 as bigint) as row_id,
    4 as file_no,
    cast(c.rowid + 2 as bigint) as row_number,
    timestamp '(the file)' as delivered_at,
    cast(null as varchar) as problem,
    "order_id",
    "customer_ref",
    "email",
    "ordered_at",
    "payment_status",
    "fulfilment_status",
    "currency",
    "subtotal",
    "shipping_total",
    "tax_total",
    "discount_total",
    "refunded_total",
    "total",
    "carrier",
    "tracking_number",
    "line_sku",
    "line_name",
    "line_quantity",
    "line_price",
    "payment_word",
    "fulfilment_word",
    fingerprint,
    c.unreadable as unreadable
from "clean_web_orders_1" c;

-- heads_web_orders
select *, cast(null as timestamp) as updated_at from (
        select
            file_no,
            order_id,
            min(row_id) as row_id,
            count(*) as row_count,
            count(*) as line_count,
            arg_min(ordered_at is null, row_id) as undated,
            rp_fold(fingerprint) as fingerprint,
            any_value(delivered_at) as delivered_at
        from "rows_web_orders"
        where order_id is not null
        group by file_no, order_id);

-- unchanged_web_orders
select r.row_id, r.order_id, r.delivered_at
from "heads_web_orders" r
join registry.orders h
  on h.source = 'web_orders'
  and h.order_id = r.order_id
  and h.fingerprint = r.fingerprint;

-- erased_web_orders
select r.row_id from "rows_web_orders" r where false;

-- changed_web_orders
select r.*
from "rows_web_orders" r;

-- judge_web_orders
select
    r.row_id as row_number,
    r.unreadable,
    r."order_id",
    r."customer_ref",
    r."email",
    r."ordered_at",
    r."payment_status",
    r."fulfilment_status",
    r."currency",
    r."subtotal",
    r."shipping_total",
    r."tax_total",
    r."discount_total",
    r."refunded_total",
    r."total",
    r."carrier",
    r."tracking_number",
    r."line_sku",
    r."line_name",
    r."line_quantity",
    r."line_price",
    r."payment_word",
    r."fulfilment_word"
from "changed_web_orders" r
where r.problem is null;

-- judged_web_orders_checked
with given as (
  select
      row_number,
      unreadable,
      "order_id",
      "email",
      "ordered_at",
      cast(null as timestamp) as "updated_at",
      "payment_status",
      "fulfilment_status",
      "currency",
      "subtotal",
      "shipping_total",
      "tax_total",
      "discount_total",
      "refunded_total",
      "total",
      cast(null as varchar) as "phone",
      "line_quantity",
      "line_price",
      cast(null as decimal(18, 4)) as "line_total"
  from "judge_web_orders"
)
select
    row_number,
    unreadable,
    "order_id",
    "email",
    "ordered_at",
    "updated_at",
    "payment_status",
    "fulfilment_status",
    "currency",
    "subtotal",
    "shipping_total",
    "tax_total",
    "discount_total",
    "refunded_total",
    "total",
    "phone",
    "line_quantity",
    "line_price",
    "line_total"
from given
where not coalesce(
      "order_id" is not null
      and ("email" is null or (length("email") <= 254 and regexp_matches("email", '^[A-Za-z0-9!#$%&''*+/=?^_`{|}~-]+(?:[.][A-Za-z0-9!#$%&''*+/=?^_`{|}~-]+)*@(?:[A-Za-z0-9]+(?:-+[A-Za-z0-9]+)*[.])+(?:[A-Za-z]{2,}|xn--[a-z0-9-]+)\z')))
      and ("ordered_at" is null or ("ordered_at" >= timestamp '1990-01-01 00:00:00' and "ordered_at" <= timestamp '2024-05-02 00:00:00'))
      and ("updated_at" is null or ("updated_at" >= timestamp '1990-01-01 00:00:00' and "updated_at" <= timestamp '2024-05-02 00:00:00'))
      and ("payment_status" is null or "payment_status" in ('authorized', 'other', 'paid', 'partially_paid', 'partially_refunded', 'pending', 'refunded', 'voided'))
      and ("fulfilment_status" is null or "fulfilment_status" in ('cancelled', 'delivered', 'fulfilled', 'other', 'partial', 'returned', 'shipped', 'unfulfilled'))
      and ("currency" is null or "currency" in ('ADP', 'AED', 'AFA', 'AFN', 'ALL', 'AMD', 'ANG', 'AOA', 'ARS', 'ATS', 'AUD', 'AWG', 'AZM', 'AZN', 'BAM', 'BBD', 'BDT', 'BEF', 'BGL', 'BGN', 'BHD', 'BIF', 'BMD', 'BND', 'BOB', 'BOV', 'BRL', 'BSD', 'BTN', 'BWP', 'BYB', 'BYN', 'BYR', 'BZD', 'CAD', 'CDF', 'CHE', 'CHF', 'CHW', 'CLF', 'CLP', 'CNY', 'COP', 'COU', 'CRC', 'CSD', 'CUC', 'CUP', 'CVE', 'CYP', 'CZK', 'DEM', 'DJF', 'DKK', 'DOP', 'DZD', 'ECS', 'EEK', 'EGP', 'ERN', 'ESP', 'ETB', 'EUR', 'FIM', 'FJD', 'FKP', 'FRF', 'GBP', 'GEL', 'GHC', 'GHS', 'GIP', 'GMD', 'GNF', 'GRD', 'GTQ', 'GYD', 'HKD', 'HNL', 'HRK', 'HTG', 'HUF', 'IDR', 'IEP', 'ILS', 'INR', 'IQD', 'IRR', 'ISK', 'ITL', 'JMD', 'JOD', 'JPY', 'KES', 'KGS', 'KHR', 'KMF', 'KPW', 'KRW', 'KWD', 'KYD', 'KZT', 'LAK', 'LBP', 'LKR', 'LRD', 'LSL', 'LTL', 'LUF', 'LVL', 'LYD', 'MAD', 'MDL', 'MGA', 'MGF', 'MKD', 'MMK', 'MNT', 'MOP', 'MRO', 'MRU', 'MTL', 'MUR', 'MVR', 'MWK', 'MXN', 'MXV', 'MYR', 'MZM', 'MZN', 'NAD', 'NGN', 'NIO', 'NLG', 'NOK', 'NPR', 'NZD', 'OMR', 'PAB', 'PEN', 'PGK', 'PHP', 'PKR', 'PLN', 'PTE', 'PYG', 'QAR', 'ROL', 'RON', 'RSD', 'RUB', 'RUR', 'RWF', 'SAR', 'SBD', 'SCR', 'SDD', 'SDG', 'SEK', 'SGD', 'SHP', 'SIT', 'SKK', 'SLE', 'SLL', 'SOS', 'SRD', 'SRG', 'SSP', 'STD', 'STN', 'SVC', 'SYP', 'SZL', 'THB', 'TJR', 'TJS', 'TMM', 'TMT', 'TND', 'TOP', 'TPE', 'TRL', 'TRY', 'TTD', 'TWD', 'TZS', 'UAH', 'UGX', 'USD', 'USN', 'UYI', 'UYU', 'UYW', 'UZS', 'VEB', 'VED', 'VEF', 'VES', 'VND', 'VUV', 'WST', 'XAD', 'XAF', 'XCD', 'XCG', 'XDR', 'XOF', 'XPF', 'XSU', 'XUA', 'YER', 'YUM', 'ZAR', 'ZMK', 'ZMW', 'ZWD', 'ZWG', 'ZWL', 'ZWR'))
      and ("subtotal" is null or ("subtotal" <= 1000000000 and "subtotal" >= -1000000000))
      and ("shipping_total" is null or ("shipping_total" <= 1000000000 and "shipping_total" >= -1000000000))
      and ("tax_total" is null or ("tax_total" <= 1000000000 and "tax_total" >= -1000000000))
      and ("discount_total" is null or ("discount_total" <= 1000000000 and "discount_total" >= -1000000000))
      and ("refunded_total" is null or ("refunded_total" <= 1000000000 and "refunded_total" >= -1000000000))
      and ("total" is null or ("total" <= 1000000000 and "total" >= -1000000000))
      and ("phone" is null or regexp_matches("phone", '^[+][1-9][0-9]{6,14}\z'))
      and ("line_quantity" is null or ("line_quantity" <= 1000000000 and "line_quantity" >= -1000000000))
      and ("line_price" is null or ("line_price" <= 1000000000 and "line_price" >= -1000000000))
      and ("line_total" is null or ("line_total" <= 1000000000 and "line_total" >= -1000000000)), false);

-- judged_web_orders_reasons
with cells as (
  select row_number, unnest(unreadable) as field
  from "judge_web_orders"
  where unreadable is not null
),
failures as (
  select row_number, unnest(errors) as error
  from "judged_web_orders_checked"
)
select
    row_number,
    field as "column",
    'unreadable' as "check"
from cells
union all
select
    row_number,
    error."column" as "column",
    error."check" as "check"
from failures;

-- own_web_orders
with judged as (
select row_number as row_id, "column", "check"
from "judged_web_orders_reasons"
union all
select row_id, '' as "column", problem as "check"
from "changed_web_orders"
where problem is not null
)
select row_id, "column", "check" from judged
union all
select h.row_id, 'ordered_at' as "column", 'required' as "check"
from "heads_web_orders" h
semi join "changed_web_orders" r on h.row_id = r.row_id
anti join judged j on h.row_id = j.row_id
where h.undated;

-- bad_orders_web_orders
select distinct r.file_no, r.order_id
from "changed_web_orders" r
semi join "own_web_orders" o on r.row_id = o.row_id
where r.order_id is not null;

-- reasons_web_orders
select row_id, "column", "check" from "own_web_orders"
union all
select r.row_id, '' as "column", 'order' as "check"
from "changed_web_orders" r
semi join "bad_orders_web_orders" b
  on r.file_no = b.file_no and r.order_id = b.order_id
anti join "own_web_orders" o on r.row_id = o.row_id;

-- bad_web_orders
select h.row_id
from "heads_web_orders" h
semi join "bad_orders_web_orders" b
  on h.file_no = b.file_no and h.order_id = b.order_id;

-- lost_web_orders
with play as (
  select
      r.order_id,
      r.row_id,
      coalesce(r.updated_at, r.delivered_at) as dated,
      r.delivered_at,
      0 as refusal,
      r.fingerprint
  from "heads_web_orders" r
  anti join "bad_web_orders" b on r.row_id = b.row_id
  where r.order_id is not null
  union all
  select
      h.order_id,
      -1 as row_id,
      coalesce(h.updated_at, h.held_at) as dated,
      h.held_at as delivered_at,
      0 as refusal,
      h.fingerprint
  from (
    select h.order_id, h.updated_at, h.delivered_at as held_at, h.fingerprint
    from registry.orders h 
    where h.source = 'web_orders'

  ) h
  anti join "unchanged_web_orders" u
    on h.order_id = u.order_id and u.delivered_at >= h.held_at
),
contested as (
  select order_id from play group by order_id having count(*) > 1
),
ranked as (
  select
      p.row_id,
      row_number() over (
        partition by p.order_id
        order by
          p.dated desc nulls last,
          p.delivered_at desc nulls last,
          p.refusal desc nulls last,
          p.fingerprint,
          p.row_id
      ) as place
  from play p
  semi join contested c on p.order_id = c.order_id
)
select row_id from ranked where place > 1 and row_id >= 0;

-- taken_web_orders
select h.* from "heads_web_orders" h;

-- accepted_web_orders
select r.*
from "changed_web_orders" r 
where r.order_id is not null;
