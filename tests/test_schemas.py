"""Schemas: what the checks take, what loads, and what is said of one that does not."""

import hashlib
import re
from contextlib import suppress
from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal
from importlib.resources import files
from pathlib import Path
from textwrap import dedent

import pandas as pd
import phonenumbers
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pandera.api.checks import Check
from pandera.io import pandas_io
from ruamel.yaml import YAML

from regpipe.checks import load_checks
from regpipe.errors import PipelineError
from regpipe.fields import FIELDS, WORDS
from regpipe.schemas import arrow_type, load_schema, shipped_schema, trial
from regpipe.sql import codes
from regpipe.sql.checks import NeutralCheck

AS_OF = datetime(2026, 1, 31, 12, 30, tzinfo=UTC)
TEXT = pa.string()


def taken(check, values, kind=TEXT, **arguments):
    """Give the values that the registered check takes."""
    column = pd.Series(pd.arrays.ArrowExtensionArray(pa.array(values, kind)))
    answer = getattr(Check, check)(**arguments)(column).check_output
    return [value for value, passed in zip(values, answer, strict=True) if passed]


EMAILS = """
    anna@exempel.se  a@b.co  anna.svensson+lista@mail.exempel.se  o'hara@x-y.example
    1@2.de  a!#$%&'*+/=?^_`{|}~-b@x.se  info@björk.se  josé@correo.es  A@B.SE
    x@xn--bcher-kva.ch  anna@a.b.c.d.e.museum  用户@例子.公司
"""
NO_EMAILS = """
    anna  @exempel.se  anna@  anna@exempel  anna@@exempel.se  anna@ex@empel.se
    .anna@exempel.se  anna.@exempel.se  an..na@exempel.se  anna@-exempel.se
    anna@exempel-.se  anna@exempel..se  anna@.se  anna@exempel.se.  anna@exempel.s
    anna@127.0.0.1  anna@exempel.123  an,na@exempel.se  an;na@exempel.se  "a"@x.se
    anna(x)@exempel.se  anna@exempel_a.se  <anna@exempel.se>  mailto:a@x.se  😀@x.se
"""


@pytest.mark.parametrize(
    ("check", "good", "bad"),
    [
        ("email", EMAILS, NO_EMAILS),
        (
            "e164",
            "+46701234567 +1234567 +123456789012345",
            "+0701234567 0701234567 46701234567 +46 +123456 +1234567890123456 ++4670123"
            " +46-701234567 +４６７０１２３４５６７ +46701234567x",
        ),
        ("country", "SE NO DE GB XK AX", "se UK EU EL AN XX S SWE SE, ZZ ÅL"),
        ("currency", "SEK EUR DEM HRK BGN XAF", "sek XXX XTS XAU SE KRONA kr € EURO"),
        (
            "language",
            "sv en-GB sv_SE zh-Hant-TW de-CH-1996 nds",
            "svenska s sv- sv--SE sv-SE- English(US) sv/se 12 sv-åå zh-abcdefghi",
        ),
        (
            "vat_id",
            "SE556012579001 SE123456789001 DE123456789 ATU12345678 NL123456789B01 "
            "BE0123456789 EL123456789 GR123456789 FR12345678901 IE1234567T XI123456789 "
            "NO923609016MVA CHE-123.456.789 GB123456789 1234 EU372012345",
            "SE5560125790 SE556012579002 DE12345678 ATU1234567 NL123456789 DK1234567 "
            "DE0-- ABC 123 NO923609016MVA1234567890 ÅÄÖ12 NO#12 se556012579001 "
            "-1234 1234- CHE--12345 ATX12345678",
        ),
    ],
)
def test_a_check_takes_the_good_and_refuses_the_bad(check, good, bad):
    values = [*good.split(), *bad.split()]
    assert taken(check, values) == good.split()
    spaced = [f"{value}{space}" for value in good.split() for space in " \n\u00a0\t"]
    assert taken(check, ["", " ", *spaced]) == []


def test_an_email_has_at_most_254_characters():
    host = "@" + "a" * 60 + ".se"
    fits, over = "x" * (254 - len(host)) + host, "x" * (255 - len(host)) + host
    assert taken("email", [fits, over]) == [fits]


def test_check_digits_of_vat_ids_count_only_when_asked_for():
    right, wrong = "SE556012579001", "SE556012579101"
    assert taken("vat_id", [right, wrong]) == [right, wrong]
    assert taken("vat_id", [right, wrong], checksum=True) == [right]


def test_known_takes_its_words_only():
    assert taken("known", ["paid", "PAID", "", "other"], words=["paid"]) == ["paid"]


@pytest.mark.parametrize(
    ("kind", "moments", "good"),
    [
        (
            pa.date32(),
            [date(1899, 12, 31), date(1900, 1, 1), date(2026, 1, 31), date(2026, 2, 1)],
            slice(1, 3),
        ),
        (
            pa.timestamp("us"),
            [
                datetime.fromisoformat(text)
                for text in (
                    "1899-12-31T23:59:59.999999",
                    "1900-01-01T00:00",
                    "2026-01-31T12:30",
                    "2026-01-31T12:30:00.000001",
                )
            ],
            slice(1, 3),
        ),
    ],
)
def test_sane_date_takes_what_lies_between_its_bounds(kind, moments, good):
    bounds = {
        "earliest": date(1900, 1, 1),
        "latest": datetime.fromisoformat("2026-01-31T12:30"),
    }
    assert taken("sane_date", moments, kind, **bounds) == moments[good]
    assert taken("sane_date", moments, kind) == moments


def test_money_takes_what_lies_between_its_bounds():
    amounts = [Decimal(text) for text in ("-0.5001", "-0.5", "0", "1000", "1000.0001")]
    kind = pa.decimal128(18, 4)
    bounds = {"min_value": -0.5, "max_value": 1000}
    assert taken("money", amounts, kind, **bounds) == amounts[1:4]
    assert taken("money", amounts, kind, min_value=0) == amounts[2:]


def test_someone_wants_a_value_in_one_of_its_columns():
    rows = pd.DataFrame({"email": ["a", None, None], "phone": [None, "b", None]})
    check = Check.someone(columns=["email", "phone"], ignore_na=False)
    assert list(check(rows).check_output) == [True, True, False]


def test_the_countries_are_those_of_the_standard_and_kosovo():
    listed = files("tzdata.zoneinfo").joinpath("iso3166.tab").read_text("utf-8")
    standard = {line[:2] for line in listed.splitlines() if not line.startswith("#")}
    assert standard | {"XK"} == codes.COUNTRIES
    called = set(phonenumbers.SUPPORTED_REGIONS)
    assert called - codes.COUNTRIES <= {"AC", "TA"}  # Ascension, Tristan da Cunha


def test_currencies_are_three_letters_and_none_is_both_current_and_withdrawn():
    assert all(len(code) == 3 and code.isalpha() for code in codes.CURRENCIES)
    assert len(codes.CURRENCIES) == 168 + 52


@given(st.from_regex(codes.SURE_VAT_ID.replace(r"\z", r"\Z"), fullmatch=True))
def test_stdnum_takes_every_vat_id_that_it_is_not_asked_about(number):
    from stdnum.eu import vat
    from stdnum.exceptions import InvalidChecksum

    with suppress(InvalidChecksum):
        vat.validate(number)


@pytest.mark.parametrize("kind", FIELDS)
def test_shipped_schemas_load_and_name_only_columns_of_their_kind(kind):
    schema = load_schema(shipped_schema(kind), kind, AS_OF)
    assert set(schema.schema.columns) <= set(FIELDS[kind])
    text = shipped_schema(kind).read_bytes()
    assert schema.version == hashlib.sha256(text).hexdigest()


@pytest.mark.parametrize("kind", FIELDS)
def test_every_check_of_a_shipped_schema_can_judge_rows(kind):
    """They are not tried again at each run, as a user's own schema is."""
    assert not [*trial(load_schema(shipped_schema(kind), kind, AS_OF).schema, kind)]


@pytest.mark.parametrize("kind", FIELDS)
def test_shipped_schemas_know_the_words_of_the_fields(kind):
    checks = load_schema(shipped_schema(kind), kind, AS_OF).checks
    said = {c.column: dict(c.args)["words"] for c in checks if c.check == "known"}
    assert said == {field: WORDS[field] for field in FIELDS[kind] if field in WORDS}


def test_shipped_bounds_are_counted_from_the_time_of_the_run():
    east = timezone(timedelta(hours=2))
    schema = load_schema(
        shipped_schema("customers"), "customers", AS_OF.astimezone(east)
    )
    bounds = {c.column: dict(c.args) for c in schema.checks if c.check == "sane_date"}
    assert bounds["birth_date"] == {
        "earliest": date(1900, 1, 1),
        "latest": date(2026, 1, 31),
    }
    assert bounds["created_at"]["latest"].isoformat() == "2026-02-01T12:30:00"


@pytest.fixture
def write(tmp_path):
    """Write a file of a user's own."""

    def written(name, text):
        path = tmp_path / name
        path.write_text(dedent(text), "utf-8")
        return path

    return written


def own_schema(write, text, kind="customers", checks=()):
    return load_schema(write("own.yaml", text), kind, AS_OF, checks)


def test_a_schema_of_ones_own_chooses_columns_and_checks(write):
    schema = own_schema(
        write,
        """
        columns:
          email: {nullable: false, email: {}}
          country: {nullable: true, isin: [SE, NO], str_length: {max_value: 2}}
          city: {description: a place}
        """,
    )
    assert schema.checks == (
        NeutralCheck("email", "required"),
        NeutralCheck("email", "email"),
        NeutralCheck("country", "isin", (("allowed_values", ("SE", "NO")),)),
        NeutralCheck("country", "str_length", (("max_value", 2),)),
        NeutralCheck("city", "required"),
    )


def test_a_schema_that_pandera_wrote_is_read(write):
    schema = own_schema(
        write,
        """
        columns:
          kind: {nullable: true, known: [guest]}
          line_sku: {nullable: true, checks: [{options: {check_name: e164}}]}
        checks: {someone: [email, phone]}
        """.replace("line_sku", "phone"),
    )
    path = write("pandera.yaml", "")
    with path.open("w") as out:
        YAML().dump(pandas_io.serialize_schema(schema.schema), out)
    assert load_schema(path, "customers", AS_OF).checks == schema.checks


OWN_CHECKS = """
    from pandera.extensions import register_check_method

    @register_check_method(statistics=["digits"])
    def postcode_digits(values, *, digits):
        return values.str.fullmatch(r"[0-9]{%d}" % digits)
"""


def test_a_file_of_checks_gives_them_to_schemas_and_is_part_of_the_version(write):
    text = "columns: {postcode: {nullable: true, postcode_digits: 5}}"
    checks = write("own.py", OWN_CHECKS)
    schema = own_schema(write, text, checks=[checks])
    assert schema.checks == (
        NeutralCheck("postcode", "postcode_digits", (("digits", 5),)),
    )
    assert schema.check_files == (checks,)
    write("own.py", OWN_CHECKS + "\n    # changed")
    assert own_schema(write, text, checks=[checks]).version != schema.version


def test_checks_last_as_long_as_their_file_is_asked_for(write):
    first, second = write("first.py", OWN_CHECKS), write("second.py", OWN_CHECKS)
    load_checks([first])
    load_checks([first])
    load_checks([second])
    assert hasattr(Check, "postcode_digits")
    load_checks([])
    assert not hasattr(Check, "postcode_digits")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("x = 1\nx +\n", "own.py:2: the checks cannot be loaded: SyntaxError"),
        ("\nimport no_such_x\n", "own.py:2: the checks cannot be loaded: ModuleNot"),
        ("import json\njson.loads('')", "own.py:2: the checks cannot be loaded: JSON"),
        (
            "from pandera.extensions import register_check_method\n\n"
            "@register_check_method()\ndef email(values):\n    return values.isna()\n",
            "own.py:3: the checks cannot be loaded: ValueError: method with name 'em",
        ),
    ],
)
def test_a_file_of_checks_that_fails_is_named_with_its_line(write, text, said):
    path = write("own.py", text)
    with pytest.raises(PipelineError) as wrong:
        load_checks([path])
    assert str(wrong.value).startswith(said)


def test_a_file_of_checks_may_be_mended_and_loaded_again(write):
    path = write("own.py", OWN_CHECKS + "\n    oops\n")
    with pytest.raises(PipelineError):
        load_checks([path])
    write("own.py", OWN_CHECKS)
    load_checks([path])
    assert hasattr(Check, "postcode_digits")


def test_files_that_are_missing_are_named(tmp_path):
    missing = tmp_path / "none.yaml"
    with pytest.raises(PipelineError, match=r"none\.yaml: no such file"):
        load_schema(missing, "customers", AS_OF)
    with pytest.raises(PipelineError, match=r"none\.py: the checks cannot be read"):
        load_checks([tmp_path / "none.py"])


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("- a", "1: the file holds a list, not a mapping"),
        ("name: x", "1: is no schema: it has neither columns nor checks"),
        ("columns: [email]", "1: columns: must be a mapping of columns"),
        ("columns: {email: [email]}", "1: columns.email: must be a mapping, such as"),
        ("schema_type: x\ncolumns: {email: {}}", "1: schema_type: must be 'dataframe'"),
        ("columns: {email: {}}\nchekcs: {}", "2: unknown key 'chekcs'"),
        ("columns: {email: {}}\nstrict: true", "2: strict is not for a schema: furth"),
        ("columns: {email: {}}\ncoerce: true", "2: coerce is not for a schema: colum"),
        ("columns: {email: {}}\nindex: [{}]", "2: index is not for a schema: rows ha"),
        ("columns: {email: {}}\ndrop_invalid_rows: true", "2: drop_invalid_rows is no"),
        ("columns:\n  emial: {}", "2: columns.emial: no column of customers"),
    ],
)
def test_a_mistake_in_a_schema_is_named_with_its_line(write, text, said):
    with pytest.raises(PipelineError) as wrong:
        own_schema(write, text)
    assert str(wrong.value).startswith(f"own.yaml:{said}")


@pytest.mark.parametrize(
    ("column", "text", "said"),
    [
        ("email", "emial: {}", "3: columns.email: unknown check or key 'emial'"),
        ("email", "checks: {mail: {}}", "3: columns.email.checks.mail: unknown check"),
        ("email", "email: true", "2: columns.email: pandera refuses it: email()"),
        ("email", "email: {typo: 1}", "2: columns.email: check 'email' raises TypeE"),
        ("email", "nullable: no", "3: columns.email.nullable: must be true or false"),
        ("email", "required: true", "3: columns.email: required is not for a schema"),
        ("email", "unique: true", "3: columns.email: unique is not for a schema: rows"),
        ("email", "dtype: str", "3: columns.email: dtype is not for a schema: columns"),
        ("email", "known: {}", "2: columns.email: check 'known' raises TypeError"),
        ("email", "unique_values_eq: [a]", "3: columns.email: unknown check or key"),
        (
            "kind",
            "isin: {value: [a], raise_warning: true}",
            "3: columns.kind.isin: rais",
        ),
        (
            "created_at",
            "sane_date: {latest: 1900-13-01}",
            "3: columns.created_at.sane_d",
        ),
        (
            "birth_date",
            "email: {}",
            "2: columns.birth_date: check 'email' raises Arrow",
        ),
        ("note", "str_matches: '(?!x)'", "2: columns.note: check 'str_matches' raises"),
    ],
)
def test_a_mistake_in_a_column_is_named_with_its_line(write, column, text, said):
    with pytest.raises(PipelineError) as wrong:
        own_schema(write, f"columns:\n  {column}:\n    {text}\n")
    assert str(wrong.value).startswith(f"own.yaml:{said}")


@pytest.mark.parametrize(
    ("place", "body", "said"),
    [
        ("columns.note", "len(values) < 3", "gives one answer, not one for each row"),
        ("columns.note", "values.map(int) > 0", "raises ValueError on made-up rows"),
        ("checks", "values['nowhere'] == 1", "raises KeyError on made-up rows"),
        (
            "checks",
            "values['created_at'] <= values['updated_at']",
            "gives no answer where a value is null",
        ),
    ],
)
def test_a_check_that_cannot_judge_rows_is_refused_before_any_are_read(
    write, place, body, said
):
    register = """
        from pandera.extensions import register_check_method

        @register_check_method()
        def own(values):
            return"""
    checks = write("own.py", f"{register} {body}")
    texts = {
        "columns.note": "columns: {note: {nullable: true, own: {}}}",
        "checks": "checks: {own: {}}",
    }
    with pytest.raises(PipelineError) as wrong:
        own_schema(write, texts[place], checks=[checks])
    assert str(wrong.value).startswith(f"own.yaml:1: {place}: check 'own' {said}")


def test_all_mistakes_are_told_at_once_in_the_order_of_the_lines(write):
    with pytest.raises(PipelineError) as wrong:
        own_schema(
            write,
            """
            strict: true
            columns:
              emial: {nullable: true}
              phone: {nullable: true, e146: {}}
              kind: {nullable: yes}
            """,
        )
    assert [problem.where for problem in wrong.value.problems] == [
        f"own.yaml:{line}" for line in (2, 4, 5, 6)
    ]
    assert "did you mean 'e164'?" in str(wrong.value)


def test_cleaned_columns_have_the_types_that_checks_expect():
    types = {str(arrow_type(kind)) for kind in FIELDS["customers"].values()}
    assert types == {
        "string",
        "date32[day]",
        "timestamp[us]",
        "bool",
        "list<item: string>",
    }


def test_the_examples_of_the_documentation_load(write):
    guide = Path(__file__).parents[1] / "docs" / "schemas.md"
    blocks = re.findall(r"```(yaml|python)\n(.*?)```", guide.read_text("utf-8"), re.S)
    (first, code, second) = [text for _, text in blocks]
    assert len(own_schema(write, first).checks) == 7
    checks = [write("own.py", code)]
    assert len(own_schema(write, second, checks=checks).checks) == 2
