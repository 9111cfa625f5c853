"""Drawn tables: rows as people draw them, for tests of what steps make of them.

    | customer_id | email    | groups       | rank:int |
    | 1           | a@old.se | [Gold, Club] | 3        |
    | 2           | -        | []           | -        |

A ``-`` is null, ``''`` the empty text. A column has the type that the registry or the
cleaned tables give it, the one behind its colon, or else it is text.
"""

import csv
import os
from datetime import UTC

from regpipe.engine.duckdb import DuckDBEngine
from regpipe.fields import CONSENT_FIELDS, CUSTOMER_FIELDS, ORDER_FIELDS
from regpipe.outcome import silent
from regpipe.plan import Stopwatch, work_out
from regpipe.registry import migrate
from regpipe.spec import Pipeline
from regpipe.sql.cells import sql_type
from regpipe.sql.step import Step, comma, ident, literal, step
from shop import AS_OF, DEFAULTS, value

TYPES = {
    **{name: sql_type(kind) for name, kind in ORDER_FIELDS.items()},
    **{name: sql_type(kind) for name, kind in CONSENT_FIELDS.items()},
    **{name: sql_type(kind) for name, kind in CUSTOMER_FIELDS.items()},
    **dict.fromkeys(("customer_id", "founder_of", "held_id", "redirect_to"), "bigint"),
    **dict.fromkeys(("row_id", "row_number", "file_no", "file_id", "run_id"), "bigint"),
    **dict.fromkeys(("fingerprint", "line_count", "line_no", "origin"), "bigint"),
    **dict.fromkeys(("record_no", "hub", "a", "b", "key_no", "cluster"), "bigint"),
    **dict.fromkeys(("delivered_at", "gone_at", "said_at", "stated_at"), "timestamp"),
    **dict.fromkeys(("decided_at", "set_at", "suppressed_at"), "timestamp"),
    **dict.fromkeys(("quantity", "price"), "decimal(18, 4)"),
    "place": "bigint",
    "rows": "bigint",
    "occurrence": "bigint",
    "unreadable": "varchar[]",
}


def cells(text):
    """Give the header (names and types) and the rows of a drawing, as texts."""
    lines = [line.strip() for line in text.strip().splitlines()]
    split = [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]
    names = [name.partition(":") for name in split[0]]
    header = {name: kind or TYPES.get(name, "varchar") for name, _, kind in names}
    assert all(len(row) == len(header) for row in split), "the drawing is ragged"
    return header, split[1:]


def _sql(text, kind):
    if text == "-":
        return f"cast(null as {kind})"
    return f"cast({literal('' if text == repr('') else text)} as {kind})"


def table(name, text, **also):
    """Give the step of a drawn table; ``also`` are more columns, by their SQL."""
    header, rows = cells(text)
    drawn_rows = [
        ", ".join(_sql(cell, kind) for cell, kind in zip(row, kinds, strict=True))
        for row in rows
        for kinds in [header.values()]
    ]
    no_row = ", ".join(_sql("-", kind) for kind in header.values())
    more = [f"{sql} as {ident(column)}" for column, sql in also.items()]
    return step(
        name,
        f"""
        select
            {comma([*map(ident, header), *more], 12)}
        from (values
          {comma((f"({row})" for row in drawn_rows or [no_row]), 10)}
        ) as t({", ".join(map(ident, header))})
        where {"true" if rows else "false"}
        """,
    )


def drawn(rows):
    """Give rows as tuples of texts, as they would be drawn, sorted."""
    return sorted(tuple(map(_shown, row)) for row in rows)


def _shown(cell):
    match cell:
        case None:
            return "-"
        case "":
            return "''"
        case bool():
            return str(cell).lower()
        case list():
            return f"[{', '.join(map(_shown, cell))}]"
        case dict():
            return f"{{{', '.join(f'{k}: {_shown(v)}' for k, v in cell.items())}}}"
        case _:
            return str(cell)


def rows_of(engine, select, columns):
    """Give the rows of a table, or of a step, in some of its columns, as drawn."""
    source = f"({select.select})" if isinstance(select, Step) else ident(select)
    listed = ", ".join(map(ident, columns))
    found = engine.collect(f"select {listed} from {source}")
    values = [found.column(name).to_pylist() for name in columns]
    return drawn(zip(*values, strict=True))


def assert_rows(engine, name, want):
    """Say that a table holds the rows drawn, in the columns drawn, in any order."""
    header, _ = cells(want)
    expected = rows_of(engine, table("want", want), header)
    got = rows_of(engine, name, header)
    assert got == expected, _side_by_side(list(header), got, expected)


def _side_by_side(header, got, expected):
    def draw(rows):
        widths = [max(map(len, column)) for column in zip(header, *rows, strict=True)]
        lines = [
            f"| {' | '.join(map(str.ljust, row, widths))} |" for row in (header, *rows)
        ]
        return "\n".join(lines)

    return f"\ngot:\n{draw(got)}\nnot:\n{draw(expected)}"


def inserts(name, text):
    """Give the SQL that puts drawn rows into a table of the registry."""
    header, _ = cells(text)
    defaults = {"run_id": 1, **DEFAULTS.get(name, {})}
    also = {column: value(it) for column, it in defaults.items()}
    given = table(name, text, **{c: sql for c, sql in also.items() if c not in header})
    return f"insert into {name} by name {given.select};"


def hold(engine, *scripts):
    """Change the registry that an engine has in memory, as only publishing does."""
    engine._in("registry", scripts)


def engine_holding(**tables):
    """Give an engine on a registry, in memory, with these drawn rows."""
    held = [inserts(name, text) for name, text in tables.items()]
    return DuckDBEngine(None, (*migrate.scripts(), *held))


def an_engine():
    """Give an engine on an empty registry: ``engine = pytest.fixture(an_engine)``."""
    made = engine_holding()
    yield made
    made.close()


def holding():
    """Make engines on registries with drawn rows: ``holding(orders=...)``."""
    made = []

    def make(**tables):
        made.append(engine_holding(**tables))
        return made[-1]

    yield make
    for each in made:
        each.close()


def write_csv(path, text, *, at=None):
    """Write a drawing as a CSV file, blank where it has a ``-``; ``at``: its time."""
    header, rows = cells(text)
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(header)
        writer.writerows([["" if c == "-" else c for c in row] for row in rows])
    if at is not None:
        moment = at.replace(tzinfo=UTC).timestamp()
        os.utime(path, (moment, moment))


def pipeline_of(folder, sources, **more):
    """Give a pipeline of these sources, each of whose files begin with its name."""
    named = {
        name: {"files": f"{name}*.csv", **source} for name, source in sources.items()
    }
    return Pipeline.model_validate(
        {"pipeline": "test", "registry": "r.duckdb", "sources": named, **more},
        by_alias=True,
        by_name=False,
        context=folder,
    )


def worked_out(engine, pipeline, folder, *, as_of=AS_OF, **more):
    """Leave all tables of a plan over the files of a pipeline; give the plan."""
    scratch = folder / "scratch"
    scratch.mkdir(exist_ok=True)
    return work_out(engine, pipeline, as_of, scratch, Stopwatch(silent), **more)
