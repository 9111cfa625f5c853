"""The lists of the bare script."""

from __future__ import annotations

import re
from pathlib import Path

import duckdb

_SAFE = """
create temp macro safe(cell) as
  case when regexp_matches(cell, '^[=+@\\t\\r-]') then '''' || cell else cell end
"""
_MAILED = """
create temp table mailed as
select c.customer_id, c.email, safe(first_name) as first_name,
  safe(last_name) as last_name
from customers as c join consent_in_force as f on f.email = c.email
where f.status = 'granted' and f.purpose = 'newsletter'
"""
_NEWSLETTER = """
select email as "Email Address", first_name as "First Name", last_name as "Last Name"
from mailed qualify row_number() over (partition by email order by customer_id) = 1
order by email
"""
_NORDIC = """
select email, first_name, last_name, country
from mailed join addresses using (customer_id)
where addresses.kind = 'billing' and country in ('NO', 'DK', 'FI')
  and customer_id in (select customer_id from orders)
qualify row_number() over (partition by email order by customer_id) = 1
order by email
"""
_GROUP = """
select customer_id, email, safe(first_name) as first_name,
  safe(last_name) as last_name, safe(company) as company
from customers join memberships using (customer_id)
where group_name = $1 order by customer_id
"""


def export(db: duckdb.DuckDBPyConnection, out: Path) -> None:
    """Write the newsletter, the Nordic buyers and a file per group."""
    db.execute(_SAFE)
    db.execute(_MAILED)
    (out / "groups").mkdir(exist_ok=True)
    for name, select in (("newsletter", _NEWSLETTER), ("nordic-buyers", _NORDIC)):
        db.execute(f"copy ({select}) to '{out / name}.csv' (header)")
    names = db.execute("select distinct group_name from memberships order by 1")
    for (name,) in names.fetchall():
        file = re.sub(r"[^\w-]+", "-", name).lower()
        select = _GROUP.replace("$1", "'" + name.replace("'", "''") + "'")
        db.execute(f"copy ({select}) to '{out / 'groups' / file}.csv' (header)")
