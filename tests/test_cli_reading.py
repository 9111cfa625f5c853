"""``runs``, ``rejects`` and ``show`` on a small shop with an order."""

import json
import shutil
import stat
from datetime import UTC, datetime

import pytest

import regpipe as package

PIPELINE = """\
pipeline: small
registry: registry.duckdb
sources:
  shop:
    kind: customers
    files: shop.csv
    tolerate: 60%
    columns:
      external_id: Id
      email: Email
      phone: {from: Phone, country: SE}
      first_name: First
      last_name: Last
      city: City
      groups: {from: Groups, split: ","}
      consent.newsletter: {from: News, granted: ["yes"], never: ["no"], at: Said}
      updated_at: Updated
  orders:
    kind: orders
    files: orders.csv
    customers: shop
    columns:
      order_id: No
      customer_ref: Customer
      ordered_at: At
      payment_status: {from: Paid, words: {paid: ["yes"]}}
      currency: Currency
      total: Total
      carrier: Carrier
      tracking_number: Parcel
"""

SHOP = """\
Id,Email,Phone,First,Last,City,Groups,News,Said,Updated
1,anna@example.com,070-1740605,Anna,Berg,Lund,"VIP,Club",yes,2026-01-01 09:00:00,2026-01-01 10:00:00
2,anna@example.com,070-1740605,Anna,Berg,,,yes,2026-01-01 08:00:00,2026-01-01 09:00:00
3,not-an-address,,Cy,"=cmd",,,yes,,2026-01-03 10:00:00
4,di@example.com,,Di,Dal,,,no,,soon
"""  # noqa: E501

ORDERS = """\
No,Customer,At,Paid,Currency,Total,Carrier,Parcel
A1,1,2026-02-01 12:00:00,yes,SEK,99.50,PostNord,SE123
"""

AS_OF = ("--as-of", "2026-06-01")


@pytest.fixture(scope="module")
def after_a_run(tmp_path_factory):
    folder = tmp_path_factory.mktemp("shop")
    (folder / "small.yaml").write_text(PIPELINE)
    (folder / "shop.csv").write_text(SHOP)
    (folder / "orders.csv").write_text(ORDERS)
    package.run(folder / "small.yaml", as_of=datetime(2026, 6, 1, tzinfo=UTC))
    return folder


@pytest.fixture
def shop(after_a_run, tmp_path):
    """The folder of the test, as the pipeline left it after one run."""
    shutil.copytree(after_a_run, tmp_path, dirs_exist_ok=True)
    return tmp_path


SHOWN = """\
customer 1
  field        value
  customer_id  1
  kind         registered
  email        anna@example.com
  phone        +46701740605
  first_name   Anna
  last_name    Berg
  full_name    Anna Berg
  updated_at   2026-01-01 10:00:00
  groups       Club, VIP
addresses
  of       city
  billing  Lund
consents
  purpose     channel  address           status   said_at              source
  newsletter  email    anna@example.com  granted  2026-01-01 09:00:00  shop
orders
  ordered_at           source  order_id  payment_status  currency  total  carrier   tracking_number
  2026-02-01 12:00:00  orders  A1        paid            SEK       99.50  PostNord  SE123
records
  source  external_id  kind        email             phone         first_name  last_name  updated_at
  shop    1            registered  anna@example.com  +46701740605  Anna        Berg       2026-01-01 10:00:00
  shop    2            registered  anna@example.com  +46701740605  Anna        Berg       2026-01-01 09:00:00
"""  # noqa: E501


@pytest.mark.parametrize(
    "customer", ["1", "anna@example.com", "Anna@Example.com", "+46701740605", "shop:2"]
)
def test_show_finds_a_customer_by_any_of_their_names(regpipe, shop, customer):
    told = regpipe("show", customer)
    assert (told.code, told.err, told.out) == (0, "", SHOWN)


def test_show_as_json_has_every_statement_and_line(regpipe, shop):
    found = json.loads(regpipe("show", "1", "--json").out)
    assert found["customer_id"] == 1
    assert found["groups"] == ["Club", "VIP"]
    assert found["orders"][0]["total"] == "99.5000"
    assert len(found["records"]) == 2
    assert [each["said_at"] for each in found["statements"]] == [
        "2026-01-01T08:00:00",
        "2026-01-01T09:00:00",
    ]


@pytest.mark.parametrize(
    ("customer", "code", "told"),
    [
        ("77", 1, "error: show: there is no such customer in the registry\n"),
        (
            "no@example.com",
            1,
            "error: show: there is no such customer in the registry\n",
        ),
        (
            "Anna",
            2,
            "error: customer: the identifier is no customer_id, e-mail, phone or "
            "source:external_id\n"
            "    hint: such as 17, anna@example.com, +46701234567 or web_shop:1001\n",
        ),
    ],
)
def test_show_says_when_there_is_nobody_and_does_not_repeat_who(
    regpipe, shop, customer, code, told
):
    found = regpipe("show", customer)
    assert (found.code, found.out, found.err) == (code, "", told)


REJECTS = """\
rejects
  reject  source  file      row  reasons
       1  shop    shop.csv    4  email: email
       2  shop    shop.csv    5  updated_at: unreadable
"""


def test_rejects_are_listed_by_place_and_reason_without_a_cell(regpipe, shop):
    told = regpipe("rejects")
    assert (told.code, told.err, told.out) == (0, "", REJECTS)
    assert regpipe("rejects", "--run", "1", "--source", "shop").out == REJECTS
    assert regpipe("rejects", "--run", "2").out == "no rejected rows\n"
    assert regpipe("rejects", "--source", "orders").out == "no rejected rows\n"


def test_rejects_as_json_have_a_column_and_a_check_for_each_reason(regpipe, shop):
    assert json.loads(regpipe("rejects", "--json").out) == {
        "rejects": [
            {
                "reject": 1,
                "run": 1,
                "source": "shop",
                "file": "shop.csv",
                "row": 4,
                "reasons": [{"column": "email", "check": "email"}],
                "closed": None,
            },
            {
                "reject": 2,
                "run": 1,
                "source": "shop",
                "file": "shop.csv",
                "row": 5,
                "reasons": [{"column": "updated_at", "check": "unreadable"}],
                "closed": None,
            },
        ]
    }


AS_CSV = """\
regpipe_reject,regpipe_file,regpipe_row,regpipe_reasons,Id,Email,Phone,First,Last,City,Groups,News,Said,Updated
1,shop.csv,4,email: email,3,not-an-address,,Cy,'=cmd,,,yes,,2026-01-03 10:00:00
2,shop.csv,5,updated_at: unreadable,4,di@example.com,,Di,Dal,,,no,,soon
"""


def test_rejects_come_as_csv_in_the_sources_own_columns(regpipe, shop):
    told = regpipe("rejects", "write", "mend.csv")
    assert (told.code, told.err, told.out) == (0, "", "mend.csv: 2 rejected rows\n")
    assert (shop / "mend.csv").read_text() == AS_CSV
    assert stat.S_IMODE((shop / "mend.csv").stat().st_mode) == 0o600
    assert regpipe("rejects", "write", "-").out == AS_CSV


def test_a_csv_of_rejects_that_cannot_be_written_is_told(regpipe, shop):
    told = regpipe("rejects", "write", "missing/mend.csv")
    assert (told.code, told.out) == (4, "")
    assert told.err == (
        "error: missing/mend.csv: it cannot be written: No such file or directory\n"
    )


def test_runs_are_listed_the_newest_first(regpipe, shop):
    regpipe("run", "small.yaml", *AS_OF)
    told = regpipe("runs")
    assert (told.code, told.err) == (0, "")
    title, header, *rows = told.out.splitlines()
    assert title == "runs"
    assert header.split()[:3] == ["run_id", "pipeline", "command"]
    assert [row.split()[:3] for row in rows] == [
        ["2", "small", "run"],
        ["1", "small", "run"],
    ]
    found = json.loads(regpipe("runs", "--json").out)["runs"]
    assert [(run["run_id"], run["read"], run["rejected"]) for run in found] == [
        (2, 5, 2),
        (1, 5, 2),
    ]
    assert found[0]["as_of"] == "2026-06-01T00:00:00"


@pytest.mark.parametrize("words", [["runs"], ["rejects"], ["show", "1"]])
def test_without_a_registry_it_says_how_to_get_one(regpipe, words):
    told = regpipe(*words)
    assert (told.code, told.out) == (4, "")
    assert told.err == (
        "error: registry.duckdb: there is no registry here\n"
        "    hint: the first 'regpipe run' of a pipeline makes it; if it is elsewhere, "
        "name it with --registry\n"
    )


def test_the_registry_may_be_elsewhere(regpipe, shop, monkeypatch):
    (shop / "registry.duckdb").rename(shop / "moved.duckdb")
    assert regpipe("runs", "--registry", "moved.duckdb").code == 0
    monkeypatch.setenv("REGPIPE_REGISTRY", "moved.duckdb")
    assert regpipe("runs").code == 0


def test_a_file_that_is_no_registry_is_told(regpipe, tmp_path):
    (tmp_path / "registry.duckdb").write_text("no registry")
    told = regpipe("runs")
    assert (told.code, told.out) == (4, "")
    assert told.err.startswith("error: registry.duckdb: ")
