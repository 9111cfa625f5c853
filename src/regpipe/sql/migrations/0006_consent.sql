-- What a statement of consent rests on: when and from where somebody opted in and
-- confirmed it, in which form or wording, by which campaign, and who noted it where it
-- was noted by hand; `note` is the reason that was given. `assumed` says that nothing
-- was stated and the source's `treat_unknown_as` took that for a yes.
alter table consent_events add column assumed boolean;
alter table consent_events add column opt_in_at timestamp;
alter table consent_events add column opt_in_ip varchar;
alter table consent_events add column confirmed_at timestamp;
alter table consent_events add column confirmed_ip varchar;
alter table consent_events add column wording varchar;
alter table consent_events add column campaign varchar;
alter table consent_events add column stated_by varchar;
alter table consent_events add column note varchar;

-- Where a suppression comes from: a row of a file, or somebody's hand. It stands for
-- every purpose. One whose reason is 'unsubscribed' gives way to a later grant, any
-- other is lifted by hand alone.
alter table suppressions add column source varchar;
alter table suppressions add column file_id bigint;
alter table suppressions add column row_number bigint;
alter table suppressions add column note varchar;
alter table suppressions add column stated_by varchar;

-- The run that ended a row stays the last column.
create table suppressions_ended as
select
    h.* exclude (ended_run_id),
    s.source,
    s.file_id,
    s.row_number,
    s.note,
    s.stated_by,
    h.ended_run_id
from suppressions_history h
left join suppressions s on false;
drop table suppressions_history;
alter table suppressions_ended rename to suppressions_history;

-- Whose consent counts, and the policies of the last run (JSON).
alter table rules add column consent varchar;
create table rules_ended as
select h.* exclude (ended_run_id), r.consent, h.ended_run_id
from rules_history h
left join rules r on false;
drop table rules_history;
alter table rules_ended rename to rules_history;

-- One row per customer on whose address there is a word: the word per purpose. The
-- e-mail address counts for the channel 'email', the postal one (as the ledger writes it:
-- letters and digits of street, postcode and country) for 'post', the phone for others;
-- the keys are 'purpose' and 'purpose.channel'.
create or replace view customer_consents as
with postal as (
  select
      customer_id,
      nullif(regexp_replace(lower(strip_accents(street)), '[^\p{L}\p{N}]+', '', 'g'), '')
        || '|'
        || nullif(regexp_replace(lower(strip_accents(postcode)), '[^\p{L}\p{N}]+', '', 'g'), '')
        || '|'
        || coalesce(nullif(regexp_replace(lower(strip_accents(country)), '[^\p{L}\p{N}]+', '', 'g'), ''), '')
        as address
  from addresses
  where kind = 'billing'
),
word as (
  select c.customer_id, f.purpose as k, f.status as v
  from consent_in_force f
  join customers c on f.address = c.email
  where f.channel = 'email'
  union all
  select c.customer_id, f.purpose || '.' || f.channel as k, f.status as v
  from consent_in_force f
  join customers c on f.address = c.phone
  where f.channel not in ('email', 'post')
  union all
  select p.customer_id, f.purpose || '.' || f.channel as k, f.status as v
  from consent_in_force f
  join postal p on f.address = p.address
  where f.channel = 'post'
)
select
    customer_id,
    map_from_entries(list_sort(list({'k': k, 'v': v}))) as consents
from word
group by customer_id;
