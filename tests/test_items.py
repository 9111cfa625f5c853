"""Several line items in one row: packed into a cell, or in numbered columns."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from worlds import (
    DELIVERED,
    asked,
    declared,
    deliver,
    nothing_changed,
    put,
    run,
    whole_runs,
)

HEAD = {"order_id": "Order", "email": "Mail", "ordered_at": "Placed"}
PACKED = {
    "kind": "orders",
    "files": "orders*.csv",
    "items": {"from": "Items", "between": ";", "parts": "|", "key": ":"},
    "columns": HEAD
    | {
        "line.sku": "sku",
        "line.name": {"from": "name", "aliases": ["Title"]},
        "line.quantity": "qty",
        "line.price": {"from": "price", "decimal": ","},
    },
}
NUMBERED = {
    "kind": "orders",
    "files": "orders*.csv",
    "columns": HEAD
    | {
        "line.sku": "Item {n} SKU",
        "line.quantity": {"from": "Item {n} Count", "optional": True},
        "line.total": {"from": "Item {n} Sum", "aliases": ["Sum of item {n}"]},
    },
}
PLACED = "2024-05-06 07:08:09"


def packed(folder, *cells, at=DELIVERED):
    """Run a file of orders o1, o2, ... whose items are these cells."""
    rows = [
        {"Order": f"o{n}", "Mail": "a@x.se", "Placed": PLACED, "Items": cell}
        for n, cell in enumerate(cells, 1)
    ]
    deliver(folder / "orders.csv", rows, at=at)
    return run(declared(folder, {"sales": PACKED}))


def numbered(folder, header, *rows, at=DELIVERED, name="orders.csv"):
    """Run a file of orders o1, o2, ... whose items stand in these columns."""
    head = "Order,Mail,Placed"
    lines = [f"o{n},a@x.se,{PLACED},{row}" for n, row in enumerate(rows, 1)]
    put(folder / name, "\n".join([f"{head},{header}", *lines]) + "\n", at=at)
    return run(declared(folder, {"sales": NUMBERED}))


def lines(folder):
    return asked(
        folder / "registry.duckdb",
        "select order_id, line_no, sku, name, cast(quantity as double), "
        "cast(price as double), cast(total as double) "
        "from order_lines order by order_id, line_no",
    )


def counted(outcome):
    return [(f.read, f.accepted, f.rejected, f.unchanged) for f in outcome.files]


def reasons(folder):
    return {
        (row, why["column"], why["check"])
        for row, found in asked(
            folder / "registry.duckdb", "select row_number, reasons from rejects"
        )
        for why in found
    }


# Packed items.


@pytest.mark.parametrize(
    ("cell", "found"),
    [
        ("sku:a|qty:1", [("a", None, 1, None)]),
        (" SKU : a | Qty:1 ", [("a", None, 1, None)]),
        ("sku:a|qty:1;sku:b|qty:2", [("a", None, 1, None), ("b", None, 2, None)]),
        ("sku:a;sku:a", [("a", None, None, None)] * 2),
        (r"sku:a\;b\|c\:d|title:x:y\z", [("a;b|c:d", r"x:y\z", None, None)]),
        ("name:Cup|price:1.234,50|meta:", [(None, "Cup", None, 1234.5)]),
        (";sku:a;; ;", [("a", None, None, None)]),
        ("sku:'=1|name:'t Hooft", [("=1", "'t Hooft", None, None)]),
        ("sku:|meta:x;sku:b", [("b", None, None, None)]),
        ("title:b|name:a", [(None, "a", None, None)]),
        ("", []),
        (" ; ", []),
    ],
)
def test_each_item_of_a_cell_is_a_line(tmp_path, cell, found):
    assert counted(packed(tmp_path, cell, "sku:z")) == [(2, 2, 0, 0)]
    got = [line[1:6] for line in lines(tmp_path) if line[0] == "o1"]
    assert got == [(n, *line) for n, line in enumerate(found, 1)]
    query = "select line_count from orders where order_id = 'o1'"
    assert asked(tmp_path / "registry.duckdb", query) == [(len(found),)]


@pytest.mark.parametrize(
    ("cell", "reason"),
    [
        ("sku:a|qty:two", ("line_quantity", "unreadable")),
        ("sku:a|qty:1;sku:b|qty:1,5", ("line_quantity", "unreadable")),
        ("sku:a|price:1.50.2", ("line_price", "unreadable")),
        ("sku:a|Cup", ("items", "unreadable")),
        ("a", ("items", "unreadable")),
        ("colour:red", ("items", "unreadable")),
        ("sku:a|sku:b", ("items", "unreadable")),
        ("sku:a|qty:9999999999", ("line_quantity", "money")),
        ("sku:a;sku:b|qty:9999999999;sku:c|qty:9999999999", ("line_quantity", "money")),
    ],
)
def test_an_item_that_cannot_be_read_rejects_its_row(tmp_path, cell, reason):
    assert counted(packed(tmp_path, "sku:z", cell)) == [(2, 1, 1, 0)]
    assert reasons(tmp_path) == {(3, *reason)}
    query = "select len(reasons), original from rejects"
    ((count, original),) = asked(tmp_path / "registry.duckdb", query)
    assert (count, original[-1]) == (1, cell)
    assert [line[0] for line in lines(tmp_path)] == ["o1"]


def test_one_changed_item_of_a_cell_is_one_changed_order(tmp_path):
    packed(tmp_path, "sku:a|qty:1;sku:b|qty:1", "sku:c|qty:1")
    same = packed(tmp_path, "sku:a|qty:1;sku:b|qty:1", "sku:c|qty:1")
    assert nothing_changed(same)
    assert counted(same) == [(2, 0, 0, 2)]
    later = DELIVERED + timedelta(hours=1)
    found = packed(tmp_path, "sku:a|qty:1;sku:b|qty:3", "sku:c|qty:1", at=later)
    assert counted(found) == [(2, 1, 0, 1)]
    assert (found.deltas["orders"].gone, found.deltas["orders"].new) == (1, 1)
    assert (found.deltas["order_lines"].gone, found.deltas["order_lines"].new) == (2, 2)
    assert [line[4] for line in lines(tmp_path)] == [1, 3, 1]


NAMES = st.text("ab|:; \\å", max_size=6)


@given(
    orders=st.lists(
        st.lists(st.tuples(NAMES, st.integers(0, 99)), max_size=4),
        min_size=1,
        max_size=4,
    )
)
@whole_runs(8)
def test_what_is_packed_comes_out_again(tmp_path_factory, orders):
    def escaped(text):
        for sign in ":|;":
            text = text.replace(sign, "\\" + sign)
        return text

    def plain(name):
        return name.strip() or None

    # A backslash before a sign is how the sign is meant: none can end a name.
    orders = [[(name.replace("\\", "/"), n) for name, n in lines_] for lines_ in orders]
    folder = tmp_path_factory.mktemp("packed")
    cells = [
        ";".join(f"name:{escaped(name)}|qty:{n}" for name, n in each) for each in orders
    ]
    packed(folder, *cells)
    assert [(order, name, n) for order, _, _, name, n, *_ in lines(folder)] == [
        (f"o{place}", plain(name), n)
        for place, each in enumerate(orders, 1)
        for name, n in each
    ]


# Numbered columns.

ONE = "Item 1 SKU,Item 1 Sum"
TWO = "Item 1 SKU,Item 1 Count,Item 1 Sum,Item 2 SKU,Item 2 Count,Item 2 Sum"
THREE = f"{TWO},Item 3 SKU,Item 3 Count,Item 3 Sum"


def test_a_row_has_the_items_that_its_numbered_columns_hold(tmp_path):
    rows = "a,1,1.50,b,2,3", "c,1,5,,,", ",,,,,", ",,,d,1,7"
    assert counted(numbered(tmp_path, TWO, *rows)) == [(4, 4, 0, 0)]
    assert [(*line[:3], line[4], line[6]) for line in lines(tmp_path)] == [
        ("o1", 1, "a", 1, 1.5),
        ("o1", 2, "b", 2, 3),
        ("o2", 1, "c", 1, 5),
        ("o4", 1, "d", 1, 7),
    ]
    query = "select line_count from orders order by order_id"
    assert asked(tmp_path / "registry.duckdb", query) == [(2,), (1,), (0,), (1,)]


def test_files_of_one_source_may_have_room_for_more_or_fewer_items(tmp_path):
    numbered(tmp_path, TWO, "a,1,1.50,b,2,3")
    wider = numbered(tmp_path, THREE, "a,1,1.50,b,2,3,,,")
    assert nothing_changed(wider)
    assert counted(wider) == [(1, 0, 0, 1)]
    later = DELIVERED + timedelta(hours=1)
    name = "orders2.csv"
    numbered(tmp_path, ONE, "a,9", at=later, name=name)
    assert [(line[2], line[6]) for line in lines(tmp_path)] == [("a", 9)]


def test_ten_items_are_counted_as_numbers_and_found_under_their_aliases(tmp_path):
    header = ",".join(f"item {n} sku,Sum of item {n}" for n in range(1, 12))
    source = {**NUMBERED, "columns": {**NUMBERED["columns"]}}
    source["columns"]["line.sku"] = {"from": "Item {n} SKU", "optional": True}
    cells = ",".join(f"s{n},{n}" for n in range(1, 12))
    text = f"Order,Mail,Placed,{header}\no1,a@x.se,{PLACED},{cells}\n"
    put(tmp_path / "orders.csv", text)
    run(declared(tmp_path, {"sales": source}))
    assert [(line[1], line[2], line[6]) for line in lines(tmp_path)] == [
        (n, f"s{n}", n) for n in range(1, 12)
    ]


def test_an_item_that_lacks_a_column_is_told_by_its_header(tmp_path):
    with pytest.raises(Exception, match=r"has no column 'Item 2 Sum'"):
        numbered(tmp_path, f"{ONE},Item 2 SKU", "a,1,b")
    with pytest.raises(Exception, match=r"has no column 'Item 1 SKU'"):
        numbered(tmp_path, "Note", "x")


def test_a_number_that_is_none_rejects_the_row_by_its_field(tmp_path):
    found = numbered(tmp_path, TWO, "a,1,1.50,b,two,3", "c,1,5,,,")
    assert counted(found) == [(2, 1, 1, 0)]
    assert reasons(tmp_path) == {(2, "line_quantity", "unreadable")}


def test_ragged_rows_of_numbered_items_are_read_the_careful_way(tmp_path):
    found = numbered(tmp_path, TWO, "a,1,1.50,b,2,3", "c,1,5", "d,1,7,,,")
    assert counted(found) == [(3, 2, 1, 0)]
    assert [(line[0], line[2]) for line in lines(tmp_path)] == [
        ("o1", "a"),
        ("o1", "b"),
        ("o3", "d"),
    ]


@pytest.mark.parametrize("turned", [False, True])
def test_the_order_of_rows_makes_no_difference_to_lines(tmp_path, turned):
    rows = [
        {"Order": "o1", "Mail": "a@x.se", "Placed": PLACED, "Items": "sku:a;sku:b"},
        {"Order": "o2", "Mail": "b@x.se", "Placed": PLACED, "Items": "sku:c"},
    ]
    deliver(tmp_path / "orders.csv", rows[::-1] if turned else rows)
    run(declared(tmp_path, {"sales": PACKED}))
    assert [line[:3] for line in lines(tmp_path)] == [
        ("o1", 1, "a"),
        ("o1", 2, "b"),
        ("o2", 1, "c"),
    ]


def test_an_order_in_two_rows_has_the_items_of_both(tmp_path):
    row = {"Order": "o1", "Mail": "a@x.se", "Placed": PLACED}
    rows = [{**row, "Items": "sku:a;sku:b"}, {**row, "Items": "sku:c"}]
    deliver(tmp_path / "orders.csv", rows)
    assert counted(run(declared(tmp_path, {"sales": PACKED}))) == [(2, 2, 0, 0)]
    assert [line[1:3] for line in lines(tmp_path)] == [(1, "a"), (2, "b"), (3, "c")]


def test_a_registry_of_guests_takes_packed_orders(tmp_path):
    rows = [{"Order": "o1", "Mail": "a@x.se", "Placed": PLACED, "Items": "sku:a;sku:b"}]
    deliver(tmp_path / "orders.csv", rows)
    run(declared(tmp_path, {"sales": PACKED}, identity={"guests": "register"}))
    query = "select order_count, email from customer_view"
    assert asked(tmp_path / "registry.duckdb", query) == [(1, "a@x.se")]


def test_many_small_files_of_different_widths_are_read_as_one_by_one(tmp_path):
    widths = [ONE, TWO, THREE]
    for number in range(1, 25):
        header = widths[number % 3]
        cells = f"s{number},1" if header == ONE else f"s{number},2,1"
        room = header.count(",") + 1
        cells += "," * (room - cells.count(",") - 1)
        text = f"Order,Mail,Placed,{header}\no{number},a@x.se,{PLACED},{cells}\n"
        put(tmp_path / f"orders{number}.csv", text)
    outcome = run(declared(tmp_path, {"sales": NUMBERED}))
    assert [each[:3] for each in counted(outcome)] == [(1, 1, 0)] * 24
    found = {line[0]: (line[2], line[4]) for line in lines(tmp_path)}
    assert found == {
        f"o{n}": (f"s{n}", None if n % 3 == 0 else 2) for n in range(1, 25)
    }
