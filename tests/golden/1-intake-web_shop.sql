-- clean_web_shop_1
with cells as (
  select *
  from "raw_clean_web_shop_1"
),
texts as (
  select
      rp_disarmed(rp_text("Customer ID", false)) as "t_external_id",
      rp_text("Account", false) as "t_kind",
      rp_disarmed(rp_text("First Name", false)) as "t_first_name",
      rp_disarmed(rp_text("Last Name", false)) as "t_last_name",
      rp_text("Email", false) as "t_email",
      rp_bare(rp_text("Phone", false)) as "t_phone",
      rp_disarmed(rp_text("Company", false)) as "t_company",
      rp_bare(rp_text("VAT Number", false)) as "t_vat_id",
      rp_text("Tax Exempt", false) as "t_tax_exempt",
      rp_disarmed(rp_text("Note", false)) as "t_note",
      rp_disarmed(rp_text("Address", false)) as "t_street",
      rp_disarmed(rp_text("Address 2", false)) as "t_street2",
      rp_bare(rp_text("Zip", false)) as "t_postcode",
      rp_disarmed(rp_text("City", false)) as "t_city",
      rp_bare(rp_text("Country Code", false)) as "t_country",
      rp_disarmed(rp_text("Ship To Name", false)) as "t_shipping_name",
      rp_disarmed(rp_text("Ship To Address", false)) as "t_shipping_street",
      rp_bare(rp_text("Ship To Zip", false)) as "t_shipping_postcode",
      rp_disarmed(rp_text("Ship To City", false)) as "t_shipping_city",
      rp_bare(rp_text("Ship To Country", false)) as "t_shipping_country",
      rp_text("Tags", false) as "t_groups",
      rp_text("Created At", false) as "t_created_at",
      rp_text("Updated At", false) as "t_updated_at",
      rp_text("Accepts Marketing", false) as "t_consent_newsletter_email",
      rp_dated(rp_text("Marketing Consent At", false)) as "t_consent_newsletter_email_at",
      rp_fingerprint({'c0': coalesce("Customer ID", ''), 'c1': coalesce("Account", ''), 'c2': coalesce("First Name", ''), 'c3': coalesce("Last Name", ''), 'c4': coalesce("Email", ''), 'c5': coalesce("Phone", ''), 'c6': coalesce("Company", ''), 'c7': coalesce("VAT Number", ''), 'c8': coalesce("Tax Exempt", ''), 'c9': coalesce("Note", ''), 'c10': coalesce("Address", ''), 'c11': coalesce("Address 2", ''), 'c12': coalesce("Zip", ''), 'c13': coalesce("City", ''), 'c14': coalesce("Country Code", ''), 'c15': coalesce("Ship To Name", ''), 'c16': coalesce("Ship To Address", ''), 'c17': coalesce("Ship To Zip", ''), 'c18': coalesce("Ship To City", ''), 'c19': coalesce("Ship To Country", ''), 'c20': coalesce("Tags", ''), 'c21': coalesce("Created At", ''), 'c22': coalesce("Updated At", ''), 'c23': coalesce("Accepts Marketing", ''), 'c24': coalesce("Marketing Consent At", ''), 'version': '(mapping and schema)'}) as fingerprint
  from cells
),
values_read as (
  select
      *,
      rp_bare("t_external_id") as "external_id",
      case when "t_kind" is null then 'registered' else case when (lower("t_kind") = 'registered') then 'registered' when (lower("t_kind") = 'guest') then 'guest' when (lower("t_kind") = 'registered' or lower("t_kind") = 'subscriber' or lower("t_kind") = 'guest') then lower("t_kind") when "t_kind" is null then null else null end end as "kind",
      rp_composed("t_first_name") as "first_name",
      rp_composed("t_last_name") as "last_name",
      case when rp_plain_email("t_email") then lower("t_email") when not rp_foreign_domain("t_email") then rp_email("t_email") end as "email",
      rp_dial("t_phone") as "s_phone",
      "t_company" as "company",
      case when "t_vat_id" is null then null else rp_code("t_vat_id") end as "vat_id",
      case when (lower("t_tax_exempt") = 'yes') then true when (lower("t_tax_exempt") = 'no') then false end as "tax_exempt",
      "t_note" as "note",
      "t_street" as "street",
      "t_street2" as "street2",
      rp_post_signs("t_postcode") as "s_postcode",
      "t_city" as "city",
      case when "t_country" is null then null else rp_country("t_country") end as "country",
      "t_shipping_name" as "shipping_name",
      "t_shipping_street" as "shipping_street",
      rp_post_signs("t_shipping_postcode") as "s_shipping_postcode",
      "t_shipping_city" as "shipping_city",
      case when "t_shipping_country" is null then null else rp_country("t_shipping_country") end as "shipping_country",
      rp_list("t_groups", ',') as "groups",
      rp_time_offset("t_created_at", '%Y-%m-%d %H:%M:%S %z') as "created_at",
      rp_time_offset("t_updated_at", '%Y-%m-%d %H:%M:%S %z') as "updated_at",
      case when (lower("t_consent_newsletter_email") = 'yes') then 'granted' when (lower("t_consent_newsletter_email") = 'no') then 'never' when "t_consent_newsletter_email" is null then 'unknown' else null end as "consent_newsletter_email",
      rp_time_offset("t_consent_newsletter_email_at", '%Y-%m-%d %H:%M:%S %z') as "consent_newsletter_email_at"
  from texts
),
by_country as (
  select
      *,
      coalesce(rp_region(country), 'SE') as "g_phone",
      rp_post_body("s_postcode", "country") as "b_postcode",
      rp_post_body("s_shipping_postcode", "shipping_country") as "b_shipping_postcode"
  from values_read
),
fitted as (
  select
      *,
      rp_phone("s_phone", "g_phone") as "phone",
      rp_postcode("t_postcode", "b_postcode", "country") as "postcode",
      rp_postcode("t_shipping_postcode", "b_shipping_postcode", "shipping_country") as "shipping_postcode"
  from by_country
)
select
    "external_id",
    "kind",
    "first_name",
    "last_name",
    "email",
    case when "email" is null and "t_email" is not null then 'email::' || rp_email("t_email") end as "email_asked",
    case when "t_email" is distinct from "email" then "t_email" end as "email_text",
    "phone",
    case when "phone" is null and "t_phone" is not null then 'phone:' || coalesce("g_phone", '') || ':' || "t_phone" end as "phone_asked",
    case when "t_phone" is distinct from "phone" then "t_phone" end as "phone_text",
    "company",
    "vat_id",
    case when "t_vat_id" is distinct from "vat_id" then "t_vat_id" end as "vat_id_text",
    "tax_exempt",
    "note",
    "street",
    "street2",
    "postcode",
    case when "t_postcode" is distinct from "postcode" then "t_postcode" end as "postcode_text",
    "city",
    "country",
    case when "t_country" is distinct from "country" then "t_country" end as "country_text",
    "shipping_name",
    "shipping_street",
    "shipping_postcode",
    "shipping_city",
    "shipping_country",
    "groups",
    "created_at",
    "updated_at",
    "consent_newsletter_email",
    "consent_newsletter_email_at",
    fingerprint,
    case when ("t_kind" is not null and "kind" is null) or ("t_tax_exempt" is not null and "tax_exempt" is null) or ("t_created_at" is not null and "created_at" is null) or ("t_updated_at" is not null and "updated_at" is null) or ("t_consent_newsletter_email_at" is not null and "consent_newsletter_email_at" is null) or ("t_consent_newsletter_email" is not null and "consent_newsletter_email" is null) then rp_named([case when ("t_kind" is not null and "kind" is null) then 'kind' end, case when ("t_tax_exempt" is not null and "tax_exempt" is null) then 'tax_exempt' end, case when ("t_created_at" is not null and "created_at" is null) then 'created_at' end, case when ("t_updated_at" is not null and "updated_at" is null) then 'updated_at' end, case when ("t_consent_newsletter_email_at" is not null and "consent_newsletter_email_at" is null) then 'consent.newsletter' end, case when ("t_consent_newsletter_email" is not null and "consent_newsletter_email" is null) then 'consent.newsletter' end]) end as unreadable
from fitted;

-- asked_web_shop
select distinct "email_asked" as question
from "clean_web_shop_1"
where "email_asked" is not null
union
select distinct "phone_asked" as question
from "clean_web_shop_1"
where "phone_asked" is not null;

-- rows_web_shop
select
    1 * 68719476736 + cast(c.rowid + 2 as bigint) as row_id,
    1 as file_no,
    cast(c.rowid + 2 as bigint) as row_number,
    timestamp '(the file)' as delivered_at,
    cast(null as varchar) as problem,
    "external_id",
    "kind",
    "email",
    "phone",
    "first_name",
    "last_name",
    "company",
    "vat_id",
    "tax_exempt",
    "note",
    "street",
    "street2",
    "postcode",
    "city",
    "country",
    "shipping_name",
    "shipping_street",
    "shipping_postcode",
    "shipping_city",
    "shipping_country",
    "groups",
    "created_at",
    "updated_at",
    "consent_newsletter_email",
    "consent_newsletter_email_at",
    "email_text",
    "phone_text",
    "postcode_text",
    "country_text",
    "vat_id_text",
    fingerprint,
    c.unreadable as unreadable
from "clean_web_shop_1" c;

-- unchanged_web_shop
select r.row_id, r.external_id, r.delivered_at
from "rows_web_shop" r
join registry.source_records h
  on h.source = 'web_shop'
  and h.external_id = r.external_id
  and h.fingerprint = r.fingerprint
  and (
    h.gone_at is null
    or exists (
      select 1 from registry.deletions d
      where d.source = h.source and d.external_id = h.external_id
    )
  )
where r.problem is null;

-- erased_web_shop
select r.row_id
        from "rows_web_shop" r
        where r.email in (select address from registry.suppressions where reason = 'erased') or r.phone in (select address from registry.suppressions where reason = 'erased');

-- changed_web_shop
select r.*
from "rows_web_shop" r;

-- judge_web_shop
select
    r.row_id as row_number,
    r.unreadable,
    r."external_id",
    r."kind",
    r."email",
    r."phone",
    r."first_name",
    r."last_name",
    r."company",
    r."vat_id",
    r."tax_exempt",
    r."note",
    r."street",
    r."street2",
    r."postcode",
    r."city",
    r."country",
    r."shipping_name",
    r."shipping_street",
    r."shipping_postcode",
    r."shipping_city",
    r."shipping_country",
    r."groups",
    r."created_at",
    r."updated_at",
    r."consent_newsletter_email",
    r."consent_newsletter_email_at"
from "changed_web_shop" r
where r.problem is null;

-- judged_web_shop_checked
with given as (
  select
      row_number,
      unreadable,
      "external_id",
      "kind",
      "email",
      "phone",
      "last_name",
      "company",
      "vat_id",
      cast(null as date) as "birth_date",
      cast(null as varchar) as "language",
      "country",
      "shipping_country",
      "created_at",
      "updated_at"
  from "judge_web_shop"
)
select
    row_number,
    unreadable,
    "external_id",
    "kind",
    "email",
    "phone",
    "last_name",
    "company",
    "vat_id",
    "birth_date",
    "language",
    "country",
    "shipping_country",
    "created_at",
    "updated_at"
from given
where not coalesce(
      "external_id" is not null
      and ("kind" is null or "kind" in ('guest', 'registered', 'subscriber'))
      and ("email" is null or (length("email") <= 254 and regexp_matches("email", '^[A-Za-z0-9!#$%&''*+/=?^_`{|}~-]+(?:[.][A-Za-z0-9!#$%&''*+/=?^_`{|}~-]+)*@(?:[A-Za-z0-9]+(?:-+[A-Za-z0-9]+)*[.])+(?:[A-Za-z]{2,}|xn--[a-z0-9-]+)\z')))
      and ("phone" is null or regexp_matches("phone", '^[+][1-9][0-9]{6,14}\z'))
      and ("vat_id" is null or (regexp_matches("vat_id", '^(?:ATU[0-9]{8}|BE(?:0[1-9]|1[0-9])[0-9]{8}|DE[1-9][0-9]{8}|DK[1-9][0-9]{7}|EE[0-9]{9}|EL[0-9]{9}|FI[0-9]{8}|FR[0-9]{11}|HR[0-9]{11}|HU[0-9]{8}|LU[0-9]{8}|PL[0-9]{10}|PT[1-9][0-9]{8}|SE[0-9]{10}01|SI[1-9][0-9]{7})\z') or (not substr("vat_id", 1, 2) in ('AT', 'BE', 'BG', 'CY', 'CZ', 'DE', 'DK', 'EE', 'EL', 'ES', 'FI', 'FR', 'GR', 'HR', 'HU', 'IE', 'IT', 'LT', 'LU', 'LV', 'MT', 'NL', 'PL', 'PT', 'RO', 'SE', 'SI', 'SK', 'XI') and regexp_matches("vat_id", '^[A-Z0-9](?:[./-]?[A-Z0-9]){3,19}\z'))))
      and ("birth_date" is null or ("birth_date" >= date '1900-01-01' and "birth_date" <= date '2024-05-01'))
      and ("language" is null or regexp_matches("language", '^[A-Za-z]{2,3}(?:[-_][A-Za-z0-9]{1,8}){0,4}\z'))
      and ("country" is null or "country" in ('AD', 'AE', 'AF', 'AG', 'AI', 'AL', 'AM', 'AO', 'AQ', 'AR', 'AS', 'AT', 'AU', 'AW', 'AX', 'AZ', 'BA', 'BB', 'BD', 'BE', 'BF', 'BG', 'BH', 'BI', 'BJ', 'BL', 'BM', 'BN', 'BO', 'BQ', 'BR', 'BS', 'BT', 'BV', 'BW', 'BY', 'BZ', 'CA', 'CC', 'CD', 'CF', 'CG', 'CH', 'CI', 'CK', 'CL', 'CM', 'CN', 'CO', 'CR', 'CU', 'CV', 'CW', 'CX', 'CY', 'CZ', 'DE', 'DJ', 'DK', 'DM', 'DO', 'DZ', 'EC', 'EE', 'EG', 'EH', 'ER', 'ES', 'ET', 'FI', 'FJ', 'FK', 'FM', 'FO', 'FR', 'GA', 'GB', 'GD', 'GE', 'GF', 'GG', 'GH', 'GI', 'GL', 'GM', 'GN', 'GP', 'GQ', 'GR', 'GS', 'GT', 'GU', 'GW', 'GY', 'HK', 'HM', 'HN', 'HR', 'HT', 'HU', 'ID', 'IE', 'IL', 'IM', 'IN', 'IO', 'IQ', 'IR', 'IS', 'IT', 'JE', 'JM', 'JO', 'JP', 'KE', 'KG', 'KH', 'KI', 'KM', 'KN', 'KP', 'KR', 'KW', 'KY', 'KZ', 'LA', 'LB', 'LC', 'LI', 'LK', 'LR', 'LS', 'LT', 'LU', 'LV', 'LY', 'MA', 'MC', 'MD', 'ME', 'MF', 'MG', 'MH', 'MK', 'ML', 'MM', 'MN', 'MO', 'MP', 'MQ', 'MR', 'MS', 'MT', 'MU', 'MV', 'MW', 'MX', 'MY', 'MZ', 'NA', 'NC', 'NE', 'NF', 'NG', 'NI', 'NL', 'NO', 'NP', 'NR', 'NU', 'NZ', 'OM', 'PA', 'PE', 'PF', 'PG', 'PH', 'PK', 'PL', 'PM', 'PN', 'PR', 'PS', 'PT', 'PW', 'PY', 'QA', 'RE', 'RO', 'RS', 'RU', 'RW', 'SA', 'SB', 'SC', 'SD', 'SE', 'SG', 'SH', 'SI', 'SJ', 'SK', 'SL', 'SM', 'SN', 'SO', 'SR', 'SS', 'ST', 'SV', 'SX', 'SY', 'SZ', 'TC', 'TD', 'TF', 'TG', 'TH', 'TJ', 'TK', 'TL', 'TM', 'TN', 'TO', 'TR', 'TT', 'TV', 'TW', 'TZ', 'UA', 'UG', 'UM', 'US', 'UY', 'UZ', 'VA', 'VC', 'VE', 'VG', 'VI', 'VN', 'VU', 'WF', 'WS', 'XK', 'YE', 'YT', 'ZA', 'ZM', 'ZW'))
      and ("shipping_country" is null or "shipping_country" in ('AD', 'AE', 'AF', 'AG', 'AI', 'AL', 'AM', 'AO', 'AQ', 'AR', 'AS', 'AT', 'AU', 'AW', 'AX', 'AZ', 'BA', 'BB', 'BD', 'BE', 'BF', 'BG', 'BH', 'BI', 'BJ', 'BL', 'BM', 'BN', 'BO', 'BQ', 'BR', 'BS', 'BT', 'BV', 'BW', 'BY', 'BZ', 'CA', 'CC', 'CD', 'CF', 'CG', 'CH', 'CI', 'CK', 'CL', 'CM', 'CN', 'CO', 'CR', 'CU', 'CV', 'CW', 'CX', 'CY', 'CZ', 'DE', 'DJ', 'DK', 'DM', 'DO', 'DZ', 'EC', 'EE', 'EG', 'EH', 'ER', 'ES', 'ET', 'FI', 'FJ', 'FK', 'FM', 'FO', 'FR', 'GA', 'GB', 'GD', 'GE', 'GF', 'GG', 'GH', 'GI', 'GL', 'GM', 'GN', 'GP', 'GQ', 'GR', 'GS', 'GT', 'GU', 'GW', 'GY', 'HK', 'HM', 'HN', 'HR', 'HT', 'HU', 'ID', 'IE', 'IL', 'IM', 'IN', 'IO', 'IQ', 'IR', 'IS', 'IT', 'JE', 'JM', 'JO', 'JP', 'KE', 'KG', 'KH', 'KI', 'KM', 'KN', 'KP', 'KR', 'KW', 'KY', 'KZ', 'LA', 'LB', 'LC', 'LI', 'LK', 'LR', 'LS', 'LT', 'LU', 'LV', 'LY', 'MA', 'MC', 'MD', 'ME', 'MF', 'MG', 'MH', 'MK', 'ML', 'MM', 'MN', 'MO', 'MP', 'MQ', 'MR', 'MS', 'MT', 'MU', 'MV', 'MW', 'MX', 'MY', 'MZ', 'NA', 'NC', 'NE', 'NF', 'NG', 'NI', 'NL', 'NO', 'NP', 'NR', 'NU', 'NZ', 'OM', 'PA', 'PE', 'PF', 'PG', 'PH', 'PK', 'PL', 'PM', 'PN', 'PR', 'PS', 'PT', 'PW', 'PY', 'QA', 'RE', 'RO', 'RS', 'RU', 'RW', 'SA', 'SB', 'SC', 'SD', 'SE', 'SG', 'SH', 'SI', 'SJ', 'SK', 'SL', 'SM', 'SN', 'SO', 'SR', 'SS', 'ST', 'SV', 'SX', 'SY', 'SZ', 'TC', 'TD', 'TF', 'TG', 'TH', 'TJ', 'TK', 'TL', 'TM', 'TN', 'TO', 'TR', 'TT', 'TV', 'TW', 'TZ', 'UA', 'UG', 'UM', 'US', 'UY', 'UZ', 'VA', 'VC', 'VE', 'VG', 'VI', 'VN', 'VU', 'WF', 'WS', 'XK', 'YE', 'YT', 'ZA', 'ZM', 'ZW'))
      and ("created_at" is null or ("created_at" >= timestamp '1990-01-01 00:00:00' and "created_at" <= timestamp '2024-05-02 00:00:00'))
      and ("updated_at" is null or ("updated_at" >= timestamp '1990-01-01 00:00:00' and "updated_at" <= timestamp '2024-05-02 00:00:00'))
      and ("email" is not null or "phone" is not null or "last_name" is not null or "company" is not null), false);

-- judged_web_shop_reasons
with cells as (
  select row_number, unnest(unreadable) as field
  from "judge_web_shop"
  where unreadable is not null
),
failures as (
  select row_number, unnest(errors) as error
  from "judged_web_shop_checked"
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

-- reasons_web_shop
select row_number as row_id, "column", "check"
from "judged_web_shop_reasons"
union all
select row_id, '' as "column", problem as "check"
from "changed_web_shop"
where problem is not null;

-- lost_web_shop
with away as (
  select r.row_id
  from "rows_web_shop" r
  join registry.source_records h
    on h.source = 'web_shop' and r.external_id = h.external_id
  anti join registry.deletions d
    on h.source = d.source and h.external_id = d.external_id
  where h.gone_at > r.delivered_at
),
play as (
  select
      r.external_id,
      r.row_id,
      coalesce(r.updated_at, r.delivered_at) as dated,
      r.delivered_at,
      rp_refusal(r."consent_newsletter_email") as refusal,
      r.fingerprint
  from "rows_web_shop" r
  anti join "reasons_web_shop" b on r.row_id = b.row_id
  anti join away w on r.row_id = w.row_id
  where r.external_id is not null
  union all
  select
      h.external_id,
      -1 as row_id,
      coalesce(h.updated_at, h.held_at) as dated,
      h.held_at as delivered_at,
      0 as refusal,
      h.fingerprint
  from (
    select h.external_id, h.updated_at, case when d.at > h.delivered_at then d.at else h.delivered_at end as held_at, h.fingerprint
    from registry.source_records h left join (
      select f.source, max(f.delivered_at) as at
      from registry.run_files f
      join registry.runs u on f.run_id = u.run_id
      where f.source = 'web_shop' and u.command = 'run'
      group by f.source) d on h.source = d.source
    where h.source = 'web_shop'
      and (
    h.gone_at is null
    or exists (
      select 1 from registry.deletions d
      where d.source = h.source and d.external_id = h.external_id
    )
  )
  ) h
  anti join "unchanged_web_shop" u
    on h.external_id = u.external_id and u.delivered_at >= h.held_at
),
contested as (
  select external_id from play group by external_id having count(*) > 1
),
ranked as (
  select
      p.row_id,
      row_number() over (
        partition by p.external_id
        order by
          p.dated desc nulls last,
          p.delivered_at desc nulls last,
          p.refusal desc nulls last,
          p.fingerprint,
          p.row_id
      ) as place
  from play p
  semi join contested c on p.external_id = c.external_id
)
select row_id from ranked where place > 1 and row_id >= 0
union all
select row_id from away;

-- accepted_web_shop
select r.* from "changed_web_shop" r;

-- seen_web_shop
select distinct external_id from "rows_web_shop" where external_id is not null;
