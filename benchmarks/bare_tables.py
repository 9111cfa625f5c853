"""The tables of customers that the bare script leaves in its DuckDB file."""

from __future__ import annotations

import duckdb

_SOURCES = "['web_shop', 'old_shop', 'mail_club']"
_FILES = "['web_shop_customers.csv', 'old_shop_kunder.skv', 'mail_club.csv']"

_CUSTOMERS = (
    f"""
    create table source_records as
    select {_SOURCES}[store + 1] as source, external_id, customer_id,
      accepted.* exclude (store, external_id, bad, original, row_hash, row_id)
    from accepted left join clusters using (row_id)
    """,
    """
    create table customers as
    select customer_id, kind, email, phone, first_name, last_name,
      concat_ws(' ', first_name, last_name) as full_name, company, vat_id,
      org_number, tax_exempt, note, created_at, updated_at
    from golden
    """,
    """
    create table addresses as
    select customer_id, 'billing' as kind,
      concat_ws(' ', first_name, last_name) as name,
      street, street2, postcode, city, country
    from golden
    where coalesce(street, street2, postcode, city, country) is not null
    union all
    select customer_id, 'shipping', shipping_name, shipping_street, null,
      shipping_postcode, shipping_city, shipping_country
    from golden where shipping_street is not null
    """,
    """
    create table memberships as
    select distinct customer_id, unnest(groups) as group_name
    from accepted join clusters using (row_id)
    """,
    # The last word per address; among equals the refusal has the higher digit.
    """
    create table consent_in_force as
    with words as (
      select email, case consent when 'granted' then 1 when 'pending' then 2
          when 'never' then 3 else 4 end as word,
        epoch_us(coalesce(consent_at,
          case consent when 'withdrawn' then updated_at end)) as said_at
      from accepted where consent is not null and email is not null
    ), latest as (
      select email, max(coalesce(said_at, 0) * 8 + word) as latest
      from words group by email
    )
    select email, 'newsletter' as purpose,
      ['granted', 'pending', 'never', 'withdrawn'][latest % 8] as status,
      make_timestamp(nullif(latest // 8, 0)) as said_at
    from latest
    """,
    # A row's number in its file: the header is row 1.
    f"""
    create table rejects as
    with starts as (
      select store, min(rowid) as start from customer_rows group by store
    )
    select {_SOURCES}[store + 1] as source, {_FILES}[store + 1] as file,
      customer_rows.rowid - start + 2 as row_number, bad, original
    from customer_rows join starts using (store) where bad is not null
    """,
    """
    create temp table crosswalk as
    select store, external_id, customer_id
    from accepted join clusters using (row_id) where store < 2
    """,
    "drop view golden",
    "drop view accepted",
    "drop table merged",
    "drop table customer_rows",
)


def load_customers(db: duckdb.DuckDBPyConnection) -> None:
    """Write the tables of customers; keep ``crosswalk`` for their orders."""
    for statement in _CUSTOMERS:
        db.execute(statement)
