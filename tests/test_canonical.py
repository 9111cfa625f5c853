"""Canonical values from the file to the registry: asked, kept and matched on."""

from itertools import takewhile

import duckdb
import pytest

from drawn import an_engine
from regpipe.engine.duckdb import DuckDBEngine
from regpipe.fields import FieldType
from regpipe.reading import open_registry
from regpipe.registry import migrate
from regpipe.sql.canonical import answers_table
from regpipe.sql.step import Step
from regpipe.stages.canonical import settle
from shop import inserts
from worlds import (
    EVERYBODY,
    asked,
    customers,
    declared,
    deliver,
    nothing_changed,
    orders,
    run,
    together,
)

engine = pytest.fixture(an_engine)

COLUMNS = "external_id email phone first_name last_name company vat_id org_number "
COLUMNS += "postcode country shipping.postcode shipping.country"


def shop(folder, people, columns=COLUMNS, *, identity=None, **more):
    """Deliver rows of a shop and run; give the pipeline and what became of them."""
    source = customers(columns, **more)
    said = {"identity": identity} if identity else {}
    pipeline = declared(folder, {"shop": source}, {"all": EVERYBODY}, **said)
    names = columns.split()
    deliver(folder / "shop.csv", people, columns=names)
    return pipeline, run(pipeline)


def held(folder, columns):
    """Give columns of the source records, by their external ids."""
    query = f"select {columns} from source_records order by external_id"
    return asked(folder / "registry.duckdb", query)


# What is asked of the libraries.


def test_three_hundred_rows_with_one_phone_ask_once(engine):
    """Also over several files, and without a country of their own."""
    texts = ", ".join(["('phone:SE:08-12 x3')"] * 300)
    for name in ("clean_1", "clean_2"):
        engine.make(Step(name, f"select * from (values {texts}) t(phone_asked)"))
    kinds = {"phone": FieldType.PHONE, "city": FieldType.TEXT}
    assert settle(engine, "shop", ["clean_1", "clean_2"], kinds) == ("phone",)
    answers = engine.collect(f"select * from {answers_table('shop')}").to_pylist()
    assert answers == [{"question": "phone:SE:08-12 x3", "answer": "+46812"}]


def test_rows_that_ask_nothing_leave_no_answers(engine):
    engine.make(Step("clean_1", "select cast(null as varchar) as phone_asked"))
    assert settle(engine, "shop", ["clean_1"], {"phone": FieldType.PHONE}) == ()
    assert settle(engine, "shop", [], {"phone": FieldType.PHONE}) == ()
    assert settle(engine, "shop", ["clean_1"], {"city": FieldType.TEXT}) == ()


# Phones, by the country of the row, the source or the number.

PHONES = """
| external_id | phone                  | country |
| 1           | 070-123 45 67          | SE      |
| 2           | 070-123 45 67          |         |
| 3           | 22 12 34 56            | NO      |
| 4           | +46 (0)70-123 45 67 x9 | NO      |
| 5           | 0151 23456789          | DE      |
| 6           | 00 46 70 123 45 67     | Norge   |
| 7           | (0)6 6988 4857         | IT      |
| 8           | 46701234567            | SE      |
"""


def test_a_phone_is_of_the_country_of_its_row_else_of_its_source(tmp_path):
    _, outcome = shop(tmp_path, PHONES, "external_id phone country")
    assert outcome.files[0].rejected == 0
    swedish = "+46701234567"
    assert [phone for (phone,) in held(tmp_path, "phone")] == [
        *(swedish, swedish, "+4722123456", swedish, "+4915123456789", swedish),
        *("+390669884857", swedish),
    ]


def test_a_phone_that_is_none_is_a_reject_and_the_others_are_taken(tmp_path):
    rows = """
    | external_id | phone              |
    | 1           | 070-123 45 67      |
    | 2           | 070-123 45 67 Anna |
    | 3           | saknas             |
    | 4           | 0812               |
    | 5           | 070-123 45 67 x12  |
    """
    _, outcome = shop(tmp_path, rows, "external_id phone")
    assert (outcome.files[0].accepted, outcome.files[0].rejected) == (2, 3)
    why = asked(
        tmp_path / "registry.duckdb",
        "select row_number, reasons from rejects order by 1",
    )
    assert why == [
        (3, [{"column": "phone", "check": "unreadable"}]),
        (4, [{"column": "phone", "check": "unreadable"}]),
        (5, [{"column": "phone", "check": "e164"}]),
    ]


def test_the_phone_of_an_order_is_asked_for_too(tmp_path):
    sources = {
        "orders": orders("order_id email phone last_name ordered_at"),
    }
    sources["orders"]["columns"]["phone"] = {"from": "phone", "country": "SE"}
    pipeline = declared(tmp_path, sources, identity={"guests": "register"})
    deliver(
        tmp_path / "orders.csv",
        """
        | order_id | email     | phone            | last_name | ordered_at |
        | 1        | a@björk.se | 070-123 45 67 x1 | Berg      | 2024-01-01 |
        """,
    )
    assert run(pipeline).files[0].accepted == 1
    assert held(tmp_path, "email, phone, last_key") == [
        ("a@xn--bjrk-6qa.se", "+46701234567", "berg")
    ]


def test_the_same_files_again_change_nothing(tmp_path):
    pipeline, _ = shop(tmp_path, PHONES, "external_id phone country")
    assert nothing_changed(run(pipeline))


# E-mails.


def test_customers_known_by_their_email_are_known_by_its_canonical_form(tmp_path):
    rows = """
    | email                | last_name |
    | Info@BJÖRK.se        | Ek        |
    | info@xn--bjrk-6qa.se | Ek        |
    | Anna <a@x.se>        | Berg      |
    | mailto:b@x.se        | Lind      |
    | c @x.se;             | Holm      |
    """
    _, outcome = shop(tmp_path, rows, "email last_name")
    file = outcome.files[0]
    assert (file.accepted, file.duplicate, file.rejected) == (4, 1, 0)
    assert held(tmp_path, "external_id, email") == [
        ("a@x.se", "a@x.se"),
        ("b@x.se", "b@x.se"),
        ("c@x.se", "c@x.se"),
        ("info@xn--bjrk-6qa.se", "info@xn--bjrk-6qa.se"),
    ]
    with open_registry(tmp_path / "registry.duckdb") as registry:
        assert registry.customer("info@björk.se").profile["last_name"] == "Ek"


MAILBOX = """
| external_id | email                 |
| 1           | anna.berg@gmail.com   |
| 2           | annaberg@googlemail.com |
| 3           | annaberg+shop@gmail.com |
| 4           | anna.berg@x.se        |
| 5           | annaberg@x.se         |
| 6           | anna.berg+shop@x.se   |
"""


@pytest.mark.parametrize(
    ("same", "persons"),
    [
        ([], ["1", "2", "3", "4", "5", "6"]),
        (["dots"], ["12", "3", "4", "5", "6"]),
        (["tags"], ["1", "2", "3", "46", "5"]),
        (["dots", "tags"], ["123", "46", "5"]),
    ],
)
def test_spellings_are_one_mailbox_only_where_that_is_asked_for(
    tmp_path, same, persons
):
    identity = {"match": [["email"]], "same_mailbox": same}
    shop(tmp_path, MAILBOX, "external_id email", identity=identity)
    found = {"".join(sorted(each)) for each in together(tmp_path / "registry.duckdb")}
    assert found == {*persons}
    assert ("annaberg+shop@gmail.com",) in held(tmp_path, "email"), "mail goes there"


def test_a_mailbox_is_found_again_by_a_later_delivery(tmp_path):
    identity = {"match": [["email"]], "same_mailbox": ["dots"]}
    pipeline, _ = shop(tmp_path, MAILBOX, "external_id email", identity=identity)
    deliver(
        tmp_path / "shop2.csv", "| external_id | email |\n| 7 | a.nnaberg@gmail.com |"
    )
    run(pipeline)
    assert frozenset("127") in together(tmp_path / "registry.duckdb")


# Names, companies and numbers as match keys.


def test_people_are_matched_by_their_names_however_they_were_put(tmp_path):
    rows = """
    | external_id | first_name | last_name    | postcode | country |
    | 1           | Søren      | von Berg     | 11122    | SE      |
    | 2           | SOREN      | Berg         | 111 22   | SE      |
    | 3           | Dr. Søren  | Von Berg     | S-111 22 | SE      |
    | 4           | Søren von  | Berg         | 11122    |         |
    | 5           | Søren      | Berg Jr.     | 11122    | SE      |
    | 6           | Søren Jr   | Berg         | 11122    | SE      |
    | 7           | Kund       | Berg         | 11122    | SE      |
    | 8           | n/a        | n/a          | 11122    | SE      |
    | 9           | Søren      | Ek           | 11122    | SE      |
    """
    shop(tmp_path, rows, "external_id first_name last_name postcode country")
    found = {"".join(sorted(each)) for each in together(tmp_path / "registry.duckdb")}
    assert found == {"1234", "56", "7", "8", "9"}
    assert ("Dr. Søren", "Von Berg") in held(tmp_path, "first_name, last_name")


def test_an_email_in_the_place_of_a_name_is_no_name(tmp_path):
    rows = """
    | external_id | email         | first_name    | last_name |
    | 1           | anna82@x.se   | anna82        | anna82    |
    | 2           | b.berg@x.se   | b.berg@x.se   | Berg      |
    | 3           | c.berg@x.se   | c.berg        | Berg      |
    | 4           | cecilia@x.se  | Cecilia       | Berg      |
    """
    shop(tmp_path, rows, "external_id email first_name last_name")
    assert held(tmp_path, "first_key, last_key") == [
        (None, None),
        (None, "berg"),
        (None, "berg"),
        ("cecilia", "berg"),
    ]


def test_numbers_and_companies_match_in_any_spelling_and_wrong_ones_do_not(tmp_path):
    rows = """
    | external_id | org_number   | vat_id         | company        | country |
    | 1           | 556012-5790  |                |                | SE      |
    | 2           | 165560125790 |                |                | SE      |
    | 3           | 556012-5791  |                |                | SE      |
    | 4           | 5560125791   |                |                | SE      |
    | 5           |              | 556012579001   |                | SE      |
    | 6           |              | SE556012579001 |                |         |
    | 7           |              |                | Björk & Co. AB | SE      |
    | 8           |              |                | Bjork          | SE      |
    """
    columns = "external_id org_number vat_id company country"
    identity = {"match": [["org_number"], ["vat_id"], ["company"]]}
    rows = rows.replace("|\n", "| Ek |\n").replace("| Ek |", "| last_name |", 1)
    shop(tmp_path, rows, f"{columns} last_name", identity=identity)
    found = {"".join(sorted(each)) for each in together(tmp_path / "registry.duckdb")}
    assert found == {"12", "3", "4", "56", "78"}
    assert held(tmp_path, "vat_id, vat_key, org_number, org_key")[:3] == [
        (None, None, "5560125790", "SE5560125790"),
        (None, None, "165560125790", "SE5560125790"),
        (None, None, "556012-5791", None),
    ]


def test_a_shipping_postcode_is_of_the_country_shipped_to(tmp_path):
    rows = """
    | external_id | email  | postcode | country | shipping.postcode | shipping.country |
    | 1           | a@x.se | 11122    | SE      | d-10115           | DE               |
    | 2           | b@x.se | 11122    |         | 11122             |                  |
    """
    columns = "external_id email postcode country shipping.postcode shipping.country"
    shop(tmp_path, rows, columns)
    assert held(tmp_path, "postcode, shipping_postcode") == [
        ("111 22", "10115"),
        ("11122", "11122"),
    ]


# The text stays.


def test_the_text_of_a_value_that_reads_otherwise_stays_on_its_record(tmp_path):
    rows = """
    | external_id | email       | phone            | postcode | country | org_number  |
    | 1           | In@BJÖRK.se | 070-123 45 67 x1 | 11122    | Sverige | 556012-5790 |
    | 2           | b@x.se      | +46701234567     | 111 22   | SE      |             |
    """
    columns = "external_id email phone postcode country org_number"
    shop(tmp_path, rows, columns)
    with open_registry(tmp_path / "registry.duckdb") as registry:
        one = registry.customer("shop:1").records[0]
        two = registry.customer("shop:2").records[0]
    assert one["originals"] == {
        "email": "In@BJÖRK.se",
        "phone": "070-123 45 67 x1",
        "postcode": "11122",
        "country": "Sverige",
        "org_number": "556012-5790",
    }
    assert two["originals"] == {}
    assert held(tmp_path, "originals is null") == [(False,), (True,)]


def test_a_whole_name_stays_where_it_was_put_another_way_round(tmp_path):
    rows = """
    | external_id | full_name  |
    | 1           | Berg, Anna |
    | 2           | Anna Berg  |
    """
    shop(tmp_path, rows, "external_id full_name")
    assert held(tmp_path, "first_name, last_name, originals['full_name']") == [
        ("Anna", "Berg", "Berg, Anna"),
        ("Anna", "Berg", None),
    ]


def test_of_a_customer_of_several_rows_the_text_is_that_of_the_row_that_counts(
    tmp_path,
):
    rows = """
    | external_id | phone         | postcode | country |
    | 1           |               | 11122    | SE      |
    | 1           | 070-123 45 67 | 222 33   | SE      |
    | 2           | +46701112233  | 222 33   | SE      |
    """
    columns = "external_id phone postcode country"
    shop(tmp_path, rows, columns, rows="same_key")
    assert held(tmp_path, "phone, postcode, originals['phone'], originals['postcode']")[
        1
    ] == ("+46701112233", "222 33", None, None)
    first = held(tmp_path, "phone, originals['phone'], postcode, originals['postcode']")
    assert first[0][:2] == ("+46701234567", "070-123 45 67")
    assert first[0][2:] in (("111 22", "11122"), ("222 33", None))


# Bad input.


def test_absurd_values_are_read_or_rejected_and_stop_nothing(tmp_path):
    rows = [
        {"external_id": "1", "last_name": "x" * 10_000},
        {"external_id": "2", "last_name": "Be\x07rg\x1b", "first_name": "\x01"},
        {"external_id": "3", "last_name": "Ek", "phone": "1" * 10_000},
        {"external_id": "4", "last_name": "Ek", "email": "a@" + "ö" * 10_000 + ".se"},
        {"external_id": "5", "last_name": "李", "vat_id": "9" * 1000},
        {"external_id": "6", "last_name": "👍", "org_number": "'" * 50},
        {"external_id": "7", "company": "AB", "postcode": "0" * 1000, "country": "SE"},
        {"external_id": "8", "last_name": "Ek", "phone": "::", "email": "::"},
    ]
    _, outcome = shop(tmp_path, rows)
    assert outcome.files[0].read == 8
    rejected = asked(
        tmp_path / "registry.duckdb", "select row_number from rejects order by 1"
    )
    assert [row for (row,) in rejected] == [4, 5, 6, 9]
    assert held(tmp_path, "length(last_key)")[0] == (100,)


def test_a_column_of_one_value_is_read_as_any_other(tmp_path):
    rows = [
        {"external_id": str(n), "phone": "070-123 45 67 x1", "last_name": "Søren"}
        for n in range(300)
    ]
    _, outcome = shop(tmp_path, rows, "external_id phone last_name")
    assert outcome.files[0].accepted == 300
    found = asked(
        tmp_path / "registry.duckdb",
        "select phone, last_key, count(*) from source_records group by all",
    )
    assert found == [("+46701234567", "soren", 300)]


def test_records_of_an_older_registry_are_read_anew_and_have_a_history(tmp_path):
    """Its rows had no text beside them; the run that ended a row stays last."""
    before = [*takewhile(lambda text: "originals" not in text, migrate.scripts())]
    path = tmp_path / "registry.duckdb"
    record = {"external_id": "1", "customer_id": 1, "founder_of": 1, "phone": "+4612"}
    older = inserts(
        runs=[{}],
        source_records=[{"source": "shop", **record}],
        customers=[{"customer_id": 1, "phone": "+4612"}],
    )
    maker = DuckDBEngine(None)
    maker.publish(path, [*before, older], (), 1)
    maker.close()
    shop(tmp_path, PHONES, "external_id phone country")
    told = "phone, originals['phone']"
    query = f"select {told} from source_records where external_id = '1'"
    assert asked(path, query) == [("+46701234567", "070-123 45 67")]
    ended = asked(path, f"select {told}, ended_run_id from source_records_history")
    assert ended == [("+4612", None, 2)]
    last = "select * from source_records_history limit 0"
    with duckdb.connect(str(path), read_only=True) as db:
        assert db.execute(last).description[-1][0] == "ended_run_id"


def test_a_source_may_have_one_of_the_two_names(tmp_path):
    sources = {
        "first": customers("external_id first_name", files="first.csv"),
        "last": customers("external_id last_name", files="last.csv"),
        "none": customers("external_id email", files="none.csv"),
    }
    sources["first"]["columns"]["email"] = "email"
    pipeline = declared(tmp_path, sources)
    deliver(
        tmp_path / "first.csv",
        """
        | external_id | email  | first_name      |
        | 1           | a@x.se | von Berg, Søren |
        """,
    )
    deliver(
        tmp_path / "last.csv",
        """
        | external_id | last_name      |
        | 2           | Berg Jr, Søren |
        | 3           | Ek             |
        """,
    )
    deliver(tmp_path / "none.csv", "| external_id | email |\n| 4 | d@x.se |")
    run(pipeline)
    assert held(tmp_path, "first_key, last_key") == [
        ("soren", "berg"),
        ("soren", "bergjr"),
        (None, "ek"),
        (None, None),
    ]
