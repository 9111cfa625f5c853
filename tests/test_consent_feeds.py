"""What comes into the ledger: feeds, proof, orders, letters, times past belief."""

import json
from datetime import datetime, timedelta

from regpipe.spec.load import load_pipeline
from worlds import (
    DELIVERED,
    NEWS,
    asked,
    consents,
    customers,
    declared,
    deliver,
    drawn,
    emails,
    nothing_changed,
    run,
    written,
)

LATER = DELIVERED + timedelta(hours=1)
SHOP = customers("external_id email news news_at")


def ledger(folder, *columns):
    """Give these columns of every event, in the order it came."""
    order = "order by run_id, address, row_number"
    query = f"select {', '.join(columns)} from consent_events {order}"
    return asked(folder / "registry.duckdb", query)


def suppressed(folder):
    query = """
        select address, channel, reason, suppressed_at
        from suppressions order by all"""
    return asked(folder / "registry.duckdb", query)


def consenting(folder, purpose="newsletter", channel="email"):
    query = f"""
        select address from consent_in_force
        where status = 'granted' and purpose = '{purpose}' and channel = '{channel}'
        order by address"""
    return [address for (address,) in asked(folder / "registry.duckdb", query)]


def day(text):
    return datetime.fromisoformat(text)


# Preference centres: one row, several purposes.

CENTRE = {
    "kind": "consents",
    "files": "centre*.csv",
    "columns": {
        "email": "email",
        "phone": {"from": "phone", "country": "SE"},
        "at": "at",
        "consent.newsletter": "news",
        "consent.offers": {"from": "offers", "granted": ["1"], "withdrawn": ["0"]},
        "consent.newsletter.sms": {"from": "texts", "at": "texts_at"},
    },
}


def test_a_row_of_a_preference_centre_makes_a_statement_of_each_answer(tmp_path):
    world = declared(tmp_path, {"centre": CENTRE})
    first = drawn(
        """
        | email  | phone         | at         | news | offers | texts | texts_at   |
        | a@x.se | 070-123 45 67 | 2024-01-01 | yes  | 0      | yes   | 2023-01-01 |
        | b@x.se | -             | 2024-01-02 | -    | 1      | yes   | 2023-01-02 |
        | c@x.se | -             | 2024-01-03 | yes  | -      | -     | -          |
        | c@x.se | -             | 2024-01-03 | no   | 1      | -     | -          |
        | c@x.se | -             | 2024-01-03 | no   | 1      | -     | -          |
        """
    )
    deliver(tmp_path / "centre.csv", first)
    outcome = run(world)
    assert [(f.accepted, f.duplicate) for f in outcome.files] == [(4, 1)]
    columns = ("address", "channel", "purpose", "status", "said_at")
    said = [(*rest, f"{at:%Y-%m-%d}") for *rest, at in ledger(tmp_path, *columns)]
    assert sorted(said) == [
        ("+46701234567", "sms", "newsletter", "granted", "2023-01-01"),
        ("a@x.se", "email", "newsletter", "granted", "2024-01-01"),
        ("a@x.se", "email", "offers", "withdrawn", "2024-01-01"),
        ("b@x.se", "email", "newsletter", "unknown", "2024-01-02"),
        ("b@x.se", "email", "offers", "granted", "2024-01-02"),
        ("c@x.se", "email", "newsletter", "never", "2024-01-03"),
        ("c@x.se", "email", "offers", "granted", "2024-01-03"),
    ]

    again = run(world)
    assert nothing_changed(again)
    # The answer that another row outdoes is heard again, and outdone again.
    assert [(f.accepted, f.unchanged) for f in again.files] == [(1, 4)]

    first[1] |= {"at": "2024-02-01", "offers": "0"}
    deliver(tmp_path / "centre.csv", first, at=LATER)
    run(world)
    assert consenting(tmp_path, "offers") == ["c@x.se"]


def test_a_preference_centre_without_dates_says_each_thing_once(tmp_path):
    columns = {k: v for k, v in CENTRE["columns"].items() if k != "at"}
    world = declared(tmp_path, {"centre": {**CENTRE, "columns": columns}})
    rows = [{"email": "a@x.se", "phone": "", "news": "yes", "offers": "1"}]
    rows = [row | {"texts": "", "texts_at": ""} for row in rows]
    deliver(tmp_path / "centre.csv", rows)
    run(world)
    assert nothing_changed(run(world))
    rows[0]["offers"] = ""
    deliver(tmp_path / "centre.csv", rows, at=LATER)
    run(world)
    assert consenting(tmp_path) == ["a@x.se"]
    assert consenting(tmp_path, "offers") == []
    assert nothing_changed(run(world))


# Lists of no purpose.


def test_a_list_of_no_purpose_unsubscribes_until_a_later_grant(tmp_path):
    feed = consents() | {"purpose": None}
    world = declared(tmp_path, {"shop": SHOP, "list": feed}, {"news": NEWS})
    deliver(
        tmp_path / "shop.csv",
        drawn(
            """
            | external_id | email  | news | news_at    |
            | 1           | a@x.se | yes  | 2024-01-01 |
            | 2           | b@x.se | yes  | 2024-03-01 |
            | 3           | c@x.se | yes  | -          |
            """
        ),
    )
    rows = drawn(
        """
        | email  | status       | at         |
        | a@x.se | unsubscribed | 2024-02-01 |
        | B@x.se | withdrawn    | 2024-02-01 |
        | c@x.se | withdrawn    | -          |
        | d@x.se | never        | -          |
        """
    )
    deliver(tmp_path / "consents.csv", rows)
    run(world)
    assert emails(tmp_path / "out/news.csv") == ["b@x.se"]
    assert [row[:3] for row in suppressed(tmp_path)] == [
        (f"{name}@x.se", "email", "unsubscribed") for name in "abc"
    ]
    assert nothing_changed(run(world))

    rows[1]["at"] = "2024-04-01"
    deliver(tmp_path / "consents.csv", rows, at=LATER)
    run(world)
    assert emails(tmp_path / "out/news.csv") == []
    assert [at for *_, at in suppressed(tmp_path) if _[0] == "b@x.se"] == [
        day("2024-02-01"),
        day("2024-04-01"),
    ]


def test_a_grant_of_no_purpose_is_a_reject_that_says_so(tmp_path):
    world = declared(tmp_path, {"list": consents("email status") | {"purpose": None}})
    rows = [{"email": "a@x.se", "status": "yes"}, {"email": "b@x.se", "status": "out"}]
    rows[1]["status"] = "withdrawn"
    deliver(tmp_path / "consents.csv", rows)
    outcome = run(world)
    assert [(f.accepted, f.rejected) for f in outcome.files] == [(1, 1)]
    query = "select reasons from rejects"
    assert asked(tmp_path / "registry.duckdb", query) == [
        ([{"column": "status", "check": "purpose"}],)
    ]


def test_a_list_without_dates_that_repeats_an_address_says_nothing_new(tmp_path):
    mail = consents("email status", "mail*.csv") | {"purpose": None}
    other = {**mail, "files": "other*.csv"}
    world = declared(
        tmp_path, {"shop": SHOP, "mail": mail, "other": other}, {"n": NEWS}
    )
    out = [{"email": "a@x.se", "status": "withdrawn"}]
    person = {"external_id": "1", "email": "a@x.se", "news": "yes"}
    deliver(tmp_path / "mail.csv", out)
    deliver(tmp_path / "other.csv", [{"email": "z@x.se", "status": "withdrawn"}])
    deliver(tmp_path / "shop.csv", [person | {"news_at": "2024-01-01"}])
    run(world)
    back = f"{DELIVERED + timedelta(minutes=30):%Y-%m-%d %H:%M:%S}"
    deliver(tmp_path / "shop.csv", [person | {"news_at": back}], at=LATER)
    deliver(tmp_path / "mail.csv", [*out, {"email": "y@x.se", "status": "withdrawn"}])
    run(world)
    assert emails(tmp_path / "out/news.csv") == ["a@x.se"]
    deliver(tmp_path / "other.csv", out, at=LATER)
    run(world)
    assert emails(tmp_path / "out/news.csv") == []


# Proof.

PROVEN = {
    "kind": "customers",
    "files": "shop*.csv",
    "columns": {
        "external_id": "external_id",
        "email": "email",
        "consent.newsletter": {
            "from": "news",
            "at": "news_at",
            "proof": {
                "opt_in_at": "asked_at",
                "opt_in_ip": "ip",
                "confirmed_at": "confirmed_at",
                "wording": {"value": "the form of 2024"},
                "campaign": ["campaign", "letter"],
                "reason": "why",
            },
        },
    },
}
PROOF = ("opt_in_at", "opt_in_ip", "confirmed_at", "wording", "campaign", "note")


def test_a_statement_keeps_what_it_rests_on_and_a_confirmation_is_news(tmp_path):
    world = declared(tmp_path, {"shop": PROVEN})
    (row,) = rows = drawn(
        """
        | external_id | email  | news | news_at    | asked_at   | ip       | \
confirmed_at | campaign | letter | why |
        | 1           | a@x.se | yes  | 2024-01-02 | 2024-01-01 | 10.0.0.1 | \
-            | -        | May    | -   |
        """
    )
    deliver(tmp_path / "shop.csv", rows)
    run(world)
    asked_at = day("2024-01-01")
    form = "the form of 2024"
    first = (asked_at, "10.0.0.1", None, form, "May", None)
    assert ledger(tmp_path, *PROOF) == [first]

    row |= {"ip": "10.0.0.2", "why": "moved"}
    deliver(tmp_path / "shop.csv", rows, at=LATER)
    run(world)
    assert ledger(tmp_path, *PROOF) == [first]

    row["confirmed_at"] = "2024-01-03"
    deliver(tmp_path / "shop.csv", rows, at=LATER)
    run(world)
    confirmed = day("2024-01-03")
    assert ledger(tmp_path, "said_at", *PROOF)[1:] == [
        (confirmed, asked_at, "10.0.0.2", confirmed, form, "May", "moved")
    ]

    row |= {"news": "bounced", "news_at": "2024-05-01", "why": "full"}
    deliver(tmp_path / "shop.csv", rows, at=LATER)
    run(world)
    query = "select reason, suppressed_at, source, row_number, note from suppressions"
    assert asked(tmp_path / "registry.duckdb", query) == [
        ("bounced", day("2024-05-01"), "shop", 2, "full")
    ]


def test_a_feed_of_confirmations_says_when_and_from_where(tmp_path):
    columns = "email status opt_in_ip confirmed_at confirmed_ip reason"
    world = declared(tmp_path, {"club": consents(columns)})
    rows = drawn(
        """
        | email  | status  | opt_in_ip | confirmed_at | confirmed_ip | reason |
        | a@x.se | granted | ::1       | 2024-01-02   | ::2          | -      |
        | b@x.se | pending | ::1       | -            | -            | -      |
        | c@x.se | blocked | -         | -            | -            | spam   |
        """
    )
    deliver(tmp_path / "consents.csv", rows)
    run(world)
    columns = ("address", "status", "said_at", "opt_in_ip", "confirmed_ip")
    assert ledger(tmp_path, *columns) == [
        ("a@x.se", "granted", day("2024-01-02"), "::1", "::2"),
        ("b@x.se", "pending", None, "::1", None),
    ]
    query = "select address, note from suppressions"
    assert asked(tmp_path / "registry.duckdb", query) == [("c@x.se", "spam")]
    assert nothing_changed(run(world))


# Orders.

SALES = {
    "kind": "orders",
    "files": "orders*.csv",
    "columns": {
        "order_id": "order_id",
        "email": "email",
        "ordered_at": "ordered_at",
        "consent.newsletter": {"from": "box", "granted": ["yes"], "never": ["no"]},
    },
}


def test_a_box_ticked_at_an_order_is_a_grant_of_that_time_and_an_empty_one_nothing(
    tmp_path,
):
    world = declared(tmp_path, {"sales": SALES})
    rows = drawn(
        """
        | order_id | email  | ordered_at          | box |
        | o1       | a@x.se | 2024-01-01 10:00:00 | yes |
        | o1       | z@x.se | 2024-01-01 10:00:00 | yes |
        | o2       | a@x.se | 2024-02-01 10:00:00 | no  |
        | o3       | b@x.se | 2024-02-01 10:00:00 | no  |
        | o4       | a@x.se | 2024-03-01 10:00:00 | -   |
        """
    )
    deliver(tmp_path / "orders.csv", rows)
    run(world)
    columns = ("address", "status", "said_at", "external_id", "row_number")
    assert ledger(tmp_path, *columns) == [
        ("a@x.se", "granted", day("2024-01-01T10:00"), "o1", 2)
    ]
    assert nothing_changed(run(world))
    deliver(tmp_path / "orders.csv", [row | {"more": "x"} for row in rows], at=LATER)
    assert nothing_changed(run(world))


# Letters.


def test_by_post_the_address_is_what_a_refusal_is_about(tmp_path):
    shop = customers("external_id email street postcode country")
    shop["columns"]["consent.catalogue.post"] = "post"
    feed = consents("street postcode country status", "post*.csv")
    feed |= {"purpose": "catalogue", "channel": "post"}
    world = declared(tmp_path, {"shop": shop, "letters": feed})
    deliver(
        tmp_path / "shop.csv",
        drawn(
            """
            | external_id | email  | street      | postcode | country | post |
            | 1           | a@x.se | Storgatan 1 | 111 22   | SE      | yes  |
            | 2           | b@x.se | Storgatan 2 | 111 22   | SE      | yes  |
            | 3           | c@x.se | -           | 111 22   | SE      | yes  |
            """
        ),
    )
    rows = drawn(
        """
        | street       | postcode | country | status    |
        | STORGATAN 1. | 11122    | Sweden  | withdrawn |
        """
    )
    deliver(tmp_path / "post.csv", rows)
    run(world)
    assert consenting(tmp_path, "catalogue", "post") == ["storgatan2|11122|se"]
    assert nothing_changed(run(world))


# What a source leaves unknown.


def test_what_is_assumed_is_told_marked_and_never_outdoes_a_refusal(tmp_path):
    old = customers("external_id email news", "old*.csv", treat_unknown_as="granted")
    sources = {"old": old, "shop": SHOP}
    world = declared(tmp_path, sources, {"news": NEWS})
    rows = drawn(
        """
        | external_id | email  | news |
        | 1           | a@x.se | -    |
        | 2           | b@x.se | -    |
        | 3           | c@x.se | no   |
        | 4           | d@x.se | yes  |
        | 5           | e@x.se | -    |
        """
    )
    said = drawn(
        """
        | external_id | email  | news        | news_at    |
        | 1           | b@x.se | withdrawn   | 1999-01-01 |
        | 2           | e@x.se | yes         | 2024-01-01 |
        """
    )
    deliver(tmp_path / "old.csv", rows)
    deliver(tmp_path / "shop.csv", said)
    outcome = run(world)
    assert emails(tmp_path / "out/news.csv") == ["a@x.se", "d@x.se", "e@x.se"]
    assert (
        "sources.old: treat_unknown_as: granted: 3 addresses count as consenting "
        "that nobody asked"
    ) in outcome.warnings
    columns = ("address", "status", "stated", "said_at", "assumed")
    assert ("a@x.se", "granted", "unknown", None, True) in ledger(tmp_path, *columns)
    assert ("d@x.se", "granted", "granted", None, False) in ledger(tmp_path, *columns)
    manifest = json.loads((tmp_path / "out/news.manifest.json").read_text())
    assert manifest["treat_unknown_as"] == {"granted": ["old"]}
    assert nothing_changed(run(world))

    # A refusal that is taken back into a blank is no change of mind to a yes.
    rows[2]["news"] = ""
    rows[3]["news"] = "withdrawn"
    deliver(tmp_path / "old.csv", rows, at=LATER)
    run(world)
    rows[3]["news"] = ""
    deliver(tmp_path / "old.csv", rows, at=LATER + timedelta(hours=1))
    run(world)
    assert emails(tmp_path / "out/news.csv") == ["a@x.se", "e@x.se"]

    # Without the option the next delivery takes the assumed ones back, and no other.
    del old["treat_unknown_as"]
    world = declared(tmp_path, sources, {"news": NEWS})
    outcome = run(world)
    assert emails(tmp_path / "out/news.csv") == ["e@x.se"]
    assert not any("treat_unknown_as" in warning for warning in outcome.warnings)
    manifest = json.loads((tmp_path / "out/news.manifest.json").read_text())
    assert "treat_unknown_as" not in manifest
    assert nothing_changed(run(world))


def test_a_real_yes_after_an_assumed_one_is_a_statement_as_old(tmp_path):
    feed = consents("email status", treat_unknown_as="granted")
    world = declared(tmp_path, {"feed": feed})
    for status in ("unknown", "granted"):
        deliver(tmp_path / "consents.csv", [{"email": "a@x.se", "status": status}])
        run(world)
        assert nothing_changed(run(world))
    columns = ("status", "stated", "said_at", "dated_by", "assumed")
    assert ledger(tmp_path, *columns) == [
        ("granted", "unknown", None, "nothing", True),
        ("granted", "granted", None, "nothing", False),
    ]


# Bad input.


def test_one_address_is_one_whatever_its_case_and_its_alphabet(tmp_path):
    feed = consents("email status at")
    world = declared(tmp_path, {"feed": feed})
    rows = drawn(
        """
        | email                  | status    | at         |
        | Anna@X.se              | granted   | 2024-01-01 |
        | anna@x.SE              | withdrawn | 2024-01-02 |
        | anna+shop@x.se         | granted   | 2024-01-01 |
        | info@björk.se          | granted   | 2024-01-01 |
        | INFO@xn--bjrk-6qa.se   | withdrawn | 2024-01-02 |
        | bj\u00f6rn@x.se        | granted   | 2024-01-01 |
        | bjo\u0308rn@x.se       | withdrawn | 2024-01-02 |
        """
    )
    deliver(tmp_path / "consents.csv", rows)
    run(world)
    assert consenting(tmp_path) == ["anna+shop@x.se"]
    query = "select count(distinct address) from consent_events"
    assert asked(tmp_path / "registry.duckdb", query) == [(4,)]


def test_a_time_past_belief_widens_no_consent_and_loses_no_refusal(tmp_path):
    world = declared(tmp_path, {"shop": SHOP, "feed": consents("email status at")})
    soon = f"{DELIVERED + timedelta(hours=20):%Y-%m-%d %H:%M:%S}"
    ahead = f"{DELIVERED + timedelta(hours=28):%Y-%m-%d %H:%M:%S}"
    said = drawn(
        f"""
        | external_id | email  | news | news_at             |
        | 1           | a@x.se | yes  | 2099-01-01          |
        | 2           | b@x.se | yes  | 2024-01-01          |
        | 3           | c@x.se | yes  | {soon}              |
        | 4           | d@x.se | yes  | {ahead}             |
        | 5           | e@x.se | yes  | 0000-00-00 00:00:00 |
        | 6           | f@x.se | yes  | 2024-01-01          |
        """
    )
    rows = drawn(
        """
        | email  | status    | at                  |
        | a@x.se | withdrawn | 2020-01-01          |
        | b@x.se | withdrawn | 1970-01-01          |
        | d@x.se | never     | 2020-01-01          |
        | f@x.se | withdrawn | 2199-01-01          |
        """
    )
    deliver(tmp_path / "shop.csv", said)
    deliver(tmp_path / "consents.csv", rows)
    outcome = run(world)
    assert [f.rejected for f in outcome.files] == [0, 0]
    assert consenting(tmp_path) == ["c@x.se", "e@x.se"]
    told = "statements are dated in the future or before 1995: they count as undated"
    assert {f"shop: 2 {told}", f"feed: 2 {told}"} <= {*outcome.warnings}
    assert nothing_changed(run(world))
    at = DELIVERED.replace(tzinfo=None)
    columns = ("address", "said_at", "dated_by")
    assert {("b@x.se", at, "file"), ("f@x.se", at, "file")} <= {
        *ledger(tmp_path, *columns)
    }


def test_two_statements_of_one_second_are_a_refusal_in_whatever_file(tmp_path):
    world = declared(tmp_path, {"feed": consents()})
    for number, status in enumerate(("granted", "withdrawn", "granted")):
        row = {"email": "a@x.se", "status": status, "at": "2024-01-01 10:00:00"}
        deliver(tmp_path / f"consents{number}.csv", [row], at=DELIVERED)
    run(world)
    assert consenting(tmp_path) == []


def test_what_brevo_blocklists_by_text_leaves_the_mail_alone(tmp_path):
    source = {"preset": "brevo-blocklist", "files": "brevo.csv"}
    rows = [{"EMAIL": "a@x.se", "SMS": "+46701234567", "EMAIL_BLACKLISTED": "No"}]
    rows[0]["SMS_BLACKLISTED"] = "Yes"
    deliver(tmp_path / "brevo.csv", rows, delimiter=";")
    world = load_pipeline(written(tmp_path, {"brevo": source}), {})
    run(world)
    assert ledger(tmp_path, "address", "channel", "status") == [
        ("+46701234567", "sms", "withdrawn")
    ]
    assert nothing_changed(run(world))
