"""VAT ids and organisation numbers: one spelling, and a key where they are right."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from regpipe.stages.tax_numbers import TaxNumber, org_number, vat_id


@pytest.mark.parametrize(
    ("text", "country", "expected"),
    [
        ("SE556012579001", "SE", "SE556012579001"),
        ("556012-579001", "SE", "SE556012579001"),
        ("5560125790-01", "SE", "SE556012579001"),
        ("DE136695976", None, "DE136695976"),
        ("136695976", "DE", "DE136695976"),
        ("GR094259216", None, "EL094259216"),
        ("094259216", "GR", "EL094259216"),
        ("995525828", "NO", "NO995525828MVA"),
        ("NO995525828MVA", None, "NO995525828MVA"),
        ("CHE-107.787.577IVA", None, "CHE107787577IVA"),
        ("980780684", "GB", "GB980780684"),
        ("13585628", "DK", "DK13585628"),
        ("DE136695976", "SE", "DE136695976"),
    ],
)
def test_a_vat_id_that_is_right_has_one_spelling_and_is_a_key(text, country, expected):
    assert vat_id(text, country) == TaxNumber(expected, expected)


@pytest.mark.parametrize(
    ("text", "country"),
    [
        ("SE556012579101", "SE"),
        ("DE136695977", None),
        ("NO995525829MVA", "NO"),
        ("FRXX999999999", "FR"),
        ("X1", None),
        ("", "SE"),
    ],
)
def test_a_vat_id_that_is_wrong_stays_as_it_is_and_is_no_key(text, country):
    assert vat_id(text, country) == TaxNumber(text, None)


@pytest.mark.parametrize(
    ("text", "country", "value", "key"),
    [
        ("556012-5790", "SE", "5560125790", "SE5560125790"),
        ("5560125790", "SE", "5560125790", "SE5560125790"),
        ("SE5560125790", "SE", "5560125790", "SE5560125790"),
        ("165560125790", "SE", "165560125790", "SE5560125790"),
        ("19121212-1212", "SE", "191212121212", "SE1212121212"),
        ("121212-1212", "SE", "1212121212", "SE1212121212"),
        ("121212+1212", "SE", "121212+1212", "SE1212121212"),
        ("995525828", "NO", "995525828", "NO995525828"),
        ("13585628", "DK", "13585628", "DK13585628"),
        ("2077474-0", "FI", "20774740", "FI20774740"),
        ("768-000-24-66", "PL", "7680002466", "PL7680002466"),
        ("12345678", "NL", "12345678", "NL12345678"),
        ("5560125790", None, "5560125790", "5560125790"),
        ("556012-5791", "SE", "556012-5791", None),
        ("1656012-5790", "SE", "1656012-5790", None),
        ("995525829", "NO", "995525829", None),
        ("FISH", "SE", "FISH", None),
        ("12", None, "12", None),
    ],
)
def test_a_number_of_a_company_or_person(text, country, value, key):
    assert org_number(text, country) == TaxNumber(value, key)


def test_one_number_in_two_countries_is_two_keys():
    assert org_number("13585628", "DK").key != org_number("13585628", None).key


COUNTRIES = st.none() | st.sampled_from(
    [
        *("AT", "AU", "BE", "BG", "CA", "CH", "CZ", "DE", "DK", "EE", "ES", "FI", "FR"),
        *("GB", "GR", "HR", "HU", "IE", "IS", "IT", "LT", "LU", "LV", "NL", "NO", "PL"),
        *("PT", "RO", "SE", "SI", "SK", "US", "QQ"),
    ]
)
TEXTS = st.text("0123456789ABSEX-+./", max_size=14) | st.text(max_size=10)


@given(TEXTS, COUNTRIES)
def test_reading_what_was_read_gives_the_same(text, country):
    """Whatever stands there; a number with its check digits right keeps its key."""
    for read in (vat_id, org_number):
        once = read(text, country)
        assert read(once.value, country) == once
