"""Inspecting files nobody described: what they are, and no cell of them told."""

import json

import pytest

from test_presets import CUSTOMERS, SHOPIFY_ORDERS
from worlds import put

ROWS = {
    "Anna,anna@x.se,2026-01-31,12.50,yes,0701234567,01234",
    "Bo,bo@x.se,2026-02-28,7.25,no,0709876543,99999",
    "Cia,anna@x.se,2026-03-01,1.00,yes,,",
}
HEADER = "Who,Mail,Day,Sum,News,Tel,Zip"


def inspected(regpipe, *paths):
    told = regpipe("inspect", *paths, "--json")
    assert (told.code, told.err) == (0, "")
    return json.loads(told.out)["files"]


@pytest.mark.parametrize(
    ("preset", "header"),
    [
        *((preset, header) for preset, header, *_ in CUSTOMERS.values()),
        ("shopify-orders", SHOPIFY_ORDERS),
        ("squarespace-orders", SHOPIFY_ORDERS.replace("Name,", "Order ID,", 1)),
    ],
)
def test_the_preset_of_an_export_is_named_first(regpipe, tmp_path, preset, header):
    if header in ("First Name,Last Name,Email,Accepts Marketing",) or "Namn" in header:
        return  # too few columns to tell whose they are
    row = header.replace(",", "x,").replace(";", "x;")
    put(tmp_path / "in.csv", f"{header}\n{row}\n")
    (found,) = inspected(regpipe, "in.csv")
    assert found["presets"][0][0] == preset
    assert found["records"] == 1


@pytest.mark.parametrize(
    "header",
    [HEADER, "id,name,price,stock", "sku;title;weight;price;category", "a,b,c"],
)
def test_no_preset_fits_a_foreign_file(regpipe, tmp_path, header):
    put(tmp_path / "in.csv", f"{header}\n" + header.replace(",", "1,") + "\n")
    (found,) = inspected(regpipe, "in.csv")
    assert found["presets"] == []


def test_columns_are_told_by_how_full_they_are_and_their_shape(regpipe, tmp_path):
    put(tmp_path / "in.csv", "\n".join([HEADER, *sorted(ROWS)]) + "\n")
    (found,) = inspected(regpipe, "in.csv")
    assert (found["records"], found["header_row"], found["regular"]) == (3, 1, True)
    columns = {
        c["name"]: (c["filled"], c["distinct"], c["shape"]) for c in found["columns"]
    }
    assert columns == {
        "Who": (3, 3, "one word"),
        "Mail": (3, 2, "e-mail"),
        "Day": (3, 3, "date 2026-12-31"),
        "Sum": (3, 3, "amount 12.50"),
        "News": (3, 2, "yes/no"),
        "Tel": (2, 2, "phone"),
        "Zip": (2, 2, "whole number"),
    }


def test_title_rows_odd_encodings_and_ragged_rows_are_told(regpipe, tmp_path):
    text = "Kunder\n\nId;Namn;Ort\n1;Åsa Öberg;Växjö\n2;Björn Ek;Umeå\n3;Bo\n4;Ida;Ed\n"
    put(tmp_path / "in.skv", text.encode("cp850"))
    (found,) = inspected(regpipe, "in.skv")
    assert (found["encoding"], found["certainty"]) == ("cp850", "likely")
    assert (found["delimiter"], found["header_row"], found["records"]) == (";", 3, 4)
    assert found["regular"] is False


def test_no_cell_is_told_not_even_of_a_file_without_header(regpipe, tmp_path):
    put(tmp_path / "in.skv", "Anna;Berg;anna@x.se;11122\nBo;Ek;bo@x.se;22233\n")
    told = regpipe("inspect", "in.skv")
    assert told.code == 0
    (found,) = inspected(regpipe, "in.skv")
    assert (found["header_row"], found["records"]) == (0, 2)
    for cell in ("Anna", "Berg", "anna@x.se", "11122", "Ek"):
        assert cell not in told.out


def test_columns_of_passwords_are_not_looked_into(regpipe, tmp_path):
    put(tmp_path / "in.csv", "email,password\na@x.se,SECRET\n")
    told = regpipe("inspect", "in.csv")
    assert "secret: never read" in told.out
    (found,) = inspected(regpipe, "in.csv")
    assert [c["filled"] for c in found["columns"]] == [1, 0]


def test_what_cannot_be_read_is_told_of_every_file(regpipe, tmp_path):
    put(tmp_path / "empty.csv", "")
    put(tmp_path / "bad.zip", b"no archive")
    told = regpipe("inspect", "empty.csv", "bad.zip", "none.csv")
    assert (told.code, told.out) == (3, "")
    assert [line.split(":")[1].strip() for line in told.err.splitlines()[::2]]
    for name in ("empty.csv", "bad.zip", "none.csv"):
        assert f"error: {name}: " in told.err
