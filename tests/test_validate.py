"""Validation: which rows are rejected, by which checks, and what is said of it."""

import pickle
import warnings
from dataclasses import replace
from datetime import UTC, date, datetime
from itertools import pairwise
from textwrap import dedent

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pandera.config import ValidationDepth, config_context

from regpipe.engine.duckdb import DuckDBEngine
from regpipe.errors import RegpipeError, StepError
from regpipe.fields import FIELDS
from regpipe.schemas import arrow_type, load_schema, shipped_schema
from regpipe.sql.checks import NeutralCheck
from regpipe.sql.step import Step
from regpipe.stages.validate import errors_of, validate

AS_OF = datetime(2026, 1, 31, 12, 30, tzinfo=UTC)
LISTS = pa.list_(pa.string())


def batch(rows, kind="customers"):
    """Give cleaned rows of a kind; what a row does not say is null, but for its id."""
    types = [(name, arrow_type(each)) for name, each in FIELDS[kind].items()]
    schema = pa.schema([*types, ("unreadable", LISTS), ("row_number", pa.int64())])
    blank = {name: "1" if name == "external_id" else None for name in schema.names}
    return pa.RecordBatch.from_pylist([blank | row for row in rows], schema)


def found(function, rows, kind="customers"):
    """Give the errors of each row as ``column check``."""
    errors = function(batch(rows, kind)).to_pylist()
    return [[f"{e['column']} {e['check']}".strip() for e in each] for each in errors]


@pytest.fixture(scope="module")
def customers():
    return load_schema(shipped_schema("customers"), "customers", AS_OF)


@pytest.fixture
def own(tmp_path):
    """Load a schema of a user's own, with checks of their own."""

    def loaded(text, checks="", kind="customers"):
        path, code = tmp_path / "own.yaml", tmp_path / "own.py"
        path.write_text(dedent(text), "utf-8")
        head = "from pandera.extensions import register_check_method\n\n"
        code.write_text(head + dedent(checks), "utf-8")
        return load_schema(path, kind, AS_OF, [code] if checks else [])

    return loaded


@pytest.fixture
def engine():
    made = DuckDBEngine(None)
    yield made
    made.close()


def test_each_row_has_its_errors_by_column_then_check(customers):
    rows = [
        {"email": "anna@exempel.se", "phone": "+46701234567"},
        {"email": "anna", "kind": "boss", "birth_date": date(2026, 2, 1)},
        {"company": "Bolaget", "country": "UK", "shipping_country": "EL"},
        {"last_name": "Berg", "created_at": datetime.fromisoformat("1989-01-01")},
        {},
    ]
    assert found(errors_of(customers), rows) == [
        [],
        ["kind known", "email email", "birth_date sane_date"],
        ["country country", "shipping_country country"],
        ["created_at sane_date"],
        ["someone"],
    ]


def test_a_column_with_two_broken_checks_lists_them_by_name(own):
    schema = own(
        "columns: {note: {nullable: true, str_length: {max_value: 2}, isin: [a]}}"
    )
    assert found(errors_of(schema), [{"note": "abc"}]) == [
        ["note isin", "note str_length"]
    ]


def test_two_checks_of_one_name_are_one_error(own):
    schema = own(
        """
        columns:
          note:
            nullable: true
            checks:
              - {value: [a, b], options: {check_name: isin}}
              - {value: [b, c], options: {check_name: isin}}
        """
    )
    rows = [{"note": note} for note in ("a", "b", "d")]
    assert found(errors_of(schema), rows) == [["note isin"], [], ["note isin"]]


def test_no_rows_give_no_errors(customers):
    assert len(errors_of(customers)(batch([]))) == 0


@pytest.mark.parametrize(
    ("unreadable", "errors"),
    [
        (None, ["email required", "someone"]),
        ([], ["email required", "someone"]),
        (["email"], []),
        (["phone"], ["email required"]),
        (["note"], ["email required", "someone"]),
        (["consent.newsletter"], ["email required", "someone"]),
    ],
)
def test_an_unreadable_cell_is_not_missing_as_well(own, unreadable, errors):
    schema = own(
        "columns: {email: {nullable: false}}\nchecks: {someone: [email, phone]}"
    )
    assert found(errors_of(schema), [{"unreadable": unreadable}]) == [errors]


def test_an_unreadable_cell_excuses_no_other_row_and_no_other_column(customers):
    rows = [
        {"unreadable": ["birth_date"], "email": "anna", "phone": "1"},
        {"email": "berg", "birth_date": date(1800, 1, 1)},
        {"email": "anna@exempel.se", "birth_date": date(1980, 1, 1)},
    ]
    assert found(errors_of(customers), rows) == [
        ["email email", "phone e164"],
        ["email email", "birth_date sane_date"],
        [],
    ]


ROWS = st.lists(
    st.fixed_dictionaries(
        {
            "email": st.sampled_from([None, "a@b.se", "bad", "x y@z.se"]),
            "phone": st.sampled_from([None, "+46701234567", "0701"]),
            "country": st.sampled_from([None, "SE", "ZZ"]),
            "vat_id": st.sampled_from([None, "SE556012579001", "SE1", "IE1234567T"]),
            "unreadable": st.sampled_from([None, [], ["email"], ["phone", "email"]]),
        }
    ),
    max_size=12,
)


@settings(max_examples=25, deadline=None)
@given(rows=ROWS, cuts=st.lists(st.integers(0, 12), max_size=3))
def test_how_rows_are_split_into_batches_changes_nothing(customers, rows, cuts):
    places = sorted({0, len(rows), *(cut for cut in cuts if cut < len(rows))})
    parts = [rows[a:b] for a, b in pairwise(places)]
    function = errors_of(customers)
    apart = [errors for part in parts for errors in found(function, part)]
    assert apart == found(function, rows)


def test_the_function_can_be_sent_to_another_process(customers):
    function = errors_of(customers)
    sent = pickle.loads(pickle.dumps(function))
    assert sent == function
    assert len(pickle.dumps(function)) < 1000
    assert found(sent, [{"email": "bad"}]) == [["email email"]]


def test_a_schema_that_changes_during_the_run_stops_it(own):
    schema = own("columns: {email: {nullable: false}}")
    own("columns: {email: {nullable: true}}")
    with pytest.raises(StepError, match="the schema has changed during the run"):
        found(errors_of(schema), [{}])


def test_checks_of_ones_own_judge_rows(own):
    schema = own(
        """
        columns:
          postcode: {nullable: true, digits: 5}
          city: {nullable: true, upper: {}}
        checks: {in_order: {}}
        """,
        """
        @register_check_method(statistics=["count"])
        def digits(values, *, count):
            return values.str.fullmatch(r"[0-9]{%d}" % count)

        @register_check_method(check_type="element_wise")
        def upper(value):
            return value.isupper()

        @register_check_method()
        def in_order(rows):
            return (rows["created_at"] <= rows["updated_at"]).fillna(True)
        """,
    )
    early, late = map(datetime.fromisoformat, ("2020-01-01", "2021-01-01"))
    rows = [
        {"postcode": "12345", "city": "LUND"},
        {"postcode": "1234x", "city": "Lund"},
        {"created_at": late, "updated_at": early},
        {"created_at": early, "updated_at": late},
        {"created_at": late},
        {"created_at": late, "updated_at": early, "unreadable": ["city"]},
    ]
    assert found(errors_of(schema), rows) == [
        [],
        ["postcode digits", "city upper"],
        ["in_order"],
        [],
        [],
        [],
    ]


def test_a_check_that_raises_is_named_without_the_value(own):
    schema = own(
        "columns: {note: {nullable: true, own: {}}}",
        """
        @register_check_method()
        def own(values):
            if (values == "secret").any():
                raise ValueError(f"no {list(values)}")
            return values.notna()
        """,
    )
    assert found(errors_of(schema), [{"note": "fine"}]) == [[]]
    with pytest.raises(StepError) as wrong:
        found(errors_of(schema), [{"note": "secret"}])
    assert str(wrong.value) == (
        "own.yaml: check 'own' of column 'note' raises ValueError"
    )
    assert wrong.value.__cause__ is None
    assert wrong.value.__context__ is None


def test_a_check_that_at_times_gives_one_answer_is_named(own):
    schema = own(
        "columns: {note: {nullable: true, own: {}}}",
        """
        @register_check_method()
        def own(values):
            return values.notna() if len(values) < 2 else False
        """,
    )
    with pytest.raises(StepError, match="check 'own' of column 'note' does not answer"):
        found(errors_of(schema), [{"note": "a"}, {"note": "b"}])


def test_nothing_is_printed_or_warned_that_holds_a_value(customers, capfd):
    with warnings.catch_warnings(record=True) as warned:
        warnings.simplefilter("always")
        found(errors_of(customers), [{"email": "secret", "vat_id": "SEsecret"}, {}])
    assert not warned
    assert capfd.readouterr() == ("", "")


def test_validation_cannot_be_turned_off_from_outside(customers):
    with config_context(validation_enabled=False):
        assert found(errors_of(customers), [{}]) == [["someone"]]
    with config_context(validation_depth=ValidationDepth.SCHEMA_ONLY):
        assert found(errors_of(customers), [{"email": "x"}]) == [["email email"]]


def test_text_of_another_width_are_taken(customers):
    rows = batch([{"email": "bad", "birth_date": date(1800, 1, 1)}])
    text, wide = pa.string(), pa.large_string()
    types = [(e.name, wide if e.type == text else e.type) for e in rows.schema]
    (given_rows,) = pa.table(rows).cast(pa.schema(types)).to_batches()
    errors = errors_of(customers)(given_rows).to_pylist()
    assert [error["check"] for error in errors[0]] == ["email", "sane_date"]


CLEAN = """
    select row_number::varchar as external_id, * from (values
      (2, 'anna@exempel.se', date '1980-01-01', null::varchar[]),
      (3, 'bad', date '1980-01-01', []),
      (4, 'info@björk.se', null, null),
      (5, null, date '1980-01-01', null),
      (6, null, null, ['email', 'birth_date']),
      (7, 'worse', date '1800-01-01', ['consent.newsletter'])
    ) t(row_number, email, birth_date, unreadable)
"""
REASONS = [
    (3, "email", "email"),
    (5, "", "someone"),
    (6, "birth_date", "unreadable"),
    (6, "email", "unreadable"),
    (7, "birth_date", "sane_date"),
    (7, "consent.newsletter", "unreadable"),
    (7, "email", "email"),
]


def reasons(engine):
    """Give the rows of the table of reasons, sorted."""
    rows = engine.collect(
        'select row_number, "column", "check" from shop_reasons order by all'
    )
    return [tuple(row.values()) for row in rows.to_pylist()]


def test_the_stage_leaves_every_reason_of_every_rejected_row(engine, customers):
    engine.make(Step("clean", CLEAN))
    assert validate(engine, "clean", customers, "shop") == 4
    assert reasons(engine) == REASONS


def test_without_twins_every_row_is_asked_and_the_reasons_are_the_same(
    engine, customers
):
    engine.make(Step("clean", CLEAN))
    untwinned = (*customers.checks, NeutralCheck("email", "own"))
    schema = replace(customers, checks=untwinned)
    assert validate(engine, "clean", schema, "shop") == 4
    assert reasons(engine) == REASONS


def test_a_column_that_no_file_has_counts_as_null(engine, own):
    schema = own("columns: {order_id: {}, total: {nullable: true}}", kind="orders")
    engine.make(Step("clean", "select 2 as row_number, null::varchar[] as unreadable"))
    assert validate(engine, "clean", schema, "shop") == 1
    assert reasons(engine) == [(2, "order_id", "required")]


def test_a_schema_without_demands_rejects_only_what_is_unreadable(engine, own):
    engine.make(Step("clean", CLEAN))
    schema = own("columns: {email: {nullable: true}}")
    assert validate(engine, "clean", schema, "shop") == 2
    assert {check for _, _, check in reasons(engine)} == {"unreadable"}


def test_a_check_that_raises_stops_the_stage_without_a_value(engine, own):
    schema = own(
        "columns: {email: {nullable: true, own: {}}}",
        """
        @register_check_method()
        def own(values):
            if (values == "bad").any():
                raise ValueError(list(values))
            return values.notna()
        """,
    )
    engine.make(Step("clean", CLEAN))
    with pytest.raises(RegpipeError) as wrong:
        validate(engine, "clean", schema, "shop")
    assert str(wrong.value) == (
        "own.yaml: check 'own' of column 'email' raises ValueError"
    )
