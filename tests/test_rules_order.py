"""Rules 3, 4 and 12: the same again changes nothing, and order does not matter."""

import os
import subprocess
import sys
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from regpipe.outcome import silent
from regpipe.planning import plan_pipeline
from worlds import (
    AS_OF,
    BOOKS,
    DELIVERED,
    EVERYBODY,
    GROUPS,
    NEWS,
    asked,
    consents,
    contents,
    customers,
    declared,
    deliver,
    held,
    listed,
    nothing_changed,
    orders,
    picture,
    put,
    run,
    tables,
    together,
    whole_runs,
    written,
)

COLUMNS = {
    "shop": "external_id kind email phone first_name last_name company postcode city "
    "country tax_exempt groups note news news_at created_at updated_at",
    "club": "external_id email full_name postcode news news_at updated_at",
    "sales": "order_id customer_ref email ordered_at updated_at total currency "
    "line_sku line_quantity",
    "talk": "email status at",
}
SOURCES = {
    "shop": customers(COLUMNS["shop"]),
    "club": customers(COLUMNS["club"], "club*.csv"),
    "sales": orders(COLUMNS["sales"], "sales*.csv", customers="shop"),
    "talk": consents(COLUMNS["talk"], "talk*.csv"),
}
LISTS = {"news": NEWS, "all": EVERYBODY, "groups": GROUPS}
SURVIVORSHIP = [
    {"default": "newest"},
    {"default": "most_common", "phone": ["club", "shop"], "groups": "newest"},
    {"default": "longest", "tax_exempt": "all", "created_at": "max", "note": "newest"},
    {"default": ["club", "shop"], "groups": ["shop"], "billing": "newest"},
]

EMAILS = [f"{name}@x.se" for name in "abcdef"]
TIMES = st.datetimes(
    min_value=DELIVERED.replace(year=2025, tzinfo=None),
    max_value=DELIVERED.replace(tzinfo=None),
).map(lambda time: time.isoformat(sep=" "))


def cells(**fields):
    """Give rows whose cells are drawn from a few values each, or blank."""
    blank = {name: st.sampled_from(["", *values]) for name, values in fields.items()}
    return st.fixed_dictionaries(blank)


PERSON = cells(
    email=EMAILS,
    phone=["0701234561", "+46701234562", "070-123 45 63"],
    first_name=["Anna", "Ann", "Bo", "A"],
    last_name=["Berg", "Åberg"],
    company=["AB", "Aktiebolaget"],
    postcode=["111 22", "33344"],
    city=["Umeå"],
    country=["SE", "NO"],
    tax_exempt=["yes", "no"],
    groups=["VIP", "VIP+Press", "Press+Club"],
    note=["hi", "a longer note"],
    news=["granted", "never", "withdrawn", "pending"],
    created_at=["2024-01-01", "2024-02-02 10:00"],
)
MEMBER = cells(
    email=EMAILS,
    full_name=["Anna Berg", "Berg, Ann", "Bo Berg"],
    postcode=["11122", "33344"],
    news=["granted", "never", "withdrawn"],
)
SALE = cells(
    customer_ref=["1", "2", "9"],
    email=EMAILS,
    total=["10", "20.50"],
    currency=["SEK", "NOK"],
)


@st.composite
def worlds(draw, keys=5):
    """Give a world: rows of each source, every version of a row at its own time.

    Every statement on consent is dated: what is not is about when it came.
    """
    times = iter(
        draw(
            st.lists(TIMES, min_size=4 * keys + 12, max_size=4 * keys + 12, unique=True)
        )
    )
    found = {"shop": [], "club": [], "sales": [], "talk": []}
    for source, values in (("shop", PERSON), ("club", MEMBER)):
        for key in range(1, keys + 1):
            for _ in range(draw(st.integers(1, 2))):
                row = {"external_id": str(key), **draw(values)}
                row["updated_at"] = row["news_at"] = next(times)
                if source == "shop":
                    row["kind"] = "registered"
                    row["last_name"] = row["last_name"] or "Berg"
                else:
                    row["full_name"] = row["full_name"] or "Anna Berg"
                found[source].append([row])
    for number in range(draw(st.integers(0, 4))):
        head = {
            "order_id": f"#{number}",
            **draw(SALE),
            "ordered_at": "2026-01-01 10:00",
        }
        head["updated_at"] = next(times)
        lines = range(draw(st.integers(1, 3)))
        found["sales"].append(
            [
                {
                    **(head if line == 0 else {"order_id": head["order_id"]}),
                    "line_sku": f"{number}-{line}",
                    "line_quantity": "2",
                }
                for line in lines
            ]
        )
    for _ in range(draw(st.integers(0, 8))):
        statuses = ["granted", "never", "withdrawn", "pending", "unknown", "bounced"]
        found["talk"].append(
            [
                {
                    "email": draw(st.sampled_from(EMAILS)),
                    "status": draw(st.sampled_from(statuses)),
                    "at": draw(
                        st.sampled_from(["2026-01-01", "2026-02-02", "2026-03-03"])
                    ),
                }
            ]
        )
    return found


def bring(folder, blocks, source, names, at=DELIVERED):
    """Deliver blocks of rows that belong together, spread over files of these names."""
    shares = {name: [] for name in names}
    for place, block in enumerate(blocks):
        shares[names[place % len(names)]] += block
    for name, rows in shares.items():
        deliver(
            folder / f"{source}{name}.csv", rows, at=at, columns=COLUMNS[source].split()
        )


@given(
    world=worlds(),
    rules=st.sampled_from(SURVIVORSHIP),
    random=st.randoms(use_true_random=False),
    names=st.permutations("abc"),
)
@whole_runs(8)
def test_neither_rows_nor_files_nor_runs_in_another_order_change_a_customer(
    tmp_path_factory, world, rules, random, names
):
    one, other = (tmp_path_factory.mktemp("shop") for _ in range(2))
    for source, blocks in world.items():
        bring(one, blocks, source, [""])
    expected = _after(one, rules)

    nights = [{source: [] for source in world} for _ in range(3)]
    for source, blocks in world.items():
        for block in random.sample(blocks, len(blocks)):
            nights[random.randrange(3)][source].append(block)
    for number, night in enumerate(nights):
        for path in other.glob("*.csv"):
            path.unlink()
        at = DELIVERED + timedelta(hours=random.randrange(3))
        for source, blocks in night.items():
            bring(other, blocks, source, names[: 1 + number], at)
        found = _after(other, rules)
    assert found["customers"].keys() == expected["customers"].keys()
    assert found == expected


def _after(folder, rules):
    """Run the world in a folder; give the picture of its registry, and its list."""
    pipeline = declared(folder, SOURCES, {"news": NEWS}, survivorship=rules)
    run(pipeline)
    found = picture(folder / "registry.duckdb")
    found["news"] = {row["email"] for row in listed(folder / "out" / "news.csv")}
    return found


@given(
    world=worlds(keys=4),
    undated=st.booleans(),
    full=st.sampled_from(["full", "delta"]),
    guests=st.sampled_from(["register", "orders_only"]),
)
@whole_runs(6)
def test_the_same_files_again_change_nothing(
    tmp_path_factory, world, undated, full, guests
):
    folder = tmp_path_factory.mktemp("shop")
    bad = {"external_id": "bad", "email": "no address", "updated_at": "2026-01-01"}
    world["shop"].append([bad])
    for source, blocks in world.items():
        if undated:
            for block in blocks:
                block[0].pop("news_at", None)
                if source == "talk" and block[0]["at"] == "2026-01-01":
                    block[0]["at"] = ""
        bring(folder, blocks, source, ["a", "b"])
    sources = {**SOURCES, "shop": {**SOURCES["shop"], "delivery": full}}
    pipeline = declared(folder, sources, LISTS, identity={"guests": guests})
    planned = plan_pipeline(pipeline, as_of=AS_OF, progress=silent)
    first = run(pipeline)
    assert (planned.files, planned.deltas) == (first.files, first.deltas)
    registry = folder / "registry.duckdb"
    before, lists = tables(registry, without=BOOKS), contents(folder / "out")
    for path in folder.glob("*.csv"):
        later = (DELIVERED + timedelta(hours=5)).timestamp()
        os.utime(path, (later, later))
    again = run(pipeline)
    assert {n: d for n, d in again.deltas.items() if d.gone or d.new} == {}
    assert tables(registry, without=BOOKS) == before
    assert again.exports == first.exports
    now = contents(folder / "out")
    assert {name for name in now if now[name] != lists[name]} <= {
        name for name in now if name.endswith(".manifest.json")
    }


def test_a_version_that_was_dated_earlier_does_not_undo_a_later_one(tmp_path):
    shop = declared(tmp_path, {"shop": customers("external_id email city updated_at")})
    cities = []
    for day, city in (("03", "Umeå"), ("01", "Ystad"), ("02", "Lund"), ("04", "Ånge")):
        deliver(
            tmp_path / "shop.csv",
            "external_id | email | city | updated_at\n"
            f"1 | a@x.se | {city} | 2026-01-{day}",
        )
        (file,) = run(shop).files
        found = asked(tmp_path / "registry.duckdb", "select city from customer_view")
        cities.append((file.accepted, file.duplicate, *found[0]))
    assert cities == [(1, 0, "Umeå"), (0, 1, "Umeå"), (0, 1, "Umeå"), (1, 0, "Ånge")]


def test_a_group_is_spelled_alike_whichever_spelling_came_first(tmp_path):
    names = []
    for first, second in (("vip", "VIP"), ("VIP", "vip")):
        folder = tmp_path / first
        shop = declared(folder, {"shop": customers("external_id email groups")})
        for key, group in ((1, first), (2, second)):
            put(
                folder / "shop.csv",
                f"external_id,email,groups\n{key},{key}@x.se,{group}\n",
            )
            run(shop)
        query = "select distinct groups from customer_view"
        names.append(asked(folder / "registry.duckdb", query))
    assert names[0] == names[1]


GUEST = "external_id | kind | email | updated_at\n1 | guest | a@x.se | 2026-01-01"


def test_one_who_is_a_guest_now_is_no_customer_whatever_they_were_before(tmp_path):
    """With ``guests: orders_only``, whether the account's row came before or not."""
    shop = declared(tmp_path, {"shop": customers("external_id kind email updated_at")})
    deliver(
        tmp_path / "shop.csv",
        GUEST.replace("guest", "registered").replace("01-01", "01-02"),
    )
    run(shop)
    deliver(tmp_path / "shop.csv", GUEST.replace("01-01", "01-03"))
    run(shop)
    assert together(tmp_path / "registry.duckdb") == set()
    assert asked(tmp_path / "registry.duckdb", "from customers") == []


def test_the_id_of_one_who_is_a_guest_now_stays_with_the_others_or_waits(tmp_path):
    columns = "external_id kind email first_name updated_at"
    shop = declared(tmp_path, {"shop": customers(columns)})
    path, registry = tmp_path / "shop.csv", tmp_path / "registry.duckdb"
    header = columns.replace(" ", ",")

    def night(day, *rows):
        lines = [f"{key},{kind},{mail},Anna,2026-01-{day}" for key, kind, mail in rows]
        put(path, "\n".join([header, *lines]))
        run(shop)
        return {key: customer for (_, key), (customer, _) in held(registry).items()}

    night("01", ("1", "registered", "a@x.se"), ("2", "registered", "a@x.se"))
    night("01", ("3", "registered", "b@x.se"))
    found = night("02", ("1", "guest", "a@x.se"), ("3", "guest", "b@x.se"))
    assert found == {"1": None, "2": 1, "3": None}
    found = night("03", ("1", "registered", "z@x.se"), ("3", "registered", "b@x.se"))
    assert found == {"1": 3, "2": 1, "3": 2}


def test_a_no_after_a_yes_is_the_same_no_in_one_run_or_two(tmp_path):
    columns = "external_id email news news_at updated_at"
    yes = "1,a@x.se,granted,2026-01-01,2026-01-01\n"
    no = "1,a@x.se,never,2026-02-01,2026-02-01\n"
    header = columns.replace(" ", ",") + "\n"
    words = []
    for name, nights in (("one", [yes + no]), ("two", [yes, no]), ("back", [no, yes])):
        shop = declared(tmp_path / name, {"shop": customers(columns)})
        for night in nights:
            put(tmp_path / name / "shop.csv", header + night)
            run(shop)
        words.append(picture(tmp_path / name / "registry.duckdb")["consents"])
    assert words[0] == words[1] == words[2]


@pytest.fixture(scope="module")
def shop(tmp_path_factory):
    """A folder with a small shop that has been run once."""
    folder = tmp_path_factory.mktemp("shop")
    rows = [
        {
            "external_id": str(key),
            "email": f"{key % 7}@x.se",
            "first_name": "Anna" if key % 2 else "Bertil",
            "groups": "VIP+Press" if key % 3 else "VIP",
            "news": "granted",
        }
        for key in range(40)
    ]
    deliver(folder / "shop.csv", rows)
    path = written(folder, {"shop": customers(" ".join(rows[0]))}, LISTS)
    _regpipe("run", path)
    return path


def _regpipe(command, path, **environ):
    as_of = ("--as-of", "2026-06-01T02:00:00Z")
    subprocess.run(
        [sys.executable, "-m", "regpipe", command, "-q", path, *as_of],
        env={**os.environ, **environ},
        check=True,
    )


def test_the_same_registry_and_as_of_give_the_same_bytes_wherever_they_are(shop):
    before = contents(shop.parent / "out")
    assert len(before) == 7
    _regpipe("export", shop, TZ="Asia/Tokyo", PYTHONHASHSEED="7", LC_ALL="C")
    assert contents(shop.parent / "out") == before


def test_a_list_is_in_the_order_of_its_unique_key(shop):
    out = shop.parent / "out"
    for path in (out / "everybody.csv", *(out / "groups").glob("*.csv")):
        ids = [int(row["customer_id"]) for row in listed(path)]
        assert ids == sorted(set(ids))
        assert len(ids) > 5


def test_a_quiet_registry_is_not_written_to_by_export(shop):
    before = tables(shop.parent / "registry.duckdb")
    _regpipe("export", shop)
    assert tables(shop.parent / "registry.duckdb") == before


def test_nothing_changes_where_a_file_only_has_its_rows_in_another_order(tmp_path):
    rows = [
        {"external_id": str(key), "email": f"{key}@x.se", "news": "granted"}
        for key in range(9)
    ]
    shop = declared(tmp_path, {"shop": customers("external_id email news")})
    deliver(tmp_path / "shop.csv", rows)
    run(shop)
    deliver(tmp_path / "shop.csv", rows[::-1])
    outcome = run(shop)
    assert nothing_changed(outcome)
    assert outcome.files[0].unchanged == 9
