-- Identity: the rules that hold, decisions with a number, open questions, scores.

-- The rules that the registry's customers follow, one row per scope: 'latest' those of
-- the last run, 'all' those that every customer follows (of the first run, or of the
-- last rebuild). JSON of what the pipeline file says.
create table rules (
  scope        varchar not null,
  identity     varchar not null,
  survivorship varchar not null,
  run_id       bigint not null
);

-- Every pair that was decided by one act carries the number of that decision.
alter table link_decisions add column decision_id bigint;
update link_decisions set decision_id = numbered.place
from (
  select
      source_a,
      external_id_a,
      source_b,
      external_id_b,
      row_number() over (
        order by run_id, source_a, external_id_a, source_b, external_id_b
      ) as place
  from link_decisions
) numbered
where link_decisions.source_a = numbered.source_a
  and link_decisions.external_id_a = numbered.external_id_a
  and link_decisions.source_b = numbered.source_b
  and link_decisions.external_id_b = numbered.external_id_b;

-- The run that ended a row stays the last column.
create table link_decisions_ended as
select
    h.* exclude (ended_run_id),
    cast(null as bigint) as decision_id,
    h.ended_run_id
from link_decisions_history h;
drop table link_decisions_history;
alter table link_decisions_ended rename to link_decisions_history;

-- One row per open question: `kind` is 'pair' (may these two customers be one?),
-- 'crowded' (a key's value is held by too many to be a key), or 'large' (a cluster
-- above the limit, of which nobody was merged). `subject` tells what it is about for as
-- long as it is open. The records are the first of each customer of a pair, else
-- the first of all. `reasons` say what ties them and what stood against it; `people` is
-- how many names hold the value, `records` how many records it is about.
create table review_items (
  review_id     bigint not null,
  kind          varchar not null,
  subject       varchar not null,
  source_a      varchar not null,
  external_id_a varchar not null,
  source_b      varchar,
  external_id_b varchar,
  reasons       struct("key" varchar, why varchar)[] not null,
  "value"       varchar,
  records       bigint,
  people        bigint,
  score         double,
  model         varchar,
  run_id        bigint not null
);

-- One row per question about many records that a person settled without a decision
-- on pairs: it is not asked again.
create table review_dismissals (
  kind          varchar not null,
  subject       varchar not null,
  source_a      varchar not null,
  external_id_a varchar not null,
  decision_id   bigint not null,
  decided_by    varchar not null,
  decided_at    timestamp not null,
  run_id        bigint not null
);

-- One row per pair of source records that a model scored, the first of the two as a:
-- `score` is the probability that they are one person, `weight` the same as log2 of
-- the odds, `weights` its parts, the prior first; `model` is the sha256 of the model.
create table match_scores (
  source_a      varchar not null,
  external_id_a varchar not null,
  source_b      varchar not null,
  external_id_b varchar not null,
  score         double not null,
  weight        double not null,
  weights       struct(field varchar, level varchar, weight double)[] not null,
  model         varchar not null,
  run_id        bigint not null
);

create table rules_history as select *, cast(null as bigint) as ended_run_id from rules limit 0;
create table review_items_history as select *, cast(null as bigint) as ended_run_id from review_items limit 0;
create table review_dismissals_history as select *, cast(null as bigint) as ended_run_id from review_dismissals limit 0;
create table match_scores_history as select *, cast(null as bigint) as ended_run_id from match_scores limit 0;
