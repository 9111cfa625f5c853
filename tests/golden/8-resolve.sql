-- frontier
select
    source,
    external_id,
    cast(null as bigint) as held_id,
    "email",
    "phone",
    "first_key",
    "last_key",
    "birth_date",
    "org_key",
    "vat_key",
    "postcode"
from incoming;

-- members
with pool as (
  select
      i.origin as record_no,
      i.origin,
      i.source,
      i.external_id,
      cast(null as bigint) as founder_of,
      i.kind,
      i."email",
      i."phone",
      i."first_key",
      i."last_key",
      i."birth_date",
      i."org_key",
      i."vat_key",
      i."postcode"
  from incoming i
),
valued as (
  select
      record_no,
      origin,
      source,
      external_id,
      founder_of,
      "email",
      "phone",
      "first_key",
      "last_key",
      "birth_date",
      "org_key",
      "vat_key",
      "postcode",
      email as value_0,
      phone || '|' || last_key as value_1,
      case when first_key < last_key then first_key || ' ' || last_key else last_key || ' ' || first_key end || '|' || rp_code(postcode) as value_2,
      phone as value_3
  from pool p
  where p.kind <> 'guest'
)
select
    record_no,
    origin,
    source,
    external_id,
    founder_of,
    "email",
    "phone",
    "first_key",
    "last_key",
    "birth_date",
    "org_key",
    "vat_key",
    "postcode",
    rp_fingerprint({'first_key': first_key, 'last_key': last_key, 'birth_date': birth_date, 'org_key': org_key, 'vat_key': vat_key, 'told_by': case when first_key is null then email end}) as mark,
    case when value_0 is not null and not rp_like(email, 'noreply@%') then rp_fingerprint(value_0) end as key_email,
    case when value_1 is not null then rp_fingerprint(value_1) end as key_phone_last_name,
    case when value_2 is not null then rp_fingerprint(value_2) end as key_full_name_postcode,
    case when value_3 is not null then rp_fingerprint(value_3) end as key_phone
from valued;

-- unseated
select source, external_id, founder_of
from registry.source_records
where false;

-- decided_pairs
select m.record_no as a, n.record_no as b, d.decision
from decisions_in_force d
join members m
  on d.source_a = m.source and d.external_id_a = m.external_id
join members n
  on d.source_b = n.source and d.external_id_b = n.external_id;

-- crowded
select
    'email' as field,
    m.email as value,
    count(*) as records,
    count(distinct concat_ws('|', m.first_key, m.last_key)) as people
from members m
semi join (
  select key_email
  from members
  where key_email is not null
  group by key_email
  having count(*) > 4
) often
  on m.key_email = often.key_email
group by m.email
having count(distinct concat_ws('|', m.first_key, m.last_key)) > 4
union all
select
    'phone' as field,
    m.phone as value,
    count(*) as records,
    count(distinct concat_ws('|', m.first_key, m.last_key)) as people
from members m
semi join (
  select key_phone
  from members
  where key_phone is not null
  group by key_phone
  having count(*) > 4
) often
  on m.key_phone = often.key_phone
group by m.phone
having count(distinct concat_ws('|', m.first_key, m.last_key)) > 4;

-- held_0
with often as (
  select key_email
  from members
  where key_email is not null
  group by key_email
  having count(*) > 1
),
valued as (
  select
      m.record_no,
      m.email as value,
      m.mark
  from members m
  semi join often o on m.key_email = o.key_email
  where true
),
shared as (
  select
      value,
      min(record_no) as least,
      min(mark) = max(mark) as plain
  from valued
  group by value
  having count(*) > 1
)
select
    v.record_no,
    s.least as value,
    v.mark,
    s.plain
from valued v
join shared s on v.value = s.value;

-- variants_0
with said as (
  select
      h.value,
      h.mark,
      min(h.record_no) as hub,
      case when min(m.email) = max(m.email) then min(m.email) end as email
  from "held_0" h
  join members m on h.record_no = m.record_no
  where not h.plain
  group by h.value, h.mark
),
counted as (
  select value, count(*) as variants
  from said
  group by value
)
select
    s.value,
    s.mark,
    s.hub,
    c.variants,
    s.email,
    m."first_key",
    m."last_key",
    m."birth_date",
    m."org_key",
    m."vat_key"
from said s
join counted c on s.value = c.value
join members m on s.hub = m.record_no;

-- pairs_0
select
    x.value,
    x.hub as a,
    y.hub as b,
    case
        when rp_births_clash(x.birth_date, y.birth_date) then 'birth_date'
        when rp_numbers_clash(x.org_key, y.org_key) then 'org_number'
        when rp_numbers_clash(x.vat_key, y.vat_key) then 'vat_id'
        when (not rp_names_agree(x.first_key, x.last_key, y.first_key, y.last_key, false)
          or rp_unsaid(x.first_key, x.birth_date, x.email, y.first_key, y.birth_date, y.email, false))
          and not rp_vouched(x.org_key, x.birth_date, x.last_key, y.org_key, y.birth_date, y.last_key) then 'first_name'
      end as why
from "variants_0" x
join "variants_0" y on x.value = y.value and x.hub < y.hub
where x.variants <= 50;

-- torn_0
with fitting as (
  select value, a, b from "pairs_0" where why is null
  union all
  select value, b as a, a as b from "pairs_0" where why is null
)
select distinct p.a as hub
from fitting p
join fitting q on p.value = q.value and p.a = q.a and p.b < q.b
anti join fitting r on p.value = r.value and p.b = r.a and q.b = r.b;

-- held_1
with often as (
  select key_phone_last_name
  from members
  where key_phone_last_name is not null
  group by key_phone_last_name
  having count(*) > 1
),
valued as (
  select
      m.record_no,
      m.phone || '|' || m.last_key as value,
      m.mark
  from members m
  semi join often o on m.key_phone_last_name = o.key_phone_last_name
  where true
),
shared as (
  select
      value,
      min(record_no) as least,
      min(mark) = max(mark) as plain
  from valued
  group by value
  having count(*) > 1
)
select
    v.record_no,
    s.least as value,
    v.mark,
    s.plain
from valued v
join shared s on v.value = s.value;

-- variants_1
with said as (
  select
      h.value,
      h.mark,
      min(h.record_no) as hub,
      case when min(m.email) = max(m.email) then min(m.email) end as email
  from "held_1" h
  join members m on h.record_no = m.record_no
  where not h.plain
  group by h.value, h.mark
),
counted as (
  select value, count(*) as variants
  from said
  group by value
)
select
    s.value,
    s.mark,
    s.hub,
    c.variants,
    s.email,
    m."first_key",
    m."last_key",
    m."birth_date",
    m."org_key",
    m."vat_key"
from said s
join counted c on s.value = c.value
join members m on s.hub = m.record_no;

-- pairs_1
select
    x.value,
    x.hub as a,
    y.hub as b,
    case
        when rp_births_clash(x.birth_date, y.birth_date) then 'birth_date'
        when rp_numbers_clash(x.org_key, y.org_key) then 'org_number'
        when rp_numbers_clash(x.vat_key, y.vat_key) then 'vat_id'
        when (not rp_names_agree(x.first_key, x.last_key, y.first_key, y.last_key, true)
          or rp_unsaid(x.first_key, x.birth_date, x.email, y.first_key, y.birth_date, y.email, true))
          and not rp_vouched(x.org_key, x.birth_date, x.last_key, y.org_key, y.birth_date, y.last_key) then 'first_name'
      end as why
from "variants_1" x
join "variants_1" y on x.value = y.value and x.hub < y.hub
where x.variants <= 50;

-- torn_1
with fitting as (
  select value, a, b from "pairs_1" where why is null
  union all
  select value, b as a, a as b from "pairs_1" where why is null
)
select distinct p.a as hub
from fitting p
join fitting q on p.value = q.value and p.a = q.a and p.b < q.b
anti join fitting r on p.value = r.value and p.b = r.a and q.b = r.b;

-- held_2
with often as (
  select key_full_name_postcode
  from members
  where key_full_name_postcode is not null
  group by key_full_name_postcode
  having count(*) > 1
),
valued as (
  select
      m.record_no,
      case when m.first_key < m.last_key then m.first_key || ' ' || m.last_key else m.last_key || ' ' || m.first_key end || '|' || rp_code(m.postcode) as value,
      m.mark
  from members m
  semi join often o on m.key_full_name_postcode = o.key_full_name_postcode
  where true
),
shared as (
  select
      value,
      min(record_no) as least,
      min(mark) = max(mark) as plain
  from valued
  group by value
  having count(*) > 1
)
select
    v.record_no,
    s.least as value,
    v.mark,
    s.plain
from valued v
join shared s on v.value = s.value;

-- variants_2
with said as (
  select
      h.value,
      h.mark,
      min(h.record_no) as hub,
      case when min(m.email) = max(m.email) then min(m.email) end as email
  from "held_2" h
  join members m on h.record_no = m.record_no
  where not h.plain
  group by h.value, h.mark
),
counted as (
  select value, count(*) as variants
  from said
  group by value
)
select
    s.value,
    s.mark,
    s.hub,
    c.variants,
    s.email,
    m."first_key",
    m."last_key",
    m."birth_date",
    m."org_key",
    m."vat_key"
from said s
join counted c on s.value = c.value
join members m on s.hub = m.record_no;

-- pairs_2
select
    x.value,
    x.hub as a,
    y.hub as b,
    case
        when rp_births_clash(x.birth_date, y.birth_date) then 'birth_date'
        when rp_numbers_clash(x.org_key, y.org_key) then 'org_number'
        when rp_numbers_clash(x.vat_key, y.vat_key) then 'vat_id'
      end as why
from "variants_2" x
join "variants_2" y on x.value = y.value and x.hub < y.hub
where x.variants <= 50;

-- torn_2
with fitting as (
  select value, a, b from "pairs_2" where why is null
  union all
  select value, b as a, a as b from "pairs_2" where why is null
)
select distinct p.a as hub
from fitting p
join fitting q on p.value = q.value and p.a = q.a and p.b < q.b
anti join fitting r on p.value = r.value and p.b = r.a and q.b = r.b;

-- identified
with clusters as (
  select
      l.cluster,
      min(m.founder_of) as customer_id,
      min({
        'source': m.source,
        'external_id': m.external_id,
        'record_no': m.record_no
      }) as first
  from labels l
  join members m on l.record_no = m.record_no
  group by l.cluster
),
seated as (
  select
      m.record_no,
      m.origin,
      m.source,
      m.external_id,
      m.founder_of,
      case when c.cluster is null then m.founder_of else c.customer_id end
        as customer_id,
      coalesce(c.first.record_no, m.record_no) as first_no
  from members m
  left join labels l on m.record_no = l.record_no
  left join clusters c on l.cluster = c.cluster
),
founded as (
  select
      record_no,
      1 - 1 + row_number() over (
        order by source, external_id
      ) as customer_id
  from seated
  where customer_id is null and record_no = first_no
)
select
    s.record_no,
    s.origin,
    s.source,
    s.external_id,
    coalesce(s.customer_id, f.customer_id) as customer_id,
    case
      when s.record_no = f.record_no then f.customer_id
      else s.founder_of
    end as founder_of
from seated s
left join founded f on s.first_no = f.record_no;
