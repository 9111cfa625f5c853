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
