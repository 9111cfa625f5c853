"""Consent that a person notes by hand, against every feed."""

from datetime import UTC, datetime, timedelta, timezone

import pytest

from regpipe.errors import DataError
from regpipe.outcome import silent
from regpipe.planning import plan_decisions
from regpipe.registry.statements import Proof
from regpipe.run import decide_in, export_pipeline
from regpipe.stages.stating import Block, State, Unblock
from worlds import (
    AS_OF,
    DELIVERED,
    NEWS,
    asked,
    consents,
    customers,
    declared,
    deliver,
    run,
)

COLUMNS = "external_id email phone news"
ROWS = """
external_id | email  | phone        | news
1           | a@x.se | +46701234561 | yes
2           | b@x.se | +46701234562 | no
"""
WORDING = Proof(wording="on the phone, 1 June: wants the newsletter")


def shop_of(folder):
    shop = declared(folder, {"shop": customers(COLUMNS)}, {"news": NEWS})
    night(shop, 0)
    return shop


@pytest.fixture(scope="module")
def shop(tmp_path_factory):
    """Give a shop that nothing is written to."""
    return shop_of(tmp_path_factory.mktemp("shop"))


def night(shop, hours, rows=ROWS):
    at = DELIVERED + timedelta(hours=hours)
    deliver(shop.folder / "shop.csv", rows, at=at, columns=COLUMNS.split())
    return run(shop)


def note(shop, *acts, at=AS_OF):
    return decide_in(
        shop.folder / "registry.duckdb",
        acts,
        by="eva",
        command="consent",
        as_of=at,
        wait=0,
        progress=silent,
    )


def mailed(shop, at=AS_OF + timedelta(days=1)):
    export_pipeline(shop, ["news"], as_of=at, progress=silent)
    lines = (shop.folder / NEWS["to"]).read_text().split()[1:]
    return {line.split(",")[0] for line in lines}


def test_a_statement_by_hand_holds_against_the_dump_that_repeats_itself(tmp_path):
    shop = shop_of(tmp_path)
    assert mailed(shop) == {"a@x.se"}
    note(shop, State("A@X.SE", "newsletter", "withdrawn"))
    note(shop, State("b@x.se", "newsletter", "granted", proof=WORDING))
    night(shop, 30)
    assert mailed(shop) == {"b@x.se"}
    found = asked(
        shop.folder / "registry.duckdb",
        "select address, status, source, stated_by, wording from consent_events "
        "where source = 'by hand' order by address",
    )
    assert found == [
        ("a@x.se", "withdrawn", "by hand", "eva", None),
        ("b@x.se", "granted", "by hand", "eva", WORDING.wording),
    ]


def test_of_two_statements_the_later_holds_in_whatever_order_they_are_noted(tmp_path):
    shop = shop_of(tmp_path)
    early, late = datetime(2026, 5, 1, tzinfo=UTC), datetime(2026, 5, 2, tzinfo=UTC)
    note(shop, State("a@x.se", "newsletter", "withdrawn", at=late))
    note(shop, State("a@x.se", "newsletter", "granted", at=early, proof=WORDING))
    assert mailed(shop) == set()


def test_a_statement_is_dated_in_utc_wherever_it_was_noted(tmp_path):
    shop = shop_of(tmp_path)
    east = datetime(2026, 5, 2, 1, 30, tzinfo=timezone(timedelta(hours=2)))
    note(shop, State("a@x.se", "newsletter", "withdrawn", at=east))
    query = "select said_at from consent_events where source = 'by hand'"
    dated = asked(shop.folder / "registry.duckdb", query)
    assert dated == [(datetime(2026, 5, 1, 23, 30),)]


def test_the_same_statement_again_is_none(tmp_path):
    shop = shop_of(tmp_path)
    act = State("a@x.se", "newsletter", "withdrawn", at=AS_OF)
    assert note(shop, act).deltas["consent_events"].new == 1
    assert note(shop, act).deltas["consent_events"].new == 0


def test_a_block_holds_until_it_is_lifted_by_hand(tmp_path):
    shop = shop_of(tmp_path)
    note(shop, Block("A@x.se", "complained", note="called"))
    night(shop, 30)
    assert mailed(shop) == set()
    with pytest.raises(DataError, match="complained"):
        note(shop, State("a@x.se", "newsletter", "granted", proof=WORDING))
    lifted = note(shop, Unblock("a@x.se"))
    assert (lifted.deltas["suppressions"].gone, mailed(shop)) == (1, {"a@x.se"})
    query = "select address, reason, note, stated_by from suppressions_history"
    ended = asked(shop.folder / "registry.duckdb", query)
    assert ended == [("a@x.se", "complained", "called", "eva")]


def test_a_feed_that_still_holds_a_lifted_address_suppresses_it_again(tmp_path):
    sources = {"shop": customers(COLUMNS), "club": consents("email status")}
    shop = declared(tmp_path, sources, {"news": NEWS})
    deliver(tmp_path / "consents.csv", "email | status\na@x.se | bounced")
    night(shop, 0)
    assert mailed(shop) == set()
    note(shop, Unblock("a@x.se"))
    assert mailed(shop) == {"a@x.se"}
    night(shop, 30)
    assert mailed(shop) == set()


def test_who_unsubscribed_from_all_comes_back_by_a_grant_and_nobody_else_does(tmp_path):
    shop = shop_of(tmp_path)
    note(shop, Block("a@x.se", "unsubscribed"))
    assert mailed(shop) == set()
    later = AS_OF + timedelta(hours=1)
    note(
        shop,
        State("a@x.se", "newsletter", "granted", proof=WORDING, at=later),
        at=later,
    )
    assert mailed(shop) == {"a@x.se"}


def test_a_statement_works_for_who_is_in_no_file_yet(tmp_path):
    shop = shop_of(tmp_path)
    note(shop, Block("new@x.se"), State("new@x.se", "newsletter", "never"))
    night(shop, 30, "external_id | email | news\n3 | NEW@x.se | yes")
    assert mailed(shop) == {"a@x.se"}


@pytest.mark.parametrize(
    ("act", "told"),
    [
        (State("anna", "newsletter", "withdrawn"), "no e-mail address"),
        (State("a@x.se", "newsletter", "withdrawn", "sms"), "no phone number"),
        (State("a@x.se", "newsletter", "granted"), "what it rests on"),
        (
            State("a@x.se", "newsletter", "never", at=AS_OF + timedelta(days=2)),
            "in the future",
        ),
        (Unblock("a@x.se"), "not suppressed"),
        (Block("12"), "no phone number"),
        (State("Gatan 1|SE", "newsletter", "never", "post"), "no postal address"),
        (State("Gatan 1||SE", "newsletter", "never", "post"), "no postal address"),
    ],
)
def test_an_act_that_means_nothing_is_refused_and_shows_no_address(shop, act, told):
    with pytest.raises(DataError) as refused:
        note(shop, act)
    assert told in str(refused.value)
    assert "a@x" not in str(refused.value)


def test_a_postal_address_is_noted_as_the_ledger_has_it(tmp_path):
    shop = shop_of(tmp_path)
    note(
        shop,
        State("STORGATAN 1|111 22|se", "newsletter", "withdrawn", "post"),
        Block("Storgatan 2 | 111 22 | SE"),
    )
    registry = shop.folder / "registry.duckdb"
    noted = "select address, channel from consent_events where source = 'by hand'"
    assert asked(registry, noted) == [("storgatan1|11122|se", "post")]
    blocked = "select address, channel from suppressions"
    assert asked(registry, blocked) == [("storgatan2|11122|se", "*")]


def test_a_plan_of_it_writes_nothing(shop):
    registry = shop.folder / "registry.duckdb"
    before = registry.read_bytes()
    found = plan_decisions(
        registry,
        [State("a@x.se", "newsletter", "withdrawn"), Block("b@x.se")],
        by="eva",
        as_of=AS_OF,
        progress=silent,
    )
    assert found.changes["consents withdrawn"] == 1
    assert found.changes["addresses suppressed"] == 1
    assert registry.read_bytes() == before
