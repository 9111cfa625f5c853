"""Match models: the file that is shipped, and files that cannot be used."""

import json
from copy import deepcopy
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest

from regpipe.engine.splink import SHARED, Scorer
from regpipe.errors import PipelineError
from regpipe.models import SHIPPED, Comparison, Level, load_model, model_path
from regpipe.models.recipe import RECIPE
from regpipe.models.writing import model_text
from regpipe.sql.scored import FACTS
from regpipe.stages.learn import learned

SOUND = {
    "probability_two_random_records_match": 0.1,
    "comparisons": [
        {
            "output_column_name": "email",
            "comparison_levels": [
                {
                    "sql_condition": "email_l is null or email_r is null",
                    "label_for_charts": "missing in one",
                    "is_null_level": True,
                },
                {
                    "sql_condition": "email_l = email_r",
                    "label_for_charts": "same",
                    "m_probability": 0.8,
                    "u_probability": 0.01,
                },
                {
                    "sql_condition": "ELSE",
                    "label_for_charts": "another",
                    "m_probability": 0.2,
                    "u_probability": 0.99,
                },
            ],
        }
    ],
}


def spoilt(*place, value):
    """Give a sound model with another value at a place, or without it."""
    tree = deepcopy(SOUND)
    inner = tree
    for step in place[:-1]:
        inner = inner[step]
    if value is None:
        del inner[place[-1]]
    else:
        inner[place[-1]] = value
    return tree


LEVELS = ("comparisons", 0, "comparison_levels")


@pytest.mark.parametrize(
    ("tree", "told"),
    [
        ([], "m.json: is no match model: it has no 'comparisons'"),
        (
            spoilt("probability_two_random_records_match", value=1),
            "m.json: probability_two_random_records_match: "
            "must be a number between 0 and 1",
        ),
        (
            spoilt("comparisons", value=[]),
            "m.json: comparisons: must be a list of at least one comparison",
        ),
        (
            spoilt("comparisons", 0, "output_column_name", value="E-mail"),
            "m.json: comparison 1: output_column_name: is no name",
        ),
        (
            spoilt("comparisons", 0, "output_column_name", value="prior"),
            "m.json: comparison 1: output_column_name: 'prior' is taken",
        ),
        (
            spoilt(*LEVELS, value=SOUND["comparisons"][0]["comparison_levels"][:1]),
            "m.json: comparison 'email': comparison_levels: "
            "must be a list of two or more",
        ),
        (
            spoilt(*LEVELS, 1, "m_probability", value=None),
            "m.json: comparison 'email', level 2: m_probability: "
            "must be a number above 0 and not above 1",
        ),
        (
            spoilt(*LEVELS, 1, "u_probability", value=0),
            "m.json: comparison 'email', level 2: u_probability: "
            "must be a number above 0 and not above 1",
        ),
        (
            spoilt(*LEVELS, 1, "tf_adjustment_column", value="email"),
            "m.json: comparison 'email', level 2: tf_adjustment_column: a score must "
            "follow from the two records and the model alone: leave out term "
            "frequencies",
        ),
        (
            spoilt(*LEVELS, 1, "sql_condition", value="mail_l = mail_r"),
            "m.json: comparison 'email', level 2: sql_condition: unknown column 'mail'",
        ),
        (
            spoilt(*LEVELS, 2, "sql_condition", value="true"),
            "m.json: comparison 'email', level 3: sql_condition: "
            "'ELSE' must stand in the last level, and there only",
        ),
    ],
)
def test_a_model_that_is_not_sound_is_refused(tmp_path, tree, told):
    path = tmp_path / "m.json"
    path.write_text(json.dumps(tree), "utf-8")
    with pytest.raises(PipelineError) as refused:
        load_model(path)
    problem = refused.value.problems[0]
    where = problem.where.replace(f"{tmp_path}/", "")
    assert f"{where}: {problem.what}" == told


def test_a_model_that_is_no_json_is_refused_with_its_line(tmp_path):
    path = tmp_path / "m.json"
    path.write_text("{\n'a': 1}", "utf-8")
    with pytest.raises(PipelineError, match=r"m\.json:2: is no JSON"):
        load_model(path)


def test_a_model_that_is_not_there_is_refused(tmp_path):
    with pytest.raises(PipelineError, match=r"no\.json: cannot be read"):
        load_model(model_path("no.json", tmp_path))


@pytest.mark.parametrize(
    "condition",
    [
        "no_such_function(email_l)",
        "email_l =",
        "(select count(*) from read_csv('/etc/hosts')) > 0 and email_l = email_r",
    ],
)
def test_a_condition_that_cannot_be_worked_out_is_refused(tmp_path, condition):
    """One that would read a file is such: models are tried where no file is reached."""
    path = tmp_path / "m.json"
    tree = spoilt(*LEVELS, 1, "sql_condition", value=condition)
    path.write_text(json.dumps(tree), "utf-8")
    with pytest.raises(PipelineError, match="cannot work out"):
        Scorer(load_model(path), str(path), 0.5)


def test_the_shipped_model_is_of_the_recipe_and_holds_no_fact_of_anybody():
    model = load_model(model_path(SHIPPED, Path()))
    assert _conditions(model.comparisons) == _conditions(RECIPE)


def _conditions(comparisons):
    return [
        (each.name, [(level.label, level.condition) for level in each.levels])
        for each in comparisons
    ]


def test_every_condition_of_the_recipe_looks_at_what_there_is(tmp_path):
    path = tmp_path / "m.json"
    path.write_text(model_text(0.5, RECIPE, "untrained"), "utf-8")
    model = load_model(path)
    assert [each.name for each in model.comparisons] == [each.name for each in RECIPE]
    Scorer(model, str(path), 0.5)


# What is learned.

YES_NO = (
    Comparison("x", (Level("same", "x"), Level("other", "ELSE"))),
    Comparison(
        "y",
        (Level("none", "n", blank=True), Level("same", "y"), Level("other", "ELSE")),
    ),
)


def taught(*rows):
    """Learn from rows of: outcome of x, outcome of y, how many, are they one person?"""
    x, y, count, same = zip(*rows, strict=True)
    repeat = np.array(count)
    outcomes = pa.table(
        {"x": np.repeat(np.array(x), repeat), "y": np.repeat(np.array(y), repeat)}
    )
    return learned(YES_NO, outcomes, np.repeat(np.array(same, dtype=bool), repeat))


def test_what_only_one_person_has_weighs_for_it_and_the_reverse():
    _, (x, y) = taught(
        (1, -1, 900, True),
        (0, -1, 100, True),
        (1, -1, 100, False),
        (0, -1, 900, False),
    )
    same, other = x.known
    assert same.weight > 2
    assert other.weight < -2
    assert y.levels[0].weight == 0


def test_what_is_told_twice_counts_once():
    """Two comparisons that always agree weigh together what one would."""
    rows = [(1, 900, True), (0, 100, True), (1, 100, False), (0, 900, False)]
    _, (once, _) = taught(*((x, -1, n, same) for x, n, same in rows))
    _, (first, second) = taught(*((x, x, n, same) for x, n, same in rows))
    both = first.known[0].weight + second.known[0].weight
    assert both == pytest.approx(once.known[0].weight, abs=0.1)


def test_an_outcome_that_never_came_out_weighs_nothing():
    _, (_, y) = taught((1, -1, 50, True), (0, -1, 50, False))
    assert [level.weight for level in y.known] == pytest.approx([0, 0], abs=1e-5)


def test_every_share_that_is_learned_is_one_that_a_model_may_have():
    _, found = taught((1, 1, 5000, True), (0, 0, 5000, False), (1, 0, 1, True))
    shares = [share for c in found for level in c.known for share in (level.m, level.u)]
    assert all(0 < share <= 1 for share in shares)


def test_facts_are_told_in_the_docs():
    text = (Path(__file__).parents[1] / "docs" / "match-models.md").read_text("utf-8")
    assert [name for name in FACTS if f"`{name}`" not in text] == []


@pytest.mark.parametrize("shared", SHARED, ids=" ".join)
def test_without_labels_each_way_of_sharing_leaves_comparisons_to_be_taught(shared):
    """Pairs that share a column say nothing of a comparison that looks at it."""
    taught = [
        comparison.name
        for comparison in RECIPE
        if not any(
            f"{column}_l" in level.condition
            for level in comparison.levels
            for column in shared
        )
    ]
    assert len(taught) >= 2
