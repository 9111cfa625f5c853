"""Compressed files, archives and workbooks: what is in them, or why not."""

import gzip
import io
import zipfile
from datetime import date, datetime

import pyarrow as pa
import pytest
import xlsxwriter

from regpipe.errors import InputFileError
from regpipe.stages import unpack as unpacking
from regpipe.stages.files import Found, find_files
from regpipe.stages.unpack import unpack
from worlds import EVERYBODY, customers, declared, listed, put, run

TEXT = "external_id,email,last_name\n007,a@x.se,Öberg\n8,b@x.se,Ek\n"


def unpacked(folder, path, within=""):
    """Give what is in a file: the name in messages and the text of each."""
    scratch = folder / "scratch"
    scratch.mkdir(exist_ok=True)
    found = unpack(Found(path, within), path.name, scratch)
    return {each.shown: each.path.read_text("utf-8") for each in found}


def refusal(folder, path, within=""):
    """Give the place and the words of the problem for which a file is refused."""
    with pytest.raises(InputFileError) as refused:
        unpacked(folder, path, within)
    (problem,) = refused.value.problems
    return problem.where, problem.what


def zipped(path, **members):
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in members.items():
            archive.writestr(name.replace("__", "/").replace("_csv", ".csv"), text)
    return path


def zstd(text):
    return pa.Codec("zstd").compress(text.encode(), asbytes=True)


PACKERS = {"shop.csv.gz": lambda text: gzip.compress(text.encode()), "shop.zst": zstd}


@pytest.mark.parametrize("name", PACKERS)
def test_a_compressed_file_is_what_was_compressed(tmp_path, name):
    path = put(tmp_path / name, PACKERS[name](TEXT))
    assert unpacked(tmp_path, path) == {name: TEXT}


@pytest.mark.parametrize("name", PACKERS)
@pytest.mark.parametrize("left", [0.3, 0.9])
def test_a_compressed_file_that_is_cut_off_is_refused(tmp_path, name, left):
    packed = PACKERS[name](TEXT * 50)
    path = put(tmp_path / name, packed[: int(len(packed) * left)])
    where, what = refusal(tmp_path, path)
    assert (where, "cut off" in what) == (name, True)


def test_the_members_of_an_archive_are_files_of_their_own_without_what_is_beside_them(
    tmp_path,
):
    path = zipped(
        tmp_path / "export.zip",
        subscribed_1_csv="a",
        cleaned_1_csv="b",
        deep__cleaned_2_csv="c",
        __MACOSX__x_csv="no",
    )
    with zipfile.ZipFile(path, "a") as archive:
        archive.writestr("__MACOSX/._subscribed_1.csv", "no")
        archive.writestr(".DS_Store", "no")
    found = unpacked(tmp_path, path)
    assert {name: text for name, text in found.items() if text != "no"} == {
        "export.zip/cleaned_1.csv": "b",
        "export.zip/deep/cleaned_2.csv": "c",
        "export.zip/subscribed_1.csv": "a",
    }
    assert unpacked(tmp_path, path, "subscribed_*.csv") == {
        "export.zip/subscribed_1.csv": "a"
    }
    assert refusal(tmp_path, path, "other*.csv") == (
        "export.zip",
        "holds no file called 'other*.csv'",
    )


def test_an_archive_within_an_archive_is_refused(tmp_path):
    inner = io.BytesIO()
    with zipfile.ZipFile(inner, "w") as archive:
        archive.writestr("a.csv", "x")
    path = tmp_path / "outer.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("inner.zip", inner.getvalue())
    assert refusal(tmp_path, path) == ("outer.zip/inner.zip", "is packed once more")


def test_a_member_protected_by_a_password_is_refused(tmp_path):
    path = zipped(tmp_path / "export.zip", a_csv="x")
    packed = bytearray(path.read_bytes())
    for mark, flags in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        packed[packed.index(mark) + flags] |= 1
    path.write_bytes(packed)
    assert refusal(tmp_path, path) == (
        "export.zip/a.csv",
        "is protected by a password",
    )


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04 and no more", b"Id,Email\n"])
def test_what_is_no_archive_is_refused(tmp_path, content):
    path = put(tmp_path / "export.zip", content)
    assert refusal(tmp_path, path)[0] == "export.zip"


@pytest.mark.parametrize("name", ["bomb.gz", "bomb.zip"])
def test_a_file_that_unpacks_to_far_more_than_its_size_is_stopped(
    tmp_path, monkeypatch, name
):
    monkeypatch.setattr(unpacking, "_SMALL", 1 << 16)
    zeros = b"0" * (1 << 22)
    path = tmp_path / name
    if name.endswith(".gz"):
        path.write_bytes(gzip.compress(zeros))
    else:
        zipped(path, a_csv=zeros)
    what = refusal(tmp_path, path)[1]
    assert what == "unpacks to more than 200 times its size"
    written = sum(p.stat().st_size for p in (tmp_path / "scratch").iterdir())
    assert written <= max(1 << 16, 200 * path.stat().st_size)


def book(path, **sheets):
    with xlsxwriter.Workbook(path) as out:
        dates = out.add_format({"num_format": "yyyy-mm-dd"})
        times = out.add_format({"num_format": "yyyy-mm-dd hh:mm"})
        for name, rows in sheets.items():
            sheet = out.add_worksheet(name)
            for at, row in enumerate(rows):
                for column, cell in enumerate(row):
                    if isinstance(cell, datetime):
                        sheet.write_datetime(at, column, cell, times)
                    elif isinstance(cell, date):
                        sheet.write_datetime(at, column, cell, dates)
                    elif isinstance(cell, str) and not cell.startswith("="):
                        sheet.write_string(at, column, cell)
                    else:
                        sheet.write(at, column, cell)
    return path


MOMENT = datetime(2026, 1, 2, 3, 4)


def test_a_workbook_keeps_ids_dates_and_postcodes_as_they_are(tmp_path):
    path = book(
        tmp_path / "kunder.xlsx",
        Kunder=[
            ["Id", "Zip", "Born", "Changed", "Total", "Vip", "Note"],
            [17850, "01234", date(1980, 1, 2), MOMENT, 12.5, True, "two\nlines"],
            ["007", 11122, "", "", 3.0, False, "=1+1"],
        ],
        Empty=[],
    )
    assert unpacked(tmp_path, path) == {
        "kunder.xlsx/Kunder": "Id,Zip,Born,Changed,Total,Vip,Note\n"
        '17850,01234,1980-01-02,2026-01-02 03:04:00,12.5,true,"two\nlines"\n'
        "007,11122,,,3,false,0\n"
    }


def test_of_several_sheets_one_is_named(tmp_path):
    path = book(tmp_path / "two.xlsx", Kunder=[["Id"], [1]], Order=[["No"], [2]])
    assert refusal(tmp_path, path) == ("two.xlsx", "has 2 sheets that may be meant")
    assert unpacked(tmp_path, path, "Order") == {"two.xlsx/Order": "No\n2\n"}
    assert refusal(tmp_path, path, "Kund") == (
        "two.xlsx",
        "has no sheet that may be meant",
    )


def test_what_is_no_workbook_is_refused(tmp_path):
    path = put(tmp_path / "kunder.xlsx", b"Id,Email\n")
    assert refusal(tmp_path, path) == ("kunder.xlsx", "cannot be read as a workbook")


def test_a_path_may_go_on_inside_an_archive(tmp_path):
    zipped(tmp_path / "a.zip", subscribed_1_csv="x")
    pattern = "a.zip/subscribed_*.csv"
    assert find_files("x", [(pattern, tmp_path / pattern)]) == [
        Found(tmp_path / "a.zip", "subscribed_*.csv")
    ]
    with pytest.raises(InputFileError):
        find_files("x", [("b.zip/a.csv", tmp_path / "b.zip/a.csv")])


def test_packed_files_are_run_like_plain_ones_with_the_time_they_came(tmp_path):
    shop = declared(
        tmp_path,
        {"shop": customers("external_id email last_name", "shop*")},
        {"all": EVERYBODY},
    )
    later = TEXT.replace("Ek", "Falk").replace("007,a@x.se,Öberg\n", "")
    put(tmp_path / "shop1.csv.gz", gzip.compress(TEXT.encode("cp1252")))
    zipped(tmp_path / "shop2.zip", new_csv=later)
    outcome = run(shop)
    assert [(file.file, file.read, file.accepted) for file in outcome.files] == [
        ("shop1.csv.gz", 2, 1),
        ("shop2.zip/new.csv", 1, 1),
    ]
    rows = listed(tmp_path / "out" / "everybody.csv")
    assert [(row["email"], row["last_name"]) for row in rows] == [
        ("a@x.se", "Öberg"),
        ("b@x.se", "Falk"),
    ]


def test_a_workbook_with_title_rows_is_run(tmp_path):
    shop = declared(
        tmp_path,
        {"shop": customers("external_id email last_name", "shop.xlsx")},
        {"all": EVERYBODY},
    )
    rows = [["Customers of the old shop"], [], *[r.split(",") for r in TEXT.split()]]
    book(tmp_path / "shop.xlsx", Kunder=rows)
    outcome = run(shop)
    assert [(file.read, file.accepted) for file in outcome.files] == [(2, 2)]
    assert any("above row 3" in warning for warning in outcome.warnings)
    found = listed(tmp_path / "out" / "everybody.csv")
    assert [row["last_name"] for row in found] == ["Öberg", "Ek"]
