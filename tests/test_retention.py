"""How long customers are kept: a plan that says who and why, and carrying it out."""

import json
from datetime import UTC, datetime

import pytest

from regpipe.spec.retention import Retention
from regpipe.stages.retention import retained
from shop import in_memory
from worlds import asked, consents, customers, deliver, orders, written

AS_OF = datetime(2026, 6, 1, tzinfo=UTC)


def rules(*said):
    return [Retention.model_validate(each) for each in said]


def person(number, kind, updated=None, **more):
    return {
        "external_id": str(number),
        "customer_id": number,
        "kind": kind,
        "email": f"{number}@x.se",
        "updated_at": updated and datetime.fromisoformat(updated),
        **more,
    }


def order(number, customer, at, **more):
    when = datetime.fromisoformat(at)
    return {"order_id": number, "customer_id": customer, "ordered_at": when, **more}


def test_who_is_due_and_by_which_activity():
    people = [
        person(1, "guest", "2023-05-31"),  # one day too long ago
        person(2, "guest", "2023-06-01"),  # to the day
        person(3, "guest", "2020-01-01"),  # has ordered since
        person(4, "guest", "2020-01-01"),  # has agreed since
        person(5, "guest", "2020-01-01"),  # an undated grant says nothing
        person(6, "guest", "2020-01-01"),  # waits for an order
        person(7, "guest"),
        person(8, "registered", "2020-01-01"),
        person(9, "registered", "2010-01-01"),
        person(10, "registered", "2010-01-01", gone_at=datetime(2021, 1, 1)),
        person(11, "registered", "2020-01-01", gone_at=datetime(2021, 1, 1)),
    ]
    nobodys = [
        {**person(12, "guest", "2019-06-01"), "customer_id": None},
        {**person(13, "guest", "2019-07-01"), "customer_id": None, "email": "12@x.se"},
        {**person(14, "guest", "2019-08-01"), "customer_id": None},
    ]
    engine = in_memory(
        (),
        source_records=[*people, *nobodys],
        customers=[
            {"customer_id": each["customer_id"], "kind": each["kind"]}
            for each in people
            if "gone_at" not in each
        ],
        orders=[
            order("o3", 3, "2024-01-01"),
            order("o6", 6, "2020-02-01", payment_status="pending"),
            order("o9", 9, "2012-01-01"),
            order("g1", None, "2019-01-01", email="nobody@x.se"),
            order("g2", None, "2026-01-01", email="lately@x.se"),
            order("g3", None, "2019-01-01", email="8@x.se"),
            order("g4", None, "2026-01-01", email="14@x.se"),
        ],
        consent_events=[
            {"address": "4@x.se", "said_at": datetime(2026, 1, 1)},
            {"address": "5@x.se", "said_at": None},
        ],
    )
    declared = rules(
        {"kind": "guest", "after": "36 months", "do": "erase"},
        {"kind": ["registered", "subscriber"], "after": "5 years", "do": "delete"},
        {"after": "10 years", "do": "erase"},
    )
    found = retained(engine, declared, AS_OF)
    engine.close()
    who = [k.customer_id or k.record or k.last_order for k in found]
    told = [(w, k.activity, k.do, k.state) for w, k in zip(who, found, strict=True)]
    assert told == [
        (10, "record", "erase", "due"),
        (9, "order", "erase", "due"),
        ("web_orders:g1", "order", "erase", "due"),
        (("web_shop", "12"), "record", "erase", "due"),
        (5, "record", "erase", "due"),
        (8, "record", "delete", "due"),
        (1, "record", "erase", "due"),
        (6, "order", "erase", "held: an open order"),
        (7, None, "erase", "held: no activity known"),
    ]
    assert {k.rule for k in found if k.customer_id in (1, 8)} == {
        "guest after 36 months: erase",
        "registered, subscriber after 60 months: delete",
    }


PEOPLE = """
    external_id | email | kind | first_name | updated_at
    1 | old@x.se | guest | Olle | 2020-01-01
    2 | closed@x.se | registered | Cia | 2020-01-01
    3 | new@x.se | guest | Nils | 2026-01-01
"""
ORDERS = """
    order_id | email | ordered_at | total
    o-1 | alone@x.se | 2019-01-01 | 10
    o-2 | old@x.se | 2020-01-01 | 20
"""


def test_the_plan_writes_nothing_and_is_carried_out_whole(regpipe, tmp_path):
    deliver(tmp_path / "shop.csv", PEOPLE)
    deliver(tmp_path / "orders.csv", ORDERS)
    sources = {
        "shop": customers("external_id email kind first_name updated_at"),
        "sales": orders("order_id email ordered_at total"),
    }
    keep = [
        {"kind": "guest", "after": "36 months", "do": "erase"},
        {"kind": "registered", "after": "3 years", "do": "delete"},
    ]
    path = written(tmp_path, sources, retention=keep)
    registry = tmp_path / "registry.duckdb"
    assert regpipe("run", path, "-q").code == 0
    before = registry.read_bytes()
    told = regpipe("retention", path, "--as-of", "2026-06-01")
    assert told.code == 0, told.err
    assert "due, to erase: 2" in told.out
    assert "due, to delete: 1" in told.out
    assert "@x.se" not in told.out
    assert registry.read_bytes() == before
    done = regpipe("retention", path, "--as-of", "2026-06-01", "--yes")
    assert done.code == 0, done.err
    emails = "select email from source_records where gone_at is null"
    for _ in range(2):
        assert asked(registry, emails) == [("new@x.se",)]
        bought = "select order_id, email, total from orders order by all"
        assert [row[:2] for row in asked(registry, bought)] == [
            ("o-1", None),
            ("o-2", None),
        ]
        assert regpipe("run", path, "-q").code == 0
    assert b"alone@x.se" not in registry.read_bytes()
    assert asked(registry, "select ground from erasures") == [("retention",)] * 2
    again = regpipe("retention", path, "--as-of", "2026-06-01", "--json")
    assert json.loads(again.out)["people"] == []


@pytest.mark.parametrize(
    ("keep", "what"),
    [
        ({"kind": "gest", "after": "1 year", "do": "erase"}, "did you mean 'guest'"),
        ({"after": "soon", "do": "erase"}, "length of time"),
        ({"after": "1 year"}, "do"),
        ({"after": "1 year", "do": "forget"}, "do"),
    ],
)
def test_what_is_wrong_with_a_rule_is_said(regpipe, tmp_path, keep, what):
    deliver(tmp_path / "consents.csv", "email | status | at\na@x.se | granted | -")
    path = written(tmp_path, {"club": consents()}, retention=[keep])
    told = regpipe("check", path)
    assert told.code == 2
    assert what in told.err
    assert "test.yaml:" in told.err


def test_without_rules_there_is_nothing_to_carry_out(regpipe, tmp_path):
    path = written(tmp_path, {"club": consents()})
    told = regpipe("retention", path)
    assert (told.code, told.out) == (2, "")
    assert "does not say how long" in told.err
