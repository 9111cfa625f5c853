-- rejects_seen
with listed as (
  select source, fingerprint, occurrence, record_key, updated_at, delivered_at, file_id, file, row_number, original, header, reasons
  from registry.rejects where false
),
placed as (
  select
      *,
      row_number() over (
        partition by source, fingerprint, occurrence
        order by delivered_at desc, file_id desc, row_number
      ) as place
  from listed
)
select
    source,
    fingerprint,
    occurrence,
    record_key,
    updated_at,
    delivered_at,
    file_id,
    file,
    row_number,
    original,
    header,
    reasons
from placed
where place = 1;

-- rejects_standing
with fresh as (
  select s.*
  from rejects_seen s
  anti join registry.rejects h on s.source = h.source and s.fingerprint = h.fingerprint and s.occurrence = h.occurrence
  anti join registry.reject_closures c
    on s.source = c.source and s.fingerprint = c.fingerprint and s.occurrence = c.occurrence
    and (
      c.how in ('mended', 'replaced')
      or c.good_dated > coalesce(s.updated_at, s.delivered_at)
      or (
        c.good_dated = coalesce(s.updated_at, s.delivered_at)
        and c.good_delivered >= s.delivered_at
      )
    )
)
select
    0 + row_number() over (
      order by s.file_id, s.row_number
    ) as reject_id,
    false as held,
    s.delivered_at as held_from,
    false as seen_again,
    false as now_keyed,
    s.source,
    s.fingerprint,
    s.occurrence,
    s.record_key,
    s.updated_at,
    s.delivered_at,
    s.file_id,
    s.file,
    s.row_number,
    s.original,
    s.header,
    s.reasons
from fresh s
union all
select
    h.reject_id,
    true as held,
    h.delivered_at as held_from,
    s.source is not null as seen_again,
    h.record_key is null and s.record_key is not null as now_keyed,
    coalesce(s.source, h.source) as source,
    coalesce(s.fingerprint, h.fingerprint) as fingerprint,
    coalesce(s.occurrence, h.occurrence) as occurrence,
    coalesce(s.record_key, h.record_key) as record_key,
    coalesce(s.updated_at, h.updated_at) as updated_at,
    coalesce(s.delivered_at, h.delivered_at) as delivered_at,
    coalesce(s.file_id, h.file_id) as file_id,
    coalesce(s.file, h.file) as file,
    coalesce(s.row_number, h.row_number) as row_number,
    coalesce(s.original, h.original) as original,
    coalesce(s.header, h.header) as header,
    coalesce(s.reasons, h.reasons) as reasons
from registry.rejects h
left join rejects_seen s
  on s.source = h.source and s.fingerprint = h.fingerprint and s.occurrence = h.occurrence
  and (
    s.delivered_at > h.delivered_at
    or (h.record_key is null and s.record_key is not null)
  )
where h.source in ('web_shop', 'old_shop', 'mail_club', 'web_orders', 'old_orders');

-- reject_keys
select distinct source, record_key
from rejects_standing
where record_key is not null;

-- versions
with listed as (
  select
      source,
      record_key,
      good_dated as dated,
      good_delivered as delivered_at,
      file_id,
      row_number,
      false as repeated
  from registry.reject_closures
  where false and good_dated is not null
)
select v.source, v.record_key, v.dated, v.delivered_at, v.file_id, v.row_number, v.repeated
from listed v
semi join reject_keys k
  on v.source = k.source and v.record_key = k.record_key;

-- newest_versions
with placed as (
  select
      v.*,
      row_number() over (
        partition by v.source, v.record_key
        order by
          v.dated desc nulls last,
          v.delivered_at desc,
          v.file_id desc,
          v.row_number
      ) as place
  from versions v
)
select v.source, v.record_key, v.dated, v.delivered_at, v.file_id, v.row_number
from placed v
where place = 1;

-- rows_again
select
    reject_id, how, source, good_dated as dated,
    good_delivered as delivered_at, file_id, row_number, fingerprint, occurrence
from registry.reject_closures where false;

-- rejects_closing
with overtaken as (
  select
      s.reject_id,
      4 as rank,
      'overtaken' as how,
      cast(null as bigint) as by_reject,
      cast(null as bigint) as by_fingerprint,
      v.dated as good_dated,
      v.delivered_at as good_delivered,
      v.file_id,
      v.row_number
  from rejects_standing s
  join newest_versions v
    on s.source = v.source and s.record_key = v.record_key
  where v.dated > coalesce(s.updated_at, s.delivered_at)
    or (
      v.dated = coalesce(s.updated_at, s.delivered_at)
      and v.delivered_at > s.delivered_at
    )
),
good as (
  select
      a.reject_id,
      case a.how when 'mended' then 1 else 2 end as rank,
      a.how,
      cast(null as bigint) as by_reject,
      a.fingerprint as by_fingerprint,
      a.dated as good_dated,
      a.delivered_at as good_delivered,
      a.file_id,
      a.row_number
  from rows_again a
  where a.occurrence is null
),
replaced as (
  select
      a.reject_id,
      3 as rank,
      'replaced' as how,
      n.reject_id as by_reject,
      a.fingerprint as by_fingerprint,
      cast(null as timestamp) as good_dated,
      cast(null as timestamp) as good_delivered,
      a.file_id,
      a.row_number
  from rows_again a
  join rejects_standing n
    on a.source = n.source and a.fingerprint = n.fingerprint and a.occurrence = n.occurrence and a.reject_id <> n.reject_id
  anti join overtaken o on n.reject_id = o.reject_id
  anti join rows_again b on n.reject_id = b.reject_id
),
closed as (
  select * from overtaken
  union all
  select * from good
  union all
  select * from replaced
),
placed as (
  select
      c.*,
      row_number() over (
        partition by c.reject_id
        order by c.rank nulls last, c.file_id, c.row_number
      ) as place
  from closed c
)
select
    s.reject_id,
    s.source,
    s.fingerprint,
    s.occurrence,
    s.record_key,
    p.how,
    p.by_reject,
    p.by_fingerprint,
    p.good_dated,
    p.good_delivered,
    p.file_id,
    p.row_number
from placed p
join rejects_standing s on p.reject_id = s.reject_id
where p.place = 1;

-- rejects_renewed
with since as (
  select source, record_key, dated, delivered_at
  from versions
  where not repeated
  union all
  select
      source,
      record_key,
      good_dated as dated,
      good_delivered as delivered_at
  from rejects_closing
  where good_dated is not null
)
select distinct s.reject_id
from rejects_standing s
left join since v
  on s.source = v.source
  and s.record_key = v.record_key
  and (
    v.dated > coalesce(s.updated_at, s.held_from)
    or (
      v.dated = coalesce(s.updated_at, s.held_from)
      and v.delivered_at > s.held_from
    )
  )
anti join rejects_closing c on s.reject_id = c.reject_id
where s.seen_again and (s.now_keyed or v.source is not null);

-- rejects_gone
select s.reject_id
from rejects_standing s
semi join rejects_closing c on s.reject_id = c.reject_id
where s.held
union all
select reject_id from rejects_renewed;

-- rejects_new
select
    s.reject_id,
    s.source,
    s.fingerprint,
    s.occurrence,
    s.record_key,
    s.updated_at,
    s.delivered_at,
    s.file_id,
    s.file,
    s.row_number,
    s.original,
    s.header,
    s.reasons
from rejects_standing s
left join rejects_renewed r on s.reject_id = r.reject_id
anti join rejects_closing c on s.reject_id = c.reject_id
where not s.held or r.reject_id is not null;

-- rejects_born_closed
select
    s.reject_id,
    s.source,
    s.fingerprint,
    s.occurrence,
    s.record_key,
    s.updated_at,
    s.delivered_at,
    s.file_id,
    s.file,
    s.row_number,
    s.original,
    s.header,
    s.reasons,
    cast(1 as bigint) as ended_run_id
from rejects_standing s
semi join rejects_closing c on s.reject_id = c.reject_id
where not s.held;
