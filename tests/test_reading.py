"""Reading a registry from Python: frames, one customer, any SELECT, no harm."""

import json
from datetime import UTC, date, datetime
from decimal import Decimal

import duckdb
import pandas as pd
import pytest

import regpipe
from regpipe.engine.duckdb import DuckDBEngine
from regpipe.errors import DataError, PipelineError, RegistryError, StepError
from regpipe.reading import open_registry
from regpipe.registry.files import replace
from regpipe.sql.customer_view import VIEW
from shop import MIGRATIONS, cells, make_registry, pipeline, write_lists

SHOP = {
    "runs": [
        {},
        {"run_id": 2, "as_of": datetime(2024, 6, 1), "command": "run"},
    ],
    "run_files": [
        {
            "file_id": n,
            "source": "web_shop",
            "file": f"{n}.csv",
            "read": 10,
            "accepted": 8,
            "rejected": 2,
            "duplicate": 0,
            "unchanged": 0,
            "suppressed": 0,
        }
        for n in (1, 2)
    ],
    "customers": [
        {
            "customer_id": 1,
            "email": "anna@x.se",
            "phone": "+46701",
            "first_name": "Anna",
            "birth_date": datetime(1990, 5, 1),
            "tax_exempt": True,
            "created_at": datetime(2020, 1, 1, 12),
        },
        {"customer_id": 2, "email": "home@x.se"},
        {"customer_id": 3, "email": "home@x.se"},
    ],
    "addresses": [
        {"customer_id": 1, "country": "SE", "city": "Umeå"},
        {"customer_id": 1, "kind": "shipping", "country": "DK"},
        {"customer_id": 2, "country": "NO"},
    ],
    "customer_redirects": [
        {"customer_id": 9, "redirect_to": 8},
        {"customer_id": 8, "redirect_to": 1},
    ],
    "groups": [{"group_key": "vip", "name": "VIP"}],
    "memberships": [{"customer_id": 1, "group_key": "vip"}],
    "source_records": [
        {"external_id": "c:1", "customer_id": 1, "email": "anna@x.se"},
        {"external_id": "2", "customer_id": 2, "email": "home@x.se"},
        {
            "source": "old_shop",
            "external_id": "77",
            "customer_id": 1,
            "email": "anna.old@x.se",
            "gone_at": datetime(2024, 4, 1),
        },
        {"external_id": "g1", "customer_id": None, "email": "guest@x.se"},
    ],
    "consent_events": [
        {"address": "anna@x.se", "external_id": "c:1"},
        {
            "address": "anna@x.se",
            "source": "old_shop",
            "external_id": "77",
            "status": "withdrawn",
            "said_at": datetime(2024, 1, 1),
        },
        {
            "address": "anna@x.se",
            "external_id": "c:1",
            "said_at": datetime(2024, 2, 1),
        },
        {"address": "anna.old@x.se", "source": "old_shop", "external_id": "77"},
        {"address": "home@x.se", "external_id": "2"},
    ],
    "suppressions": [{"address": "anna@x.se", "channel": "sms"}],
    "orders": [
        {
            "order_id": number,
            "customer_id": customer,
            "currency": "SEK",
            "total": total,
            "ordered_at": when,
        }
        for number, customer, total, when in [
            ("1001", 1, Decimal("99.9"), datetime(2024, 1, 1)),
            ("1002", 1, Decimal("0.1"), datetime(2024, 2, 1)),
            ("1003", None, Decimal("5"), datetime(2024, 3, 1)),
        ]
    ],
    "order_lines": [
        {"order_id": "1001", "line_no": 2, "sku": "B", "quantity": 1},
        {"order_id": "1001", "line_no": 1, "sku": "A", "quantity": 2},
        {"order_id": "1003", "line_no": 1, "sku": "C", "quantity": 1},
    ],
    "rejects": [
        {"reject_id": 1, "row_number": 9, "original": ["a@"]},
        {"reject_id": 2, "row_number": 3, "original": ["b@"], "run_id": 2},
        {"reject_id": 3, "row_number": 4, "original": ["c@"], "source": "old_shop"},
    ],
}


@pytest.fixture(scope="module")
def path(tmp_path_factory):
    return make_registry(tmp_path_factory.mktemp("shop") / "registry.duckdb", **SHOP)


@pytest.fixture
def shop(path):
    with regpipe.open(path) as opened:
        yield opened


def test_customers_are_the_customer_view_in_the_order_of_their_ids(shop):
    found = shop.customers().arrow()
    assert found.column_names == list(VIEW)
    assert found["customer_id"].to_pylist() == [1, 2, 3]
    assert found["total_spent"].to_pylist() == [
        [("SEK", Decimal("100.0000"))],
        None,
        None,
    ]
    assert found["consents"].to_pylist()[0] == [("newsletter", "granted")]
    assert found["groups"].to_pylist() == [["VIP"], [], []]


def test_a_where_picks_customers_and_can_do_no_more(shop):
    assert len(shop.customers("country = 'SE' and total_spent['SEK'] > 99")) == 1
    assert len(shop.customers("last_order_at > as_of - interval 1 day")) == 0
    assert len(shop.customers("as_of = timestamp '2024-06-01'")) == 3
    with pytest.raises(PipelineError, match="where: is not one expression"):
        shop.customers("true; select 1")


def test_a_segment_for_a_purpose_is_what_the_list_would_be(shop, path, tmp_path):
    everybody = shop.segment("true").arrow()["customer_id"].to_pylist()
    allowed = shop.segment("true", purpose="newsletter").arrow()
    by_sms = shop.segment("true", purpose="newsletter", channel="sms")
    assert everybody == [1, 2, 3]
    assert allowed["customer_id"].to_pylist() == [1, 2]
    assert len(by_sms) == 0
    declared = pipeline(
        path.parent,
        all={"purpose": "newsletter", "columns": ["customer_id"], "to": "out/a.csv"},
    )
    write_lists(declared, as_of=shop.as_of)
    assert cells(path.parent / "out/a.csv")[1:] == [["1"], ["2"]]


def test_frames_are_exact_in_pandas(shop):
    people = shop.customers().df()
    assert people["customer_id"].dtype == pd.Int64Dtype()
    assert people["tax_exempt"].tolist() == [True, pd.NA, pd.NA]
    assert people["birth_date"][0] == date(1990, 5, 1)
    assert people["created_at"].dtype == "datetime64[us]"
    orders = shop.orders().df()
    assert orders["customer_id"].dtype == pd.Int64Dtype()
    assert orders.groupby("customer_id")["total"].sum()[1] == Decimal("100.0000")


def test_orders_and_their_lines_come_in_order(shop):
    orders = shop.orders("total > 1 and ordered_at < as_of").arrow()
    assert orders["order_id"].to_pylist() == ["1001", "1003"]
    assert orders["customer_id"].to_pylist() == [1, None]
    lines = shop.order_lines().arrow()
    assert lines["sku"].to_pylist() == ["A", "B", "C"]
    with pytest.raises(PipelineError, match="unknown column 'country'"):
        shop.orders("country = 'SE'")


def test_runs_come_the_newest_first_with_the_sums_of_their_files(shop):
    runs = shop.runs().arrow().to_pylist()
    assert [run["run_id"] for run in runs] == [2, 1]
    assert [(run["files"], run["read"], run["rejected"]) for run in runs] == [
        (0, 0, 0),
        (2, 20, 4),
    ]
    assert shop.as_of == datetime(2024, 6, 1, tzinfo=UTC)


@pytest.mark.parametrize(
    ("asked", "rows"),
    [
        ({}, [4, 3, 9]),
        ({"source": "web_shop"}, [3, 9]),
        ({"run": 1}, [4, 9]),
        ({"run": 2, "source": "web_shop"}, [3]),
        ({"run": 7}, []),
        ({"source": "x' or true or '"}, []),
    ],
)
def test_rejects_come_by_run_and_source(shop, asked, rows):
    found = shop.rejects(**asked).arrow()
    assert found["row_number"].to_pylist() == rows
    if rows:
        assert found["reasons"][0].as_py() == [{"column": "email", "check": "email"}]


@pytest.mark.parametrize(
    "query",
    [
        "select count(*) as n from customers",
        "select count(*) as n from registry.customers;",
        "from customers select count(*) as n -- all of them",
        "with c as (select * from customers) select count(*) as n from c",
    ],
)
def test_any_one_select_over_the_registry_is_answered(shop, query):
    assert shop.sql(query).arrow().to_pylist() == [{"n": 3}]


@pytest.mark.parametrize(
    "query",
    [
        "delete from customers",
        "drop table customers",
        "select 1; select 2",
        "select 1; drop table customers",
        "copy customers to 'x.csv'",
        "attach 'x.duckdb'",
        "set threads = 1",
        "install httpfs",
        "create table x as select 1",
        "",
        "select '\ud800'",
    ],
)
def test_what_is_no_single_select_is_refused(shop, query, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(PipelineError, match="query: is not one SELECT"):
        shop.sql(query)
    assert len(shop.customers()) == 3
    assert list(tmp_path.iterdir()) == []


def test_no_other_file_can_be_read(shop, tmp_path):
    (tmp_path / "secret.csv").write_text("a\n1\n")
    for query in (
        f"select * from '{tmp_path}/secret.csv'",
        f"select * from read_text('{tmp_path}/secret.csv')",
        f"select * from glob('{tmp_path}/*')",
    ):
        with pytest.raises((StepError, PipelineError)):
            shop.sql(query)


def test_a_query_that_names_what_there_is_not_is_told_so(shop):
    with pytest.raises(PipelineError, match="query: Table with name custmers does not"):
        shop.sql("select * from custmers")


def test_a_query_that_fails_on_the_data_shows_no_value(shop):
    with pytest.raises(StepError) as failed:
        shop.sql("select cast(email as integer) from customers")
    assert "anna" not in str(failed.value)


@pytest.mark.parametrize(
    ("identifier", "found"),
    [
        (1, (1,)),
        ("1", (1,)),
        (9, (1,)),
        (" ANNA@x.se ", (1,)),
        ("anna.old@x.se", (1,)),
        ("+46701", (1,)),
        ("web_shop:c:1", (1,)),
        ("old_shop:77", (1,)),
        ("home@x.se", (2, 3)),
        ("guest@x.se", ()),
        ("web_shop:g1", ()),
        (4711, ()),
        ("9" * 40, ()),
        ("nobody@x.se", ()),
        ("web_shop:' or true --", ()),
    ],
)
def test_a_customer_is_found_by_whatever_names_them(shop, identifier, found):
    assert shop.find(identifier) == found


def test_an_identifier_that_is_none_is_refused_without_repeating_it(shop):
    with pytest.raises(PipelineError) as refused:
        shop.customer("Anna Ek")
    assert "Anna Ek" not in str(refused.value)


def test_a_shared_address_asks_for_an_id(shop):
    with pytest.raises(DataError) as refused:
        shop.customer("home@x.se")
    assert str(refused.value) == (
        "customer: 2 customers share it\n    hint: ask by id: 2, 3"
    )
    assert shop.customer("nobody@x.se") is None


def test_all_that_is_known_of_a_customer_is_one_tree(shop):
    anna = shop.customer(9)
    assert anna.customer_id == 1
    assert anna.merged_ids == (8, 9)
    assert anna.profile["email"] == "anna@x.se"
    assert {kind: row["country"] for kind, row in anna.addresses.items()} == {
        "billing": "SE",
        "shipping": "DK",
    }
    assert anna.groups == ("VIP",)
    assert [(r["source"], r["external_id"], r["gone_at"]) for r in anna.records] == [
        ("old_shop", "77", datetime(2024, 4, 1)),
        ("web_shop", "c:1", None),
    ]
    assert [order["order_id"] for order in anna.orders] == ["1002", "1001"]
    assert [line["sku"] for line in anna.orders[1]["lines"]] == ["A", "B"]
    (word,) = anna.consents
    assert (word["status"], word["source"], word["said_at"], word["suppressed"]) == (
        "granted",
        "web_shop",
        datetime(2024, 2, 1),
        [],
    )
    assert [said["status"] for said in anna.statements] == [
        *("granted", "granted", "withdrawn", "granted")
    ]
    assert json.dumps(anna.as_dict(), default=str)


def test_a_frame_shows_its_shape_and_no_customer(shop):
    shown = repr(shop.segment("true"))
    assert shown.startswith("Frame(3 rows: customer_id, kind, email,")
    assert "anna" not in shown


def test_a_reader_keeps_what_it_opened_while_a_run_replaces_the_file(tmp_path):
    path = make_registry(tmp_path / "registry.duckdb", **SHOP)
    new = make_registry(tmp_path / "new", customers=[{"customer_id": 5}])
    with regpipe.open(path) as before:
        assert len(before.customers()) == 3
        writer = DuckDBEngine(path)
        writer.close()
        replace(new, path)
        assert len(before.customers()) == 3
        with regpipe.open(str(path)) as after:
            assert len(after.customers()) == 1
        assert len(before.order_lines()) == 3


def test_a_registry_before_its_first_run_is_empty_but_can_be_read(tmp_path):
    path = make_registry(tmp_path / "registry.duckdb", runs=[])
    with regpipe.open(path) as opened:
        assert len(opened.customers()) == len(opened.runs()) == 0
        assert opened.as_of == datetime(1970, 1, 1, tzinfo=UTC)


def test_what_is_no_registry_is_not_opened(tmp_path):
    text = tmp_path / "text.duckdb"
    text.write_text("no database\n" * 1000)
    other = tmp_path / "other.duckdb"
    with duckdb.connect(other) as db:
        db.execute("create table x as select 1")
    newer = make_registry(tmp_path / "newer.duckdb", format=[{"version": 99}])
    for path, what in (
        (tmp_path / "missing.duckdb", "there is no registry here"),
        (tmp_path, "cannot be opened as a registry"),
        (text, "cannot be opened as a registry"),
        (other, "is a DuckDB file, but not a registry"),
        (newer, "is of format 99"),
    ):
        with pytest.raises(RegistryError, match=what):
            open_registry(path)


def test_an_older_registry_says_what_brings_it_up_to_date(tmp_path):
    path = tmp_path / "old.duckdb"
    maker = DuckDBEngine(None)
    maker.publish(path, MIGRATIONS[:1], (), 1)
    maker.close()
    with pytest.raises(RegistryError, match="older than this regpipe reads"):
        open_registry(path)
