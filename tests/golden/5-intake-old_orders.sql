-- clean_old_orders_1
with cells as (
  select *, rp_odd(concat("Ordernr", "Kundnr", "E-post", "Orderdatum", "Betalning", "Leverans", "Valuta", "Delsumma", "Frakt", "Moms", "Rabatt", "Återbetalt", "Summa", "Fraktbolag", "Kollinr")) as odd
  from "raw_clean_old_orders_1"
),
texts as (
  select
      rp_disarmed(rp_text("Ordernr", odd)) as "t_order_id",
      rp_disarmed(rp_text("Kundnr", odd)) as "t_customer_ref",
      rp_text("E-post", odd) as "t_email",
      rp_text("Orderdatum", odd) as "t_ordered_at",
      rp_text("Betalning", odd) as "t_payment_status",
      rp_text("Leverans", odd) as "t_fulfilment_status",
      rp_bare(rp_text("Valuta", odd)) as "t_currency",
      rp_text("Delsumma", odd) as "t_subtotal",
      rp_text("Frakt", odd) as "t_shipping_total",
      rp_text("Moms", odd) as "t_tax_total",
      rp_text("Rabatt", odd) as "t_discount_total",
      rp_text("Återbetalt", odd) as "t_refunded_total",
      rp_text("Summa", odd) as "t_total",
      rp_disarmed(rp_text("Fraktbolag", odd)) as "t_carrier",
      rp_disarmed(rp_text("Kollinr", odd)) as "t_tracking_number",
      rp_fingerprint({'c0': coalesce("Ordernr", ''), 'c1': coalesce("Kundnr", ''), 'c2': coalesce("E-post", ''), 'c3': coalesce("Orderdatum", ''), 'c4': coalesce("Betalning", ''), 'c5': coalesce("Leverans", ''), 'c6': coalesce("Valuta", ''), 'c7': coalesce("Delsumma", ''), 'c8': coalesce("Frakt", ''), 'c9': coalesce("Moms", ''), 'c10': coalesce("Rabatt", ''), 'c11': coalesce("Återbetalt", ''), 'c12': coalesce("Summa", ''), 'c13': coalesce("Fraktbolag", ''), 'c14': coalesce("Kollinr", ''), 'version': '(mapping and schema)'}) as fingerprint
  from cells
),
values_read as (
  select
      *,
      rp_bare("t_order_id") as "order_id",
      rp_bare("t_customer_ref") as "customer_ref",
      case when rp_plain_email("t_email") then lower("t_email") when not rp_foreign_domain("t_email") then rp_email("t_email") end as "email",
      rp_time("t_ordered_at", '%d.%m.%Y %H:%M', 'Europe/Stockholm') as "ordered_at",
      case when (lower("t_payment_status") = 'obetald') then 'pending' when (lower("t_payment_status") = 'betald') then 'paid' when (lower("t_payment_status") = 'makulerad') then 'voided' when (lower("t_payment_status") = 'reserverad') then 'authorized' when (lower("t_payment_status") = 'delvis återbetald') then 'partially_refunded' when (lower("t_payment_status") = 'återbetald') then 'refunded' when "t_payment_status" is null then null else lower("t_payment_status") end as "payment_status",
      "t_payment_status" as "payment_word",
      case when (lower("t_fulfilment_status") = 'ej skickad') then 'unfulfilled' when (lower("t_fulfilment_status") = 'partially_fulfilled') then 'partial' when (lower("t_fulfilment_status") = 'will_not_deliver' or lower("t_fulfilment_status") = 'canceled') then 'cancelled' when (lower("t_fulfilment_status") = 'skickad') then 'shipped' when (lower("t_fulfilment_status") = 'levererad') then 'delivered' when (lower("t_fulfilment_status") = 'retur') then 'returned' when "t_fulfilment_status" is null then null else lower("t_fulfilment_status") end as "fulfilment_status",
      "t_fulfilment_status" as "fulfilment_word",
      case when "t_currency" is null then null else rp_code("t_currency") end as "currency",
      rp_money_comma("t_subtotal") as "subtotal",
      rp_money_comma("t_shipping_total") as "shipping_total",
      rp_money_comma("t_tax_total") as "tax_total",
      rp_money_comma("t_discount_total") as "discount_total",
      rp_money_comma("t_refunded_total") as "refunded_total",
      rp_money_comma("t_total") as "total",
      "t_carrier" as "carrier",
      "t_tracking_number" as "tracking_number"
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
    fingerprint,
    case when ("t_ordered_at" is not null and "ordered_at" is null) or ("t_subtotal" is not null and "subtotal" is null) or ("t_shipping_total" is not null and "shipping_total" is null) or ("t_tax_total" is not null and "tax_total" is null) or ("t_discount_total" is not null and "discount_total" is null) or ("t_refunded_total" is not null and "refunded_total" is null) or ("t_total" is not null and "total" is null) then rp_named([case when ("t_ordered_at" is not null and "ordered_at" is null) then 'ordered_at' end, case when ("t_subtotal" is not null and "subtotal" is null) then 'subtotal' end, case when ("t_shipping_total" is not null and "shipping_total" is null) then 'shipping_total' end, case when ("t_tax_total" is not null and "tax_total" is null) then 'tax_total' end, case when ("t_discount_total" is not null and "discount_total" is null) then 'discount_total' end, case when ("t_refunded_total" is not null and "refunded_total" is null) then 'refunded_total' end, case when ("t_total" is not null and "total" is null) then 'total' end]) end as unreadable
from values_read;

-- asked_old_orders
select distinct "email_asked" as question
from "clean_old_orders_1"
where "email_asked" is not null;

-- rows_old_orders
select
    5 * 68719476736 + cast(c.rowid + 2 as bigint) as row_id,
    5 as file_no,
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
    "payment_word",
    "fulfilment_word",
    fingerprint,
    c.unreadable as unreadable
from "clean_old_orders_1" c;

-- heads_old_orders
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
        from "rows_old_orders"
        where order_id is not null
        group by file_no, order_id);

-- unchanged_old_orders
select r.row_id, r.order_id, r.delivered_at
from "heads_old_orders" r
join registry.orders h
  on h.source = 'old_orders'
  and h.order_id = r.order_id
  and h.fingerprint = r.fingerprint;

-- erased_old_orders
select r.row_id from "rows_old_orders" r where false;

-- changed_old_orders
select r.*
from "rows_old_orders" r;

-- judge_old_orders
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
    r."payment_word",
    r."fulfilment_word"
from "changed_old_orders" r
where r.problem is null;

-- judged_old_orders_checked
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
      cast(null as decimal(18, 4)) as "line_quantity",
      cast(null as decimal(18, 4)) as "line_price",
      cast(null as decimal(18, 4)) as "line_total"
  from "judge_old_orders"
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

-- judged_old_orders_reasons
with cells as (
  select row_number, unnest(unreadable) as field
  from "judge_old_orders"
  where unreadable is not null
),
failures as (
  select row_number, unnest(errors) as error
  from "judged_old_orders_checked"
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

-- own_old_orders
with judged as (
select row_number as row_id, "column", "check"
from "judged_old_orders_reasons"
union all
select row_id, '' as "column", problem as "check"
from "changed_old_orders"
where problem is not null
)
select row_id, "column", "check" from judged
union all
select h.row_id, 'ordered_at' as "column", 'required' as "check"
from "heads_old_orders" h
semi join "changed_old_orders" r on h.row_id = r.row_id
anti join judged j on h.row_id = j.row_id
where h.undated;

-- bad_orders_old_orders
select distinct r.file_no, r.order_id
from "changed_old_orders" r
semi join "own_old_orders" o on r.row_id = o.row_id
where r.order_id is not null;

-- reasons_old_orders
select row_id, "column", "check" from "own_old_orders"
union all
select r.row_id, '' as "column", 'order' as "check"
from "changed_old_orders" r
semi join "bad_orders_old_orders" b
  on r.file_no = b.file_no and r.order_id = b.order_id
anti join "own_old_orders" o on r.row_id = o.row_id;

-- bad_old_orders
select h.row_id
from "heads_old_orders" h
semi join "bad_orders_old_orders" b
  on h.file_no = b.file_no and h.order_id = b.order_id;

-- lost_old_orders
with play as (
  select
      r.order_id,
      r.row_id,
      coalesce(r.updated_at, r.delivered_at) as dated,
      r.delivered_at,
      0 as refusal,
      r.fingerprint
  from "heads_old_orders" r
  anti join "bad_old_orders" b on r.row_id = b.row_id
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
    where h.source = 'old_orders'

  ) h
  anti join "unchanged_old_orders" u
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

-- taken_old_orders
select h.* from "heads_old_orders" h;

-- accepted_old_orders
select r.*
from "changed_old_orders" r 
where r.order_id is not null;
