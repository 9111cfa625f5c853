-- decisions_in_force
with said as (
  select
      source_a, external_id_a, source_b, external_id_b,
      decision, decision_id, decided_by, decided_at
  from registry.link_decisions
  anti join link_decisions_gone
    using (source_a, external_id_a, source_b, external_id_b)
  union all
  select
      source_a, external_id_a, source_b, external_id_b,
      decision, decision_id, decided_by, decided_at
  from link_decisions_new
)
select
    source_a,
    external_id_a,
    source_b,
    external_id_b,
    decision,
    decision_id,
    decided_by,
    decided_at
from said
qualify row_number() over (
  partition by source_a, external_id_a, source_b, external_id_b
  order by decided_at desc, decision
) = 1;

-- dismissals_in_force
select kind, subject
from registry.review_dismissals
anti join review_dismissals_gone using (kind, subject)
union all
select kind, subject from review_dismissals_new;

-- decided
select s.source, s.external_id
from registry.source_records s
where s.customer_id in (select customer_id from overrides_gone)
union
select source, external_id from records_removed
union
select s.source, s.external_id
from registry.source_records s
semi join (
  select source_a as source, external_id_a as external_id from link_decisions_gone
  union all
  select source_b as source, external_id_b as external_id from link_decisions_gone
  union all
  select source_a as source, external_id_a as external_id
  from review_dismissals_gone
) d
  on s.source = d.source and s.external_id = d.external_id;

-- asked_first_name
select distinct first_name as question
from "accepted_web_shop"
where first_name is not null and not (rp_plain_name(first_name) and not rp_has_word(first_name, 'abc|achternaam|admin|af|al|anonymous|apellido|asd|asdf|asiakas|av|bin|client|cliente|cognome|customer|da|dalla|das|de|del|della|dello|den|der|des|desconocido|dhr|di|dipl|do|dos|dott|dr|du|efternamn|efternavn|el|etunimi|first name|firstname|fornavn|frau|fröken|förnamn|gast|gość|guest|gäst|gæst|herr|herrn|hr|hra|ibn|ii|iii|imię|inconnu|ing|ingen|invitado|invité|inż|iv|jnr|jr|junior|keine|klant|klient|kund|kunde|la|las|last name|lastname|le|los|madame|mevr|mevrouw|mgr|miss|mlle|mme|monsieur|mr|mrs|ms|mx|n/a|nachname|name|nan|nazwisko|nieznany|nn|no name|nom|nombre|nome|noname|none|not provided|null|okänd|onbekend|ospite|pani|prof|professor|prénom|qwerty|saknas|sconosciuto|senior|sig|sir|snr|sr|sra|srta|sukunimi|te|ten|ter|test|tester|testtest|tuntematon|ukendt|unbekannt|undefined|unknown|user|van|vieras|vom|von|voornaam|vorname|xx|xxx|xyz|zu|zum|zur'))
union
select distinct first_name as question
from "accepted_old_shop"
where first_name is not null and not (rp_plain_name(first_name) and not rp_has_word(first_name, 'abc|achternaam|admin|af|al|anonymous|apellido|asd|asdf|asiakas|av|bin|client|cliente|cognome|customer|da|dalla|das|de|del|della|dello|den|der|des|desconocido|dhr|di|dipl|do|dos|dott|dr|du|efternamn|efternavn|el|etunimi|first name|firstname|fornavn|frau|fröken|förnamn|gast|gość|guest|gäst|gæst|herr|herrn|hr|hra|ibn|ii|iii|imię|inconnu|ing|ingen|invitado|invité|inż|iv|jnr|jr|junior|keine|klant|klient|kund|kunde|la|las|last name|lastname|le|los|madame|mevr|mevrouw|mgr|miss|mlle|mme|monsieur|mr|mrs|ms|mx|n/a|nachname|name|nan|nazwisko|nieznany|nn|no name|nom|nombre|nome|noname|none|not provided|null|okänd|onbekend|ospite|pani|prof|professor|prénom|qwerty|saknas|sconosciuto|senior|sig|sir|snr|sr|sra|srta|sukunimi|te|ten|ter|test|tester|testtest|tuntematon|ukendt|unbekannt|undefined|unknown|user|van|vieras|vom|von|voornaam|vorname|xx|xxx|xyz|zu|zum|zur'))
union
select distinct first_name as question
from "accepted_mail_club"
where first_name is not null and not (rp_plain_name(first_name) and not rp_has_word(first_name, 'abc|achternaam|admin|af|al|anonymous|apellido|asd|asdf|asiakas|av|bin|client|cliente|cognome|customer|da|dalla|das|de|del|della|dello|den|der|des|desconocido|dhr|di|dipl|do|dos|dott|dr|du|efternamn|efternavn|el|etunimi|first name|firstname|fornavn|frau|fröken|förnamn|gast|gość|guest|gäst|gæst|herr|herrn|hr|hra|ibn|ii|iii|imię|inconnu|ing|ingen|invitado|invité|inż|iv|jnr|jr|junior|keine|klant|klient|kund|kunde|la|las|last name|lastname|le|los|madame|mevr|mevrouw|mgr|miss|mlle|mme|monsieur|mr|mrs|ms|mx|n/a|nachname|name|nan|nazwisko|nieznany|nn|no name|nom|nombre|nome|noname|none|not provided|null|okänd|onbekend|ospite|pani|prof|professor|prénom|qwerty|saknas|sconosciuto|senior|sig|sir|snr|sr|sra|srta|sukunimi|te|ten|ter|test|tester|testtest|tuntematon|ukendt|unbekannt|undefined|unknown|user|van|vieras|vom|von|voornaam|vorname|xx|xxx|xyz|zu|zum|zur'));

-- asked_last_name
select distinct last_name as question
from "accepted_web_shop"
where last_name is not null and not (rp_plain_name(last_name) and not rp_has_word(last_name, 'abc|achternaam|admin|af|al|anonymous|apellido|asd|asdf|asiakas|av|bin|client|cliente|cognome|customer|da|dalla|das|de|del|della|dello|den|der|des|desconocido|dhr|di|dipl|do|dos|dott|dr|du|efternamn|efternavn|el|etunimi|first name|firstname|fornavn|frau|fröken|förnamn|gast|gość|guest|gäst|gæst|herr|herrn|hr|hra|ibn|ii|iii|imię|inconnu|ing|ingen|invitado|invité|inż|iv|jnr|jr|junior|keine|klant|klient|kund|kunde|la|las|last name|lastname|le|los|madame|mevr|mevrouw|mgr|miss|mlle|mme|monsieur|mr|mrs|ms|mx|n/a|nachname|name|nan|nazwisko|nieznany|nn|no name|nom|nombre|nome|noname|none|not provided|null|okänd|onbekend|ospite|pani|prof|professor|prénom|qwerty|saknas|sconosciuto|senior|sig|sir|snr|sr|sra|srta|sukunimi|te|ten|ter|test|tester|testtest|tuntematon|ukendt|unbekannt|undefined|unknown|user|van|vieras|vom|von|voornaam|vorname|xx|xxx|xyz|zu|zum|zur'))
union
select distinct last_name as question
from "accepted_old_shop"
where last_name is not null and not (rp_plain_name(last_name) and not rp_has_word(last_name, 'abc|achternaam|admin|af|al|anonymous|apellido|asd|asdf|asiakas|av|bin|client|cliente|cognome|customer|da|dalla|das|de|del|della|dello|den|der|des|desconocido|dhr|di|dipl|do|dos|dott|dr|du|efternamn|efternavn|el|etunimi|first name|firstname|fornavn|frau|fröken|förnamn|gast|gość|guest|gäst|gæst|herr|herrn|hr|hra|ibn|ii|iii|imię|inconnu|ing|ingen|invitado|invité|inż|iv|jnr|jr|junior|keine|klant|klient|kund|kunde|la|las|last name|lastname|le|los|madame|mevr|mevrouw|mgr|miss|mlle|mme|monsieur|mr|mrs|ms|mx|n/a|nachname|name|nan|nazwisko|nieznany|nn|no name|nom|nombre|nome|noname|none|not provided|null|okänd|onbekend|ospite|pani|prof|professor|prénom|qwerty|saknas|sconosciuto|senior|sig|sir|snr|sr|sra|srta|sukunimi|te|ten|ter|test|tester|testtest|tuntematon|ukendt|unbekannt|undefined|unknown|user|van|vieras|vom|von|voornaam|vorname|xx|xxx|xyz|zu|zum|zur'))
union
select distinct last_name as question
from "accepted_mail_club"
where last_name is not null and not (rp_plain_name(last_name) and not rp_has_word(last_name, 'abc|achternaam|admin|af|al|anonymous|apellido|asd|asdf|asiakas|av|bin|client|cliente|cognome|customer|da|dalla|das|de|del|della|dello|den|der|des|desconocido|dhr|di|dipl|do|dos|dott|dr|du|efternamn|efternavn|el|etunimi|first name|firstname|fornavn|frau|fröken|förnamn|gast|gość|guest|gäst|gæst|herr|herrn|hr|hra|ibn|ii|iii|imię|inconnu|ing|ingen|invitado|invité|inż|iv|jnr|jr|junior|keine|klant|klient|kund|kunde|la|las|last name|lastname|le|los|madame|mevr|mevrouw|mgr|miss|mlle|mme|monsieur|mr|mrs|ms|mx|n/a|nachname|name|nan|nazwisko|nieznany|nn|no name|nom|nombre|nome|noname|none|not provided|null|okänd|onbekend|ospite|pani|prof|professor|prénom|qwerty|saknas|sconosciuto|senior|sig|sir|snr|sr|sra|srta|sukunimi|te|ten|ter|test|tester|testtest|tuntematon|ukendt|unbekannt|undefined|unknown|user|van|vieras|vom|von|voornaam|vorname|xx|xxx|xyz|zu|zum|zur'));

-- asked_tax_numbers
select distinct case when vat_id is not null then 'vat_id:' || coalesce(rp_region(country), '') || ':' || vat_id end as question
from "accepted_web_shop"
where vat_id is not null
union
select distinct case when org_number is not null then 'org_number:' || coalesce(rp_region(country), '') || ':' || org_number end as question
from "accepted_old_shop"
where org_number is not null;

-- incoming
select
    4503599627370496 + row_id as origin,
    'web_shop' as source,
    "external_id" as "external_id",
    "kind" as "kind",
    "email" as "email",
    "phone" as "phone",
    "first_name" as "first_name",
    "last_name" as "last_name",
    rp_name_key(first_name) as "first_key",
    rp_name_key(last_name) as "last_key",
    "company" as "company",
    "vat_id" as "vat_id",
    cast(null as varchar) as "org_number",
    cast(null as date) as "birth_date",
    cast(null as varchar) as "language",
    "tax_exempt" as "tax_exempt",
    "note" as "note",
    "street" as "street",
    "street2" as "street2",
    "postcode" as "postcode",
    "city" as "city",
    cast(null as varchar) as "region",
    "country" as "country",
    "shipping_name" as "shipping_name",
    "shipping_street" as "shipping_street",
    cast(null as varchar) as "shipping_street2",
    "shipping_postcode" as "shipping_postcode",
    "shipping_city" as "shipping_city",
    cast(null as varchar) as "shipping_region",
    "shipping_country" as "shipping_country",
    "groups" as "groups",
    "created_at" as "created_at",
    "updated_at" as "updated_at",
    cast(null as varchar) as "vat_key",
    cast(null as varchar) as "org_key",
    case when email_text is not null or phone_text is not null or postcode_text is not null or country_text is not null or vat_id_text is not null then {'email': email_text, 'phone': phone_text, 'full_name': cast(null as varchar), 'postcode': postcode_text, 'country': country_text, 'vat_id': vat_id_text, 'org_number': cast(null as varchar)} end as "originals",
    nullif(case when rp_believed(r."consent_newsletter_email_at", r.delivered_at) is null and r."consent_newsletter_email" in ('never', 'unknown') then ' newsletter.email:' || r."consent_newsletter_email" else '' end, '') as "undated",
    delivered_at,
    fingerprint,
    0 + file_no as file_id,
    row_number
from "accepted_web_shop" r
union all
select
    9007199254740992 + row_id as origin,
    'old_shop' as source,
    "external_id" as "external_id",
    "kind" as "kind",
    "email" as "email",
    "phone" as "phone",
    "first_name" as "first_name",
    "last_name" as "last_name",
    rp_name_key(first_name) as "first_key",
    rp_name_key(last_name) as "last_key",
    "company" as "company",
    cast(null as varchar) as "vat_id",
    "org_number" as "org_number",
    cast(null as date) as "birth_date",
    cast(null as varchar) as "language",
    "tax_exempt" as "tax_exempt",
    cast(null as varchar) as "note",
    "street" as "street",
    cast(null as varchar) as "street2",
    "postcode" as "postcode",
    "city" as "city",
    cast(null as varchar) as "region",
    "country" as "country",
    cast(null as varchar) as "shipping_name",
    cast(null as varchar) as "shipping_street",
    cast(null as varchar) as "shipping_street2",
    cast(null as varchar) as "shipping_postcode",
    cast(null as varchar) as "shipping_city",
    cast(null as varchar) as "shipping_region",
    cast(null as varchar) as "shipping_country",
    "groups" as "groups",
    "created_at" as "created_at",
    "updated_at" as "updated_at",
    cast(null as varchar) as "vat_key",
    cast(null as varchar) as "org_key",
    case when email_text is not null or phone_text is not null or postcode_text is not null or country_text is not null or org_number_text is not null then {'email': email_text, 'phone': phone_text, 'full_name': cast(null as varchar), 'postcode': postcode_text, 'country': country_text, 'vat_id': cast(null as varchar), 'org_number': org_number_text} end as "originals",
    cast(null as varchar) as "undated",
    delivered_at,
    fingerprint,
    0 + file_no as file_id,
    row_number
from "accepted_old_shop" r
union all
select
    13510798882111488 + row_id as origin,
    'mail_club' as source,
    "external_id" as "external_id",
    "kind" as "kind",
    "email" as "email",
    "phone" as "phone",
    "first_name" as "first_name",
    "last_name" as "last_name",
    rp_name_key(first_name) as "first_key",
    rp_name_key(last_name) as "last_key",
    cast(null as varchar) as "company",
    cast(null as varchar) as "vat_id",
    cast(null as varchar) as "org_number",
    cast(null as date) as "birth_date",
    cast(null as varchar) as "language",
    cast(null as boolean) as "tax_exempt",
    cast(null as varchar) as "note",
    cast(null as varchar) as "street",
    cast(null as varchar) as "street2",
    "postcode" as "postcode",
    "city" as "city",
    cast(null as varchar) as "region",
    "country" as "country",
    cast(null as varchar) as "shipping_name",
    cast(null as varchar) as "shipping_street",
    cast(null as varchar) as "shipping_street2",
    cast(null as varchar) as "shipping_postcode",
    cast(null as varchar) as "shipping_city",
    cast(null as varchar) as "shipping_region",
    cast(null as varchar) as "shipping_country",
    cast(null as varchar[]) as "groups",
    cast(null as timestamp) as "created_at",
    "updated_at" as "updated_at",
    cast(null as varchar) as "vat_key",
    cast(null as varchar) as "org_key",
    case when email_text is not null or phone_text is not null or full_name_text is not null or postcode_text is not null or country_text is not null then {'email': email_text, 'phone': phone_text, 'full_name': full_name_text, 'postcode': postcode_text, 'country': country_text, 'vat_id': cast(null as varchar), 'org_number': cast(null as varchar)} end as "originals",
    nullif(case when rp_believed(r."consent_newsletter_email_at", r.delivered_at) is null and r."consent_newsletter_email" in ('never', 'unknown') then ' newsletter.email:' || r."consent_newsletter_email" else '' end, '') as "undated",
    delivered_at,
    fingerprint,
    0 + file_no as file_id,
    row_number
from "accepted_mail_club" r;

-- vanished
select s.source, s.external_id, timestamp '(the file)' as gone_at
from registry.source_records s
anti join "seen_web_shop" d on s.external_id = d.external_id
left join (
      select f.source, max(f.delivered_at) as at
      from registry.run_files f
      join registry.runs u on f.run_id = u.run_id
      where f.source = 'web_shop' and u.command = 'run'
      group by f.source) l on s.source = l.source
where s.source = 'web_shop' and s.gone_at is null
  and coalesce(l.at <= timestamp '(the file)', true);

-- stored
select
    s.source,
    s.external_id,
    s.customer_id as held_id,
    s.founder_of,
    s."kind",
    s."email",
    s."phone",
    s."first_name",
    s."last_name",
    s."first_key",
    s."last_key",
    s."company",
    s."vat_id",
    s."org_number",
    s."birth_date",
    s."language",
    s."tax_exempt",
    s."note",
    s."street",
    s."street2",
    s."postcode",
    s."city",
    s."region",
    s."country",
    s."shipping_name",
    s."shipping_street",
    s."shipping_street2",
    s."shipping_postcode",
    s."shipping_city",
    s."shipping_region",
    s."shipping_country",
    s."groups",
    s."created_at",
    s."updated_at",
    s."vat_key",
    s."org_key",
    s."originals",
    s."undated",
    s.delivered_at,
    s.gone_at as held_gone_at,
    coalesce(s.gone_at, v.gone_at) as gone_at,
    s.fingerprint,
    s.file_id,
    s.row_number
from registry.source_records s
anti join incoming i
  on s.source = i.source and s.external_id = i.external_id
left join vanished v on s.source = v.source and s.external_id = v.external_id;

-- deletions_gone
select d.source, d.external_id
from registry.deletions d
semi join incoming i on d.source = i.source and d.external_id = i.external_id
union
select d.source, d.external_id
from registry.deletions d
semi join records_deleted n
  on d.source = n.source and d.external_id = n.external_id;

-- touched_records
select source, external_id from incoming;

-- scores_now
select
    source_a,
    external_id_a,
    source_b,
    external_id_b,
    score,
    weight,
    weights,
    model
from registry.match_scores where false;

-- scores_touched
select
    h.source_a,
    h.external_id_a,
    h.source_b,
    h.external_id_b,
    h.score,
    h.weight,
    h.weights,
    h.model
from registry.match_scores h
left join touched_records x
  on h.source_a = x.source and h.external_id_a = x.external_id
left join touched_records y
  on h.source_b = y.source and h.external_id_b = y.external_id
where x.source is not null or y.source is not null;

-- match_scores_gone
select
    h.source_a,
    h.external_id_a,
    h.source_b,
    h.external_id_b
from scores_touched h
anti join scores_now n on h.source_a = n.source_a and h.external_id_a = n.external_id_a and h.source_b = n.source_b and h.external_id_b = n.external_id_b and h.score = n.score and h.weight = n.weight and h.weights = n.weights and h.model = n.model;

-- match_scores_new
select
    n.source_a,
    n.external_id_a,
    n.source_b,
    n.external_id_b,
    n.score,
    n.weight,
    n.weights,
    n.model
from scores_now n
anti join scores_touched h on h.source_a = n.source_a and h.external_id_a = n.external_id_a and h.source_b = n.source_b and h.external_id_b = n.external_id_b and h.score = n.score and h.weight = n.weight and h.weights = n.weights and h.model = n.model;

-- scores_in_force
select
    h.source_a,
    h.external_id_a,
    h.source_b,
    h.external_id_b,
    h.score,
    h.weight,
    h.weights,
    h.model
from registry.match_scores h
anti join match_scores_gone n on h.source_a = n.source_a and h.external_id_a = n.external_id_a and h.source_b = n.source_b and h.external_id_b = n.external_id_b
union all
select
    source_a,
    external_id_a,
    source_b,
    external_id_b,
    score,
    weight,
    weights,
    model
from match_scores_new;

-- rescored
select source_a as source, external_id_a as external_id
from match_scores_gone
union
select source_b as source, external_id_b as external_id
from match_scores_gone
union
select source_a as source, external_id_a as external_id
from match_scores_new
union
select source_b as source, external_id_b as external_id
from match_scores_new;
