"""The yardstick: the same job by hand, in plain DuckDB SQL, as fast as it goes.

    python -m benchmarks.bare --world sample_data --out out/bare

Reads the five files, cleans, types and checks them, sets rejects aside, finds
who is who by the guarded keys, merges, loads a DuckDB file (customers, source
records with their customer, addresses, memberships, consent in force, orders,
lines, rejects) and writes the newsletter, a file per group and the Nordic
buyers. It knows these files only, once: no history, no fingerprints kept, no
second run, no plan, no report. Prints seconds per stage as JSON.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable
from pathlib import Path
from time import perf_counter

import duckdb

from benchmarks import bare_customers
from benchmarks import bare_order_tables as tables
from benchmarks.bare_export import export
from benchmarks.bare_resolve import resolve
from benchmarks.bare_tables import load_customers
from benchmarks.bare_words import MACROS
from benchmarks.files import CUSTOMERS, ORDERS


def decoded(world: Path, out: Path) -> dict[str, Path]:
    """Give each source's file in UTF-8; those in Windows-1252 are decoded first."""
    found = {}
    for file in (*CUSTOMERS, *ORDERS):
        path = world / file.name
        if file.encoding == "cp1252":
            path = out / f"{file.source}.utf8.csv"
            _decode(world / file.name, path)
        found[file.source] = path
    return found


def _decode(old: Path, new: Path) -> None:
    """Write a Windows-1252 file again as UTF-8, 16 MB at a time."""
    with old.open("rb") as cells, new.open("wb") as text:
        while chunk := cells.read(1 << 24):
            text.write(chunk.decode("cp1252").encode())


def intake(db: duckdb.DuckDBPyConnection, files: dict[str, Path]) -> None:
    """Keep every record, typed, with the first rule it breaks.

    The rows stay in the order of the file only while no join is in the plan,
    and DuckDB makes one of a long IN list: see ``is_country``.
    """
    db.execute(MACROS)
    db.execute(
        f"""
        create temp table customer_rows as
        {bare_customers.web_shop(files["web_shop"])}
        union all
        {bare_customers.old_shop(files["old_shop"])}
        union all
        {bare_customers.mail_club(files["mail_club"])}
        """
    )
    # A row's place in its table is its place in the file.
    db.execute(
        """
        create temp table duplicates as
        with again as (
          select row_hash from customer_rows where bad is null
          group by row_hash having count(*) > 1
        ), placed as (
          select row_hash, rowid as row_id from customer_rows
          where bad is null and row_hash in (select row_hash from again)
        )
        select row_id from placed
        qualify row_number() over (partition by row_hash order by row_id) > 1
        """
    )
    db.execute(
        """
        create temp view accepted as
        select *, rowid as row_id from customer_rows
        where bad is null and rowid not in (select row_id from duplicates)
        """
    )


_NEWEST = (
    "email",
    "first_name",
    "last_name",
    "company",
    "vat_id",
    "org_number",
    "note",
)
_BILLING = ("street", "street2", "postcode", "city", "country")
_SHIPPING = tuple(
    f"shipping_{name}" for name in ("name", *_BILLING) if name != "street2"
)


def merge(db: duckdb.DuckDBPyConnection) -> None:
    """Keep ``golden``: a customer's newest values, whole addresses, best phone."""
    newest = ", ".join(f"arg_max({name}, newness) as {name}" for name in _NEWEST)

    def address(name: str, columns: tuple[str, ...]) -> str:
        struct = ", ".join(f"{column} := {column}" for column in columns)
        return (
            f"arg_max(struct_pack({struct}), newness) filter "
            f"(where coalesce({', '.join(columns)}) is not null) as {name}"
        )

    one = ", ".join([*_NEWEST, "phone, kind, tax_exempt", *_BILLING, *_SHIPPING])
    several = ", ".join(
        [
            *_NEWEST,
            "phone, kind, tax_exempt",
            *(f"billing.{name}" for name in _BILLING),
            *(f"shipping.{name}" for name in _SHIPPING),
        ]
    )
    # Newness orders the records of all customers: by time, then by place.
    db.execute(
        f"""
        create temp table merged as
        with placed as (
          select *, coalesce(epoch(updated_at), 0)::bigint * 33554432 + row_id
            as newness
          from accepted join clusters using (row_id) where records > 1
        )
        select customer_id, {newest},
          arg_max(phone, newness - store * 144115188075855872) as phone,
          min(kind) as kind,
          bool_or(tax_exempt) as tax_exempt,
          {address("billing", _BILLING)}, {address("shipping", _SHIPPING)},
          min(created_at) as created_at, max(updated_at) as updated_at
        from placed group by customer_id
        """
    )
    db.execute(
        f"""
        create temp view golden as
        select customer_id, {one}, created_at, updated_at
        from accepted join clusters using (row_id) where records = 1
        union all
        select customer_id, {several}, created_at, updated_at from merged
        """
    )


def main() -> None:
    """Read the command line, do the job, print its seconds."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.bare")
    parser.add_argument("--world", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    given = parser.parse_args()
    print(json.dumps(work(given.world, given.out)))


def work(world: Path, out: Path) -> dict[str, object]:
    """Do the whole job; give seconds per stage and rows per table.

    Whatever an earlier call left in ``out`` is replaced.
    """
    out.mkdir(parents=True, exist_ok=True)
    target = out / "bare.duckdb"
    target.unlink(missing_ok=True)
    seconds: dict[str, float] = {}
    began = perf_counter()
    files = decoded(world, out)
    seconds["extract"] = perf_counter() - began
    with duckdb.connect(str(target)) as db:
        db.execute("set timezone = 'UTC'")
        web, old = files["web_orders"], files["old_orders"]
        jobs: tuple[tuple[str, Callable[[], None]], ...] = (
            ("intake", lambda: intake(db, files)),
            ("resolve", lambda: resolve(db)),
            ("merge", lambda: merge(db)),
            ("apply", lambda: load_customers(db)),
            # Orders one shop after the other, so that memory holds one at a time.
            ("intake", lambda: tables.intake_web(db, web)),
            ("apply", lambda: tables.load_web(db, web)),
            ("intake", lambda: tables.intake_old(db, old)),
            ("apply", lambda: tables.load_old(db)),
            ("export", lambda: export(db, out)),
        )
        for stage, job in jobs:
            began = perf_counter()
            job()
            seconds[stage] = seconds.get(stage, 0.0) + perf_counter() - began
        rows = {
            table: db.table(table).count("*").fetchall()[0][0]
            for table in ("customers", "source_records", "orders", "order_lines")
        }
    for file in files.values():
        if file.parent == out:
            file.unlink()
    return {
        "seconds": {stage: round(took, 3) for stage, took in seconds.items()},
        "total": round(sum(seconds.values()), 3),
        "rows": rows,
    }


if __name__ == "__main__":
    main()
