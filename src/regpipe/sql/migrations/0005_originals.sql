-- What source records say of themselves beside their values: the match keys of numbers
-- whose check digits are right, and the texts as they are in the file, of the fields
-- whose value reads otherwise (null where none does).
alter table source_records add column vat_key varchar;
alter table source_records add column org_key varchar;
alter table source_records add column originals struct(
  email varchar, phone varchar, full_name varchar, postcode varchar, country varchar,
  vat_id varchar, org_number varchar
);

-- The run that ended a row stays the last column.
create table source_records_ended as
select
    h.* exclude (ended_run_id),
    s.vat_key,
    s.org_key,
    s.originals,
    h.ended_run_id
from source_records_history h
left join source_records s on false;
drop table source_records_history;
alter table source_records_ended rename to source_records_history;
