"""Rule 11: values are exact: money, ids, leading zeros, times, sums per currency."""

from datetime import UTC, datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

from hypothesis import given
from hypothesis import strategies as st

from worlds import (
    EVERYBODY,
    asked,
    customers,
    declared,
    deliver,
    listed,
    orders,
    run,
    whole_runs,
)

AMOUNTS = st.decimals(
    min_value=-(10**9), max_value=10**9, places=4, allow_nan=False, allow_infinity=False
)


@st.composite
def amounts(draw, mark):
    """Give an amount, and one of the ways a store may write it."""
    amount = draw(AMOUNTS | st.integers(-20, 20).map(Decimal))
    group = draw(st.sampled_from(["", " ", "'", "\u00a0", "." if mark == "," else ","]))
    text = f"{abs(amount):,f}"
    if draw(st.booleans()) and "." in text:
        text = text.rstrip("0").rstrip(".")
    elif "." in text:
        text += draw(st.sampled_from(["", "0", "000"]))
    whole, dot, part = text.partition(".")
    sign = "-" if amount < 0 else draw(st.sampled_from(["", "+"]))
    return amount, sign + whole.replace(",", group) + (dot and mark) + part


@given(
    points=st.lists(amounts("."), min_size=15, max_size=15),
    commas=st.lists(amounts(","), min_size=15, max_size=15),
)
@whole_runs(5)
def test_an_amount_comes_in_exactly_however_it_is_written(
    tmp_path_factory, points, commas
):
    folder = tmp_path_factory.mktemp("shop")
    sources = {}
    for name, mark, written in (("points", ".", points), ("commas", ",", commas)):
        deliver(
            folder / f"{name}.csv",
            [
                {"order_id": str(i), "ordered_at": "2026-01-01", "total": text}
                for i, (_, text) in enumerate(written)
            ],
        )
        sources[name] = orders("order_id ordered_at", f"{name}.csv")
        sources[name]["columns"]["total"] = {"from": "total", "decimal": mark}
    run(declared(folder, sources))
    found = asked(
        folder / "registry.duckdb", "select source, order_id, total from orders"
    )
    assert {(source, key): total for source, key, total in found} == {
        (name, str(i)): amount
        for name, written in (("points", points), ("commas", commas))
        for i, (amount, _) in enumerate(written)
    }


def rejected(folder):
    """Give the rejected rows of a shop: their number and their reasons."""
    return asked(
        folder / "registry.duckdb",
        'select row_number, reasons[1]."column", reasons[1]."check" '
        "from rejects order by row_number",
    )


def test_an_amount_that_would_be_rounded_is_a_reject(tmp_path):
    deliver(
        tmp_path / "orders.csv",
        """
        order_id | ordered_at | total
        1        | 2026-01-01 | 0.00001
        2        | 2026-01-01 | 1.2345678
        3        | 2026-01-01 | 1e3
        4        | 2026-01-01 | 1,5
        5        | 2026-01-01 | 12,34,567
        6        | 2026-01-01 | 99999999999999999999
        7        | 2026-01-01 | 0.1
        """,
    )
    run(declared(tmp_path, {"sales": orders("order_id ordered_at total")}))
    assert [(row, check) for row, _, check in rejected(tmp_path)] == [
        (row, "unreadable") for row in range(2, 8)
    ]


IDS = ["007", "7", "0", "00", "17850.0", "1e5", "0x1F", "1_000", "12-3", "A b", "NA"]


def test_an_id_is_text_as_it_stands(tmp_path):
    rows = [{"external_id": key, "last_name": "Berg"} for key in IDS]
    deliver(tmp_path / "shop.csv", rows)
    run(declared(tmp_path, {"shop": customers("external_id last_name")}))
    found = asked(
        tmp_path / "registry.duckdb", "select external_id from source_records"
    )
    assert sorted(key for (key,) in found) == sorted(IDS)


def test_words_that_look_like_nothing_are_values(tmp_path):
    words = ["NULL", "null", "NA", "N/A", "nan", "None", "-", "#N/A", "True"]
    rows = [
        {"external_id": str(i), "last_name": word, "city": word, "note": "note"}
        for i, word in enumerate(words)
    ]
    deliver(tmp_path / "shop.csv", rows)
    run(declared(tmp_path, {"shop": customers("external_id last_name city note")}))
    assert asked(
        tmp_path / "registry.duckdb",
        "select last_name, city from customer_view order by customer_id",
    ) == [(word, word) for word in words]


def test_zeros_at_the_front_stay_and_one_apostrophe_before_them_goes(tmp_path):
    deliver(
        tmp_path / "shop.csv",
        """
        external_id | last_name | postcode | phone          | org_number
        '0812       | 't Hooft  | 01234    | 070-1234567    | 0012
        0813        | 'quoted'  | '00501   | '0701234568    | 556-0123
        """,
    )
    columns = "external_id last_name postcode phone org_number"
    run(declared(tmp_path, {"shop": customers(columns)}, {"all": EVERYBODY}))
    assert asked(
        tmp_path / "registry.duckdb",
        "select external_id, last_name, postcode, phone, org_number "
        "from source_records order by 1",
    ) == [
        ("0812", "'t Hooft", "01234", "+46701234567", "0012"),
        ("0813", "'quoted'", "00501", "+46701234568", "556-0123"),
    ]


def test_what_a_spreadsheet_takes_for_a_formula_comes_back_as_it_was(tmp_path):
    formulas = ["=SUM(A1)", "-5", "+44 20", "@cmd", "'=already", "plain"]
    rows = [
        {"external_id": str(i), "last_name": formula}
        for i, formula in enumerate(formulas)
    ]
    deliver(tmp_path / "shop.csv", rows)
    shop = declared(
        tmp_path, {"shop": customers("external_id last_name")}, {"all": EVERYBODY}
    )
    run(shop)
    query = "select last_name from customers order by customer_id"
    held = asked(tmp_path / "registry.duckdb", query)
    shown = [row["last_name"] for row in listed(tmp_path / "out" / "everybody.csv")]
    assert not [cell for cell in shown if cell[0] in "=+-@"]
    again = tmp_path / "again"
    deliver(
        again / "shop.csv",
        [{"external_id": str(i), "last_name": cell} for i, cell in enumerate(shown)],
    )
    run(declared(again, {"shop": customers("external_id last_name")}))
    assert asked(again / "registry.duckdb", query) == held


ZONES = [
    "Europe/Stockholm",
    "America/New_York",
    "Australia/Lord_Howe",
    "Asia/Kathmandu",
    "UTC",
]
MOMENTS = st.datetimes(min_value=datetime(1996, 1, 1), max_value=datetime(2026, 5, 1))


def clear(zone, local):
    """Tell whether a local time is exactly one moment: no clock was turned on it."""
    known = ZoneInfo(zone)
    moments = {local.replace(tzinfo=known, fold=f).astimezone(UTC) for f in (0, 1)}
    back = {moment.astimezone(known).replace(tzinfo=None) for moment in moments}
    return len(moments) == 1 and back == {local}


@given(moments=st.lists(MOMENTS, min_size=25, max_size=25))
@whole_runs(4)
def test_a_local_time_is_the_moment_its_zone_says(tmp_path_factory, moments):
    folder = tmp_path_factory.mktemp("shop")
    changes = [datetime(2025, 3, 30), datetime(2025, 10, 26), datetime(2025, 11, 2)]
    moments += [day.replace(hour=hour) for day in changes for hour in (0, 1, 4, 5)]
    sources, expected = {}, {}
    for number, zone in enumerate(ZONES):
        rows = [
            {
                "external_id": str(i),
                "last_name": "Berg",
                "created_at": local.isoformat(),
            }
            for i, local in enumerate(moments)
            if clear(zone, local)
        ]
        deliver(folder / f"shop{number}.csv", rows)
        columns = "external_id last_name created_at"
        source = customers(columns, f"shop{number}.csv", timezone=zone)
        sources[f"shop{number}"] = source
        for row in rows:
            local = datetime.fromisoformat(row["created_at"])
            utc = local.replace(tzinfo=ZoneInfo(zone)).astimezone(UTC)
            expected[f"shop{number}", row["external_id"]] = utc.replace(tzinfo=None)
    run(declared(folder, sources))
    found = asked(
        folder / "registry.duckdb",
        "select source, external_id, created_at from source_records",
    )
    assert {(source, key): moment for source, key, moment in found} == expected


TIMES = [
    ("2026-01-01T10:00:00.123456Z", "", "2026-01-01 10:00:00.123456"),
    ("2026-01-01 10:00:00+10:00", "", "2026-01-01 00:00:00"),
    ("2026-01-01 10:00:00 +1100", "", "2025-12-31 23:00:00"),
    ("2026-07-01 10:00", "", "2026-07-01 08:00:00"),
    ("2026-01-01 10:00", "", "2026-01-01 09:00:00"),
    ("2026-01-01", "", "2025-12-31 23:00:00"),
    ("01.07.2026 10:00", "%d.%m.%Y %H:%M", "2026-07-01 08:00:00"),
    ("01.07.2026 10:00 -0500", "%d.%m.%Y %H:%M %z", "2026-07-01 15:00:00"),
    ("07/01/25 10:05 PM", "%m/%d/%y %I:%M %p", "2025-07-01 20:05:00"),
]
"""Texts in the zone Europe/Stockholm, the form they have (none: ISO 8601), in UTC."""


def test_a_time_is_read_to_the_microsecond(tmp_path):
    sources = {}
    for form in {form for _, form, _ in TIMES}:
        name = f"shop{len(sources)}"
        rows = [
            {"external_id": utc, "last_name": "Berg", "created_at": text}
            for text, written, utc in TIMES
            if written == form
        ]
        deliver(tmp_path / f"{name}.csv", rows)
        source = customers("external_id last_name", f"{name}.csv")
        source["timezone"] = "Europe/Stockholm"
        how = {"format": form} if form else {}
        source["columns"]["created_at"] = {"from": "created_at", **how}
        sources[name] = source
    run(declared(tmp_path, sources), as_of=datetime(2026, 12, 1, tzinfo=UTC))
    query = "select external_id, cast(created_at as varchar) from source_records"
    found = dict(asked(tmp_path / "registry.duckdb", query))
    assert found == {utc: utc for _, _, utc in TIMES}


def test_sums_are_kept_apart_by_currency_and_are_exact(tmp_path):
    deliver(tmp_path / "shop.csv", "external_id | last_name\n1 | Berg")
    deliver(
        tmp_path / "orders.csv",
        """
        order_id | customer_ref | ordered_at | currency | total
        1        | 1            | 2026-01-01 | SEK      | 0.1
        2        | 1            | 2026-01-01 | SEK      | 0.2
        3        | 1            | 2026-01-01 | NOK      | 1000000.0001
        4        | 1            | 2026-01-01 | -        | 5
        5        | 1            | 2026-01-01 | sek      | -0.3
        """,
    )
    sources = {
        "shop": customers("external_id last_name"),
        "sales": orders(
            "order_id customer_ref ordered_at currency total", customers="shop"
        ),
    }
    columns = ["customer_id", "total_spent", "order_count"]
    run(declared(tmp_path, sources, {"all": {**EVERYBODY, "columns": columns}}))
    assert asked(
        tmp_path / "registry.duckdb",
        "select total_spent, order_count from customer_view",
    ) == [({"NOK": Decimal("1000000.0001"), "SEK": Decimal("0.0000")}, 5)]
    (row,) = listed(tmp_path / "out" / "everybody.csv")
    assert row["total_spent"] == "NOK 1000000.0001, SEK 0.00"
