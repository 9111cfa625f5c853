"""Erased is erased (rule 8): nowhere in what is kept, and no file brings them back."""

import pytest

from worlds import (
    EVERYBODY,
    NEWS,
    asked,
    consents,
    contents,
    customers,
    deliver,
    orders,
    tables,
    written,
)

MAIL = "anna.berg+shop@example.com"
STREET = (
    "Storgatan 17 B | 11122 | Kil | Ring before noon | VIP+Club | granted | 2026-01-01"
)
STREET_2 = "Storgatan 17 B | 11133 | Kil | - | - | granted | 2026-01-01"
OTHER_STREET = (
    "Lillgatan 3 | 22233 | Lund | mail Anna.Berg+shop@example.com. first | VIP "
    "| granted | 2026-01-01"
)
OTHER_STREET_2 = "Lillgatan 3 | 22233 | Lund | - | Club | granted | 2026-01-01"
COLUMNS = (
    "external_id email phone first_name last_name street postcode city note groups "
    "news updated_at"
)
SHOP = f"""
    {" | ".join(COLUMNS.split())}
    K-1001-AB | Anna.Berg+Shop@example.com | 070-123 45 67 | Anna | Bergqvist | {STREET}
    K-1002 | info@works.example | 054-10 10 10 | Anna | Bergqvist | {STREET_2}
    K-1003 | info@works.example | 054-10 10 10 | Bo | Ek | {OTHER_STREET}
    K-1004 | cia@example.com | 070-765 43 21 | Cia | Holm | {OTHER_STREET_2}
"""
SALES = "order_id customer_ref email ordered_at total currency note line_sku line_name"
ORDERS = f"""
    {" | ".join(SALES.split())}
    o-1 | K-1001-AB | {MAIL} | 2026-02-01 | 10.50 | SEK | for Anna Bergqvist | s1 | Pot
    o-1 | - | - | - | - | - | - | s2 | Cup
    o-2 | - | {MAIL} | 2026-03-01 | 5.00 | SEK | - | s1 | Teapot
    o-3 | K-1004 | cia@example.com | 2026-03-02 | 7.00 | SEK | - | s1 | Teapot
    o-4 | K-1001-AB | {MAIL} | 2026-03-02 | x | SEK | - | s1 | -
"""
SAID = """
    email | status | at
    anna.berg+shop@example.com | granted | 2026-01-02
    info@works.example | withdrawn | 2026-01-03
"""
VALUES = (
    *("anna.berg+shop@example.com", "Anna.Berg+Shop", "701234567", "070-123 45 67"),
    *("Bergqvist", "Storgatan 17 B", "Ring before noon", "K-1001-AB", "K-1002"),
)
"""What Anna alone held: e-mail, phone, full name, street, note, her own numbers."""


def world(folder, **more):
    """Deliver Anna twice in one shop, her orders, statements; run, and run again."""
    deliver(folder / "shop.csv", SHOP)
    deliver(folder / "orders.csv", ORDERS)
    deliver(folder / "consents.csv", SAID)
    sources = {
        "shop": customers(COLUMNS, tolerate="60%"),
        "sales": orders(SALES, customers="shop", tolerate="60%"),
        "club": consents(),
    }
    return written(folder, sources, {"news": NEWS, "all": EVERYBODY}, **more)


def old_files(folder):
    """Deliver all once more, and what Anna's rows were and may be in other files."""
    deliver(folder / "shop.csv", SHOP)
    deliver(
        folder / "shop2.csv",
        """
        external_id | email | phone | first_name | last_name | updated_at
        N-1 | ANNA.BERG+SHOP@EXAMPLE.COM | - | A | B | 2026-05-01
        N-2 | - | +46 70 123 45 67 | Anna | Ek | 2026-05-01
        K-1001-AB | new@example.com | - | Somebody | - | 2026-05-01
        N-3 | info@works.example | - | ANNA | Bergqvist | 2026-05-01
        N-4 | anna.berg+shop@example.com | - | Anna | - | no date
        """,
        columns=COLUMNS.split(),
    )
    deliver(folder / "orders.csv", ORDERS)
    deliver(folder / "consents.csv", SAID)


@pytest.fixture
def erased(regpipe, tmp_path):
    """Anna, in all that a registry can hold of somebody, erased."""
    path = world(tmp_path)
    assert regpipe("run", path, "-q").code == 0
    changed = SHOP.replace("Ring before noon", "Ring before noon, or write")
    bad = (
        "K-1009 | a@b | 070-123 45 67 | Anna | Bergqvist | - | - | - | - | - | - | -\n"
    )
    deliver(tmp_path / "shop.csv", changed.rstrip() + "\n" + bad)
    assert regpipe("run", path, "-q").code == 0
    found = regpipe("customers", "merge", "shop:K-1001-AB", "shop:K-1002", "-q")
    assert found.code == 0, found.err
    registry = tmp_path / "registry.duckdb"
    assert asked(registry, "select count(*) from rejects") == [(2,)]
    return path, registry


def kept(folder):
    """Give the bytes of every file that regpipe keeps: not delivered, not lists."""
    found = contents(folder)
    return {
        name: text
        for name, text in found.items()
        if not name.endswith(".csv") and name != "test.yaml"
    }


def texts(registry):
    """Give all that the tables of a registry hold, as one text."""
    return repr(tables(registry)).lower()


@pytest.mark.usefixtures("erased")
def test_a_dry_run_tells_and_writes_nothing(regpipe, tmp_path):
    before = contents(tmp_path)
    told = regpipe("erase", "ANNA.berg+shop@example.com")
    assert told.code == 0, told.err
    assert contents(tmp_path) == before
    assert "dry run: nothing was written" in told.out
    assert not any(value.lower() in told.out.lower() for value in VALUES)
    assert "out/everybody.csv" in told.out


def test_no_value_that_she_alone_held_is_left_and_no_import_brings_her_back(
    regpipe, erased, tmp_path
):
    path, registry = erased
    orders_before = asked(
        registry, "select count(*), sum(total), min(ordered_at) from orders"
    )
    assert all(value.lower() in texts(registry) for value in VALUES[:1])
    told = regpipe("erase", "ANNA.berg+shop@example.com", "--yes", "--case", "2026/7")
    assert told.code == 0, told.err
    for _ in range(3):
        for name, content in kept(tmp_path).items():
            for value in VALUES:
                assert value.lower().encode() not in content.lower(), (name, value)
        assert not any(value.lower() in texts(registry) for value in VALUES)
        old_files(tmp_path)
        assert regpipe("run", path, "-q").code == 0
    assert (
        asked(registry, "select count(*), sum(total), min(ordered_at) from orders")
        == orders_before
    )
    assert asked(
        registry, "select customer_id, email from orders order by order_id"
    ) == [
        (None, None),
        (None, None),
        (4, "cia@example.com"),
    ]
    suppressed = asked(
        registry,
        "select file, read, suppressed, rejected from run_files "
        "where run_id = (select max(run_id) from run_files) order by file",
    )
    assert suppressed == [
        ("consents.csv", 2, 1, 0),
        ("orders.csv", 5, 4, 0),
        ("shop.csv", 4, 2, 0),
        ("shop2.csv", 5, 5, 0),
    ]
