"""Nobody is on a marketing list without consent in force, whatever the export says."""

import json
from datetime import UTC, datetime

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from regpipe.spec import Consent
from shop import AS_OF, cells, pipeline, write_lists

TIMES = [
    None,
    datetime(2023, 1, 1),
    datetime(2024, 1, 1),
    datetime(2024, 5, 1, 2),
    datetime(2024, 6, 1),
]
EMAILS = ["a@x.se", "b@x.se", "c@x.se"]
PHONES = ["+461", "+462"]
STATUSES = ["granted", "pending", "withdrawn", "never", "unknown"]
REFUSAL = {"withdrawn": 5, "never": 4, "unknown": 3, "pending": 2, "granted": 1}
RECORDS = ["1", "2", "3"]

CUSTOMERS = st.lists(
    st.fixed_dictionaries(
        {
            "email": st.sampled_from([*EMAILS, None, ""]),
            "phone": st.sampled_from([*PHONES, None]),
            "first_name": st.sampled_from(["Anna", "Bo", None]),
        }
    ),
    max_size=6,
)
EVENTS = st.lists(
    st.fixed_dictionaries(
        {
            "address": st.sampled_from([*EMAILS, *PHONES]),
            "channel": st.sampled_from(["email", "sms"]),
            "purpose": st.sampled_from(["newsletter", "offers"]),
            "status": st.sampled_from(STATUSES),
            "said_at": st.sampled_from(TIMES),
            "external_id": st.sampled_from(RECORDS),
        }
    ),
    max_size=10,
)
SUPPRESSIONS = st.lists(
    st.fixed_dictionaries(
        {
            "address": st.sampled_from([*EMAILS, "A@X.SE", *PHONES]),
            "channel": st.sampled_from(["*", "email", "sms"]),
        }
    ),
    max_size=2,
)

WHERES = [
    (None, lambda who: True),
    ("true or consents['newsletter'] = 'granted'", lambda who: True),
    ("consents['newsletter'] <> 'granted' or true", lambda who: True),
    ("first_name = 'Anna'", lambda who: who["first_name"] == "Anna"),
    ("first_name is null or email = 'b@x.se'", lambda who: not who["first_name"] or
     who["email"] == "b@x.se"),
    ("false", lambda who: False),
]  # fmt: skip

COLUMNS = [
    ["customer_id"],
    ["email", "customer_id", "phone"],
    [{"customer_id": "Email"}],
    ["groups", {"customer_id": "ID"}, "consents", "total_spent"],
]


def granted(events, gone, purpose, channel):
    """Give the addresses that may be written to: rule 6, one statement at a time."""
    last = {}
    for event in events:
        fallen = event["external_id"] in gone
        if fallen and event["status"] in ("granted", "pending"):
            continue
        at = event["said_at"] or datetime(1, 1, 1)
        if at > AS_OF.replace(tzinfo=None):
            continue
        if (event["purpose"], event["channel"]) != (purpose, channel):
            continue
        word = (at, REFUSAL[event["status"]])
        last[event["address"]] = max(last.get(event["address"], word), word)
    return {who for who, (_, refusal) in last.items() if refusal == REFUSAL["granted"]}


def allowed(customers, events, gone, suppressions, purpose, channel, where):
    """Give the ids that rules 6 and 7 let onto a list, in order."""
    column = "email" if channel == "email" else "phone"
    may = granted(events, gone, purpose, channel)
    never = {
        each["address"].lower()
        for each in suppressions
        if each["channel"] in (channel, "*")
    }
    ids, seen = [], set()
    for number, who in enumerate(customers, 1):
        address = who[column]
        if where(who) and address in may and address not in never | seen:
            seen.add(address)
            ids.append(number)
    return ids


@settings(
    max_examples=80,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(
    customers=CUSTOMERS,
    events=EVENTS,
    gone=st.sets(st.sampled_from(RECORDS)),
    suppressions=SUPPRESSIONS,
    purpose=st.sampled_from(["newsletter", "offers"]),
    channel=st.sampled_from(["email", "sms"]),
    where=st.sampled_from(WHERES),
    columns=st.sampled_from(COLUMNS),
    for_each=st.booleans(),
)
def test_a_list_has_exactly_those_whom_the_rules_allow(
    tmp_path,
    customers,
    events,
    gone,
    suppressions,
    purpose,
    channel,
    where,
    columns,
    for_each,
):
    expected = allowed(
        customers, events, gone, suppressions, purpose, channel, where[1]
    )
    names = [name for c in columns for name in (c.values() if type(c) is dict else [c])]
    shown = next(n for n in names if n in ("customer_id", "Email", "ID"))
    said = {"to": "out/{group}.csv", "for_each": "group"} if for_each else {}
    declared = pipeline(
        tmp_path,
        all={
            "purpose": purpose,
            "channel": channel,
            "columns": columns,
            "to": "out/all.csv",
            **said,
            **({"where": where[0]} if where[0] else {}),
        },
    )
    written = write_lists(
        declared,
        customers=[{"customer_id": n, **c} for n, c in enumerate(customers, 1)],
        consent_events=events,
        suppressions=suppressions,
        source_records=[
            {"external_id": each, "gone_at": datetime(2024, 4, 1)} for each in gone
        ],
        groups=[{"group_key": "all", "name": "all"}],
        memberships=[
            {"customer_id": n, "group_key": "all"} for n in range(1, 1 + len(customers))
        ],
    )
    rows = [row for each in written for row in cells(tmp_path / each.file)[1:]]
    assert [int(row[names.index(shown)]) for row in rows] == expected
    assert sum(each.rows for each in written) == len(expected)


def exported(folder, *, purpose="newsletter", channel="email", consent=None, **tables):
    declared = pipeline(
        folder,
        all={
            "purpose": purpose,
            "channel": channel,
            "columns": ["customer_id"],
            "to": "all.csv",
        },
    )
    by = Consent.model_validate(consent or {})
    write_lists(declared.model_copy(update={"consent": by}), **tables)
    return [row[0] for row in cells(folder / "all.csv")[1:]]


ANNA = {"customers": [{"customer_id": 1, "email": "anna@x.se", "phone": "+461"}]}


@pytest.mark.parametrize(
    ("said", "listed"),
    [
        ([("granted", None)], True),
        ([("granted", "2024-01-01")], True),
        ([("pending", "2024-01-01")], False),
        ([("unknown", "2024-01-01")], False),
        ([], False),
        ([("granted", "2024-01-02"), ("withdrawn", "2024-01-01")], True),
        ([("granted", "2024-01-01"), ("withdrawn", "2024-01-02")], False),
        ([("granted", "2024-01-01"), ("withdrawn", "2024-01-01")], False),
        ([("granted", "2024-01-01"), ("never", "2024-01-01")], False),
        ([("granted", "2024-01-01"), ("pending", "2024-01-01")], False),
        ([("granted", "2024-01-01"), ("unknown", "2024-01-01")], False),
        ([("granted", None), ("never", None)], False),
        ([("withdrawn", None), ("granted", "2020-01-01")], True),
        ([("granted", "2024-06-01")], False),
        ([("granted", "2024-01-01"), ("withdrawn", "2024-06-01")], True),
    ],
)
def test_the_last_word_decides_and_a_tie_goes_to_the_refusal(tmp_path, said, listed):
    events = [
        {
            "address": "anna@x.se",
            "status": status,
            "said_at": when and datetime.fromisoformat(when),
        }
        for status, when in said
    ]
    for order in (events, events[::-1]):
        found = exported(tmp_path, **ANNA, consent_events=order)
        assert found == (["1"] if listed else [])


def test_a_record_that_is_gone_grants_nothing_but_its_refusal_stands(tmp_path):
    gone = [{"external_id": "1", "gone_at": datetime(2024, 1, 1)}]
    yes = {"address": "anna@x.se", "external_id": "1"}
    no = {"address": "anna@x.se", "status": "withdrawn", "external_id": "1"}
    other = {"address": "anna@x.se", "source": "old_shop", "external_id": "1"}
    none = exported(tmp_path, **ANNA, consent_events=[yes], source_records=gone)
    mine = exported(tmp_path, **ANNA, consent_events=[yes, other], source_records=gone)
    over = exported(tmp_path, **ANNA, consent_events=[no, other], source_records=gone)
    assert (none, mine, over) == ([], ["1"], [])


@pytest.mark.parametrize(
    ("address", "channel", "listed"),
    [
        ("anna@x.se", "*", False),
        ("anna@x.se", "email", False),
        ("ANNA@x.SE", "email", False),
        ("anna@x.se", "sms", True),
        ("+461", "*", True),
    ],
)
def test_a_suppressed_address_is_on_no_list_of_its_channel(
    tmp_path, address, channel, listed
):
    found = exported(
        tmp_path,
        **ANNA,
        consent_events=[{"address": "anna@x.se"}],
        suppressions=[{"address": address, "channel": channel}],
    )
    assert found == (["1"] if listed else [])


def test_a_suppression_holds_for_an_address_that_was_set_in_capitals(tmp_path):
    found = exported(
        tmp_path,
        customers=[{"customer_id": 1, "email": "Anna@x.se"}],
        consent_events=[{"address": "Anna@x.se"}],
        suppressions=[{"address": "anna@x.se"}],
    )
    assert found == []


def test_consent_for_one_purpose_or_channel_is_none_for_another(tmp_path):
    events = [{"address": "anna@x.se", "purpose": "offers"}]
    events += [{"address": "+461", "channel": "sms"}]
    assert exported(tmp_path, **ANNA, consent_events=events) == []
    assert exported(tmp_path, **ANNA, consent_events=events, purpose="offers") == ["1"]
    assert exported(tmp_path, **ANNA, consent_events=events, channel="sms") == ["1"]
    assert exported(tmp_path, **ANNA, consent_events=events, channel="post") == []


def test_a_shared_address_is_written_to_once_as_the_lowest_customer(tmp_path):
    shared = [
        {"customer_id": n, "email": "anna@x.se", "phone": "+461"} for n in (7, 3, 5)
    ]
    events = [{"address": "anna@x.se"}]
    assert exported(tmp_path, customers=shared, consent_events=events) == ["3"]


def test_a_service_list_asks_for_no_consent_and_keeps_everybody(tmp_path):
    people = [
        {"customer_id": 1, "email": "anna@x.se"},
        {"customer_id": 2, "email": "anna@x.se"},
        {"customer_id": 3, "email": None},
    ]
    found = exported(
        tmp_path,
        purpose="service",
        customers=people,
        suppressions=[{"address": "anna@x.se"}],
    )
    assert found == ["1", "2", "3"]


def test_what_the_gate_keeps_off_is_counted_by_reason(tmp_path):
    people = [
        {"customer_id": 1, "email": "a@x.se"},
        {"customer_id": 2, "email": "a@x.se"},
        {"customer_id": 3, "email": None},
        {"customer_id": 4, "email": "b@x.se"},
        {"customer_id": 5, "email": "c@x.se"},
        {"customer_id": 6, "email": "d@x.se"},
    ]
    exported(
        tmp_path,
        customers=people,
        consent_events=[
            {"address": "a@x.se"},
            {"address": "c@x.se"},
            {"address": "d@x.se", "status": "pending"},
        ],
        suppressions=[{"address": "c@x.se"}],
    )
    found = json.loads((tmp_path / "all.manifest.json").read_text("utf-8"))
    (file,) = found["files"]
    assert {name: file[name] for name in file if name not in ("file", "sha256")} == {
        "rows": 1,
        "in_segment": 6,
        "without_address": 1,
        "without_consent": 2,
        "suppressed": 1,
        "same_address": 1,
    }


def test_consent_is_that_in_force_as_of_the_run_to_the_microsecond(tmp_path):
    said = datetime(2024, 5, 1, 2, 0, 0, 1)
    events = [{"address": "anna@x.se", "said_at": said}]
    declared = pipeline(
        tmp_path, all={"purpose": "newsletter", "columns": ["email"], "to": "all.csv"}
    )
    for micro, rows in [(0, 0), (1, 1)]:
        as_of = said.replace(microsecond=micro, tzinfo=UTC)
        (written,) = write_lists(declared, as_of=as_of, **ANNA, consent_events=events)
        assert written.rows == rows


@pytest.mark.parametrize(
    ("written", "listed"),
    [
        ({"street": "Storgatan 1", "postcode": "111 22", "country": "SE"}, True),
        ({"street": "STORGATAN 1.", "postcode": "11122", "country": "SE"}, True),
        ({"street": "Storgatan 11", "postcode": "111 22", "country": "SE"}, False),
        ({"street": "Storgatan 1", "postcode": "111 22"}, False),
        ({"street": "Storgatan 1", "country": "SE"}, False),
    ],
)
@pytest.mark.parametrize("follows", ["address", "person"])
def test_consent_to_letters_is_that_of_the_postal_address(
    tmp_path, written, listed, follows
):
    found = exported(
        tmp_path,
        channel="post",
        consent={"follows": follows},
        customers=[{"customer_id": 1}],
        addresses=[{"customer_id": 1, **written}],
        consent_events=[{"channel": "post", "address": "storgatan1|11122|se"}],
    )
    assert found == (["1"] if listed else [])
