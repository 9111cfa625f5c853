-- clean_mail_club_1
with cells as (
  select *
  from "raw_clean_mail_club_1"
),
texts as (
  select
      rp_disarmed(rp_text("Member", false)) as "t_external_id",
      'subscriber' as "t_kind",
      rp_disarmed(rp_text("Name", false)) as "t_full_name",
      rp_name_text(rp_composed(rp_disarmed(rp_text("Name", false)))) as "s_full_name",
      rp_text("E-mail", false) as "t_email",
      rp_bare(rp_text("Mobile", false)) as "t_phone",
      rp_bare(rp_text("Country", false)) as "t_country",
      rp_disarmed(rp_text("City", false)) as "t_city",
      rp_bare(rp_text("Zip", false)) as "t_postcode",
      rp_text("Changed", false) as "t_updated_at",
      rp_text("Status", false) as "t_consent_newsletter_email",
      rp_dated(rp_text("Status Since", false)) as "t_consent_newsletter_email_at",
      rp_fingerprint({'c0': coalesce("Member", ''), 'c1': coalesce("Name", ''), 'c2': coalesce("E-mail", ''), 'c3': coalesce("Mobile", ''), 'c4': coalesce("Country", ''), 'c5': coalesce("City", ''), 'c6': coalesce("Zip", ''), 'c7': coalesce("Changed", ''), 'c8': coalesce("Status", ''), 'c9': coalesce("Status Since", ''), 'version': '(mapping and schema)'}) as fingerprint
  from cells
),
values_read as (
  select
      *,
      rp_bare("t_external_id") as "external_id",
      case when "t_kind" is null then 'registered' else case when (lower("t_kind") = 'registered' or lower("t_kind") = 'subscriber' or lower("t_kind") = 'guest') then lower("t_kind") when "t_kind" is null then null else null end end as "kind",
      rp_first_name("s_full_name", 'af|al|av|bin|da|dalla|das|de|del|della|dello|den|der|des|di|do|dos|du|el|ibn|la|las|le|los|te|ten|ter|van|vom|von|zu|zum|zur', 'ii|iii|iv|jnr|jr|junior|senior|snr|sr') as "first_name",
      rp_last_name("s_full_name", 'af|al|av|bin|da|dalla|das|de|del|della|dello|den|der|des|di|do|dos|du|el|ibn|la|las|le|los|te|ten|ter|van|vom|von|zu|zum|zur', 'ii|iii|iv|jnr|jr|junior|senior|snr|sr') as "last_name",
      case when rp_plain_email("t_email") then lower("t_email") when not rp_foreign_domain("t_email") then rp_email("t_email") end as "email",
      rp_dial("t_phone") as "s_phone",
      case when "t_country" is null then null else rp_country("t_country") end as "country",
      "t_city" as "city",
      rp_post_signs("t_postcode") as "s_postcode",
      rp_time_iso("t_updated_at", 'UTC') as "updated_at",
      case when (lower("t_consent_newsletter_email") = 'subscribed') then 'granted' when (lower("t_consent_newsletter_email") = 'pending') then 'pending' when (lower("t_consent_newsletter_email") = 'unsubscribed') then 'withdrawn' when (lower("t_consent_newsletter_email") = 'nonsubscribed') then 'never' when "t_consent_newsletter_email" is null then 'unknown' else null end as "consent_newsletter_email",
      rp_time_iso("t_consent_newsletter_email_at", 'UTC') as "consent_newsletter_email_at"
  from texts
),
by_country as (
  select
      *,
      coalesce(rp_region(country), 'SE') as "g_phone",
      rp_post_body("s_postcode", "country") as "b_postcode"
  from values_read
),
fitted as (
  select
      *,
      rp_phone("s_phone", "g_phone") as "phone",
      rp_postcode("t_postcode", "b_postcode", "country") as "postcode"
  from by_country
)
select
    "external_id",
    "kind",
    "first_name",
    "last_name",
    case when "t_full_name" is distinct from concat_ws(' ', first_name, last_name) then "t_full_name" end as "full_name_text",
    "email",
    case when "email" is null and "t_email" is not null then 'email::' || rp_email("t_email") end as "email_asked",
    case when "t_email" is distinct from "email" then "t_email" end as "email_text",
    "phone",
    case when "phone" is null and "t_phone" is not null then 'phone:' || coalesce("g_phone", '') || ':' || "t_phone" end as "phone_asked",
    case when "t_phone" is distinct from "phone" then "t_phone" end as "phone_text",
    "country",
    case when "t_country" is distinct from "country" then "t_country" end as "country_text",
    "city",
    "postcode",
    case when "t_postcode" is distinct from "postcode" then "t_postcode" end as "postcode_text",
    "updated_at",
    "consent_newsletter_email",
    "consent_newsletter_email_at",
    fingerprint,
    case when ("t_kind" is not null and "kind" is null) or ("t_updated_at" is not null and "updated_at" is null) or ("t_consent_newsletter_email_at" is not null and "consent_newsletter_email_at" is null) or ("t_consent_newsletter_email" is not null and "consent_newsletter_email" is null) then rp_named([case when ("t_kind" is not null and "kind" is null) then 'kind' end, case when ("t_updated_at" is not null and "updated_at" is null) then 'updated_at' end, case when ("t_consent_newsletter_email_at" is not null and "consent_newsletter_email_at" is null) then 'consent.newsletter' end, case when ("t_consent_newsletter_email" is not null and "consent_newsletter_email" is null) then 'consent.newsletter' end]) end as unreadable
from fitted;

-- asked_mail_club
select distinct "email_asked" as question
from "clean_mail_club_1"
where "email_asked" is not null
union
select distinct "phone_asked" as question
from "clean_mail_club_1"
where "phone_asked" is not null;

-- rows_mail_club
select
    3 * 68719476736 + cast(c.rowid + 2 as bigint) as row_id,
    3 as file_no,
    cast(c.rowid + 2 as bigint) as row_number,
    timestamp '(the file)' as delivered_at,
    cast(null as varchar) as problem,
    "external_id",
    "kind",
    "email",
    "phone",
    "first_name",
    "last_name",
    "postcode",
    "city",
    "country",
    "updated_at",
    "consent_newsletter_email",
    "consent_newsletter_email_at",
    "email_text",
    "phone_text",
    "full_name_text",
    "postcode_text",
    "country_text",
    fingerprint,
    c.unreadable as unreadable
from "clean_mail_club_1" c;

-- unchanged_mail_club
select r.row_id, r.external_id, r.delivered_at
from "rows_mail_club" r
join registry.source_records h
  on h.source = 'mail_club'
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

-- erased_mail_club
select r.row_id
        from "rows_mail_club" r
        where r.email in (select address from registry.suppressions where reason = 'erased') or r.phone in (select address from registry.suppressions where reason = 'erased');

-- changed_mail_club
select r.*
from "rows_mail_club" r;

-- judge_mail_club
select
    r.row_id as row_number,
    r.unreadable,
    r."external_id",
    r."kind",
    r."email",
    r."phone",
    r."first_name",
    r."last_name",
    r."postcode",
    r."city",
    r."country",
    r."updated_at",
    r."consent_newsletter_email",
    r."consent_newsletter_email_at"
from "changed_mail_club" r
where r.problem is null;

-- judged_mail_club_checked
with given as (
  select
      row_number,
      unreadable,
      "external_id",
      "kind",
      "email",
      "phone",
      "last_name",
      cast(null as varchar) as "company",
      cast(null as varchar) as "vat_id",
      cast(null as date) as "birth_date",
      cast(null as varchar) as "language",
      "country",
      cast(null as varchar) as "shipping_country",
      cast(null as timestamp) as "created_at",
      "updated_at"
  from "judge_mail_club"
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

-- judged_mail_club_reasons
with cells as (
  select row_number, unnest(unreadable) as field
  from "judge_mail_club"
  where unreadable is not null
),
failures as (
  select row_number, unnest(errors) as error
  from "judged_mail_club_checked"
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

-- reasons_mail_club
select row_number as row_id, "column", "check"
from "judged_mail_club_reasons"
union all
select row_id, '' as "column", problem as "check"
from "changed_mail_club"
where problem is not null;

-- lost_mail_club
with play as (
  select
      r.external_id,
      r.row_id,
      coalesce(r.updated_at, r.delivered_at) as dated,
      r.delivered_at,
      rp_refusal(r."consent_newsletter_email") as refusal,
      r.fingerprint
  from "rows_mail_club" r
  anti join "reasons_mail_club" b on r.row_id = b.row_id
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
    select h.external_id, h.updated_at, h.delivered_at as held_at, h.fingerprint
    from registry.source_records h 
    where h.source = 'mail_club'
      and (
    h.gone_at is null
    or exists (
      select 1 from registry.deletions d
      where d.source = h.source and d.external_id = h.external_id
    )
  )
  ) h
  anti join "unchanged_mail_club" u
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
select row_id from ranked where place > 1 and row_id >= 0;

-- accepted_mail_club
select r.* from "changed_mail_club" r;
