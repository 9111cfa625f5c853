"""Questions that the keys leave, and what a person's answer does to customers."""

import csv
import json
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

import regpipe
from regpipe.errors import DataError
from regpipe.outcome import silent
from regpipe.planning import plan_decisions
from regpipe.run import decide_in
from regpipe.stages.deciding import Accept, Merge, Reject, Revoke, Split
from worlds import (
    AS_OF,
    BOOKS,
    DELIVERED,
    EVERYBODY,
    NEWS,
    asked,
    clusters,
    customers,
    declared,
    deliver,
    listed,
    nothing_changed,
    run,
    tables,
    together,
    whole_runs,
    written,
)

COLUMNS = "external_id email phone first_name last_name postcode birth_date updated_at"
HEADER = " | ".join(COLUMNS.split()[:-1])

FAMILY = f"""
{HEADER}
a | f@x.se | 0701234561 | Anna | Berg | 11122 | -
b | f@x.se | 0701234561 | Bo   | Berg | 11122 | -
c | c@x.se | -          | Cia  | Ek   | 33344 | -
"""


def shop_of(folder, rows, **more):
    """Run a shop of these rows once; give its pipeline."""
    shop = declared(folder, {"shop": customers(COLUMNS)}, {"all": EVERYBODY}, **more)
    deliver(folder / "shop.csv", rows, columns=COLUMNS.split())
    run(shop)
    return shop


def night(shop, rows, hours=1):
    """Deliver other rows some hours later, and run."""
    at = DELIVERED + timedelta(hours=hours)
    deliver(shop.folder / "shop.csv", rows, at=at, columns=COLUMNS.split())
    return run(shop)


def decide(shop, *acts, at=AS_OF):
    """Take a person's word into the registry of a shop."""
    return decide_in(
        shop.folder / "registry.duckdb",
        acts,
        by="eva",
        command="review",
        as_of=at,
        wait=0,
        progress=silent,
    )


def people(shop):
    """Give who is one customer, each as the letters of the records, by customer_id."""
    return {
        number: "".join(sorted(key for _, key in keys))
        for number, keys in clusters(shop.folder / "registry.duckdb").items()
    }


def questions(shop):
    """Give the open questions: kind, records named, and why."""
    query = "select kind, external_id_a, external_id_b, reasons from review_items"
    found = asked(shop.folder / "registry.duckdb", f"{query} order by review_id")
    return [
        (kind, a, b, {f"{r['key']}: {r['why']}" for r in reasons})
        for kind, a, b, reasons in found
    ]


def customers_only(shop):
    """Give all that a registry says of its customers, without books and decisions."""
    held = tables(shop.folder / "registry.duckdb", without=BOOKS)
    wanted = ("customers", "addresses", "memberships", "orders", "consent_events")
    return {name: [row[:-1] for row in held[name]] for name in wanted} | {
        "records": asked(
            shop.folder / "registry.duckdb",
            "select source, external_id, customer_id from source_records order by all",
        )
    }


# What is asked.


def test_what_the_guard_stops_is_asked_once_for_all_keys(tmp_path):
    shop = shop_of(tmp_path, FAMILY)
    assert people(shop) == {1: "a", 2: "b", 3: "c"}
    why = {"email: first_name", "phone + last_name: first_name"}
    assert questions(shop) == [("pair", "a", "b", why)]


@pytest.mark.parametrize(
    ("rows", "expected"),
    [
        (
            "a | f@x.se | - | Karl | Berg | - | 1950-01-01\n"
            "b | f@x.se | - | Karl | Berg | - | 1980-02-02",
            [("pair", "a", "b", {"email: birth_date"})],
        ),
        (
            "a | f@x.se | - | Anna | Berg | - | 1990-05-05\n"
            "b | f@x.se | - | Bea  | Berg | - | 1990-05-05",
            [("pair", "a", "b", {"email: first_name"})],
        ),
        (
            "a | f@x.se | - | Anna | Berg | - | -\n"
            "b | f@x.se | - | Bo   | Berg | - | -\n"
            "c | f@x.se | - | -    | Berg | - | -",
            [
                ("pair", "a", "b", {"email: first_name"}),
                ("pair", "a", "c", {"email: torn"}),
                ("pair", "b", "c", {"email: torn"}),
            ],
        ),
        (
            "a | f@x.se | - | Anna | Berg | - | -\n"
            "b | F@X.se | - | Berg | Anna | - | -",
            [],
        ),
        (
            "a | f@x.se | - | Анна | Петрова | - | -\n"
            "b | f@x.se | - | Anna | Petrova | - | -",
            [],
        ),
        (
            "a | f@x.se | - | Анна  | Петрова | - | -\n"
            "b | f@x.se | - | Борис | Петров  | - | -",
            [("pair", "a", "b", {"email: first_name"})],
        ),
    ],
    ids=["father-and-son", "twins", "torn", "swapped", "scripts", "one-script"],
)
def test_bad_input_becomes_a_question_and_no_merge(tmp_path, rows, expected):
    shop = shop_of(tmp_path, f"{HEADER}\n{rows}")
    assert questions(shop) == expected
    assert len(people(shop)) == (2 if len(expected) == 1 else len(expected) or 1)


def test_a_mailbox_of_many_makes_no_cluster_and_the_list_says_why(tmp_path, regpipe):
    rows = "\n".join(
        f"{n:02} | info@x.se | - | First{n} | Last{n} | - | -" for n in range(21)
    )
    shop = shop_of(tmp_path, f"{HEADER}\n{rows}")
    assert set(map(len, clusters(tmp_path / "registry.duckdb").values())) == {1}
    assert questions(shop) == [("crowded", "00", None, {"email: shared"})]
    told = regpipe("review", "list")
    assert (told.code, told.err) == (0, "")
    assert told.out == (
        "questions\n"
        "  question  kind     customer  and  records  why"
        "                                           score\n"
        "         1  crowded  1 (shop)            21  email: more people hold it than "
        "shared_above\n"
    )
    told = regpipe("review", "show", "1", "--json")
    found = json.loads(told.out)
    assert (found["value"], found["people"], found["of"]) == ("info@x.se", 21, 21)
    assert [row["external_id"] for row in found["records"]] == [
        f"{n:02}" for n in range(21)
    ]


def test_three_hundred_rows_with_one_phone_are_one_question(tmp_path):
    rows = "\n".join(
        f"{n} | {n}@x.se | 0701234567 | First{n} | Berg | - | -" for n in range(300)
    )
    shop = shop_of(tmp_path, f"{HEADER}\n{rows}")
    assert len(people(shop)) == 300
    assert [(kind, why) for kind, _, _, why in questions(shop)] == [
        ("crowded", {"phone: shared"})
    ]


def test_a_column_of_one_value_is_one_question(tmp_path):
    """Every row the same person, and every row another name: neither is merged."""
    same = "\n".join(f"{n} | f@x.se | - | Anna | Berg | - | -" for n in range(60))
    shop = shop_of(tmp_path / "same", f"{HEADER}\n{same}")
    assert len(people(shop)) == 60
    assert questions(shop) == [("large", "0", None, {"cluster: too_large"})]
    other = "\n".join(f"{n} | - | - | F{n} | L{n} | 11122 | -" for n in range(200))
    shop = shop_of(
        tmp_path / "other", f"{HEADER}\n{other}", identity={"match": [["postcode"]]}
    )
    assert len(people(shop)) == 200
    assert questions(shop) == [("crowded", "0", None, {"postcode: too_many"})]


def test_a_question_goes_when_its_ground_does_and_keeps_its_number_till_then(tmp_path):
    shop = shop_of(tmp_path, FAMILY)
    night(shop, FAMILY.replace("c@x.se", "f@x.se"))
    registry = tmp_path / "registry.duckdb"
    numbers = "select review_id, external_id_a, external_id_b from review_items"
    assert asked(registry, f"{numbers} order by 1") == [
        (1, "a", "b"),
        (2, "a", "c"),
        (3, "b", "c"),
    ]
    assert nothing_changed(run(shop))
    night(shop, FAMILY, 2)
    assert asked(registry, numbers) == [(1, "a", "b")]
    told = "select review_id, ended_run_id from review_items_history order by 1"
    assert asked(registry, told) == [(2, 4), (3, 4)]


# What is answered.


def test_an_accepted_pair_is_one_customer_in_every_later_run(tmp_path):
    shop = shop_of(tmp_path, FAMILY)
    outcome = decide(shop, Accept(1))
    assert (outcome.changes["decisions made"], outcome.changes["questions closed"]) == (
        1,
        1,
    )
    assert people(shop) == {1: "ab", 3: "c"}
    parted = FAMILY.replace("b | f@x.se | 0701234561", "b | b@x.se | -")
    night(shop, parted)
    assert people(shop) == {1: "ab", 3: "c"}
    assert questions(shop) == []


def test_a_rejected_pair_is_two_whatever_ties_it_and_is_not_asked_again(tmp_path):
    shop = shop_of(tmp_path, FAMILY)
    decide(shop, Reject(1))
    assert questions(shop) == []
    night(shop, FAMILY.replace("Bo  ", "Anna"))
    assert people(shop) == {1: "a", 2: "b", 3: "c"}
    assert questions(shop) == []
    decide(shop, Revoke(1))
    assert people(shop) == {1: "ab", 3: "c"}


def test_a_dismissed_crowd_is_asked_about_again_when_that_is_taken_back(tmp_path):
    rows = "\n".join(f"{n} | info@x.se | - | F{n} | L{n} | - | -" for n in range(6))
    shop = shop_of(tmp_path, f"{HEADER}\n{rows}")
    (crowd,) = questions(shop)
    decide(shop, Reject(1))
    assert questions(shop) == []
    night(shop, f"{HEADER}\n{rows}\n7 | info@x.se | - | F7 | L7 | - | -")
    assert questions(shop) == []
    decide(shop, Revoke(1))
    assert questions(shop) == [crowd]


def test_an_accepted_crowd_is_one_person(tmp_path):
    rows = "\n".join(f"{n} | info@x.se | - | F{n} | L{n} | - | -" for n in range(6))
    alone = "z | z@x.se | - | Zoe | Ek | - | -"
    shop = shop_of(tmp_path, f"{HEADER}\n{rows}\n{alone}")
    decide(shop, Accept(1))
    assert people(shop) == {1: "012345", 7: "z"}


def test_an_accepted_large_cluster_is_one_person(tmp_path):
    rows = "\n".join(f"{n:02} | f@x.se | - | Anna | Berg | - | -" for n in range(25))
    shop = shop_of(tmp_path, f"{HEADER}\n{rows}")
    assert len(people(shop)) == 25
    decide(shop, Accept(1))
    assert [len(keys) for keys in clusters(tmp_path / "registry.duckdb").values()] == [
        25
    ]
    assert nothing_changed(run(shop))


THREE = f"""
{HEADER}
a | f@x.se | - | Anna | Berg | - | -
b | f@x.se | - | Anna | Berg | - | -
c | f@x.se | - | Anna | Berg | - | -
d | d@x.se | - | Dan  | Ek   | - | -
"""


def test_split_off_records_stay_together_where_a_key_ties_them(tmp_path):
    shop = shop_of(tmp_path, THREE)
    assert people(shop) == {1: "abc", 2: "d"}
    decide(shop, Split("1", ("shop:b", "shop:c")))
    assert people(shop) == {1: "a", 2: "d", 3: "bc"}
    assert nothing_changed(run(shop))


@pytest.mark.parametrize("named", [("shop:a",), ("shop:c",), ("shop:a", "shop:b")])
@pytest.mark.parametrize("back", ["merge", "revoke"])
def test_a_split_that_is_merged_again_gives_back_what_was(tmp_path, named, back):
    shop = shop_of(tmp_path, THREE)
    before = customers_only(shop)
    decide(shop, Split("shop:b", named))
    assert customers_only(shop) != before
    one, other = sorted(number for number in people(shop) if number != 2)
    decide(shop, Merge(str(one), str(other)) if back == "merge" else Revoke(1))
    assert customers_only(shop) == before
    assert nothing_changed(run(shop))


def test_a_merge_that_is_split_again_gives_back_what_was(tmp_path):
    shop = shop_of(tmp_path, THREE)
    before = customers_only(shop)
    decide(shop, Merge("1", "2"))
    assert people(shop) == {1: "abcd"}
    redirects = "select customer_id, redirect_to from customer_redirects"
    assert asked(tmp_path / "registry.duckdb", redirects) == [(2, 1)]
    decide(shop, Split("2", ("shop:d",)))
    assert customers_only(shop) == before
    assert asked(tmp_path / "registry.duckdb", redirects) == []


def test_a_merge_moves_orders_and_memberships_and_widens_no_consent(tmp_path):
    columns = "external_id email first_name groups news news_at updated_at"
    sources = {"shop": customers(columns)}
    shop = declared(tmp_path, sources, {"news": NEWS, "all": EVERYBODY})
    deliver(
        tmp_path / "shop.csv",
        """
        external_id | email  | first_name | groups | news      | news_at    | updated_at
        1           | a@x.se | Anna       | VIP    | granted   | 2026-01-01 | 2026-01-01
        2           | b@x.se | Anna       | Press  | withdrawn | 2026-01-01 | 2026-02-01
        3           | c@x.se | Cia        | -      | granted   | 2026-01-01 | 2026-01-01
        """,
    )
    run(shop)
    mailed = {row["email"] for row in listed(tmp_path / "out" / "news.csv")}
    assert mailed == {"a@x.se", "c@x.se"}
    decide(shop, Merge("a@x.se", "shop:2"))
    run(shop)
    now = {row["email"] for row in listed(tmp_path / "out" / "news.csv")}
    assert now == {"c@x.se"}
    assert asked(
        tmp_path / "registry.duckdb",
        "select customer_id, groups from customer_view where customer_id < 3",
    ) == [(1, ["Press", "VIP"])]
    decide(shop, Revoke(1))
    run(shop)
    assert {row["email"] for row in listed(tmp_path / "out" / "news.csv")} == mailed


@pytest.mark.parametrize(
    ("acts", "told"),
    [
        ([Merge("1", "9")], "there is no such customer in the registry"),
        ([Merge("f@x.se", "shop:a")], "both are customer 1 already"),
        ([Merge("1", "nobody")], "the identifier is no customer_id"),
        ([Split("1", ("shop:d",))], "a record that was named is none of customer 1's"),
        ([Split("1", ("shop:a", "shop:b", "shop:c"))], "all 3 records of customer 1"),
        ([Accept(7)], "question 7: is not open"),
        ([Reject(7), Revoke(3)], "decision 3: is not in force"),
        (
            [Split("1", ("shop:b",)), Split("1", ("shop:c",)), Merge("1", "2")],
            "",
        ),
    ],
    ids=["nobody", "one", "no-id", "other", "all", "question", "decision", "fine"],
)
def test_an_act_that_means_nothing_is_refused_and_nothing_written(tmp_path, acts, told):
    shop = shop_of(tmp_path, THREE)
    before = (tmp_path / "registry.duckdb").read_bytes()
    if not told:
        decide(shop, *acts)
        assert people(shop) == {1: "ad", 3: "b", 4: "c"}
        return
    with pytest.raises(DataError) as error:
        decide(shop, *acts)
    assert told in str(error.value)
    assert "x.se" not in str(error.value)
    assert (tmp_path / "registry.duckdb").read_bytes() == before


def test_decisions_that_contradict_each_other_are_refused_by_their_numbers(tmp_path):
    rows = f"""
    {HEADER}
    a | f@x.se | - | Anna | Berg | - | -
    b | f@x.se | - | Bo   | Berg | - | -
    c | f@x.se | - | Cia  | Berg | - | -
    """
    shop = shop_of(tmp_path, rows)
    numbers = {(a, b): n for n, (_, a, b, _) in enumerate(questions(shop), 1)}
    decide(shop, Reject(numbers["a", "b"]))
    decide(shop, Accept(numbers["a", "c"]))
    assert people(shop) == {1: "ac", 2: "b"}
    assert questions(shop) == [], "to join b and c would join a and b"
    with pytest.raises(DataError, match="decision 1: says that records are different"):
        run(
            shop,
            by_hand=regpipe_hand((("shop", "b"), ("shop", "c"), "same")),
        )
    decide(shop, Merge("shop:b", "shop:c"))
    assert people(shop) == {1: "abc"}


def regpipe_hand(*links):
    """Give decisions on pairs of records."""
    from regpipe.registry.by_hand import ByHand, LinkDecision

    return ByHand(by="eva", at=AS_OF, links=[LinkDecision(*each) for each in links])


def test_two_answers_that_cannot_both_be_are_refused_together(tmp_path):
    shop = shop_of(tmp_path, FAMILY)
    with pytest.raises(DataError, match="says of the same records another thing"):
        decide(shop, Accept(1, "row 2"), Reject(1, "row 3"))


# Any order, any split over runs: the same customers and the same questions.

CELLS = st.fixed_dictionaries(
    {
        "email": st.sampled_from(["", "a@x.se", "b@x.se", "c@x.se"]),
        "phone": st.sampled_from(["", "0701234561", "0701234562"]),
        "first_name": st.sampled_from(["", "Anna", "Ann", "Bo", "A"]),
        "last_name": st.sampled_from(["Berg", "Ek"]),
        "postcode": st.sampled_from(["", "11122"]),
        "birth_date": st.sampled_from(["", "", "1950-01-01", "1980-02-02"]),
    }
)
SMALL = {"shared_above": 2, "largest_cluster": 5}


@given(
    rows=st.lists(CELLS, min_size=4, max_size=10),
    nights=st.integers(2, 3),
    random=st.randoms(use_true_random=False),
)
@whole_runs(8)
def test_nights_come_to_the_same_customers_and_questions_as_one_run(
    tmp_path_factory, rows, nights, random
):
    keyed = [
        {"external_id": f"{n:02}", "updated_at": "2026-01-01", **row}
        for n, row in enumerate(rows)
    ]
    at_once = shop_of(tmp_path_factory.mktemp("once"), keyed, identity=SMALL)
    shares = [[] for _ in range(nights)]
    for row in random.sample(keyed, len(keyed)):
        shares[random.randrange(nights)].append(row)
    grown = shop_of(tmp_path_factory.mktemp("grown"), shares[0], identity=SMALL)
    for hours, share in enumerate(shares[1:], 1):
        night(grown, share, hours)
    ends = [shop.folder / "registry.duckdb" for shop in (at_once, grown)]
    assert together(ends[0]) == together(ends[1])
    assert sorted(map(repr, questions(at_once))) == sorted(map(repr, questions(grown)))
    before = tables(ends[1], without=BOOKS)
    outcome = regpipe_rebuild(grown)
    assert nothing_changed(outcome), outcome.deltas
    assert tables(ends[1], without=BOOKS) == before


def regpipe_rebuild(shop):
    """Work out everybody anew."""
    from regpipe.run import rebuild_pipeline

    return rebuild_pipeline(shop, as_of=AS_OF, wait=0, progress=silent)


ACTS = st.lists(
    st.tuples(st.sampled_from("msar"), st.integers(0, 7), st.integers(0, 7)),
    min_size=1,
    max_size=4,
)


@given(rows=st.lists(CELLS, min_size=5, max_size=8), acts=ACTS)
@whole_runs(8)
def test_no_decision_is_ever_overruled(tmp_path_factory, rows, acts):
    """Whatever is decided in turn, what is in force holds, also when feeds change."""
    keyed = [
        {"external_id": f"{n}", "updated_at": "2026-01-01", **row}
        for n, row in enumerate(rows)
    ]
    shop = shop_of(tmp_path_factory.mktemp("shop"), keyed, identity=SMALL)
    registry = shop.folder / "registry.duckdb"
    for what, x, y in acts:
        one, other = f"shop:{x % len(rows)}", f"shop:{y % len(rows)}"
        numbers = [n for (n,) in asked(registry, "select review_id from review_items")]
        act = {
            "m": Merge(one, other),
            "s": Split(one, (one,)),
            "a": Accept(numbers[x % len(numbers)]) if numbers else Merge(one, other),
            "r": Reject(numbers[y % len(numbers)]) if numbers else Split(one, (one,)),
        }[what]
        try:
            decide(shop, act)
        except DataError:
            continue
        assert_obeyed(registry)
    for row in keyed:
        row["email"], row["updated_at"] = "a@x.se", "2026-02-01"
    night(shop, keyed)
    assert_obeyed(registry)
    assert nothing_changed(run(shop))


def assert_obeyed(registry):
    """Say that every decision in force holds among the customers there are."""
    home = dict(asked(registry, "select external_id, customer_id from source_records"))
    query = "select external_id_a, external_id_b, decision from link_decisions"
    for a, b, decision in asked(registry, query):
        assert (home[a] == home[b]) == (decision == "same"), (a, b, decision)


# A number that the store gave to somebody else.


REUSED = f"""
{HEADER}
a | a@x.se | 0701234561 | Anna   | Berg | 11122 | -
b | a@x.se | -          | Anna   | Berg | -     | -
c | c@x.se | 0701234562 | Cia    | Ek   | 33344 | -
"""


def test_a_number_given_to_somebody_else_is_a_new_customer_and_the_old_one_stays(
    tmp_path, regpipe
):
    shop = shop_of(tmp_path, REUSED)
    assert people(shop) == {1: "ab", 2: "c"}
    other = "a | z@x.se | 0709999999 | Zoran | Ilic | 99999 | -"
    outcome = night(
        shop, REUSED.replace(REUSED.strip().splitlines()[1], other), hours=2
    )
    assert people(shop) == {1: "b", 2: "c", 3: "a"}
    assert any("1 records came back as somebody else's" in w for w in outcome.warnings)
    assert nothing_changed(run(shop))


def test_the_id_of_one_whose_number_was_given_away_is_nobodys_ever_after(tmp_path):
    shop = shop_of(tmp_path, REUSED)
    other = "c | z@x.se | 0709999999 | Zoran | Ilic | 99999 | -"
    night(shop, REUSED.replace(REUSED.strip().splitlines()[3], other), hours=2)
    assert people(shop) == {1: "ab", 3: "c"}
    newcomer = "d | d@x.se | - | Dan | Dahl | - | -"
    night(shop, f"{HEADER}\n{newcomer}", hours=3)
    assert people(shop) == {1: "ab", 3: "c", 4: "d"}


@pytest.mark.parametrize(
    "now",
    [
        "c | z@x.se | 0709999999 | Cia | Ilic | 99999 | -",
        "c | z@x.se | 0709999999 | Zoe | Ek   | 99999 | -",
        "c | c@x.se | 0709999999 | Zoe | Ilic | 99999 | -",
        "c | z@x.se | 0701234562 | Zoe | Ilic | 99999 | -",
        "c | -      | 0709999999 | Zoe | Ilic | 99999 | -",
    ],
    ids=["first-name", "last-name", "e-mail", "phone", "no-e-mail"],
)
def test_who_has_anything_left_of_before_is_the_same_customer(tmp_path, now):
    shop = shop_of(tmp_path, REUSED)
    night(shop, f"{HEADER}\n{now}", hours=2)
    assert people(shop) == {1: "ab", 2: "c"}


# Changed rules.


def test_changed_rules_are_told_till_a_rebuild_and_its_plan_says_what_it_does(
    tmp_path, regpipe
):
    rows = FAMILY.replace("Bo  ", "Anna").replace("b | f@x.se", "b | b@x.se")
    shop = shop_of(tmp_path, rows)
    assert people(shop) == {1: "ab", 2: "c"}
    sources = {"shop": customers(COLUMNS)}
    other = {"identity": {"match": [["email"]]}}
    path = written(tmp_path, sources, {"all": EVERYBODY}, **other)
    told = regpipe("run", "-q", "test.yaml")
    assert (told.code, told.out) == (0, "")
    assert told.err.startswith("warning: the rules of identity or survivorship are")
    before = (tmp_path / "registry.duckdb").read_bytes()
    told = regpipe("rebuild", "--plan", "test.yaml", "--json")
    assert (told.code, told.err) == (0, "")
    assert json.loads(told.out)["changes"]["customers split off"] == 1
    assert (tmp_path / "registry.duckdb").read_bytes() == before
    told = regpipe("rebuild", "test.yaml", "-q")
    assert (told.code, told.out, told.err) == (0, "", "")
    assert people(shop) == {1: "a", 2: "c", 3: "b"}
    assert len(listed(tmp_path / "out" / "everybody.csv")) == 3
    assert regpipe("run", "-q", path).err == ""


def test_a_rebuild_brings_guests_in_line_with_what_is_said_of_them_now(tmp_path):
    columns = "external_id kind email first_name updated_at"
    rows = """
    external_id | kind       | email  | first_name | updated_at
    1           | guest      | a@x.se | Anna       | 2026-01-01
    2           | registered | a@x.se | Anna       | 2026-01-01
    3           | guest      | c@x.se | Cia        | 2026-01-01
    """
    sources = {"shop": customers(columns)}
    deliver(tmp_path / "shop.csv", rows)
    shop = declared(tmp_path, sources, identity={"guests": "register"})
    run(shop)
    assert people(shop) == {1: "12", 2: "3"}
    strict = declared(tmp_path, sources, identity={"guests": "orders_only"})
    regpipe_rebuild(strict)
    assert people(strict) == {1: "2"}
    assert nothing_changed(run(strict))
    regpipe_rebuild(shop)
    assert people(shop) == {1: "12", 2: "3"}


def test_a_rebuild_without_a_registry_says_so(tmp_path, regpipe):
    written(tmp_path, {"shop": customers(COLUMNS)})
    told = regpipe("rebuild", "test.yaml")
    assert told.code == 4
    assert told.err.splitlines()[0].endswith(
        "registry.duckdb: there is no registry yet"
    )


# The command line.


@pytest.fixture
def family(tmp_path):
    return shop_of(tmp_path, FAMILY)


def test_a_plan_of_a_decision_shows_it_and_writes_nothing(family, tmp_path, regpipe):
    before = (tmp_path / "registry.duckdb").read_bytes()
    told = regpipe("customers", "merge", "1", "2", "--plan", "--json")
    found = json.loads(told.out)
    assert (told.code, told.err) == (0, "")
    assert found["changes"]["customers merged"] == 1
    assert found["changes"]["decisions made"] == 1
    assert found["deltas"]["link_decisions"] == {"gone": 0, "new": 1}
    assert (tmp_path / "registry.duckdb").read_bytes() == before


def test_who_decided_when_is_listed_and_can_be_taken_back(family, regpipe):
    when = ("--as-of", "2026-06-01T12:00:00Z")
    told = regpipe("review", "accept", "1", "--by", "Eva", "-q", *when)
    assert (told.code, told.out, told.err) == (0, "", "")
    assert regpipe("review", "list").out == "no open questions\n"
    assert regpipe("review", "decisions").out == (
        "decisions\n"
        "  decision  says  pairs  customer  and       by   at\n"
        "         1  same      1  1 (shop)  1 (shop)  Eva  2026-06-01 12:00:00\n"
    )
    told = regpipe("review", "revoke", "1", *when)
    assert told.err == "the lists follow with the next 'regpipe run' or 'export'\n"
    assert "decisions taken back       1" in told.out
    assert regpipe("review", "decisions").out == "no decisions\n"
    assert people(family) == {1: "a", 2: "b", 3: "c"}


def test_many_questions_are_answered_in_a_file(tmp_path, regpipe):
    rows = "\n".join(
        f"{n}{k} | {n}@x.se | - | {name} | Berg | - | -"
        for n in range(3)
        for k, name in enumerate(("Anna", "Bo"))
    )
    shop = shop_of(tmp_path, f"{HEADER}\n{rows}")
    told = regpipe("review", "write", "ask.csv")
    assert (told.code, told.out) == (0, "ask.csv: 3 questions\n")
    assert (tmp_path / "ask.csv").stat().st_mode & 0o777 == 0o600
    with (tmp_path / "ask.csv").open(newline="", encoding="utf-8") as file:
        asked_rows = list(csv.DictReader(file))
    assert [(r["first_name_a"], r["first_name_b"]) for r in asked_rows] == [
        ("Anna", "Bo")
    ] * 3
    for row, answer in zip(asked_rows, ("Same", "different", ""), strict=True):
        row["answer"] = answer
    with (tmp_path / "ask.csv").open("w", newline="", encoding="cp1252") as file:
        writer = csv.DictWriter(file, list(asked_rows[0]), delimiter=";")
        writer.writeheader()
        writer.writerows(asked_rows[::-1])
    told = regpipe("review", "apply", "ask.csv", "-q")
    assert (told.code, told.out, told.err) == (0, "", "")
    assert together(tmp_path / "registry.duckdb") == {
        frozenset(keys) for keys in (("00", "01"), ("10",), ("11",), ("20",), ("21",))
    }
    assert len(questions(shop)) == 1
    told = regpipe("review", "apply", "ask.csv")
    assert told.code == 1
    assert told.err.startswith("error: ask.csv, row 3: question 2: is not open\n")


@pytest.mark.parametrize(
    ("text", "code", "told"),
    [
        ("regpipe_question,answer\n1,maybe\n", 3, "row 2: has no answer known"),
        ("regpipe_question,answer\nx,same\n", 3, "row 2: its regpipe_question is no"),
        ("regpipe_question,answer\n1,same\n1,no\n", 3, "row 3: answers a question"),
        ("regpipe_question,answer\n1,\n", 3, "holds no answer"),
        ("regpipe_question,reply\n1,same\n", 3, "has no column 'answer'"),
        ("question,answer\n1,same\n", 3, "has no column 'regpipe_question'"),
        ("regpipe_question,answer\n1,same,x\n", 3, "row 2: does not fit the header"),
        (None, 3, "there is no such file"),
    ],
)
def test_answers_that_cannot_be_read_are_told_by_row(
    family, tmp_path, regpipe, text, code, told
):
    if text is not None:
        (tmp_path / "ask.csv").write_text(text)
    before = (tmp_path / "registry.duckdb").read_bytes()
    found = regpipe("review", "apply", "ask.csv")
    assert found.code == code
    assert f"ask.csv{', ' if told.startswith('row') else ': '}{told}" in found.err
    assert (tmp_path / "registry.duckdb").read_bytes() == before


@pytest.mark.parametrize(
    ("words", "code", "told"),
    [
        (["customers", "merge", "1", "who"], 1, "error: customers: customer: the"),
        (["customers", "merge", "1", "9"], 1, "error: customers: there is no such"),
        (["customers", "split", "1"], 2, "error: regpipe customers split: missing"),
        (["customers", "split", "1", "shop:z"], 1, "error: customers: a record that"),
        (["review", "show", "9"], 1, "error: question 9: is not open"),
        (["review", "accept", "9"], 1, "error: review: question 9: is not open"),
        (["review", "list", "-r", "no.duckdb"], 4, "error: no.duckdb: there is no"),
        (["review", "accept", "1", "-r", "no.duckdb"], 4, "error: no.duckdb: there"),
    ],
)
def test_what_cannot_be_decided_is_told_with_its_exit_code(
    family, regpipe, words, code, told
):
    found = regpipe(*words)
    assert (found.code, found.out) == (code, "")
    assert found.err.startswith(told)


def test_the_list_of_questions_shows_no_cell(tmp_path, regpipe):
    columns = "email first_name last_name"
    shop = declared(tmp_path, {"shop": customers(columns)})
    deliver(
        tmp_path / "shop.csv",
        "email | first_name | last_name\na@x.se | Anna | Berg\nb@x.se | Bo | Berg",
    )
    run(shop)
    decide(shop, Merge("1", "2"))
    for words in (["list"], ["list", "--json"], ["decisions"], ["decisions", "--json"]):
        told = regpipe("review", *words)
        assert told.code == 0
        assert "@" not in told.out + told.err


def test_python_gives_questions_and_decisions_as_frames(family, tmp_path):
    with regpipe.open(tmp_path / "registry.duckdb") as registry:
        frame = registry.review().df()
        assert list(frame["kind"]) == ["pair"]
        assert registry.question(1).records[0]["email"] == "f@x.se"
        assert registry.question(2) is None
    planned = plan_decisions(
        tmp_path / "registry.duckdb",
        [Accept(1)],
        by="eva",
        as_of=AS_OF,
        progress=silent,
    )
    assert planned.changes["customers merged"] == 1
    decide(family, Accept(1))
    with regpipe.open(tmp_path / "registry.duckdb") as registry:
        assert list(registry.decisions().df()["decision"]) == ["same"]
