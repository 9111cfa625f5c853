"""Intake: every row accounted for, and of each key the latest version alone."""

from datetime import datetime
from itertools import permutations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from drawn import (
    an_engine,
    assert_rows,
    hold,
    holding,
    pipeline_of,
    table,
    worked_out,
    write_csv,
)
from regpipe.errors import DataError
from regpipe.outcome import silent
from regpipe.run import run_pipeline
from regpipe.sql import intake as sql
from shop import AS_OF

engine = pytest.fixture(an_engine)
holding = pytest.fixture(holding)

SHOP = {
    "kind": "customers",
    "columns": {
        "external_id": "Id",
        "email": "Email",
        "birth_date": "Born",
        "note": "Note",
        "updated_at": "Changed",
    },
}


# Which version of a record stands.


def judge(engine, rows, *, full=False):
    """Leave ``unchanged_shop`` and ``lost_shop`` of the rows drawn, none rejected."""
    engine.make(table("rows_shop", rows, problem="cast(null as varchar)"))
    engine.make(table("reasons_shop", "| row_id |"))
    engine.make(sql.unchanged("shop", "rows_shop", sql.CUSTOMERS))
    engine.make(sql.lost("shop", "rows_shop", "reasons_shop", sql.CUSTOMERS, full=full))


def test_of_versions_in_one_delivery_the_latest_by_its_own_time_stands(engine):
    judge(
        engine,
        """
        | row_id | external_id | updated_at | delivered_at | fingerprint |
        | 1      | a           | 2024-02-02 | 2024-05-01   | 1           |
        | 2      | a           | 2024-02-03 | 2024-04-01   | 2           |
        | 3      | a           | 2024-02-01 | 2024-06-01   | 3           |
        | 4      | b           | 2024-01-01 | 2024-05-01   | 4           |
        """,
    )
    assert_rows(engine, "lost_shop", "| row_id |\n| 1 |\n| 3 |")


def test_a_version_without_a_time_is_as_old_as_its_file(engine):
    judge(
        engine,
        """
        | row_id | external_id | updated_at | delivered_at | fingerprint |
        | 1      | a           | -          | 2024-05-01   | 1           |
        | 2      | a           | -          | 2024-04-01   | 2           |
        | 3      | b           | 2024-04-15 | 2024-04-01   | 3           |
        | 4      | b           | -          | 2024-04-14   | 4           |
        """,
    )
    assert_rows(engine, "lost_shop", "| row_id |\n| 2 |\n| 4 |")


def test_of_versions_of_one_time_the_later_file_knows_better(holding):
    engine = holding(source_records=HELD)
    judge(
        engine,
        """
        | row_id | external_id | updated_at | delivered_at | fingerprint |
        | 1      | a           | 2024-02-02 | 2024-04-30   | 5           |
        | 2      | c           | 2024-02-02 | 2024-05-03   | 6           |
        | 3      | c           | 2024-02-02 | 2024-05-04   | 7           |
        """,
    )
    assert_rows(engine, "lost_shop", "| row_id |\n| 1 |\n| 2 |")


@pytest.mark.parametrize("ids", [(1, 2), (2, 1)])
def test_of_versions_of_one_time_the_content_decides_not_the_place(engine, ids):
    judge(
        engine,
        f"""
        | row_id   | external_id | updated_at | delivered_at | fingerprint |
        | {ids[0]} | a           | 2024-02-02 | 2024-05-01   | 7           |
        | {ids[1]} | a           | 2024-02-02 | 2024-05-01   | 9           |
        """,
    )
    assert_rows(engine, "lost_shop", f"| row_id |\n| {ids[1]} |")


def test_a_row_twice_the_same_is_taken_once(engine):
    judge(
        engine,
        """
        | row_id | external_id | updated_at | delivered_at | fingerprint |
        | 1      | a           | -          | 2024-05-01   | 7           |
        | 2      | a           | -          | 2024-05-01   | 7           |
        | 3      | -           | -          | 2024-05-01   | 8           |
        | 4      | -           | -          | 2024-05-01   | 8           |
        """,
    )
    assert_rows(engine, "lost_shop", "| row_id |\n| 2 |")


HELD = """
    | source | external_id | updated_at | delivered_at | fingerprint | gone_at    |
    | shop   | a           | 2024-02-02 | 2024-05-01   | 1           | -          |
    | shop   | b           | -          | 2024-05-01   | 2           | -          |
    | shop   | gone        | 2024-02-02 | 2024-05-01   | 3           | 2024-05-02 |
    | club   | c           | 2024-02-02 | 2024-05-01   | 4           | -          |
    """


def test_a_row_that_the_registry_holds_as_it_is_is_unchanged(holding):
    engine = holding(source_records=HELD)
    judge(
        engine,
        """
        | row_id | external_id | updated_at | delivered_at | fingerprint |
        | 1      | a           | 2024-02-02 | 2024-06-01   | 1           |
        | 2      | a           | 2024-02-02 | 2024-06-01   | 1           |
        | 3      | b           | -          | 2024-06-01   | 9           |
        | 4      | gone        | 2024-02-02 | 2024-06-01   | 3           |
        | 5      | c           | 2024-02-02 | 2024-06-01   | 4           |
        """,
    )
    assert_rows(
        engine, "unchanged_shop", "| row_id | external_id |\n| 1 | a |\n| 2 | a |"
    )


def test_an_older_version_that_comes_later_is_a_duplicate(holding):
    engine = holding(source_records=HELD)
    judge(
        engine,
        """
        | row_id | external_id | updated_at | delivered_at | fingerprint |
        | 1      | a           | 2024-02-01 | 2024-06-01   | 5           |
        | 2      | b           | -          | 2024-04-01   | 6           |
        | 3      | gone        | 2024-02-01 | 2024-06-01   | 7           |
        | 4      | c           | 2024-02-01 | 2024-06-01   | 8           |
        """,
    )
    assert_rows(engine, "lost_shop", "| row_id |\n| 1 |\n| 2 |")


def test_a_newer_version_beside_the_one_that_is_held_stands(holding):
    engine = holding(source_records=HELD)
    judge(
        engine,
        """
        | row_id | external_id | updated_at | delivered_at | fingerprint |
        | 1      | a           | 2024-02-02 | 2024-06-01   | 1           |
        | 2      | a           | 2024-02-03 | 2024-06-01   | 5           |
        | 3      | a           | 2024-02-01 | 2024-06-01   | 6           |
        """,
    )
    assert_rows(engine, "lost_shop", "| row_id |\n| 1 |\n| 3 |")


def test_a_rejected_version_does_not_outdo_a_good_one(engine):
    engine.make(
        table(
            "rows_shop",
            """
            | row_id | external_id | updated_at | delivered_at | fingerprint |
            | 1      | a           | 2024-02-02 | 2024-05-01   | 1           |
            | 2      | a           | 2024-02-03 | 2024-05-01   | 2           |
            """,
            problem="cast(null as varchar)",
        )
    )
    engine.make(table("reasons_shop", "| row_id |\n| 2 |"))
    engine.make(sql.unchanged("shop", "rows_shop", sql.CUSTOMERS))
    engine.make(sql.lost("shop", "rows_shop", "reasons_shop", sql.CUSTOMERS))
    assert_rows(engine, "lost_shop", "| row_id |")


def test_what_is_held_is_no_older_for_standing_in_an_old_file_too(holding):
    engine = holding(
        source_records="""
            | source | external_id | delivered_at | fingerprint |
            | shop   | a           | 2024-05-01   | 1           |
            | shop   | b           | 2024-05-01   | 2           |
            """
    )
    judge(
        engine,
        """
        | row_id | external_id | updated_at | delivered_at | fingerprint |
        | 1      | a           | -          | 2024-04-01   | 1           |
        | 2      | a           | -          | 2024-04-02   | 5           |
        | 3      | b           | -          | 2024-05-02   | 2           |
        | 4      | b           | -          | 2024-05-01   | 6           |
        """,
    )
    assert_rows(engine, "lost_shop", "| row_id |\n| 1 |\n| 2 |\n| 4 |")


@pytest.mark.parametrize(
    ("full", "lost"), [(True, "| row_id |\n| 1 |"), (False, "| row_id |")]
)
def test_what_is_held_was_in_the_latest_full_delivery_too(holding, full, lost):
    engine = holding(
        source_records="""
            | source | external_id | delivered_at | fingerprint |
            | shop   | a           | 2024-05-01   | 1           |
            """,
        runs="""
            | run_id | command |
            | 1      | run     |
            | 2      | replay  |
            """,
        run_files="""
            | file_id | run_id | source | delivered_at |
            | 1       | 1      | shop   | 2024-05-03   |
            | 2       | 1      | other  | 2024-05-09   |
            | 3       | 2      | shop   | 2024-05-09   |
            """,
    )
    rows = """
        | row_id | external_id | updated_at | delivered_at | fingerprint |
        | 1      | a           | -          | 2024-05-02   | 5           |
        """
    judge(engine, rows, full=full)
    assert_rows(engine, "lost_shop", lost)
    judge(engine, rows.replace("05-02", "05-04"), full=full)
    assert_rows(engine, "lost_shop", "| row_id |")


# In whatever order and runs the files come, the same versions stand.


@pytest.fixture(scope="module")
def lasting():
    yield from an_engine()


FILES = st.lists(
    st.lists(
        st.tuples(
            st.sampled_from("ab"),
            st.sampled_from(["2024-01-01", "2024-01-02"]),
            st.integers(1, 3),
        ),
        min_size=1,
        max_size=3,
    ),
    min_size=2,
    max_size=3,
)


def bring(engine, files):
    """Take in one delivery of numbered files as a run does; change the registry."""
    header = "| row_id | external_id | updated_at | delivered_at | fingerprint |"
    rows = [
        f"| {place * 100 + n} | {key} | {at} | {delivered} | {at[-1]}{content} |"
        for place, (delivered, versions) in enumerate(files)
        for n, (key, at, content) in enumerate(versions)
    ]
    judge(engine, "\n".join([header, *rows]))
    engine.make(sql.changed("shop", "rows_shop", ["unchanged_shop"]))
    engine.make(sql.accepted("shop", ["lost_shop"]))
    hold(
        engine,
        "delete from source_records where external_id in "
        "(select external_id from memory.accepted_shop)",
        "insert into source_records by name select 'shop' as source, external_id, "
        "'registered' as kind, updated_at, delivered_at, fingerprint, 1 as file_id, "
        "2 as row_number, 1 as run_id from memory.accepted_shop",
    )


@given(FILES, st.data())
@settings(max_examples=25, deadline=None)
def test_what_stands_does_not_hang_on_the_order_of_files_or_runs(lasting, files, data):
    """Rule 4, of records with times of their own; no content comes in two files."""
    dated = [
        (f"2024-05-0{place}", [(key, at, f"{n}{place}") for key, at, n in versions])
        for place, versions in enumerate(files, 1)
    ]
    orders = list(permutations(dated))
    found = set()
    for _ in range(3):
        order = data.draw(st.sampled_from(orders))
        split = data.draw(st.integers(0, len(order)))
        hold(lasting, "delete from source_records")
        for delivery in (order[:split], order[split:]):
            if delivery:
                bring(lasting, delivery)
        held = lasting.collect(
            "select external_id, fingerprint from registry.source_records"
        ).to_pylist()
        found.add(frozenset((r["external_id"], r["fingerprint"]) for r in held))
    assert len(found) == 1


# Every row of every file has one fate.


@pytest.fixture
def take(engine, tmp_path):
    """Work out a plan over drawn files of a shop: ``take(shop=..., on=engine)``."""

    def taken(on=None, source=SHOP, at=None, **files):
        for name, drawing in files.items():
            write_csv(tmp_path / f"{name}.csv", drawing, at=at)
        pipeline = pipeline_of(tmp_path, {"shop": source})
        return worked_out(on or engine, pipeline, tmp_path)

    return taken


def fates(plan):
    """Give what became of each file: read, and its five fates."""
    return {
        f.file: (f.read, f.accepted, f.rejected, f.duplicate, f.unchanged, f.suppressed)
        for f in plan.files
    }


def test_every_row_is_accepted_rejected_or_a_duplicate(take):
    plan = take(
        shop1="""
            | Id | Email  | Born       | Note | Changed    |
            | 1  | a@x.se | -          | one  | 2024-01-01 |
            | 2  | b@x.se | yesterday  | -    | 2024-01-01 |
            | 3  | none   | 2999-01-01 | -    | 2024-01-01 |
            | -  | d@x.se | -          | -    | -          |
            | 5  | -      | -          | -    | -          |
            """,
        shop2="""
            | Id | Email  | Born       | Note | Changed    |
            | 1  | a@x.se | -          | two  | 2024-01-02 |
            | 6  | f@x.se | -          | -    | 2024-01-02 |
            | 6  | f@x.se | -          | -    | 2024-01-02 |
            """,
    )
    assert fates(plan) == {
        "shop1.csv": (5, 0, 4, 1, 0, 0),
        "shop2.csv": (3, 2, 0, 1, 0, 0),
    }


def test_a_rejected_row_keeps_its_text_and_all_its_reasons(take, engine):
    take(
        shop="""
            | Id | Email  | Born       | Note | Changed |
            | 1  | a@x.se | -          | -    | -       |
            | 3  | none   | 2999-01-01 | keep | -       |
            | -  | b@x.se | 31/12/1980 | -    | soon    |
            | 3  | none   | 2999-01-01 | keep | -       |
            """
    )
    rows = engine.collect(
        "select row_number, file, occurrence, original, header, reasons "
        "from rejects_new order by row_number"
    ).to_pylist()
    reasons = [[f"{r['column']} {r['check']}" for r in row["reasons"]] for row in rows]
    assert [row["row_number"] for row in rows] == [3, 4, 5]
    assert reasons == [
        ["birth_date sane_date", "email email"],
        ["birth_date unreadable", "external_id required", "updated_at unreadable"],
        ["birth_date sane_date", "email email"],
    ]
    assert rows[1]["original"] == ["", "b@x.se", "31/12/1980", "", "soon"]
    assert rows[0]["original"] == ["3", "none", "2999-01-01", "keep", ""]
    assert [row["occurrence"] for row in rows] == [1, 1, 2]
    assert {tuple(row["header"]) for row in rows} == {
        ("Id", "Email", "Born", "Note", "Changed")
    }
    assert {row["file"] for row in rows} == {"shop.csv"}


def test_rejected_rows_that_differ_where_nobody_reads_keep_each_its_own_text(
    take, engine
):
    take(
        shop="""
            | Id | Email  | Born  | Note | Changed | Unread |
            | 1  | a@x.se | -     | -    | -       | good   |
            | 2  | b@x.se | never | -    | -       | one    |
            | 2  | b@x.se | never | -    | -       | two    |
            | 2  | b@x.se | never | -    | -       | three  |
            """
    )
    assert_rows(
        engine,
        "rejects_new",
        """
        | row_number | original:varchar[]                 |
        | 3          | [2, b@x.se, never, '', '', one]   |
        | 4          | [2, b@x.se, never, '', '', two]   |
        | 5          | [2, b@x.se, never, '', '', three] |
        """,
    )


def test_a_record_that_does_not_fit_is_rejected_with_its_cells(take, engine, tmp_path):
    good = "1,a@x.se,,,\n"
    (tmp_path / "shop.csv").write_text(
        f"Id,Email,Born,Note,Changed\n{good}2,b@x.se\n\n3,c@x.se,,,,,x\n4,d@x.se,,,\n"
    )
    plan = take()
    assert fates(plan) == {"shop.csv": (4, 2, 2, 0, 0, 0)}
    rows = engine.collect(
        "select row_number, original, reasons from rejects_new order by row_number"
    ).to_pylist()
    assert [(row["row_number"], row["original"]) for row in rows] == [
        (3, ["2", "b@x.se"]),
        (5, ["3", "c@x.se", "", "", "", "", "x"]),
    ]
    assert [row["reasons"] for row in rows] == [
        [{"column": "", "check": "too_few_cells"}],
        [{"column": "", "check": "too_many_cells"}],
    ]


def test_a_secret_column_is_not_in_the_quarantine(take, engine):
    take(
        shop="""
            | Id | Password | Email  | Born  | Note | Changed |
            | 1  | secret   | a@x.se | -     | -    | -       |
            | 2  | secret   | b@x.se | never | -    | -       |
            """
    )
    row = engine.collect("select original, header from rejects_new").to_pylist()[0]
    assert row["header"] == ["Id", "Email", "Born", "Note", "Changed"]
    assert row["original"] == ["2", "b@x.se", "never", "", ""]


def test_who_was_erased_is_suppressed_by_email_and_by_phone(holding, take):
    engine = holding(
        suppressions="""
            | address | channel | reason  |
            | a@x.se  | *       | erased  |
            | +46701234567 | *  | erased  |
            | b@x.se  | email   | bounced |
            """
    )
    columns = {**SHOP["columns"], "phone": {"from": "Phone", "country": "SE"}}
    plan = take(
        on=engine,
        source={**SHOP, "columns": columns},
        shop="""
            | Id | Email  | Phone         | Born  | Note | Changed    |
            | 1  | a@x.se | -             | -     | -    | 2024-01-01 |
            | 2  | b@x.se | -             | -     | -    | -          |
            | 3  | -      | 070-123 45 67 | -     | -    | -          |
            | 4  | a@x.se | -             | never | -    | -          |
            | 1  | a@x.se | -             | -     | old  | 2023-01-01 |
            """,
    )
    assert fates(plan) == {"shop.csv": (5, 1, 0, 0, 0, 4)}


def test_without_external_id_the_email_is_the_key(take, engine):
    source = {"kind": "customers", "columns": {"email": "Email", "note": "Note"}}
    plan = take(
        source=source,
        shop="""
            | Email  | Note |
            | A@x.se | one  |
            | a@x.se | one  |
            | -      | two  |
            | b@x.se | -    |
            """,
    )
    assert_rows(
        engine,
        "records_new",
        """
        | external_id | email  |
        | a@x.se      | a@x.se |
        | b@x.se      | b@x.se |
        """,
    )
    assert fates(plan)["shop.csv"] == (4, 2, 1, 1, 0, 0)


# The next delivery.


@pytest.fixture
def run(tmp_path):
    """Run a pipeline over drawn files, and give its outcome."""

    def ran(sources, **files):
        for old in tmp_path.glob("*.csv"):
            old.unlink()
        for name, drawing in files.items():
            write_csv(tmp_path / f"{name}.csv", drawing)
        pipeline = pipeline_of(tmp_path, sources)
        return run_pipeline(pipeline, as_of=AS_OF, wait=0, progress=silent)

    return ran


ORDERS = {
    "kind": "orders",
    "columns": {"order_id": "Order", "ordered_at": "Placed", "line.sku": "SKU"},
}
ROWS = """
    | Id | Email  | Born  | Note | Changed    |
    | 1  | a@x.se | -     | one  | 2024-01-01 |
    | 2  | b@x.se | -     | two  | -          |
    | 3  | c@x.se | never | -    | -          |
    """
LINES = """
    | Order | Placed     | SKU |
    | o1    | 2024-01-01 | a   |
    | o1    | -          | b   |
    | o2    | 2024-01-01 | c   |
    | o3    | never      | d   |
    """


def test_the_same_files_again_change_nothing(run):
    sources = {"shop": SHOP, "orders": ORDERS}
    first = run(sources, shop=ROWS, orders=LINES)
    again = run(sources, shop=ROWS, orders=LINES)
    assert {f.file: (f.accepted, f.rejected, f.unchanged) for f in first.files} == {
        "shop.csv": (2, 1, 0),
        "orders.csv": (3, 1, 0),
    }
    assert {f.file: (f.accepted, f.rejected, f.unchanged) for f in again.files} == {
        "shop.csv": (0, 1, 2),
        "orders.csv": (0, 1, 3),
    }
    assert {name: d for name, d in again.deltas.items() if d.gone or d.new} == {}


def test_rows_in_another_order_change_nothing(run):
    sources = {"shop": SHOP, "orders": ORDERS}
    run(sources, shop=ROWS, orders=LINES)
    lines = [line for line in ROWS.splitlines() if line.strip()]
    turned = "\n".join([lines[0], *lines[:0:-1]])
    again = run(sources, shop=turned, orders=LINES)
    assert {name: d for name, d in again.deltas.items() if d.gone or d.new} == {}


def test_one_changed_row_is_the_only_one_that_is_read_anew(run):
    sources = {"shop": SHOP, "orders": ORDERS}
    run(sources, shop=ROWS, orders=LINES)
    again = run(
        sources,
        shop=ROWS.replace("two ", "TWO "),
        orders=LINES.replace("| b ", "| B "),
    )
    assert {f.file: (f.accepted, f.unchanged) for f in again.files} == {
        "shop.csv": (1, 1),
        "orders.csv": (2, 1),
    }
    changed = {name: (d.gone, d.new) for name, d in again.deltas.items() if d.new}
    assert changed == {
        "source_records": (1, 1),
        "customers": (1, 1),
        "orders": (1, 1),
        "order_lines": (2, 2),
    }


def test_another_mapping_reads_every_row_anew_once(run):
    run({"shop": SHOP}, shop=ROWS)
    columns = {name: c for name, c in SHOP["columns"].items() if name != "note"}
    again = run({"shop": {**SHOP, "columns": columns}}, shop=ROWS)
    assert [(f.accepted, f.unchanged) for f in again.files] == [(2, 0)]
    third = run({"shop": {**SHOP, "columns": columns}}, shop=ROWS)
    assert [(f.accepted, f.unchanged) for f in third.files] == [(0, 2)]


# What a full delivery lacks.

FULL = {**SHOP, "delivery": "full", "gone_limit": 1.0}
STORED = """
    | source | external_id | customer_id | founder_of | email  | gone_at    |
    | shop   | 1           | 1           | 1          | a@x.se | -          |
    | shop   | 2           | 2           | 2          | b@x.se | -          |
    | shop   | 3           | 3           | 3          | c@x.se | 2024-01-01 |
    | club   | 4           | 4           | 4          | d@x.se | -          |
    """


@pytest.mark.parametrize("source", [SHOP, FULL], ids=["delta", "full"])
def test_who_a_full_delivery_lacks_is_gone_with_the_time_of_its_file(
    holding, take, source
):
    engine = holding(source_records=STORED)
    take(
        on=engine,
        source=source,
        at=datetime(2024, 5, 1, 12),
        shop="| Id | Email | Born | Note | Changed |\n| 1 | a@x.se | never | - | - |\n"
        "| 5 | e@x.se | - | - | - |",
    )
    gone = "| shop | 2 | 2024-05-01 12:00:00 |" if source is FULL else ""
    assert_rows(engine, "records_moved", f"| source | external_id | gone_at |\n{gone}")


def test_a_delivery_with_a_row_that_is_nobody_s_takes_nobody_away(holding, take):
    engine = holding(source_records=STORED)
    take(
        on=engine,
        source=FULL,
        shop="| Id | Email | Born | Note | Changed |\n| - | e@x.se | - | - | - |\n"
        "| 5 | f@x.se | - | - | - |",
    )
    assert_rows(engine, "records_moved", "| source | external_id |")


def test_half_a_file_does_not_take_half_the_customers_away(holding, take):
    engine = holding(source_records=STORED)
    with pytest.raises(DataError, match="1 of 2 customers are missing"):
        take(
            on=engine,
            source={**FULL, "gone_limit": 0.4},
            shop="| Id | Email | Born | Note | Changed |\n| 1 | a@x.se | - | - | - |",
        )


# More rejects than a source tolerates.


@pytest.mark.parametrize(
    ("tolerate", "bad", "stops"),
    [(0.5, 2, False), (0.5, 3, True), (0, 1, True), (None, 3, False), (None, 4, True)],
)
def test_a_file_with_more_rejects_than_tolerated_stops_the_run(
    take, tolerate, bad, stops
):
    rows = [
        f"| {n} | n{n}@x.se | {'x' if n < bad else '-'} | - | - |" for n in range(4)
    ]
    drawing = "\n".join(["| Id | Email | Born | Note | Changed |", *rows])
    source = {**SHOP} if tolerate is None else {**SHOP, "tolerate": tolerate}
    if not stops:
        assert fates(take(source=source, shop=drawing))["shop.csv"][2] == bad
        return
    with pytest.raises(DataError) as stopped:
        take(source=source, shop=drawing)
    (problem,) = stopped.value.problems
    assert problem.where == "shop.csv"
    assert "rejected" in problem.what
    assert "birth_date" in problem.hint
