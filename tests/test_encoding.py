"""Encodings that no file names: found by its bytes, or told to be unsure."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from regpipe.stages import counting
from regpipe.stages.encoding import Encoding, find_encoding

PEOPLE = {
    "Swedish": "Åsa Öberg;Göteborg\nBjörn Sjögren;Växjö\nMärta Ek;Örebro\n",
    "Danish": "Søren Østergård;Århus\nBjørn Kjær;Ærø\n",
    "German": "Jürgen Groß;Köln\nKäthe Müller;Düsseldorf\n",
    "French": "Hélène Lefèvre;Montréal\nFrançois Côté;Québec\n",
    "Spanish": "José Muñoz;Málaga\nÍñigo Núñez;A Coruña\n",
    "Portuguese": "João Gonçalves;São Paulo\nConceição Simões;Maceió\n",
    "Polish": "Łukasz Wójcik;Łódź\nŻaneta Święcicka;Kraków\nJan Nowak;Gdańsk\n",
    "Czech": "Jiří Dvořák;Plzeň\nŠárka Nováková;Ústí\nTomáš Černý;Brno\n",
    "Hungarian": "Győző Kovács;Kecskemét\nÁgnes Tóth;Pécs\nZsófia Szűcs;Győr\n",
    "Turkish": "Ayşe Yıldız;İzmir\nÇağla Öztürk;Muğla\nMehmet Şahin;Eskişehir\n",
    "Latvian": "Jānis Bērziņš;Rīga\nLīga Kalniņa;Jelgava\nŽanis Ķēniņš;Cēsis\n",
    "Russian": "Анна Иванова;Москва\nПётр Петров;Казань\n",
    "Greek": "Γιώργος Παπαδόπουλος;Αθήνα\nΜαρία Νικολάου;Πάτρα\n",
    "Japanese": "山田太郎;東京都\n鈴木花子;大阪市\n佐藤一郎;名古屋市\n",
    "Chinese": "王小明;北京市\n李娜;上海市\n张伟;广州市\n",
    "Korean": "김철수;서울\n이영희;부산\n박지민;대구\n",
}

PAGES = [
    *[(name, "cp1252") for name in ("Swedish", "Danish", "German", "French")],
    *[(name, "cp1252") for name in ("Spanish", "Portuguese")],
    *[(name, "cp850") for name in ("Swedish", "Danish", "German", "French")],
    *[(name, "mac_roman") for name in ("Swedish", "French")],
    *[(name, "cp1250") for name in ("Polish", "Czech", "Hungarian")],
    *[(name, "cp852") for name in ("Polish", "Czech", "Hungarian")],
    *[(name, "iso8859_2") for name in ("Polish", "Czech")],
    *[("Turkish", "cp1254"), ("Latvian", "cp1257"), ("Greek", "cp1253")],
    *[("Russian", page) for page in ("cp1251", "cp866", "koi8_r")],
    *[("Japanese", "cp932"), ("Chinese", "gb18030"), ("Korean", "cp949")],
]


def found_in(folder, content):
    path = folder / "some.csv"
    path.write_bytes(content)
    return find_encoding(path)


@pytest.mark.parametrize(("language", "page"), PAGES)
@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_the_code_page_is_that_in_which_the_letters_make_words(
    tmp_path, language, page, end
):
    text = ("Id;Name\n" + PEOPLE[language] * 4).replace("\n", end)
    found = found_in(tmp_path, text.encode(page))
    assert text.encode(page).decode(found.name) == text
    assert found.certainty == "likely"


def test_one_word_in_a_thousand_rows_is_enough(tmp_path):
    rows = "1;Joe;Boston\n" * 1000 + "2;Guy;Montréal\n" + "3;Ann;Austin\n" * 1000
    assert found_in(tmp_path, rows.encode("cp850")).name == "cp850"


def test_too_little_to_tell_is_told(tmp_path):
    found = found_in(tmp_path, b"Id;Name\n1;\x8fsa\n")
    assert found.certainty == "unsure"
    assert "cp850" in (found.name, *found.others)


def test_a_sign_that_is_no_letter_says_little_and_stays_a_sign(tmp_path):
    found = found_in(tmp_path, "Price\n12 €\n9 €\n".encode("cp1252"))
    assert "€".encode("cp1252").decode(found.name) == "€"


@pytest.mark.parametrize("page", ["utf-16-le", "utf-16-be"])
def test_utf_16_without_a_mark_shows_by_its_zeros(tmp_path, page):
    text = "Id;Name\n1;Åsa\n2;Bo\n"
    assert found_in(tmp_path, text.encode(page)) == Encoding(page, "likely")


def test_utf_8_that_is_damaged_is_not_taken_for_something_else(tmp_path):
    good = ("Id;Name\n" + PEOPLE["Swedish"]).encode()
    assert found_in(tmp_path, good) == Encoding("utf-8", "valid")
    assert found_in(tmp_path, good + b"9;\xe5\n") is None
    assert found_in(tmp_path, good + b"9;\xc3") is None
    assert found_in(tmp_path, b"Id;Name\n9;\xc3") is None


@given(st.text(max_size=60), st.integers(1, 9))
def test_utf_8_is_known_as_such_wherever_it_is_cut_into_chunks(
    tmp_path_factory, text, size
):
    folder = tmp_path_factory.getbasetemp()
    content = ("a" * 9 + text).encode()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(counting, "CHUNK", size)
        found = found_in(folder, content)
    if "\ufffd" not in text:
        assert found == Encoding("utf-8", "valid")
