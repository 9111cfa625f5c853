-- statements
select
    'web_shop' as source,
    r.external_id as external_id,
    r.email as address,
    'email' as channel,
    'newsletter' as purpose,
    r."consent_newsletter_email" as stated,
    rp_believed(r."consent_newsletter_email_at", r.delivered_at) as stated_at,
    r.updated_at as updated_at,
    r.delivered_at,
    0 + r.file_no as file_id,
    r.row_number
from "accepted_web_shop" r
where r.email is not null and r."consent_newsletter_email" in ('granted', 'pending', 'withdrawn', 'never', 'unknown')
union all
select
    'web_shop' as source,
    r.external_id as external_id,
    r.email as address,
    'email' as channel,
    'newsletter' as purpose,
    r."consent_newsletter_email" as stated,
    rp_believed(r."consent_newsletter_email_at", r.delivered_at) as stated_at,
    r.updated_at as updated_at,
    r.delivered_at,
    0 + r.file_no as file_id,
    r.row_number
from "changed_web_shop" r
anti join "reasons_web_shop" b on r.row_id = b.row_id
anti join "erased_web_shop" x on r.row_id = x.row_id
anti join "accepted_web_shop" a on r.row_id = a.row_id
where r.email is not null and r."consent_newsletter_email" in ('granted', 'pending', 'withdrawn', 'never', 'unknown') and rp_believed(r."consent_newsletter_email_at", r.delivered_at) is not null
union all
select
    h.source,
    h.external_id,
    h.email as address,
    'email' as channel,
    'newsletter' as purpose,
    split_part(split_part(h.undated, ' newsletter.email:', 2), ' ', 1) as stated,
    cast(null as timestamp) as stated_at,
    h.updated_at as updated_at,
    h.delivered_at,
    h.file_id,
    h.row_number
from "changed_web_shop" r
anti join "reasons_web_shop" b on r.row_id = b.row_id
anti join "erased_web_shop" x on r.row_id = x.row_id
anti join "accepted_web_shop" a on r.external_id = a.external_id
join registry.source_records h
  on h.source = 'web_shop' and r.external_id = h.external_id
where r.email is not null and r."consent_newsletter_email" in ('granted', 'pending', 'withdrawn', 'never', 'unknown') and rp_believed(r."consent_newsletter_email_at", r.delivered_at) is not null
  and split_part(split_part(h.undated, ' newsletter.email:', 2), ' ', 1) in ('never', 'unknown')
  and h.email is not null
union all
select
    'old_shop' as source,
    r.external_id as external_id,
    r.email as address,
    'email' as channel,
    'newsletter' as purpose,
    r."consent_newsletter_email" as stated,
    cast(null as timestamp) as stated_at,
    r.updated_at as updated_at,
    r.delivered_at,
    0 + r.file_no as file_id,
    r.row_number
from "accepted_old_shop" r
where r.email is not null and r."consent_newsletter_email" in ('granted', 'pending', 'withdrawn', 'never', 'unknown')
union all
select
    'mail_club' as source,
    r.external_id as external_id,
    r.email as address,
    'email' as channel,
    'newsletter' as purpose,
    r."consent_newsletter_email" as stated,
    rp_believed(r."consent_newsletter_email_at", r.delivered_at) as stated_at,
    r.updated_at as updated_at,
    r.delivered_at,
    0 + r.file_no as file_id,
    r.row_number
from "accepted_mail_club" r
where r.email is not null and r."consent_newsletter_email" in ('granted', 'pending', 'withdrawn', 'never', 'unknown')
union all
select
    'mail_club' as source,
    r.external_id as external_id,
    r.email as address,
    'email' as channel,
    'newsletter' as purpose,
    r."consent_newsletter_email" as stated,
    rp_believed(r."consent_newsletter_email_at", r.delivered_at) as stated_at,
    r.updated_at as updated_at,
    r.delivered_at,
    0 + r.file_no as file_id,
    r.row_number
from "changed_mail_club" r
anti join "reasons_mail_club" b on r.row_id = b.row_id
anti join "erased_mail_club" x on r.row_id = x.row_id
anti join "accepted_mail_club" a on r.row_id = a.row_id
where r.email is not null and r."consent_newsletter_email" in ('granted', 'pending', 'withdrawn', 'never', 'unknown') and rp_believed(r."consent_newsletter_email_at", r.delivered_at) is not null
union all
select
    h.source,
    h.external_id,
    h.email as address,
    'email' as channel,
    'newsletter' as purpose,
    split_part(split_part(h.undated, ' newsletter.email:', 2), ' ', 1) as stated,
    cast(null as timestamp) as stated_at,
    h.updated_at as updated_at,
    h.delivered_at,
    h.file_id,
    h.row_number
from "changed_mail_club" r
anti join "reasons_mail_club" b on r.row_id = b.row_id
anti join "erased_mail_club" x on r.row_id = x.row_id
anti join "accepted_mail_club" a on r.external_id = a.external_id
join registry.source_records h
  on h.source = 'mail_club' and r.external_id = h.external_id
where r.email is not null and r."consent_newsletter_email" in ('granted', 'pending', 'withdrawn', 'never', 'unknown') and rp_believed(r."consent_newsletter_email_at", r.delivered_at) is not null
  and split_part(split_part(h.undated, ' newsletter.email:', 2), ' ', 1) in ('never', 'unknown')
  and h.email is not null;

-- consent_events_new
with once as (
  select
      s.*,
      row_number() over (
        partition by source, external_id, address, channel, purpose, stated, stated_at
        order by s.delivered_at, s.file_id, s.row_number
      ) as place
  from statements s
),
said as (
  select
      e.source,
      e.external_id,
      e.address,
      e.channel,
      e.purpose,
      case when e.assumed then 'assumed' else e.stated end as stated,
      e.stated_at,
      e.said_at,
      e.run_id,
      e.row_number
  from registry.consent_events e
  semi join once w using (source, external_id, address, channel, purpose)
  union all
  select
      n.source,
      n.external_id,
      n.address,
      n.channel,
      n.purpose,
      n.stated,
      n.stated_at,
      n.stated_at as said_at,
      4611686018427387904 as run_id,
      n.row_number
  from once n
  anti join registry.consent_events e
    on n.source = e.source and n.external_id = e.external_id and n.address = e.address and n.channel = e.channel and n.purpose = e.purpose
    and n.stated = e.stated
    and n.stated_at = e.stated_at
  where n.stated_at is not null
),
before as (
  select
      e.source,
      e.external_id,
      e.address,
      e.channel,
      e.purpose,
      arg_max(e.stated, {'r': e.run_id, 'n': e.row_number})
        filter (where e.stated_at is null) as undated,
      max(e.run_id) filter (where e.stated_at is null) as undated_run,
      arg_max(e.stated, {
        't': e.said_at, 'refusal': rp_refusal(e.stated)
      })
        filter (where e.stated_at is not null) as dated,
      max(e.run_id) filter (where e.stated_at is not null) as dated_run,
      max(case when e.stated in ('granted', 'pending') then 1 end) as ever_yes
  from said e
  group by e.source, e.external_id, e.address, e.channel, e.purpose
),
compared as (
  select
      s.*,
      b.ever_yes,
      case
        when s.stated_at is not null then coalesce(b.undated, b.dated)
        when s.stated in ('granted', 'pending', 'assumed') then b.undated
        when b.undated_run >= b.dated_run or b.dated is null then b.undated
        else b.dated
      end as last_word
  from once s
  left join before b using (source, external_id, address, channel, purpose)
  where s.place = 1
),
held as (
  select
      c.*,
      case
        when c.last_word = 'assumed' and c.ever_yes = 1
          and c.stated not in ('granted', 'pending')
          then 'granted'
        when c.last_word <> 'assumed' then c.last_word
      end as before
  from compared c
),
told as (
  select c.*
  from held c
  anti join registry.consent_events e
    on c.source = e.source and c.external_id = e.external_id and c.address = e.address and c.channel = e.channel and c.purpose = e.purpose
    and c.stated = e.stated
    and c.stated_at = e.stated_at
  where case
    when c.stated_at is not null then true
    when c.last_word is null then c.stated <> 'unknown'
    else c.stated <> c.last_word
  end
)
select
    address,
    channel,
    purpose,
    case
      when stated = 'assumed' then 'granted'
      when stated_at is null
        and before in ('granted', 'pending')
        and stated in ('never', 'unknown')
        then 'withdrawn'
      else stated
    end as status,
    case when stated = 'assumed' then 'unknown' else stated end as stated,
    stated_at,
    case
      when stated_at is not null then stated_at
      when stated = 'assumed' then cast(null as timestamp)
      when before is not null or stated = 'withdrawn'
        then coalesce(updated_at, delivered_at)
    end as said_at,
    case
      when stated_at is not null then 'statement'
      when stated = 'assumed' then 'nothing'
      when before is null and stated <> 'withdrawn' then 'nothing'
      when updated_at is not null then 'record'
      else 'file'
    end as dated_by,
    source,
    external_id,
    file_id,
    row_number
from told;

-- suppressions_new
with said as (
  select
      r.email as address,
      'email' as channel,
      case when r."consent_newsletter_email" in ('bounced', 'complained', 'blocked', 'erased', 'unsubscribed') then r."consent_newsletter_email" end as reason,
      coalesce(rp_believed(r."consent_newsletter_email_at", r.delivered_at), r.updated_at, r.delivered_at) as suppressed_at,
      rp_believed(r."consent_newsletter_email_at", r.delivered_at) is not null as dated,
      'web_shop' as source,
      0 + r.file_no as file_id,
      r.row_number,
      cast(null as varchar) as note
  from "changed_web_shop" r
anti join "reasons_web_shop" b on r.row_id = b.row_id
anti join "erased_web_shop" x on r.row_id = x.row_id
  where r.email is not null and case when r."consent_newsletter_email" in ('bounced', 'complained', 'blocked', 'erased', 'unsubscribed') then r."consent_newsletter_email" end is not null
  union all
  select
      r.email as address,
      'email' as channel,
      case when r."consent_newsletter_email" in ('bounced', 'complained', 'blocked', 'erased', 'unsubscribed') then r."consent_newsletter_email" end as reason,
      coalesce(cast(null as timestamp), r.updated_at, r.delivered_at) as suppressed_at,
      cast(null as timestamp) is not null as dated,
      'old_shop' as source,
      0 + r.file_no as file_id,
      r.row_number,
      cast(null as varchar) as note
  from "changed_old_shop" r
anti join "reasons_old_shop" b on r.row_id = b.row_id
anti join "erased_old_shop" x on r.row_id = x.row_id
  where r.email is not null and case when r."consent_newsletter_email" in ('bounced', 'complained', 'blocked', 'erased', 'unsubscribed') then r."consent_newsletter_email" end is not null
  union all
  select
      r.email as address,
      'email' as channel,
      case when r."consent_newsletter_email" in ('bounced', 'complained', 'blocked', 'erased', 'unsubscribed') then r."consent_newsletter_email" end as reason,
      coalesce(rp_believed(r."consent_newsletter_email_at", r.delivered_at), r.updated_at, r.delivered_at) as suppressed_at,
      rp_believed(r."consent_newsletter_email_at", r.delivered_at) is not null as dated,
      'mail_club' as source,
      0 + r.file_no as file_id,
      r.row_number,
      cast(null as varchar) as note
  from "changed_mail_club" r
anti join "reasons_mail_club" b on r.row_id = b.row_id
anti join "erased_mail_club" x on r.row_id = x.row_id
  where r.email is not null and case when r."consent_newsletter_email" in ('bounced', 'complained', 'blocked', 'erased', 'unsubscribed') then r."consent_newsletter_email" end is not null
),
ranked as (
  select
      n.*,
      row_number() over (
        partition by n.address, n.channel, n.reason
        order by
          case when n.reason = 'unsubscribed' then n.suppressed_at end
            desc nulls last,
          n.suppressed_at nulls last,
          n.source nulls last,
          n.file_id,
          n.row_number
      ) as nth
  from said n
  anti join registry.suppressions s
    on n.address = s.address
    and n.channel = s.channel
    and n.reason = s.reason
    and (
      n.reason <> 'unsubscribed'
      or s.suppressed_at >= n.suppressed_at
      or not n.dated and s.source = n.source
    )
)
select
    address, channel, reason, suppressed_at,
    source, file_id, row_number, note
from ranked
where nth = 1;
