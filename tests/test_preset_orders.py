"""Presets of orders: each export in its own header, and what is odd about it."""

import pytest

from test_presets import ran
from worlds import asked, nothing_changed

SKYVERGE = (
    "order_id,order_number,date,status,shipping_total,shipping_tax_total,tax_total,"
    "cart_discount,order_discount,discount_total,order_total,payment_method,"
    "shipping_method,customer_id,billing_first_name,billing_last_name,"
    "billing_company,billing_email,billing_phone,billing_address_1,"
    "billing_address_2,billing_postcode,billing_city,billing_state,billing_country,"
    "shipping_first_name,shipping_last_name,shipping_address_1,shipping_address_2,"
    "shipping_postcode,shipping_city,shipping_state,shipping_country,"
    "shipping_company,customer_note,line_items,shipping_items,tax_items,coupons,"
    "order_notes"
)
SKYVERGE_ITEMS = SKYVERGE.replace("date,", "order_date,", 1).replace(
    "line_items",
    "item_id,item_name,item_product_id,item_sku,item_quantity,item_subtotal,item_total",
)
WEBTOFFEE = (
    "order_id,order_number,order_date,paid_date,status,shipping_total,"
    "shipping_tax_total,fee_total,fee_tax_total,tax_total,cart_discount,"
    "order_discount,discount_total,order_total,order_subtotal,order_currency,"
    "payment_method,payment_method_title,transaction_id,customer_ip_address,"
    "customer_user_agent,shipping_method,customer_id,customer_user,customer_email,"
    "billing_first_name,billing_last_name,billing_company,billing_email,"
    "billing_phone,billing_address_1,shipping_first_name,customer_note,"
    "wt_import_key,shipping_items,fee_items,tax_items,coupon_items,refund_items,"
    "order_notes,download_permissions"
)
WOOCOMMERCE = (
    "Date,Order #,N. Revenue (formatted),Status,Customer,Customer type,Product(s),"
    "Items sold,Coupon(s),Net Sales,Attribution"
)
ECWID = (
    "order_number;email;timestamp;payment_status;fulfillment_status;order_total;sku;"
    "name;price;quantity;bill_person_name;bill_person_phone;shipto_person_name;"
    "order_comments"
)
PLAN = r"name:Plan One|sku:111112|quantity:1|total:49.99|meta:"
CUP = r"id:7|name:Cup\: big\; blue|sku:C-1|quantity:2|total:20.00|meta:Colour=blue"


def webtoffee(items):
    """Give the header of a file whose largest order has so many items."""
    packed = [f"line_item_{n}" for n in range(1, items + 1)]
    parts = ("Name", "id", "SKU", "Quantity", "Total", "Subtotal")
    numbered = [f"Product Item {n} {p}" for n in range(1, items + 1) for p in parts]
    return ",".join([WEBTOFFEE, *packed, *numbered])


def item(number, sku, name, quantity, total):
    said = {"SKU": sku, "Name": name, "Quantity": quantity, "Total": total}
    return {f"Product Item {number} {part}": cell for part, cell in said.items()}


def orders_of(folder, columns):
    return asked(folder / "r.duckdb", f"select {columns} from orders order by order_id")


def lines_of(folder):
    return asked(
        folder / "r.duckdb",
        "select order_id, line_no, sku, name, cast(quantity as int), "
        "cast(total as varchar) from order_lines order by order_id, line_no",
    )


@pytest.mark.parametrize(
    ("cell", "lines"),
    [
        (PLAN, [(1, "111112", "Plan One", 1, "49.9900")]),
        (
            f"{PLAN};{CUP}",
            [
                (1, "111112", "Plan One", 1, "49.9900"),
                (2, "C-1", "Cup: big; blue", 2, "20.0000"),
            ],
        ),
        ("", []),
    ],
    ids=["one", "two", "none"],
)
def test_items_that_skyverge_packs_are_the_lines_of_the_order(tmp_path, cell, lines):
    row = {
        "order_id": "4415",
        "order_number": "#4415",
        "date": "2014-09-15 04:48:06",
        "status": "processing",
        "order_total": "69.99",
        "billing_email": "Anna@x.se",
        "line_items": cell,
    }
    outcome = ran(tmp_path, "skyverge-orders", SKYVERGE, row)
    assert [(file.read, file.accepted) for file in outcome.files] == [(1, 1)]
    found = "number, email, payment_status, payment_word, fulfilment_status, line_count"
    assert orders_of(tmp_path, found) == [
        ("#4415", "anna@x.se", "paid", "processing", "unfulfilled", len(lines))
    ]
    assert lines_of(tmp_path) == [("4415", *line) for line in lines]


def test_skyverge_s_rows_of_items_are_one_order(tmp_path):
    row = {
        "order_id": "4415",
        "order_date": "2014-09-15 04:48:06",
        "status": "completed",
        "billing_email": "anna@x.se",
        "order_total": "30.00",
    }
    cup = {"item_name": "Cup", "item_sku": "C", "item_quantity": "1"}
    bowl = {"item_name": "Bowl", "item_sku": "B", "item_quantity": "2"}
    outcome = ran(
        tmp_path, "skyverge-order-items", SKYVERGE_ITEMS, row | cup, row | bowl
    )
    assert any("is unverified" in told for told in outcome.warnings)
    assert orders_of(tmp_path, "line_count, cast(total as varchar)") == [(2, "30.0000")]
    assert [line[2:5] for line in lines_of(tmp_path)] == [
        ("C", "Cup", 1),
        ("B", "Bowl", 2),
    ]


ORDER = {
    "order_id": "9.0",
    "order_number": "9",
    "order_date": "2024-05-06 07:08:09",
    "status": "on-hold",
    "order_currency": "SEK",
    "order_total": "50",
    "billing_email": "anna@x.se",
}


def test_webtoffee_s_numbered_items_are_lines_in_a_file_of_any_width(tmp_path):
    cup = item(1, "C", "Cup", "1", "10.00")
    bowl = item(2, "B", "Bowl", "2", "40.00")
    outcome = ran(tmp_path, "webtoffee-orders", webtoffee(2), ORDER | cup | bowl)
    assert [(file.read, file.accepted) for file in outcome.files] == [(1, 1)]
    assert not any("Product Item" in t and "SKU" in t for t in outcome.warnings)
    found = "order_id, payment_status, fulfilment_status, currency, line_count"
    assert orders_of(tmp_path, found) == [("9", "pending", "unfulfilled", "SEK", 2)]
    two = [("9", 1, "C", "Cup", 1, "10.0000"), ("9", 2, "B", "Bowl", 2, "40.0000")]
    assert lines_of(tmp_path) == two
    again = ran(tmp_path, "webtoffee-orders", webtoffee(4), ORDER | cup | bowl)
    assert [(file.unchanged, file.accepted) for file in again.files] == [(1, 0)]
    assert nothing_changed(again)
    assert lines_of(tmp_path) == two


def test_orders_of_woocommerce_s_report_are_nobody_s_and_it_is_said(regpipe, tmp_path):
    row = {
        "Date": "2024-05-06 7:08:09",
        "Order #": "12",
        "Status": "completed",
        "Customer": "Anna Berg",
        "Product(s)": "1× Cup",
        "Net Sales": "80",
    }
    outcome = ran(tmp_path, "woocommerce-orders", WOOCOMMERCE, row)
    assert "shop: its orders are nobody's" in " ".join(outcome.warnings)
    found = "order_id, customer_id, payment_status, cast(subtotal as varchar), total"
    assert orders_of(tmp_path, found) == [("12", None, "paid", "80.0000", None)]
    told = regpipe("inspect", "in.csv")
    assert "it has no e-mail, so its orders belong to nobody" in " ".join(
        told.out.split()
    )


@pytest.mark.parametrize(
    ("moment", "utc"),
    [
        ("2026-04-20 9:41 PM", "2026-04-20 21:41:00"),
        ("2026-04-20 12:05 AM", "2026-04-20 00:05:00"),
        ("Jun 17, 2025 11:49 AM", "2025-06-17 11:49:00"),
    ],
)
@pytest.mark.parametrize("delimiter", [";", ","])
def test_orders_of_ecwid_have_a_row_per_item_and_a_clock_of_twelve_hours(
    tmp_path, delimiter, moment, utc
):
    first = {
        "order_number": "71",
        "email": "anna@x.se",
        "timestamp": moment,
        "payment_status": "PAID",
        "fulfillment_status": "OUT_FOR_DELIVERY",
        "order_total": "30.00",
        "sku": "C",
        "name": "Cup",
        "quantity": "1",
        "bill_person_name": "Anna Berg",
        "order_comments": "Ring twice<br>Tom &amp; I",
    }
    more = first | {"sku": "B", "name": "Bowl", "quantity": "2"}
    header = ECWID.replace(";", delimiter)
    if delimiter == "," and "," in moment:
        first["timestamp"] = more["timestamp"] = moment
    outcome = ran(tmp_path, "ecwid-orders", header, first, more)
    assert any("is unverified" in told for told in outcome.warnings)
    found = (
        "cast(ordered_at as varchar), payment_status, fulfilment_status, note, "
        "line_count, cast(total as varchar)"
    )
    assert orders_of(tmp_path, found) == [
        (utc, "paid", "shipped", "Ring twice\nTom & I", 2, "30.0000")
    ]
    assert [line[2:4] for line in lines_of(tmp_path)] == [("C", "Cup"), ("B", "Bowl")]


SHOPIFY = (
    "Name,Email,Financial Status,Paid at,Fulfillment Status,Fulfilled at,"
    "Accepts Marketing,Currency,Subtotal,Shipping,Taxes,Total,Discount Code,"
    "Discount Amount,Shipping Method,Created at,Lineitem quantity,Lineitem name,"
    "Lineitem price,Lineitem compare at price,Lineitem sku,"
    "Lineitem requires shipping,Lineitem taxable,Lineitem fulfillment status,"
    "Billing Name,Billing Street,Billing Address1,Billing Address2,Billing Company,"
    "Billing City,Billing Zip,Billing Province,Billing Country,Billing Phone,"
    "Shipping Name,Shipping Street,Shipping Address1,Shipping Address2,"
    "Shipping Company,Shipping City,Shipping Zip,Shipping Province,Shipping Country,"
    "Shipping Phone,Notes,Note Attributes,Cancelled at,Payment Method,"
    "Payment Reference,Refunded Amount,Vendor,Outstanding Balance,Employee,Location,"
    "Device ID,Id,Tags,Risk Level,Source,Lineitem discount,Tax 1 Name,Tax 1 Value,"
    "Phone,Receipt Number,Duties,Billing Province Name,Shipping Province Name,"
    "Payment ID,Payment Terms Name,Next Payment Due At,Payment References"
)
SQUARESPACE = (
    "Order ID,Email,Financial Status,Paid at,Fulfillment Status,Fulfilled at,"
    "Currency,Subtotal,Shipping,Taxes,Amount Refunded,Total,Discount Code,"
    "Discount Amount,Shipping Method,Created at,Lineitem quantity,Lineitem name,"
    "Lineitem price,Lineitem sku,Lineitem variant,Lineitem requires shipping,"
    "Lineitem taxable,Lineitem fulfillment status,Billing Name,Billing Address1,"
    "Billing Address2,Billing City,Billing Zip,Billing Province,Billing Country,"
    "Billing Phone,Shipping Name,Shipping Phone,Cancelled at,Private Notes,"
    "Payment Method,Payment Reference"
)


def test_rows_of_a_shopify_order_are_one_by_its_name_whatever_their_id(tmp_path):
    first = {
        "Name": "#1001",
        "Id": "5512345",
        "Email": "anna@x.se",
        "Financial Status": "partially_refunded",
        "Fulfillment Status": "fulfilled",
        "Currency": "SEK",
        "Total": "30.00",
        "Created at": "2025-10-22 12:58:38 +0530",
        "Lineitem quantity": "1",
        "Lineitem name": "Cup",
        "Lineitem sku": "C-1",
        "Billing Name": "Anna Berg",
    }
    more = {"Name": "#1001", "Email": "anna@x.se", "Lineitem name": "Bowl"}
    other = first | {
        "Name": "1044",
        "Id": "17850.0",
        "Email": "",
        "Phone": "'+46701234567",
    }
    outcome = ran(tmp_path, "shopify-orders", SHOPIFY, first, more, other)
    assert [(file.read, file.accepted) for file in outcome.files] == [(3, 3)]
    found = "order_id, payment_status, cast(total as varchar), line_count"
    assert orders_of(tmp_path, found) == [
        ("#1001", "partially_refunded", "30.0000", 2),
        ("1044", "partially_refunded", "30.0000", 1),
    ]
    assert [line[1:4] for line in lines_of(tmp_path)] == [
        (1, "C-1", "Cup"),
        (2, None, "Bowl"),
        (1, "C-1", "Cup"),
    ]


def test_further_rows_of_squarespace_have_an_order_id_and_a_line_only(tmp_path):
    first = {
        "Order ID": "00012",
        "Email": "anna@x.se",
        "Financial Status": "PAID",
        "Fulfillment Status": "FULFILLED",
        "Currency": "SEK",
        "Total": "30.00",
        "Created at": "7/25/2018 21:06",
        "Lineitem quantity": "1",
        "Lineitem name": "Cup",
        "Lineitem requires shipping": "TRUE",
        "Billing Name": "Anna Berg",
    }
    more = {"Order ID": "00012", "Lineitem quantity": "2", "Lineitem name": "Bowl"}
    outcome = ran(tmp_path, "squarespace-orders", SQUARESPACE, first, more)
    assert [(file.read, file.accepted) for file in outcome.files] == [(2, 2)]
    found = (
        "order_id, payment_status, fulfilment_status, cast(ordered_at as varchar), "
        "line_count"
    )
    assert orders_of(tmp_path, found) == [
        ("00012", "paid", "fulfilled", "2018-07-25 21:06:00", 2)
    ]
    assert [line[3] for line in lines_of(tmp_path)] == ["Cup", "Bowl"]
