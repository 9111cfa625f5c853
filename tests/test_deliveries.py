"""What a delivery says: who is gone, whose order it is, and how much may be wrong."""

from datetime import timedelta

import pytest

from regpipe.errors import DataError
from worlds import (
    DELIVERED,
    EVERYBODY,
    NEWS,
    asked,
    consents,
    customers,
    declared,
    deliver,
    emails,
    nothing_changed,
    orders,
    put,
    run,
    sha256,
    tables,
)

COLUMNS = "external_id email last_name news updated_at"
FIVE = """
external_id | email  | last_name | news
1           | a@x.se | Berg      | granted
2           | b@x.se | Dahl      | granted
3           | c@x.se | Ek        | granted
4           | d@x.se | Falk      | granted
5           | e@x.se | Gran      | granted
"""
FOUR = FIVE.replace("3           | c@x.se | Ek        | granted\n", "")


def full(folder, **more):
    """Declare a shop each of whose deliveries holds every customer."""
    source = customers(COLUMNS, delivery="full", **more)
    return declared(folder, {"shop": source}, {"news": NEWS, "all": EVERYBODY})


def bring(shop, rows, hours=0):
    """Deliver the rows of a shop and run; give the outcome."""
    at = DELIVERED + timedelta(hours=hours)
    deliver(shop.folder / "shop.csv", rows, at=at, columns=COLUMNS.split())
    return run(shop)


def ids(shop):
    """Give the customers there are: e-mail by customer_id."""
    query = "select customer_id, email from customers order by 1"
    return dict(asked(shop.folder / "registry.duckdb", query))


def test_who_is_missing_from_a_full_delivery_is_gone_and_comes_back_the_same(tmp_path):
    shop = full(tmp_path)
    bring(shop, FIVE)
    everybody = ids(shop)
    gone = bring(shop, FOUR, hours=1)
    assert {n: (d.gone, d.new) for n, d in gone.deltas.items() if d.gone or d.new} == {
        "source_records": (1, 1),
        "customers": (1, 0),
    }
    assert gone.changes["records gone"] == 1
    assert list(ids(shop).values()) == ["a@x.se", "b@x.se", "d@x.se", "e@x.se"]
    assert emails(tmp_path / "out" / "news.csv") == list(ids(shop).values())
    assert nothing_changed(bring(shop, FOUR, hours=2))
    back = bring(shop, FIVE, hours=3)
    assert ids(shop) == everybody
    assert back.files[0].unchanged == 4
    assert emails(tmp_path / "out" / "news.csv") == list(everybody.values())


def test_the_yes_of_a_record_that_is_gone_grants_nothing(tmp_path):
    sources = {
        "shop": customers(COLUMNS, delivery="full", gone_limit="50%"),
        "club": customers("external_id email", "club.csv"),
    }
    pipeline = declared(tmp_path, sources, {"news": NEWS})
    put(tmp_path / "club.csv", "external_id,email\n1,c@x.se\n")
    bring(pipeline, FIVE)
    assert "c@x.se" in emails(tmp_path / "out" / "news.csv")
    bring(pipeline, FOUR)
    assert "c@x.se" in ids(pipeline).values()
    assert "c@x.se" not in emails(tmp_path / "out" / "news.csv")


def test_an_old_dump_read_late_brings_nobody_back_and_takes_nobody_away(tmp_path):
    shop = full(tmp_path)
    bring(shop, FIVE)
    bring(shop, FOUR + "6 | f@x.se | Holm | granted", hours=2)
    before = ids(shop)
    assert emails(tmp_path / NEWS["to"]) == list(before.values())
    (late,) = bring(shop, FIVE.replace("Ek", "Ek-Holm"), hours=1).files
    assert (late.accepted, late.duplicate, late.unchanged) == (0, 1, 4)
    assert ids(shop) == before
    assert emails(tmp_path / NEWS["to"]) == list(before.values())
    (back,) = bring(shop, FIVE, hours=3).files
    assert back.accepted == 1


def test_what_is_missing_from_a_delivery_of_changes_stays(tmp_path):
    shop = declared(tmp_path, {"shop": customers(COLUMNS)})
    bring(shop, FIVE)
    assert nothing_changed(bring(shop, FOUR))


def test_half_a_file_does_not_take_half_the_customers_away(tmp_path):
    shop = full(tmp_path)
    bring(shop, FIVE)
    before = sha256(tmp_path / "registry.duckdb")
    half = "\n".join(FIVE.strip().split("\n")[:3])
    with pytest.raises(DataError) as told:
        bring(shop, half, hours=1)
    assert str(told.value) == (
        "source 'shop': 3 of 5 customers are missing from the delivery (60%), more "
        "than gone_limit (20%)\n"
        "    hint: look whether the file is whole; raise gone_limit if it is"
    )
    assert sha256(tmp_path / "registry.duckdb") == before
    meant = full(tmp_path, gone_limit="60%")
    assert bring(meant, half, hours=1).changes["records gone"] == 3


def test_a_full_delivery_of_no_rows_is_no_empty_shop(tmp_path):
    shop = full(tmp_path)
    bring(shop, FIVE)
    with pytest.raises(DataError):
        bring(shop, [], hours=1)


def test_a_row_that_is_rejected_is_not_gone(tmp_path):
    shop = full(tmp_path, tolerate="50%")
    bring(shop, FIVE)
    spoilt = FIVE.replace("c@x.se", "c at x")
    assert bring(shop, spoilt, hours=1).files[0].rejected == 1
    assert len(ids(shop)) == 5
    path = deliver(tmp_path / "shop.csv", FOUR, columns=COLUMNS.split())
    put(path, path.read_bytes() + b"3,c@x.se\n")
    assert run(shop).files[0].rejected == 1
    assert len(ids(shop)) == 5


def test_the_files_of_a_full_delivery_count_together(tmp_path):
    shop = full(tmp_path)
    bring(shop, FIVE)
    header, *rows = FIVE.strip().split("\n")
    for name, part in (("shop.csv", rows[:2]), ("shop2.csv", rows[2:])):
        text = "\n".join([header, *part])
        deliver(tmp_path / name, text, columns=COLUMNS.split())
    assert nothing_changed(run(shop))


SALES = "order_id customer_ref email ordered_at total currency"


def sold(folder, rows):
    """Deliver orders."""
    deliver(folder / "orders.csv", rows, columns=SALES.split())


def with_orders(folder, **identity):
    """Declare a shop and its orders."""
    sources = {
        "sales": orders(SALES, customers="shop"),
        "shop": customers("external_id kind email last_name updated_at"),
    }
    return declared(folder, sources, {"all": EVERYBODY}, identity=identity)


def owners(folder):
    """Give whose the orders are: the customer's e-mail by order."""
    return dict(
        asked(
            folder / "registry.duckdb",
            "select o.order_id, c.email from orders o left join customers c "
            "using (customer_id) order by 1",
        )
    )


PEOPLE = "external_id | kind | email | last_name | updated_at\n"


def test_an_order_that_comes_before_its_customer_finds_them_later(tmp_path):
    shop = with_orders(tmp_path)
    deliver(
        tmp_path / "shop.csv", PEOPLE + "1 | registered | a@x.se | Berg | 2026-01-01"
    )
    sold(
        tmp_path,
        """
        order_id | customer_ref | email  | ordered_at
        #1       | 2            | -      | 2026-01-01
        #2       | -            | B@x.se | 2026-01-01
        #3       | 9            | c@x.se | 2026-01-01
        """,
    )
    run(shop)
    assert owners(tmp_path) == {"#1": None, "#2": None, "#3": None}
    deliver(
        tmp_path / "shop.csv", PEOPLE + "2 | registered | b@x.se | Dahl | 2026-01-01"
    )
    later = run(shop)
    assert later.files[0].unchanged == 3
    assert owners(tmp_path) == {"#1": "b@x.se", "#2": "b@x.se", "#3": None}
    query = "select email, order_count from customer_view order by 1"
    assert asked(tmp_path / "registry.duckdb", query) == [("a@x.se", 0), ("b@x.se", 2)]


def test_orders_go_with_their_customer_into_a_merge_and_out_of_it(tmp_path):
    shop = with_orders(tmp_path)
    two = PEOPLE + (
        "1 | registered | a@x.se | Berg | 2026-01-01\n"
        "2 | registered | b@x.se | Berg | 2026-01-02"
    )
    deliver(tmp_path / "shop.csv", two)
    sold(tmp_path, "order_id | customer_ref | ordered_at\n#1 | 2 | 2026-01-01")
    run(shop)
    whose = "select order_id, customer_id from orders"
    assert asked(tmp_path / "registry.duckdb", whose) == [("#1", 2)]
    later, last = (DELIVERED + timedelta(hours=h) for h in (1, 2))
    deliver(tmp_path / "shop.csv", two.replace("b@x.se", "a@x.se"), at=later)
    run(shop)
    assert asked(tmp_path / "registry.duckdb", whose) == [("#1", 1)]
    deliver(tmp_path / "shop.csv", two, at=last)
    run(shop)
    assert asked(tmp_path / "registry.duckdb", whose) == [("#1", 2)]


LINES = "order_id ordered_at updated_at total line_sku line_quantity"


def lines(folder):
    """Give the lines of the orders: the order, its place, what and how many."""
    return asked(
        folder / "registry.duckdb",
        "select order_id, line_no, sku, cast(quantity as int) from order_lines "
        "order by all",
    )


def test_an_order_that_comes_again_has_the_lines_it_has_now(tmp_path):
    shop = declared(tmp_path, {"sales": orders(LINES)})
    deliver(
        tmp_path / "orders.csv",
        """
        order_id | ordered_at | updated_at | total | line_sku | line_quantity
        #1       | 2026-01-01 | 2026-01-01 | 5     | a        | 1
        #1       | -          | -          | -     | a        | 1
        #1       | -          | -          | -     | b        | 2
        #2       | 2026-01-01 | 2026-01-01 | 5     | c        | 1
        """,
    )
    assert run(shop).files[0].accepted == 4
    assert lines(tmp_path) == [
        ("#1", 1, "a", 1),
        ("#1", 2, "a", 1),
        ("#1", 3, "b", 2),
        ("#2", 1, "c", 1),
    ]
    deliver(
        tmp_path / "orders.csv",
        """
        order_id | ordered_at | updated_at | total | line_sku | line_quantity
        #1       | 2026-01-01 | 2026-01-02 | 3     | b        | 3
        """,
    )
    run(shop)
    assert lines(tmp_path) == [("#1", 1, "b", 3), ("#2", 1, "c", 1)]
    query = "select order_id, cast(total as int), line_count from orders order by 1"
    assert asked(tmp_path / "registry.duckdb", query) == [("#1", 3, 1), ("#2", 5, 1)]


def test_an_order_in_two_files_is_one_order_and_the_later_version_counts(tmp_path):
    shop = declared(tmp_path, {"sales": orders(LINES)})
    for name, day, sku in (("orders1.csv", "02", "new"), ("orders2.csv", "01", "old")):
        deliver(
            tmp_path / name,
            f"""
            order_id | ordered_at | updated_at    | total | line_sku | line_quantity
            #1       | 2026-01-01 | 2026-01-{day} | 5     | {sku}    | 1
            #1       | -          | -             | -     | {sku}    | 2
            """,
        )
    found = run(shop).files
    assert [(file.accepted, file.duplicate) for file in found] == [(2, 0), (0, 2)]
    assert lines(tmp_path) == [("#1", 1, "new", 1), ("#1", 2, "new", 2)]


GUESTS = """
order_id | customer_ref | email  | ordered_at
#1       | -            | g@x.se | 2026-01-01
#2       | -            | a@x.se | 2026-01-01
#3       | -            | g@x.se | 2026-01-02
#4       | 5            | -      | 2026-01-02
"""
ACCOUNTS = PEOPLE + (
    "1 | registered | a@x.se | Berg | 2026-01-01\n"
    "5 | guest      | f@x.se | Dahl | 2026-01-01"
)


@pytest.mark.parametrize(
    ("policy", "customers_there", "whose"),
    [
        (
            "orders_only",
            ["a@x.se"],
            {"#1": None, "#2": "a@x.se", "#3": None, "#4": None},
        ),
        (
            "register",
            ["a@x.se", "f@x.se", "g@x.se"],
            {"#1": "g@x.se", "#2": "a@x.se", "#3": "g@x.se", "#4": "f@x.se"},
        ),
    ],
)
def test_a_guest_is_a_customer_only_where_the_pipeline_says_so(
    tmp_path, policy, customers_there, whose
):
    shop = with_orders(tmp_path, guests=policy)
    deliver(tmp_path / "shop.csv", ACCOUNTS)
    sold(tmp_path, GUESTS)
    run(shop)
    query = "select email from customers order by 1"
    found = asked(tmp_path / "registry.duckdb", query)
    assert [email for (email,) in found] == customers_there
    assert owners(tmp_path) == whose
    assert nothing_changed(run(shop))


def test_a_guest_who_opens_an_account_becomes_its_customer(tmp_path):
    shop = with_orders(tmp_path, guests="register")
    deliver(tmp_path / "shop.csv", ACCOUNTS)
    sold(tmp_path, GUESTS)
    run(shop)
    account = "9 | registered | g@x.se | Gran | 2026-02-01"
    deliver(tmp_path / "shop.csv", ACCOUNTS + "\n" + account)
    run(shop)
    query = "select kind, order_count from customer_view where email = 'g@x.se'"
    assert asked(tmp_path / "registry.duckdb", query) == [("registered", 2)]


TEN = [
    {"external_id": str(i), "email": f"{i}@x.se", "last_name": "B"} for i in range(9)
]


@pytest.mark.parametrize(
    ("tolerate", "taken"), [("10%", True), ("9.9%", False), (0.1, True), (None, True)]
)
def test_a_file_is_taken_up_to_the_share_of_rejects_it_may_have(
    tmp_path, tolerate, taken
):
    bad = {"external_id": "bad", "email": "no address", "last_name": "B"}
    deliver(tmp_path / "shop.csv", [*TEN, bad], columns=COLUMNS.split())
    more = {} if tolerate is None else {"tolerate": tolerate}
    shop = declared(tmp_path, {"shop": customers(COLUMNS, **more)})
    if taken:
        assert run(shop).files[0].rejected == 1
    else:
        with pytest.raises(DataError) as told:
            run(shop)
        assert str(told.value).startswith(
            "shop.csv: 1 of 10 rows are rejected (10.0%), more than the 9.9% that "
            "'shop' tolerates\n"
        )
    assert (tmp_path / "registry.duckdb").exists() == taken


def test_each_file_is_judged_by_itself_and_all_are_told_at_once(tmp_path):
    bad = {"external_id": "bad", "email": "no address", "last_name": "B"}
    deliver(tmp_path / "shop1.csv", TEN * 9, columns=COLUMNS.split())
    for name in ("shop2.csv", "shop3.csv"):
        deliver(tmp_path / name, [*TEN, bad], columns=COLUMNS.split())
    shop = declared(tmp_path, {"shop": customers(COLUMNS, tolerate="5%")})
    with pytest.raises(DataError) as told:
        run(shop)
    assert [each.where for each in told.value.problems] == ["shop2.csv", "shop3.csv"]


def test_a_pipeline_may_read_orders_alone(tmp_path):
    sold(tmp_path, "order_id | email | ordered_at\n#1 | a@x.se | 2026-01-01")
    shop = declared(tmp_path, {"sales": orders("order_id email ordered_at")})
    assert run(shop).files[0].accepted == 1
    assert nothing_changed(run(shop))


def test_a_pipeline_may_read_consents_alone(tmp_path):
    deliver(tmp_path / "consents.csv", "email | status\na@x.se | granted")
    shop = declared(tmp_path, {"talk": consents("email status")}, {"news": NEWS})
    assert run(shop).files[0].accepted == 1
    assert nothing_changed(run(shop))
    assert emails(tmp_path / "out" / "news.csv") == []


def test_a_pipeline_that_reads_one_source_leaves_what_others_brought(tmp_path):
    bring(declared(tmp_path, {"shop": customers(COLUMNS)}), FIVE)
    before = tables(tmp_path / "registry.duckdb")
    put(tmp_path / "club.csv", "external_id,email\n1,z@x.se\n")
    run(declared(tmp_path, {"club": customers("external_id email", "club.csv")}))
    after = tables(tmp_path / "registry.duckdb")
    assert set(before["customers"]) < set(after["customers"])
    assert len(after["customers"]) == 6


def test_without_an_external_id_the_e_mail_is_the_key(tmp_path):
    shop = declared(tmp_path, {"shop": customers("email last_name updated_at")})
    rows = "email | last_name | updated_at\nA@x.se | Berg | 2026-01-01"
    deliver(tmp_path / "shop.csv", rows)
    run(shop)
    deliver(tmp_path / "shop.csv", rows.replace("Berg | 2026-01", "Dahl | 2026-02"))
    run(shop)
    query = "select external_id, last_name from source_records"
    assert asked(tmp_path / "registry.duckdb", query) == [("a@x.se", "Dahl")]


def test_files_without_rows_are_no_mistake(tmp_path):
    header = ",".join(COLUMNS.split())
    put(tmp_path / "shop.csv", header + "\n")
    put(tmp_path / "shop2.csv", header)
    found = run(declared(tmp_path, {"shop": customers(COLUMNS)}, {"news": NEWS}))
    assert [file.read for file in found.files] == [0, 0]
    assert (tmp_path / "out" / "news.csv").read_text() == "email\n"
