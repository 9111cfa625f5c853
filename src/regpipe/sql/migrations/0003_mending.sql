-- Rejects with an id that stays, and by what each was closed.

-- One row per open reject: a record that was rejected, and the newest that came of it.
-- `occurrence` counts equal records of one file from 1. `record_key` is what the record
-- is known by (external_id, order_id, or the address of a statement), null where that
-- could not be read; `updated_at` its own time, `delivered_at` that of the last file it
-- stood in.
create table rejects_with_id (
  reject_id    bigint not null,
  source       varchar not null,
  fingerprint  bigint not null,
  occurrence   bigint not null,
  record_key   varchar,
  updated_at   timestamp,
  delivered_at timestamp not null,
  file_id      bigint not null,
  file         varchar not null,
  row_number   bigint not null,
  original     varchar[] not null,
  header       varchar[] not null,
  reasons      struct("column" varchar, "check" varchar)[] not null,
  run_id       bigint not null
);
insert into rejects_with_id
select
    row_number() over (
      order by r.file_id, r.row_number, r.source, r.fingerprint, r.occurrence
    ) as reject_id,
    r.source,
    r.fingerprint,
    r.occurrence,
    null as record_key,
    null as updated_at,
    coalesce(f.delivered_at, timestamp '1970-01-01') as delivered_at,
    r.file_id,
    r.file,
    r.row_number,
    r.original,
    r.header,
    r.reasons,
    r.run_id
from rejects r
left join run_files f on r.file_id = f.file_id;

-- Until now no reject was ever ended.
drop table rejects_history;
drop table rejects;
alter table rejects_with_id rename to rejects;
create table rejects_history as select *, cast(null as bigint) as ended_run_id from rejects limit 0;

-- One row per reject that was closed, append-only: `how` is 'mended' (a replayed version
-- was taken), 'taken' (the same row of the same file was taken once the pipeline read it
-- otherwise), 'replaced' (by the reject `by_reject`, the same row as it came back), or
-- 'overtaken' (a newer version of the record came). The version that closed it: its place,
-- its times (`good_dated`: its own, else its file's) and, where mended, its fingerprint.
create table reject_closures (
  reject_id      bigint not null,
  source         varchar not null,
  fingerprint    bigint not null,
  occurrence     bigint not null,
  record_key     varchar,
  how            varchar not null,
  by_reject      bigint,
  by_fingerprint bigint,
  good_dated     timestamp,
  good_delivered timestamp,
  file_id        bigint not null,
  row_number     bigint not null,
  run_id         bigint not null
);
