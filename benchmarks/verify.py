"""Hold what a run left against the truth of its world.

    python -m benchmarks.verify --world sample_data --bare out/bare
    python -m benchmarks.verify --world sample_data --regpipe out/registry.duckdb

For bare, the lists are the files it wrote beside its tables. For regpipe they
are its exports ``newsletter.csv`` and ``nordic-buyers.csv`` beside the
registry. Prints for each answer how many rows are only in the truth and only
in what was found; the exit code is 1 when any is.
"""

from __future__ import annotations

import argparse
import json
import sys
from dataclasses import asdict, dataclass
from pathlib import Path

import duckdb

ANSWERS = {
    "people": ("source", "external_id"),
    "together": ("person", "other"),
    "rejects": ("source", "row_number", "column", "check"),
    "newsletter": ("email",),
    "nordic_buyers": ("email",),
    "groups": ("group", "person"),
    "order_owners": ("source", "order_id", "person"),
}
"""The columns each answer is compared by. A customer is named by its first
source record, so that found and true customers can be held together."""


@dataclass(frozen=True)
class Found:
    """What a run left: SELECTs of the common shape over its tables.

    ``records`` gives source, external_id, customer_id; ``memberships``
    customer_id, group; ``orders`` source, order_id, customer_id; ``rejects``
    source, row_number, column, check.
    """

    records: str
    memberships: str
    orders: str
    rejects: str


BARE = Found(
    records="""select source, external_id, customer_id from run.source_records
      where customer_id is not null""",
    memberships='select customer_id, group_name as "group" from run.memberships',
    orders="select source, order_id, customer_id from run.orders",
    rejects="""select source, row_number, split_part(bad, ':', 1) as "column",
      split_part(bad, ':', 2) as "check" from run.rejects""",
)
REGPIPE = Found(
    records=BARE.records,
    memberships="""select customer_id, g.name as "group"
      from run.memberships join run.groups as g using (group_key)""",
    orders=BARE.orders,
    rejects="""select source, row_number, coalesce(reason."column", '') as "column",
      reason."check" as "check"
      from (select source, row_number, unnest(reasons) as reason from run.rejects)""",
)


_TRUTH = Found(
    records="select source, external_id, person_id as customer_id from t_people",
    memberships='select person_id as customer_id, "group" from t_groups',
    orders="select source, order_id, person_id as customer_id from t_order_owners",
    rejects="""select source, row_number::bigint as row_number,
      coalesce("column", '') as "column", "check" from t_rejects""",
)
LISTS = {"newsletter": "newsletter.csv", "nordic_buyers": "nordic-buyers.csv"}

_COMMON = """
create table {side}_people as
select source, external_id, customer_id,
  source || ' ' || external_id as other,
  min(source || ' ' || external_id) over (partition by customer_id) as person
from ({records});
create view {side}_together as from {side}_people;
create view {side}_names as select distinct customer_id, person from {side}_people;
create view {side}_groups as
select "group", person from ({memberships}) join {side}_names using (customer_id);
create view {side}_order_owners as
select source, order_id, coalesce(person, '') as person
from ({orders}) left join {side}_names using (customer_id);
create view {side}_rejects as {rejects};
"""


def differences(
    world: Path, database: Path, lists: Path, found: Found
) -> dict[str, tuple[int, int]]:
    """Give for each answer the rows only in the truth, and only in what was found."""
    with duckdb.connect() as db:
        db.execute(f"attach '{database}' as run (read_only)")
        for name in ("people", "rejects", "groups", "order_owners"):
            db.execute(f"create table t_{name} as from {_csv(world, name)}")
        for side, tables in (("true", _TRUTH), ("found", found)):
            db.execute(_COMMON.format(side=side, **asdict(tables)))
        for name, file in LISTS.items():
            db.execute(f"create view true_{name} as from {_csv(world, name)}")
            db.execute(f"create view found_{name} as {_listed(lists / file)}")
        return {
            name: (
                _missing(db, f"true_{name}", f"found_{name}", columns),
                _missing(db, f"found_{name}", f"true_{name}", columns),
            )
            for name, columns in ANSWERS.items()
        }


def _csv(world: Path, name: str) -> str:
    """Give the table function that reads a file of the truth, all as text."""
    path = world / "truth" / f"{name}.csv"
    return (
        f"read_csv('{path}', header=true, delim=',', all_varchar=true, "
        "comment='', quote='\"', escape='\"')"
    )


def _listed(path: Path) -> str:
    """Give a SELECT of the first column of a list; none was written: no row."""
    if not path.exists():
        return "select null::varchar as email where false"
    return f"""
      select columns[1] as email from (
        select [*columns(*)] as columns
        from read_csv('{path}', header=true, all_varchar=true))"""


def _missing(
    db: duckdb.DuckDBPyConnection, here: str, there: str, columns: tuple[str, ...]
) -> int:
    """Count the rows of ``here`` that ``there`` has not, or not as often."""
    names = ", ".join(f'"{name}"' for name in columns)
    row = db.execute(
        f"""select count(*) from
        (select {names} from {here} except all select {names} from {there})"""
    ).fetchone()
    assert row is not None
    return int(row[0])


def main() -> None:
    """Read the command line and compare."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.verify")
    parser.add_argument("--world", type=Path, required=True)
    which = parser.add_mutually_exclusive_group(required=True)
    which.add_argument("--bare", type=Path, help="the folder bare wrote")
    which.add_argument("--regpipe", type=Path, help="the registry")
    given = parser.parse_args()
    if given.bare:
        found = differences(given.world, given.bare / "bare.duckdb", given.bare, BARE)
    else:
        found = differences(given.world, given.regpipe, given.regpipe.parent, REGPIPE)
    print(json.dumps(found, indent=2))
    sys.exit(int(any(sum(counts) for counts in found.values())))


if __name__ == "__main__":
    main()
