-- decided
select s.source, s.external_id
from registry.source_records s
where s.customer_id in (select customer_id from overrides_gone)
union
select s.source, s.external_id
from registry.source_records s
semi join (
  select source_a as source, external_id_a as external_id from link_decisions_gone
  union all
  select source_b as source, external_id_b as external_id from link_decisions_gone
) d
  on s.source = d.source and s.external_id = d.external_id;

-- decisions_in_force
with said as (
  select source_a, external_id_a, source_b, external_id_b, decision, decided_at
  from registry.link_decisions
  anti join link_decisions_gone
    using (source_a, external_id_a, source_b, external_id_b)
  union all
  select source_a, external_id_a, source_b, external_id_b, decision, decided_at
  from link_decisions_new
)
select source_a, external_id_a, source_b, external_id_b, decision
from said
qualify row_number() over (
  partition by source_a, external_id_a, source_b, external_id_b
  order by decided_at desc, decision
) = 1;

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
    delivered_at,
    fingerprint,
    0 + file_no as file_id,
    row_number
from "accepted_web_shop"
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
    delivered_at,
    fingerprint,
    0 + file_no as file_id,
    row_number
from "accepted_old_shop"
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
    delivered_at,
    fingerprint,
    0 + file_no as file_id,
    row_number
from "accepted_mail_club";

-- vanished
select s.source, s.external_id, timestamp '(the file)' as gone_at
from registry.source_records s
anti join "seen_web_shop" d on s.external_id = d.external_id
where s.source = 'web_shop' and s.gone_at is null;

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
    s.delivered_at,
    s.gone_at as held_gone_at,
    coalesce(s.gone_at, v.gone_at) as gone_at,
    s.fingerprint,
    s.file_id,
    s.row_number
from registry.source_records s
anti join incoming i on s.source = i.source and s.external_id = i.external_id
left join vanished v on s.source = v.source and s.external_id = v.external_id;

-- held_keys
select
    source,
    external_id,
    held_id,
    founder_of,
    kind,
    "email",
    "phone",
    "first_key",
    "last_key",
    "postcode"
from stored;

-- changing
select
    i.source,
    i.external_id,
    cast(null as bigint) as held_id,
    i."email",
    i."phone",
    i."first_key",
    i."last_key",
    i."postcode"
from incoming i
union all
select
    s.source,
    s.external_id,
    s.customer_id as held_id,
    s."email",
    s."phone",
    s."first_key",
    s."last_key",
    s."postcode"
from registry.source_records s
semi join (
  select source, external_id from incoming
  union all
  select source, external_id from vanished
  union all
  select source, external_id from decided
) c
  on s.source = c.source and s.external_id = c.external_id;

-- frontier
select * from changing;

-- reached
with hits as (
  select h.source, h.external_id
  from held_keys h
  semi join "frontier" f
    on h.email
      = f.email union all 
  select h.source, h.external_id
  from held_keys h
  semi join "frontier" f
    on h.phone || '|' || h.last_key
      = f.phone || '|' || f.last_key union all 
  select h.source, h.external_id
  from held_keys h
  semi join "frontier" f
    on h.first_key || ' ' || h.last_key || '|' || rp_code(h.postcode)
      = f.first_key || ' ' || f.last_key || '|' || rp_code(f.postcode) union all 
  select h.source, h.external_id
  from held_keys h
  semi join "frontier" f
    on h.phone
      = f.phone union all 
  select h.source, h.external_id
  from held_keys h
  semi join "frontier" f on h.held_id = f.held_id union all 
  select d.source_b as source, d.external_id_b as external_id
  from decisions_in_force d
  semi join "frontier" f
    on d.source_a = f.source and d.external_id_a = f.external_id union all 
  select d.source_a as source, d.external_id_a as external_id
  from decisions_in_force d
  semi join "frontier" f
    on d.source_b = f.source and d.external_id_b = f.external_id
)
select h.*
from held_keys h
semi join hits x on h.source = x.source and h.external_id = x.external_id;

-- frontier
select source, external_id, held_id,
    "email",
    "phone",
    "first_key",
    "last_key",
    "postcode"
from changing
union all
select source, external_id, held_id,
    "email",
    "phone",
    "first_key",
    "last_key",
    "postcode"
from reached;

-- reached
with hits as (
  select h.source, h.external_id
  from held_keys h
  semi join "frontier" f
    on h.email
      = f.email union all 
  select h.source, h.external_id
  from held_keys h
  semi join "frontier" f
    on h.phone || '|' || h.last_key
      = f.phone || '|' || f.last_key union all 
  select h.source, h.external_id
  from held_keys h
  semi join "frontier" f
    on h.first_key || ' ' || h.last_key || '|' || rp_code(h.postcode)
      = f.first_key || ' ' || f.last_key || '|' || rp_code(f.postcode) union all 
  select h.source, h.external_id
  from held_keys h
  semi join "frontier" f
    on h.phone
      = f.phone union all 
  select h.source, h.external_id
  from held_keys h
  semi join "frontier" f on h.held_id = f.held_id union all 
  select d.source_b as source, d.external_id_b as external_id
  from decisions_in_force d
  semi join "frontier" f
    on d.source_a = f.source and d.external_id_a = f.external_id union all 
  select d.source_a as source, d.external_id_a as external_id
  from decisions_in_force d
  semi join "frontier" f
    on d.source_b = f.source and d.external_id_b = f.external_id
)
select h.*
from held_keys h
semi join hits x on h.source = x.source and h.external_id = x.external_id;

-- leaving_founders
with leaving as (
  select i.source, i.external_id, h.founder_of
  from incoming i
  join registry.source_records h
    on i.source = h.source and i.external_id = h.external_id
  where h.founder_of is not null and not (i.kind <> 'guest')
),
heirs as (
  select
      l.founder_of,
      min({'source': r.source, 'external_id': r.external_id}) as heir
  from leaving l
  join registry.source_records r on l.founder_of = r.customer_id
  anti join incoming g
    on r.source = g.source
    and r.external_id = g.external_id
    and not (g.kind <> 'guest')
  where r.founder_of is null
  group by l.founder_of
)
select
    l.source,
    l.external_id,
    l.founder_of,
    h.heir.source as heir_source,
    h.heir.external_id as heir_external_id
from leaving l
left join heirs h on l.founder_of = h.founder_of;

-- members
with pool as (
  select
      i.origin,
      i.source,
      i.external_id,
      h.founder_of,
      i.kind,
      i."email",
      i."phone",
      i."first_key",
      i."last_key",
      i."postcode"
  from incoming i
  left join registry.source_records h
    on i.source = h.source and i.external_id = h.external_id
  union all
  select
      cast(null as bigint) as origin,
      r.source,
      r.external_id,
      r.founder_of,
      r.kind,
      r."email",
      r."phone",
      r."first_key",
      r."last_key",
      r."postcode"
  from reached r
)
select
    row_number() over (order by p.source, p.external_id) as record_no,
    p.origin,
    p.source,
    p.external_id,
    coalesce(p.founder_of, l.founder_of) as founder_of,
    p."email",
    p."phone",
    p."first_key",
    p."last_key",
    p."postcode"
from pool p
left join leaving_founders l
  on p.source = l.heir_source and p.external_id = l.heir_external_id
where p.kind <> 'guest';

-- same_decisions
select m.record_no as a, n.record_no as b
from decisions_in_force d
join members m
  on d.source_a = m.source and d.external_id_a = m.external_id
join members n
  on d.source_b = n.source and d.external_id_b = n.external_id
where d.decision = 'same';

-- different_decisions
select m.record_no as a, n.record_no as b
from decisions_in_force d
join members m
  on d.source_a = m.source and d.external_id_a = m.external_id
join members n
  on d.source_b = n.source and d.external_id_b = n.external_id
where d.decision = 'different';

-- crowded
select 'email' as field, m.email as value
from members m
semi join (
  select email
  from members
  where email is not null
  group by email
  having count(*) > 4
) often
  on m.email = often.email
group by m.email
having count(distinct concat_ws('|', m.first_key, m.last_key))
  > 4
union all
select 'phone' as field, m.phone as value
from members m
semi join (
  select phone
  from members
  where phone is not null
  group by phone
  having count(*) > 4
) often
  on m.phone = often.phone
group by m.phone
having count(distinct concat_ws('|', m.first_key, m.last_key))
  > 4;

-- held_0
with valued as (
  select record_no, email as value, first_key, last_key
  from members
  where email is not null and not rp_like(email, 'noreply@%')
),
shared as (
  select value from valued group by value having count(*) > 1
)
select
    v.record_no,
    v.value,
    v.first_key,
    v.last_key,
    min(v.record_no) over (partition by value, first_key, last_key) as hub
from valued v
semi join shared s on v.value = s.value;

-- agreeing_0
with variants as (
  select distinct value, first_key, last_key, hub
  from "held_0"
),
several as (
  select value from variants group by value having count(*) > 1
),
named as (
  select v.* from variants v semi join several s on v.value = s.value
)
select x.value, x.hub as a, y.hub as b
from named x
join named y on x.value = y.value and x.hub <> y.hub
where rp_names_agree(x.first_key, x.last_key, y.first_key, y.last_key);

-- torn_0
select distinct p.a as hub
from "agreeing_0" p
join "agreeing_0" q on p.a = q.a and p.value = q.value and p.b < q.b
anti join "agreeing_0" r on p.value = r.value and p.b = r.a and q.b = r.b;

-- held_1
with valued as (
  select record_no, phone || '|' || last_key as value, first_key, last_key
  from members
  where phone || '|' || last_key is not null
),
shared as (
  select value from valued group by value having count(*) > 1
)
select
    v.record_no,
    v.value,
    v.first_key,
    v.last_key,
    min(v.record_no) over (partition by value, first_key, last_key) as hub
from valued v
semi join shared s on v.value = s.value;

-- agreeing_1
with variants as (
  select distinct value, first_key, last_key, hub
  from "held_1"
),
several as (
  select value from variants group by value having count(*) > 1
),
named as (
  select v.* from variants v semi join several s on v.value = s.value
)
select x.value, x.hub as a, y.hub as b
from named x
join named y on x.value = y.value and x.hub <> y.hub
where rp_names_agree(x.first_key, x.last_key, y.first_key, y.last_key);

-- torn_1
select distinct p.a as hub
from "agreeing_1" p
join "agreeing_1" q on p.a = q.a and p.value = q.value and p.b < q.b
anti join "agreeing_1" r on p.value = r.value and p.b = r.a and q.b = r.b;

-- held_2
with valued as (
  select record_no, first_key || ' ' || last_key || '|' || rp_code(postcode) as value, first_key, last_key
  from members
  where first_key || ' ' || last_key || '|' || rp_code(postcode) is not null
),
shared as (
  select value from valued group by value having count(*) > 1
)
select
    v.record_no,
    v.value,
    v.first_key,
    v.last_key,
    min(v.record_no) over (partition by value) as hub
from valued v
semi join shared s on v.value = s.value;

-- identified
with clustered as (
  select m.*, coalesce(l.cluster, m.record_no) as cluster
  from members m
  left join labels l on m.record_no = l.record_no
),
claims as (
  select
      cluster,
      min(record_no) as first_record,
      min(founder_of) as customer_id
  from clustered
  group by cluster
),
numbered as (
  select
      cluster,
      first_record,
      100 - 1 + row_number() over (order by cluster) as customer_id,
      true as founded
  from claims
  where customer_id is null
  union all
  select cluster, first_record, customer_id, false as founded
  from claims
  where customer_id is not null
)
select
    c.origin,
    c.source,
    c.external_id,
    n.customer_id,
    case
      when n.founded and c.record_no = n.first_record then n.customer_id
      else c.founder_of
    end as founder_of
from clustered c
join numbered n on c.cluster = n.cluster;
