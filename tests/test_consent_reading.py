"""``consent show``: every statement on an address, and which of them is in force."""

import json
from datetime import UTC, datetime

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import regpipe as package
from regpipe.errors import DataError
from regpipe.reading.ledger import consents_of
from regpipe.sql.consent_in_force import in_force
from shop import AS_OF, in_memory, make_registry

MAY, JUNE = datetime(2023, 5, 1), datetime(2023, 6, 1)
RECORDS = [
    {"external_id": "1", "customer_id": 1, "email": "a@x.se"},
    {"external_id": "2", "customer_id": 1, "phone": "+46701740605"},
    {"external_id": "3", "customer_id": 2, "email": "b@x.se", "gone_at": JUNE},
]
FILES = [
    {"file_id": 1, "source": "web_shop", "file": "in/a.csv"}
    | dict.fromkeys(("read", "accepted"), 3)
    | dict.fromkeys(("rejected", "duplicate", "unchanged", "suppressed"), 0)
]


def said(*events, blocked=(), as_of=AS_OF, address="a@x.se"):
    """Give the one word that some statements on an address make."""
    events = [{"address": "a@x.se", **event} for event in events]
    engine = in_memory(
        (),
        source_records=RECORDS,
        run_files=FILES,
        consent_events=events,
        suppressions=[{"address": "a@x.se", **each} for each in blocked],
    )
    try:
        (word,) = consents_of(engine, [address], as_of).words
        return word
    finally:
        engine.close()


@pytest.mark.parametrize(
    ("events", "status", "because", "counts"),
    [
        (
            [{"said_at": MAY}],
            "granted",
            "the only statement that counts",
            ["in force"],
        ),
        (
            [{"said_at": JUNE, "status": "withdrawn"}, {"said_at": MAY}],
            "withdrawn",
            "the latest statement",
            ["older", "in force"],
        ),
        (
            [{"said_at": MAY, "status": "never"}, {"said_at": MAY}],
            "never",
            "of statements of one time the refusal counts",
            ["of the same time, and the refusal counts", "in force"],
        ),
        (
            [{"said_at": JUNE, "external_id": "3"}, {"said_at": MAY}],
            "granted",
            "the only statement that counts",
            ["in force", "its record is gone from its source"],
        ),
        (
            [{"said_at": JUNE, "external_id": "3"}],
            None,
            "no statement counts",
            ["its record is gone from its source"],
        ),
        (
            [{"said_at": None, "assumed": True, "stated": "unknown"}],
            "granted",
            "nothing was stated, and its source takes that for a yes",
            ["in force"],
        ),
        (
            [{"said_at": JUNE, "status": "unknown"}, {"said_at": MAY}],
            "unknown",
            "the latest statement",
            ["older", "in force"],
        ),
        (
            [
                {"said_at": JUNE, "status": "unknown", "external_id": "2"},
                {"said_at": MAY},
            ],
            "granted",
            "the only statement that counts",
            ["in force", "states nothing"],
        ),
        (
            [{"said_at": datetime(2099, 1, 1), "status": "never"}, {"said_at": MAY}],
            "granted",
            "the only statement that counts",
            ["in force", "not said yet"],
        ),
        (
            [{"said_at": None}, {"said_at": None, "status": "never"}],
            "never",
            "of statements of one time the refusal counts",
            ["of the same time, and the refusal counts", "in force"],
        ),
    ],
)
def test_each_statement_says_whether_it_is_in_force_or_why_not(
    events, status, because, counts
):
    word = said(*events)
    assert (word.status, word.because) == (status, because)
    assert [each["counts"] for each in word.statements] == counts


def test_what_is_against_an_address_is_told_with_its_place_and_what_lifts_it():
    word = said(
        {"said_at": MAY},
        blocked=[
            {"reason": "bounced", "file_id": 1, "row_number": 7, "source": "web_shop"},
            {"reason": "unsubscribed", "suppressed_at": JUNE, "address": "A@X.SE"},
            {"reason": "complained", "channel": "sms"},
        ],
    )
    assert word.reasons == ("unsubscribed", "bounced")
    place = ("reason", "file", "row_number", "lifted_by")
    assert [tuple(each[name] for name in place) for each in word.suppressed] == [
        ("unsubscribed", None, None, "a later yes, or by hand"),
        ("bounced", "in/a.csv", 7, "by hand alone"),
    ]


TIMES = st.sampled_from([None, MAY, JUNE, datetime(2024, 6, 1)])
EVENTS = st.lists(
    st.fixed_dictionaries(
        {
            "address": st.sampled_from(["a@x.se", "b@x.se"]),
            "status": st.sampled_from(
                ["granted", "pending", "withdrawn", "never", "unknown"]
            ),
            "said_at": TIMES,
            "external_id": st.sampled_from("123"),
            "purpose": st.sampled_from(["newsletter", "offers"]),
        }
    ),
    max_size=8,
)


@settings(
    max_examples=10,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(events=EVENTS, as_of=st.sampled_from([AS_OF, datetime(2023, 5, 15, tzinfo=UTC)]))
def test_the_word_of_one_address_is_that_which_the_gate_has_among_all(events, as_of):
    engine = in_memory((), source_records=RECORDS, consent_events=events)
    try:
        gate = {
            (row["address"], row["purpose"]): (row["status"], row["said_at"])
            for row in engine.collect(in_force(as_of)).to_pylist()
        }
        for address in ("a@x.se", "b@x.se"):
            for word in consents_of(engine, [address], as_of).words:
                expected = gate.get((address, word.purpose), (None, None))
                assert (word.status, word.said_at) == expected
                decides = word.decides or {"status": None, "said_at": None}
                assert (decides["status"], decides["said_at"]) == expected
    finally:
        engine.close()


@pytest.fixture
def registry(tmp_path):
    return make_registry(
        tmp_path / "registry.duckdb",
        customers=[{"customer_id": 1, "email": "a@x.se"}],
        source_records=RECORDS,
        run_files=FILES,
        consent_events=[
            {"address": "a@x.se", "said_at": MAY, "opt_in_ip": "192.0.2.1"},
            {
                "address": "a@x.se",
                "said_at": JUNE,
                "status": "withdrawn",
                "source": "by hand",
                "file_id": 0,
                "row_number": 0,
                "stated_by": "eva",
            },
            {"address": "+46701740605", "channel": "sms", "said_at": MAY},
            {"address": "nobody@x.se", "said_at": None, "dated_by": "nothing"},
        ],
        suppressions=[{"address": "a@x.se", "note": "asked by letter"}],
    )


SHOWN = """\
newsletter by email to a@x.se: withdrawn since 2023-06-01
  the latest statement
  not to be written to all the same: bounced
statements
  status     said_at     dated_by   record      file      row  run  opt_in_ip  stated_by  counts
  granted    2023-05-01  statement  web_shop:1  in/a.csv    2    1  192.0.2.1             older
  withdrawn  2023-06-01  statement  by hand                      1             eva        in force
suppressed
  address  channel  reason   suppressed_at  run  note             lifted_by
  a@x.se   *        bounced  2024-01-01       1  asked by letter  by hand alone
"""  # noqa: E501


def test_consent_show_tells_every_statement_with_its_place_and_proof(regpipe, registry):
    told = regpipe("consent", "show", "A@x.se ")
    assert (told.code, told.err, told.out) == (0, "", SHOWN)


def test_consent_show_as_of_a_day_tells_what_counted_then(regpipe, registry):
    told = regpipe("consent", "show", "a@x.se", "--as-of", "2023-05-15", "--json")
    (word,) = json.loads(told.out)["words"]
    assert (word["status"], word["said_at"]) == ("granted", "2023-05-01T00:00:00")
    assert [each["counts"] for each in word["statements"]] == [
        "in force",
        "not said yet",
    ]
    shown = json.loads(regpipe("show", "1", "--as-of", "2023-05-15", "--json").out)
    assert {w["address"]: w["status"] for w in shown["consents"]} == {
        "a@x.se": "granted",
        "+46701740605": "granted",
    }


@pytest.mark.parametrize(
    ("who", "addresses"),
    [
        ("1", ["+46701740605", "a@x.se"]),
        ("web_shop:2", ["+46701740605", "a@x.se"]),
        ("070-1740605", None),
        ("+46 70 174 06 05", ["+46701740605"]),
        ("nobody@x.se", ["nobody@x.se"]),
        ("silent@x.se", ["silent@x.se"]),
    ],
)
def test_consent_show_takes_an_address_of_anybody_or_a_customer(
    regpipe, registry, who, addresses
):
    told = regpipe("consent", "show", who, "--json")
    assert told.code == (2 if addresses is None else 0)
    if addresses:
        assert json.loads(told.out)["addresses"] == addresses


def test_consent_of_a_customer_that_is_not_there_is_an_error(regpipe, registry):
    told = regpipe("consent", "show", "77")
    assert (told.code, told.out) == (1, "")
    with package.open(registry) as opened:
        with pytest.raises(DataError, match="no such customer"):
            opened.consent(77)
        assert opened.consent("silent@x.se").words == ()
    assert regpipe("consent", "show", "silent@x.se").out == (
        "nobody has made a statement\n"
    )
