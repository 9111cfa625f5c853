"""Registries and pipelines made of rows, for tests of what is read from them."""

import csv
from datetime import UTC, date, datetime

from regpipe.engine.duckdb import DuckDBEngine
from regpipe.registry import migrate
from regpipe.spec import Pipeline
from regpipe.sql.step import ident, literal
from regpipe.stages.export import publish_exports, stage_exports
from regpipe.stages.export_files import writing_lists

AS_OF = datetime(2024, 5, 1, 2, tzinfo=UTC)

MIGRATIONS = migrate.scripts()

DELIVERED = datetime(2024, 4, 30)

DEFAULTS = {
    "runs": {
        "run_id": 1,
        "pipeline": "nightly",
        "command": "run",
        "started_at": datetime(2024, 5, 1, 2),
        "as_of": datetime(2024, 5, 1, 2),
        "program_version": "0",
        "next_customer_id": 100,
    },
    "customers": {"kind": "registered"},
    "addresses": {"kind": "billing"},
    "groups": {"kind": "group"},
    "memberships": {},
    "consent_events": {
        "channel": "email",
        "purpose": "newsletter",
        "status": "granted",
        "stated": "granted",
        "dated_by": "statement",
        "source": "web_shop",
        "external_id": "1",
        "file_id": 1,
        "row_number": 2,
    },
    "suppressions": {
        "channel": "*",
        "reason": "bounced",
        "suppressed_at": datetime(2024, 1, 1),
    },
    "source_records": {
        "source": "web_shop",
        "kind": "registered",
        "delivered_at": DELIVERED,
        "fingerprint": 0,
        "file_id": 1,
        "row_number": 2,
    },
    "orders": {
        "source": "web_orders",
        "fingerprint": 0,
        "line_count": 1,
        "delivered_at": DELIVERED,
        "file_id": 1,
        "row_number": 2,
    },
    "order_lines": {"source": "web_orders", "line_no": 1},
    "customer_redirects": {},
    "exports": {"sha256": "0", "rows": 1},
    "rejects": {
        "reject_id": 1,
        "delivered_at": DELIVERED,
        "source": "web_shop",
        "fingerprint": 0,
        "occurrence": 1,
        "file_id": 1,
        "file": "a.csv",
        "header": ["Email"],
        "reasons": [{"column": "email", "check": "email"}],
    },
    "rules": {"scope": "latest", "identity": "{}", "survivorship": "{}"},
    "match_scores": {"weight": 0.0, "weights": [], "model": "0"},
    "run_files": {
        "run_id": 1,
        "source": "web_shop",
        "file": "a.csv",
        "sha256": "0",
        "delivered_at": DELIVERED,
        **dict.fromkeys(("read", "accepted", "rejected"), 0),
        **dict.fromkeys(("duplicate", "unchanged", "suppressed"), 0),
    },
}

DEFAULTS["source_records_history"] = {**DEFAULTS["source_records"], "ended_run_id": 2}

for _defaults in DEFAULTS.values():
    _defaults.setdefault("run_id", 1)
DEFAULTS["format"] = {"applied_by": "0"}


def inserts(**tables):
    """Give the SQL that puts rows into tables of a registry, defaults filled in."""
    return "select 1;\n" + "".join(
        f"insert into {table} ({', '.join(map(ident, row))}) "
        f"values ({', '.join(map(value, row.values()))});\n"
        for table, rows in tables.items()
        for row in ({**defaults_of(table), **given} for given in rows)
    )


def defaults_of(table):
    """Give what a row of a table, or of its history, says where a test does not."""
    return DEFAULTS[table.removesuffix("_history")]


def value(it):
    """Give a Python value as SQL."""
    match it:
        case None:
            return "null"
        case str():
            return literal(it)
        case datetime():
            return f"timestamp {literal(it.isoformat(sep=' '))}"
        case date():
            return f"date {literal(it.isoformat())}"
        case list():
            return f"[{', '.join(map(value, it))}]"
        case dict():
            return "{" + ", ".join(f"'{k}': {value(v)}" for k, v in it.items()) + "}"
        case _:
            return str(it)


def make_registry(path, **tables):
    """Make a registry file of these rows; a run unless there is one given."""
    rows = inserts(**{"runs": [{}], **tables})
    path.unlink(missing_ok=True)
    maker = DuckDBEngine(None)
    maker.publish(path, (*MIGRATIONS, rows), (), 1)
    maker.close()
    return path


def in_memory(folders, **tables):
    """Give a locked-down engine on a registry of these rows, in memory."""
    rows = [inserts(**tables)] if tables else []
    return DuckDBEngine(None, (*MIGRATIONS, *rows), folders=folders)


def pipeline(folder, **exports):
    """Give a pipeline in ``folder`` with these exports."""
    return Pipeline.model_validate(
        {
            "pipeline": "nightly",
            "registry": "registry.duckdb",
            "sources": {
                "web_shop": {
                    "kind": "customers",
                    "files": "in/*.csv",
                    "columns": {"email": "Email"},
                }
            },
            "exports": exports,
        },
        by_alias=True,
        by_name=False,
        context=folder,
    )


def write_lists(declared, names=None, *, as_of=AS_OF, run=1, **tables):
    """Write a pipeline's lists from these rows, or from its registry file."""
    with writing_lists(declared, as_of, "test", names) as folders:
        if tables:
            reader = in_memory(folders, **tables)
        else:
            reader = DuckDBEngine(declared.path(declared.registry), folders=folders)
        try:
            staged = stage_exports(reader, declared, as_of, names)
        finally:
            reader.close()
        return publish_exports(staged, run)


def cells(path):
    """Give the rows of a list, its header first."""
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.reader(file))
