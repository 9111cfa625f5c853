"""Presets of customers whose addresses have rows or columns of their own."""

import json

import pytest

from regpipe.spec.load import load_pipeline
from test_presets import MAGENTO, ran
from worlds import asked, nothing_changed, put, run

ADDRESS = (
    "city,company,country_id,fax,firstname,lastname,middlename,postcode,prefix,"
    "region,street,suffix,telephone,vat_id"
)
FLAGS = "_address_default_billing_,_address_default_shipping_"
COMPOSITE = ",".join(
    [MAGENTO, *(f"_address_{part}" for part in ADDRESS.split(",")), FLAGS]
)
ADDRESSES = (
    "_website,_email,_entity_id,city,company,country_id,fax,firstname,lastname,"
    "middlename,postcode,prefix,region,region_id,street,suffix,telephone,vat_id,"
    f"vat_is_valid,vat_request_date,vat_request_id,vat_request_success,{FLAGS}"
)
BILLING = {"_address_default_billing_": "1"}
SHIPPING = {"_address_default_shipping_": "1"}
ANNA = {"email": "Anna@x.se", "_website": "base", "firstname": "Anna"} | {
    "lastname": "Berg",
    "updated_at": "2024-01-02 03:04:05",
}


def address(city, *flags, prefix="_address_", **more):
    said = {"city": city, "street": f"{city} 1\nUpstairs", "country_id": "SE", **more}
    found = {f"{prefix}{part}": cell for part, cell in said.items()}
    for flag in flags:
        found |= flag
    return found


def people(folder):
    return asked(
        folder / "r.duckdb",
        "select external_id, email, city, shipping_city from source_records "
        "order by external_id",
    )


def counted(outcome):
    return [(f.read, f.accepted, f.rejected, f.unchanged) for f in outcome.files]


@pytest.mark.parametrize(
    ("rows", "found"),
    [
        ([ANNA | address("Lund", BILLING, SHIPPING)], ("Lund", "Lund")),
        ([ANNA | address("Lund", BILLING), address("Ed", SHIPPING)], ("Lund", "Ed")),
        ([ANNA | address("Ed", SHIPPING), address("Lund", BILLING)], ("Lund", "Ed")),
        (
            [ANNA | address("Kil"), address("Ed", SHIPPING), address("Lund", BILLING)],
            ("Lund", "Ed"),
        ),
        ([ANNA | address("Kil")], (None, None)),
        ([ANNA], (None, None)),
    ],
    ids=["one for both", "two", "turned", "three", "no default", "none"],
)
def test_addresses_below_a_customer_of_magento_are_that_customer_s(
    tmp_path, rows, found
):
    bo = {**ANNA, "email": "bo@x.se", "firstname": "Bo"}
    rows = [*rows, bo | address("Ystad", BILLING)]
    outcome = ran(tmp_path, "magento-composite", COMPOSITE, *rows)
    assert counted(outcome) == [(len(rows), len(rows), 0, 0)]
    assert people(tmp_path) == [
        ("anna@x.se|base", "anna@x.se", *found),
        ("bo@x.se|base", "bo@x.se", "Ystad", None),
    ]
    again = ran(tmp_path, "magento-composite", COMPOSITE, *rows)
    assert counted(again) == [(len(rows), 0, 0, len(rows))]
    assert nothing_changed(again)


def test_an_address_above_all_customers_is_an_orphan(tmp_path):
    rows = [address("Kil", BILLING), ANNA | address("Lund", BILLING)]
    outcome = ran(tmp_path, "magento-composite", COMPOSITE, *rows)
    assert counted(outcome) == [(2, 1, 1, 0)]
    assert people(tmp_path) == [("anna@x.se|base", "anna@x.se", "Lund", None)]
    query = "select row_number, reasons, len(original) from rejects"
    width = COMPOSITE.count(",") + 1 - len(("hash", "rp", "rp_at", "password"))
    assert asked(tmp_path / "r.duckdb", query) == [
        (2, [{"column": "external_id", "check": "orphan"}], width)
    ]


@pytest.mark.parametrize("preset", ["magento", "magento-composite"])
def test_one_email_on_two_websites_of_magento_is_two_records(tmp_path, preset):
    header = {"magento": MAGENTO, "magento-composite": COMPOSITE}[preset]
    rows = [ANNA, {**ANNA, "_website": "outlet"}, {**ANNA, "_website": ""}]
    outcome = ran(tmp_path, preset, header, *rows)
    assert counted(outcome) == [(3, 3, 0, 0)]
    keys = [key for key, *_ in people(tmp_path)]
    assert keys == ["anna@x.se|", "anna@x.se|base", "anna@x.se|outlet"]


@pytest.mark.parametrize("turned", [False, True])
def test_the_file_of_addresses_of_magento_has_a_row_each(tmp_path, turned):
    key = {"_email": "Anna@x.se", "_website": "base"}
    rows = [
        key | address("Kil", prefix="", firstname="Cia", lastname="Ek"),
        key | address("Lund", BILLING, prefix="", firstname="Anna", lastname="Berg"),
        {**key, "_website": "outlet"} | address("Umeå", BILLING, prefix=""),
        key | address("Ed", SHIPPING, prefix="", firstname="Dan", lastname="Alm"),
        {"_email": "", "_website": "base"} | address("Ystad", BILLING, prefix=""),
    ]
    rows = rows[::-1] if turned else rows
    outcome = ran(tmp_path, "magento-addresses", ADDRESSES, *rows)
    assert counted(outcome) == [(5, 4, 1, 0)]
    query = (
        "select external_id, first_name, last_name, street, city, shipping_name, "
        "shipping_city from source_records order by external_id"
    )
    assert asked(tmp_path / "r.duckdb", query) == [
        (
            *("anna@x.se|base", "Anna", "Berg", "Lund 1\nUpstairs", "Lund"),
            *("Dan Alm", "Ed"),
        ),
        ("anna@x.se|outlet", None, None, "Umeå 1\nUpstairs", "Umeå", None, None),
    ]
    query = "select reasons from rejects"
    ((reasons,),) = asked(tmp_path / "r.duckdb", query)
    assert {"column": "external_id", "check": "required"} in reasons


BULK = (
    "Customer ID,First Name,Last Name,Company,Email,Phone,Notes,Store Credit,"
    "Customer Group,"
    + ",".join(
        f"Address {part} - {n}"
        for n in (1, 2, 3)
        for part in (
            *("ID", "First Name", "Last Name", "Company", "Line 1", "Line 2"),
            *("City", "State", "Zip", "Country", "Phone"),
        )
    )
    + ",Receive Review/Abandoned Cart Emails?,Tax Exempt Category"
)


def test_of_bigcommerce_s_addresses_the_first_is_billing_and_the_second_shipping(
    tmp_path,
):
    row = {
        "Customer ID": "8.0",
        "Email": "anna@x.se",
        "Address Line 1 - 1": "Byvägen 1",
        "Address City - 1": "Lund",
        "Address Zip - 1": "01234",
        "Address Country - 1": "Sweden",
        "Address First Name - 2": "Bo",
        "Address Last Name - 2": "Ek",
        "Address City - 2": "Bergen",
        "Address State - 2": "Vestland",
        "Address Country - 2": "Norway",
        "Address City - 3": "Kil",
    }
    ran(tmp_path, "bigcommerce-bulk-edit", BULK, row)
    query = (
        "select external_id, street, city, postcode, country, shipping_name, "
        "shipping_city, shipping_region, shipping_country from source_records"
    )
    assert asked(tmp_path / "r.duckdb", query) == [
        (
            *("8", "Byvägen 1", "Lund", "01234", "SE"),
            *("Bo Ek", "Bergen", "Vestland", "NO"),
        )
    ]


def test_customers_of_abicart_have_no_header_and_twenty_columns(tmp_path):
    rows = [
        "Anna;Berg;anna@x.se;;;Byvägen 1;211 19;Malmö;;070-123 45 67;;VIP,Klubb;anna",
        "bo@x.se;;bo@x.se;Bo AB;556012-5790;;;Oslo;Norway;;;;bo",
    ]
    put(
        tmp_path / "in.skv",
        "".join(f"{row};;1;7;0;;;\n" for row in rows).encode("cp1252"),
    )
    source = {
        "preset": "abicart",
        "files": "in.skv",
        "columns": {
            "consent.newsletter": {"from": 17, "granted": ["1"], "never": ["0"]}
        },
    }
    said = {"pipeline": "p", "registry": "r.duckdb", "sources": {"shop": source}}
    (tmp_path / "p.yaml").write_text(json.dumps(said))
    outcome = run(load_pipeline(tmp_path / "p.yaml", {}))
    assert counted(outcome) == [(2, 2, 0, 0)]
    assert any("is unverified" in told for told in outcome.warnings)
    query = (
        "select email, first_name, last_name, company, country, phone, groups "
        "from source_records order by email"
    )
    assert asked(tmp_path / "r.duckdb", query) == [
        ("anna@x.se", "Anna", "Berg", None, "SE", "+46701234567", ["VIP", "Klubb"]),
        ("bo@x.se", None, None, "Bo AB", "NO", None, None),
    ]


def test_an_address_that_is_no_default_is_no_blank_record(tmp_path):
    rows = [ANNA | address("Lund", BILLING), address("Kil")]
    outcome = ran(tmp_path, "magento-composite", COMPOSITE, *rows)
    assert not any("read record by record" in told for told in outcome.warnings)
    outcome = ran(tmp_path, "magento-composite", COMPOSITE, *rows, {})
    assert any("read record by record" in told for told in outcome.warnings)
    assert counted(outcome) == [(2, 0, 0, 2)]
