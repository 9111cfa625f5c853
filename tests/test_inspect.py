"""Inspecting files nobody described: what they are, and no cell of them told."""

import json
from datetime import datetime

import pytest

from regpipe.spec.load import load_pipeline
from test_names_with_meaning import MAILCHIMP, four
from test_preset_addresses import ADDRESSES, BULK, COMPOSITE
from test_preset_orders import (
    ECWID,
    SHOPIFY,
    SKYVERGE,
    SKYVERGE_ITEMS,
    SQUARESPACE,
    WOOCOMMERCE,
    webtoffee,
)
from test_presets import CUSTOMERS, SHOPIFY_ORDERS
from worlds import asked, listed, put, run

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


TOO_FEW = ("shopify, of old", "woocommerce in Swedish")
"""Headers cut so short in their fixture that they do not tell whose they are."""


@pytest.mark.parametrize(
    ("preset", "header"),
    [
        *(
            (preset, header)
            for name, (preset, header, *_) in CUSTOMERS.items()
            if name not in TOO_FEW
        ),
        ("shopify-orders", SHOPIFY_ORDERS),
        ("squarespace-orders", SHOPIFY_ORDERS.replace("Name,", "Order ID,", 1)),
        ("shopify-orders", SHOPIFY),
        ("squarespace-orders", SQUARESPACE),
        ("skyverge-orders", SKYVERGE),
        ("skyverge-order-items", SKYVERGE_ITEMS),
        ("webtoffee-orders", webtoffee(1)),
        ("webtoffee-orders", webtoffee(7)),
        ("woocommerce-orders", WOOCOMMERCE),
        ("ecwid-orders", ECWID),
        ("magento-composite", COMPOSITE),
        ("magento-addresses", ADDRESSES),
        ("bigcommerce-bulk-edit", BULK),
    ],
)
def test_the_preset_of_an_export_is_named_first(regpipe, tmp_path, preset, header):
    row = header.replace(",", "x,").replace(";", "x;")
    put(tmp_path / "in.csv", f"{header}\n{row}\n")
    (found,) = inspected(regpipe, "in.csv")
    assert found["presets"][0][0] == preset
    assert found["records"] == 1


@pytest.mark.parametrize(
    "header",
    [
        *(HEADER, "id,name,price,stock", "sku;title;weight;price;category", "a,b,c"),
        *("Email,Reason,Date", "email,status,date"),
        *(",".join(map(str, range(1, 21))), "order_id,date,line_items,total"),
    ],
)
def test_no_preset_fits_a_foreign_file(regpipe, tmp_path, header):
    put(tmp_path / "in.csv", f"{header}\n" + header.replace(",", "1,") + "\n")
    (found,) = inspected(regpipe, "in.csv")
    assert found["presets"] == []


ABICART = "Anna;Berg;a@x.se;;;Väg 1;21119;Malmö;;0701234567;;VIP;anna;;1;7;0;;;"


def test_a_file_without_a_header_is_known_by_its_places(regpipe, tmp_path):
    put(tmp_path / "in.skv", f"{ABICART}\n{ABICART.replace('a@', 'b@')}\n")
    (found,) = inspected(regpipe, "in.skv")
    assert (found["header_row"], found["presets"]) == (0, [["abicart", 1.0]])
    assert found["unread"] == ["11", "13", "14", "15", "16", "17", "18", "19", "20"]
    assert regpipe("inspect", "in.skv", "--write", "p.yaml").code == 0
    (file,) = run(load_pipeline(tmp_path / "p.yaml", {})).files
    assert (file.accepted, file.rejected) == (2, 0)


@pytest.mark.parametrize(
    "row",
    [
        ABICART.removesuffix(";"),
        ABICART + ";;",
        ABICART.replace("a@x.se;;;Väg 1", "Väg 1;;;a@x.se"),
    ],
    ids=["too few", "too many", "mails elsewhere"],
)
def test_other_files_without_a_header_are_of_no_preset(regpipe, tmp_path, row):
    put(tmp_path / "in.skv", f"{row}\n{row.replace('a@', 'b@')}\n")
    (found,) = inspected(regpipe, "in.skv")
    assert (found["header_row"], found["presets"]) == (0, [])


def test_numbered_columns_count_as_read(regpipe, tmp_path):
    put(tmp_path / "in.csv", f"{webtoffee(2)}\n{webtoffee(2)}\n")
    (found,) = inspected(regpipe, "in.csv")
    assert "Product Item 2 id" in found["unread"]
    assert "Product Item 2 SKU" not in found["unread"]


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


def test_the_preset_of_mailchimp_is_known_by_header_and_name(regpipe, tmp_path):
    put(tmp_path / "export.zip", four())
    found = inspected(regpipe, "export.zip")
    assert [file["presets"][0][0] for file in found] == ["mailchimp"] * 4
    assert "CONFIRM_TIME" not in found[2]["unread"]
    put(tmp_path / "members.csv", f"{MAILCHIMP}\n")
    (file,) = inspected(regpipe, "members.csv")
    assert "mailchimp" not in [name for name, _ in file["presets"]]


@pytest.mark.parametrize("header", ["email", "1,2,3,4", "Handle,Title,Email"])
def test_one_column_or_none_by_name_is_the_export_of_nobody(regpipe, tmp_path, header):
    put(tmp_path / "in.csv", f"{header}\n")
    (found,) = inspected(regpipe, "in.csv")
    assert (found["presets"], found["other"]) == ([], "")


def test_an_export_that_nobody_reads_is_named_and_has_no_preset(regpipe, tmp_path):
    header = "Name,Value,Value Type,Times Used In Total,Status,Email"
    put(tmp_path / "in.csv", f"{header}\nA,1,x,0,active,a@x.se\n")
    told = regpipe("inspect", "in.csv")
    assert "is                 a list of discount codes (Shopify, " in told.out
    (found,) = inspected(regpipe, "in.csv")
    assert (found["presets"], found["other"][:24]) == ([], "a list of discount codes")
    told = regpipe("inspect", "in.csv", "--write", "p.yaml")
    assert (told.code, (tmp_path / "p.yaml").exists()) == (3, False)
    assert "error: in.csv: is a list of discount codes (Shopify, " in told.err


DOUBLES = """\
Mail,Tel,Name
Ann@x.se,070-123 45 67,Ann
ann@X.se,0701234567,Ann
bo@x.se,0709876543,Bo
bo@x.se,0709876543,Bo
,,
cia@x.se,,Cia
"""


def test_rows_that_may_be_one_person_are_counted(regpipe, tmp_path):
    put(tmp_path / "in.csv", DOUBLES)
    (found,) = inspected(regpipe, "in.csv")
    assert found["repeated"] == 2
    shared = {column["name"]: column["shared"] for column in found["columns"]}
    assert shared == {"Mail": 4, "Tel": 4, "Name": None}
    told = regpipe("inspect", "in.csv")
    assert told.out.count("4 rows share one") == 2


def test_values_are_shown_to_who_asks_for_them_with_a_warning(regpipe, tmp_path):
    put(tmp_path / "in.csv", f"password,{DOUBLES[:4]}\nSECRET,bo@x.se\nSECRET,a@x.se\n")
    (found,) = inspected(regpipe, "in.csv")
    assert [column["values"] for column in found["columns"]] == [[], []]
    told = regpipe("inspect", "in.csv", "--values", "1", "--json")
    assert told.err == (
        "warning: values of the files are shown, which may be personal data\n"
    )
    (found,) = json.loads(told.out)["files"]
    assert [column["values"] for column in found["columns"]] == [[], ["a@x.se"]]
    told = regpipe("inspect", "in.csv", "--values", "2")
    assert "values: a@x.se | bo@x.se" in told.out
    assert "SECRET" not in told.out


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


def drafted(regpipe, folder, *files):
    told = regpipe("inspect", *files, "--write", "p.yaml")
    assert (told.code, told.err) == (0, "")
    return run(load_pipeline(folder / "p.yaml", {}))


SHOPIFY_FILE = (
    "Customer ID,First Name,Last Name,Email,Accepts Email Marketing,Phone,Tags,Note,"
    "Tax Exempt\n'7,Anna,Berg,a@x.se,yes,,VIP,,no\n"
)
ORDER = (
    "#1,a@x.se,paid,,,,,SEK,,,,9.00,,,,2026-01-02 03:04:05 +0100,1,Cup,9.00,C1,,,,\n"
)


def test_a_pipeline_is_written_that_runs_by_presets(regpipe, tmp_path):
    put(tmp_path / "in" / "customers [1].csv", SHOPIFY_FILE)
    put(tmp_path / "in" / "orders.csv", f"{SHOPIFY_ORDERS}\n{ORDER}")
    outcome = drafted(regpipe, tmp_path, "in/customers [1].csv", "in/orders.csv")
    assert [(f.source, f.accepted) for f in outcome.files] == [
        ("customers_1", 1),
        ("orders", 1),
    ]
    (row,) = listed(tmp_path / "out" / "everybody.csv")
    assert row["email"] == "a@x.se"


def test_a_pipeline_is_written_of_orders_whose_items_are_packed(regpipe, tmp_path):
    cells = {"order_id": "1", "date": "2024-01-02", "billing_email": "a@x.se"}
    cells |= {"line_items": "sku:a|quantity:1;sku:b|quantity:2"}
    row = ",".join(cells.get(name, "") for name in SKYVERGE.split(","))
    put(tmp_path / "in" / "sales.csv", f"{SKYVERGE}\n{row}\n")
    outcome = drafted(regpipe, tmp_path, "in/sales.csv")
    assert [(f.source, f.accepted) for f in outcome.files] == [("sales", 1)]
    query = "select sku from order_lines order by line_no"
    assert asked(tmp_path / "registry.duckdb", query) == [("a",), ("b",)]


def test_a_pipeline_is_written_from_the_names_of_columns_where_no_preset_fits(
    regpipe, tmp_path
):
    text = "E-post;Namn;Ort;Date_Added\na@x.se;Åsa Ek;Växjö;31.12.2025\n"
    put(tmp_path / "2 kunder.skv", text.encode("cp1252"))
    outcome = drafted(regpipe, tmp_path, "2 kunder.skv")
    assert [(f.source, f.accepted) for f in outcome.files] == [("source_2_kunder", 1)]
    query = "select email, last_name, city, created_at from source_records"
    assert asked(tmp_path / "registry.duckdb", query) == [
        ("a@x.se", "Ek", "Växjö", datetime(2025, 12, 31))
    ]


def test_the_files_of_an_audience_become_one_source(regpipe, tmp_path):
    put(tmp_path / "export.zip", four())
    outcome = drafted(regpipe, tmp_path, "export.zip")
    assert [(f.source, f.accepted) for f in outcome.files] == [("mailchimp", 1)] * 4


def test_no_pipeline_is_written_of_a_file_that_tells_nothing(regpipe, tmp_path):
    put(tmp_path / "in.csv", "sku,weight\n1,2\n")
    told = regpipe("inspect", "in.csv", "--write", "p.yaml")
    assert told.code == 3
    assert "in.csv: no preset fits" in told.err
    assert not (tmp_path / "p.yaml").exists()


def test_a_pipeline_that_is_there_stays(regpipe, tmp_path):
    put(tmp_path / "in.csv", "email,name\na@x.se,Anna Berg\n")
    put(tmp_path / "p.yaml", "mine")
    told = regpipe("inspect", "in.csv", "--write", "p.yaml")
    assert (told.code, (tmp_path / "p.yaml").read_text()) == (2, "mine")
    assert "is there already" in told.err
