"""What a column may say of its cells: parts, conditions, blanks, HTML, ids, names."""

import pytest

from drawn import an_engine
from regpipe.sql.codes import COUNTRIES
from worlds import asked, customers, declared, deliver, orders, run

engine = pytest.fixture(an_engine)


def read(folder, columns, *rows, **more):
    """Give the records of rows that are read by these columns."""
    mapped = {"email": "email"} | columns
    source = customers("email", **more) | {"columns": mapped}
    names = [name for row in rows for name in row]
    filled = [
        {"email": f"{n}@x.se"} | dict.fromkeys(names, "") | row
        for n, row in enumerate(rows)
    ]
    deliver(folder / "shop.csv", filled)
    run(declared(folder, {"shop": source}))
    fields = ", ".join(
        name.replace(".", "_") for name in columns if name != "full_name"
    )
    query = f"select {fields or 'email'} from source_records order by email"
    return asked(folder / "registry.duckdb", query)


# Keys and names of several columns.


def test_a_key_of_several_columns_tells_their_parts_apart(tmp_path):
    columns = {"external_id": {"from": "id", "with": ["site", "lang"]}}
    rows = [("1", "a", "b"), ("1", "a|b", ""), ("1|a", "b", ""), ("1", "", "ab")]
    rows += [("1\\", "a", "b"), ("'007", "a", "")]
    found = read(
        tmp_path,
        columns,
        *({"id": i, "site": s, "lang": lang} for i, s, lang in rows),
    )
    assert [key for (key,) in found] == [
        "1|a|b",
        r"1|a\|b|",
        r"1\|a|b|",
        "1||ab",
        r"1\\|a|b",
        "007|a|",
    ]


def test_a_key_without_its_first_part_is_none(tmp_path):
    columns = {"external_id": {"from": "id", "with": "site"}}
    found = read(tmp_path, columns, {"id": "1", "site": "a"}, {"id": "", "site": "b"})
    assert found == [("1|a",)]
    query = "select reasons from rejects"
    assert asked(tmp_path / "registry.duckdb", query) == [
        ([{"column": "external_id", "check": "required"}],)
    ]


def test_orders_find_customers_by_a_key_of_several_columns(tmp_path):
    shop = customers("email", files="shop.csv")
    shop["columns"]["external_id"] = {"from": "email", "with": "site"}
    sales = orders("order_id ordered_at", files="sales.csv", customers="shop")
    sales["columns"]["customer_ref"] = {"from": "customer", "with": "site"}
    deliver(
        tmp_path / "shop.csv",
        "| email | site |\n| Anna@x.se | b |\n| anna@x.se | a |",
    )
    deliver(
        tmp_path / "sales.csv",
        "| order_id | ordered_at | customer | site |\n"
        "| o1 | 2024-01-01 | anna@x.se | a |\n| o2 | 2024-01-01 | anna@x.se | b |\n"
        "| o3 | 2024-01-01 | anna@x.se | c |",
    )
    run(declared(tmp_path, {"shop": shop, "sales": sales}))
    query = (
        "select order_id, customer_ref, customer_id is not null from orders "
        "order by order_id"
    )
    assert asked(tmp_path / "registry.duckdb", query) == [
        ("o1", "anna@x.se|a", True),
        ("o2", "anna@x.se|b", True),
        ("o3", "anna@x.se|c", False),
    ]


def test_a_name_of_several_columns_is_joined_by_blanks(tmp_path):
    columns = {"shipping.name": {"from": "first", "with": ["middle", "last"]}}
    rows = [
        {"first": "Anna", "middle": "", "last": "Berg"},
        {"first": "", "middle": "", "last": "Ek"},
        {"first": " ", "middle": "", "last": ""},
    ]
    assert read(tmp_path, columns, *rows) == [("Anna Berg",), ("Ek",), (None,)]


# Conditions and blanks.


def test_a_cell_counts_only_where_other_columns_say_so(tmp_path):
    columns = {
        "city": {"from": "city", "when": {"kind": ["Home", "1"], "live": ""}},
        "note": {"value": "guest", "when": {"kind": "guest"}},
        "birth_date": {"from": "born", "when": {"kind": "home"}},
    }
    rows = [
        {"city": "Lund", "kind": "HOME", "live": "", "born": "1980-01-01"},
        {"city": "Lund", "kind": "home", "live": "no", "born": ""},
        {"city": "Lund", "kind": "guest", "live": "", "born": "never"},
        {"city": "Lund", "kind": "", "live": "", "born": ""},
    ]
    found = [row[:2] for row in read(tmp_path, columns, *rows)]
    assert found == [("Lund", None), (None, None), (None, "guest"), (None, None)]


def test_cells_that_count_as_blank_are_blank(tmp_path):
    columns = {
        "first_name": {"from": "name", "blank": ["*@*", "n/a", "50%_*"]},
        "birth_date": {"from": "born", "blank": "0000-00-00"},
    }
    names = ["a@x.se", "N/A", "50%_off", "50 off", "Anna", "n/a b"]
    found = read(tmp_path, columns, *({"name": n, "born": "0000-00-00"} for n in names))
    expected = [None, None, None, "50 off", "Anna", "n/a b"]
    assert found == [(name, None) for name in expected]


# HTML, numbers that were in a spreadsheet, countries.


@pytest.mark.parametrize(
    ("cell", "text"),
    [
        ("Tom &amp; Ida", "Tom & Ida"),
        ("&lt;3 &quot;x&quot; &#039;y&#39;", "<3 \"x\" 'y'"),
        ("&amp;lt;", "&lt;"),
        ("one<br>two<BR />three", "one\ntwo\nthree"),
        ("<p class='a'>Hi</p>", "Hi"),
        ("1 < 2 > 0", "1 < 2 > 0"),
        ("<br>", None),
        ("AT&T", "AT&T"),
    ],
)
def test_html_becomes_text(tmp_path, cell, text):
    columns = {"note": {"from": "note", "html": True}, "street": "note"}
    assert read(tmp_path, columns, {"note": cell}) == [(text, cell)]


def test_a_whole_number_loses_the_decimals_of_a_spreadsheet(tmp_path):
    columns = {"external_id": {"from": "id", "whole": True}}
    ids = ["17850.0", "'7210448301122.00", "0012.0", "1.5", "v1.0", "12"]
    found = read(tmp_path, columns, *({"id": each} for each in ids))
    assert [key for (key,) in found] == [
        *("17850", "7210448301122", "0012", "1.5", "v1.0", "12")
    ]


@pytest.mark.parametrize(
    ("cell", "code"),
    [
        ("Sweden", "SE"),
        ("SVERIGE", "SE"),
        ("se", "SE"),
        ("UK", "GB"),
        ("Korea, Republic of", "KR"),
        ("", None),
        ("Österreich", "AT"),
    ],
)
def test_a_country_is_a_code_or_a_name(tmp_path, cell, code):
    columns = {"country": "land", "shipping.country": {"from": "land"}}
    assert read(tmp_path, columns, {"land": cell}) == [(code, code)]


def test_a_blank_country_may_be_one_and_words_go_before_names(tmp_path):
    columns = {"country": {"from": "land", "words": {"SE": [""], "GE": ["georgia us"]}}}
    rows = ({"land": ""}, {"land": "Norway"}, {"land": "Georgia US"})
    assert read(tmp_path, columns, *rows) == [("SE",), ("NO",), ("GE",)]


def test_what_is_no_country_is_rejected(tmp_path):
    rows = ({"land": "Narnia"}, {"land": "SE"})
    assert read(tmp_path, {"country": "land"}, *rows) == [("SE",)]


def test_every_country_of_iso_3166_has_a_name(engine):
    names = engine.collect("select rp_country(rp_country_name('sweden')) as se")
    assert names.to_pylist() == [{"se": "SE"}]
    import re
    from importlib.resources import files

    text = files("regpipe.sql").joinpath("vocabulary.duckdb.sql").read_text("utf-8")
    listed = text.partition("macro rp_country_name")[2].partition("}[x]")[0]
    pairs = re.findall(r"'((?:[^']|'')+)': '([A-Z]{2})'", listed)
    assert {code for _, code in pairs} == COUNTRIES
    assert len({name for name, _ in pairs}) == len(pairs)
    assert all(name == name.lower() for name, _ in pairs)
