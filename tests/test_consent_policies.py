"""What a policy demands beyond a grant, and whose consent counts."""

from datetime import datetime

import pytest

from regpipe.errors import PipelineError
from regpipe.spec import Consent
from regpipe.spec.load import load_pipeline
from shop import cells, in_memory, pipeline, write_lists

ANNA = {"customer_id": 1, "email": "anna@x.se"}
DAY = datetime(2024, 4, 30)
LONG_AGO = datetime(2021, 1, 1)

DOUBLE = {"double_opt_in": True}
RENEW = {"renew_after": "36 months"}
SOFT = {"existing_customers": "12 months"}


def at(country, number=1):
    return {"customer_id": number, "country": country}


def said(status, when=DAY, confirmed=None, address="anna@x.se", record="1"):
    return {
        "address": address,
        "status": status,
        "stated": status,
        "said_at": when,
        "confirmed_at": confirmed,
        "external_id": record,
    }


def bought(when, **more):
    return {"order_id": str(when), "customer_id": 1, "ordered_at": when, **more}


def listed(folder, consent, shown="customer_id", **tables):
    """Give the cells of one column of the newsletter, and its counts."""
    declared = pipeline(
        folder,
        news={
            "purpose": "newsletter",
            "columns": [shown],
            "to": "news.csv",
        },
    )
    with_consent = declared.model_copy(
        update={"consent": Consent.model_validate(consent)}
    )
    tables.setdefault("customers", [ANNA])
    write_lists(with_consent, **tables)
    return [row[0] for row in cells(folder / "news.csv")[1:]]


def policies(*those):
    return {"policies": {"newsletter": [*those]}}


@pytest.mark.parametrize(
    ("policy", "country", "events", "orders", "on_it"),
    [
        # double opt-in: confirmed, and not refused since
        (DOUBLE, "DE", [said("granted")], [], False),
        (DOUBLE, "DE", [said("granted", DAY, DAY)], [], True),
        (DOUBLE, "DE", [said("granted", LONG_AGO, DAY), said("granted")], [], True),
        (
            DOUBLE,
            "DE",
            [
                said("granted", LONG_AGO, LONG_AGO),
                said("withdrawn", datetime(2022, 1, 1)),
                said("granted"),
            ],
            [],
            False,
        ),
        (DOUBLE, "DE", [said("pending", DAY, DAY)], [], False),
        # a grant grows old; one without a date is too old from the first day
        (RENEW, "SE", [said("granted", datetime(2021, 5, 1, 2))], [], True),
        (RENEW, "SE", [said("granted", datetime(2021, 5, 1, 1))], [], False),
        (RENEW, "SE", [said("granted", None)], [], False),
        (RENEW, "SE", [said("granted", LONG_AGO), said("granted")], [], True),
        # existing customers: an order in time, and no refusal
        (SOFT, "SE", [], [bought(DAY)], True),
        (SOFT, "SE", [], [], False),
        (SOFT, "SE", [], [bought(datetime(2023, 5, 1, 1))], False),
        (SOFT, "SE", [], [bought(datetime(2024, 6, 1))], False),
        (SOFT, "SE", [], [bought(DAY, payment_status="voided")], False),
        (SOFT, "SE", [], [bought(DAY, fulfilment_status="cancelled")], False),
        (SOFT, "SE", [said("withdrawn", LONG_AGO)], [bought(DAY)], False),
        (SOFT, "SE", [said("never", LONG_AGO)], [bought(DAY)], False),
        (SOFT, "SE", [said("pending")], [bought(DAY)], False),
        (SOFT, "SE", [said("unknown")], [bought(DAY)], True),
        ({**SOFT, **RENEW}, "SE", [said("granted", LONG_AGO)], [bought(DAY)], True),
        # the country chooses; whose is unknown must meet all policies
        ({**DOUBLE, "countries": ["DE"]}, "SE", [said("granted")], [], True),
        ({**DOUBLE, "countries": ["DE"]}, "DE", [said("granted")], [], False),
        ({**DOUBLE, "countries": ["DE"]}, None, [said("granted")], [], False),
        ({**DOUBLE, "countries": ["DE"]}, None, [said("granted", DAY, DAY)], [], True),
        ({**SOFT, "countries": ["SE"]}, None, [], [bought(DAY)], False),
        ({**SOFT, "countries": ["SE"]}, "NO", [], [bought(DAY)], False),
    ],
)
def test_a_policy_decides_by_purpose_and_country(
    tmp_path, policy, country, events, orders, on_it
):
    found = listed(
        tmp_path,
        policies(policy),
        consent_events=events,
        orders=orders,
        addresses=[at(country)],
    )
    assert found == (["1"] if on_it else [])


def test_the_first_policy_for_the_country_counts(tmp_path):
    people = {"DE": 1, "SE": 2, "FR": 3, None: 4}
    found = listed(
        tmp_path,
        policies({"countries": ["DE"], **DOUBLE}, {"countries": ["SE"]}, RENEW),
        customers=[{"customer_id": n, "email": f"{n}@x.se"} for n in people.values()],
        addresses=[at(country, n) for country, n in people.items()],
        consent_events=[
            said("granted", LONG_AGO, LONG_AGO, f"{n}@x.se") for n in people.values()
        ],
    )
    assert found == ["1", "2"]


REFUSED_BEFORE = {
    "source_records": [
        {"external_id": "1", "customer_id": 1, "email": "anna@x.se"},
        {"external_id": "2", "customer_id": 1, "email": "old@x.se"},
    ],
    "orders": [bought(DAY)],
}


@pytest.mark.parametrize(
    ("events", "suppressions"),
    [
        ([said("withdrawn", LONG_AGO, address="old@x.se", record="2")], []),
        ([], [{"address": "OLD@x.se", "reason": "complained"}]),
    ],
)
def test_who_refused_by_any_of_their_addresses_is_no_existing_customer(
    tmp_path, events, suppressions
):
    found = listed(
        tmp_path,
        policies(SOFT),
        consent_events=events,
        suppressions=suppressions,
        **REFUSED_BEFORE,
    )
    assert found == []


def test_a_column_of_consent_demands_what_the_policy_does(tmp_path):
    told = {"shown": "consent.newsletter", "addresses": [at("DE")]}
    soft = {**SOFT, "countries": ["SE"]}
    found = listed(
        tmp_path,
        policies({**DOUBLE, "countries": ["DE"]}),
        consent_events=[said("granted", DAY, DAY)],
        **told,
    )
    assert found == ["yes"]
    # On the list as an existing customer, who has consented to nothing.
    mailed = {"orders": [bought(DAY)], "shown": "consent.newsletter"}
    assert listed(tmp_path, policies(soft), addresses=[at("SE")], **mailed) == ["no"]


@pytest.mark.parametrize(
    ("granted_at", "on_it"),
    [(datetime(2024, 1, 2), True), (datetime(2024, 1, 1), False), (None, False)],
)
def test_who_unsubscribed_from_all_is_back_by_a_later_grant_alone(
    tmp_path, granted_at, on_it
):
    found = listed(
        tmp_path,
        {},
        consent_events=[said("granted", granted_at)],
        suppressions=[{"address": "Anna@x.se", "reason": "unsubscribed"}],
    )
    assert found == (["1"] if on_it else [])


MERGED = [
    {"external_id": "1", "customer_id": 1, "email": "anna@x.se"},
    {"external_id": "2", "customer_id": 1, "email": "old@x.se"},
]
BEFORE = {"external_id": "1", "email": "older@x.se", "ended_run_id": 2}


def person(folder, events=(), history=(), suppressions=(), records=MERGED):
    return listed(
        folder,
        {"follows": "person"},
        source_records=records,
        source_records_history=history,
        consent_events=events,
        suppressions=suppressions,
    )


OLD = {"address": "old@x.se", "record": "2"}


@pytest.mark.parametrize(
    ("events", "history", "suppressions", "on_it"),
    [
        ([said("granted", **OLD)], [], [], True),
        ([said("granted", LONG_AGO), said("withdrawn", **OLD)], [], [], False),
        ([said("granted"), said("withdrawn", LONG_AGO, **OLD)], [], [], True),
        ([said("granted", address="older@x.se")], [], [], False),
        (
            [said("granted", address="older@x.se")],
            [{**BEFORE, "customer_id": 1}],
            [],
            True,
        ),
        # The record was somebody else's then: what was split took its address along.
        (
            [said("granted", address="older@x.se")],
            [{**BEFORE, "customer_id": 9}],
            [],
            False,
        ),
        (
            [said("granted")],
            [],
            [{"address": "old@x.se", "reason": "complained"}],
            False,
        ),
        ([said("granted")], [], [{"address": "old@x.se", "reason": "bounced"}], True),
        (
            [said("granted")],
            [],
            [{"address": "old@x.se", "reason": "unsubscribed"}],
            True,
        ),
        (
            [said("granted", LONG_AGO)],
            [],
            [{"address": "old@x.se", "reason": "unsubscribed"}],
            False,
        ),
    ],
)
def test_consent_may_follow_the_person(tmp_path, events, history, suppressions, on_it):
    found = person(tmp_path, events, history, suppressions)
    assert found == (["1"] if on_it else [])


@pytest.mark.parametrize(
    ("reason", "shown"), [("complained", "no"), ("blocked", "no"), ("bounced", "yes")]
)
def test_who_is_kept_off_by_another_address_shows_no_consent_either(
    tmp_path, reason, shown
):
    declared = pipeline(
        tmp_path,
        all={
            "purpose": "service",
            "columns": ["consent.newsletter"],
            "to": "all.csv",
        },
    )
    by_person = Consent.model_validate({"follows": "person"})
    write_lists(
        declared.model_copy(update={"consent": by_person}),
        customers=[ANNA],
        source_records=MERGED,
        consent_events=[said("granted")],
        suppressions=[{"address": "old@x.se", "reason": reason}],
    )
    assert cells(tmp_path / "all.csv")[1:] == [[shown]]


def test_without_it_a_new_address_has_no_consent(tmp_path):
    events = [said("granted", **OLD)]
    assert listed(tmp_path, {}, source_records=MERGED, consent_events=events) == []


@pytest.mark.parametrize(
    ("written", "told"),
    [
        ("follows: everybody", "consent.follows"),
        ("policies: {newsletter: {renew_after: soon}}", "must be a length of time"),
        ("policies: {newsletter: {countries: [XX]}}", "is no country code"),
        ("policies: {newsletter: [{double_opt_in: true}, {}]}", "is for nobody"),
        (
            "policies: {newsletter: [{countries: [SE]}, {countries: [SE]}]}",
            "has a policy above",
        ),
        ("policies: {newsletter: {double: true}}", "double_opt_in"),
    ],
)
def test_a_policy_that_is_wrong_is_refused_with_its_place(tmp_path, written, told):
    path = tmp_path / "p.yaml"
    path.write_text(
        "pipeline: p\nregistry: r.duckdb\nsources:\n  s: {kind: customers, "
        "files: a.csv, columns: {email: Email}}\nconsent:\n  " + written + "\n"
    )
    with pytest.raises(PipelineError) as refused:
        load_pipeline(path, {})
    assert told in str(refused.value.problems)


def test_in_python_the_policies_of_the_last_run_hold(tmp_path):
    from regpipe.registry.rules import consent_of

    kept = (
        '{"follows": "person", "policies": {"newsletter": [{"double_opt_in": true}]}}'
    )
    engine = in_memory([tmp_path], rules=[{"consent": kept}])
    found = consent_of(engine)
    assert found.follows == "person"
    assert found.policies["newsletter"][0].double_opt_in
    engine.close()
