"""The SQL twin of a check never passes a value that pandera refuses."""

import string
from datetime import UTC, datetime

import pandas as pd
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pandera.api.checks import Check

from regpipe.engine.duckdb import DuckDBEngine
from regpipe.fields import FIELDS, FieldType
from regpipe.schemas import arrow_type, load_schema, shipped_schema
from regpipe.sql import codes
from regpipe.sql.checks import NeutralCheck, passes
from regpipe.stages.validate import errors_of

AS_OF = datetime(2026, 1, 31, 12, 30, tzinfo=UTC)

OWN = """
columns:
  first_name: {nullable: false, str_length: {min_value: 1, max_value: 4}}
  country: {nullable: true, isin: [SE, "N'O", ""]}
  vat_id: {nullable: true, vat_id: {checksum: true}}
  email: {nullable: true, email: {ignore_na: false}}
  city: {nullable: true, str_startswith: A}
"""

LIKELY = (
    *("anna@exempel.se", "a.b+c@d-e.co.uk", "info@björk.se", "+46701234567"),
    *("SE", "NO", "XK", "SEK", "DEM", "sv", "en-GB", "sv_SE", "registered", "guest"),
    *("SE556012579001", "DE123456789", "ATU12345678", "BE0000000000", "IE1234567T"),
    *("IT12345678901", "NL123456789B01", "CHE-123.456.789", "LT123456789", "GB12"),
    *("paid", "other", "shipped", "granted", "bounced", "N'O", "A", ""),
)
NASTY = " \n\t\r\x00\u00a0\u200b\u2028\ufeff@.+-_'\"%\\éßİı\u0301😀٣４中"

texts = st.one_of(
    st.none(),
    st.sampled_from(LIKELY),
    st.text(max_size=20),
    st.text(NASTY + string.ascii_letters + string.digits, max_size=12),
    st.builds(
        lambda word, sign, place: word[:place] + sign + word[place:],
        st.sampled_from(LIKELY),
        st.sampled_from([*NASTY, "x" * 300, "1", "Z", "@x.se"]),
        st.integers(0, 20),
    ),
    st.from_regex(codes.PLAIN_EMAIL.replace(r"\z", r"\Z")),
    st.from_regex(codes.VAT_ID.replace(r"\z", r"\Z")),
    st.from_regex(codes.SURE_VAT_ID.replace(r"\z", r"\Z")),
    st.builds(
        str.__add__,
        st.sampled_from(sorted(codes.EU_VAT_PREFIXES)),
        st.text(string.digits + "AB.-", min_size=6, max_size=13),
    ),
    st.from_regex(codes.LANGUAGE.replace(r"\z", r"\Z")),
    st.from_regex(codes.E164.replace(r"\z", r"\Z")),
)
VALUES = {
    FieldType.DATE: st.none() | st.dates(),
    FieldType.TIME: st.none() | st.datetimes(),
    FieldType.MONEY: st.none() | st.decimals(-(10**13), 10**13, places=4),
    FieldType.FLAG: st.none() | st.booleans(),
    FieldType.LIST: st.none(),
}


def some_rows(data, schema):
    """Draw a few cleaned rows, good and bad mixed, in the columns that are checked."""
    fields = FIELDS[schema.kind]
    columns = sorted({check.column for check in schema.checks} - {""})
    chosen = data.draw(st.lists(st.sampled_from(columns), min_size=1, max_size=3))
    row = {name: VALUES.get(fields[name], texts) for name in chosen}
    return data.draw(st.lists(st.fixed_dictionaries(row), min_size=1, max_size=8))


@pytest.fixture(scope="module")
def engine():
    made = DuckDBEngine(None)
    yield made
    made.close()


def answers(engine, checks, kind, rows):
    """Give for each check whether its twin passes each row; None without a twin."""
    types = pa.schema([(name, arrow_type(each)) for name, each in FIELDS[kind].items()])
    blank = dict.fromkeys(types.names)
    table = pa.Table.from_pylist([blank | row for row in rows], types)
    engine.put("clean", table.append_column("place", [range(len(rows))]))
    tests = [passes([check]) or "null" for check in checks]
    selected = ", ".join(f"{test} as c{n}" for n, test in enumerate(tests))
    told = engine.collect(f"select {selected} from clean order by place")
    return table, [told[f"c{n}"].to_pylist() for n in range(len(checks))]


def hold_true(engine, schema, rows):
    """See that each twin passes only rows that its check passes."""
    checks = schema.checks
    table, twins = answers(engine, checks, schema.kind, rows)
    (batch,) = table.to_batches()
    for place, errors in enumerate(errors_of(schema)(batch).to_pylist()):
        broken = {(error["column"], error["check"]) for error in errors}
        for check, passed in zip(checks, twins, strict=True):
            assert not (passed[place] and (check.column, check.check) in broken)


@pytest.fixture(scope="module")
def schemas(tmp_path_factory):
    """Give the shipped schemas by kind, and one of a user's own."""
    path = tmp_path_factory.mktemp("own") / "own.yaml"
    path.write_text(OWN, "utf-8")
    shipped = {kind: load_schema(shipped_schema(kind), kind, AS_OF) for kind in FIELDS}
    return shipped | {"own": load_schema(path, "customers", AS_OF)}


@pytest.mark.parametrize("name", [*FIELDS, "own"])
@settings(max_examples=30, deadline=None)
@given(data=st.data())
def test_a_twin_passes_nothing_that_pandera_refuses(engine, schemas, name, data):
    hold_true(engine, schemas[name], some_rows(data, schemas[name]))


@settings(max_examples=100, deadline=None)
@given(values=st.lists(texts, min_size=1, max_size=20))
def test_a_twin_passes_no_text_that_the_check_refuses(engine, values):
    names = ("email", "e164", "language", "country", "currency", "vat_id")
    checks = [NeutralCheck("note", name) for name in names]
    rows = [{"note": value} for value in values if value is not None]
    table, twins = answers(engine, checks, "customers", rows)
    notes = table["note"].to_pandas(types_mapper=pd.ArrowDtype)
    for name, passed in zip(names, twins, strict=True):
        assert getattr(Check, name)()(notes[passed]).check_passed


def test_every_shipped_check_has_a_twin(schemas):
    for kind in FIELDS:
        assert passes(schemas[kind].checks) is not None


@pytest.mark.parametrize(
    ("column", "check", "values"),
    [
        ("email", "email", ["anna@exempel.se", "o'hara@x-y.example", "a@xn--b.ch"]),
        ("phone", "e164", ["+46701234567", "+1234567"]),
        ("language", "language", ["sv", "sv_SE", "zh-Hant-TW"]),
        ("country", "country", sorted(codes.COUNTRIES)),
        ("country", "currency", sorted(codes.CURRENCIES)),
        ("vat_id", "vat_id", ["SE556012579001", "CHE-123.456.789", "FR12345678901"]),
    ],
)
def test_twins_do_not_doubt_what_is_common(engine, column, check, values):
    rows = [{column: value} for value in values]
    _, (passed,) = answers(engine, [NeutralCheck(column, check)], "customers", rows)
    assert passed == [True] * len(values)


@pytest.mark.parametrize(
    ("check", "why"),
    [
        (NeutralCheck("city", "str_startswith", (("string", "A"),)), "no twin"),
        (NeutralCheck("email", "email", (("ignore_na", False),)), "refuses nulls"),
        (NeutralCheck("vat_id", "vat_id", (("checksum", True),)), "counts digits"),
        (NeutralCheck("kind", "isin", (("allowed_values", "[1, 2]"),)), "not texts"),
        (NeutralCheck("note", "str_length", (("exact_value", 3),)), "another argument"),
        (NeutralCheck("", "own"), "somebody's own"),
    ],
)
def test_a_check_that_sql_cannot_say_in_full_has_no_twin(check, why):
    assert passes([NeutralCheck("email", "email"), check]) is None, why


def test_no_checks_pass_every_row():
    assert passes([]) == "true"
