"""The words of ours that steps use: one table of cases, and what must always hold."""

import re
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

import regpipe.sql
from drawn import an_engine
from regpipe.sql.step import literal

FILE = Path(regpipe.sql.__file__).parent / "vocabulary.duckdb.sql"
WORDS = re.findall(r"^create or replace macro (\w+)", FILE.read_text("utf-8"), re.M)
TABLE = Path(__file__).with_name("vocabulary.txt").read_text("utf-8")


def decoded(text):
    return re.sub(r"\\u([0-9a-f]{4})", lambda code: chr(int(code[1], 16)), text)


CASES = [
    tuple(decoded(part.strip()) for part in line.rsplit(" -> ", 1))
    for line in TABLE.splitlines()
    if line and not line.startswith("#")
]


@pytest.fixture(scope="module")
def engine():
    yield from an_engine()


def given_by(engine, *expressions):
    """Give the text of each of some expressions."""
    items = ", ".join(
        f"cast({sql} as varchar) as c{n}" for n, sql in enumerate(expressions)
    )
    row = engine.collect(f"select {items}").to_pylist()[0]
    return [row[f"c{n}"] for n in range(len(expressions))]


@pytest.mark.parametrize(("expression", "expected"), CASES, ids=lambda text: text)
def test_a_word_means_what_the_table_says(engine, expression, expected):
    wanted = {"null": None, "''": ""}.get(expected, expected)
    assert given_by(engine, expression) == [wanted]


@pytest.mark.parametrize("word", WORDS)
def test_every_word_stands_in_the_table(word):
    used = {re.search(r"\brp_\w+", expression)[0] for expression, _ in CASES}
    assert word in used


def test_the_table_speaks_of_no_word_there_is_not():
    used = {name for e, _ in CASES for name in re.findall(r"\brp_\w+", e)}
    assert used <= set(WORDS)


def test_every_word_is_said_to_mean_something():
    """A comment stands above each word, or above the first of its group."""
    blocks = FILE.read_text("utf-8").split("\n\n")
    for block in blocks:
        if "create or replace macro" in block:
            assert block.lstrip().startswith("-- "), block.splitlines()[0]


# Amounts: every cent, in either notation.

MARKS = {".": "point", ",": "comma"}


@given(
    amount=st.decimals(
        Decimal(-(10**13)),
        Decimal(10**13),
        places=4,
        allow_nan=False,
    ),
    places=st.integers(0, 4),
    mark=st.sampled_from(".,"),
    between=st.sampled_from(["", " ", "'", "\u00a0", "\u202f", "other"]),
)
@settings(max_examples=60, deadline=None)
def test_an_amount_is_read_exactly_however_its_thousands_are_grouped(
    engine, amount, places, mark, between
):
    amount = amount.quantize(Decimal(1).scaleb(-places))
    group = {"other": ".,".replace(mark, "")}.get(between, between)
    text = f"{amount:,f}".replace(",", "G").replace(".", mark).replace("G", group)
    asked = f"rp_money_{MARKS[mark]}({literal(text)})"
    assert engine.collect(f"select {asked} as x")["x"][0].as_py() == amount


DIGITS = st.sampled_from(["0", "1", "12", "234", "567", "000"])
BETWEEN = st.sampled_from([".", ",", " ", "'", "\u00a0", ".", ",", ""])
AMOUNTS = st.builds(
    lambda sign, first, rest: sign + first + "".join(map("".join, rest)),
    st.sampled_from(["", "-", "+"]),
    DIGITS,
    st.lists(st.tuples(BETWEEN, DIGITS), max_size=3),
)


@given(AMOUNTS, st.sampled_from(".,"))
@settings(max_examples=200, deadline=None)
def test_an_amount_is_null_or_what_its_digits_say(engine, text, mark):
    """No digit is lost or moved: behind the mark stand as many as were written."""
    asked = f"rp_money_{MARKS[mark]}({literal(text)})"
    got = engine.collect(f"select {asked} as x")["x"][0].as_py()
    if got is None:
        return
    whole, _, behind = text.partition(mark)
    digits = re.sub(r"[^0-9]", "", whole), re.sub(r"[^0-9]", "", behind)
    sign = -1 if text.startswith("-") else 1
    assert got == sign * Decimal(f"{digits[0]}.{digits[1] or 0}")
    assert re.fullmatch("[0-9]*", behind), "nothing but digits behind the mark"


# Times.

ZONES = ("UTC", "Europe/Stockholm", "America/New_York", "Asia/Kolkata")
MOMENTS = st.datetimes(datetime(1971, 1, 1), datetime(2037, 12, 31))


@given(MOMENTS, st.sampled_from(ZONES), st.sampled_from(["T", " "]))
@settings(max_examples=60, deadline=None)
def test_a_time_with_its_offset_is_the_same_moment_in_utc(engine, utc, zone, between):
    local = utc.replace(tzinfo=UTC).astimezone(ZoneInfo(zone))
    text = local.isoformat(between)
    asked = f"rp_time_iso({literal(text)}, 'Asia/Tokyo')"
    assert engine.collect(f"select {asked} as x")["x"][0].as_py() == utc


@given(MOMENTS, st.sampled_from(ZONES))
@settings(max_examples=60, deadline=None)
def test_a_local_time_that_happened_once_is_that_moment_in_utc(engine, utc, zone):
    local = utc.replace(tzinfo=UTC).astimezone(ZoneInfo(zone))
    assume(local.replace(fold=0).utcoffset() == local.replace(fold=1).utcoffset())
    text = local.replace(tzinfo=None).isoformat(" ")
    asked = f"rp_time_iso({literal(text)}, {literal(zone)})"
    assert engine.collect(f"select {asked} as x")["x"][0].as_py() == utc


# Texts.

NASTY = " \t\n\r\u00a0\u200b\u202f\ufeff\u2003'`=+-@0A\u00e5"


@given(st.text(NASTY, max_size=8) | st.text(max_size=8).filter(lambda t: "\0" not in t))
@settings(max_examples=100, deadline=None)
def test_what_was_made_harmless_comes_back_as_it_was(engine, text):
    assert given_by(engine, f"rp_disarmed(rp_armed({literal(text)}))") == [text]


@given(st.text(NASTY, max_size=8))
@settings(max_examples=100, deadline=None)
def test_what_a_cell_holds_does_not_hang_on_the_rest_of_its_row(engine, text):
    plain, odd = given_by(
        engine,
        f"rp_text({literal(text)}, rp_odd({literal(text)}))",
        f"rp_text({literal(text)}, true)",
    )
    assert plain == odd


@given(
    *([st.none() | st.text("anbekан李", min_size=1, max_size=4)] * 4),
    st.booleans(),
)
@settings(max_examples=100, deadline=None)
def test_names_agree_both_ways_round_and_each_with_itself(
    engine, first_a, last_a, first_b, last_b, strict
):
    one, other = (first_a, last_a), (first_b, last_b)

    def agree(*names):
        listed = ", ".join("null" if n is None else literal(n) for n in names)
        return f"rp_names_agree({listed}, {str(strict).lower()})"

    there, back, itself = given_by(
        engine, agree(*one, *other), agree(*other, *one), agree(*one, *one)
    )
    assert there == back
    assert itself == "true"
