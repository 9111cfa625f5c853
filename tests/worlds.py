"""Tiny shops in a folder that are really run, and what a run leaves of them.

The columns of a shop's CSVs are called like the fields they are mapped to, so
that a test shows rows and no mapping.
"""

from __future__ import annotations

import csv
import hashlib
import io
import json
import os
from datetime import UTC, datetime
from pathlib import Path

import duckdb
from hypothesis import HealthCheck, Phase, settings

from regpipe.outcome import silent
from regpipe.plan import NOTHING
from regpipe.run import run_pipeline
from regpipe.spec import Pipeline

AS_OF = datetime(2026, 6, 1, 2, tzinfo=UTC)
DELIVERED = datetime(2026, 5, 31, 3, tzinfo=UTC)

BOOKS = ("runs", "run_files", "exports")
"""The tables that say which runs there were: each run adds rows to them."""


def whole_runs(examples):
    """Give the settings of a property whose every example is some runs of a world.

    An example that fails is told as it is: to make it smaller takes many runs.
    """
    return settings(
        max_examples=examples,
        deadline=None,
        phases=(Phase.explicit, Phase.reuse, Phase.generate),
        suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
    )


def drawn(text):
    """Give the rows of a drawn table as dicts, each cell a text; ``-`` is blank."""
    lines = [line.strip().strip("|").split("|") for line in text.strip().split("\n")]
    header, *rows = [[cell.strip() for cell in line] for line in lines]
    return [
        {
            name: "" if cell == "-" else cell
            for name, cell in zip(header, row, strict=True)
        }
        for row in rows
    ]


def deliver(path, rows, *, at=DELIVERED, columns=None, delimiter=",", encoding="utf-8"):
    """Write a CSV of ``rows`` (drawn, or dicts) as if it had come at the time ``at``.

    ``columns`` are its header where there may be no row to tell them.
    """
    if isinstance(rows, str):
        rows = drawn(rows)
    out = io.StringIO()
    writer = csv.DictWriter(
        out, columns or list(rows[0]), delimiter=delimiter, lineterminator="\n"
    )
    writer.writeheader()
    writer.writerows(rows)
    return put(path, out.getvalue().encode(encoding), at=at)


def put(path, content, *, at=DELIVERED):
    """Write a file as if it had come at the time ``at``."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    os.utime(path, (at.timestamp(), at.timestamp()))
    return path


def customers(columns, files="shop*.csv", **more):
    """Declare a source of customers; ``columns`` are named in one text."""
    special = {
        "phone": {"from": "phone", "country": "SE"},
        "groups": {"from": "groups", "split": "+"},
        "kind": {"from": "kind"},
    }
    names = columns.split()
    mapped = {n: special.get(n, n) for n in names if not n.startswith("news")}
    if "news" in names:
        at = {"at": "news_at"} if "news_at" in names else {}
        mapped["consent.newsletter"] = {"from": "news", **at}
    return {"kind": "customers", "files": files, "columns": mapped, **more}


def orders(columns, files="orders*.csv", **more):
    """Declare a source of orders; ``columns`` are named in one text."""
    mapped = {name.replace("line_", "line."): name for name in columns.split()}
    return {"kind": "orders", "files": files, "columns": mapped, **more}


def consents(columns="email status at", files="consents*.csv", **more):
    """Declare a source of consents to the newsletter."""
    mapped = {name: name for name in columns.split()}
    declared = {"kind": "consents", "files": files, "columns": mapped}
    return {"purpose": "newsletter", **declared, **more}


NEWS = {"purpose": "newsletter", "columns": ["email"], "to": "out/news.csv"}
EVERYBODY = {
    "purpose": "service",
    "columns": ["customer_id", "email", "first_name", "last_name", "groups"],
    "to": "out/everybody.csv",
}
GROUPS = {
    "purpose": "service",
    "for_each": "group",
    "columns": ["customer_id", "email"],
    "to": "out/groups/{group}.csv",
}


def said(sources, exports=None, **more):
    """Give what a pipeline file of these sources says."""
    return {
        "pipeline": "test",
        "registry": "registry.duckdb",
        "sources": sources,
        "exports": exports or {},
        **more,
    }


def declared(folder, sources, exports=None, **more):
    """Give a pipeline in ``folder``, without a file."""
    return Pipeline.model_validate(
        said(sources, exports, **more), by_alias=True, by_name=False, context=folder
    )


def written(folder, sources, exports=None, **more):
    """Write a pipeline file to ``folder``; every JSON document is YAML, too."""
    path = folder / "test.yaml"
    path.write_text(json.dumps(said(sources, exports, **more), indent=2))
    return path


def run(pipeline, *, as_of=AS_OF, by_hand=NOTHING):
    """Run a pipeline; give its outcome."""
    return run_pipeline(pipeline, as_of=as_of, wait=0, progress=silent, by_hand=by_hand)


def nothing_changed(outcome):
    """Tell whether a run left every versioned table as it was."""
    return not any(delta.gone or delta.new for delta in outcome.deltas.values())


def asked(registry, query):
    """Give the rows of a query over a registry."""
    with duckdb.connect(str(registry), read_only=True) as db:
        db.execute("set TimeZone = 'UTC'")
        return db.execute(query).fetchall()


def records(registry, query):
    """Give the rows of a query over a registry as dicts."""
    with duckdb.connect(str(registry), read_only=True) as db:
        found = db.execute(query)
        names = [column[0] for column in found.description]
        return [dict(zip(names, row, strict=True)) for row in found.fetchall()]


def tables(registry, without=()):
    """Give every row of every table of a registry, sorted, the tables by name."""
    with duckdb.connect(str(registry), read_only=True) as db:
        names = [
            name
            for (name,) in db.execute(
                "select table_name from duckdb_tables() order by table_name"
            ).fetchall()
        ]
        return {
            name: sorted(db.execute(f'from "{name}"').fetchall(), key=repr)
            for name in names
            if name not in without
        }


def past(registry, runs):
    """Give the versioned tables as they were after each run, by their history."""
    found = tables(registry)
    begun = dict(
        asked(
            registry,
            "select table_name, column_index - 1 from duckdb_columns() "
            "where column_name = 'run_id'",
        )
    )
    return [
        {
            name.removesuffix("_history"): sorted(
                [
                    *(row for row in now if row[begun[name]] <= run),
                    *(row[:-1] for row in ended if row[begun[name]] <= run < row[-1]),
                ],
                key=repr,
            )
            for name, ended in found.items()
            if name.endswith("_history")
            for now in [found[name.removesuffix("_history")]]
        }
        for run in runs
    ]


def held(registry):
    """Give the source records of a registry: its customer and presence, by key."""
    return {
        (source, external_id): (customer_id, gone_at is None)
        for source, external_id, customer_id, gone_at in asked(
            registry,
            "select source, external_id, customer_id, gone_at from source_records",
        )
    }


def clusters(registry, *, gone=False):
    """Give the customers of a registry as the sets of records they are made of."""
    found = {}
    for key, (customer_id, there) in held(registry).items():
        if customer_id is not None and (there or gone):
            found.setdefault(customer_id, set()).add(key)
    return {customer_id: frozenset(keys) for customer_id, keys in found.items()}


def together(registry):
    """Give who is one customer, as sets of external ids (unique in the test)."""
    return {
        frozenset(external_id for _, external_id in keys)
        for keys in clusters(registry).values()
    }


def picture(registry):
    """Give all that a registry says of its people, by their records and not by ids.

    Nothing in it tells which run, file or row a value came with.
    """
    who = clusters(registry)
    told = {}
    for row in records(registry, "from customer_view"):
        told[who[row.pop("customer_id")]] = row
    everybody = clusters(registry, gone=True)
    bought = {}
    for row in records(registry, "from orders"):
        for book in ("fingerprint", "delivered_at", "file_id", "row_number", "run_id"):
            del row[book]
        row["owner"] = everybody.get(row.pop("customer_id"))
        bought[row["source"], row["order_id"]] = row
    return {
        "customers": told,
        "records": {
            key: (there, keys)
            for key, (customer_id, there) in held(registry).items()
            for keys in [everybody.get(customer_id)]
        },
        "consents": {
            (address, channel, purpose): status
            for address, channel, purpose, status in asked(
                registry,
                "select address, channel, purpose, status from consent_in_force",
            )
        },
        "suppressed": set(
            asked(registry, "select address, channel, reason from suppressions")
        ),
        "orders": bought,
        "lines": sorted(
            asked(
                registry,
                "select source, order_id, line_no, sku, name, quantity, price, total "
                "from order_lines",
            )
        ),
    }


def contents(folder):
    """Give the bytes of every file under a folder that is not hidden."""
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and not path.name.startswith(".")
    }


def listed(path):
    """Give the rows of a list as dicts."""
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def emails(path):
    """Give the e-mails on a list, in its order."""
    return [row["email"] for row in listed(path)]


def sha256(path):
    """Give the checksum of a file; None where there is none."""
    return hashlib.sha256(path.read_bytes()).hexdigest() if path.is_file() else None


def here(path):
    """Give the folder of this project's file or folder ``path``."""
    return Path(__file__).resolve().parents[1] / path
