-- records_new
select
    i.source,
    i.external_id,
    n.customer_id,
    n.founder_of as founder_of,
    i."kind",
    i."email",
    i."phone",
    i."first_name",
    i."last_name",
    i."first_key",
    i."last_key",
    i."company",
    i."vat_id",
    i."org_number",
    i."birth_date",
    i."language",
    i."tax_exempt",
    i."note",
    i."street",
    i."street2",
    i."postcode",
    i."city",
    i."region",
    i."country",
    i."shipping_name",
    i."shipping_street",
    i."shipping_street2",
    i."shipping_postcode",
    i."shipping_city",
    i."shipping_region",
    i."shipping_country",
    i."groups",
    i."created_at",
    i."updated_at",
    i."vat_key",
    i."org_key",
    i."originals",
    i."undated",
    i.delivered_at,
    cast(null as timestamp) as gone_at,
    i.fingerprint,
    i.file_id,
    i.row_number
from incoming i
left join identified n on i.origin = n.origin;

-- records_moved
select * from records_new where false;

-- records_gone
select s.source, s.external_id
from registry.source_records s
semi join (
  select source, external_id from records_new
  union all
  select source, external_id from records_moved
) n
  on s.source = n.source and s.external_id = n.external_id;

-- records_coming
select * from records_new
union all
select * from records_moved;

-- customer_redirects_now
select distinct founder_of as customer_id, customer_id as redirect_to
from identified
where founder_of is not null and founder_of <> customer_id;

-- customer_redirects_gone
select t.customer_id
from registry.customer_redirects t
semi join (
  select founder_of as customer_id from identified where founder_of is not null
) i
  on t.customer_id = i.customer_id
anti join customer_redirects_now n
  on t.customer_id = n.customer_id and t.redirect_to = n.redirect_to;

-- customer_redirects_new
select n.customer_id, n.redirect_to
from customer_redirects_now n
anti join registry.customer_redirects t
  on n.customer_id = t.customer_id and n.redirect_to = t.redirect_to;

-- present
select
    r.customer_id,
    r."source",
    r."external_id",
    r."kind",
    r."email",
    r."phone",
    r."first_name",
    r."last_name",
    r."company",
    r."vat_id",
    r."org_number",
    r."birth_date",
    r."language",
    r."tax_exempt",
    r."note",
    r."street",
    r."street2",
    r."postcode",
    r."city",
    r."region",
    r."country",
    r."shipping_name",
    r."shipping_street",
    r."shipping_street2",
    r."shipping_postcode",
    r."shipping_city",
    r."shipping_region",
    r."shipping_country",
    r."groups",
    r."created_at",
    r."updated_at"
from records_new r
where r.customer_id is not null;

-- several
select customer_id
from present
group by customer_id
having count(*) > 1;

-- golden
with ranked as (
  select
      p.customer_id,
      p.source,
      kind as kind,
      email as email,
      phone as phone,
      first_name as first_name,
      last_name as last_name,
      company as company,
      vat_id as vat_id,
      org_number as org_number,
      birth_date as birth_date,
      language as language,
      tax_exempt as tax_exempt,
      note as note,
      created_at as created_at,
      updated_at as updated_at,
      case when coalesce(street, street2, postcode, city, region, country) is not null then {'street': street, 'street2': street2, 'postcode': postcode, 'city': city, 'region': region, 'country': country} end as billing,
      case when coalesce(shipping_name, shipping_street, shipping_street2, shipping_postcode, shipping_city, shipping_region, shipping_country) is not null then {'name': shipping_name, 'street': shipping_street, 'street2': shipping_street2, 'postcode': shipping_postcode, 'city': shipping_city, 'region': shipping_region, 'country': shipping_country} end as shipping,
      row_number() over (
        partition by p.customer_id
        order by p.updated_at nulls first, p.source, p.external_id
      ) as place,
      case source when 'web_shop' then 0 when 'old_shop' then 1 when 'mail_club' then 2 else 3 end as "order_phone"
  from present p
  semi join several s on p.customer_id = s.customer_id
)
select
    p.customer_id,
    kind as kind,
    email as email,
    phone as phone,
    first_name as first_name,
    last_name as last_name,
    company as company,
    vat_id as vat_id,
    org_number as org_number,
    birth_date as birth_date,
    language as language,
    tax_exempt as tax_exempt,
    note as note,
    created_at as created_at,
    updated_at as updated_at,
    case when coalesce(street, street2, postcode, city, region, country) is not null then {'street': street, 'street2': street2, 'postcode': postcode, 'city': city, 'region': region, 'country': country} end as billing,
    case when coalesce(shipping_name, shipping_street, shipping_street2, shipping_postcode, shipping_city, shipping_region, shipping_country) is not null then {'name': shipping_name, 'street': shipping_street, 'street2': shipping_street2, 'postcode': shipping_postcode, 'city': shipping_city, 'region': shipping_region, 'country': shipping_country} end as shipping
from present p
anti join several s on p.customer_id = s.customer_id
union all
select
    customer_id,
    arg_min(kind, case kind when 'registered' then 1 when 'subscriber' then 2 else 3 end) as kind,
    arg_max(email, place) filter (where email is not null) as email,
    arg_max(phone, - "order_phone" * 1000000 + place) filter (where phone is not null) as phone,
    arg_max(first_name, place) filter (where first_name is not null) as first_name,
    arg_max(last_name, place) filter (where last_name is not null) as last_name,
    arg_max(company, place) filter (where company is not null) as company,
    arg_max(vat_id, place) filter (where vat_id is not null) as vat_id,
    arg_max(org_number, place) filter (where org_number is not null) as org_number,
    arg_max(birth_date, place) filter (where birth_date is not null) as birth_date,
    arg_max(language, place) filter (where language is not null) as language,
    bool_or(tax_exempt) as tax_exempt,
    arg_max(note, place) filter (where note is not null) as note,
    min(created_at) as created_at,
    max(updated_at) as updated_at,
    arg_max(billing, (case when billing.street is null then 0 else 1 end) * 1000000 + place) filter (where billing is not null) as billing,
    arg_max(shipping, (case when shipping.street is null then 0 else 1 end) * 1000000 + place) filter (where shipping is not null) as shipping
from ranked
group by customer_id;

-- overrides_in_force
with redirects as (
  select t.customer_id, t.redirect_to
  from registry.customer_redirects t
  anti join customer_redirects_gone g on t.customer_id = g.customer_id
  anti join customer_redirects_new n on t.customer_id = n.customer_id
  union all
  select customer_id, redirect_to from customer_redirects_new
),
said as (
  select customer_id, field, value, set_by, set_at
  from registry.overrides
  anti join overrides_gone using (customer_id, field)
  union all
  select customer_id, field, value, set_by, set_at from overrides_new
)
select
    coalesce(r.redirect_to, s.customer_id) as customer_id,
    s.field,
    s.value,
    s.set_by,
    s.set_at
from said s
left join redirects r on s.customer_id = r.customer_id
qualify row_number() over (
  partition by coalesce(r.redirect_to, s.customer_id), s.field
  order by s.set_at desc, s.customer_id
) = 1;

-- customers_now
select
    customer_id,
    kind,
    email,
    phone,
    first_name,
    last_name,
    nullif(concat_ws(' ', first_name, last_name), '') as full_name,
    company,
    vat_id,
    org_number,
    birth_date,
    language,
    tax_exempt,
    note,
    created_at,
    updated_at
from "golden";

-- addresses_now
select
    customer_id,
    'billing' as kind,
    cast(null as varchar) as name,
    billing.street as street,
    billing.street2 as street2,
    billing.postcode as postcode,
    billing.city as city,
    billing.region as region,
    billing.country as country
from "golden"
where billing is not null
union all
select
    customer_id,
    'shipping' as kind,
    shipping.name as name,
    shipping.street as street,
    shipping.street2 as street2,
    shipping.postcode as postcode,
    shipping.city as city,
    shipping.region as region,
    shipping.country as country
from "golden"
where shipping is not null;

-- memberships_named
with chosen as (select customer_id, groups from present where groups is not null
),
named as (
  select customer_id, unnest(groups) as name from chosen
)
select customer_id, lower(name) as group_key, min(name) as name
from named
group by customer_id, lower(name);

-- memberships_now
select customer_id, group_key from memberships_named;

-- groups_new
with named as (
  select group_key, min(name) as name
  from memberships_named
  group by group_key
)
select
    n.group_key,
    coalesce(g.kind, 'group') as kind,
    n.name,
    g.discount,
    g.price_list,
    g.product_range,
    g.payment_methods
from named n
left join registry.groups g on n.group_key = g.group_key
where g.name is null or n.name < g.name;

-- groups_gone
select g.group_key
from registry.groups g
semi join groups_new n on g.group_key = n.group_key;

-- touched_customers
select held_id as customer_id from frontier where held_id is not null
union
select customer_id from identified;

-- customers_new
select
    "customer_id",
    "kind",
    "email",
    "phone",
    "first_name",
    "last_name",
    "full_name",
    "company",
    "vat_id",
    "org_number",
    "birth_date",
    "language",
    "tax_exempt",
    "note",
    "created_at",
    "updated_at"
from "customers_now";

-- addresses_new
select
    "customer_id",
    "kind",
    "name",
    "street",
    "street2",
    "postcode",
    "city",
    "region",
    "country"
from "addresses_now";

-- memberships_new
select
    "customer_id",
    "group_key"
from "memberships_now";
