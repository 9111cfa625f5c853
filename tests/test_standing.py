"""Standing: the ranks of what records say put first what the golden record takes."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from drawn import TYPES, an_engine, table
from regpipe.fields import CUSTOMER_FIELDS, CUSTOMER_KINDS
from regpipe.spec.rules import FITTING
from regpipe.sql import golden as sql
from regpipe.sql import groups
from regpipe.sql.golden import Survival
from regpipe.sql.standing import standing

WORDS = {
    "boolean": ["true", "false"],
    "date": ["1980-01-01", "1990-01-01"],
    "timestamp": ["2024-01-01", "2024-02-01"],
    "varchar[]": ["[Gold]", "[gold, Club]", "[]"],
    "varchar": ["x", "yy", "zz"],
}


def cell(name):
    """Give what a record may have in a column, as it is drawn."""
    if name == "kind":
        return st.sampled_from(CUSTOMER_KINDS)
    return st.sampled_from(["-", *WORDS[TYPES[name]]])


COLUMNS = [name for name in CUSTOMER_FIELDS if name != "external_id"]
RECORDS = st.lists(
    st.fixed_dictionaries(
        {
            "customer_id": st.sampled_from("12"),
            "source": st.sampled_from("abc"),
            **{name: cell(name) for name in COLUMNS},
        }
    ),
    min_size=1,
    max_size=6,
)


def rule(field):
    """Give any rule that fits a field."""
    return st.sampled_from(FITTING.get(field, ["newest"])).map(
        lambda kind: Survival(kind, ("b", "a") if kind == "sources" else ())
    )


RULES = st.fixed_dictionaries({field: rule(field) for field in (*sql.FIELDS, "groups")})


@pytest.fixture(scope="module")
def engine():
    yield from an_engine()


def rows(engine, step):
    return engine.collect(step.select).to_pylist()


@given(records=RECORDS, rules=RULES)
@settings(max_examples=40, deadline=None)
def test_the_record_that_ranks_first_has_the_value_of_the_golden_record(
    engine, records, rules
):
    header = ["external_id", "customer_id", "source", *COLUMNS]
    lines = [
        [f"r{number}", *(record[name] for name in header[1:])]
        for number, record in enumerate(records)
    ]
    drawing = "\n".join("| " + " | ".join(line) + " |" for line in [header, *lines])
    engine.make(table("present", drawing))
    engine.make(sql.several())
    golden = {row["customer_id"]: row for row in rows(engine, sql.golden(rules))}
    ranked = rows(engine, standing(rules))
    assert {row["external_id"] for row in ranked} == {line[0] for line in lines}
    for customer_id, whole in golden.items():
        mine = [row for row in ranked if row["customer_id"] == customer_id]
        for field in sql.FIELDS:
            first = [row[field] for row in mine if row[f"rank_{field}"] == 1]
            assert first == ([] if whole[field] is None else [whole[field]])
            ranks = [r[f"rank_{field}"] for r in mine if r[field] is not None]
            assert sorted(ranks) == list(range(1, len(ranks) + 1))
    members = {
        (row["customer_id"], row["group_key"])
        for row in rows(engine, groups.memberships(rules["groups"]))
    }
    everybody = rules["groups"].rule == "union"
    assert members == {
        (row["customer_id"], name.lower())
        for row in ranked
        if row["groups"] and (everybody or row["rank_groups"] == 1)
        for name in row["groups"]
    }
