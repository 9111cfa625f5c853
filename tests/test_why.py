"""``why``: what makes a customer one, and which record each of their values is from."""

import csv
import json
import re
import shutil
import stat
import sys
from datetime import UTC, datetime
from html.parser import HTMLParser

import duckdb
import pytest
from hypothesis import given
from hypothesis import strategies as st

import regpipe as package
from regpipe.cli.waterfall import Scale, drawn, scale, waterfall
from regpipe.errors import PipelineError
from regpipe.registry.by_hand import ByHand, LinkDecision, Override
from regpipe.spec.rules import FITTING
from worlds import (
    DELIVERED,
    asked,
    customers,
    declared,
    deliver,
    orders,
    run,
    whole_runs,
)

# Properties of any world: what why tells of a value is true.

COLUMNS = (
    "external_id email phone first_name last_name street city note groups kind "
    "tax_exempt created_at updated_at"
)
EMAIL = st.sampled_from(["", "a@x.se", "b@x.se", "c@x.se"])
TIMES = st.sampled_from(["", "2024-01-01 10:00", "2024-02-01 10:00"])


def one_of(*words):
    return st.sampled_from(["", *words])


ROW = st.fixed_dictionaries(
    {
        "email": EMAIL,
        "phone": one_of("+46701234561", "+46701234562"),
        "first_name": one_of("Anna", "Ann", "Bo"),
        "last_name": one_of("Berg", "Ek"),
        "street": one_of("Gata 1", "Gata 2"),
        "city": one_of("Lund", "Ystad"),
        "note": one_of("x", "yy", "zz"),
        "groups": one_of("Gold", "gold+Club"),
        "kind": st.sampled_from(["registered", "guest", "subscriber"]),
        "tax_exempt": one_of("yes", "no"),
        "created_at": TIMES,
        "updated_at": TIMES,
    }
)
SHOP = st.dictionaries(st.sampled_from("123456"), ROW, min_size=2)


def rules_for(field):
    """Give any rule that fits a field, as a pipeline file says it."""
    return st.sampled_from(FITTING[field]).map(
        lambda kind: ["b", "a"] if kind == "sources" else kind
    )


RULES = st.fixed_dictionaries(
    {"default": st.sampled_from(["newest", "most_common", "longest", ["b", "a"]])},
    optional={field: rules_for(field) for field in FITTING},
)


def written(folder, name, shop):
    rows = [{"external_id": key, **row} for key, row in shop.items()]
    deliver(folder / f"{name}.csv", rows, columns=COLUMNS.split())


def world(folder, **more):
    shops = {
        name: customers(COLUMNS, f"{name}.csv", tolerate="100%") for name in ("a", "b")
    }
    identity = {"match": [["email"], ["phone", "last_name"]], "guests": "register"}
    return declared(folder, shops, identity=identity, **more)


@given(a=SHOP, b=SHOP, later=SHOP, rules=RULES, others=RULES)
@whole_runs(4)
def test_in_any_world_the_record_that_why_names_has_the_value_of_the_golden_record(
    tmp_path_factory, a, b, later, rules, others
):
    folder = tmp_path_factory.mktemp("world")
    written(folder, "a", a)
    written(folder, "b", b)
    run(world(folder, survivorship=rules))
    written(folder, "b", later)
    run(world(folder, survivorship=others))
    registry = folder / "registry.duckdb"
    with package.open(registry) as opened:
        for (customer_id,) in asked(registry, "select customer_id from customers"):
            why = opened.why(customer_id)
            assert why.tied.whole
            held = {(r["source"], r["external_id"]): r for r in why.records}
            assert len(held) == len(why.records)
            for each in why.fields:
                assert each.as_held
                taken = [said for said in each.said if said.taken]
                if each.field == "groups":
                    names = {name for said in taken for name in said.value}
                    assert {n.lower() for n in names} == {n.lower() for n in each.value}
                else:
                    assert [said.value for said in taken] == (
                        [] if each.value is None else [each.value]
                    )
                for said in each.said:
                    place = held[said.source, said.external_id]
                    assert (said.file, said.row_number) == (
                        place["file"],
                        place["row_number"],
                    )


# A shop of some people who are one, and some who are not.

PEOPLE = """
external_id | email      | phone        | first_name | last_name | city  | updated_at
1           | a@x.se     | -            | Anna       | Berg      | Lund  | 2024-01-01
2           | a@x.se     | +46701234561 | Anna       | Berg      | Ystad | 2024-02-01
3           | -          | +46701234561 | A.         | Berg      | -     | 2023-01-01
4           | a@x.se     | -            | Bo         | Berg      | Kil   | 2024-03-01
5           | many@x.se  | -            | Cia        | Ek        | -     | 2024-01-01
6           | many@x.se  | -            | Dan        | Ek        | -     | 2024-01-01
7           | many@x.se  | -            | Eva        | Ek        | -     | 2024-01-01
"""
FIELDS = "external_id email phone first_name last_name city updated_at"


def shop(folder, people=PEOPLE, *, at=DELIVERED, by_hand=None, **more):
    """Deliver people and run; give the registry."""
    deliver(folder / "shop.csv", people, at=at)
    source = customers(FIELDS, "shop.csv", gone_limit="100%", delivery="full")
    identity = {
        "match": [["email"], ["phone", "last_name"]],
        "shared_above": 2,
        **more.pop("identity", {}),
    }
    pipeline = declared(folder, {"shop": source}, identity=identity, **more)
    run(pipeline, **({"by_hand": by_hand} if by_hand else {}))
    return folder / "registry.duckdb"


@pytest.fixture(scope="module")
def after_a_run(tmp_path_factory):
    """A folder with the shop of these people, run once."""
    folder = tmp_path_factory.mktemp("shop")
    shop(folder)
    return folder


@pytest.fixture
def held(after_a_run, tmp_path):
    """The registry of the shop after one run, in the folder of the test."""
    shutil.copytree(after_a_run, tmp_path, dirs_exist_ok=True)
    return tmp_path / "registry.duckdb"


def asked_why(registry, customer, field=None):
    with package.open(registry) as opened:
        return opened.why(customer, field)


def tied(why):
    return {
        (tie["external_id_a"], tie["external_id_b"], tie["key"])
        for tie in why.tied.ties
    }


def kept_apart(why):
    return {
        (row["external_id"], row["other_external_id"], row["key"], row["why"])
        for row in why.tied.apart
    }


def test_the_keys_that_tie_records_and_what_was_kept_apart_are_told(tmp_path, held):
    why = asked_why(held, "shop:1")
    assert [record["external_id"] for record in why.records] == ["1", "2", "3"]
    assert tied(why) == {("1", "2", "email"), ("2", "3", "phone + last_name")}
    assert kept_apart(why) == {("1", "4", "email", "first_name")}
    (row,) = why.tied.apart
    assert (
        row["other_customer_id"] == asked_why(why_path(tmp_path), "shop:4").customer_id
    )
    assert row["review_id"] is not None


def why_path(folder):
    return folder / "registry.duckdb"


def test_a_value_that_too_many_hold_is_told_with_their_number(held):
    why = asked_why(held, "shop:5")
    assert tied(why) == set()
    assert kept_apart(why) == {("5", None, "email", "shared")}
    assert (why.tied.apart[0]["people"], why.tied.apart[0]["records"]) == (3, 3)


def test_of_a_chain_that_is_too_long_nobody_is_merged_and_why_says_so(tmp_path):
    why = asked_why(shop(tmp_path, identity={"largest_cluster": 2}), "shop:2")
    assert [record["external_id"] for record in why.records] == ["2"]
    assert ("2", None, "cluster", "too_large") in kept_apart(why)
    assert max(row["records"] or 0 for row in why.tied.apart) == 3


EVA = datetime(2026, 1, 1, tzinfo=UTC)


def test_what_a_person_decided_is_told_with_who_and_when(tmp_path, held):
    links = (
        LinkDecision(("shop", "1"), ("shop", "2"), "different"),
        LinkDecision(("shop", "1"), ("shop", "5"), "same"),
    )
    registry = shop(tmp_path, by_hand=ByHand(by="eva", at=EVA, links=links))
    why = asked_why(registry, "shop:1")
    assert tied(why) == {("1", "5", "decision")}
    (tie,) = why.tied.ties
    assert (tie["decided_by"], tie["decided_at"]) == ("eva", EVA.replace(tzinfo=None))
    apart = [row for row in why.tied.apart if row["why"] == "different"]
    assert [(row["other_external_id"], row["decided_by"]) for row in apart] == [
        ("2", "eva")
    ]


def test_a_customer_who_was_merged_away_is_told_with_run_and_key(tmp_path):
    apart = PEOPLE.replace("3           | -          |", "3           | c@x.se     |")
    apart = apart.replace("| +46701234561 | A. ", "| -            | A. ")
    apart = apart.replace("2023-01-01", "2022-01-01")
    registry = shop(tmp_path, apart)
    before = asked_why(registry, "shop:3").customer_id
    shop(tmp_path)
    why = asked_why(registry, before)
    assert why.customer_id == asked_why(registry, "shop:1").customer_id
    assert why.merged == (
        {
            "customer_id": before,
            "run_id": 2,
            "by": ("phone + last_name", "email"),
        },
    )


def test_ties_of_rules_that_hold_no_longer_are_still_told(tmp_path, held):
    registry = shop(tmp_path, identity={"match": [["full_name", "city"]]})
    why = asked_why(registry, "shop:1")
    assert len(why.records) == 3
    assert why.tied.whole
    assert why.tied.rules_run == 1


def test_what_a_person_set_by_hand_is_told_with_who_and_when(tmp_path, held):
    customer_id = asked_why(held, "shop:1").customer_id
    by_hand = ByHand(
        by="eva", at=EVA, overrides=(Override(customer_id, "last_name", "Berg-Ek"),)
    )
    shop(tmp_path, by_hand=by_hand)
    (name,) = asked_why(held, customer_id, "last_name").fields
    assert (name.value, name.rule, name.set_by) == ("Berg-Ek", "by hand", "eva")
    assert name.set_at == EVA.replace(tzinfo=None)
    assert [(said.value, said.taken, said.why) for said in name.said] == [
        ("Berg", False, "set by hand")
    ] * 3


def test_where_no_rules_known_give_what_is_held_that_is_said(held):
    with duckdb.connect(str(held)) as db:
        db.execute("""update rules set survivorship = '{"city": ["elsewhere"]}'""")
        db.execute("update addresses set city = 'Kil' where customer_id = 1")
    (city,) = asked_why(held, "shop:1", "city").fields
    assert (city.value, city.as_held, city.winner) == ("Kil", False, None)
    assert "the rules that the registry knows give another value" in city.because


def test_the_text_of_the_cell_is_told_where_the_value_reads_otherwise(regpipe, held):
    fields = [
        "email",
        "phone",
        "full_name",
        "postcode",
        "country",
        "vat_id",
        "org_number",
    ]
    kept = ", ".join(f"{field} varchar" for field in fields)
    texts = dict.fromkeys(fields) | {"phone": "0701-23 45 61"}
    with duckdb.connect(str(held)) as db:
        db.execute(
            "alter table source_records add column if not exists "
            f"originals struct({kept})"
        )
        db.execute(
            "update source_records set originals = ? where external_id = '2'", [texts]
        )
    (phone,) = asked_why(held, "shop:2", "phone").fields
    assert [(said.value, said.original) for said in phone.said] == [
        ("+46701234561", "0701-23 45 61"),
        ("+46701234561", None),
    ]
    told = regpipe("why", "1", "phone")
    assert "+46701234561  0701-23 45 61  taken" in told.out
    assert "0701-23 45 61" in regpipe("why", "1", "--html", "-").out


def test_a_record_that_is_gone_still_ties_and_says_nothing(tmp_path, held):
    left = "\n".join(line for line in PEOPLE.splitlines() if not line.startswith("2 "))
    shop(tmp_path, left, at=datetime(2026, 6, 1, 1, tzinfo=UTC))
    why = asked_why(held, "shop:1")
    assert [r["external_id"] for r in why.records if r["gone_at"]] == ["2"]
    assert tied(why) == {("1", "2", "email"), ("2", "3", "phone + last_name")}
    (city,) = asked_why(held, "shop:1", "city").fields
    assert [(said.value, said.taken, said.why) for said in city.said] == [
        ("Lund", True, "taken"),
        ("Ystad", False, "gone from its source"),
    ]


@pytest.mark.parametrize(
    ("field", "fields"),
    [
        ("full_name", ["first_name", "last_name"]),
        ("City", ["city"]),
        ("shipping.city", ["shipping_city"]),
        ("billing", ["billing"]),
        ("groups", ["groups"]),
        ("consents", []),
    ],
)
def test_a_field_is_asked_for_by_any_of_its_names(held, field, fields):
    why = asked_why(held, "shop:1", field)
    assert [each.field for each in why.fields] == fields
    assert why.tied is None


def test_a_field_that_there_is_not_is_refused_with_the_nearest(held):
    with pytest.raises(PipelineError, match="did you mean 'first_name'"):
        asked_why(held, "shop:1", "firstname")
    with pytest.raises(PipelineError, match="known: kind, email"):
        asked_why(held, "shop:1", "shoe size")


def test_a_guest_is_told_by_the_row_of_the_order(tmp_path):
    deliver(
        tmp_path / "orders.csv",
        """
        order_id | email  | first_name | last_name | ordered_at
        o1       | g@x.se | Gun        | Lind      | 2024-01-01
        o2       | g@x.se | Gunilla    | Lind      | 2024-02-01
        """,
    )
    columns = "order_id email first_name last_name ordered_at"
    run(declared(tmp_path, {"sales": orders(columns)}, identity={"guests": "register"}))
    (name,) = asked_why(tmp_path / "registry.duckdb", "g@x.se", "first_name").fields
    assert (name.value, name.winner.row_number) == ("Gunilla", 3)


# On the command line.

TOLD = """\
customer 1: Anna Berg
  no  record  file      row  run  updated_at
   1  shop:1  shop.csv    2    1  2024-01-01
   2  shop:2  shop.csv    3    1  2024-02-01
   3  shop:3  shop.csv    4    1  2023-01-01
tied by
  no  and  by                 on
   1    2  email              a@x.se
   2    3  phone + last_name  +46701234561, Berg
kept apart
  no  key    record  customer  why                 question
   1  email  shop:4         2  first names differ         2
fields
  field       value         rule       no  file      row
  kind        registered    strongest   2  shop.csv    3
  email       a@x.se        newest      2  shop.csv    3
  phone       +46701234561  newest      2  shop.csv    3
  first_name  Anna          newest      2  shop.csv    3
  last_name   Berg          newest      2  shop.csv    3
  updated_at  2024-02-01    max         2  shop.csv    3
  billing     Ystad         newest      2  shop.csv    3
values not taken
  field       value       why      no  file      row
  first_name  A.          older     3  shop.csv    4
  updated_at  2024-01-01  earlier   1  shop.csv    2
  updated_at  2023-01-01  earlier   3  shop.csv    4
  billing     Lund        older     1  shop.csv    2
"""

ONE = """\
city: Ystad
  by newest: part of billing, an address taken whole: the newest address with a \
street; without any, the newest
what the records say
  value  why    record  file      row  run  updated_at
  Ystad  taken  shop:2  shop.csv    3    1  2024-02-01
  Lund   older  shop:1  shop.csv    2    1  2024-01-01
"""

SCORE = """\
shop:1 and shop:4: probability 0.9375 by model abc
  field  level   weight  bar
  prior          -6.00   ------------------------
  email  exact   +8.00   ++++++++++++++++++++++++++++++++
  name   differ  +1.91                                   ++++++++
  sum            +3.91                           ++++++++++++++++
"""


def test_why_tells_records_ties_and_values_on_the_terminal(regpipe, held):
    for customer in ("1", "shop:3", "+46701234561"):
        told = regpipe("why", customer)
        assert (told.code, told.err, told.out) == (0, "", TOLD)


def test_why_tells_one_field_with_all_that_is_said_of_it(regpipe, held):
    told = regpipe("why", "1", "city")
    assert (told.code, told.err, told.out) == (0, "", ONE)


def scored(registry):
    """Keep a score of a pair, as a run with a model does."""
    parts = [("prior", "", -6.0), ("email", "exact", 8.0), ("name", "differ", 1.91)]
    weights = [{"field": f, "level": v, "weight": w} for f, v, w in parts]
    with duckdb.connect(str(registry)) as db:
        db.execute(
            "insert into match_scores values ('shop', '1', 'shop', '4', ?, ?, ?, ?, 1)",
            [0.9375, 3.91, weights, "abc"],
        )


def test_a_score_is_drawn_as_a_waterfall(regpipe, held):
    scored(held)
    told = regpipe("why", "1")
    assert told.code == 0
    assert told.out.endswith(SCORE)
    assert "a model finds them alike (0.9375)" in told.out


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (["999"], 1, "error: why: there is no such customer in the registry\n"),
        (["a@x.se"], 1, "error: customer: 2 customers share it\n"),
        (["1", "e-mail"], 2, "error: field: there is no field 'e-mail'\n"),
        (["1", "--json", "--html", "x"], 2, "error: regpipe why: --json and --html"),
    ],
)
def test_what_cannot_be_told_is_refused(regpipe, held, words, code, said):
    told = regpipe("why", *words)
    assert (told.code, told.out) == (code, "") or words[-1] == "x"
    assert told.err.startswith(said)


def test_why_as_json_has_every_record_tie_and_word(regpipe, held):
    found = json.loads(regpipe("why", "1", "--json").out)
    assert [tie["agree_on"] for tie in found["tied"]["ties"]] == [
        {"email": "a@x.se"},
        {"phone": "+46701234561", "last_name": "Berg"},
    ]
    phone = next(each for each in found["fields"] if each["field"] == "phone")
    assert [(said["value"], said["row_number"]) for said in phone["said"]] == [
        ("+46701234561", 3),
        ("+46701234561", 4),
    ]


# As a page.


class Page(HTMLParser):
    """Reads a page: whether its tags are closed, and all it shows."""

    def __init__(self, text):
        super().__init__()
        self.open, self.shown, self.tags = [], [], []
        self.feed(text)
        assert self.open == []

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))
        if tag not in ("meta", "br"):
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        self.shown.append(data)


EVIL = PEOPLE.replace("| Berg ", "| <script>alert(1)</script> & \u202e ")


def test_a_page_holds_all_of_it_and_fetches_nothing(regpipe, tmp_path):
    scored(shop(tmp_path, EVIL))
    target = tmp_path / "why.html"
    told = regpipe("why", "1", "--html", target)
    assert (told.code, told.err) == (0, "")
    assert stat.S_IMODE(target.stat().st_mode) == 0o600
    text = target.read_text("utf-8")
    page = Page(text)
    shown = "".join(page.shown)
    for word in ("shop.csv", "row 3", "a@x.se", "first names differ", "Ystad"):
        assert word in shown
    assert "<script>alert(1)</script> & \\u202e" in shown
    assert "script" not in {tag for tag, _ in page.tags}
    assert not any({"src", "href"} & set(attrs) for _, attrs in page.tags)
    assert not re.search(r"https?:|@import|url\(", text)
    bars = [attrs for tag, attrs in page.tags if tag == "rect"]
    assert [bar["class"] for bar in bars] == ["down", "up", "up", "sum"]
    tables = sum(tag == "table" for tag, _ in page.tags)
    assert tables == sum(tag == "caption" for tag, _ in page.tags) > 4
    assert regpipe("why", "1", "--html", "-").out == text


def test_a_page_of_one_field_is_written_over_what_was_there(regpipe, tmp_path, held):
    target = tmp_path / "why.html"
    target.write_text("old")
    assert regpipe("why", "1", "city", "--html", target).code == 0
    shown = "".join(Page(target.read_text("utf-8")).shown)
    assert "part of billing, an address taken whole" in shown
    assert "a@x.se" not in shown


def test_without_jinja2_the_message_says_what_to_install(
    regpipe, tmp_path, held, monkeypatch
):
    monkeypatch.setitem(sys.modules, "jinja2", None)
    told = regpipe("why", "1", "--html", tmp_path / "why.html")
    assert (told.code, told.out) == (2, "")
    assert told.err == (
        "error: --html: pages are made with jinja2\n"
        "    hint: pip install 'regpipe[reports]'\n"
    )
    assert not (tmp_path / "why.html").exists()


PARTS = st.lists(
    st.fixed_dictionaries(
        {
            "field": st.just("f"),
            "level": st.just(""),
            "weight": st.floats(-30, 30, allow_nan=False),
        }
    ),
    min_size=1,
    max_size=8,
)


@given(parts=PARTS, width=st.integers(10, 60))
def test_each_bar_begins_where_the_one_before_ends_and_all_fit(parts, width):
    *bars, whole = waterfall(parts)
    assert bars[0].start == whole.start == 0.0
    assert [bar.start for bar in bars[1:]] == [bar.end for bar in bars[:-1]]
    assert whole.end == bars[-1].end == pytest.approx(sum(p["weight"] for p in parts))
    on = scale([*bars, whole], width)
    assert on.low <= 0.0 <= on.high
    for bar in (*bars, whole):
        assert len(drawn(bar, on, "+")) <= width + 1
    assert isinstance(on, Scale)


def test_the_rows_that_are_named_are_those_of_the_file(tmp_path, held):
    why = asked_why(held, "shop:1")
    with (tmp_path / "shop.csv").open(newline="") as file:
        rows = list(csv.reader(file))
    for record in why.records:
        assert rows[record["row_number"] - 1][0] == record["external_id"]
