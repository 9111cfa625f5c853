"""Consent: which statements are events, what date counts, and the word in force."""

import time
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from drawn import an_engine, assert_rows, cells, hold, holding, inserts, table
from regpipe.fields import CONSENT_STATUSES
from regpipe.sql import consent, consent_in_force, intake_statements
from regpipe.sql.stated import Stated
from regpipe.sql.statements import statements
from regpipe.sql.step import step
from regpipe.sql.suppressed import suppressions

engine = pytest.fixture(an_engine)
holding = pytest.fixture(holding)

AS_OF = datetime(2030, 1, 1, tzinfo=UTC)

SAID = {
    "source": "'shop'",
    "external_id": "'1'",
    "address": "'ann@x.se'",
    "channel": "'email'",
    "purpose": "'newsletter'",
    "stated_at": "cast(null as timestamp)",
    "updated_at": "cast(null as timestamp)",
    "delivered_at": "timestamp '2024-05-01'",
    "file_id": "1",
    "row_number": "cast(row_number() over () + 1 as bigint)",
}


def drawn_statements(text):
    """Give the step of the statements drawn; what is left out is as in SAID."""
    header, _ = cells(text)
    also = {name: sql for name, sql in SAID.items() if name not in header}
    return table("statements", text, **also)


def make_events(engine, text):
    engine.make(drawn_statements(text))
    return engine.make(consent.events())


LEDGER = {"address": "ann@x.se", "external_id": "1", "source": "shop"}


def ledger(text):
    """Give the drawing of a ledger with the columns that all its rows share."""
    lines = [line.strip() for line in text.strip().splitlines()]
    also = {
        k: v for k, v in LEDGER.items() if k not in lines[0].replace("|", " ").split()
    }
    return "\n".join(
        f"{line} {' | '.join(also if place == 0 else also.values())} |"
        for place, line in enumerate(lines)
    )


# At first sight of an address.


@pytest.mark.parametrize("status", ["granted", "pending", "never"])
def test_at_first_sight_an_undated_word_is_older_than_anything_dated(engine, status):
    make_events(
        engine,
        f"""
        | stated   | updated_at |
        | {status} | 2024-04-01 |
        """,
    )
    assert_rows(
        engine,
        "consent_events_new",
        f"""
        | status   | stated   | stated_at | said_at | dated_by |
        | {status} | {status} | -         | -       | nothing  |
        """,
    )


def test_at_first_sight_an_undated_refusal_counts_from_its_row_else_its_file(engine):
    make_events(
        engine,
        """
        | external_id | stated    | updated_at |
        | 1           | withdrawn | 2024-04-01 |
        | 2           | withdrawn | -          |
        """,
    )
    assert_rows(
        engine,
        "consent_events_new",
        """
        | external_id | status    | said_at    | dated_by |
        | 1           | withdrawn | 2024-04-01 | record   |
        | 2           | withdrawn | 2024-05-01 | file     |
        """,
    )


def test_unknown_at_first_sight_states_nothing(engine):
    assert make_events(engine, "| stated |\n| unknown |") == 0


@pytest.mark.parametrize("status", CONSENT_STATUSES)
def test_a_time_of_its_own_is_the_only_one_that_dates_a_statement(engine, status):
    make_events(
        engine,
        f"""
        | stated   | stated_at  | updated_at |
        | {status} | 2020-02-02 | 2024-04-01 |
        """,
    )
    assert_rows(
        engine,
        "consent_events_new",
        f"""
        | status   | stated_at  | said_at    | dated_by  |
        | {status} | 2020-02-02 | 2020-02-02 | statement |
        """,
    )


# What a record says again.


@pytest.mark.parametrize("status", CONSENT_STATUSES)
@pytest.mark.parametrize("at", ["-", "2024-01-01"])
def test_the_same_statement_again_is_no_event(holding, status, at):
    engine = holding(
        consent_events=ledger(
            f"""
            | status   | stated   | stated_at | said_at |
            | {status} | {status} | {at}      | {at}    |
            """
        )
    )
    again = f"""
        | stated   | stated_at | updated_at | delivered_at |
        | {status} | {at}      | 2024-06-01 | 2024-06-02   |
        """
    assert make_events(engine, again) == 0


@pytest.mark.parametrize(
    ("before", "after", "status"),
    [
        ("granted", "never", "withdrawn"),
        ("granted", "unknown", "withdrawn"),
        ("pending", "never", "withdrawn"),
        ("granted", "withdrawn", "withdrawn"),
        ("granted", "pending", "pending"),
        ("never", "granted", "granted"),
        ("never", "unknown", "unknown"),
        ("withdrawn", "granted", "granted"),
        ("withdrawn", "never", "never"),
    ],
)
def test_a_change_of_mind_counts_from_its_row_else_its_file(
    holding, before, after, status
):
    engine = holding(
        consent_events=ledger(
            f"""
            | external_id | status   | stated   |
            | 1           | {before} | {before} |
            | 2           | {before} | {before} |
            | 3           | {before} | {before} |
            """
        )
    )
    make_events(
        engine,
        f"""
        | external_id | stated  | stated_at  | updated_at |
        | 1           | {after} | -          | -          |
        | 2           | {after} | -          | 2024-04-01 |
        | 3           | {after} | 2024-03-01 | 2024-04-01 |
        """,
    )

    assert_rows(
        engine,
        "consent_events_new",
        f"""
        | external_id | status   | stated  | said_at    | dated_by  |
        | 1           | {status} | {after} | 2024-05-01 | file      |
        | 2           | {status} | {after} | 2024-04-01 | record    |
        | 3           | {after}  | {after} | 2024-03-01 | statement |
        """,
    )


def test_another_time_of_the_same_word_is_a_new_statement(holding):
    engine = holding(
        consent_events=ledger(
            """
            | status  | stated  | stated_at  | said_at    |
            | granted | granted | 2024-01-01 | 2024-01-01 |
            """
        )
    )
    make_events(engine, "| stated | stated_at |\n| granted | 2023-01-01 |")
    assert_rows(
        engine,
        "consent_events_new",
        "| status | said_at |\n| granted | 2023-01-01 |",
    )


def test_what_a_record_said_last_is_what_its_latest_run_brought(holding):
    engine = holding(
        consent_events=ledger(
            """
            | run_id | status    | stated  | said_at    |
            | 1      | granted   | granted | -          |
            | 2      | withdrawn | never   | 2024-02-01 |
            | 3      | granted   | granted | 2024-01-01 |
            """
        )
    )
    assert make_events(engine, "| stated |\n| granted |") == 0
    assert make_events(engine, "| stated |\n| never |") == 1


def test_a_repeated_yes_does_not_outdo_a_dated_no(holding):
    engine = holding(
        consent_events=ledger(
            """
            | run_id | status    | stated    | stated_at  | said_at    |
            | 1      | granted   | granted   | -          | -          |
            | 2      | withdrawn | withdrawn | 2024-02-01 | 2024-02-01 |
            """
        )
    )
    assert make_events(engine, "| stated |\n| granted |") == 0


def test_a_no_behind_a_dated_yes_is_a_withdrawal(holding):
    engine = holding(
        consent_events=ledger(
            """
            | run_id | status  | stated  | stated_at  | said_at    |
            | 1      | never   | never   | -          | -          |
            | 2      | granted | granted | 2024-02-01 | 2024-02-01 |
            """
        )
    )
    make_events(engine, "| stated |\n| never |")
    assert_rows(
        engine,
        "consent_events_new",
        "| status | said_at |\n| withdrawn | 2024-05-01 |",
    )


@pytest.mark.parametrize(
    "other",
    [
        ("address", "bo@x.se"),
        ("channel", "sms"),
        ("purpose", "offers"),
        ("source", "club"),
        ("external_id", "2"),
    ],
    ids=lambda pair: pair[0],
)
def test_another_address_channel_purpose_or_record_speaks_for_itself(holding, other):
    name, value = other
    engine = holding(
        consent_events=ledger("| status | stated |\n| granted | granted |")
    )
    make_events(engine, f"| {name} | stated |\n| {value} | never |")
    assert_rows(
        engine,
        "consent_events_new",
        f"| {name} | status | said_at |\n| {value} | never | - |",
    )


def test_one_statement_in_two_files_is_one_event_of_the_first(engine):
    make_events(
        engine,
        """
        | file_id | delivered_at | stated  | stated_at  |
        | 2       | 2024-05-02   | granted | 2024-01-01 |
        | 1       | 2024-05-01   | granted | 2024-01-01 |
        | 3       | 2024-05-03   | never   | 2024-01-02 |
        """,
    )
    assert_rows(
        engine,
        "consent_events_new",
        """
        | file_id | status  | said_at    |
        | 1       | granted | 2024-01-01 |
        | 3       | never   | 2024-01-02 |
        """,
    )


# From rows of sources to statements.


def shop(fields, purpose, channel, *, at=False):
    said = f"consent_{purpose}_{channel}"
    own = f"{said}_at" if at else None
    return Stated("shop", "customers", fields, purpose, channel, said, own)


def club(fields, purpose="news", channel="email"):
    at = "at" if "at" in fields else None
    return Stated("club", "consents", fields, purpose, channel, "status", at)


def test_a_row_of_a_customers_source_states_each_of_its_consents(engine):
    row = """
        | row_id | file_no | row_number | delivered_at | external_id | email | phone |\
 updated_at | consent_news_email | consent_news_email_at | consent_offers_sms |
        | 1      | 2       | 5          | 2024-05-01   | c1          | a@x   | +46   |\
 2024-04-01 | granted            | 2024-03-01            | never              |
        | 2      | 2       | 6          | 2024-05-01   | c2          | -     | -     |\
 -          | granted            | -                     | never              |
        """.replace("email_at |", "email_at:timestamp |")
    for name in ("accepted_shop", "changed_shop"):
        engine.make(table(name, row))
    for name in ("reasons_shop", "erased_shop"):
        engine.make(table(name, "| row_id |"))
    fields = ("external_id", "email", "phone", "updated_at")
    news = shop(fields, "news", "email", at=True)
    engine.make(statements([news, shop(fields, "offers", "sms")], 10))
    assert_rows(
        engine,
        "statements",
        """
        | external_id | address | channel | purpose | stated  | stated_at  | \
updated_at | file_id | row_number |
        | c1          | a@x     | email   | news    | granted | 2024-03-01 | \
2024-04-01 | 12      | 5          |
        | c1          | +46     | sms     | offers  | never   | -          | \
2024-04-01 | 12      | 5          |
        """,
    )


def test_an_older_version_of_a_row_counts_where_its_statement_is_dated(engine):
    changed = """
        | row_id | file_no | row_number | delivered_at | external_id | email | \
consent_news_email | consent_news_email_at:timestamp |
        | 1      | 1       | 2          | 2024-05-01   | taken       | a@x   | \
granted            | 2024-01-01                      |
        | 2      | 1       | 3          | 2024-05-01   | older       | b@x   | \
granted            | 2023-01-01                      |
        | 3      | 1       | 4          | 2024-05-01   | undated     | c@x   | \
granted            | -                               |
        | 4      | 1       | 5          | 2024-05-01   | rejected    | d@x   | \
granted            | 2023-01-01                      |
        | 5      | 1       | 6          | 2024-05-01   | erased      | e@x   | \
granted            | 2023-01-01                      |
        """
    engine.make(table("changed_shop", changed))
    engine.define(step("accepted_shop", "select * from changed_shop where row_id = 1"))
    engine.make(table("reasons_shop", "| row_id |\n| 4 |"))
    engine.make(table("erased_shop", "| row_id |\n| 5 |"))
    said = shop(("external_id", "email"), "news", "email", at=True)
    engine.make(statements([said], 0))
    assert_rows(
        engine, "statements", "| external_id |\n| taken       |\n| older       |"
    )


def test_a_statement_of_a_consents_source_is_about_its_address(engine):
    engine.make(
        table(
            "accepted_club",
            """
            | file_no | row_number | delivered_at | phone | status    | at         |
            | 1       | 2          | 2024-05-01   | +46   | granted   | 2024-03-01 |
            | 1       | 3          | 2024-05-01   | +47   | withdrawn | -          |
            | 1       | 4          | 2024-05-01   | -     | granted   | -          |
            """,
        )
    )
    said = club(("phone", "status", "at"), "offers", "sms")
    engine.make(statements([said], 0))
    assert_rows(
        engine,
        "statements",
        """
        | external_id | address | channel | purpose | stated    | stated_at  |
        | +46         | +46     | sms     | offers  | granted   | 2024-03-01 |
        | +47         | +47     | sms     | offers  | withdrawn | -          |
        """,
    )


def test_without_sources_of_consent_nobody_states_anything(engine):
    engine.make(statements([], 0))
    assert engine.make(consent.events()) == 0


def test_a_reason_never_to_mail_an_address_is_no_consent_event(engine):
    engine.make(
        table(
            "accepted_club",
            """
            | file_no | row_number | delivered_at | email | status     |
            | 1       | 2          | 2024-05-01   | a@x   | bounced    |
            | 1       | 3          | 2024-05-01   | b@x   | complained |
            | 1       | 4          | 2024-05-01   | c@x   | granted    |
            """,
        )
    )
    engine.make(statements([club(("email", "status"))], 0))
    engine.make(consent.events())
    assert_rows(engine, "consent_events_new", "| address | status |\n| c@x | granted |")


def test_a_reason_never_to_mail_an_address_suppresses_it_once(holding):
    engine = holding(
        suppressions="| address | channel | reason |\n| b@x | email | complained |"
    )
    engine.make(
        table(
            "accepted_club",
            """
            | file_no | row_number | delivered_at | email | status     | at         |
            | 1       | 2          | 2024-05-01   | a@x   | bounced    | 2024-03-01 |
            | 1       | 3          | 2024-05-01   | a@x   | bounced    | 2024-02-01 |
            | 1       | 4          | 2024-05-01   | b@x   | complained | -          |
            | 1       | 5          | 2024-05-01   | b@x   | blocked    | -          |
            | 1       | 6          | 2024-05-01   | c@x   | granted    | -          |
            """,
        )
    )
    engine.make(suppressions([club(("email", "status", "at"))], 0))
    assert_rows(
        engine,
        "suppressions_new",
        """
        | address | channel | reason  | suppressed_at | source | row_number |
        | a@x     | email   | bounced | 2024-02-01    | club   | 3          |
        | b@x     | email   | blocked | 2024-05-01    | club   | 5          |
        """,
    )


ARRIVED = {"delivered_at": "timestamp '2024-05-01'", "file_no": "cast(1 as bigint)"}


# What a source leaves unknown, where that is taken for a yes.


@pytest.mark.parametrize(
    ("before", "stated"),
    [("-", "-"), ("never", "never"), ("withdrawn", "withdrawn"), ("granted", "never")],
)
def test_what_is_assumed_is_older_than_anything_whatever_was_said_before(
    holding, before, stated
):
    events = "| status | stated | said_at |"
    if before != "-":
        events += f"\n| {before} | {stated} | 2024-01-01 |"
    engine = holding(consent_events=ledger(events))
    said = "| stated  | updated_at |\n| assumed | 2024-04-01 |"
    engine.make(drawn_statements(said))
    engine.make(consent.events(assumes=True))
    assert_rows(
        engine,
        "consent_events_new",
        """
        | status  | stated  | said_at | dated_by | assumed:boolean |
        | granted | unknown | -       | nothing  | true            |
        """,
    )


@pytest.mark.parametrize(
    ("stated", "status", "said_at"),
    [
        ("unknown", "unknown", "-"),
        ("never", "never", "-"),
        ("granted", "granted", "-"),
        ("withdrawn", "withdrawn", "2024-05-01"),
    ],
)
def test_what_was_assumed_is_taken_back_by_a_word_as_old(
    holding, stated, status, said_at
):
    assumed = "| status | stated | assumed:boolean |\n| granted | unknown | true |"
    engine = holding(consent_events=ledger(assumed))
    make_events(engine, f"| stated |\n| {stated} |")
    assert_rows(
        engine,
        "consent_events_new",
        f"| status | stated | said_at |\n| {status} | {stated} | {said_at} |",
    )


def test_who_once_said_yes_has_withdrawn_when_nothing_is_assumed_any_more(holding):
    engine = holding(
        consent_events=ledger(
            """
            | run_id | status  | stated  | stated_at  | said_at    | assumed:boolean |
            | 1      | granted | granted | 2024-01-01 | 2024-01-01 | -               |
            | 2      | granted | unknown | -          | -          | true            |
            """
        )
    )
    make_events(engine, "| stated |\n| unknown |")
    assert_rows(
        engine,
        "consent_events_new",
        "| status | said_at |\n| withdrawn | 2024-05-01 |",
    )


@pytest.mark.parametrize(
    ("at", "confirmed", "stated_at"),
    [
        ("2024-01-01", "2024-01-02", "2024-01-02"),
        ("2024-01-03", "2024-01-02", "2024-01-03"),
        ("-", "2024-01-02", "2024-01-02"),
        ("2024-01-01", "-", "2024-01-01"),
        ("2024-01-01", "2099-01-01", "2024-01-01"),
        ("1970-01-01", "2024-01-02", "2024-01-02"),
        ("2099-01-01", "-", "-"),
    ],
)
def test_a_grant_counts_from_its_confirmation_if_that_is_later(
    engine, at, confirmed, stated_at
):
    rows = f"""
        | row_number | email | status    | at   | confirmed_at:timestamp |
        | 2          | a@x   | granted   | {at} | {confirmed}  |
        | 3          | b@x   | withdrawn | -    | {confirmed}  |
        """
    engine.make(table("accepted_club", rows, **ARRIVED))
    proof = {"confirmed_at": "confirmed_at"}
    engine.make(statements([replace(club(("email", "at")), proof=proof)], 0))
    assert_rows(
        engine,
        "statements",
        f"| address | stated_at |\n| a@x | {stated_at} |\n| b@x | - |",
    )


def test_who_unsubscribed_is_noted_again_at_a_later_time_or_by_another_source(holding):
    engine = holding(
        suppressions="""
            | address | channel | reason       | suppressed_at | source |
            | a@x     | email   | unsubscribed | 2024-02-01    | club   |
            | b@x     | email   | unsubscribed | 2024-02-01    | club   |
            | c@x     | email   | unsubscribed | 2024-02-01    | club   |
            | d@x     | email   | unsubscribed | 2024-02-01    | other  |
            """
    )
    rows = """
        | row_id | row_number | email | status    | at         |
        | 1      | 2          | a@x   | withdrawn | 2024-01-01 |
        | 2      | 3          | b@x   | withdrawn | 2024-03-01 |
        | 3      | 4          | c@x   | withdrawn | -          |
        | 4      | 5          | d@x   | withdrawn | -          |
        | 5      | 6          | e@x   | never     | -          |
        """
    engine.make(table("accepted_club", rows, **ARRIVED))
    everything = club(("email", "status", "at"), None)
    engine.make(suppressions([everything], 0))
    assert_rows(
        engine,
        "suppressions_new",
        """
        | address | reason       | suppressed_at |
        | b@x     | unsubscribed | 2024-03-01    |
        | d@x     | unsubscribed | 2024-05-01    |
        """,
    )
    known(engine, rows, everything)
    assert_rows(engine, "unchanged_club", "| row_id |\n| 1 |\n| 3 |")


# A consents source: what its rows repeat.


MAIL = club(("email", "status", "at"), "newsletter")


def known(engine, rows, *columns):
    also = {
        "problem": "cast(null as varchar)",
        "delivered_at": "timestamp '2024-05-01'",
    }
    engine.make(table("rows_club", rows, **also))
    engine.make(intake_statements.known_statements("club", columns or [MAIL]))


def test_a_row_of_a_consents_source_that_says_what_is_known_is_unchanged(holding):
    engine = holding(
        consent_events="""
            | run_id | source | external_id | address | status | stated | \
stated_at | said_at |
            | 1 | club  | a@x | a@x | granted   | granted   | 2024-01-01 | 2024-01-01 |
            | 1 | club  | b@x | b@x | granted   | granted   | -          | -          |
            | 2 | club  | b@x | b@x | withdrawn | withdrawn | -          | 2024-02-01 |
            | 1 | other | c@x | c@x | granted   | granted   | 2024-01-01 | 2024-01-01 |
            """,
        suppressions="""
            | address | channel | reason  |
            | d@x     | email   | bounced |
            | d@x     | sms     | blocked |
            """,
    )
    known(
        engine,
        """
        | row_id | email | status    | at         |
        | 1      | a@x   | granted   | 2024-01-01 |
        | 2      | a@x   | granted   | 2024-01-02 |
        | 3      | a@x   | withdrawn | 2024-01-01 |
        | 4      | b@x   | granted   | -          |
        | 5      | b@x   | withdrawn | -          |
        | 6      | c@x   | granted   | 2024-01-01 |
        | 7      | d@x   | bounced   | -          |
        | 8      | d@x   | blocked   | -          |
        """,
    )
    assert_rows(engine, "unchanged_club", "| row_id |\n| 1 |\n| 5 |\n| 7 |")


def test_of_the_statements_on_an_address_at_one_time_the_refusal_stands(engine):
    engine.make(
        table(
            "rows_club",
            """
            | row_id | email | status    | at         |
            | 1      | a@x   | granted   | 2024-01-01 |
            | 2      | a@x   | withdrawn | 2024-01-01 |
            | 3      | a@x   | granted   | 2024-02-01 |
            | 4      | b@x   | pending   | -          |
            | 5      | b@x   | granted   | -          |
            | 6      | b@x   | withdrawn | -          |
            | 7      | -     | granted   | -          |
            """,
            delivered_at="timestamp '2024-05-01'",
        )
    )
    engine.make(table("reasons_club", "| row_id |\n| 6 |"))
    engine.make(intake_statements.repeated_statements("club", [MAIL]))
    assert_rows(engine, "lost_club", "| row_id |\n| 1 |\n| 5 |")


def test_a_dated_unknown_stands_beside_the_yes_that_it_takes_back(engine):
    engine.make(
        table(
            "rows_club",
            """
            | row_id | email | status  | at         |
            | 1      | a@x   | granted | 2024-01-01 |
            | 2      | a@x   | unknown | 2024-01-01 |
            | 3      | a@x   | unknown | 2024-01-01 |
            | 4      | b@x   | granted | -          |
            | 5      | b@x   | unknown | -          |
            """,
            delivered_at="timestamp '2024-05-01'",
        )
    )
    engine.make(table("reasons_club", "| row_id |"))
    engine.make(intake_statements.repeated_statements("club", [MAIL]))
    assert_rows(engine, "lost_club", "| row_id |\n| 3 |\n| 4 |")


# The word in force.


def in_force(engine, text, as_of=AS_OF):
    hold(engine, "delete from consent_events", inserts("consent_events", text))
    engine.make(step("in_force", consent_in_force.in_force(as_of)))


def test_the_latest_word_is_in_force_and_an_undated_one_is_the_oldest(engine):
    in_force(
        engine,
        """
        | address | status    | said_at    |
        | a@x     | withdrawn | 2024-01-01 |
        | a@x     | granted   | 2024-02-01 |
        | b@x     | withdrawn | 2024-02-01 |
        | b@x     | granted   | 2024-01-01 |
        | c@x     | granted   | 1970-01-01 |
        | c@x     | withdrawn | -          |
        | d@x     | never     | 2020-01-01 |
        | d@x     | granted   | -          |
        """,
    )
    assert_rows(
        engine,
        "in_force",
        """
        | address | channel | purpose    | status    |
        | a@x     | email   | newsletter | granted   |
        | b@x     | email   | newsletter | withdrawn |
        | c@x     | email   | newsletter | granted   |
        | d@x     | email   | newsletter | never     |
        """,
    )


WEAKEST_FIRST = ("granted", "pending", "never", "withdrawn")


@pytest.mark.parametrize("at", ["-", "2024-01-01"])
@pytest.mark.parametrize("weak", WEAKEST_FIRST[:-1])
def test_at_one_time_the_refusal_wins(engine, weak, at):
    for strong in WEAKEST_FIRST[WEAKEST_FIRST.index(weak) + 1 :]:
        in_force(
            engine,
            f"""
            | address | status   | said_at |
            | a@x     | {strong} | {at}    |
            | a@x     | {weak}   | {at}    |
            | b@x     | {weak}   | {at}    |
            | b@x     | {strong} | {at}    |
            """,
        )
        assert_rows(
            engine,
            "in_force",
            f"| address | status |\n| a@x | {strong} |\n| b@x | {strong} |",
        )


def test_each_address_channel_and_purpose_has_its_own_word(engine):
    in_force(
        engine,
        """
        | address | channel | purpose    | status    | said_at    |
        | a@x     | email   | newsletter | granted   | 2024-01-01 |
        | a@x     | email   | offers     | withdrawn | 2024-02-01 |
        | a@x     | sms     | newsletter | never     | 2024-03-01 |
        """,
    )
    assert_rows(
        engine,
        "in_force",
        """
        | address | channel | purpose    | status    |
        | a@x     | email   | newsletter | granted   |
        | a@x     | email   | offers     | withdrawn |
        | a@x     | sms     | newsletter | never     |
        """,
    )


def test_a_record_gone_from_a_full_delivery_does_not_grant_but_its_no_stands(holding):
    engine = holding(
        source_records="""
            | source   | external_id | gone_at    |
            | web_shop | gone        | 2024-01-01 |
            | web_shop | here        | -          |
            """
    )
    in_force(
        engine,
        """
        | address | external_id | status    | said_at    |
        | a@x     | gone        | granted   | 2024-01-01 |
        | b@x     | gone        | granted   | 2024-02-01 |
        | b@x     | here        | granted   | 2024-01-01 |
        | c@x     | gone        | withdrawn | 2024-02-01 |
        | c@x     | here        | granted   | 2024-01-01 |
        | d@x     | gone        | pending   | 2024-01-01 |
        | e@x     | unheard     | granted   | 2024-01-01 |
        """,
    )
    assert_rows(
        engine,
        "in_force",
        """
        | address | status    |
        | b@x     | granted   |
        | c@x     | withdrawn |
        | e@x     | granted   |
        """,
    )


HISTORY = """
    | address | status    | said_at                    |
    | a@x     | granted   | -                          |
    | a@x     | withdrawn | 2024-03-01 12:00:00        |
    | a@x     | granted   | 2024-03-01 12:00:00.000001 |
    """


@pytest.mark.parametrize(
    ("as_of", "status"),
    [
        (datetime(2024, 3, 1, 11, 59, 59, tzinfo=UTC), "granted"),
        (datetime(2024, 3, 1, 12, tzinfo=UTC), "withdrawn"),
        (datetime(2024, 3, 1, 14, tzinfo=timezone(timedelta(hours=2))), "withdrawn"),
        (datetime(2024, 3, 1, 13, 59, tzinfo=timezone(timedelta(hours=2))), "granted"),
        (datetime(2024, 3, 1, 12, 0, 0, 1, tzinfo=UTC), "granted"),
    ],
    ids=["before", "at", "at-elsewhere", "before-elsewhere", "after"],
)
@pytest.mark.parametrize("zone", ["UTC", "America/New_York", "Asia/Kolkata"])
def test_only_what_was_said_by_then_counts_wherever_the_machine_stands(
    engine, monkeypatch, zone, as_of, status
):
    monkeypatch.setenv("TZ", zone)
    time.tzset()
    try:
        in_force(engine, HISTORY, as_of)
    finally:
        monkeypatch.undo()
        time.tzset()
    assert_rows(engine, "in_force", f"| address | status |\n| a@x | {status} |")


def test_a_time_without_a_zone_is_refused():
    with pytest.raises(ValueError, match="no time zone"):
        consent_in_force.in_force(datetime(2024, 1, 1))


@pytest.fixture(scope="module")
def lasting():
    yield from an_engine()


EVENTS = st.lists(
    st.tuples(
        st.sampled_from(WEAKEST_FIRST),
        st.none() | st.sampled_from(["2024-01-01", "2024-02-01", "2024-03-01"]),
    ),
    min_size=1,
    max_size=6,
)


@given(EVENTS)
@settings(max_examples=40, deadline=None)
def test_the_word_in_force_is_the_last_by_time_then_by_refusal(lasting, events):
    rows = "\n".join(f"| a@x | {status} | {at or '-'} |" for status, at in events)
    in_force(lasting, f"| address | status | said_at |\n{rows}")
    last = max(events, key=lambda e: (e[1] or "", WEAKEST_FIRST.index(e[0])))
    assert_rows(lasting, "in_force", f"| address | status |\n| a@x | {last[0]} |")
