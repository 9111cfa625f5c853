"""Rules 5 and 9: ids stay, and what a person decided beats every feed."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

import regpipe
from regpipe.errors import DataError
from regpipe.registry.by_hand import ByHand, LinkDecision, Override
from worlds import (
    DELIVERED,
    EVERYBODY,
    asked,
    clusters,
    customers,
    declared,
    deliver,
    listed,
    nothing_changed,
    past,
    run,
    tables,
    together,
    whole_runs,
)

COLUMNS = "external_id email phone first_name last_name city updated_at"
BY_EMAIL = {"match": [["email"]], "shared_above": 99, "largest_cluster": 99}
EMAILS = ["", "a@x.se", "b@x.se", "c@x.se", "d@x.se"]


def shop_of(folder, delivery="full", **more):
    """Declare a shop that delivers everybody each night."""
    source = customers(COLUMNS, delivery=delivery, gone_limit="100%")
    return declared(folder, {"shop": source}, {"all": EVERYBODY}, **more)


def night(shop, rows, *, by_hand=None):
    """Deliver rows, an hour after the last time, and run; give customers by ids."""
    path = shop.folder / "shop.csv"
    at = DELIVERED
    if path.exists():
        at = datetime.fromtimestamp(path.stat().st_mtime, UTC) + timedelta(hours=1)
    deliver(path, rows, at=at, columns=COLUMNS.split())
    outcome = run(shop, **({"by_hand": by_hand} if by_hand else {}))
    assert outcome.files[0].rejected == 0
    return {
        customer_id: "".join(sorted(external_id for _, external_id in keys))
        for customer_id, keys in clusters(shop.folder / "registry.duckdb").items()
    }


def redirects(shop):
    """Give the redirects of a shop's registry, as a mapping."""
    query = "select customer_id, redirect_to from customer_redirects"
    return dict(asked(shop.folder / "registry.duckdb", query))


DELIVERIES = st.lists(
    st.dictionaries(st.sampled_from("abcdefgh"), st.sampled_from(EMAILS), min_size=1),
    min_size=4,
    max_size=4,
)


@given(deliveries=DELIVERIES)
@whole_runs(7)
def test_an_id_stays_with_its_customer_and_is_never_anothers(
    tmp_path_factory, deliveries
):
    shop = shop_of(tmp_path_factory.mktemp("shop"), identity=BY_EMAIL)
    registry = shop.folder / "registry.duckdb"
    before, carried, snapshots = {}, {}, []
    for emails in deliveries:
        rows = [
            {"external_id": key, "email": email, "last_name": "Berg"}
            for key, email in emails.items()
        ]
        found = night(shop, rows)
        alike = {
            email or key: "".join(k for k in sorted(emails) if (emails[k] or k) == e)
            for key, email in emails.items()
            for e in [email or key]
        }
        assert sorted(found.values()) == sorted(alike.values())
        assert asked(registry, "select customer_id from customers order by 1") == [
            (customer_id,) for customer_id in sorted(found)
        ]
        now = clusters(registry, gone=True)
        moved = redirects(shop)
        last = max(carried, default=0)
        for customer_id, keys in now.items():
            if customer_id <= last:
                assert keys & carried.get(customer_id, set()), (
                    "an id is taken by others"
                )
            carried[customer_id] = carried.get(customer_id, set()) | keys
        for customer_id, keys in before.items():
            for other, holders in now.items():
                if keys == holders:
                    assert other == customer_id, "nothing happened, yet the id changed"
                if keys <= holders:
                    assert other <= customer_id, "the oldest id did not stay"
                if keys <= holders and other != customer_id:
                    assert moved.get(customer_id) == other
        assert set(moved).isdisjoint(now)
        assert set(moved.values()) <= set(now), "a redirect leads to another redirect"
        before = now
        snapshots.append(tables(registry))
    for night_then, told in zip(snapshots, past(registry, range(1, 5)), strict=True):
        assert told == {name: night_then[name] for name in told}, (
            "history says otherwise"
        )


ANNA_AND_BO = """
external_id | email  | phone        | first_name | last_name
a           | a@x.se | +46701234561 | Anna       | Berg
b           | b@x.se | +46701234562 | Anna       | Berg
"""
MERGED = ANNA_AND_BO.replace("b@x.se", "a@x.se")


def test_the_oldest_id_stays_and_the_other_redirects_until_they_part(tmp_path):
    shop = shop_of(tmp_path)
    assert night(shop, ANNA_AND_BO) == {1: "a", 2: "b"}
    assert night(shop, MERGED) == {1: "ab"}
    assert redirects(shop) == {2: 1}
    with regpipe.open(tmp_path / "registry.duckdb") as registry:
        assert registry.find(2) == (1,)
        assert registry.customer("shop:b").merged_ids == (2,)
    assert night(shop, ANNA_AND_BO) == {1: "a", 2: "b"}
    assert redirects(shop) == {}
    assert night(shop, MERGED) == {1: "ab"}


def test_the_id_of_who_left_is_nobodys_until_they_are_back(tmp_path):
    shop = shop_of(tmp_path)
    night(shop, ANNA_AND_BO)
    only_a, _, b = ANNA_AND_BO.partition("b ")
    assert night(shop, only_a) == {1: "a"}
    newcomer = "c | c@x.se | +46701234563 | Cecilia | Dahl"
    assert night(shop, only_a + newcomer) == {1: "a", 3: "c"}
    assert night(shop, only_a + "b " + b + newcomer) == {1: "a", 2: "b", 3: "c"}


def test_ids_do_not_depend_on_the_order_of_rows(tmp_path):
    header, a, b = ANNA_AND_BO.strip().split("\n")
    shop = shop_of(tmp_path)
    assert night(shop, f"{header}\n{b}\n{a}") == {1: "a", 2: "b"}


NOW = datetime(2026, 5, 1, tzinfo=UTC)


def hand(*, at=NOW, overrides=(), links=()):
    """Give what Eva decides."""
    return ByHand(by="eva", at=at, overrides=overrides, links=links)


def people(shop):
    """Give the list of everybody, by customer_id: e-mail and first name."""
    return {
        int(row["customer_id"]): (row["email"], row["first_name"])
        for row in listed(shop.folder / "out" / "everybody.csv")
    }


def test_a_value_set_by_hand_beats_every_feed_until_it_is_lifted(tmp_path):
    shop = shop_of(tmp_path)
    night(shop, ANNA_AND_BO)
    set_it = hand(overrides=[Override(1, "email", "right@x.se")])
    night(shop, ANNA_AND_BO, by_hand=set_it)
    assert people(shop) == {1: ("right@x.se", "Anna"), 2: ("b@x.se", "Anna")}
    changed = ANNA_AND_BO.replace("a@x.se", "z@x.se").replace("Anna", "Annika")
    night(shop, changed)
    assert people(shop) == {1: ("right@x.se", "Annika"), 2: ("b@x.se", "Annika")}
    night(shop, changed, by_hand=hand(overrides=[Override(1, "email", lift=True)]))
    assert people(shop)[1] == ("z@x.se", "Annika")
    assert asked(
        tmp_path / "registry.duckdb",
        "select field, value, set_by from overrides_history",
    ) == [("email", "right@x.se", "eva")]


def test_no_value_can_be_what_is_right(tmp_path):
    shop = shop_of(tmp_path)
    night(shop, ANNA_AND_BO)
    night(shop, ANNA_AND_BO, by_hand=hand(overrides=[Override(1, "email", None)]))
    night(shop, ANNA_AND_BO)
    assert people(shop)[1] == ("", "Anna")


def test_a_value_set_by_hand_goes_with_its_customer_through_a_merge_and_back(tmp_path):
    shop = shop_of(tmp_path)
    night(shop, ANNA_AND_BO)
    night(shop, ANNA_AND_BO, by_hand=hand(overrides=[Override(2, "first_name", "Eva")]))
    night(shop, MERGED)
    assert people(shop) == {1: ("a@x.se", "Eva")}
    night(shop, ANNA_AND_BO)
    assert people(shop) == {1: ("a@x.se", "Anna"), 2: ("b@x.se", "Eva")}


def test_the_same_run_again_does_not_set_it_again(tmp_path):
    shop = shop_of(tmp_path)
    night(shop, ANNA_AND_BO)
    night(shop, ANNA_AND_BO, by_hand=hand(overrides=[Override(1, "city", "Umeå")]))
    assert nothing_changed(run(shop))


APART = hand(links=[LinkDecision(("shop", "a"), ("shop", "b"), "different")])
TIED = hand(links=[LinkDecision(("shop", "b"), ("shop", "a"), "same")])
LIFTED = hand(links=[LinkDecision(("shop", "a"), ("shop", "b"), "lifted")])


def test_different_beats_the_keys_in_every_later_run_until_it_is_lifted(tmp_path):
    shop = shop_of(tmp_path)
    assert night(shop, MERGED) == {1: "ab"}
    assert night(shop, MERGED, by_hand=APART) == {1: "a", 2: "b"}
    same_phone = MERGED.replace("4562", "4561")
    assert night(shop, same_phone) == {1: "a", 2: "b"}
    assert nothing_changed(run(shop))
    assert night(shop, same_phone, by_hand=LIFTED) == {1: "ab"}
    assert redirects(shop) == {2: 1}
    assert night(shop, same_phone, by_hand=APART) == {1: "a", 2: "b"}


def test_same_ties_what_no_key_does_until_it_is_lifted(tmp_path):
    shop = shop_of(tmp_path)
    strangers = ANNA_AND_BO.replace(
        "b@x.se       | +46701234562 | Anna", "b@x.se | - | Zoe"
    )
    assert night(shop, strangers) == {1: "a", 2: "b"}
    assert night(shop, strangers, by_hand=TIED) == {1: "ab"}
    assert night(shop, strangers.replace("Berg", "Dahl")) == {1: "ab"}
    assert nothing_changed(run(shop))
    assert night(shop, strangers, by_hand=LIFTED) == {1: "a", 2: "b"}


def test_the_last_decision_on_a_pair_counts(tmp_path):
    shop = shop_of(tmp_path)
    night(shop, MERGED)
    assert night(shop, MERGED, by_hand=APART) == {1: "a", 2: "b"}
    assert night(shop, MERGED, by_hand=TIED) == {1: "ab"}
    assert asked(
        tmp_path / "registry.duckdb", "select decision from link_decisions"
    ) == [("same",)]


def test_different_holds_however_a_third_record_ties_the_two(tmp_path):
    shop = shop_of(tmp_path)
    chain = """
    external_id | email  | phone        | first_name | last_name
    a           | a@x.se | -            | Anna       | Berg
    b           | -      | +46701234562 | Anna       | Berg
    c           | a@x.se | +46701234562 | Anna       | Berg
    """
    assert night(shop, chain) == {1: "abc"}
    found = night(shop, chain, by_hand=APART)
    assert sorted(found.values()) in (["ac", "b"], ["a", "bc"])
    assert nothing_changed(run(shop))


@st.composite
def decided(draw):
    """Give nights of e-mails by record, and decisions that can all be met."""
    records = "abcdefg"
    emails = st.fixed_dictionaries({r: st.sampled_from(EMAILS) for r in records})
    home = {r: draw(st.integers(0, 4)) for r in records}
    pairs = [(a, b) for a in records for b in records if a < b]
    chosen = draw(st.lists(st.sampled_from(pairs), unique=True, max_size=6))
    words = {p: "same" if home[p[0]] == home[p[1]] else "different" for p in chosen}
    return draw(st.lists(emails, min_size=2, max_size=2)), words


@given(decided())
@whole_runs(6)
def test_every_decision_holds_whatever_the_feeds_say_and_whenever_it_came(
    tmp_path_factory, drawn_world
):
    nights, words = drawn_world
    by_hand = hand(
        links=[LinkDecision(("shop", a), ("shop", b), w) for (a, b), w in words.items()]
    )
    ends = []
    for when in (0, 1):
        shop = shop_of(tmp_path_factory.mktemp("shop"), identity=BY_EMAIL)
        for number, emails in enumerate(nights):
            rows = [
                {"external_id": key, "email": email, "last_name": "Berg"}
                for key, email in emails.items()
            ]
            night(shop, rows)
            if number == when:
                assert run(shop, by_hand=by_hand).run == number + 2
            if number >= when:
                found = together(shop.folder / "registry.duckdb")
                for (a, b), word in words.items():
                    assert any({a, b} <= keys for keys in found) == (word == "same")
        ends.append(found)
    assert ends[0] == ends[1]


@pytest.mark.parametrize(
    ("by_hand", "told"),
    [
        (hand(overrides=[Override(7, "email", "x@x.se")]), "customer 7: is not in"),
        (
            hand(links=[LinkDecision(("shop", "a"), ("shop", "secret"), "same")]),
            "source",
        ),
    ],
    ids=["customer", "record"],
)
def test_a_decision_on_who_is_not_there_is_refused_without_a_value(
    tmp_path, by_hand, told
):
    shop = shop_of(tmp_path)
    night(shop, ANNA_AND_BO)
    before = (tmp_path / "registry.duckdb").read_bytes()
    with pytest.raises(DataError) as error:
        run(shop, by_hand=by_hand)
    assert str(error.value).startswith(told)
    assert "secret" not in str(error.value)
    assert (tmp_path / "registry.duckdb").read_bytes() == before
