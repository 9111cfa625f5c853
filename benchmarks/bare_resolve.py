"""Who is who, as the bare script finds it: guarded keys, then components."""

from __future__ import annotations

import duckdb
import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

SHARED_ABOVE = 4
LARGEST_CLUSTER = 20

_KEYS = """
create temp table keys as
select row_id, email, phone, postcode,
  lower(strip_accents(first_name)) as first_key,
  lower(strip_accents(last_name)) as last_key,
  concat_ws(' ', first_key, last_key) as name
from accepted where kind <> 'guest'
"""

_SHARED = """
create temp table shared_{field} as
select {field} from keys where {field} in (
  select {field} from keys group by {field} having count(*) > {above}
)
group by {field} having count(distinct name) > {above}
"""

# One row per key value that two or more records hold. A name and postcode
# needs no guard; for the others, records of one first name need none either.
_HELD = """
create temp table held as
select list(row_id) as members,
  count(first_key) = count(*) and min(first_key) = max(first_key) as plain
from keys
where email is not null and email not in (select email from shared_email)
  and email not like 'noreply@%'
group by email having count(*) > 1
union all
select list(row_id),
  count(first_key) = count(*) and min(first_key) = max(first_key)
from keys
where phone is not null and phone not in (select phone from shared_phone)
  and last_key is not null
group by phone, last_key having count(*) > 1
union all
select list(row_id), true
from keys
where first_key is not null and last_key is not null and postcode is not null
group by name, postcode having count(*) > 1
"""

_PLAIN_EDGES = """
select members[1] as a, unnest(members[2:]) as b from held where plain
"""

# Of the others, two records go together when their first names fit; a record
# that fits two which do not fit each other goes with neither.
_GUARDED_EDGES = """
with members as (
  select rowid as held, unnest(members) as row_id from held where not plain
), named as (
  select held, row_id, first_key, last_key,
    rtrim(first_key, '.') as bare
  from members join keys using (row_id)
), pairs as (
  select x.held as held, x.row_id as a, y.row_id as b,
    x.first_key is null or y.first_key is null
    or x.first_key = y.first_key
    or jaro_winkler_similarity(x.first_key, y.first_key) >= 0.85
    or (length(x.bare) = 1 and starts_with(y.bare, x.bare))
    or (length(y.bare) = 1 and starts_with(x.bare, y.bare))
    or (x.first_key = y.last_key and x.last_key = y.first_key) as fits
  from named as x join named as y on x.held = y.held and x.row_id <> y.row_id
), torn as (
  select distinct p.held, p.a as row_id
  from pairs as p
  join pairs as q on q.held = p.held and q.a = p.a and q.b > p.b
  join pairs as r on r.held = p.held and r.a = p.b and r.b = q.b
  where p.fits and q.fits and not r.fits
)
select a, b from pairs
where fits and a < b
  and (held, a) not in (select (held, row_id) from torn)
  and (held, b) not in (select (held, row_id) from torn)
"""


def resolve(db: duckdb.DuckDBPyConnection) -> None:
    """Leave ``clusters``: row_id of each record, customer_id, records of it.

    A customer's id is counted by its first record.
    """
    db.execute(_KEYS)
    for field in ("email", "phone"):
        db.execute(_SHARED.format(field=field, above=SHARED_ABOVE))
    db.execute(_HELD)
    edges = pa.concat_tables(
        [
            db.sql(_PLAIN_EDGES).to_arrow_table(),
            db.sql(_GUARDED_EDGES).to_arrow_table(),
        ]
    )
    rows = db.sql("select row_id from keys").to_arrow_table()
    row_ids = rows.column("row_id").to_numpy()
    first = edges.column("a").to_numpy()
    second = edges.column("b").to_numpy()
    nodes = int(row_ids.max()) + 1
    label = components(nodes, first, second)
    number = np.cumsum(label == np.arange(nodes))  # of customers up to each record
    customer = number[label[row_ids]]
    size = np.bincount(customer)
    if size.max() > LARGEST_CLUSTER:
        raise SystemExit("a cluster is too large to be one customer")
    clusters = pa.table(
        {"row_id": row_ids, "customer_id": customer, "records": size[customer]}
    )
    db.register("clusters_arrow", clusters)
    db.execute("create temp table clusters as from clusters_arrow")
    db.unregister("clusters_arrow")


def components(
    size: int, first: NDArray[np.int64], second: NDArray[np.int64]
) -> NDArray[np.int64]:
    """Give for each of ``size`` nodes the least node it is connected with."""
    label = np.arange(size)
    while True:
        low = np.minimum(label[first], label[second])
        if np.array_equal(low, label[first]) and np.array_equal(low, label[second]):
            return label
        np.minimum.at(label, first, low)
        np.minimum.at(label, second, low)
        label = label[label]
