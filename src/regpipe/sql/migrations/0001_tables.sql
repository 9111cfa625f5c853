-- The tables of the registry. The line above each says its grain.
-- A versioned table `t` has `run_id`, the run that began the row, and a twin
-- `t_history` with `ended_run_id`, the run that ended it.

-- One row per run that was applied.
create table runs (
  run_id             bigint primary key,
  pipeline           varchar not null,
  command            varchar not null,
  started_at         timestamp not null,
  as_of              timestamp not null,
  program_version    varchar not null,
  next_customer_id   bigint not null
);

-- One row per file and run; read = accepted + rejected + duplicate + unchanged + suppressed.
create table run_files (
  file_id      bigint primary key,
  run_id       bigint not null,
  source       varchar not null,
  file         varchar not null,
  sha256       varchar not null,
  delivered_at timestamp not null,
  read         bigint not null,
  accepted     bigint not null,
  rejected     bigint not null,
  duplicate    bigint not null,
  unchanged    bigint not null,
  suppressed   bigint not null
);

-- One row per rejected record. `occurrence` counts equal records of one file from 1.
create table rejects (
  source       varchar not null,
  fingerprint  bigint not null,
  occurrence   bigint not null,
  file_id      bigint not null,
  file         varchar not null,
  row_number   bigint not null,
  original     varchar[] not null,
  header       varchar[] not null,
  reasons      struct("column" varchar, "check" varchar)[] not null,
  run_id       bigint not null
);

-- One row per source and external_id: the last accepted version of that source row.
-- `founder_of` is the customer_id this record was the first to carry, if it was.
create table source_records (
  source            varchar not null,
  external_id       varchar not null,
  customer_id       bigint,
  founder_of        bigint,
  kind              varchar not null,
  email             varchar,
  phone             varchar,
  first_name        varchar,
  last_name         varchar,
  first_key         varchar,
  last_key          varchar,
  company           varchar,
  vat_id            varchar,
  org_number        varchar,
  birth_date        date,
  language          varchar,
  tax_exempt        boolean,
  note              varchar,
  street            varchar,
  street2           varchar,
  postcode          varchar,
  city              varchar,
  region            varchar,
  country           varchar,
  shipping_name     varchar,
  shipping_street   varchar,
  shipping_street2  varchar,
  shipping_postcode varchar,
  shipping_city     varchar,
  shipping_region   varchar,
  shipping_country  varchar,
  groups            varchar[],
  created_at        timestamp,
  updated_at        timestamp,
  delivered_at      timestamp not null,
  gone_at           timestamp,
  fingerprint       bigint not null,
  file_id           bigint not null,
  row_number        bigint not null,
  run_id            bigint not null
);

-- One row per customer: the golden record.
create table customers (
  customer_id bigint not null,
  kind        varchar not null,
  email       varchar,
  phone       varchar,
  first_name  varchar,
  last_name   varchar,
  full_name   varchar,
  company     varchar,
  vat_id      varchar,
  org_number  varchar,
  birth_date  date,
  language    varchar,
  tax_exempt  boolean,
  note        varchar,
  created_at  timestamp,
  updated_at  timestamp,
  run_id      bigint not null
);

-- One row per customer_id that was merged away, to the customer it became.
create table customer_redirects (
  customer_id bigint not null,
  redirect_to bigint not null,
  run_id      bigint not null
);

-- One row per customer and kind of address ('billing', 'shipping').
create table addresses (
  customer_id bigint not null,
  kind        varchar not null,
  name        varchar,
  street      varchar,
  street2     varchar,
  postcode    varchar,
  city        varchar,
  region      varchar,
  country     varchar,
  run_id      bigint not null
);

-- One row per group. `group_key` is the folded name, `kind` one of
-- 'group', 'membership', 'role', 'tag'.
create table groups (
  group_key       varchar not null,
  kind            varchar not null,
  name            varchar not null,
  discount        decimal(9, 4),
  price_list      varchar,
  product_range   varchar,
  payment_methods varchar,
  run_id          bigint not null
);

-- One row per customer and group.
create table memberships (
  customer_id bigint not null,
  group_key   varchar not null,
  run_id      bigint not null
);

-- One row per consent event, append-only. `said_at` is the time that counts when
-- statements are compared; null means older than anything dated.
create table consent_events (
  address      varchar not null,
  channel      varchar not null,
  purpose      varchar not null,
  status       varchar not null,
  stated       varchar not null,
  stated_at    timestamp,
  said_at      timestamp,
  dated_by     varchar not null,
  source       varchar not null,
  external_id  varchar not null,
  file_id      bigint not null,
  row_number   bigint not null,
  run_id       bigint not null
);

-- One row per suppressed address and reason.
create table suppressions (
  address       varchar not null,
  channel       varchar not null,
  reason        varchar not null,
  suppressed_at timestamp not null,
  run_id        bigint not null
);

-- One row per source and order.
create table orders (
  source             varchar not null,
  order_id           varchar not null,
  customer_id        bigint,
  customer_source    varchar,
  customer_ref       varchar,
  email              varchar,
  number             varchar,
  site               varchar,
  ordered_at         timestamp,
  updated_at         timestamp,
  payment_status     varchar,
  payment_word       varchar,
  fulfilment_status  varchar,
  fulfilment_word    varchar,
  currency           varchar,
  subtotal           decimal(18, 4),
  shipping_total     decimal(18, 4),
  tax_total          decimal(18, 4),
  discount_total     decimal(18, 4),
  refunded_total     decimal(18, 4),
  total              decimal(18, 4),
  carrier            varchar,
  tracking_number    varchar,
  note               varchar,
  fingerprint        bigint not null,
  line_count         bigint not null,
  delivered_at       timestamp not null,
  file_id            bigint not null,
  row_number         bigint not null,
  run_id             bigint not null
);

-- One row per source, order and line; `line_no` counts from 1 in file order.
create table order_lines (
  source    varchar not null,
  order_id  varchar not null,
  line_no   bigint not null,
  sku       varchar,
  name      varchar,
  quantity  decimal(18, 4),
  price     decimal(18, 4),
  total     decimal(18, 4),
  run_id    bigint not null
);

-- One row per customer field set by hand, in force until it is lifted.
create table overrides (
  customer_id bigint not null,
  field       varchar not null,
  value       varchar,
  set_by      varchar not null,
  set_at      timestamp not null,
  run_id      bigint not null
);

-- One row per pair of source records a person decided on: 'same' or 'different'.
create table link_decisions (
  source_a      varchar not null,
  external_id_a varchar not null,
  source_b      varchar not null,
  external_id_b varchar not null,
  decision      varchar not null,
  decided_by    varchar not null,
  decided_at    timestamp not null,
  run_id        bigint not null
);

-- One row per file an export wrote.
create table exports (
  run_id  bigint not null,
  name    varchar not null,
  purpose varchar not null,
  file    varchar not null,
  rows    bigint not null,
  sha256  varchar not null,
  as_of   timestamp not null
);

-- What was: the same columns, and the run that ended the row.
create table source_records_history as select *, cast(null as bigint) as ended_run_id from source_records limit 0;
create table customers_history as select *, cast(null as bigint) as ended_run_id from customers limit 0;
create table customer_redirects_history as select *, cast(null as bigint) as ended_run_id from customer_redirects limit 0;
create table addresses_history as select *, cast(null as bigint) as ended_run_id from addresses limit 0;
create table groups_history as select *, cast(null as bigint) as ended_run_id from groups limit 0;
create table memberships_history as select *, cast(null as bigint) as ended_run_id from memberships limit 0;
create table orders_history as select *, cast(null as bigint) as ended_run_id from orders limit 0;
create table order_lines_history as select *, cast(null as bigint) as ended_run_id from order_lines limit 0;
create table rejects_history as select *, cast(null as bigint) as ended_run_id from rejects limit 0;
create table suppressions_history as select *, cast(null as bigint) as ended_run_id from suppressions limit 0;
create table overrides_history as select *, cast(null as bigint) as ended_run_id from overrides limit 0;
create table link_decisions_history as select *, cast(null as bigint) as ended_run_id from link_decisions limit 0;

-- The format of this file: one row per migration applied.
create table format (
  version    integer not null,
  applied_by varchar not null
);
