"""Cleaned rows: how a cell becomes a value, and what is said of one that does not."""

from datetime import datetime
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from drawn import an_engine, assert_rows, table
from regpipe.fields import FIELDS, FieldType
from regpipe.spec import ConsentSource, CustomerSource, OrderSource
from regpipe.sql.canonical import answered
from regpipe.sql.clean import cleaned, columns_of, consent_column
from regpipe.sql.step import Step, literal
from regpipe.stages.canonical import settle
from regpipe.stages.normalise import _cells, _consent

engine = pytest.fixture(an_engine)

ADDED = ("regpipe_row", "regpipe_problem", "regpipe_cells")
KINDS = {"customers": CustomerSource, "orders": OrderSource, "consents": ConsentSource}


def clean(
    engine, raw, columns, *, kind="customers", zone="UTC", version="v", careful=False
):
    """Clean the rows drawn by the columns of a source; leave table ``clean``."""
    said = {"kind": kind, "files": "x.csv", "columns": columns}
    if kind == "consents":
        said["purpose"] = "newsletter"
    source = KINDS[kind].model_validate(said, by_alias=True)
    if isinstance(raw, Step):
        engine.make(raw)
    else:
        engine.make(table("raw", raw))
    made = cleaned(
        "clean_1",
        "raw",
        _cells(source),
        {key: _consent(column) for key, column in source.consents.items()},
        zone=zone,
        version=version,
        careful=careful,
        texts_kept=kind == "customers",
    )
    engine.make(made)
    kinds = {field: FIELDS[kind][field] for field in columns if field in FIELDS[kind]}
    asked = settle(engine, "x", ["clean_1"], kinds)
    values, unreadable, joins = answered("x", asked)
    told = "".join(f', {value} as "{field}"' for field, value in values.items())
    engine.make(
        Step(
            "clean",
            f"select c.* replace ({unreadable} as unreadable{told}) "
            f"from clean_1 c {joins} order by c.rowid",
        )
    )


def rows(*cells, names=("A",)):
    """Give the step ``raw`` of rows whose cells a drawing cannot hold."""
    many = [cell if isinstance(cell, tuple) else (cell,) for cell in cells]
    drawn_rows = ", ".join(
        f"({', '.join('null' if c is None else literal(c) for c in row)})"
        for row in many
    )
    return Step("raw", f"select * from (values {drawn_rows}) as t({', '.join(names)})")


def values(engine, *columns):
    """Give the rows of ``clean`` in file order."""
    names = ", ".join(f'"{name}"' for name in columns)
    found = engine.collect(f"select {names} from clean").to_pylist()
    for row in found:
        if row.get("unreadable"):
            row["unreadable"].sort()
    if len(columns) == 1:
        return [row[columns[0]] for row in found]
    return [tuple(row.values()) for row in found]


# One field after the other.


def test_texts_lose_the_white_space_at_their_ends_and_nothing_else(engine):
    clean(
        engine,
        rows("  a  b ", "\u00a0a\u200b", "\ta\r\n", "", "   ", None, "NULL", "-", "a"),
        {"email": "A", "note": "A"},
    )
    assert values(engine, "note") == [
        *("a  b", "a", "a"),
        *(None, None, None),
        *("NULL", "-", "a"),
    ]


def test_one_apostrophe_is_taken_off_ids_zips_and_phones_and_off_no_name(engine):
    clean(
        engine,
        """
        | A        |
        | '0812    |
        | 't Hooft |
        """,
        {
            "external_id": "A",
            "postcode": "A",
            "phone": {"from": "A", "country": "SE"},
            "last_name": "A",
        },
    )
    assert_rows(
        engine,
        "clean",
        """
        | external_id | postcode | phone   | last_name |
        | 0812        | 0812     | +46812  | '0812     |
        | 't Hooft    | 'T HOOFT | -       | 't Hooft  |
        """,
    )


def test_an_apostrophe_before_a_formula_is_taken_off_texts(engine):
    clean(
        engine,
        """
        | A      |
        | '=1+1  |
        | '-5    |
        | '@a    |
        | ''=1   |
        | =1     |
        | '90s   |
        """,
        {"email": "A", "company": "A"},
    )
    assert values(engine, "company") == ["=1+1", "-5", "@a", "'=1", "=1", "'90s"]


def test_ids_keep_their_zeros_and_whatever_they_are(engine):
    clean(
        engine,
        rows("007", "17850.0", "1e5", "#1001", "A-1", " 12 "),
        {"external_id": "A"},
    )
    assert values(engine, "external_id") == [
        *("007", "17850.0", "1e5"),
        *("#1001", "A-1", "12"),
    ]


def test_emails_are_lower_case_and_codes_and_postcodes_upper_case(engine):
    clean(
        engine,
        """
        | A                | B             | C      |
        | Anna@Exempel.SE  | se5560125790 01 | 111 22 |
        | mailto:b@x.se    | -             | sw1a 1aa |
        """,
        {"email": "A", "vat_id": "B", "org_number": "B", "postcode": "C"},
    )
    assert_rows(
        engine,
        "clean",
        """
        | email           | vat_id         | org_number     | postcode |
        | anna@exempel.se | SE556012579001 | SE556012579001 | 111 22   |
        | b@x.se          | -              | -              | SW1A 1AA |
        """,
    )


def test_a_phone_without_a_country_code_is_of_the_country_declared(engine):
    raw = """
        | A               |
        | 070-123 45 67   |
        | +47 22 12 34 56 |
        | '+46701234567   |
        """
    clean(engine, raw, {"phone": {"from": "A", "country": "SE"}, "email": "A"})
    assert values(engine, "phone", "unreadable") == [
        ("+46701234567", None),
        ("+4722123456", None),
        ("+46701234567", None),
    ]
    clean(engine, raw, {"phone": "A", "email": "A"})
    assert values(engine, "phone", "unreadable") == [
        (None, ["phone"]),
        ("+4722123456", None),
        ("+46701234567", None),
    ]


def test_words_of_the_file_become_codes_and_other_texts_are_codes_themselves(engine):
    clean(
        engine,
        """
        | A       |
        | Sverige |
        | NORGE   |
        | dk      |
        | NO      |
        | -       |
        """,
        {
            "email": "A",
            "country": {"from": "A", "words": {"SE": "Sverige", "NO": "Norge"}},
        },
    )
    assert values(engine, "country") == ["SE", "NO", "DK", "NO", None]


def test_a_country_called_no_is_norway(engine):
    clean(engine, rows("NO", "no", "No"), {"email": "A", "country": "A"})
    assert values(engine, "country") == ["NO", "NO", "NO"]


def test_flags_are_yes_no_blank_or_unreadable(engine):
    clean(
        engine,
        """
        | A     |
        | Yes   |
        | 0     |
        | ja    |
        | maybe |
        | -     |
        """,
        {"email": "A", "tax_exempt": "A"},
    )
    assert values(engine, "tax_exempt", "unreadable") == [
        (True, None),
        (False, None),
        (True, None),
        (None, ["tax_exempt"]),
        (None, None),
    ]


def test_flags_in_words_of_the_file_know_no_others(engine):
    clean(
        engine,
        """
        | A       |
        | Befriad |
        | -       |
        | yes     |
        """,
        {"email": "A", "tax_exempt": {"from": "A", "yes": "befriad", "no": ""}},
    )
    assert values(engine, "tax_exempt", "unreadable") == [
        (True, None),
        (False, None),
        (None, ["tax_exempt"]),
    ]


def test_lists_are_split_where_that_is_said_and_whole_where_not(engine):
    raw = """
        | A             |
        | Gold, Club ,, |
        | Gold          |
        | ,             |
        | -             |
        """
    clean(engine, raw, {"email": "A", "groups": {"from": "A", "split": ","}})
    assert values(engine, "groups") == [["Gold", "Club"], ["Gold"], [], None]
    clean(engine, raw, {"email": "A", "groups": "A"})
    assert values(engine, "groups") == [["Gold, Club ,,"], ["Gold"], [","], None]


def test_one_cell_holds_the_whole_name(engine):
    clean(
        engine,
        """
        | A           |
        | Anna Berg   |
        | Berg, Anna  |
        | Anna        |
        | -           |
        """,
        {"email": "A", "full_name": "A"},
    )
    assert values(engine, "first_name", "last_name") == [
        ("Anna", "Berg"),
        ("Anna", "Berg"),
        ("Anna", None),
        (None, None),
    ]


def test_a_kind_is_registered_unless_the_file_says_otherwise(engine):
    raw = """
        | A          |
        | Guest      |
        | Prenumerant |
        | -          |
        | boss       |
        """
    words = {"subscriber": "prenumerant"}
    clean(engine, raw, {"email": "A", "kind": {"from": "A", "words": words}})
    assert values(engine, "kind", "unreadable") == [
        ("guest", None),
        ("subscriber", None),
        ("registered", None),
        (None, ["kind"]),
    ]


def test_a_constant_is_the_same_for_every_row(engine):
    clean(
        engine,
        rows("a@x", "b@x"),
        {"email": "A", "kind": {"value": "subscriber"}, "country": {"value": "se"}},
    )
    assert values(engine, "kind", "country") == [("subscriber", "SE")] * 2


# Times and dates.


def test_times_are_utc_whatever_they_were_written_in(engine):
    clean(
        engine,
        """
        | A                         | B                |
        | 2024-03-31 12:30:00       | 31.03.2024 12:30 |
        | 2024-03-31T12:30:00Z      | 31.12.2024 12:30 |
        | 2024-03-31T12:30:00+09:00 | -                |
        """,
        {
            "email": "A",
            "created_at": "A",
            "updated_at": {"from": "B", "format": "%d.%m.%Y %H:%M"},
        },
        zone="Europe/Stockholm",
    )
    assert_rows(
        engine,
        "clean",
        """
        | created_at          | updated_at          | unreadable |
        | 2024-03-31 10:30:00 | 2024-03-31 10:30:00 | -          |
        | 2024-03-31 12:30:00 | 2024-12-31 11:30:00 | -          |
        | 2024-03-31 03:30:00 | -                   | -          |
        """,
    )


def test_formats_are_tried_in_order_and_a_short_year_is_not_a_long_one(engine):
    formats = ["%d.%m.%Y", "%d.%m.%y", "%Y-%m-%d %H:%M:%S %z", "%Y-%m-%d"]
    clean(
        engine,
        """
        | A                         |
        | 31.03.2024                |
        | 31.03.24                  |
        | 2024-03-31 12:30:00 +0200 |
        | 2024-03-31                |
        | 24-03-31                  |
        | 31/03/2024                |
        """,
        {
            "email": "A",
            "birth_date": {"from": "A", "format": formats},
            "created_at": {"from": "A", "format": formats},
        },
    )
    assert_rows(
        engine,
        "clean",
        """
        | birth_date | created_at          |
        | 2024-03-31 | 2024-03-31 00:00:00 |
        | 2024-03-31 | 2024-03-31 00:00:00 |
        | 2024-03-31 | 2024-03-31 10:30:00 |
        | 2024-03-31 | 2024-03-31 00:00:00 |
        | -          | -                   |
        | -          | -                   |
        """,
    )
    assert values(engine, "unreadable")[4:] == [["birth_date", "created_at"]] * 2


@pytest.mark.parametrize("zone", ["UTC", "Europe/Stockholm"])
def test_a_format_with_the_name_of_a_zone_gives_that_moment(engine, zone):
    clean(
        engine,
        rows("2024-03-31 12:30:00 UTC"),
        {"email": "A", "created_at": {"from": "A", "format": "%Y-%m-%d %H:%M:%S %Z"}},
        zone=zone,
    )
    assert values(engine, "created_at") == [datetime(2024, 3, 31, 12, 30)]


def test_what_no_calendar_has_is_unreadable(engine):
    clean(
        engine,
        """
        | A          | B                   |
        | 2023-02-29 | 0000-00-00 00:00:00 |
        | 2024-02-29 | 2024-13-01          |
        """,
        {"email": "A", "birth_date": "A", "updated_at": "B"},
    )
    assert values(engine, "unreadable") == [
        ["birth_date", "updated_at"],
        ["updated_at"],
    ]


# Orders.


def test_amounts_are_exact_and_in_the_notation_declared(engine):
    clean(
        engine,
        """
        | A        | B          |
        | 0.10     | 1 234,50   |
        | 1,234.56 | -12        |
        | 3 kr     | 12,34567   |
        """,
        {
            "order_id": "A",
            "ordered_at": "A",
            "total": "A",
            "tax_total": {"from": "B", "decimal": ","},
        },
        kind="orders",
    )
    assert values(engine, "total", "tax_total") == [
        (Decimal("0.1000"), Decimal("1234.5000")),
        (Decimal("1234.5600"), Decimal("-12.0000")),
        (None, None),
    ]
    assert values(engine, "unreadable")[2] == ["ordered_at", "tax_total", "total"]


def test_a_status_is_our_word_with_the_store_s_own_beside_it(engine):
    clean(
        engine,
        """
        | A               |
        | PAID            |
        | Betald          |
        | AWAITING_PAYMENT |
        | Snart           |
        | -               |
        """,
        {
            "order_id": "A",
            "ordered_at": "A",
            "payment_status": {"from": "A", "words": {"paid": "betald"}},
        },
        kind="orders",
    )
    assert values(engine, "payment_status", "payment_word") == [
        ("paid", "PAID"),
        ("paid", "Betald"),
        ("pending", "AWAITING_PAYMENT"),
        ("snart", "Snart"),
        (None, None),
    ]
    assert values(engine, "unreadable") == [["ordered_at"]] * 4 + [None]


# Consent.


def test_words_of_consent_are_read_and_a_blank_one_is_unknown(engine):
    clean(
        engine,
        """
        | A            |
        | Subscribed   |
        | unsubscribed |
        | no           |
        | pending      |
        | -            |
        | perhaps      |
        """,
        {"email": "A", "consent.newsletter": "A"},
    )
    assert values(engine, "consent_newsletter_email", "unreadable") == [
        ("granted", None),
        ("withdrawn", None),
        ("never", None),
        ("pending", None),
        ("unknown", None),
        (None, ["consent.newsletter"]),
    ]


def test_consent_in_words_of_the_file_knows_no_others_and_may_map_a_blank(engine):
    clean(
        engine,
        """
        | A    |
        | JA   |
        | -    |
        | yes  |
        """,
        {
            "email": "A",
            "phone": "A",
            "consent.offers.sms": {"from": "A", "granted": "ja", "never": ""},
        },
    )
    column = consent_column("offers", "sms")
    assert values(engine, column) == ["granted", "never", None]
    assert "consent.offers" in values(engine, "unreadable")[2]


def test_a_statement_s_own_time_is_that_of_its_column(engine):
    clean(
        engine,
        """
        | A  | B                | C          |
        | ja | 31.03.2024 12:30 | 2020-01-01 |
        | ja | -                | 2020-01-01 |
        | ja | soon             | 2020-01-01 |
        """,
        {
            "email": "A",
            "consent.news": {
                "from": "A",
                "granted": "ja",
                "at": "B",
                "format": "%d.%m.%Y %H:%M",
            },
            "updated_at": "C",
        },
        zone="Europe/Stockholm",
    )
    assert_rows(
        engine,
        "clean",
        """
        | consent_news_email | consent_news_email_at:timestamp | unreadable     |
        | granted            | 2024-03-31 10:30:00             | -              |
        | granted            | -                               | -              |
        | granted            | -                               | [consent.news] |
        """,
    )


def test_a_statement_may_say_why_an_address_is_never_to_be_mailed(engine):
    clean(
        engine,
        """
        | A           |
        | cleaned     |
        | hard_bounce |
        | blocked     |
        | yes         |
        | odd         |
        | -           |
        """,
        {"email": "A", "status": "A"},
        kind="consents",
    )
    assert values(engine, "status", "unreadable") == [
        ("bounced", None),
        ("bounced", None),
        ("blocked", None),
        ("granted", None),
        (None, ["status"]),
        (None, None),
    ]


# Fingerprints.


def prints(engine, raw, columns, **more):
    clean(engine, raw, columns, **more)
    return values(engine, "fingerprint")


def test_a_fingerprint_tells_any_change_of_a_cell_that_is_read(engine):
    columns = {"email": "A", "note": "B"}
    cells = [("a", "b"), ("a", None), (None, "a"), ("a", "b "), ("ab", ""), ("", "")]
    found = prints(engine, rows(*cells, names=("A", "B")), columns)
    assert len(set(found)) == len(cells)
    assert min(found) >= 0


def test_a_fingerprint_does_not_hang_on_columns_nobody_reads(engine):
    here = prints(engine, rows(("a", "b"), names=("A", "B")), {"email": "A"})
    there = prints(engine, rows(("a", "c"), names=("A", "B")), {"email": "A"})
    assert here == there


def test_a_fingerprint_does_not_hang_on_the_way_the_file_is_read(engine):
    columns = {"email": "A", "note": "B"}
    fast = prints(engine, rows(("a", None), names=("A", "B")), columns)
    slow = rows(("a", "", "2", "", ""), names=("A", "B", *ADDED))
    assert fast == prints(engine, slow, columns, careful=True)


def test_the_fingerprint_of_a_record_that_does_not_fit_is_that_of_all_its_cells(
    engine,
):
    found = prints(
        engine,
        rows(
            ("a", "2", "too_many_cells", '["a", "b"]'),
            ("a", "3", "too_many_cells", '["a", "c"]'),
            ("a", "4", "too_many_cells", '["a", "b"]'),
            names=("A", *ADDED),
        ),
        {"email": "A"},
        careful=True,
    )
    assert found[0] == found[2] != found[1]


def test_another_mapping_or_schema_makes_every_fingerprint_another(engine):
    one = prints(engine, rows("a", "b"), {"email": "A"}, version="1")
    other = prints(engine, rows("a", "b"), {"email": "A"}, version="2")
    assert not set(one) & set(other)


# The careful way, and the order of rows.


def test_read_the_careful_way_a_row_has_its_number_and_its_problem(engine):
    clean(
        engine,
        rows(
            ("a@x", "7", "", ""),
            ("b@x", "9", "too_few_cells", '["b@x"]'),
            names=("A", *ADDED),
        ),
        {"email": "A"},
        careful=True,
    )
    assert_rows(
        engine,
        "clean",
        """
        | email | row_number | problem       |
        | a@x   | 7          | ''            |
        | b@x   | 9          | too_few_cells |
        """.replace("| row_number ", "| row_number:varchar "),
    )


def test_columns_are_read_once_each_in_the_order_mapped():
    source = CustomerSource.model_validate(
        {
            "files": "x.csv",
            "columns": {
                "email": "B",
                "note": "A",
                "company": "B",
                "kind": {"value": "guest"},
                "consent.news": {"from": "C", "at": "A"},
            },
        },
        by_alias=True,
    )
    consents = {f"c{n}": _consent(c) for n, c in enumerate(source.consents.values())}
    assert columns_of(_cells(source) | consents) == ["B", "A", "C"]


@pytest.mark.parametrize("kind", FIELDS)
def test_every_field_can_be_cleaned_and_a_blank_one_is_null(engine, kind):
    types = FIELDS[kind]
    columns = {name: {"from": "A"} for name in types}
    if "last_name" in types:
        del columns["first_name"], columns["last_name"]
        columns["full_name"] = {"from": "A"}
    clean(engine, rows(None, "", " "), columns, kind=kind)
    for name, type_ in types.items():
        expected = "registered" if name == "kind" else None
        assert values(engine, name) == [expected] * 3, type_
    assert values(engine, "unreadable") == [None] * 3


READABLE = (FieldType.TEXT, FieldType.EMAIL, FieldType.CODE, FieldType.POSTCODE)


@pytest.fixture(scope="module")
def lasting():
    yield from an_engine()


CELLS = st.none() | st.text(
    "aA0159,.:-+' \u00a0\u200b\tTZ%/\u00e5\U0001f600", max_size=12
)


@pytest.mark.parametrize("kind", FIELDS)
@given(cells=st.lists(CELLS, min_size=1, max_size=5))
@settings(max_examples=15, deadline=None)
def test_a_cell_has_a_value_or_is_blank_or_is_named_as_unreadable(lasting, kind, cells):
    """No silent null: not for any text, in any field."""
    types = {n: t for n, t in FIELDS[kind].items() if not n.endswith("_status")}
    clean(lasting, rows(*cells), {n: {"from": "A"} for n in types}, kind=kind)
    texts = lasting.collect(
        "select rp_text(a, true) is null as blank, rp_bare(rp_text(a, true)) is null "
        "as bare from raw"
    ).to_pylist()
    found = lasting.collect("select * from clean").to_pylist()
    for text, row in zip(texts, found, strict=True):
        named = row["unreadable"] or []
        for name, type_ in types.items():
            if text["blank"]:
                assert name not in named
            elif row[name] is None:
                assert name in named, (name, type_)
            else:
                assert name not in named
