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
    "birth_date",
    "org_key",
    "vat_key",
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
    i."birth_date",
    i."org_key",
    i."vat_key",
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
    s."birth_date",
    s."org_key",
    s."vat_key",
    s."postcode"
from registry.source_records s
semi join (
  select source, external_id from incoming
  union all
  select source, external_id from vanished
  union all
  select source, external_id from decided
  union all
  select source, external_id from rescored
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
    on case when h.first_key < h.last_key then h.first_key || ' ' || h.last_key else h.last_key || ' ' || h.first_key end || '|' || rp_code(h.postcode)
      = case when f.first_key < f.last_key then f.first_key || ' ' || f.last_key else f.last_key || ' ' || f.first_key end || '|' || rp_code(f.postcode) union all 
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
    "birth_date",
    "org_key",
    "vat_key",
    "postcode"
from changing
union all
select source, external_id, held_id,
    "email",
    "phone",
    "first_key",
    "last_key",
    "birth_date",
    "org_key",
    "vat_key",
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
    on case when h.first_key < h.last_key then h.first_key || ' ' || h.last_key else h.last_key || ' ' || h.first_key end || '|' || rp_code(h.postcode)
      = case when f.first_key < f.last_key then f.first_key || ' ' || f.last_key else f.last_key || ' ' || f.first_key end || '|' || rp_code(f.postcode) union all 
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

-- reused
select i.source, i.external_id
from incoming i
join registry.source_records h
  on i.source = h.source and i.external_id = h.external_id
where i.email <> h.email
  and not rp_names_agree(
    i.first_key, i.last_key, h.first_key, h.last_key, false
  )
  and not coalesce(rp_alike(i.last_key, h.last_key), true)
  and not coalesce(i.phone = h.phone, false)
  and not coalesce(i.birth_date = h.birth_date, false);

-- leaving_founders
with leaving as (
  select
      i.source,
      i.external_id,
      h.founder_of,
      u.source is not null as reused
  from incoming i
  join registry.source_records h
    on i.source = h.source and i.external_id = h.external_id
  left join reused u on i.source = u.source and i.external_id = u.external_id
  where h.founder_of is not null
    and (u.source is not null or not (i.kind <> 'guest'))
  union all
  select r.source, r.external_id, r.founder_of, false as reused
  from reached r
  where r.founder_of is not null and not (r.kind <> 'guest')
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
  anti join leaving g
    on r.source = g.source and r.external_id = g.external_id
  where r.founder_of is null and (r.kind <> 'guest')
  group by l.founder_of
)
select
    l.source,
    l.external_id,
    l.founder_of,
    h.heir.source as heir_source,
    h.heir.external_id as heir_external_id,
    l.reused
from leaving l
left join heirs h on l.founder_of = h.founder_of;

-- members
with pool as (
  with known as (
    select
        i.origin,
        i.source,
        i.external_id,
        case when u.source is null then h.founder_of end as founder_of,
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
    left join registry.source_records h
      on i.source = h.source and i.external_id = h.external_id
    left join reused u on i.source = u.source and i.external_id = u.external_id
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
        r."birth_date",
        r."org_key",
        r."vat_key",
        r."postcode"
    from reached r
  )
  select
      row_number() over (order by k.source, k.external_id) as record_no,
      k.origin,
      k.source,
      k.external_id,
      coalesce(k.founder_of, l.founder_of) as founder_of,
      k.kind,
      k."email",
      k."phone",
      k."first_key",
      k."last_key",
      k."birth_date",
      k."org_key",
      k."vat_key",
      k."postcode"
  from known k
  left join leaving_founders l
    on k.source = l.heir_source and k.external_id = l.heir_external_id
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
select
    r.source,
    r.external_id,
    case when l.heir_source is null then r.founder_of end as founder_of
from reached r
left join leaving_founders l
  on r.source = l.source and r.external_id = l.external_id
where r.held_id is not null and not (r.kind <> 'guest');

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
      100 - 1 + row_number() over (
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
