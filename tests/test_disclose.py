"""``disclose``: everything that is held of one person, and nothing of another."""

import json
import re
import shutil
import stat
import sys
import zipfile
from datetime import UTC, datetime, timedelta
from html.parser import HTMLParser

import pytest

import regpipe as package
from regpipe.registry.by_hand import ByHand, LinkDecision, Override
from regpipe.spec.load import load_pipeline
from worlds import customers, deliver, orders, run, written

COLUMNS = "external_id email phone first_name last_name street postcode city note news "
COLUMNS += "news_at groups updated_at"
SHOP = """
| external_id | email     | phone        | first_name | last_name | street  | postcode | city  | note        | news      | news_at             | groups   | updated_at |
| 1           | anna@x.se | 070-1740605  | Anna       | Berg      | Gata 1  | 22222    | Lund  | likes <b>   | granted   | 2024-01-01 10:00:00 | VIP      | 2024-01-01 |
| 2           | fam@x.se  | 070-1740606  | Anna       | Berg      | Gata 1  | 22223    | Lund  | -           | withdrawn | 2024-02-01 10:00:00 | -        | 2024-01-02 |
| 3           | fam@x.se  | 070-1740699  | Zqxbo      | Zqxberg   | Zqxgata | 33333    | Zqxed | Zqxnote     | granted   | 2024-01-05 10:00:00 | -        | 2024-01-03 |
"""  # noqa: E501
LATER = """
| external_id | email     | phone        | first_name | last_name | street  | postcode | city  | note        | news      | news_at             | groups   | updated_at |
| 1           | anna@x.se | 070-1740605  | Anna       | Berg      | Väg 9   | 22222    | Lund  | likes <b>   | granted   | 2024-01-01 10:00:00 | VIP,Club | 2024-03-01 |
| 4           | anna@x.se | not a number | Anna       | Berg      | Torg 7  | 22222    | Lund  | -           | granted   | 2024-01-01 10:00:00 | -        | 2024-03-01 |
| 5           | fam@x.se  | not a number | Zqxcy      | Zqxberg   | -       | -        | -     | -           | granted   | 2024-01-01 10:00:00 | -        | 2024-03-01 |
"""  # noqa: E501
ORDERS = """
| order_id | customer_ref | email     | ordered_at       | payment_status | currency | total  | carrier  | tracking_number | line_sku | line_quantity |
| o1       | 1            | anna@x.se | 2024-02-01 12:00 | paid           | SEK      | 99.50  | PostNord | SE123           | korg     | 2             |
| o2       | -            | anna@x.se | 2024-02-02 12:00 | paid           | SEK      | 10     | -        | -               | vas      | 1             |
| o3       | -            | fam@x.se  | 2024-02-03 12:00 | paid           | SEK      | 11     | -        | -               | Zqxvas   | 1             |
| o4       | 3            | fam@x.se  | 2024-02-04 12:00 | paid           | SEK      | 12     | -        | -               | Zqxkopp  | 1             |
"""  # noqa: E501
OF_ORDERS = "order_id customer_ref email ordered_at payment_status currency total "
OF_ORDERS += "carrier tracking_number line_sku line_quantity"
AS_OF = datetime(2026, 6, 1, 2, tzinfo=UTC)
EXPORTS = {
    "news": {"purpose": "newsletter", "columns": ["email"], "to": "out/news.csv"},
    "post": {
        "purpose": "service",
        "columns": ["customer_id", "last_name"],
        "to": "out/post-{date}.csv",
    },
}
STAFF = "zqxeva"


@pytest.fixture(scope="module")
def after_runs(tmp_path_factory):
    """A shop after two runs, in the second of which a person decided, too."""
    folder = tmp_path_factory.mktemp("shop")
    sources = {
        "shop": customers(COLUMNS, tolerate="100%"),
        "sales": orders(OF_ORDERS, customers="shop", tolerate="100%"),
    }
    path = written(folder, sources, EXPORTS)
    pipeline = load_pipeline(path, {})
    deliver(folder / "shop.csv", SHOP.replace("VIP,Club", "VIP+Club"))
    deliver(folder / "orders.csv", ORDERS)
    run(pipeline, as_of=AS_OF)
    rows = LATER.replace("VIP,Club", "VIP+Club")
    deliver(folder / "shop2.csv", rows, at=AS_OF)
    by_hand = ByHand(
        by=STAFF,
        at=AS_OF,
        overrides=(Override(1, "language", "sv"),),
        links=(
            LinkDecision(("shop", "1"), ("shop", "2"), "same"),
            LinkDecision(("shop", "1"), ("shop", "3"), "different"),
        ),
    )
    run(pipeline, as_of=AS_OF + timedelta(days=1), by_hand=by_hand)
    return folder


@pytest.fixture
def shop(after_runs, tmp_path):
    shutil.copytree(after_runs, tmp_path, dirs_exist_ok=True)
    return tmp_path


@pytest.fixture(scope="module")
def held(after_runs):
    pipeline = load_pipeline(after_runs / "test.yaml", {})
    with package.open(after_runs / "registry.duckdb") as opened:
        return opened.disclosure("anna@x.se", pipeline)


def test_every_thing_that_is_held_of_a_person_is_there_with_its_place(held):
    assert (held.customer_id, held.profile["last_name"]) == (1, "Berg")
    assert held.addresses["billing"]["street"] == "Väg 9"
    assert held.groups == ("Club", "VIP")
    records = [(r["external_id"], r["file"], r["row_number"]) for r in held.records]
    assert records == [("1", "shop2.csv", 2), ("2", "shop.csv", 3)]
    assert held.records[0]["originals"]["phone"] == "070-1740605"
    fields = {each.field: each for each in held.fields}
    street = fields["billing"].winner
    assert (street.file, street.row_number, street.run_id) == ("shop2.csv", 2, 2)
    assert fields["language"].rule == "by hand"
    assert [(o["order_id"], o["guest"]) for o in held.orders] == [
        ("o2", True),
        ("o1", False),
    ]
    assert held.orders[1]["tracking_number"] == "SE123"
    assert held.orders[1]["lines"][0]["sku"] == "korg"
    assert (held.orders[1]["file"], held.orders[1]["row_number"]) == ("orders.csv", 2)
    said = {word.address: word for word in held.consents.words}
    assert said["anna@x.se"].status == "granted"
    lists = [(row["export"], row["row_number"], row["address"]) for row in held.lists]
    assert lists == [
        ("post", 2, None),
        ("post", 3, None),
        ("news", 2, "anna@x.se"),
        ("post", 2, None),
    ]
    assert {row["export"]: row["on_list"] for row in held.lists_now} == {
        "news": True,
        "post": True,
    }
    (not_taken,) = held.rejected
    assert (not_taken["file"], not_taken["row_number"]) == ("shop2.csv", 3)
    assert not_taken["cells"]["street"] == "Torg 7"
    assert [run["run_id"] for run in held.runs] == [1, 2]


def test_earlier_versions_are_there_with_what_changed(held):
    changed = {
        (each.table, *each.key.values()): each.changed
        for each in held.earlier
        if each.changed
    }
    assert changed["source_records", "shop", "1"]["street"] == "Gata 1"
    assert changed["addresses", "billing"] == {"street": "Gata 1"}
    assert changed["addresses", "billing", 2]["postcode"] == "22223"
    assert changed["customers", 2]["email"] == "fam@x.se"
    assert {each.ended_run_id for each in held.earlier} == {2}


def test_nothing_of_another_is_there_and_what_was_left_out_is_counted(held):
    text = json.dumps(held.as_dict(), default=str)
    assert not re.search("zqx|070-?1740699|33333", text, re.IGNORECASE)
    (on_family,) = [w for w in held.consents.words if w.address == "fam@x.se"]
    places = [(s["external_id"], s["row_number"]) for s in on_family.statements]
    assert places == [(None, None), ("2", 3)]
    told = " ".join(held.left_out)
    assert "Of these addresses others use 1, too" in told
    assert "Orders without an account by an address that others use, too: 1." in told
    assert "Rows that were not taken, with an address that others use, too: 1." in told


class Page(HTMLParser):
    """What a page could load or lead to, its ids and its text."""

    def __init__(self, text):
        super().__init__()
        self.loads, self.links, self.ids, self.text = [], [], set(), []
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        attrs = dict(attrs)
        self.ids.add(attrs.get("id"))
        loads = ("src", "srcset", "action", "data", "poster", "background")
        self.loads += [attrs[name] for name in loads if name in attrs]
        self.loads += [tag] if tag in ("script", "link", "iframe", "object") else []
        self.links += [attrs["href"]] if "href" in attrs else []

    def handle_data(self, data):
        self.text.append(data)


def test_disclose_writes_a_page_that_loads_nothing_and_the_same_as_data(regpipe, shop):
    done = regpipe("disclose", "1", "--out", "anna", "-p", "test.yaml")
    told = (0, "anna: what is held of customer 1\n", "")
    assert (done.code, done.out, done.err) == told
    for name in ("index.html", "data.json"):
        assert stat.S_IMODE((shop / "anna" / name).stat().st_mode) == 0o600
    assert stat.S_IMODE((shop / "anna").stat().st_mode) == 0o700
    text = (shop / "anna/index.html").read_text("utf-8")
    page = Page(text)
    assert page.loads == []
    assert {link[1:] for link in page.links} <= page.ids
    assert "default-src 'none'" in text
    assert not re.search(r"//|url\(|@import", text)
    data = json.loads((shop / "anna/data.json").read_text("utf-8"))
    assert (data["form"], data["customer_id"]) == (1, 1)
    words = " ".join(" ".join(page.text).split())
    for shown in ("Väg 9", "likes <b>", "SE123", "PostNord", "Torg 7", "Gata 1"):
        assert shown in words
    assert "1 January 2024, 10:00 UTC" in words
    assert not re.search(STAFF, text + json.dumps(data), re.IGNORECASE)


def test_a_zip_holds_the_same_files_and_json_needs_no_template(
    regpipe, shop, monkeypatch
):
    assert regpipe("disclose", "1", "--out", "anna", "-p", "test.yaml").code == 0
    assert regpipe("disclose", "1", "--out", "anna.zip", "-p", "test.yaml").code == 0
    assert stat.S_IMODE((shop / "anna.zip").stat().st_mode) == 0o600
    with zipfile.ZipFile(shop / "anna.zip") as packed:
        assert packed.namelist() == ["index.html", "data.json"]
        for name in packed.namelist():
            assert packed.read(name) == (shop / "anna" / name).read_bytes()
    monkeypatch.setitem(sys.modules, "jinja2", None)
    printed = regpipe("disclose", "1", "--json", "-p", "test.yaml")
    assert printed.code == 0
    data = json.loads((shop / "anna/data.json").read_text("utf-8"))
    assert json.loads(printed.out) == data
    failed = regpipe("disclose", "1", "--out", "page")
    assert (failed.code, failed.out) == (2, "")
    assert failed.err == (
        "error: --out: pages are made with jinja2\n"
        "    hint: pip install 'regpipe[reports]'\n"
    )
    assert not (shop / "page").exists()


def test_an_older_number_is_followed_and_named(regpipe, shop):
    found = json.loads(regpipe("disclose", "2", "--json").out)
    assert (found["customer_id"], found["asked_for"]) == (1, 2)
    assert found["merged_ids"] == [2]
    assert found["lists_now"] is None


def test_disclose_says_when_there_is_nobody_or_nowhere_to_write(regpipe, shop):
    assert regpipe("disclose", "77", "--json").code == 1
    assert regpipe("disclose", "1").code == 2
    assert regpipe("disclose", "1", "--json", "--out", "x").code == 2
    (shop / "file").write_text("")
    assert regpipe("disclose", "1", "--out", "file/x").code == 4
    (shop / "out/news.csv").write_text("E-mail\nanna@x.se\n")
    found = json.loads(regpipe("disclose", "1", "--json", "-p", "test.yaml").out)
    exports = [row["export"] for row in found["lists"]]  # those of after_runs, too
    assert (exports.count("post"), exports.count("news")) == (6, 1)
    assert "cannot be read any more: 1." in found["left_out"][-1]


def test_what_regpipe_notes_for_itself_is_not_told(tmp_path):
    path = written(tmp_path, {"shop": customers("external_id email city news news_at")})
    columns = ["external_id", "email", "city", "news", "news_at"]
    for day, city in enumerate(("Lund", "Malmö")):
        rows = f"external_id | email | city | news\n1 | anna@x.se | {city} | never"
        at = AS_OF + timedelta(days=day)
        deliver(tmp_path / "shop.csv", rows, at=at, columns=columns)
        run(load_pipeline(path, {}), as_of=at)
    with package.open(tmp_path / "registry.duckdb") as opened:
        held = opened.disclosure("anna@x.se")
    assert sorted(held.records[0]["values"]) == ["city", "email", "kind"]
    earlier = {each.table: sorted(each.values) for each in held.earlier}
    assert earlier["source_records"] == [
        "city",
        "email",
        "external_id",
        "kind",
        "source",
    ]


def test_who_is_a_customer_no_more_is_told_what_is_still_held(regpipe, shop):
    assert regpipe("delete", "1", "-q").code == 0
    assert regpipe("show", "anna@x.se").code == 1
    found = json.loads(regpipe("disclose", "anna@x.se", "--json").out)
    assert (found["profile"], found["fields"]) == ({}, [])
    assert [each["external_id"] for each in found["records"]] == ["1", "2"]
    assert found["earlier"][0]["values"]["last_name"] == "Berg"
    assert len(found["orders"]) == 2
    assert regpipe("disclose", "shop:1", "--out", "page").code == 0
    assert "No customer any more" in (shop / "page/index.html").read_text("utf-8")
