"""Keys of names: one for all spellings of a name, none for what is no name."""

import unicodedata

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from drawn import an_engine
from regpipe.formats.name_words import name_words
from regpipe.sql.name_cells import name_parts, names_asked
from regpipe.sql.step import literal
from regpipe.stages.name_keys import LONGEST, NameCell, first_cell, folded, last_cell


@pytest.fixture(scope="module")
def engine():
    yield from an_engine()


@pytest.mark.parametrize(
    "spellings",
    [
        ("Sørensen", "Sorensen", "SØRENSEN", "Sørensen "),
        ("Łukasz", "Lukasz", "ŁUKASZ"),
        ("Weiß", "Weiss", "WEISS", "WEIẞ"),
        ("İnönü", "Inonu", "ınonu", "I\u0307NÖNÜ"),
        ("Đorđević", "Dordevic"),
        ("Ελένη", "ΕΛΕΝΗ", "ελενη"),
        ("Μάριος", "ΜΑΡΙΟΣ", "μαριοσ"),
        ("Åsa-Britta", "Asa Britta", "A\u030asa‑Britta"),
        ("Ａｎｎａ", "Anna", "anna", "Anna\u200b"),
        ("Фёдор", "Федор", "ФЁДОР"),
        ("O'Hara", "O’Hara", "O`Hara", "OHara"),
        ("Mc Donald", "McDonald", "MCDONALD"),
        ("d'Arc", "D’ARC"),
    ],
)
def test_spellings_of_a_name_have_one_key(spellings):
    assert len({last_cell(spelled) for spelled in spellings}) == 1
    assert len({first_cell(spelled) for spelled in spellings}) == 1


@pytest.mark.parametrize(
    "spellings",
    [
        ("von Berg", "Von Berg", "Berg", "VON BERG", "vom Berg"),
        ("van der Berg", "Van Den Berg", "Berg"),
        ("de la Cruz", "De La Cruz", "Cruz"),
        ("al-Assad", "Al Assad", "Assad"),
    ],
)
def test_particles_make_no_difference_to_a_surname(spellings):
    assert len({last_cell(spelled).key for spelled in spellings}) == 1


@pytest.mark.parametrize(
    ("first", "last"),
    [
        ("Anna", "von Berg"),
        ("Anna von", "Berg"),
        ("Dr. Anna", "Berg"),
        ("Frau Dr. Anna", "von Berg"),
        ("ANNA", "BERG"),
        ("Berg, Anna von", "Berg, Anna von"),
        ("von Berg, Anna", "von Berg"),
        ("Anna", "Berg, Anna"),
    ],
)
def test_one_person_however_the_name_was_put(first, last):
    assert (first_cell(first).key, last_cell(last).key) == ("anna", "berg")


def test_a_cell_with_both_names_tells_both():
    assert first_cell("Berg, Anna") == NameCell("anna", "berg")
    assert last_cell("Berg, Anna") == NameCell("berg", "anna")


def test_father_and_son_are_told_apart_in_one_spelling():
    said = [last_cell(f"Berg{jr}") for jr in (" Jr.", " Junior", ", jr", " JNR", " jr")]
    assert {*said} == {NameCell("berg", None, "jr")}
    assert last_cell("Berg Sr.").suffix == "sr"
    assert last_cell("Berg III").suffix == "iii"
    assert first_cell("Anders Jr.") == NameCell("anders", None, "jr")
    assert last_cell("Berg").suffix is None


@pytest.mark.parametrize(
    "text",
    [
        *("-", ".", "", " ", "n/a", "N/A", "test", "TEST", "Kund", "Gäst", "Gast"),
        *("Customer", "guest", "klient", "First Name", "No Name", "anna@x.se"),
        *("Anna <anna@x.se>", "\x00\x01", "👍", "Herr", "Dr.", "Mrs"),
    ],
)
def test_what_is_no_name_has_no_key(text):
    assert first_cell(text) == last_cell(text) == NameCell()


@pytest.mark.parametrize(
    ("text", "key"),
    [
        ("李娜", "李娜"),
        ("Анна", "анна"),
        ("Йосиф", "йосиф"),
        ("กมลวรรณ", "กมลวรรณ"),
        ("अनिल", "अनिल"),
        ("ガブリエル", "ガブリエル"),
        ("각", "각"),
        ("مُحَمَّد", "محمد"),
        ("Nguyễn", "nguyen"),
        ("Von", "von"),
        ("Van", "van"),
        ("De La", "la"),
    ],
)
def test_a_name_of_any_script_has_a_key(text, key):
    assert last_cell(text).key == key


def test_umlauts_are_the_bare_letter_and_not_two():
    """ae, oe and ue stay what they are: Michael and Joel are no umlauts."""
    assert last_cell("Müller").key == "muller"
    assert last_cell("Mueller").key == "mueller"


def test_a_name_of_ten_thousand_letters_has_a_key_of_a_hundred():
    assert last_cell("x" * 10_000).key == "x" * LONGEST


KNOWN = name_words()
WORDS = st.sampled_from(
    [
        *("Anna", "BERG", "Åsa", "øre", "ß", "O'Hara", "Jr", "x", "Ek", "İ", "von"),
        *sorted(KNOWN.particles | KNOWN.titles | KNOWN.placeholders),
    ]
)
NAMES = st.lists(WORDS, min_size=1, max_size=4).flatmap(
    lambda words: st.lists(
        st.sampled_from([" ", "-", ", ", "  ", ". ", " - "]),
        min_size=len(words),
        max_size=len(words),
    ).map(
        lambda signs: "".join(map("".join, zip(words, signs, strict=True))).strip(" -")
    )
)
ANY = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]))


@given(st.lists(NAMES | ANY, min_size=1, max_size=20, unique=True))
@settings(max_examples=100, deadline=None)
def test_a_name_whose_key_sql_makes_has_the_same_by_the_library(engine, texts):
    engine.put("people", pa.table({"first_name": pa.array(texts, pa.string())}))
    asked = engine.collect(names_asked("first_name", ["people"]).select)
    keys = engine.collect(
        "select first_name as t, rp_name_key(first_name) as k from people"
    )
    sure = {r["t"]: r["k"] for r in keys.to_pylist()}
    for text in asked["question"].to_pylist():
        del sure[text]
    for text, key in sure.items():
        assert first_cell(text) == last_cell(text) == NameCell(key), text


@given(ANY)
def test_whoever_writes_a_letter_and_no_known_word_has_a_key(text):
    known = KNOWN.titles | KNOWN.placeholders
    letters = any(unicodedata.category(sign)[0] == "L" for sign in folded(text))
    words = {"".join(filter(str.isalnum, w)) for w in folded(text).split()}
    if letters and "@" not in text and "," not in text and not words & known:
        assert last_cell(text).key


@given(ANY)
def test_folding_again_changes_nothing(text):
    assert folded(folded(text)) == folded(text)


@given(NAMES)
@settings(max_examples=60, deadline=None)
def test_no_letter_of_a_whole_name_is_lost_or_said_twice(engine, text):
    whole = f"rp_name_text({literal(text)})"
    parts = (f"rp_{side}_name({whole}, {name_parts()})" for side in ("first", "last"))
    found = engine.collect(f"select {', '.join(parts)}").to_pylist()[0]
    letters = sorted("".join(filter(str.isalnum, text)))
    said = "".join(each or "" for each in found.values())
    assert sorted(filter(str.isalnum, said)) == letters
