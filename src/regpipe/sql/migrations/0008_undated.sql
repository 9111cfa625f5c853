-- What the held version of a record says of consent without a time of its own, where it
-- is no yes and its source dates some statements: ' newsletter.email:never', one after
-- the other. It is said once more where an older version with a date comes after it.
alter table source_records add column undated varchar;

-- The run that ended a row stays the last column.
create table source_records_ended as
select h.* exclude (ended_run_id), s.undated, h.ended_run_id
from source_records_history h
left join source_records s on false;
drop table source_records_history;
alter table source_records_ended rename to source_records_history;
