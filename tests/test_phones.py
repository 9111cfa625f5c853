"""Phones: phonenumbers is the authority, and SQL gives no other answer than it."""

import phonenumbers
import pyarrow as pa
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from phonenumbers import PhoneNumberFormat as Format
from phonenumbers import PhoneNumberType as Kind

from drawn import an_engine
from regpipe.stages.phones import phone

REGIONS = sorted(phonenumbers.SUPPORTED_REGIONS)
COMMON = (
    *("SE", "NO", "DK", "FI", "DE", "AT", "CH", "NL", "BE", "FR", "GB", "IE"),
    *("ES", "PT", "IT", "PL", "CZ", "SK", "HU", "EE", "LV", "US", "CA"),
)
KINDS = (*range(11), Kind.UAN, Kind.VOICEMAIL)
EXTENSIONS = ("x12", " x 12", " ext. 5", " ext 12", ";ext=7", " #9")


@pytest.fixture(scope="module")
def engine():
    yield from an_engine()


def by_sql(engine, asked):
    """Give what SQL says of texts with their regions: a number, or None."""
    texts, regions = (
        pa.array(column, pa.string()) for column in zip(*asked, strict=True)
    )
    engine.put("asked", pa.table({"text": texts, "region": regions}))
    found = engine.collect("select rp_phone(rp_dial(text), region) as sure from asked")
    return found["sure"].to_pylist()


def like(region, kind, draw):
    """Give a number like the library's example of a kind, some digits drawn anew."""
    example = phonenumbers.example_number_for_type(region, kind)
    assume(example is not None)
    digits = list(str(example.national_number))
    for place in draw(st.sets(st.integers(0, len(digits) - 1), max_size=6)):
        digits[place] = draw(st.sampled_from("0123456789"))
    digits += draw(st.sampled_from([[], [], ["0"], ["7", "7"]]))
    cut = len(digits) - draw(st.sampled_from([0, 0, 0, 1, 2]))
    return phonenumbers.PhoneNumber(
        country_code=example.country_code,
        national_number=int("".join(digits[:cut]) or "1"),
        italian_leading_zero=example.italian_leading_zero,
        number_of_leading_zeros=example.number_of_leading_zeros,
    )


def spellings(number, region):
    """Give the ways that people and programs write a number."""
    national = phonenumbers.format_number(number, Format.NATIONAL)
    international = phonenumbers.format_number(number, Format.INTERNATIONAL)
    e164 = phonenumbers.format_number(number, Format.E164)
    code = f"+{number.country_code}"
    rest = e164.removeprefix(code)
    trunk = phonenumbers.ndd_prefix_for_region(region, True) or "0"
    yield from (national, international, e164, rest, e164[1:])
    yield from (national.replace(" ", ""), national.replace(" ", "\u00a0"))
    yield from (national.replace(" ", "-"), national.replace("-", "\u2011"))
    yield from (national.replace(" ", "."), national.replace(" ", "/"))
    yield from (f"({national[:3]}) {national[3:]}", f"'{national}"[1:], f" {national} ")
    yield from ("00" + e164[1:], "00 " + international[1:], "011" + e164[1:])
    yield from (f"{code} ({trunk}){rest}", f"{code}{trunk}{rest}", f"({code}) {rest}")
    yield from (f"{trunk}{rest}", f"{trunk}-{rest}", f"0{rest}", f"tel:{e164}")
    yield phonenumbers.format_number(number, Format.RFC3966)


@st.composite
def written(draw, regions=REGIONS):
    """Draw a number of a region, its spellings, and the region it is read by."""
    region = draw(st.sampled_from(regions))
    number = like(region, draw(st.sampled_from(KINDS)), draw)
    extension = draw(st.sampled_from(["", "", "", *EXTENSIONS]))
    texts = [text + extension for text in spellings(number, region)]
    read_by = draw(
        st.sampled_from([region, region, None, draw(st.sampled_from(COMMON))])
    )
    return number, texts, read_by


@given(written())
@settings(max_examples=150, deadline=None)
def test_what_sql_is_sure_of_is_what_the_library_says_in_every_region(engine, drawn):
    _, texts, region = drawn
    for text, sure in zip(
        texts, by_sql(engine, [(t, region) for t in texts]), strict=True
    ):
        assert sure in (None, phone(text, region)), (text, region)


@given(written(COMMON))
@settings(max_examples=150, deadline=None)
def test_what_sql_is_sure_of_is_what_the_library_says_where_sql_knows_most(
    engine, drawn
):
    _, texts, region = drawn
    for text, sure in zip(
        texts, by_sql(engine, [(t, region) for t in texts]), strict=True
    ):
        assert sure in (None, phone(text, region)), (text, region)


@given(
    st.text("0123456789+ -()./x'\u00a0\u2011", max_size=16),
    st.none() | st.sampled_from(COMMON),
)
@settings(max_examples=150, deadline=None)
def test_sql_is_sure_of_no_text_that_the_library_reads_otherwise(engine, text, region):
    assert by_sql(engine, [(text, region)])[0] in (None, phone(text, region))


@given(written())
@settings(max_examples=60, deadline=None)
def test_a_valid_number_in_full_is_what_phonenumbers_writes(drawn):
    _, texts, region = drawn
    for text in texts:
        try:
            parsed = phonenumbers.parse(text, region)
        except phonenumbers.NumberParseException:
            continue
        if phonenumbers.is_valid_number(parsed):
            assert phone(text, region) == phonenumbers.format_number(
                parsed, Format.E164
            )


@pytest.mark.parametrize("region", COMMON)
def test_sql_is_sure_of_the_common_spellings_of_common_countries(engine, region):
    """Else every row would be asked of the library."""
    number = phonenumbers.example_number_for_type(region, Kind.MOBILE)
    national = phonenumbers.format_number(number, Format.NATIONAL)
    e164 = phonenumbers.format_number(number, Format.E164)
    texts = [
        *(national, national.replace(" ", ""), national.replace(" ", "-")),
        *(e164, phonenumbers.format_number(number, Format.INTERNATIONAL)),
        *(() if region in ("US", "CA") else ("00" + e164[1:],)),
    ]
    assert by_sql(engine, [(t, region) for t in texts]) == [e164] * len(texts)


@pytest.mark.parametrize(
    ("text", "region", "expected"),
    [
        ("+46 (0)70-123 45 67", "SE", "+46701234567"),
        ("00 46 70 123 45 67", "SE", "+46701234567"),
        ("00 46 70 123 45 67", "US", "+46701234567"),
        ("0046701234567", None, "+46701234567"),
        ("46701234567", "SE", "+46701234567"),
        ("701234567", "SE", "+46701234567"),
        ("0701234567", "DK", None),
        ("011 46 70 123 45 67", "US", "+46701234567"),
        ("+39 (0)6 6988 4857", None, "+390669884857"),
        ("Tel. 070-123 45 67", "SE", "+46701234567"),
        ("070-123 45 67 ankn 12", "SE", "+46701234567"),
        ("070-123 45 67 x12", "SE", "+46701234567"),
        (
            "\u0660\u0667\u0660\u0661\u0662\u0663\u0664\u0665\u0666\u0667",
            "SE",
            "+46701234567",
        ),
        ("0812", "SE", "+46812"),
        ("812", "SE", "+46812"),
        ("1-800-FLOWERS", "US", "+18003569377"),
        ("070-123 45 67 Anna", "SE", None),
        ("07O-123 45 67", "SE", None),
        ("070-123 45 67, 08-12 34 56", "SE", None),
        ("saknas", "SE", None),
        ("0701234567", None, None),
        ("0701234567", "QQ", None),
        ("+", "SE", None),
        ("", "SE", None),
        ("7" * 10_000, "SE", None),
    ],
)
def test_a_phone_in_an_odd_spelling(text, region, expected):
    read = phone(text, region)
    if region == "DK" and read is not None:
        assert not phonenumbers.is_valid_number(phonenumbers.parse(read))
    else:
        assert read == expected


@pytest.mark.parametrize(
    ("text", "region"),
    [
        ("+46 070-123 45 67", "SE"),
        ("+44 (0)20 7946 0018", "GB"),
        ("+44 020 7946 0018", "GB"),
        ("+49 (0) 30 901820", "DE"),
        ("1-201-555-0123", "US"),
        ("1 (201) 555-0123", "US"),
        ("06 6988 4857", "IT"),
        ("0046 70 123 45 67", "NO"),
        ("8 800 555 35 35", "RU"),
        ("06 1 234 5678", "HU"),
    ],
)
def test_a_phone_with_a_prefix_too_many_is_what_phonenumbers_makes_of_it(text, region):
    number = phonenumbers.parse(text, region)
    assert phone(text, region) == phonenumbers.format_number(number, Format.E164)
