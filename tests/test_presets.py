"""Presets: each export in its own header, and what is odd about it."""

import csv
import io
import json
from datetime import datetime

import pytest

from regpipe.formats.sources import preset_names, preset_of, shipped_preset
from regpipe.spec.load import load_pipeline
from worlds import asked, put, run

SHOPIFY = (
    "Customer ID,First Name,Last Name,Email,Accepts Email Marketing,"
    "Default Address Company,Default Address Address1,Default Address Address2,"
    "Default Address City,Default Address Province Code,Default Address Country Code,"
    "Default Address Zip,Default Address Phone,Phone,Accepts SMS Marketing,"
    "Total Spent,Total Orders,Note,Tax Exempt,Tags"
)
SHOPIFY_BEFORE = (
    "First Name,Last Name,Email,Accepts Email Marketing,Company,Address1,Address2,"
    "City,Province,Province Code,Country,Country Code,Zip,Phone,"
    "Accepts SMS Marketing,Total Spent,Total Orders,Tags,Note,Tax Exempt"
)
MAGENTO = (
    "email,_website,_store,confirmation,created_at,created_in,"
    "disable_auto_group_change,dob,firstname,gender,group_id,lastname,middlename,"
    "password_hash,prefix,reward_update_notification,reward_warning_notification,"
    "rp_token,rp_token_created_at,store_id,suffix,taxvat,updated_at,website_id,password"
)
SHOPWARE = (
    "id;salutation;customer_number;first_name;last_name;email;password;active;guest;"
    "customer_group;language;sales_channel;payment_method;billing_id;"
    "billing_salutation;billing_title;billing_first_name;billing_last_name;"
    "billing_company;billing_street;billing_zipcode;billing_city;billing_country;"
    "billing_phone_number;shipping_id;shipping_salutation;shipping_title;"
    "shipping_first_name;shipping_last_name;shipping_company;shipping_street;"
    "shipping_zipcode;shipping_city;shipping_country;shipping_phone_number"
)
PRESTASHOP = (
    "Customer ID;Active (0/1);Titles ID (Mr = 1, Ms = 2, else 0);Email *;Password *;"
    "Birthday (yyyy-mm-dd);Last Name *;First Name *;Newsletter (0/1);Opt-in (0/1);"
    "Registration date (yyyy-mm-dd);Groups (x,y,z...);Default group ID"
)
KENTICO = (
    "CustomerID,CustomerFirstName,CustomerLastName,CustomerEmail,CustomerPhone,"
    "CustomerFax,CustomerCompany,CustomerUserID,CustomerGUID,"
    "CustomerTaxRegistrationID,CustomerOrganizationID,CustomerLastModified,"
    "CustomerSiteID,CustomerCreated"
)
KLAVIYO = (
    "Email,Klaviyo ID,First Name,Last Name,Organization,Title,Phone Number,Address,"
    "Address 2,City,State / Region,Country,Zip Code,Latitude,Longitude,Source,"
    "IP Address,Email Marketing Consent,Email Marketing Consent Timestamp,"
    "Historic Customer Lifetime Value,Profile Created On,Date Added,Last Open,"
    "Last Click,Average Days Between Orders,Email Suppressions"
)
OPENCART = (
    "customer_id,customer_group_id,store_id,language_id,firstname,lastname,email,"
    "telephone,password,custom_field,newsletter,ip,status,safe,commenter,token,code,"
    "date_added"
)
SKYVERGE_CUSTOMERS = (
    "customer_id,first_name,last_name,user_login,email,user_pass,date_registered,"
    "billing_first_name,billing_last_name,billing_full_name,billing_company,"
    "billing_email,billing_phone,billing_address_1,billing_address_2,"
    "billing_postcode,billing_city,billing_state,billing_state_code,billing_country,"
    "shipping_first_name,shipping_last_name,shipping_full_name,shipping_company,"
    "shipping_address_1,shipping_address_2,shipping_postcode,shipping_city,"
    "shipping_state,shipping_state_code,shipping_country,total_spent,order_count"
)

ANNA = {"email": "anna@x.se", "first_name": "Anna", "last_name": "Berg"}

CUSTOMERS = {
    "shopify, now": (
        "shopify",
        SHOPIFY,
        {
            "Customer ID": "'7210448301122",
            "First Name": "Anna",
            "Last Name": "Berg",
            "Email": "Anna@x.se",
            "Accepts Email Marketing": "yes",
            "Default Address Country Code": "SE",
            "Default Address Zip": "'01234",
            "Phone": "'+46701234567",
            "Accepts SMS Marketing": "no",
            "Note": "two\nlines",
            "Tax Exempt": "yes",
            "Tags": "retail, ag-exempt",
        },
        ANNA
        | {
            "external_id": "7210448301122",
            "country": "SE",
            "postcode": "01234",
            "phone": "+46701234567",
            "note": "two\nlines",
            "tax_exempt": True,
            "groups": ["retail", "ag-exempt"],
        },
        {("newsletter", "email"): "granted", ("newsletter", "sms"): "never"},
    ),
    "shopify, before": (
        "shopify",
        SHOPIFY_BEFORE,
        {
            "First Name": "Anna",
            "Last Name": "Berg",
            "Email": "anna@x.se",
            "Accepts Email Marketing": "no",
            "City": "Malmö",
            "Country Code": "SE",
            "Zip": "21119",
        },
        ANNA | {"external_id": "anna@x.se", "city": "Malmö", "postcode": "211 19"},
        {("newsletter", "email"): "never"},
    ),
    "shopify, of old": (
        "shopify",
        "First Name,Last Name,Email,Accepts Marketing",
        {"Email": "anna@x.se", "Accepts Marketing": "true"},
        {"email": "anna@x.se"},
        {("newsletter", "email"): "granted"},
    ),
    "magento": (
        "magento",
        MAGENTO,
        {
            "email": "Anna@x.se",
            "_website": "base",
            "firstname": "Anna",
            "lastname": "Berg",
            "dob": "1980-04-19 00:00:00",
            "created_at": "2015-10-30 12:49:47",
            "group_id": "1",
            "password_hash": "SECRET",
            "rp_token": "SECRET",
        },
        ANNA | {"external_id": "anna@x.se|base", "groups": ["1"]},
        {},
    ),
    "shopware": (
        "shopware",
        SHOPWARE,
        {
            "customer_number": "10001",
            "first_name": "Anna",
            "last_name": "Berg",
            "email": "anna@x.se",
            "password": "SECRET",
            "guest": "0",
            "billing_zipcode": "00932",
            "shipping_city": "Umeå",
        },
        ANNA
        | {
            "external_id": "10001",
            "kind": "registered",
            "postcode": "00932",
            "shipping_city": "Umeå",
        },
        {},
    ),
    "prestashop": (
        "prestashop",
        PRESTASHOP,
        {
            "Customer ID": "3",
            "Email *": "anna@x.se",
            "Password *": "SECRET",
            "Last Name *": "Berg",
            "First Name *": "Anna",
            "Newsletter (0/1)": "1",
            "Opt-in (0/1)": "0",
            "Groups (x,y,z...)": "Customer,Carribean",
        },
        ANNA | {"external_id": "3", "groups": ["Customer", "Carribean"]},
        {("newsletter", "email"): "granted", ("partner_offers", "email"): "never"},
    ),
    "kentico": (
        "kentico",
        KENTICO,
        {
            "CustomerID": "17.0",
            "CustomerFirstName": "Anna",
            "CustomerLastName": "Berg",
            "CustomerEmail": "anna@x.se",
            "CustomerCreated": "2020-01-02 03:04:05",
        },
        ANNA | {"external_id": "17"},
        {},
    ),
    "kentico contacts": (
        "kentico-contacts",
        "ContactGUID;ContactCreated;ContactFirstName;ContactLastName;ContactEmail;"
        "ContactAge;ContactMiddleName",
        {
            "ContactGUID": "5f2b",
            "ContactCreated": "2020-01-02",
            "ContactFirstName": "Anna",
            "ContactLastName": "Berg",
            "ContactEmail": "anna@x.se",
        },
        ANNA | {"external_id": "5f2b"},
        {},
    ),
    "klaviyo": (
        "klaviyo",
        KLAVIYO,
        {
            "Email": "anna@x.se",
            "Klaviyo ID": "01H",
            "First Name": "Anna",
            "Last Name": "Berg",
            "Email Marketing Consent": "UNSUBSCRIBED",
            "Email Marketing Consent Timestamp": "2022-01-01T00:00:00Z",
        },
        ANNA | {"external_id": "01H"},
        {("newsletter", "email"): "withdrawn"},
    ),
    "klaviyo, suppressed in spite of a consent": (
        "klaviyo",
        KLAVIYO,
        {
            "Email": "anna@x.se",
            "Email Marketing Consent": "SUBSCRIBED",
            "Email Marketing Consent Timestamp": "2099-01-01T00:00:00Z",
            "Email Suppressions": "[UNSUBSCRIBED, USER_SUPPRESSED]",
        },
        {"email": "anna@x.se"},
        {},  # a suppression: test_consent_words.py
    ),
    "mailerlite": (
        "mailerlite",
        "email,name,last_name,company,country,city,phone,state,z_i_p,status,"
        "subscribed_at,ip_address,opted_in_at,optin_ip,unsubscribed_at",
        {
            "email": "anna@x.se",
            "name": "Anna",
            "last_name": "Berg",
            "z_i_p": "01234",
            "status": "active",
            "subscribed_at": "2020-01-02 03:04:05",
            "opted_in_at": "2020-01-02 03:05:06",
        },
        ANNA | {"postcode": "01234", "kind": "subscriber"},
        {("newsletter", "email"): "granted"},
    ),
    "opencart": (
        "opencart",
        OPENCART,
        {
            "customer_id": "4",
            "firstname": "Anna &amp; Bo",
            "lastname": "Berg",
            "email": "anna@x.se",
            "password": "SECRET",
            "token": "SECRET",
            "newsletter": "1",
            "date_added": "2019-02-03 04:05:06",
        },
        ANNA | {"external_id": "4", "first_name": "Anna & Bo"},
        {("newsletter", "email"): "granted"},
    ),
    "woocommerce": (
        "woocommerce",
        "Name,Username,Last Active,Sign Up,Email,Orders,Total Spend,AOV,"
        "Country / Region,City,Region,Postal Code",
        {
            "Name": "Anna Berg",
            "Sign Up": "2020-01-02 3:04:05",
            "Email": "anna@x.se",
            "Country / Region": "SE",
        },
        ANNA | {"country": "SE"},
        {},
    ),
    "woocommerce in Swedish": (
        "woocommerce",
        "Namn,Användarnamn,E-post,Land,Ort,Postnummer",
        {"Namn": "Anna Berg", "E-post": "anna@x.se", "Ort": "Umeå"},
        ANNA | {"city": "Umeå"},
        {},
    ),
    "webtoffee": (
        "webtoffee-users",
        "ID,customer_id,user_login,user_pass,user_nicename,user_email,user_url,"
        "user_registered,display_name,first_name,last_name,user_status,roles,"
        "session_tokens",
        {
            "ID": "9",
            "user_pass": "SECRET",
            "user_email": "anna@x.se",
            "user_registered": "2020-01-02 03:04:05",
            "first_name": "Anna",
            "last_name": "Berg",
            "roles": "customer,vip",
            "session_tokens": "SECRET",
        },
        ANNA | {"external_id": "9", "groups": ["customer", "vip"]},
        {},
    ),
    "bigcommerce": (
        "bigcommerce",
        "Customer ID,First Name,Last Name,Company,Email,Phone,Notes,Store Credit,"
        "Customer Group,Date Joined,Addresses,Receive Review/Abandoned Cart Emails?,"
        "Tax Exempt Category",
        {
            "Customer ID": "8",
            "First Name": "Anna",
            "Last Name": "Berg",
            "Email": "anna@x.se",
            "Customer Group": "Retail",
            "Receive Review/Abandoned Cart Emails?": "Y",
        },
        ANNA | {"external_id": "8", "groups": ["Retail"]},
        {},
    ),
    "ecwid": (
        "ecwid",
        "Email,Name,Phone,Accepts Marketing,Notes",
        {"Email": "anna@x.se", "Name": "Anna Berg", "Accepts Marketing": "false"},
        ANNA,
        {("newsletter", "email"): "never"},
    ),
    "ecwid, null": (
        "ecwid",
        "Email,Name,Phone,Accepts Marketing,Notes",
        {"Email": "anna@x.se", "Name": "Anna Berg", "Accepts Marketing": "null"},
        ANNA,
        {},
    ),
    "skyverge customers": (
        "skyverge-customers",
        SKYVERGE_CUSTOMERS,
        {
            "customer_id": "12",
            "first_name": "Anna",
            "last_name": "Berg",
            "email": "anna@x.se",
            "user_pass": "SECRET",
            "date_registered": "2020-01-02 03:04:05",
            "billing_country": "SE",
            "shipping_full_name": "Bo Ek",
        },
        ANNA | {"external_id": "12", "country": "SE", "shipping_name": "Bo Ek"},
        {},
    ),
    "skyverge customers, guest": (
        "skyverge-customers",
        SKYVERGE_CUSTOMERS,
        {"customer_id": "0", "email": "anna@x.se"},
        {"external_id": "anna@x.se"},
        {},
    ),
    "ecwid import": (
        "ecwid-import",
        "name,email,password",
        {"name": "Anna Berg", "email": "anna@x.se", "password": "SECRET"},
        ANNA,
        {},
    ),
    "brevo": (
        "brevo",
        "EMAIL;LASTNAME;FIRSTNAME;SMS;EMAIL_BLACKLISTED;SMS_BLACKLISTED;ADDED_TIME;"
        "MODIFIED_TIME",
        {
            "EMAIL": "anna@x.se",
            "LASTNAME": "Berg",
            "FIRSTNAME": "Anna",
            "SMS": "+46701234567",
            "EMAIL_BLACKLISTED": "Yes",
            "SMS_BLACKLISTED": "Yes",
            "ADDED_TIME": "12-04-2022 09:30",
        },
        ANNA | {"created_at": datetime(2022, 4, 12, 9, 30)},
        {("newsletter", "email"): "withdrawn", ("newsletter", "sms"): "withdrawn"},
    ),
    "listmonk": (
        "listmonk",
        "uuid,email,name,attributes,status,created_at,updated_at",
        {
            "uuid": "u-1",
            "email": "anna@x.se",
            "name": "Anna Berg",
            "status": "enabled",
            "created_at": "2020-01-02 15:04:05.123456 +0000 UTC",
            "updated_at": "2021-01-02 15:04:05 +0000 UTC",
        },
        ANNA
        | {
            "external_id": "u-1",
            "created_at": datetime(2020, 1, 2, 15, 4, 5, 123456),
            "updated_at": datetime(2021, 1, 2, 15, 4, 5),
        },
        {},
    ),
}


def ran(folder, preset, header, *rows, **more):
    """Run a file of this header through a preset; give the outcome."""
    delimiter = ";" if ";" in header else ","
    out = io.StringIO()
    writer = csv.DictWriter(out, header.split(delimiter), delimiter=delimiter)
    writer.writeheader()
    writer.writerows(rows)
    put(folder / "in.csv", out.getvalue())
    source = {"preset": preset, "files": "in.csv", **more}
    said = {"pipeline": "p", "registry": "r.duckdb", "sources": {"shop": source}}
    (folder / "p.yaml").write_text(json.dumps(said))
    return run(load_pipeline(folder / "p.yaml", {}))


@pytest.mark.parametrize(
    ("preset", "header", "row", "person", "consents"),
    CUSTOMERS.values(),
    ids=CUSTOMERS.keys(),
)
def test_an_export_of_customers_is_read_by_its_preset(
    tmp_path, preset, header, row, person, consents
):
    outcome = ran(tmp_path, preset, header, row)
    assert [(file.read, file.accepted) for file in outcome.files] == [(1, 1)]
    columns = ", ".join(person)
    (found,) = asked(tmp_path / "r.duckdb", f"select {columns} from source_records")
    assert dict(zip(person, found, strict=True)) == person
    stated = asked(
        tmp_path / "r.duckdb", "select purpose, channel, status from consent_in_force"
    )
    assert {(purpose, channel): s for purpose, channel, s in stated} == consents
    unsure = bool(shipped_preset(preset).unverified)
    assert any("is unverified" in told for told in outcome.warnings) is unsure
    assert b"SECRET" not in (tmp_path / "r.duckdb").read_bytes()


SHOPIFY_ORDERS = (
    "Name,Email,Financial Status,Paid at,Fulfillment Status,Fulfilled at,"
    "Accepts Marketing,Currency,Subtotal,Shipping,Taxes,Total,Discount Code,"
    "Discount Amount,Shipping Method,Created at,Lineitem quantity,Lineitem name,"
    "Lineitem price,Lineitem sku,Billing Name,Notes,Id,Refunded Amount"
)


@pytest.mark.parametrize(
    ("preset", "key", "moment"),
    [
        ("shopify-orders", "Name", "2025-10-22 12:58:38 +0530"),
        ("squarespace-orders", "Order ID", "10/22/2025 07:28"),
    ],
)
def test_an_order_of_several_rows_is_one_and_its_blanks_are_as_above(
    tmp_path, preset, key, moment
):
    header = SHOPIFY_ORDERS.replace("Name,", f"{key},", 1)
    first = {
        key: "#1001",
        "Email": "a@x.se",
        "Financial Status": "paid",
        "Currency": "SEK",
        "Total": "30.00",
        "Created at": moment,
        "Lineitem quantity": "1",
        "Lineitem name": "Cup",
        "Lineitem price": "10.00",
    }
    more = {key: "#1001", "Lineitem quantity": "2", "Lineitem name": "Bowl"}
    outcome = ran(tmp_path, preset, header, first, more)
    assert [(file.read, file.accepted) for file in outcome.files] == [(2, 2)]
    orders = asked(
        tmp_path / "r.duckdb",
        "select order_id, email, payment_status, currency, cast(total as varchar), "
        "cast(date_trunc('minute', ordered_at) as varchar), line_count from orders",
    )
    assert orders == [
        ("#1001", "a@x.se", "paid", "SEK", "30.0000", "2025-10-22 07:28:00", 2)
    ]
    query = "select name from order_lines order by line_no"
    assert asked(tmp_path / "r.duckdb", query) == [("Cup",), ("Bowl",)]


STATEMENTS = {
    "listmonk": (
        "uuid,email,name,attributes,status,created_at,updated_at",
        {"uuid": "u", "email": "a@x.se", "status": "blocklisted"},
        "blocked",
    ),
    "mailerlite": ("email,status", {"email": "a@x.se", "status": "junk"}, "complained"),
    "klaviyo": (
        KLAVIYO,
        {
            "Email": "a@x.se",
            "Email Marketing Consent": "SUBSCRIBED",
            "Email Suppressions": "HARD_BOUNCE",
        },
        "bounced",
    ),
    "klaviyo-suppressions": (
        KLAVIYO,
        {"Email": "a@x.se", "Email Suppressions": "SPAM_COMPLAINT"},
        "complained",
    ),
    "listmonk-blocklist": (
        "uuid,email,name,attributes,status,created_at,updated_at",
        {
            "email": "a@x.se",
            "status": "blocklisted",
            "updated_at": "2026-01-02 03:04:05.678 +0000 UTC",
        },
        "blocked",
    ),
    "blocklist": ("E-post", {"E-post": "A@x.se"}, "unsubscribed"),
}


@pytest.mark.parametrize(
    ("preset", "header", "row", "reason"),
    [(preset, *more) for preset, more in STATEMENTS.items()],
    ids=STATEMENTS.keys(),
)
def test_a_reason_never_to_mail_is_kept_as_one(tmp_path, preset, header, row, reason):
    ran(tmp_path, preset, header, row)
    query = "select address, channel, reason from suppressions"
    assert asked(tmp_path / "r.duckdb", query) == [("a@x.se", "email", reason)]
    assert asked(tmp_path / "r.duckdb", "from consent_in_force") == []


def test_a_profile_that_nothing_suppresses_states_nothing(tmp_path):
    said = [{"Email Marketing Consent": "SUBSCRIBED"}, {"Email Suppressions": "[]"}]
    rows = [{"Email": f"p{n}@x.se", **row} for n, row in enumerate(said)]
    outcome = ran(tmp_path, "klaviyo-suppressions", KLAVIYO, *rows)
    assert [(file.accepted, file.rejected) for file in outcome.files] == [(2, 0)]
    for table in ("consent_events", "suppressions"):
        assert asked(tmp_path / "r.duckdb", f"from {table}") == []


@pytest.mark.parametrize("header", ["email", "E-post", "Email Address"])
def test_a_plain_list_of_addresses_unsubscribes_them_from_everything(tmp_path, header):
    ran(tmp_path, "blocklist", header, {header: "a@x.se"}, {header: "B@x.se"})
    query = "select address, channel, reason, source from suppressions order by 1"
    assert asked(tmp_path / "r.duckdb", query) == [
        ("a@x.se", "email", "unsubscribed", "shop"),
        ("b@x.se", "email", "unsubscribed", "shop"),
    ]
    for table in ("source_records", "consent_events"):
        assert asked(tmp_path / "r.duckdb", f"from {table}") == []


def test_orders_of_kentico_find_their_customers_by_their_number(tmp_path):
    put(tmp_path / "c.csv", f"{KENTICO}\n17,Anna,Berg,anna@x.se{',' * 10}\n")
    put(
        tmp_path / "o.csv",
        "OrderID,OrderInvoiceNumber,OrderCustomerID,OrderDate,OrderGrandTotal,"
        "OrderTrackingNumber,OrderNote,OrderIsPaid\n"
        "5,F5,17.0,2026-01-02 03:04:05,12.50,T1,,1\n",
    )
    orders = {"preset": "kentico-orders", "files": "o.csv", "customers": "people"}
    sources = {"people": {"preset": "kentico", "files": "c.csv"}, "sales": orders}
    said = {"pipeline": "p", "registry": "r.duckdb", "sources": sources}
    (tmp_path / "p.yaml").write_text(json.dumps(said))
    run(load_pipeline(tmp_path / "p.yaml", {}))
    query = "select number, tracking_number, customer_id, payment_status from orders"
    assert asked(tmp_path / "r.duckdb", query) == [("F5", "T1", 1, "paid")]


def test_every_preset_has_a_fixture_of_its_header():
    tried = {preset for preset, *_ in CUSTOMERS.values()}
    tried |= {"shopify-orders", "squarespace-orders", "kentico-orders"}
    tried |= {*STATEMENTS, "brevo-blocklist"}  # the last: test_consent_feeds.py
    tried |= {"mailchimp", "mailchimp-consents"}  # test_names_with_meaning.py
    tried |= {"skyverge-orders", "skyverge-order-items", "webtoffee-orders"}
    tried |= {"woocommerce-orders", "ecwid-orders", "abicart"}
    tried |= {"magento-composite", "magento-addresses", "bigcommerce-bulk-edit"}
    assert tried == set(preset_names())


def test_what_a_source_says_goes_before_its_preset(tmp_path):
    row = {"Email": "anna@x.se", "Accepts Marketing": "yes", "First Name": "Anna"}
    columns = {"consent.newsletter": {"value": "no", "never": ["no"]}}
    header = "First Name,Last Name,Email,Accepts Marketing,Nick"
    ran(tmp_path, "shopify", header, {**row, "Nick": "Ann"}, columns=columns)
    query = "select status from consent_in_force"
    assert asked(tmp_path / "r.duckdb", query) == [("never",)]


def test_a_preset_of_ones_own_is_a_file_beside_the_pipeline(tmp_path):
    put(
        tmp_path / "mine.yaml",
        "about: our till\nkind: customers\ncsv: {delimiter: '|'}\n"
        "columns:\n  email: {from: Mail, aliases: [E-mail]}\n"
        "  country: {from: Land, optional: true}\n",
    )
    row = {"E-MAIL": "a@x.se", "land": "NO"}
    ran(tmp_path, "mine.yaml", "E-MAIL,land", row, csv={"delimiter": ","})
    query = "select email, country from source_records"
    assert asked(tmp_path / "r.duckdb", query) == [("a@x.se", "NO")]


@pytest.mark.parametrize("text", ["- a", "kind: customers", "columns: {}", "just text"])
def test_what_is_no_preset_is_refused(text):
    with pytest.raises(ValueError, match="a preset is a mapping"):
        preset_of("mine", text)


def test_a_country_stays_a_country_in_yaml():
    found = preset_of("mine", "kind: customers\ncolumns: {country: {value: NO}}")
    assert found.said["columns"] == {"country": {"value": "NO"}}


def test_presets_are_listed_and_shown(regpipe):
    told = regpipe("presets")
    assert (told.code, told.err) == (0, "")
    assert [line.split()[0] for line in told.out.splitlines()[2:]] == [*preset_names()]
    shown = regpipe("presets", "magento")
    assert shown.out.startswith("about: Magento")
    assert preset_of("magento", shown.out) == shipped_preset("magento")
    (found,) = json.loads(regpipe("presets", "brevo", "--json").out)["presets"]
    assert (found["name"], found["kind"]) == ("brevo", "customers")
    assert found["unverified"]
    told = regpipe("presets", "magneto")
    assert (told.code, told.out) == (2, "")
    assert "did you mean 'magento'?" in told.err
