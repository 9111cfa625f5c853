-- Who was erased, without the person; and which records were deleted by hand.

-- One row per person who was erased: when, by whom, on what ground, under which case of
-- the operator's, and what that took. No value of the person.
create table erasures (
  erasure_id     bigint not null,
  erased_at      timestamp not null,
  erased_by      varchar not null,
  ground         varchar not null,
  case_reference varchar,
  customers      bigint not null,
  records        bigint not null,
  orders         bigint not null,
  run_id         bigint not null
);

-- One row per identifier of an erased person that must not come back: its keyed hash
-- (HMAC-SHA256). `key_id` tells the key, which stands in a file of its own; `kind` what
-- was hashed: 'email', 'email+name', 'phone', 'phone+first', 'phone+name',
-- 'record', or 'row' (a rejected row as it stood in its file).
create table erased_identifiers (
  erasure_id bigint not null,
  kind       varchar not null,
  hash       varchar not null,
  key_id     varchar not null,
  run_id     bigint not null
);

-- One row per source record that was deleted by hand: it is gone until its row changes.
create table deletions (
  source      varchar not null,
  external_id varchar not null,
  deleted_by  varchar not null,
  deleted_at  timestamp not null,
  run_id      bigint not null
);

create table erased_identifiers_history as select *, cast(null as bigint) as ended_run_id from erased_identifiers limit 0;
create table deletions_history as select *, cast(null as bigint) as ended_run_id from deletions limit 0;
