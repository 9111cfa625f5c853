"""Erased is erased (rule 8): nowhere in what is kept, and no file brings them back."""

import contextlib
import json
import shutil
import stat
from datetime import timedelta
from decimal import Decimal
from pathlib import Path

import pytest

from regpipe.outcome import silent
from regpipe.run import decide_in
from regpipe.spec.load import load_pipeline
from regpipe.stages.deciding import Merge
from test_killed import KILLED, Warm, leftovers, state
from worlds import (
    AS_OF,
    DELIVERED,
    EVERYBODY,
    NEWS,
    asked,
    consents,
    contents,
    customers,
    deliver,
    orders,
    run,
    tables,
    written,
)

MAIL = "anna.berg+shop@example.com"
STREET = (
    "Storgatan 17 B | 11122 | Kil | Ring before noon | VIP+Club | granted | 2026-01-01"
)
STREET_2 = "Storgatan 17 B | 11133 | Kil | - | - | granted | 2026-01-01"
OTHER_STREET = (
    "Lillgatan 3 | 22233 | Lund | mail Anna.Berg+shop@example.com. first | VIP | "
    "granted | 2026-01-01"
)
OTHER_STREET_2 = "Lillgatan 3 | 22233 | Lund | - | Club | granted | 2026-01-01"
COLUMNS = (
    "external_id email phone first_name last_name street postcode city note groups "
    "news updated_at"
)
SHOP = f"""
    {" | ".join(COLUMNS.split())}
    K-1001-AB | Anna.Berg+Shop@example.com | 070-321 45 67 | Anna | Bergqvist | {STREET}
    K-1002 | info@works.example | 054-10 10 10 | Anna | Bergqvist | {STREET_2}
    K-1003 | info@works.example | 054-10 10 10 | Bo | Ek | {OTHER_STREET}
    K-1004 | cia@example.com | 070-765 43 21 | Cia | Holm | {OTHER_STREET_2}
"""
BAD = """
    K-1009 | a@b | 070-321 45 67 | Anna | Bergqvist | - | - | - | - | - | - | -
    K-1010 | anna (at) example | - | Anna | Bergqvist | - | - | - | - | - | - | -
"""
SALES = "order_id customer_ref email ordered_at total currency note line_sku line_name"
ORDERS = f"""
    {" | ".join(SALES.split())}
    o-1 | K-1001-AB | {MAIL} | 2026-02-01 | 10.50 | SEK | for Anna Bergqvist | s1 | Pot
    o-1 | - | - | - | - | - | - | s2 | Cup
    o-2 | - | {MAIL} | 2026-03-01 | 5.00 | SEK | - | s1 | Teapot
    o-3 | K-1004 | cia@example.com | 2026-03-02 | 7.00 | SEK | - | s1 | Teapot
    o-4 | K-1002 | info@works.example | 2026-03-02 | x | SEK | - | s1 | -
"""
SAID = """
    email | status | at
    anna.berg+shop@example.com | granted | 2026-01-02
    info@works.example | withdrawn | 2026-01-03
"""
VALUES = (
    *("anna.berg+shop@example.com", "Anna.Berg+Shop", "703214567", "070-321 45 67"),
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
        N-2 | - | +46 70 321 45 67 | Anna | Ek | 2026-05-01
        K-1001-AB | new@example.com | - | Somebody | - | 2026-05-01
        N-3 | info@works.example | - | ANNA | Bergqvist | 2026-05-01
        N-4 | anna.berg+shop@example.com | - | Anna | - | no date
        """,
        columns=COLUMNS.split(),
    )
    deliver(folder / "shop3.csv", " | ".join(COLUMNS.split()) + BAD)
    deliver(folder / "orders.csv", ORDERS)
    deliver(folder / "consents.csv", SAID)


@pytest.fixture(scope="module")
def anna(tmp_path_factory):
    """A folder with Anna in all that a registry can hold of somebody."""
    folder = tmp_path_factory.mktemp("anna") / "shop"
    folder.mkdir()
    path = world(folder)
    with contextlib.chdir(folder):
        run(load_pipeline(Path(path.name), {}))
        changed = SHOP.replace("Ring before noon", "Ring before noon, or write")
        deliver(folder / "shop.csv", changed.rstrip() + BAD)
        run(load_pipeline(Path(path.name), {}))
        acts = [Merge("shop:K-1001-AB", "shop:K-1002")]
        how = {"command": "merge", "as_of": AS_OF, "wait": 0, "progress": silent}
        decide_in(folder / "registry.duckdb", acts, by="eva", **how)
    registry = folder / "registry.duckdb"
    assert asked(registry, "select count(*) from rejects") == [(3,)]
    assert asked(registry, "select count(*) from link_decisions") == [(1,)]
    assert asked(registry, "select count(*) from source_records_history") != [(0,)]
    assert all(value.lower() in texts(registry) for value in VALUES)
    assert all(value in registry.read_bytes().decode("latin-1") for value in VALUES[1:])
    return folder


@pytest.fixture
def shop(anna, tmp_path, regpipe):
    """The folder with Anna, to work in; give its registry."""
    shutil.copytree(anna, tmp_path, dirs_exist_ok=True)
    return tmp_path / "registry.duckdb"


def kept(folder):
    """Give the bytes of every file that regpipe keeps: not delivered, not lists."""
    return {
        name: content
        for name, content in contents(folder).items()
        if not name.endswith(".csv") and name != "test.yaml"
    }


def texts(registry):
    """Give all that the tables of a registry hold, as one text."""
    return repr(tables(registry)).lower()


def last_fates(registry):
    """Give what became of the files of the last run: read, suppressed, rejected."""
    return asked(
        registry,
        "select file, read, suppressed, rejected from run_files "
        "where run_id = (select max(run_id) from run_files) order by file",
    )


def refused(told, code, *words):
    """See that a command failed with this code, said so, and named nobody."""
    assert (told.code, told.out) == (code, "")
    assert all(word in told.err for word in words), told.err
    assert not any(value.lower() in told.err.lower() for value in VALUES)


def test_a_dry_run_tells_and_writes_nothing(regpipe, shop):
    before = contents(shop.parent)
    told = regpipe("erase", "ANNA.berg+shop@example.com")
    assert told.code == 0, told.err
    assert contents(shop.parent) == before
    assert "dry run: nothing was written" in told.out
    assert "source_records" in told.out
    assert not any(value.lower() in told.out.lower() for value in VALUES)
    lists = json.loads(regpipe("erase", MAIL, "--json").out)["lists"]
    assert {row["file"]: (row["state"], row["rows"]) for row in lists} == {
        "out/everybody.csv": ("holds the person", [2, 3]),
        "out/news.csv": ("holds the person", [2]),
    }
    (shop.parent / "out/news.csv").unlink()
    lists = json.loads(regpipe("erase", MAIL, "--json").out)["lists"]
    assert [row["state"] for row in lists] == ["holds the person", "no longer here"]


def test_no_value_that_she_alone_held_is_left_and_no_import_brings_her_back(
    regpipe, shop
):
    sums = "select count(*), sum(total), min(ordered_at) from orders"
    lines = "select order_id, line_no, sku, name from order_lines order by all"
    before = asked(shop, sums), asked(shop, lines)
    told = regpipe("erase", MAIL.upper(), "--yes", "--case", "2026/7", "--by", "dpo")
    assert told.code == 0, told.err
    for number in range(3):
        for name, content in kept(shop.parent).items():
            for value in VALUES:
                place = (number, name, value)
                assert value.lower().encode() not in content.lower(), place
        assert not any(value.lower() in texts(shop) for value in VALUES)
        old_files(shop.parent)
        assert regpipe("run", "test.yaml", "-q").code == 0
    assert last_fates(shop) == [
        ("consents.csv", 2, 1, 0),
        ("orders.csv", 5, 4, 0),
        ("shop.csv", 4, 2, 0),
        ("shop2.csv", 5, 5, 0),
        ("shop3.csv", 2, 2, 0),
    ]
    assert (asked(shop, sums), asked(shop, lines)) == before
    of_whom = "select order_id, customer_id, email, total from orders order by all"
    assert asked(shop, of_whom) == [
        ("o-1", None, None, Decimal("10.50")),
        ("o-2", None, None, Decimal("5.00")),
        ("o-3", 4, "cia@example.com", Decimal("7.00")),
    ]
    (path,) = (shop.parent / "registry.duckdb.erasures").iterdir()
    certificate = json.loads(path.read_text())
    assert certificate["erased_by"] == "dpo"
    assert certificate["case"] == "2026/7"
    assert certificate["people"][0]["records"] == 2
    assert certificate["values_searched_in_bytes"] > 5
    key = shop.with_name("registry.duckdb.key")
    assert {stat.S_IMODE(p.stat().st_mode) for p in (path, key, shop)} == {0o600}
    assert key.read_text().strip() not in texts(shop)


def test_others_keep_what_is_theirs_and_a_no_stays_a_no(regpipe, shop):
    """A shared mailbox and telephone, a note that mentions her, an id, a refusal."""
    of_others = (
        "select * exclude (note, consents) from customer_view "
        "where customer_id in (3, 4) order by customer_id"
    )
    written = (
        "select originals, phone, street from source_records where customer_id > 2"
    )
    before, as_written = asked(shop, of_others), asked(shop, written)
    assert "054-10 10 10" in repr(as_written)
    refusals = "select address, status from consent_in_force where status <> 'granted'"
    said = asked(shop, refusals)
    assert said == [("info@works.example", "withdrawn")]
    assert regpipe("erase", "1", "--yes", "-q").code == 0
    assert (asked(shop, of_others), asked(shop, written)) == (before, as_written)
    assert asked(shop, "select note from customers where customer_id = 3") == [
        ("mail . first",)
    ]
    assert asked(shop, refusals) == said
    assert regpipe("run", "test.yaml", "-q").code == 0
    assert asked(shop, of_others) == before
    deliver(shop.parent / "shop.csv", SHOP.replace("K-1002", "K-2002"))
    assert regpipe("run", "test.yaml", "-q").code == 0
    numbers = "select external_id from source_records order by all"
    assert asked(shop, numbers) == [("K-1003",), ("K-1004",)]
    told = regpipe("erase", "info@works.example")
    refused(regpipe("erase", "054"), 1, "WHO 1", "no such customer")
    assert told.code == 0, "by now one customer has it"


def test_who_is_not_there_is_kept_out_all_the_same(regpipe, shop):
    """In whatever case, composed or not; a part behind + is another mailbox."""
    people = {
        "Nobody@Example.com": ["nobody@example.com", "NOBODY@EXAMPLE.COM"],
        "no+body@example.com": ["No+Body@example.com"],
        "J\u00d6RG@B\u00fccher.example": ["jo\u0308rg@xn--bcher-kva.example"],
        "+46 70 999 99 99": ["070-999 99 99"],
        "shop:K-7": ["other@example.com"],
    }
    who = shop.parent / "people.txt"
    who.write_text("\n".join(people), "utf-8")
    assert regpipe("erase", "--from", who).out.count("nobody") == len(people)
    assert regpipe("erase", "--from", who, "--yes", "-q").code == 0
    again = regpipe("erase", "--from", who, "--yes")
    assert (again.code, "nothing to erase" in again.out) == (0, True)
    assert len(asked(shop, "from erasures")) == len(people)
    spelled = [row for rows in people.values() for row in rows]
    rows = [
        {"external_id": f"K-{number}", "email" if "@" in row else "phone": row}
        for number, row in enumerate(spelled, 2)
    ]
    assert rows[-1]["external_id"] == "K-7"
    rows.append({"external_id": "K-98", "phone": "0709999999", "first_name": "Bo"})
    rows.append({"external_id": "K-99", "email": "no+body+else@example.com"})
    deliver(shop.parent / "shop2.csv", rows, columns=COLUMNS.split())
    assert regpipe("run", "test.yaml", "-q").code == 0
    assert last_fates(shop)[-1] == ("shop2.csv", len(rows), len(rows) - 1, 0)


def test_whose_records_were_once_taken_for_anothers_can_be_erased(regpipe, tmp_path):
    people = """
        email | phone | first_name | last_name
        a@x.example | 0701002201 | Anna | Ek
        b@x.example | 0701002201 | Anna | Ek
    """
    parted = people.replace("b@x.example | 0701002201 | Anna", "b@x.example | - | Bo")
    written(tmp_path, {"shop": customers("email phone first_name last_name")})
    for hours, rows in enumerate((people, parted)):
        deliver(tmp_path / "shop.csv", rows, at=DELIVERED + timedelta(hours=hours))
        assert regpipe("run", "test.yaml", "-q").code == 0
    registry = tmp_path / "registry.duckdb"
    query = "select email, customer_id from source_records_history"
    assert asked(registry, query) == [("b@x.example", 1)]
    assert regpipe("erase", "a@x.example", "--yes", "-q").code == 0
    assert asked(registry, query) == [("b@x.example", None)]


def test_a_file_of_people_is_taken_whole_or_not_at_all(regpipe, shop):
    people = shop.parent / "people.txt"
    people.write_text(f"{MAIL}\n\nshop:K-1002\nshop:K-1004\n")
    before = contents(shop.parent)
    refused(regpipe("erase", "--from", "none.txt"), 3, "none.txt")
    refused(regpipe("erase", "anybody", "--yes"), 2, "WHO 1")
    refused(regpipe("erase", "info@works.example", "--yes"), 1, "WHO 1", "1, 3")
    people.write_text(people.read_text() + "4711\n")
    refused(regpipe("erase", "--from", people, "--yes"), 1, "people.txt:5")
    people.write_text(people.read_text().replace("4711\n", ""))
    assert {**contents(shop.parent), "people.txt": b""} == {**before, "people.txt": b""}
    told = json.loads(regpipe("erase", "--from", people, "--yes", "--json").out)
    assert [len(each["asked"]) for each in told["people"]] == [2, 1]
    assert asked(shop, "select external_id from source_records") == [("K-1003",)]
    found = json.loads(regpipe("erasures", "--json").out)["erasures"]
    assert [(row["records"], row["orders"]) for row in found] == [(1, 1), (2, 2)]


def test_without_its_key_a_run_stops_and_a_new_one_gives_the_hashes_up(regpipe, shop):
    assert regpipe("erase", MAIL, "--yes", "-q").code == 0
    key = shop.with_name("registry.duckdb.key")
    held = key.read_bytes()
    refused(regpipe("erasures", "new-key", "--yes"), 4, "not lost")
    for spoilt in (None, b"nonsense\n", b"00" * 32):
        key.unlink() if spoilt is None else key.write_bytes(spoilt)
        for words in (("run", "test.yaml"), ("plan", "test.yaml"), ("erase", "3")):
            refused(regpipe(*words), 4, "registry.duckdb.key")
        assert "would be given up" in regpipe("erasures", "new-key").out
    key.write_bytes(held)
    assert regpipe("run", "test.yaml", "-q").code == 0
    key.unlink()
    assert regpipe("erasures", "new-key", "--yes").code == 0
    assert key.read_bytes() != held
    assert regpipe("run", "test.yaml", "-q").code == 0
    assert len(asked(shop, "from source_records")) == 4


def test_who_asks_to_be_let_in_comes_back(regpipe, shop):
    assert regpipe("erase", MAIL, "--yes", "-q").code == 0
    refused(regpipe("erasures", "readmit", "info@works.example"), 1, "WHO 1")
    refused(regpipe("consent", "block", MAIL), 1, "the address was erased")
    told = regpipe("erasures", "readmit", MAIL)
    assert (told.code, "erasure 1 keeps nobody out" in told.out) == (0, True)
    assert regpipe("run", "test.yaml", "-q").code == 0
    back = "select customer_id from source_records where external_id like 'K-100%'"
    assert len(asked(shop, back)) == 4
    ids = asked(shop, "select customer_id from customers order by all")
    assert (1,) not in ids, "the number that was hers is nobody's again"
    refused(regpipe("erasures", "readmit", MAIL), 1, "WHO 1")


def test_an_erasure_killed_at_any_of_its_renames_is_done_or_not_begun(anna, tmp_path):
    warm = Warm()
    words = ("erase", "-q", MAIL, "--yes")
    after = shutil.copytree(anna, tmp_path / "after")
    assert warm.run(after, words) == 0
    states = [state(anna), state(after)]
    hashes = "erased_identifiers"
    found = []
    for renames in range(5):
        folder = shutil.copytree(anna, tmp_path / f"killed-{renames}")
        code = warm.run(folder, words, renames=renames)
        left = state(folder)
        place = states.index({**left, hashes: states[bool(left[hashes])][hashes]})
        found.append((code == KILLED, place))
        assert warm.run(folder, words) == 0
        assert leftovers(folder) == []
        again = state(folder)
        assert {**again, hashes: 0} == {**states[1], hashes: 0}
    warm.process.stdin.close()
    warm.process.stdout.close()
    warm.process.wait()
    assert found == [(True, 0), (True, 0), (True, 1), (False, 1), (False, 1)]
