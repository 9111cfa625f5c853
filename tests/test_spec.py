"""The models of a pipeline: what each value may be, and what they promise others."""

from __future__ import annotations

from pathlib import Path

import duckdb
import pytest
from pydantic import TypeAdapter, ValidationError

import regpipe.sql
from regpipe.fields import CONSENT_STATUSES, CUSTOMER_FIELDS, FIELDS
from regpipe.spec import (
    Column,
    ConsentSource,
    Csv,
    CustomerSource,
    Export,
    Identity,
    OrderSource,
    Pipeline,
    Rule,
    Survivorship,
)
from regpipe.spec.column_types import DIRECTIVES, Formats
from regpipe.spec.columns import field_of, fitting_options, known_fields, statement
from regpipe.spec.exports import TARGETS, VIEW_COLUMNS, Splitting
from regpipe.spec.load import load_pipeline
from regpipe.spec.rules import FITTING, KEY_FIELDS, RULE_WORDS
from regpipe.spec.types import Share, among, plain_name


@pytest.mark.parametrize(
    ("written", "share"),
    [
        ("2%", 0.02),
        ("2.5 %", 0.025),
        ("0%", 0.0),
        ("100%", 1.0),
        (0.02, 0.02),
        (0, 0.0),
        (1, 1.0),
    ],
)
def test_a_share_is_a_percentage_or_a_number(written, share):
    assert TypeAdapter(Share).validate_python(written) == share


@pytest.mark.parametrize(
    "written",
    [
        *("2", "-2%", "101%", "%", "2 percent", "٢%", "", "1e1%"),
        *(2, -0.1, 1.01, float("nan"), float("inf"), True, None, [0.1]),
    ],
)
def test_what_is_no_share_is_refused(written):
    with pytest.raises(ValidationError, match="must be a share"):
        TypeAdapter(Share).validate_python(written)


@pytest.mark.parametrize("directive", DIRECTIVES)
def test_every_directive_of_a_format_is_one_that_duckdb_reads(directive):
    duckdb.execute("select try_strptime('x', ?)", [f"%{directive}"])


@pytest.mark.parametrize(
    "written",
    [
        "%d.%m.%Y",
        "%Y-%m-%d %H:%M:%S %z",
        "%b %d, %Y %I:%M %p",
        "%-d/%-m/%y",
        "%Y-%j",
        "100%% %Y%m%d",
    ],
)
def test_a_format_that_gives_a_day_is_taken(written):
    assert TypeAdapter(Formats).validate_python(written) == (written,)


@pytest.mark.parametrize(
    "written", ["", "%", "%Y", "%H:%M", "%d.%m.%Y %", "%d.%m.%Y %-Y", "%I %d.%m.%Y"]
)
def test_a_format_that_gives_no_day_is_refused(written):
    with pytest.raises(ValidationError):
        TypeAdapter(Formats).validate_python(written)


@pytest.mark.parametrize(
    ("kind", "name", "field"),
    [
        ("customers", "email", "email"),
        ("customers", "full_name", "full_name"),
        ("customers", "shipping.street", "shipping_street"),
        ("customers", "shipping_street", "shipping_street"),
        ("customers", "line.sku", None),
        ("customers", "consent.news", None),
        ("orders", "line.sku", "line_sku"),
        ("orders", "shipping.street", None),
        ("orders", "full_name", "full_name"),
        ("consents", "full_name", None),
        ("consents", "status", "status"),
    ],
)
def test_a_field_may_be_spelled_with_a_dot(kind, name, field):
    assert field_of(kind, name) == field


@pytest.mark.parametrize(
    ("name", "stated"),
    [
        ("consent.news", ("news", "email")),
        ("consent.news.sms", ("news", "sms")),
        ("consent.news_letter", ("news_letter", "email")),
        ("consent.news.text_message", None),
        ("consent.", None),
        ("consent.News", None),
        ("consent", None),
        ("email", None),
    ],
)
def test_a_consent_names_its_purpose_and_channel(name, stated):
    assert statement(name) == stated


def test_columns_and_consents_are_told_apart_under_the_names_of_the_fields():
    source = CustomerSource.model_validate(
        {
            "files": "a.csv",
            "columns": {
                "email": "Mail",
                "shipping.city": {"from": " To  city "},
                "consent.news.sms": {"value": "yes", "granted": "yes"},
            },
        }
    )
    assert source.columns == {
        "email": Column(from_="Mail"),
        "shipping_city": Column(from_="To city"),
    }
    assert source.consents == {
        ("news", "sms"): Column(value="yes", granted=("yes",)),
    }
    assert source.columns is source.columns


def test_a_file_without_header_has_numbers_for_columns():
    source = OrderSource.model_validate(
        {
            "files": ["a.csv"],
            "csv": {"header": False},
            "columns": {"order_id": 1, "ordered_at": {"from": 2}},
        }
    )
    assert source.columns["order_id"].from_ == "1"
    assert source.columns["ordered_at"].from_ == "2"


def test_a_pipeline_cannot_be_changed():
    source = ConsentSource.model_validate(
        {"files": "a.csv", "purpose": "news", "columns": {"email": "E", "status": "S"}}
    )
    with pytest.raises(ValidationError):
        source.purpose = "other"


@pytest.mark.parametrize(
    ("written", "columns"),
    [
        (["email", "phone"], {"email": "email", "phone": "phone"}),
        (["email", {"phone": "Tel."}], {"email": "email", "phone": "Tel."}),
        ({"phone": "Tel.", "email": "E"}, {"phone": "Tel.", "email": "E"}),
    ],
)
def test_columns_of_a_list_keep_their_order_and_headers(written, columns):
    export = Export.model_validate(
        {"purpose": "service", "to": "a.csv", "columns": written}
    )
    assert list(export.columns.items()) == list(columns.items())


def test_the_columns_of_a_list_are_those_of_the_customer_view():
    folder = Path(regpipe.sql.__file__).parent
    with duckdb.connect() as connection:
        vocabulary = folder / "vocabulary.duckdb.sql"
        connection.execute(vocabulary.read_text(encoding="utf-8"))
        for migration in sorted((folder / "migrations").glob("*.sql")):
            connection.execute(migration.read_text(encoding="utf-8"))
        view = connection.execute("describe customer_view").fetchall()
    assert tuple(row[0] for row in view) == VIEW_COLUMNS


@pytest.mark.parametrize(
    ("default", "field", "rule"),
    [
        ("newest", "email", "newest"),
        ("longest", "note", "longest"),
        ("longest", "birth_date", "newest"),
        ("longest", "billing", "newest"),
        ("newest", "groups", "union"),
        ("newest", "updated_at", "max"),
        ("most_common", "tax_exempt", "most_common"),
        ("longest", "phone", "sources"),
        ("longest", "created_at", "newest"),
    ],
)
def test_a_field_without_a_rule_has_the_default_where_that_fits(default, field, rule):
    survivorship = Survivorship.model_validate(
        {"default": default, "phone": ["a", "b"], "created_at": "newest"}
    )
    assert survivorship.rule(field).kind == rule


def test_survivorship_can_be_made_of_rules():
    assert Survivorship(
        default=Rule(kind="longest"), fields={"groups": Rule(kind="union")}
    ) == Survivorship.model_validate({"default": "longest", "groups": "union"})


@pytest.mark.parametrize(
    ("rule", "fields"),
    [
        ("union", ["groups"]),
        ("any", ["tax_exempt"]),
        ("all", ["tax_exempt"]),
        ("min", ["birth_date", "created_at", "updated_at"]),
        ("max", ["birth_date", "created_at", "updated_at"]),
        ("newest", [*FITTING]),
        ("sources", [*FITTING]),
    ],
)
def test_a_rule_fits_the_fields_it_can_choose_among(rule, fields):
    assert [field for field, fitting in FITTING.items() if rule in fitting] == fields


def test_rules_and_keys_are_on_fields_that_there_are():
    whole = {"billing", "shipping"}
    assert set(FITTING) - whole <= set(CUSTOMER_FIELDS)
    assert set(KEY_FIELDS) - {"full_name"} <= set(CUSTOMER_FIELDS)


@pytest.mark.parametrize("kind", FIELDS)
def test_every_option_of_a_field_is_one_of_a_column(kind):
    for field in (None, *known_fields(kind)):
        assert set(fitting_options(kind, field)) <= set(
            map(plain_name, Column.model_fields)
        )


def test_consent_has_a_list_of_words_for_each_status():
    assert set(CONSENT_STATUSES) <= set(fitting_options("customers", None))


@pytest.mark.parametrize(
    ("word", "meant"), [("form", "from"), ("fromat", "format"), ("zzz", None)]
)
def test_the_nearest_word_is_the_one_with_the_same_letters(word, meant):
    hint = among(word, ["format", "from"])
    assert hint.startswith(f"did you mean '{meant}'? " if meant else "known: ")


def test_the_targets_are_known():
    assert set(TARGETS) == {
        *("abicart", "bigcommerce", "brevo", "csv", "csv-verbatim", "ecwid"),
        *("klaviyo", "listmonk", "magento", "magento-composite", "mailchimp"),
        *("mailerlite", "prestashop", "shopify", "woocommerce"),
    }


DOCS = Path(__file__).parents[1] / "docs" / "pipeline-file.md"


def test_the_example_of_the_reference_loads(tmp_path):
    example = DOCS.read_text(encoding="utf-8").split("```yaml\n")[1].split("```")[0]
    path = tmp_path / "example.yaml"
    path.write_text(example, encoding="utf-8")
    assert load_pipeline(path, {}).exports["newsletter"].columns["email"] == "E-mail"


@pytest.mark.parametrize(
    "model",
    [
        *(Pipeline, CustomerSource, OrderSource, ConsentSource, Csv, Column),
        *(Identity, Export, Splitting),
    ],
)
def test_the_reference_tells_of_every_key(model):
    told = DOCS.read_text(encoding="utf-8")
    keys = [info.alias or name for name, info in model.model_fields.items()]
    assert [key for key in keys if f"`{key}`" not in told] == []


def test_the_reference_tells_of_every_field_rule_and_target():
    told = DOCS.read_text(encoding="utf-8")
    fields = {field for kind in FIELDS for field in known_fields(kind)}
    spelled = {
        field.replace("shipping_", "shipping.").replace("line_", "line.")
        if not field.endswith("shipping_total")
        else field
        for field in fields
    }
    words = {*spelled, *FITTING, *KEY_FIELDS, *RULE_WORDS, *TARGETS}
    assert sorted(word for word in words if f"`{word}`" not in told) == []
