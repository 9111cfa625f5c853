"""Reading files as shops write them: every record once, every cell as it was."""

import contextlib
import csv
import io
import json
import os
from datetime import UTC, datetime
from encodings.aliases import aliases

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from drawn import an_engine
from regpipe.errors import InputFileError, PipelineError
from regpipe.schemas import load_schema, shipped_schema
from regpipe.spec import Csv, CustomerSource
from regpipe.sql.step import ident
from regpipe.stages import counting
from regpipe.stages.extract import carefully, extract, unique
from regpipe.stages.files import find_files
from regpipe.stages.intake import take_in
from regpipe.stages.normalise import normalise
from regpipe.stages.quarantine import pick
from regpipe.stages.wanted import Wanted, wanted_columns

engine = pytest.fixture(an_engine)

ADDED = ("regpipe_row", "regpipe_problem", "regpipe_cells")


class Read:
    """A file as it was read: its delivery, its cells, and which rows do not fit."""

    def __init__(self, engine, delivery):
        raw = ident("raw_clean_x_1")
        names = [name for name in delivery.text.columns if name not in ADDED]
        cells = ", ".join(
            f"coalesce({ident(name)}, '') as {ident(name)}" for name in names
        )
        self.delivery = delivery
        self.header = delivery.header
        found = engine.collect(f"select {cells} from {raw}").to_pylist()
        self.cells = [list(row.values()) for row in found]
        self.numbers = [*range(delivery.first_row, delivery.first_row + len(found))]
        self.problems = {}
        if delivery.careful:
            said = engine.collect(f"select {', '.join(ADDED)} from {raw}").to_pylist()
            self.numbers = [int(row["regpipe_row"]) for row in said]
            self.problems = {
                int(row["regpipe_row"]): row["regpipe_problem"]
                for row in said
                if row["regpipe_problem"]
            }


@pytest.fixture
def read(engine, tmp_path):
    """Read bytes (or text) as a file of a customers source."""

    def reading(content, *, columns=None, **dialect):
        return read_file(engine, tmp_path, content, columns, dialect)

    return reading


def read_file(engine, folder, content, columns, dialect):
    path = folder / "shop.csv"
    said = Csv.model_validate(dialect)
    if isinstance(content, str):
        content = content.encode(said.encoding or "utf-8")
    path.write_bytes(content)
    mapped = columns or {"external_id": "Id" if said.header else "1", "email": "Id"}
    if not said.header and columns is None:
        mapped = {"external_id": "1"}
    source = CustomerSource.model_validate(
        {"files": "shop.csv", "csv": dialect, "columns": mapped}, by_alias=True
    )
    delivery = extract("x", path, "shop.csv", said, wanted_columns(source), folder)
    done = normalise(engine, "x", source, "v", [delivery], 1, folder)
    return Read(engine, done.deliveries[0])


def refusal(read, content, **more):
    """Give where and what of the problem for which a file is refused."""
    with pytest.raises(InputFileError) as refused:
        read(content, **more)
    (problem,) = refused.value.problems
    return problem.where, problem.what


# What a cell may hold.


def test_a_number_sign_begins_no_comment(read):
    found = read("Id,Note\n#1001,a\n#1002,#b\n1003,c\n")
    assert found.cells == [["#1001", "a"], ["#1002", "#b"], ["1003", "c"]]


def test_an_apostrophe_is_no_quote(read):
    found = read("Id,Zip,Name\n'0812,'123 45,'t Hooft\n1,2,'a'\n'3,4,b'\n")
    assert found.cells == [
        ["'0812", "'123 45", "'t Hooft"],
        ["1", "2", "'a'"],
        ["'3", "4", "b'"],
    ]


def test_words_for_nothing_are_data(read):
    words = ["NA", "NULL", "N/A", "null", "None", "-", "nan", "\\N"]
    found = read("Id,City\n" + "".join(f"1,{word}\n" for word in words))
    assert [city for _, city in found.cells] == words


def test_numbers_formulas_and_phones_stay_as_they_are_written(read):
    cells = ["007", "17850.0", "=SUM(A1)", "-5", "+46701234567", "1e5", "TRUE", " 1 "]
    found = read("Id,Note\n" + "".join(f"1,{cell}\n" for cell in cells))
    assert [note for _, note in found.cells] == cells


def test_quoted_cells_hold_delimiters_quotes_and_line_ends(read):
    found = read('Id,Note\r\n1,"a,b"\r\n2,"say ""no"""\r\n3,"one\r\ntwo"\r\n')
    assert found.cells == [["1", "a,b"], ["2", 'say "no"'], ["3", "one\r\ntwo"]]
    assert found.numbers == [2, 3, 4]


def test_an_empty_cell_is_empty_quoted_or_not(read):
    found = read('Id,Note,City\n1,,"" \n2,"",\n'.replace('"" \n', '""\n'))
    assert found.cells == [["1", "", ""], ["2", "", ""]]


def test_a_nul_byte_stays_in_its_value(read):
    found = read("Id,Note\n1,a\0b\n2,c\n")
    assert found.cells == [["1", "a\0b"], ["2", "c"]]


def test_a_very_long_cell_is_read_whole(read):
    long = "x" * 300_000
    found = read(f"Id,Note\n1,{long}\n2,b\n")
    assert [len(note) for _, note in found.cells] == [300_000, 1]


# Records that do not fit.


def test_a_record_of_too_few_or_too_many_cells_is_kept_with_its_problem(read):
    found = read("Id,Note\n1,a\n2\n3,b,c\n4,d\n")
    assert found.numbers == [2, 3, 4, 5]
    assert found.problems == {3: "too_few_cells", 4: "too_many_cells"}
    assert found.delivery.records == 4


def test_the_first_record_may_be_the_one_that_does_not_fit(read):
    found = read("Id,Note\n1,a,b\n2,c\n")
    assert found.problems == {2: "too_many_cells"}
    assert found.cells[1] == ["2", "c"]


def test_where_every_record_is_longer_than_the_header_each_is_told(read):
    found = read("Id,Note\n1,a,x\n2,b,y\n")
    assert found.problems == {2: "too_many_cells", 3: "too_many_cells"}


def test_an_unclosed_quote_rejects_the_record_it_stands_in(read):
    found = read('Id,Note\n1,a\n2,"b\n3,c\n4,d\n')
    assert found.cells[0] == ["1", "a"]
    assert found.problems == {3: "unclosed_quote"}
    assert found.delivery.records == 2


def test_an_unclosed_quote_in_the_last_record_rejects_it(read):
    assert read('Id,Note\n1,a\n2,"b').problems == {3: "unclosed_quote"}


def test_an_unclosed_quote_rejects_its_record_in_a_large_file_too(read):
    """All that follows becomes one cell, of whatever length."""
    found = read('Id,Note\n1,a\n2,"b\n' + "3,c\n" * 1_000_000)
    assert found.cells[0] == ["1", "a"]
    assert found.problems == {3: "unclosed_quote"}


@pytest.mark.parametrize(
    "content",
    [
        'Id,Note\n1,"Anna\n2,Bo\n3,"Cia\n4,Eva\n',
        'Id,Note\n1,"Anna\n2,"Bo"\n3,Cia\n4,Eva\n',
        'Id,Note\n1,a "b" c\n2,"Anna" B\n3,Cia\n4,Eva\n',
    ],
    ids=["opened-twice", "opened-again", "text-behind"],
)
def test_text_behind_a_closing_quote_swallows_no_record_silently(read, content):
    """Each record ends up whole in a row of its own, or in one that is rejected."""
    found = read(content)
    lines = content.splitlines()[1:]
    whole = [n for n in found.numbers if n not in found.problems]
    good = [found.cells[found.numbers.index(n)] for n in whole]
    assert [cells for cells in good if any("\n" in cell for cell in cells)] == []
    ids = {cells[0] for cells in good}
    assert len(good) == len(ids) == len([line for line in lines if line[0] in ids])


def test_a_quote_in_the_middle_of_a_cell_is_a_quote(read):
    found = read('Id,Note\n1,5" pipe\n2,12" and 8"\n3,c\n')
    assert found.cells == [["1", '5" pipe'], ["2", '12" and 8"'], ["3", "c"]]
    assert found.problems == {}


def test_blank_lines_and_rows_of_commas_are_left_out_and_counted(read):
    found = read("Id,Note\n1,a\n\n,\n   ,  \n2,b\n\n\n")
    assert found.cells == [["1", "a"], ["2", "b"]]
    assert found.numbers == [2, 6]
    assert (found.delivery.records, len(found.delivery.blank_rows)) == (2, 5)


def test_a_blank_tail_after_regular_rows_is_left_out(read):
    found = read("Id,Note\n" + "1,a\n" * 50 + "\n" * 20 + ",\n" * 20)
    assert (found.delivery.records, len(found.delivery.blank_rows)) == (50, 40)


def test_a_blank_cell_in_a_file_of_one_column_is_no_record(read):
    found = read("Id\na\n\nb\n", columns={"external_id": "Id"})
    assert (found.cells, found.numbers) == ([["a"], ["b"]], [2, 4])


def test_a_row_whose_mapped_cells_are_blank_is_a_record_all_the_same(read):
    found = read("Id,Note\n1,a\n,only a note\n2,b\n")
    assert found.cells == [["1", "a"], ["", "only a note"], ["2", "b"]]


# Line ends.


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("last", [True, False])
def test_any_line_end_will_do_and_the_last_may_lack(read, end, last):
    content = end.join(["Id,Note", "1,a", "2,b"]) + (end if last else "")
    assert read(content).cells == [["1", "a"], ["2", "b"]]


@pytest.mark.parametrize(
    "content",
    [
        "Id,Note\r\n1,a\n2,b\r\n3,c\r\n",
        "Id,Note\r\n1,a\n2,b\n3,c\n",
        "Id,Note\n1,a\r\n2,b\r\n3,c\r\n",
        "Id,Note\n1,a\r2,b\n3,c\n",
        "Id,Note\r\n1,a\r\n2,b\r3,c\r\n",
    ],
    ids=["stray-lf", "crlf-header", "lf-header", "stray-cr", "cr-among-crlf"],
)
def test_mixed_line_ends_lose_no_record(read, content):
    assert read(content).cells == [["1", "a"], ["2", "b"], ["3", "c"]]


def test_a_carriage_return_too_many_makes_a_blank_line_at_most(read):
    found = read("Id,Note\r\r\n1,a\r\r\n2,b\r\r\n")
    assert found.cells == [["1", "a"], ["2", "b"]]


def test_a_blank_line_among_mixed_line_ends_has_its_row_number(read):
    found = read("1,x\r\ra,\n\r", header=False)
    assert (found.cells, found.numbers) == ([["1", "x"], ["a", ""]], [1, 3])


def test_a_line_end_within_a_header_cell_loses_no_record(read):
    found = read(
        'Id,"Post\ncode",Note\r\n1,a,b\r\n2,c,d\r\n',
        columns={"external_id": "Id", "postcode": "Post code"},
    )
    assert found.header == ("Id", "Post code", "Note")
    assert found.cells == [["1", "a", "b"], ["2", "c", "d"]]


# Headers.


def test_repeated_and_blank_names_of_columns_become_names_of_their_own(read):
    found = read("Id,Name,,name,Name,\n1,a,b,c,d,e\n")
    assert found.header == ("Id", "Name", "column_3", "name_2", "Name_3", "column_6")
    assert found.cells == [["1", "a", "b", "c", "d", "e"]]


@pytest.mark.parametrize(
    "cells",
    [["Name", "Name_2", "Name"], ["a", "A", "a_2", "a"], ["", "column_1", ""]],
)
def test_names_of_columns_differ_by_more_than_their_case(cells):
    names = unique(cells, True)
    assert len({name.lower() for name in names}) == len(cells)


@given(st.lists(st.text("aAb_ 2\n", max_size=4), min_size=1, max_size=8))
def test_names_of_columns_are_unique_whatever_the_header_says(cells):
    names = unique(cells, True)
    assert len({name.lower() for name in names}) == len(cells)


def test_a_file_without_header_loses_no_record_to_it(read):
    found = read("1,a\n2,b\n", header=False)
    assert found.header == ("1", "2")
    assert found.cells == [["1", "a"], ["2", "b"]]
    assert found.numbers == [1, 2]


def test_a_file_without_header_may_have_a_record_that_does_not_fit(read):
    found = read("1,a\n2\n\n3,c\n", header=False)
    assert found.numbers == [1, 2, 4]
    assert found.problems == {2: "too_few_cells"}


def test_only_a_header_is_a_file_without_records(read):
    for content in ("Id,Note\n", "Id,Note", "Id,Note\r\n\r\n"):
        assert read(content).delivery.records == 0


def test_columns_that_nobody_reads_and_columns_of_passwords_are_told(read):
    found = read("Id,Password Hash,Note,reset_token\n1,x,y,z\n")
    assert found.delivery.secret == ("Password Hash", "reset_token")
    assert found.delivery.unread == ("Note",)
    assert found.delivery.kept == ("Id", "Note")


def test_cells_of_a_password_are_not_kept_where_a_record_does_not_fit(read, engine):
    read("Id,Note,Password\n1,a,secret\n2,b,secret,x\n3,secret\n")
    kept = "select coalesce(regpipe_cells, '') as kept from raw_clean_x_1"
    told = engine.collect(kept)
    assert told["kept"].to_pylist() == ["", '["2", "b"]', '["3", "secret"]']


def test_a_password_that_is_mapped_is_refused(read):
    with pytest.raises(PipelineError, match="looks like a password"):
        read("Id,Password\n1,x\n", columns={"external_id": "Id", "note": "Password"})


# Encodings.


@pytest.mark.parametrize(
    ("encoding", "text"),
    [
        ("utf-8", "Åsa Öberg € 你"),
        ("utf-8-sig", "Åsa Öberg € 你"),
        ("cp1252", "Åsa Öberg € –"),
        ("cp850", "Åsa Öberg ½"),
        ("latin-1", "Åsa Öberg §"),
        ("iso8859-15", "Åsa Öberg €"),
        ("mac_roman", "Åsa Öberg €"),
        ("cp1250", "Łódź Žižka"),
        ("utf-16", "Åsa Öberg € 你"),
        ("utf-16-le", "Åsa Öberg € 你"),
        ("utf-16-be", "Åsa Öberg € 你 Ċ"),
        ("shift_jis", "表示 ソ"),
    ],
)
def test_a_file_is_read_in_the_encoding_declared(read, encoding, text):
    found = read(
        f'Id,Größe\n1,{text}\n2,"{text}\n"\n'.replace("Größe", text), encoding=encoding
    )
    assert found.header == ("Id", text)
    assert found.cells == [["1", text], ["2", f"{text}\n"]]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16-le", "utf-16-be"])
@pytest.mark.parametrize("header", [True, False])
@pytest.mark.parametrize("quote", ["", '"'])
def test_a_byte_order_mark_is_no_part_of_the_first_cell(read, encoding, header, quote):
    first = "Id" if header else "1"
    found = read(
        f"\ufeff{quote}{first}{quote},Note\n2,a\n", encoding=encoding, header=header
    )
    if header:
        assert found.header == ("Id", "Note")
    else:
        assert found.cells[0] == ["1", "Note"]


def test_a_byte_order_mark_before_a_file_read_the_careful_way_is_no_part_of_it(read):
    found = read("\ufeff1,a\n2\n", header=False)
    assert found.cells == [["1", "a"], ["2", ""]]


@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_a_file_that_is_not_utf_8_is_refused_with_the_line(read, end):
    lines = ["Id,Note", '1,"two', 'lines"', "2,Åsa", "3,Öberg"]
    content = end.join(lines).encode("cp1252")
    assert refusal(read, content, encoding="utf-8") == (
        "shop.csv:4",
        "holds bytes that are not UTF-8",
    )


def test_the_line_is_right_in_the_midst_of_a_large_file(read):
    regular = b'1,"a\nb"\n' * 700_000
    content = b"Id,Note\n" + regular + b"2,\xe5sa\n"
    assert refusal(read, content, encoding="utf-8")[0] == "shop.csv:1400002"


def test_bytes_that_the_declared_encoding_does_not_have_are_refused(read):
    content = b"Id,Note\n1,a\n2,\x81\n"
    assert refusal(read, content, encoding="cp1252") == (
        "shop.csv:3",
        "holds bytes that cp1252 does not have",
    )


def test_a_file_that_ends_in_the_middle_of_a_character_is_refused(read):
    content = "Id,Note\n1,Å".encode()[:-1]
    assert "middle of a character" in refusal(read, content)[1]


def test_a_character_may_lie_across_two_reads_of_the_file(read):
    lines = (1 << 22) // 64
    for shift in range(4):
        line = "1," + "你" * 20 + "\r\n"
        found = read("Id,Note\r\n1," + "x" * shift + "\r\n" + line * lines)
        assert {note for _, note in found.cells} == {"x" * shift, "你" * 20}
        assert len(found.cells) == 1 + lines


def test_utf_16_in_the_other_byte_order_is_refused_not_read_as_nothing(read):
    content = "Id,Note\n1,a\n".encode("utf-16-be")
    with pytest.raises(InputFileError):
        read(content, encoding="utf-16-le")


# Dialects.


@pytest.mark.parametrize("delimiter", [";", "\t", "|", ":", "~", "§"])
def test_any_character_may_be_the_delimiter(read, delimiter):
    content = "Id,Note\n1,a b\n2,c\n".replace(",", delimiter)
    found = read(content, delimiter=delimiter)
    assert found.cells == [["1", "a b"], ["2", "c"]]


def test_another_quote_leaves_the_usual_one_alone(read):
    found = read("Id,Note\n1,'a,\"b'\n2,\"c\n3,'it''s'\n", quote="'")
    assert found.cells == [["1", 'a,"b'], ["2", '"c'], ["3", "it's"]]


def test_another_quote_in_wide_characters_is_heeded_when_records_are_counted(read):
    found = read("Id,Note\n1,'a\nb'\n2,\"c\n", quote="'", encoding="utf-16")
    assert found.cells == [["1", "a\nb"], ["2", '"c']]
    assert found.delivery.records == 2


# Files that are none.


@pytest.mark.parametrize("content", ["", "\ufeff"])
def test_an_empty_file_is_refused(read, content):
    assert refusal(read, content) == ("shop.csv", "is empty")


@pytest.mark.parametrize(
    ("content", "what"),
    [
        ("ID,Note\n1,a\n", "has no column 'Id'"),
        ("1,a\n2,b\n", "the header names none of the 2 mapped columns"),
    ],
    ids=["other-case", "no-header"],
)
def test_a_file_that_lacks_mapped_columns_is_refused(read, content, what):
    columns = {"external_id": "Id", "note": "Note"}
    assert refusal(read, content, columns=columns) == ("shop.csv", what)


def test_files_are_found_by_name_and_glob_each_once_in_order(tmp_path):
    for name in ("b.csv", "a.csv", "c.txt"):
        (tmp_path / name).touch()
    (tmp_path / "d.csv").mkdir()
    patterns = [("*.csv", tmp_path / "*.csv"), ("b.csv", tmp_path / "b.csv")]
    found = find_files("shop", patterns)
    assert [each.path.name for each in found] == ["a.csv", "b.csv"]


def test_every_pattern_that_names_no_file_is_told(tmp_path):
    (tmp_path / "folder").mkdir()
    patterns = [(name, tmp_path / name) for name in ("no.csv", "*.skv", "folder")]
    with pytest.raises(InputFileError) as refused:
        find_files("shop", patterns)
    assert [(p.where, p.what) for p in refused.value.problems] == [
        ("no.csv", "there is no such file"),
        ("*.skv", "there is no such file"),
        ("folder", "is a folder"),
    ]


def test_a_delivery_is_of_the_time_of_its_file(read, tmp_path):
    found = read("Id\n1\n", columns={"external_id": "Id"})
    path = tmp_path / "shop.csv"
    os.utime(path, (1_700_000_000, 1_700_000_000))
    again = extract("x", path, "shop.csv", Csv(), (Wanted("Id"),), tmp_path)
    assert again.delivered_at == datetime(2023, 11, 14, 22, 13, 20)
    assert again.sha256 == found.delivery.sha256


# Whatever a program writes is read back, cell for cell.

SIGNS = "aB1 ,;\t|\"'#\n\r\u00a0\u00e5\u20ac=-+"
CELL = st.text(SIGNS, max_size=6)
TABLES = st.integers(1, 4).flatmap(
    lambda width: st.lists(st.lists(CELL, min_size=width, max_size=width), max_size=6)
)
DIALECTS = st.fixed_dictionaries(
    {
        "delimiter": st.sampled_from(",;\t|"),
        "quote": st.sampled_from("\"'"),
        "header": st.booleans(),
        "encoding": st.sampled_from(["utf-8", "utf-8-sig", "cp1252", "utf-16"]),
    }
)


@pytest.fixture(scope="module")
def lasting():
    yield from an_engine()


@given(
    table=TABLES,
    dialect=DIALECTS,
    end=st.sampled_from(["\n", "\r\n", "\r"]),
    quoting=st.sampled_from([csv.QUOTE_MINIMAL, csv.QUOTE_ALL]),
)
@settings(
    max_examples=120,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
def test_whatever_a_program_writes_is_read_back_cell_for_cell(
    lasting, tmp_path, table, dialect, end, quoting
):
    if quoting == csv.QUOTE_MINIMAL:  # csv quotes the line ends that it writes alone
        ends = str.maketrans({"\n": end, "\r": end})
        table = [[cell.translate(ends) for cell in row] for row in table]
    width = len(table[0]) if table else 2
    header = [f"C{n}" for n in range(width)]
    out = io.StringIO()
    writer = csv.writer(
        out,
        delimiter=dialect["delimiter"],
        quotechar=dialect["quote"],
        lineterminator=end,
        quoting=quoting,
    )
    writer.writerows([header, *table])
    columns = {"external_id": "C0" if dialect["header"] else "1"}
    found = read_file(lasting, tmp_path, out.getvalue(), columns, dialect)
    first = 2 if dialect["header"] else 1
    rows = table if dialect["header"] else [header, *table]
    kept = {
        number: row
        for number, row in enumerate(rows, first)
        if any(cell.strip() for cell in row)
    }
    assert found.problems == {}
    assert found.cells == list(kept.values())
    assert found.numbers == list(kept)


def every_encoding():
    """Give the encodings that a pipeline file may name, by Python's names of them."""
    for name in sorted({*aliases.values(), "utf_8_sig"}):
        try:
            yield Csv(encoding=name).encoding
        except ValueError:
            continue


ENCODINGS = tuple(every_encoding())
LETTERS = (
    "abcXYZ019 "
    "\u00e5\u00e9\u00df\u0142\u011f\u0436\u03bb\u05d0\u0627\u0e01\u3042\u8868\u4e2d\uac00\u20ac"
)


@given(data=st.data(), encoding=st.sampled_from(ENCODINGS))
@settings(
    max_examples=250,
    deadline=None,
    suppress_health_check=[
        HealthCheck.function_scoped_fixture,
        HealthCheck.too_slow,
    ],
)
def test_every_encoding_and_dialect_that_may_be_declared_is_read_back_cell_for_cell(
    lasting, tmp_path, data, encoding
):
    """Tables of letters, delimiters, quotes and line ends that the encoding has."""

    def known(sign):
        with contextlib.suppress(UnicodeError):
            return sign.encode(encoding).decode(encoding) == sign
        return False

    delimiter = data.draw(st.sampled_from([*filter(known, ",;\t|^~: \u00a7\u00a4")]))
    quotes = [sign for sign in "\"'`*^" if known(sign) and sign != delimiter]
    quote = data.draw(st.sampled_from(quotes))
    signs = {*filter(known, LETTERS), delimiter, quote, "\n", "\r"}
    cell = st.text(sorted(signs), max_size=5)
    width = data.draw(st.integers(1, 4))
    row = st.lists(cell, min_size=width, max_size=width)
    table = data.draw(st.lists(row, max_size=5))
    end = data.draw(st.sampled_from(["\n", "\r\n"]))
    out = io.StringIO()
    writer = csv.writer(
        out,
        delimiter=delimiter,
        quotechar=quote,
        lineterminator=end,
        quoting=csv.QUOTE_ALL,
    )
    writer.writerows([[f"C{n}" for n in range(width)], *table])
    dialect = {"delimiter": delimiter, "quote": quote, "encoding": encoding}
    found = read_file(lasting, tmp_path, out.getvalue(), {"external_id": "C0"}, dialect)
    kept = [row for row in table if any(cell.strip() for cell in row)]
    assert found.problems == {}
    assert found.cells == kept


@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_a_blank_line_is_not_made_up_for_by_a_quote_that_hides_a_line_end(read, end):
    found = read(end.join(["Id,Note", "", '1,a"b', '2,c"d', ""]))
    assert found.cells == [["1", 'a"b'], ["2", 'c"d']]
    assert found.numbers == [3, 4]


@given(
    table=TABLES.filter(len),
    chunk=st.integers(3, 40),
    end=st.sampled_from(["\n", "\r\n"]),
    every=st.integers(1, 3),
)
@settings(
    max_examples=120,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
def test_records_are_picked_by_their_row_numbers_wherever_chunks_end(
    lasting, tmp_path, table, chunk, end, every
):
    out = io.StringIO()
    writer = csv.writer(out, quoting=csv.QUOTE_ALL, lineterminator=end)
    writer.writerow([f"C{n}" for n in range(len(table[0]))])
    writer.writerows(table)
    found = read_file(lasting, tmp_path, out.getvalue(), {"external_id": "C0"}, {})
    rows = np.array(found.numbers[::every], np.int64)
    out = io.StringIO()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(counting, "CHUNK", chunk)
        pick(found.delivery, 7, rows, out)
    out.seek(0)
    picked = {int(row): json.loads(cells) for _, row, cells in csv.reader(out)}
    assert picked == dict(zip(rows.tolist(), found.cells[::every], strict=True))


@given(
    lines=st.lists(st.text('ab,"\n\r', max_size=8), max_size=8),
    end=st.sampled_from(["\n", "\r\n"]),
)
@settings(
    max_examples=150,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
def test_whatever_a_file_holds_its_records_balance(lasting, tmp_path, lines, end):
    """No file is a crash; each record is a row, with a number of its own."""
    content = end.join(["Id,Note", *lines]) + end
    found = read_file(lasting, tmp_path, content, {"external_id": "Id"}, {})
    assert len(found.cells) == found.delivery.records
    assert len(set(found.numbers)) == len(found.numbers)
    assert found.numbers == sorted(found.numbers)
    assert all(number >= 2 for number in found.numbers)


@given(
    lines=st.lists(st.text("ab,\"\n\r '", max_size=8), min_size=1, max_size=6),
    end=st.sampled_from(["\n", "\r\n", "\r"]),
    header=st.booleans(),
)
@settings(
    max_examples=150,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
def test_a_file_read_the_fast_way_is_as_the_careful_way_reads_it(
    lasting, tmp_path, lines, end, header
):
    content = end.join(["Id,Note" if header else "1,x", *lines])
    columns = {"external_id": "Id" if header else "1"}
    try:
        found = read_file(lasting, tmp_path, content, columns, {"header": header})
    except InputFileError:
        assert not content.endswith(("\n", "\r"))
        return
    if found.delivery.careful:
        return
    again = carefully(found.delivery, tmp_path)
    lasting.load("raw_clean_x_1", again.text)
    careful = Read(lasting, again)
    assert careful.problems == {}
    assert careful.cells == found.cells
    assert careful.numbers == found.numbers


# Large files: the place of a row is its place in the file.

MANY = 300_000
AS_OF = datetime(2024, 5, 1, tzinfo=UTC)


@pytest.mark.parametrize("ragged", [False, True], ids=["regular", "one-ragged"])
def test_row_numbers_of_rejects_are_their_places_in_a_large_file(
    engine, tmp_path, ragged
):
    bad = [*range(0, MANY, 49_999), MANY - 1]
    born = ["1980-02-30" if n in set(bad) else "1980-02-28" for n in range(MANY)]
    body = "".join(f"{n},n{n}@x.se,{born[n]},{n:040}\n" for n in range(MANY))
    path = tmp_path / "big.csv"
    path.write_text("Id,Email,Born,Note\n" + body + ("7\n" if ragged else ""), "utf-8")
    source = CustomerSource.model_validate(
        {
            "files": "big.csv",
            "columns": {"external_id": "Id", "email": "Email", "birth_date": "Born"},
        },
        by_alias=True,
    )
    delivery = extract("shop", path, "big.csv", Csv(), wanted_columns(source), tmp_path)
    schema = load_schema(shipped_schema("customers"), "customers", AS_OF)
    taken = take_in(engine, 1, "shop", source, schema, [delivery], 1, tmp_path)
    rejected = engine.collect(
        "select r.row_number, o.original[1] as id from rejected_shop r "
        "join originals_shop o on r.row_id = o.row_id order by r.row_number"
    ).to_pylist()
    expected = [(n + 2, str(n)) for n in bad] + [(MANY + 2, "7")] * ragged
    assert [(row["row_number"], row["id"]) for row in rejected] == expected
    (outcome,) = taken.outcomes
    assert (outcome.read, outcome.rejected) == (MANY + ragged, len(expected))
    assert taken.deliveries[0].careful is ragged
    places = engine.collect(
        "select count(*) as n from rows_shop "
        "where row_number <> cast(external_id as bigint) + 2 and problem is null"
    )
    assert places["n"][0].as_py() == 0
