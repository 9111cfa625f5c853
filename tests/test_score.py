"""Scores: how likely it is that two records are one person, by a model, each night."""

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from drawn import (
    an_engine,
    assert_rows,
    cells,
    engine_holding,
    hold,
    table,
)
from regpipe.engine.splink import Scorer
from regpipe.fields import CUSTOMER_FIELDS
from regpipe.models import load_model
from regpipe.sql import gone, records
from regpipe.sql.cells import sql_type
from regpipe.sql.step import step
from regpipe.stages.score import keep_scores, score

engine = pytest.fixture(an_engine)


def level(label, condition, m=None, u=None):
    """Give a level of a comparison as a model file has it."""
    found = {"sql_condition": condition, "label_for_charts": label}
    if m is None:
        return {**found, "is_null_level": True}
    return {**found, "m_probability": m, "u_probability": u}


def compared(name, blank, *levels):
    return {
        "output_column_name": name,
        "comparison_levels": [
            level("missing in one", blank),
            *(level(*each) for each in levels),
        ],
    }


MODEL = {
    "probability_two_random_records_match": 0.2,
    "comparisons": [
        compared(
            "name",
            "last_key_l is null or last_key_r is null",
            ("same", "first_key_l = first_key_r and last_key_l = last_key_r", 0.8, 0.1),
            ("another", "ELSE", 0.2, 0.9),
        ),
        compared(
            "email",
            "email_l is null or email_r is null",
            ("same", "email_l = email_r", 0.5, 0.125),
            ("alike", "levenshtein(mailbox_l, mailbox_r) <= 1", 0.25, 0.125),
            ("other", "ELSE", 0.25, 0.75),
        ),
    ],
}


@pytest.fixture(scope="module")
def model(tmp_path_factory):
    """Give the path of a small model."""
    path = tmp_path_factory.mktemp("models") / "small.json"
    path.write_text(json.dumps(MODEL), "utf-8")
    return path


def scorer(path, at_least=0.0):
    return Scorer(load_model(path), str(path), at_least)


OTHERS = {
    "source": "'shop'",
    "kind": "'registered'",
    "delivered_at": "timestamp '2024-05-01'",
    "fingerprint": "0",
    "file_id": "1",
    "row_number": "2",
}


def put_coming(engine, drawing):
    """Leave ``incoming`` and ``stored``; what is left out is as in OTHERS, or null."""
    header, _ = cells(drawing)
    more = {name: sql for name, sql in OTHERS.items() if name not in header}
    more |= {
        name: f"cast(null as {sql_type(kind)})"
        for name, kind in CUSTOMER_FIELDS.items()
        if name not in header and name not in OTHERS
    }
    engine.make(table("drawing", drawing, **more))
    engine.make(
        step(
            "incoming",
            """
            select
                *,
                rp_name_key(first_name) as first_key,
                rp_name_key(last_name) as last_key
            from drawing
            """,
        )
    )
    engine.make(gone.vanished([]))
    engine.define(records.stored())


def brought(engine, scorer, drawing, *, guests=False, **more):
    """Score what comes, and leave the registry as that run would."""
    put_coming(engine, drawing)
    if scorer is None:
        keep_scores(engine)
    else:
        fresh = not engine.collect("select 1 from registry.source_records").num_rows
        score(engine, scorer, guests=guests, fresh=fresh, **more)
    hold(
        engine,
        """
        delete from source_records s using memory.incoming i
        where s.source = i.source and s.external_id = i.external_id;
        insert into source_records by name
        select *, 1 as run_id from memory.incoming;
        delete from match_scores s using memory.match_scores_gone g
        where s.source_a = g.source_a and s.external_id_a = g.external_id_a
          and s.source_b = g.source_b and s.external_id_b = g.external_id_b;
        insert into match_scores by name
        select *, 1 as run_id from memory.match_scores_new;
        """,
    )


def held_scores(engine):
    """Give all that the registry holds of scores, in order."""
    return engine.collect(
        "select * exclude (run_id) from registry.match_scores "
        "order by source_a, external_id_a, source_b, external_id_b"
    ).to_pylist()


PEOPLE = """
    | source | external_id | first_name | last_name | email  | phone        |
    | shop   | 1           | Anna       | Berg      | a@x.se | +46701112233 |
    | shop   | 2           | Anna       | Berg      | b@x.se | +46701112233 |
    | shop   | 3           | Bo         | Berg      | a@x.se | -            |
    | club   | 1           | -          | -         | a@x.se | -            |
    | club   | 2           | Cia        | Ek        | c@x.se | -            |
    """


def test_pairs_that_share_something_are_scored_and_others_are_not(engine, model):
    brought(engine, scorer(model), PEOPLE)
    assert [
        (
            f"{row['source_a']} {row['external_id_a']}",
            f"{row['source_b']} {row['external_id_b']}",
            round(row["weight"], 2),
        )
        for row in held_scores(engine)
    ] == [
        ("club 1", "shop 1", 0),
        ("club 1", "shop 3", 0),
        ("shop 1", "shop 2", 2),
        ("shop 1", "shop 3", -2.17),
    ]


def test_the_scores_in_force_are_those_that_stay_and_those_that_come(engine, model):
    brought(engine, scorer(model), PEOPLE)
    put_coming(
        engine,
        """
        | source | external_id | email  | phone        |
        | club   | 1           | -      | -            |
        | club   | 3           | d@x.se | +46701112233 |
        """,
    )
    score(engine, scorer(model), guests=False, fresh=False)
    assert_rows(
        engine,
        "scores_in_force",
        """
        | source_a | external_id_a | source_b | external_id_b |
        | club     | 3             | shop     | 1             |
        | club     | 3             | shop     | 2             |
        | shop     | 1             | shop     | 2             |
        | shop     | 1             | shop     | 3             |
        """,
    )


def test_a_weight_is_the_sum_of_its_parts_and_the_parts_say_what_came_out(
    engine, model
):
    brought(engine, scorer(model), PEOPLE)
    found = held_scores(engine)
    assert [[part["field"] for part in row["weights"]] for row in found] == [
        ["prior", "name", "email"]
    ] * len(found)
    for row in found:
        assert row["weight"] == pytest.approx(sum(p["weight"] for p in row["weights"]))
        assert row["score"] == pytest.approx(1 / (1 + 2 ** -row["weight"]))
        assert row["model"] == load_model(model).sha256
    assert [[part["level"] for part in row["weights"]][1:] for row in found] == [
        ["missing in one", "same"],
        ["missing in one", "same"],
        ["same", "alike"],
        ["another", "same"],
    ]


def test_a_pair_below_the_least_probability_is_not_kept(engine, model):
    brought(engine, scorer(model, 0.5), PEOPLE)
    assert [row["weight"] for row in held_scores(engine)] == [0, 0, 2]


GUESTS = """
    | external_id | kind       | first_name | last_name | email  |
    | 1           | registered | Anna       | Berg      | a@x.se |
    | 2           | guest      | Anna       | Berg      | a@x.se |
    """


@pytest.mark.parametrize(("guests", "expected"), [(False, 0), (True, 1)])
def test_guests_are_scored_where_they_are_customers(engine, model, guests, expected):
    brought(engine, scorer(model), GUESTS, guests=guests)
    assert len(held_scores(engine)) == expected


def test_who_becomes_a_guest_loses_the_scores(engine, model):
    made = scorer(model)
    brought(engine, made, GUESTS.replace("guest     ", "registered"))
    assert len(held_scores(engine)) == 1
    brought(engine, made, GUESTS)
    assert held_scores(engine) == []


def test_a_value_that_too_many_hold_makes_no_candidates(engine, model):
    rows = "".join(f"\n| {number} | a@x.se |" for number in range(5))
    brought(engine, scorer(model), f"| external_id | email |{rows}", most=5)
    assert len(held_scores(engine)) == 10
    brought(engine, scorer(model), "| external_id | email |\n| 5 | a@x.se |", most=5)
    assert held_scores(engine) == []
    brought(engine, scorer(model), "| external_id | email |\n| 5 | b@x.se |", most=5)
    assert len(held_scores(engine)) == 10


def test_unscored_runs_keep_the_scores_of_those_who_stay_as_they_are(engine, model):
    brought(engine, scorer(model), PEOPLE)
    before = held_scores(engine)
    brought(engine, None, "| source | external_id | email |\n| shop | 3 | z@x.se |")
    kept = [row for row in before if row["external_id_b"] != "3"]
    assert held_scores(engine) == kept
    assert len(kept) == len(before) - 2


def test_another_model_scores_everybody_anew(engine, model, tmp_path):
    brought(engine, scorer(model), PEOPLE)
    other = tmp_path / "other.json"
    other.write_text(json.dumps(MODEL | {"probability_two_random_records_match": 0.5}))
    brought(engine, scorer(other), "| external_id | email |\n| 9 | z@x.se |")
    found = held_scores(engine)
    assert len(found) == 4
    assert {row["model"] for row in found} == {load_model(other).sha256}


# However a registry came to be, it holds the scores of looking at all of it at once.

RECORD = st.tuples(
    st.sampled_from(["1", "2", "3", "4", "5"]),
    st.sampled_from(["registered", "registered", "registered", "guest"]),
    st.sampled_from(["Anna | Berg", "Bo | Ek", "Cia | Dal", "- | -"]),
    st.sampled_from(["a@x.se", "a@x.se", "b@x.se", "-"]),
    st.sampled_from(["+46701112233", "-", "-"]),
)
DELIVERY = st.lists(RECORD, min_size=1, max_size=5, unique_by=lambda row: row[0])
HEADER = "| external_id | kind | first_name | last_name | email | phone |"


def drawing(rows):
    return "\n".join([HEADER, *(f"| {' | '.join(row)} |" for row in rows)])


def latest(runs):
    """Give the last version of each record."""
    return list({row[0]: row for run in runs for row in run}.values())


@given(st.lists(DELIVERY, min_size=2, max_size=4))
@settings(max_examples=20, deadline=None)
def test_night_by_night_gives_the_scores_of_all_at_once(model, runs):
    made = scorer(model)
    by_night, at_once = engine_holding(), engine_holding()
    try:
        for run in runs:
            brought(by_night, made, drawing(run), most=2)
        brought(at_once, made, drawing(latest(runs)), most=2)
        assert held_scores(by_night) == held_scores(at_once)
    finally:
        by_night.close()
        at_once.close()
