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

-- stopped
with found as (
  select
      a,
      b,
      'email' as key,
      case
        when why is not null then why
        when a in (select hub from "torn_0")
          or b in (select hub from "torn_0") then 'torn'
        else 'kept_apart'
      end as why
  from "pairs_0" union all
  select
      a,
      b,
      'phone + last_name' as key,
      case
        when why is not null then why
        when a in (select hub from "torn_1")
          or b in (select hub from "torn_1") then 'torn'
        else 'kept_apart'
      end as why
  from "pairs_1" union all
  select
      a,
      b,
      'full_name + postcode' as key,
      case
        when why is not null then why
        when a in (select hub from "torn_2")
          or b in (select hub from "torn_2") then 'torn'
        else 'kept_apart'
      end as why
  from "pairs_2"
)
select
    i.customer_id as customer_a,
    j.customer_id as customer_b,
    f.key,
    f.why
from found f
join identified i on f.a = i.record_no
join identified j on f.b = j.record_no
left join held_back h on f.a = h.record_no
left join held_back g on f.b = g.record_no
where i.customer_id <> j.customer_id
  and (h.cluster is null or h.cluster is distinct from g.cluster);

-- likely
select
    customer_id as customer_a,
    customer_id as customer_b,
    cast(null as double) as score,
    cast(null as varchar) as model
from identified
where false;

-- doubts
with found as (
  select
      customer_a,
      customer_b,
      key,
      why,
      cast(null as double) as score,
      cast(null as varchar) as model
  from stopped
  union all
  select customer_a, customer_b, 'score' as key, 'likely' as why, score, model
  from likely
),
turned as (
  select
      case when customer_a < customer_b then customer_a else customer_b end
        as customer_a,
      case when customer_a < customer_b then customer_b else customer_a end
        as customer_b,
      key,
      why,
      score,
      model
  from found
),
reasoned as (
  select
      customer_a,
      customer_b,
      key,
      why,
      max(score) as score,
      max(model) as model
  from turned
  group by customer_a, customer_b, key, why
)
select
    customer_a,
    customer_b,
    list_sort(list({'key': key, 'why': why})) as reasons,
    max(score) as score,
    max(model) as model
from reasoned
group by customer_a, customer_b;

-- doubted
with asked as (
  select customer_a as customer_id from doubts
  union
  select customer_b as customer_id from doubts
),
held as (
  select i.customer_id, i.source, i.external_id
  from identified i
  semi join asked a on i.customer_id = a.customer_id
  union all
  select s.held_id as customer_id, s.source, s.external_id
  from stored s
  semi join asked a on s.held_id = a.customer_id
  anti join identified i
    on s.source = i.source and s.external_id = i.external_id
)
select
    customer_id,
    min({'source': source, 'external_id': external_id}) as first,
    count(*) as records
from held
group by customer_id;

-- parted
with ends as (
  select x.customer_id as customer_a, y.customer_id as customer_b
  from decided_pairs d
  join identified x on d.a = x.record_no
  join identified y on d.b = y.record_no
  where d.decision = 'different'
)
select customer_a, customer_b from ends where customer_a < customer_b
union
select customer_b as customer_a, customer_a as customer_b
from ends
where customer_a > customer_b;

-- crowds
select
    'email' as key,
    c.value,
    min({'source': m.source, 'external_id': m.external_id}) as first,
    c.records,
    c.people,
    'shared' as why
from crowded c
join members m on c.value = m.email
where c.field = 'email'
group by c.value, c.records, c.people
union all
select
    'phone' as key,
    c.value,
    min({'source': m.source, 'external_id': m.external_id}) as first,
    c.records,
    c.people,
    'shared' as why
from crowded c
join members m on c.value = m.phone
where c.field = 'phone'
group by c.value, c.records, c.people
union all
select
    'email' as key,
    m.email as value,
    min({'source': m.source, 'external_id': m.external_id}) as first,
    count(*) as records,
    v.variants as people,
    'too_many' as why
from "held_0" h
join (
  select distinct value, variants
  from "variants_0"
  where variants > 50
) v
  on h.value = v.value
join members m on h.record_no = m.record_no
group by m.email, v.variants
union all
select
    'phone + last_name' as key,
    m.phone || '|' || m.last_key as value,
    min({'source': m.source, 'external_id': m.external_id}) as first,
    count(*) as records,
    v.variants as people,
    'too_many' as why
from "held_1" h
join (
  select distinct value, variants
  from "variants_1"
  where variants > 50
) v
  on h.value = v.value
join members m on h.record_no = m.record_no
group by m.phone || '|' || m.last_key, v.variants
union all
select
    'full_name + postcode' as key,
    case when m.first_key < m.last_key then m.first_key || ' ' || m.last_key else m.last_key || ' ' || m.first_key end || '|' || rp_code(m.postcode) as value,
    min({'source': m.source, 'external_id': m.external_id}) as first,
    count(*) as records,
    v.variants as people,
    'too_many' as why
from "held_2" h
join (
  select distinct value, variants
  from "variants_2"
  where variants > 50
) v
  on h.value = v.value
join members m on h.record_no = m.record_no
group by case when m.first_key < m.last_key then m.first_key || ' ' || m.last_key else m.last_key || ' ' || m.first_key end || '|' || rp_code(m.postcode), v.variants;

-- review_now
with apart as (
  select
      case when x.first < y.first then x.first else y.first end as a,
      case when x.first < y.first then y.first else x.first end as b,
      d.reasons,
      x.records + y.records as records,
      d.score,
      d.model
  from doubts d
  join doubted x on d.customer_a = x.customer_id
  join doubted y on d.customer_b = y.customer_id
  anti join parted p
    on d.customer_a = p.customer_a and d.customer_b = p.customer_b
),
large as (
  select
      min({'source': m.source, 'external_id': m.external_id}) as first,
      count(*) as records
  from held_back h
  join members m on h.record_no = m.record_no
  group by h.cluster
),
found as (
  select
      'pair' as kind,
      rp_key([a.source, a.external_id, b.source, b.external_id]) as subject,
      a.source as source_a,
      a.external_id as external_id_a,
      b.source as source_b,
      b.external_id as external_id_b,
      reasons,
      cast(null as varchar) as value,
      records,
      cast(null as bigint) as people,
      score,
      model
  from apart
  union all
  select
      'crowded' as kind,
      rp_key([c.key, c.value]) as subject,
      c.first.source as source_a,
      c.first.external_id as external_id_a,
      cast(null as varchar) as source_b,
      cast(null as varchar) as external_id_b,
      [{'key': c.key, 'why': c.why}] as reasons,
      c.value,
      c.records,
      c.people,
      cast(null as double) as score,
      cast(null as varchar) as model
  from crowds c
  union all
  select
      'large' as kind,
      rp_key([l.first.source, l.first.external_id]) as subject,
      l.first.source as source_a,
      l.first.external_id as external_id_a,
      cast(null as varchar) as source_b,
      cast(null as varchar) as external_id_b,
      [{'key': 'cluster', 'why': 'too_large'}] as reasons,
      cast(null as varchar) as value,
      l.records,
      cast(null as bigint) as people,
      cast(null as double) as score,
      cast(null as varchar) as model
  from large l
)
select f.*
from found f
anti join dismissals_in_force d on f.kind = d.kind and f.subject = d.subject;

-- review_touched
select r.*
from registry.review_items r
semi join (
  select r.review_id
  from registry.review_items r
  semi join frontier f
    on r.source_a = f.source and r.external_id_a = f.external_id
  union
  select r.review_id
  from registry.review_items r
  semi join frontier f
    on r.source_b = f.source and r.external_id_b = f.external_id
) t
  on r.review_id = t.review_id;

-- review_items_new
with coming as (
  select
      t.review_id as held_id,
      n.*
  from review_now n
  left join review_touched t on n.kind = t.kind and n.subject = t.subject
  where t.review_id is null
  or n."source_a" is distinct from t."source_a"
  or n."external_id_a" is distinct from t."external_id_a"
  or n."source_b" is distinct from t."source_b"
  or n."external_id_b" is distinct from t."external_id_b"
  or n."reasons" is distinct from t."reasons"
  or n."value" is distinct from t."value"
  or n."records" is distinct from t."records"
  or n."people" is distinct from t."people"
  or n."score" is distinct from t."score"
  or n."model" is distinct from t."model"
)
select
    coalesce(
      n.held_id,
      0 + row_number() over (
        partition by n.held_id is null order by n.kind, n.subject
      )
    ) as review_id,
    n."kind",
    n."subject",
    n."source_a",
    n."external_id_a",
    n."source_b",
    n."external_id_b",
    n."reasons",
    n."value",
    n."records",
    n."people",
    n."score",
    n."model"
from coming n;

-- review_items_gone
select t.review_id
from review_touched t
anti join review_now n on t.kind = n.kind and t.subject = n.subject
union
select t.review_id
from review_touched t
semi join review_items_new n on t.review_id = n.review_id;
