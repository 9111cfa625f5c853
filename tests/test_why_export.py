"""``why --export``: the tests of a list for one customer, as the list makes them."""

import json
from datetime import datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from regpipe.reading.listed import listed
from regpipe.stages.export import members
from shop import AS_OF, in_memory, make_registry, pipeline
from worlds import customers, written

OLD, NEW = datetime(2022, 1, 1), datetime(2024, 4, 1)
POLICY = {
    "policies": {
        "newsletter": [
            {"countries": ["DE"], "double_opt_in": True},
            {"renew_after": "12 months", "existing_customers": "6 months"},
        ]
    }
}
EXPORTS = {
    "news": {"purpose": "newsletter", "columns": ["email"], "to": "news.csv"},
    "chimp": {
        "purpose": "newsletter",
        "where": "order_count >= 1 or consents['newsletter'] = 'granted'",
        "target": "mailchimp",
        "to": "chimp.csv",
    },
    "vips": {
        "purpose": "newsletter",
        "for_each": "group",
        "columns": ["email"],
        "to": "vips/{group}.csv",
    },
    "service": {"purpose": "service", "where": "country = 'SE'", "to": "service.csv"},
}
EVENT = st.fixed_dictionaries(
    {
        "address": st.sampled_from(["a@x.se", "b@x.se"]),
        "status": st.sampled_from(["granted", "granted", "withdrawn"]),
        "said_at": st.sampled_from([None, OLD, NEW]),
        "confirmed_at": st.sampled_from([None, NEW]),
    }
)
WORLD = st.fixed_dictionaries(
    {
        "emails": st.lists(
            st.sampled_from(["a@x.se", "A@x.se", "b@x.se", "no mail", None]),
            min_size=3,
            max_size=3,
        ),
        "countries": st.lists(
            st.sampled_from(["DE", "SE", None]), min_size=3, max_size=3
        ),
        "events": st.lists(EVENT, max_size=3),
        "orders": st.lists(
            st.fixed_dictionaries(
                {
                    "customer_id": st.sampled_from([1, 2]),
                    "ordered_at": st.sampled_from([OLD, NEW]),
                }
            ),
            max_size=2,
        ),
        "blocked": st.lists(st.sampled_from(["b@x.se"]), max_size=1),
        "groups": st.sets(st.sampled_from([(1, "vip"), (2, "vip"), (2, "club")])),
    }
)


def rows_of(world):
    return {
        "customers": [
            {"customer_id": n, "email": email}
            for n, email in enumerate(world["emails"], 1)
        ],
        "addresses": [
            {"customer_id": n, "country": country}
            for n, country in enumerate(world["countries"], 1)
        ],
        "consent_events": world["events"],
        "orders": [
            {"order_id": str(n), **order} for n, order in enumerate(world["orders"])
        ],
        "suppressions": [{"address": each} for each in world["blocked"]],
        "groups": [{"group_key": key, "name": key} for key in ("club", "vip")],
        "memberships": [
            {"customer_id": who, "group_key": key} for who, key in world["groups"]
        ],
    }


@settings(max_examples=5, deadline=None)
@given(world=WORLD, follows=st.sampled_from(["address", "person"]))
def test_in_any_world_why_says_that_somebody_is_on_the_lists_that_they_are_on(
    tmp_path_factory, world, follows
):
    folder = tmp_path_factory.getbasetemp()
    declared = pipeline(folder, **EXPORTS)
    consent = type(declared.consent).model_validate({**POLICY, "follows": follows})
    declared = declared.model_copy(update={"consent": consent})
    engine = in_memory((), **rows_of(world))
    try:
        on = {}
        for row in members(engine, declared, AS_OF).to_pylist():
            key = (row["list"], row["customer_id"])
            on.setdefault(key, []).append(row["group_key"])
        for name in EXPORTS:
            for customer_id in (1, 2, 3):
                found = listed(engine, declared, name, AS_OF, customer_id)
                keys = on.get((name, customer_id), [])
                assert found.on_list == bool(keys)
                assert sorted(found.groups) == sorted(key for key in keys if key)
                failed = [e["test"] for e in found.tests if e["passed"] is False]
                assert (found.fails is None) == found.on_list
                assert failed[:1] == ([found.fails] if found.fails else [])
    finally:
        engine.close()


FILES = [
    {"file_id": 1, "source": "web_shop", "file": "in/a.csv"}
    | dict.fromkeys(("read", "accepted"), 3)
    | dict.fromkeys(("rejected", "duplicate", "unchanged", "suppressed"), 0)
]


@pytest.fixture
def shop(tmp_path):
    make_registry(
        tmp_path / "registry.duckdb",
        customers=[
            {"customer_id": n, "email": email}
            for n, email in enumerate(["a@x.se", "b@x.se", "A@x.se", None], 1)
        ],
        addresses=[{"customer_id": n, "country": "SE"} for n in (1, 2, 3)],
        source_records=[
            {"external_id": str(n), "customer_id": n, "founder_of": n}
            for n in (1, 2, 3, 4)
        ],
        run_files=FILES,
        consent_events=[
            {"address": "a@x.se", "said_at": OLD},
            {"address": "A@x.se", "said_at": OLD},
            {"address": "b@x.se", "said_at": OLD},
            {"address": "b@x.se", "said_at": NEW, "status": "withdrawn"},
        ],
    )
    news = {**EXPORTS["news"], "where": "country = 'SE'"}
    written(tmp_path, {"shop": customers("email news")}, {"news": news})
    return tmp_path


def told(regpipe, customer, *more):
    words = ("--export", "news", "-p", "test.yaml", *more)
    return regpipe("why", customer, *words)


def test_who_is_on_a_list_is_told_the_grant_with_its_file_and_row(regpipe, shop):
    found = told(regpipe, "1")
    assert (found.code, found.err) == (0, "")
    assert found.out == (
        "customer 1: on news\n"
        "tests\n"
        "  test                 passed  told\n"
        "  in the segment       yes     country = 'SE': country is SE\n"
        "  has an address       yes     a@x.se\n"
        "  consent is in force  yes     granted since 2022-01-01 00:00:00 (the only "
        "statement that counts; in/a.csv, row 2)\n"
        "  is not suppressed    yes\n"
        "  once per address     yes\n"
        "newsletter by email to a@x.se: granted since 2022-01-01\n"
        "  the only statement that counts\n"
        "statements\n"
        "  status   said_at     dated_by   record      file      row  run  counts\n"
        "  granted  2022-01-01  statement  web_shop:1  in/a.csv    2    1  in force\n"
    )


@pytest.mark.parametrize(
    ("customer", "fails", "looked_at"),
    [
        ("2", "consent is in force", "withdrawn since 2024-04-01 00:00:00"),
        ("3", "once per address", "customer 1 has it, too, and the lower number"),
        ("4", "in the segment", "country = 'SE': country is blank"),
    ],
)
def test_who_is_not_on_a_list_is_told_the_first_test_that_fails(
    regpipe, shop, customer, fails, looked_at
):
    found = json.loads(told(regpipe, customer, "--json").out)
    assert (found["on_list"], found["fails"]) == (False, fails)
    (failed,) = [row for row in found["tests"] if row["test"] == fails]
    assert failed["told"].startswith(looked_at)
    if fails != "in the segment":
        after = found["tests"][found["tests"].index(failed) + 1 :]
        assert all(row["passed"] is None for row in after)


def test_as_of_a_day_past_the_list_is_that_of_then(regpipe, shop):
    assert told(regpipe, "2", "--as-of", "2023-01-01").out.startswith(
        "customer 2: on news\n"
    )


def test_the_page_tells_of_the_list_and_the_options_must_go_together(regpipe, shop):
    page = told(regpipe, "2", "--html", "-")
    assert page.code == 0
    assert "Not on news: fails &#39;consent is in force&#39;." in page.out
    assert regpipe("why", "2", "--export", "news").code == 2
    assert regpipe("why", "77", "--export", "news", "-p", "test.yaml").code == 1
    unknown = regpipe("why", "2", "--export", "new", "-p", "test.yaml")
    assert (unknown.code, "did you mean 'news'?" in unknown.err) == (2, True)
