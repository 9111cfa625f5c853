"""The shop's everyday delete: out of sight, until something new is said."""

from worlds import EVERYBODY, NEWS, asked, customers, deliver, emails, orders, written

SHOP = """
    external_id | email | first_name | last_name | news | updated_at
    1 | a@x.se | Anna | Berg | granted | 2026-01-05
    2 | b@x.se | Bo | Ek | granted | 2026-01-05
    3 | c@x.se | Cia | Holm | withdrawn | 2026-01-05
"""
OLDER = """
    external_id | email | first_name | last_name | news | updated_at
    1 | a@x.se | Anna | Berg-Ek | granted | 2026-01-01
"""
ORDERS = """
    order_id | customer_ref | ordered_at | total
    o-1 | 1 | 2026-02-01 | 10
"""


def shop(folder):
    deliver(folder / "shop.csv", SHOP)
    deliver(folder / "orders.csv", ORDERS)
    columns = "external_id email first_name last_name news updated_at"
    sources = {
        "shop": customers(columns, delivery="full", gone_limit="90%"),
        "sales": orders("order_id customer_ref ordered_at total", customers="shop"),
    }
    return written(folder, sources, {"news": NEWS, "all": EVERYBODY})


def test_a_deleted_customer_stays_out_until_something_new_is_said(regpipe, tmp_path):
    path, registry = shop(tmp_path), tmp_path / "registry.duckdb"
    news, everybody = tmp_path / "out/news.csv", tmp_path / "out/everybody.csv"
    assert regpipe("run", path, "-q").code == 0
    for who in ("a@x.se", "shop:3"):
        planned = regpipe("delete", who, "--plan")
        assert (planned.code, "nothing was written" in planned.out) == (0, True)
        told = regpipe("delete", who)
        assert (told.code, "deleted, not erased" in told.err) == (0, True), told.err
    assert regpipe("delete", "a@x.se").code == 1
    owner = asked(registry, "select customer_id, total from orders")
    for older in (False, True):
        if older:
            deliver(tmp_path / "shop2.csv", OLDER)
        assert regpipe("run", path, "-q").code == 0
        assert emails(everybody) == emails(news) == ["b@x.se"]
        fates = "select read, unchanged, accepted from run_files where run_id = {}"
        last = asked(registry, "select max(run_id) from runs")[0][0]
        assert asked(registry, fates.format(last) + " and file = 'shop.csv'") == [
            (3, 3, 0)
        ]
    assert asked(registry, "select customer_id, total from orders") == owner
    assert asked(registry, "select email from customers_history order by all") == [
        ("a@x.se",),
        ("c@x.se",),
    ]
    said = "select address, status from consent_in_force order by all"
    assert asked(registry, said) == [("b@x.se", "granted"), ("c@x.se", "withdrawn")]
    (tmp_path / "shop2.csv").unlink()
    deliver(
        tmp_path / "shop.csv",
        SHOP.replace(
            "Anna | Berg | granted | 2026-01-05", "Anna | Ek | granted | 2026-03-01"
        )
        + "    4 | c@x.se | Cia | Holm | granted | -\n",
    )
    assert regpipe("run", path, "-q").code == 0
    assert emails(everybody) == ["a@x.se", "b@x.se", "c@x.se"]
    assert emails(news) == ["a@x.se", "b@x.se"], "a no stays a no"
    back = "select customer_id, last_name from customers where email = 'a@x.se'"
    assert asked(registry, back) == [(owner[0][0], "Ek")]
    assert asked(registry, "select external_id from deletions") == [("3",)]


def test_a_deleted_customer_can_still_be_erased(regpipe, tmp_path):
    path, registry = shop(tmp_path), tmp_path / "registry.duckdb"
    assert regpipe("run", path, "-q").code == 0
    assert regpipe("delete", "1", "-q").code == 0
    assert regpipe("erase", "a@x.se", "--yes", "-q").code == 0
    assert asked(registry, "select customer_id, customer_ref from orders") == [
        (None, None)
    ]
    for table in ("source_records", "source_records_history", "deletions"):
        assert asked(registry, f"from {table} where external_id = '1'") == []
    assert regpipe("run", path, "-q").code == 0
    assert len(asked(registry, "from customers")) == 2
