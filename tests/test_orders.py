"""Orders: a head and its lines out of rows, and whose order it is."""

from datetime import datetime

import pytest

from drawn import an_engine, assert_rows, holding, pipeline_of, worked_out, write_csv

engine = pytest.fixture(an_engine)
holding = pytest.fixture(holding)

SHOP = {
    "kind": "customers",
    "columns": {"external_id": "Id", "email": "Email", "first_name": "First"},
}
LINES = {
    "kind": "orders",
    "customers": "shop",
    "columns": {
        "order_id": "Order",
        "customer_ref": "Customer",
        "email": "Email",
        "ordered_at": "Placed",
        "updated_at": "Changed",
        "payment_status": "Paid",
        "currency": "Currency",
        "total": "Total",
        "line.sku": "SKU",
        "line.quantity": "Count",
    },
}
BLANK = {
    **dict.fromkeys(("Customer", "Email", "Changed", "Paid", "Currency", "Total"), "-"),
    "Placed": "2024-01-01",
    "SKU": "-",
    "Count": "-",
}
NOBODY = "| Id | Email | First |"


@pytest.fixture
def worked(engine, tmp_path):
    """Work out a plan from drawn files: ``worked(lines=..., shop=...)``."""

    def work(on=None, at=None, sources=None, **files):
        known = {"shop": SHOP, "lines": LINES}
        for name, drawing in {"shop": NOBODY, **files}.items():
            write_csv(
                tmp_path / f"{name}.csv", filled(drawing), at=(at or {}).get(name)
            )
        pipeline = pipeline_of(tmp_path, known | (sources or {}))
        return worked_out(on or engine, pipeline, tmp_path)

    return work


def filled(drawing):
    """Give a drawing of order rows with the columns that it leaves out, blank."""
    lines = [line.strip() for line in drawing.strip().splitlines()]
    header = [name.strip() for name in lines[0].strip("|").split("|")]
    if "Order" not in header:
        return drawing
    more = {name: cell for name, cell in BLANK.items() if name not in header}
    return "\n".join(
        f"{line} {' | '.join(more if place == 0 else more.values())} |"
        for place, line in enumerate(lines)
    )


def files_of(plan):
    """Give what became of each file: accepted, rejected, duplicate, unchanged."""
    return {
        f.file: (f.accepted, f.rejected, f.duplicate, f.unchanged)
        for f in plan.files
        if f.source == "lines"
    }


# Heads and lines.


def test_a_head_is_the_first_row_and_the_rest_may_be_blank(engine, worked):
    worked(
        lines="""
            | Order | Email  | Placed              | Paid | Currency | Total | SKU |
            | o1    | a@x.se | 2024-01-02 10:00:00 | paid | SEK      | 30    | a   |
            | o1    | -      | -                   | -    | -        | -     | b   |
            | o2    | b@x.se | 2024-01-03 10:00:00 | -    | EUR      | 5.50  | c   |
            | o1    | c@x.se | 2024-01-04 10:00:00 | paid | NOK      | 99    | d   |
            """
    )
    assert_rows(
        engine,
        "orders_new",
        """
        | order_id | number | email  | ordered_at          | payment_status | \
payment_word | currency | total | line_count | row_number |
        | o1       | o1     | a@x.se | 2024-01-02 10:00:00 | paid           | \
paid         | SEK      | 30    | 3          | 2          |
        | o2       | o2     | b@x.se | 2024-01-03 10:00:00 | -              | \
-            | EUR      | 5.50  | 1          | 4          |
        """,
    )


def test_lines_are_numbered_in_the_order_of_the_file(engine, worked):
    worked(
        lines="""
            | Order | SKU | Count |
            | o1    | b   | 2     |
            | o2    | x   | 1     |
            | o1    | a   | 0.5   |
            | o1    | b   | 1     |
            """
    )
    assert_rows(
        engine,
        "order_lines_new",
        """
        | source | order_id | line_no | sku | quantity |
        | lines  | o1       | 1       | b   | 2        |
        | lines  | o1       | 2       | a   | 0.5      |
        | lines  | o1       | 3       | b   | 1        |
        | lines  | o2       | 1       | x   | 1        |
        """,
    )


def test_a_source_without_line_columns_has_orders_and_no_lines(engine, worked):
    counter = {
        "kind": "orders",
        "columns": {"order_id": "Order", "ordered_at": "Placed", "total": "Total"},
    }
    worked(
        sources={"counter": counter},
        counter="""
            | Order | Placed     | Total |
            | k1    | 2024-01-01 | 5     |
            """,
        lines="| Order | SKU |",
    )
    assert_rows(
        engine,
        "orders_new",
        """
        | source  | order_id | customer_source | customer_ref | total | currency |
        | counter | k1       | -               | -            | 5     | -        |
        """,
    )
    assert_rows(engine, "order_lines_new", "| order_id |")


def test_orders_of_two_sources_may_have_one_id(engine, worked):
    worked(
        sources={"more": LINES},
        lines="| Order | SKU |\n| o1 | a |",
        more="| Order | SKU |\n| o1 | b |",
    )
    assert_rows(
        engine,
        "order_lines_new",
        """
        | source | order_id | line_no | sku |
        | lines  | o1       | 1       | a   |
        | more   | o1       | 1       | b   |
        """,
    )


# Bad rows.


def test_a_bad_row_takes_the_rest_of_its_order_along(engine, worked):
    plan = worked(
        lines="""
            | Order | Total | SKU | Count |
            | o1    | 10    | a   | 1     |
            | o1    | -     | b   | two   |
            | o2    | ten   | c   | 1     |
            | o3    | 10    | d   | 1     |
            | -     | 10    | e   | 1     |
            """
    )
    assert_rows(engine, "orders_new", "| order_id |\n| o3 |")
    assert_rows(engine, "order_lines_new", "| order_id | sku |\n| o3 | d |")
    assert files_of(plan) == {"lines.csv": (1, 4, 0, 0)}
    rejected = engine.collect(
        "select row_number, reasons from rejects_new order by row_number"
    ).to_pylist()
    said = {
        row["row_number"]: [(r["column"], r["check"]) for r in row["reasons"]]
        for row in rejected
    }
    assert said == {
        2: [("", "order")],
        3: [("line_quantity", "unreadable")],
        4: [("total", "unreadable")],
        6: [("order_id", "required")],
    }


def test_the_head_must_have_a_time_and_the_rest_need_none(engine, worked):
    plan = worked(
        lines="""
            | Order | Placed     | SKU |
            | o1    | -          | a   |
            | o1    | 2024-01-01 | b   |
            | o2    | 2024-01-01 | c   |
            | o2    | -          | d   |
            """
    )
    assert_rows(engine, "orders_new", "| order_id |\n| o2 |")
    assert files_of(plan) == {"lines.csv": (2, 2, 0, 0)}


# One order in two files.


def test_of_an_order_in_two_files_the_later_file_stands_with_all_its_lines(
    engine, worked
):
    plan = worked(
        at={"lines1": datetime(2024, 3, 2), "lines2": datetime(2024, 3, 1)},
        lines1="| Order | Total | SKU |\n| o1 | 10 | a |\n| o1 | - | b |",
        lines2="| Order | Total | SKU |\n| o1 | 20 | c |",
    )
    assert_rows(engine, "orders_new", "| order_id | total |\n| o1 | 10 |")
    assert_rows(
        engine,
        "order_lines_new",
        "| order_id | line_no | sku |\n| o1 | 1 | a |\n| o1 | 2 | b |",
    )
    assert files_of(plan) == {"lines1.csv": (2, 0, 0, 0), "lines2.csv": (0, 0, 1, 0)}


def test_an_order_s_own_time_beats_that_of_its_file(engine, worked):
    plan = worked(
        at={"lines1": datetime(2024, 3, 2), "lines2": datetime(2024, 3, 1)},
        lines1="| Order | Changed | SKU |\n| o1 | 2024-01-01 | a |",
        lines2="| Order | Changed | SKU |\n| o1 | 2024-01-02 | b |",
    )
    assert_rows(engine, "order_lines_new", "| order_id | sku |\n| o1 | b |")
    assert files_of(plan) == {"lines1.csv": (0, 0, 1, 0), "lines2.csv": (1, 0, 0, 0)}


def test_a_bad_version_of_an_order_does_not_outdo_a_good_one(engine, worked):
    worked(
        at={"lines1": datetime(2024, 3, 2), "lines2": datetime(2024, 3, 1)},
        lines1="| Order | Total | SKU |\n| o1 | ten | a |\n| o2 | 5 | c |",
        lines2="| Order | Total | SKU |\n| o1 | 20 | b |",
    )
    assert_rows(engine, "orders_new", "| order_id | total |\n| o1 | 20 |\n| o2 | 5 |")


@pytest.mark.parametrize("turned", [False, True])
def test_an_order_twice_the_same_is_taken_once(engine, worked, turned):
    rows = ["| o1 | 10 | a |", "| o1 | - | b |"]
    one = "\n".join(["| Order | Total | SKU |", *rows])
    other = "\n".join(["| Order | Total | SKU |", *(rows[::-1] if turned else rows)])
    same = datetime(2024, 3, 1)
    plan = worked(at={"lines1": same, "lines2": same}, lines1=one, lines2=other)
    assert sorted(files_of(plan).values()) == [(0, 0, 2, 0), (2, 0, 0, 0)]
    assert engine.collect("select * from order_lines_new").num_rows == 2


# Whose order it is.

PEOPLE = """
    | Id | Email  | First |
    | 1  | a@x.se | Anna  |
    | 2  | b@x.se | Bo    |
    | 3  | c@x.se | Cia   |
    | 4  | c@x.se | Dan   |
    """


def test_an_order_is_of_its_customer_number_else_of_its_email_else_nobody_s(
    engine, worked
):
    worked(
        shop=PEOPLE,
        lines="""
            | Order      | Customer | Email   |
            | by-number  | 1        | -       |
            | not-by-mail | 1       | b@x.se  |
            | by-mail    | -        | B@x.se  |
            | wrong-number | 9      | b@x.se  |
            | ambiguous  | -        | c@x.se  |
            | unknown    | -        | d@x.se  |
            | nothing    | -        | -       |
            """,
    )
    assert_rows(
        engine,
        "orders_new",
        """
        | order_id     | customer_id | customer_source | customer_ref | email  |
        | by-number    | 1           | shop            | 1            | -      |
        | not-by-mail  | 1           | shop            | 1            | b@x.se |
        | by-mail      | 2           | -               | -            | b@x.se |
        | wrong-number | 2           | shop            | 9            | b@x.se |
        | ambiguous    | -           | -               | -            | c@x.se |
        | unknown      | -           | -               | -            | d@x.se |
        | nothing      | -           | -               | -            | -      |
        """,
    )


def test_an_email_of_two_records_of_one_customer_is_not_ambiguous(engine, worked):
    worked(
        shop="""
            | Id | Email  | First |
            | 1  | a@x.se | Anna  |
            | 2  | a@x.se | Anna  |
            """,
        lines="| Order | Email |\n| o1 | a@x.se |",
    )
    assert_rows(engine, "orders_new", "| order_id | customer_id |\n| o1 | 1 |")


def test_a_number_means_a_customer_of_the_source_that_is_named(engine, worked):
    club = {"kind": "customers", "columns": {"external_id": "Id", "email": "Email"}}
    worked(
        sources={"club": club},
        club="| Id | Email |\n| 1 | z@x.se |",
        shop="| Id | Email | First |\n| 2 | b@x.se | Bo |",
        lines="| Order | Customer |\n| o1 | 1 |\n| o2 | 2 |",
    )
    assert_rows(
        engine,
        "orders_new",
        "| order_id | customer_id |\n| o1 | - |\n| o2 | 2 |",
    )


# Orders that the registry holds.

HELD = {
    "runs": "| run_id | next_customer_id:bigint |\n| 1 | 100 |",
    "source_records": """
        | source | external_id | customer_id | founder_of | kind       | email  | \
first_name | first_key |
        | shop   | 1           | 1           | 1          | registered | a@x.se | \
Anna       | anna      |
        """,
    "customers": "| customer_id | email |\n| 1 | a@x.se |",
    "orders": """
        | source | order_id | customer_id | customer_source | customer_ref | email  |
        | lines  | held     | -           | shop            | 7            | -      |
        | lines  | mail     | -           | -               | -            | z@x.se |
        | lines  | hers     | 1           | -               | -            | a@x.se |
        | lines  | else     | -           | -               | -            | q@x.se |
        """,
    "order_lines": """
        | source | order_id | line_no | sku |
        | lines  | held     | 1       | a   |
        | lines  | mail     | 1       | b   |
        """,
}


def test_a_held_order_finds_the_customer_who_comes_later(holding, worked):
    engine = holding(**HELD)
    worked(
        on=engine,
        shop="""
            | Id | Email  | First |
            | 7  | g@x.se | Gun   |
            | 8  | z@x.se | Zoe   |
            """,
        lines="| Order | SKU |",
    )
    assert_rows(
        engine,
        "orders_new",
        """
        | order_id | customer_id |
        | held     | 100         |
        | mail     | 101         |
        """,
    )
    assert_rows(engine, "orders_gone", "| order_id |\n| held |\n| mail |")
    assert_rows(engine, "order_lines_new", "| order_id |")
    assert_rows(engine, "order_lines_gone", "| order_id |")


def test_a_held_order_loses_a_customer_whose_email_becomes_ambiguous(holding, worked):
    engine = holding(**HELD)
    worked(
        on=engine,
        shop="| Id | Email | First |\n| 9 | a@x.se | Bo |",
        lines="| Order | SKU |",
    )
    assert_rows(engine, "orders_new", "| order_id | customer_id |\n| hers | - |")


def test_an_order_that_comes_again_takes_the_place_of_the_held_one(holding, worked):
    engine = holding(**HELD)
    plan = worked(
        on=engine,
        lines="| Order | Customer | SKU |\n| held | 1 | c |\n| held | - | d |",
    )
    assert_rows(
        engine,
        "orders_new",
        "| order_id | customer_id | customer_ref |\n| held | 1 | 1 |",
    )
    assert_rows(engine, "orders_gone", "| order_id |\n| held |")
    assert_rows(
        engine,
        "order_lines_new",
        "| order_id | line_no | sku |\n| held | 1 | c |\n| held | 2 | d |",
    )
    assert_rows(engine, "order_lines_gone", "| order_id |\n| held |")
    assert files_of(plan) == {"lines.csv": (2, 0, 0, 0)}


# Guests.


def test_guests_are_the_people_of_orders_without_a_customer_number(engine, tmp_path):
    write_csv(tmp_path / "shop.csv", NOBODY)
    write_csv(
        tmp_path / "lines.csv",
        filled(
            """
            | Order | Customer | Email  | Placed     | Name      |
            | o1    | -        | g@x.se | 2024-01-01 | Gun Old   |
            | o2    | -        | g@x.se | 2024-01-02 | Gun Lind  |
            | o2    | -        | -      | -          | Not Read  |
            | o3    | 5        | h@x.se | 2024-01-01 | Has Num   |
            | o4    | -        | -      | 2024-01-01 | No Mail   |
            """
        ),
    )
    named = {**LINES, "columns": {**LINES["columns"], "full_name": "Name"}}
    pipeline = pipeline_of(
        tmp_path, {"shop": SHOP, "lines": named}, identity={"guests": "register"}
    )
    worked_out(engine, pipeline, tmp_path)
    assert_rows(
        engine,
        "records_new",
        """
        | source | external_id | kind  | email  | first_name | last_name | \
customer_id | updated_at |
        | lines  | g@x.se      | guest | g@x.se | Gun        | Lind      | \
1           | 2024-01-02 |
        """,
    )
    assert_rows(
        engine,
        "orders_new",
        """
        | order_id | customer_id |
        | o1       | 1           |
        | o2       | 1           |
        | o3       | -           |
        | o4       | -           |
        """,
    )
