"""Targets: each importer's own form, and nobody in it who should not be."""

import json
from datetime import datetime
from types import MappingProxyType

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from regpipe.engine.duckdb import DuckDBEngine
from regpipe.errors import PipelineError
from regpipe.formats import ListColumn, target, target_names, target_of
from regpipe.formats.countries import country_names
from regpipe.registry import migrate
from regpipe.spec import Export
from regpipe.spec.list_columns import known_column
from regpipe.spec.load import load_pipeline
from regpipe.sql.codes import COUNTRIES
from regpipe.stages.segments import check_exports
from shop import cells, pipeline, write_lists
from targets_world import FILL, LONG, WORLD

MARKETING = ("brevo", "klaviyo", "listmonk", "mailchimp", "mailerlite")
STORES = tuple(n for n in target_names() if n not in MARKETING and target(n).columns)


def asked(name, **more):
    """Give an export to a target, to out/all.csv."""
    purpose = "newsletter" if name in MARKETING else "service"
    fill = {**FILL.get(name, {}), **more.pop("fill", {})}
    return {
        "purpose": purpose,
        "target": name,
        "to": "out/all.csv",
        **({"fill": fill} if fill else {}),
        **more,
    }


def written(folder, name, tables=MappingProxyType(WORLD), **more):
    """Write a list to a target; give the text of each file by its name."""
    write_lists(pipeline(folder, all=asked(name, **more)), **tables)
    return {
        path.name: path.read_bytes().decode()
        for path in sorted((folder / "out").glob("*.csv"))
    }


def manifest(folder):
    text = (folder / "out/all.manifest.json").read_text("utf-8")
    return {file["file"]: file for file in json.loads(text)["files"]}


NAME = '"Åberg ""B"" Ek"'
FULL = '"Anna Åberg ""B"" Ek"'
NOTE = '"says ""hej"";\nand, more"'

EXPECTED = {
    "mailchimp": {
        "all.csv": "Email Address,First Name,Last Name\n"
        f"anna@x.se,Anna,{NAME}\n"
        "bo@x.no,=cmd(),\n",
        "unsubscribed-all.csv": "Email Address\ncia@x.co.uk\nmad@x.se\nonce@x.se\n",
        "cleaned-all.csv": "Email Address\ngun@x.se\n",
    },
    "klaviyo": {
        "all.csv": "Email,First Name,Last Name,Email Marketing Consent,"
        "Email Marketing Consent Timestamp\n"
        f"anna@x.se,Anna,{NAME},Subscribe,2022-01-01T12:00:00Z\n"
        f"bo@x.no,=cmd(),{LONG},Subscribe,\n",
        "suppressed-all.csv": "Email\ncia@x.co.uk\ngun@x.se\nmad@x.se\nonce@x.se\n",
    },
    "brevo": {
        "all.csv": "EMAIL;LASTNAME;FIRSTNAME\n"
        f"anna@x.se;{NAME};Anna\n"
        f"bo@x.no;{LONG};=cmd()\n",
        "blocklist-all.csv": "EMAIL\ncia@x.co.uk\ngun@x.se\nmad@x.se\nonce@x.se\n",
    },
    "listmonk": {
        "all.csv": f"email,name\nanna@x.se,{FULL}\nbo@x.no,=cmd() {LONG}\n",
        "unsubscribed-all.csv": "email\ncia@x.co.uk\n",
        "blocklist-all.csv": "email\ngun@x.se\nmad@x.se\nonce@x.se\n",
    },
    "mailerlite": {
        "all.csv": "email,name,last_name\n"
        f"anna@x.se,Anna,{NAME}\n"
        f"bo@x.no,=cmd(),{LONG}\n",
        "unsubscribed-all.csv": "email\ncia@x.co.uk\ngun@x.se\nmad@x.se\nonce@x.se\n",
    },
    "shopify": {
        "all.csv": "First Name,Last Name,Email,Accepts Email Marketing,"
        "Default Address Company,Default Address Address1,Default Address Address2,"
        "Default Address City,Default Address Province Code,"
        "Default Address Country Code,Default Address Zip,Phone,"
        "Accepts SMS Marketing,Note,Tax Exempt,Tags\n"
        f'Anna,{NAME},anna@x.se,yes,"Ek; Söner, AB",Storgatan 1,lgh 1101,Göteborg,'
        f",SE,012 34,+46701234567,yes,{NOTE},yes,VIP\n"
        f"=cmd(),{LONG},bo@x.no,yes,,Vei 2,,Oslo,03,NO,0150,+4712345678,no,,no,VIP\n"
        "Cia,'t Hooft,cia@x.co.uk,no,,,,Leeds,,GB,,,no,,,\n"
        "Dan,,,no,,,,,,,,+46709999999,no,,,\n"
        ",,eva@x.se,no,,,,,,,,,no,,,\n"
        "Gun,Lind,gun@x.se,no,,,,,,,,,no,,,\n"
        "Hedvig,Alm,hedvig@x.se,no,,,,,,,,,no,,,\n"
    },
    "woocommerce": {
        "all.csv": "user_login,user_email,display_name,first_name,last_name,roles,"
        "user_registered,billing_first_name,billing_last_name,billing_company,"
        "billing_address_1,billing_address_2,billing_city,billing_state,"
        "billing_postcode,billing_country,billing_phone\n"
        f"anna@x.se,anna@x.se,{FULL},Anna,{NAME},customer,2020-01-02 03:04:05,"
        f'Anna,{NAME},"Ek; Söner, AB",Storgatan 1,lgh 1101,Göteborg,Västra Götaland,'
        "012 34,SE,+46701234567\n"
        f"bo@x.no,bo@x.no,=cmd() {LONG},=cmd(),{LONG},customer,2021-01-02 00:00:00,"
        f"=cmd(),{LONG},,Vei 2,,Oslo,03,0150,NO,+4712345678\n"
        "cia@x.co.uk,cia@x.co.uk,Cia 't Hooft,Cia,'t Hooft,customer,,"
        "Cia,'t Hooft,,,,Leeds,,,GB,+4712345678\n"
        "eva@x.se,eva@x.se,,,,customer,,,,,,,,,,,\n"
        "gun@x.se,gun@x.se,Gun Lind,Gun,Lind,customer,,,,,,,,,,,\n"
        "hedvig@x.se,hedvig@x.se,Hedvig Alm,Hedvig,Alm,customer,,,,,,,,,,,\n"
    },
    "magento": {
        "all.csv": "email,_website,_store,created_at,dob,firstname,group_id,lastname,"
        "taxvat\n"
        "anna@x.se,base,default,2020-01-02 03:04:05,1980-04-09 00:00:00,Anna,1,"
        f"{NAME},SE556036079301\n"
        f"bo@x.no,base,default,2021-01-02 00:00:00,,=cmd(),1,{LONG},\n"
        "cia@x.co.uk,base,default,,,Cia,1,'t Hooft,\n"
        "gun@x.se,base,default,,,Gun,1,Lind,\n"
        "hedvig@x.se,base,default,,,Hedvig,1,Alm,\n"
    },
    "magento-composite": {
        "all.csv": "email,_website,_store,created_at,dob,firstname,group_id,lastname,"
        "taxvat,_address_city,_address_company,_address_country_id,"
        "_address_firstname,_address_lastname,_address_postcode,_address_region,"
        "_address_street,_address_telephone,_address_default_billing_,"
        "_address_default_shipping_\n"
        "anna@x.se,base,default,2020-01-02 03:04:05,1980-04-09 00:00:00,Anna,1,"
        f'{NAME},SE556036079301,Göteborg,"Ek; Söner, AB",SE,Anna,{NAME},012 34,'
        "Västra Götaland,Storgatan 1,+46701234567,1,1\n"
        f"bo@x.no,base,default,2021-01-02 00:00:00,,=cmd(),1,{LONG},,Oslo,,NO,=cmd(),"
        f"{LONG},0150,03,Vei 2,+4712345678,1,1\n"
        "cia@x.co.uk,base,default,,,Cia,1,'t Hooft,,Leeds,,GB,Cia,'t Hooft,,,,"
        "+4712345678,1,1\n"
        "gun@x.se,base,default,,,Gun,1,Lind,,,,,,,,,,,,\n"
        "hedvig@x.se,base,default,,,Hedvig,1,Alm,,,,,,,,,,,,\n"
    },
    "prestashop": {
        "all.csv": "Customer ID;Active (0/1);Titles ID (Mr = 1, Ms = 2, else 0);"
        "Email *;Password *;Birthday (yyyy-mm-dd);Last Name *;First Name *;"
        "Newsletter (0/1);Opt-in (0/1);Registration date (yyyy-mm-dd);"
        "Groups (x,y,z...);Default group ID\n"
        f"1;1;0;anna@x.se;long-and-random;1980-04-09;{NAME};Anna;1;0;2020-01-02;VIP;\n"
        f"2;1;0;bo@x.no;long-and-random;;{LONG};=cmd();1;1;2021-01-02;VIP;\n"
        "3;1;0;cia@x.co.uk;long-and-random;;'t Hooft;Cia;0;0;;;\n"
        "7;1;0;gun@x.se;long-and-random;;Lind;Gun;0;0;;;\n"
        "8;1;0;hedvig@x.se;long-and-random;;Alm;Hedvig;0;0;;;\n"
    },
    "bigcommerce": {
        "all.csv": "First Name,Last Name,Company,Email,Phone,Notes,Customer Group,"
        "Address First Name - 1,Address Last Name - 1,Address Company - 1,"
        "Address Line 1 - 1,Address Line 2 - 1,Address City - 1,Address State - 1,"
        "Address Zip - 1,Address Country - 1,Address Phone - 1,"
        "Receive Review/Abandoned Cart Emails?\n"
        f'Anna,{NAME},"Ek; Söner, AB",anna@x.se,+46701234567,{NOTE},VIP,Anna,{NAME},'
        '"Ek; Söner, AB",Storgatan 1,lgh 1101,Göteborg,Västra Götaland,012 34,Sweden,'
        "+46701234567,N\n"
        f"=cmd(),{LONG},,bo@x.no,+4712345678,,,=cmd(),{LONG},,Vei 2,,Oslo,,0150,Norway,"
        "+4712345678,N\n"
        "Cia,'t Hooft,,cia@x.co.uk,+4712345678,,\"Press, radio\",Cia,'t Hooft,,,,"
        "Leeds,,,United Kingdom,+4712345678,N\n"
        "Gun,Lind,,gun@x.se,,,,,,,,,,,,,,N\n"
        "Hedvig,Alm,,hedvig@x.se,,,,,,,,,,,,,,N\n"
    },
    "ecwid": {
        "all.csv": "name,email,password\n"
        f"{FULL},anna@x.se,\n"
        f"=cmd() {LONG},bo@x.no,\n"
        "Cia 't Hooft,cia@x.co.uk,\n"
        ",eva@x.se,\n"
        "Gun Lind,gun@x.se,\n"
        "Hedvig Alm,hedvig@x.se,\n"
    },
    "abicart": {
        "all.csv": f'Anna;{NAME};anna@x.se;"Ek; Söner, AB";5560360793;Storgatan 1;'
        "012 34;Göteborg;Sweden;+46701234567;;VIP;anna@x.se;;1;1;1;;;\n"
        f"=cmd();{LONG};bo@x.no;;;Vei 2;0150;Oslo;Norway;+4712345678;;VIP;bo@x.no;;1;2;"
        "1;;;\n"
        "Cia;'t Hooft;cia@x.co.uk;;;;;Leeds;United Kingdom;+4712345678;;;cia@x.co.uk;;"
        "1;3;0;;;\n"
        "Gun;Lind;gun@x.se;;;;;;;;;;gun@x.se;;1;7;0;;;\n"
        "Hedvig;Alm;hedvig@x.se;;;;;;;;;;hedvig@x.se;;1;8;0;;;\n"
    },
}


def test_every_target_with_rules_is_shown_here():
    assert set(EXPECTED) == {name for name in target_names() if target(name).columns}


@pytest.mark.parametrize("name", EXPECTED)
def test_a_target_has_its_own_form_to_the_byte_and_so_again(tmp_path, name):
    first = written(tmp_path, name)
    assert first == EXPECTED[name]
    kept = (tmp_path / "out/all.manifest.json").read_bytes()
    assert written(tmp_path, name) == first
    assert (tmp_path / "out/all.manifest.json").read_bytes() == kept


@pytest.mark.parametrize(
    ("name", "kept_off", "left_blank"),
    [
        ("mailchimp", (3, 1, 1, 0), {"Last Name": 1}),
        (
            "shopify",
            (0, 0, 1, 0),
            {"Default Address Province Code": 1, "Phone": 1, "Tags": 2},
        ),
        ("abicart", (0, 0, 1, 2), {"12": 2}),
        ("bigcommerce", (0, 0, 1, 2), {"Customer Group": 1, "Address State - 1": 1}),
        ("ecwid", (0, 0, 1, 1), None),
    ],
)
def test_who_and_what_an_importer_would_not_take_is_counted(
    tmp_path, name, kept_off, left_blank
):
    written(tmp_path, name)
    said = manifest(tmp_path)["all.csv"]
    reasons = ("without_consent", "suppressed", "same_address", "incomplete")
    assert tuple(said[reason] for reason in reasons) == kept_off
    assert said.get("left_blank") == left_blank
    off = sum(kept_off) + said["without_address"]
    assert said["rows"] + off == said["in_segment"] == 8
    assert "Åberg" not in json.dumps(said)


ALL = {
    "mailchimp": (
        ["email", "groups", "birth_date", {"city": "CITY"}, "tax_exempt"],
        "Email Address,Birthday,TAGS,CITY,tax_exempt",
        'anna@x.se,04/09,"""VIP""",Göteborg,yes',
        'bo@x.no,,"""Press, radio"",""VIP""",Oslo,no',
    ),
    "klaviyo": (
        ["email", "phone", "region", "country", "total_spent"],
        "Email,Phone Number,State / Region,Country,total_spent",
        "anna@x.se,+46701234567,Västra Götaland,SE,",
        "bo@x.no,+4712345678,03,NO,",
    ),
    "brevo": (
        ["phone", "customer_id", "city", "consent.partner_offers"],
        "EMAIL;SMS;EXT_ID;CITY;CONSENT_PARTNER_OFFERS",
        "anna@x.se;+46701234567;1;Göteborg;No",
        "bo@x.no;+4712345678;2;Oslo;Yes",
    ),
    "listmonk": (
        ["email", "city", {"groups": "in"}, "tax_exempt", "order_count", "birth_date"],
        "email,attributes",
        'anna@x.se,"{""city"":""Göteborg"",""in"":[""VIP""],""tax_exempt"":true,'
        '""order_count"":0,""birth_date"":""1980-04-09""}"',
        'bo@x.no,"{""city"":""Oslo"",""in"":[""Press, radio"",""VIP""],'
        '""tax_exempt"":false,""order_count"":0}"',
    ),
    "mailerlite": (
        ["email", "postcode", "consent.newsletter.at", {"last_name": "surname"}],
        "email,z_i_p,subscribed_at,surname",
        f"anna@x.se,012 34,2022-01-01 12:00:00,{NAME}",
        f"bo@x.no,0150,,{LONG}",
    ),
}


@pytest.mark.parametrize("name", ALL)
def test_columns_that_are_chosen_stand_under_the_importers_headers(tmp_path, name):
    columns, *lines = ALL[name]
    found = written(tmp_path, name, columns=columns)["all.csv"]
    assert found.removesuffix("\n").split("\n") == lines


def test_a_header_of_ones_own_takes_the_place_of_the_targets(tmp_path):
    columns = [{"email": "E-mail"}, {"first_name": "FNAME"}]
    found = written(tmp_path, "mailchimp", columns=columns)["all.csv"]
    assert found == "E-mail,FNAME\nanna@x.se,Anna\nbo@x.no,=cmd()\n"


def test_a_consent_is_yes_where_it_is_granted_and_not_suppressed_and_else_no(tmp_path):
    columns = [
        *("customer_id", "consent.newsletter", "consent.newsletter.at"),
        *("consent.newsletter.sms", "consent.partner_offers"),
    ]
    said = {"purpose": "service", "columns": columns, "to": "out/all.csv"}
    write_lists(pipeline(tmp_path, all=said), **WORLD)
    assert cells(tmp_path / "out/all.csv")[1:] == [
        ["1", "yes", "2022-01-01 12:00:00", "yes", "no"],
        ["2", "yes", "", "no", "yes"],
        ["3", "no", "", "no", "no"],
        ["4", "no", "", "no", "no"],
        ["5", "no", "", "no", "no"],
        ["6", "yes", "2022-01-01 12:00:00", "no", "no"],
        ["7", "no", "", "no", "no"],
        ["8", "no", "", "no", "no"],
    ]


def test_a_flag_is_no_in_a_row_without_the_address_it_is_about(tmp_path):
    """Two share a phone that may be written to; Shopify takes it once."""
    people = [
        {"customer_id": n, "email": f"p{n}@x.se", "phone": "+46701234567"}
        for n in (1, 2)
    ]
    said = [{"address": "+46701234567", "channel": "sms"}]
    columns = ["email", "phone", "consent.newsletter.sms"]
    tables = {"customers": people, "consent_events": said}
    found = written(tmp_path, "shopify", tables, columns=columns)["all.csv"]
    assert found.splitlines()[1:] == ["p1@x.se,+46701234567,yes", "p2@x.se,,no"]


def test_the_purpose_of_a_marketing_list_is_that_of_its_flag(tmp_path):
    found = written(tmp_path, "shopify", purpose="partner_offers", columns=[
        "email", "consent.partner_offers"])["all.csv"]  # fmt: skip
    assert found == "Email,Accepts Email Marketing\nbo@x.no,yes\n"


def test_no_address_that_was_erased_or_may_be_mailed_is_among_the_refusals(tmp_path):
    events = [
        {"address": "A@x.se"},
        {"address": "a@x.se", "status": "withdrawn"},
        {"address": "b@x.se", "status": "withdrawn"},
        {"address": "B@x.se", "status": "withdrawn"},
        {"address": "c@x.se", "status": "withdrawn"},
        {"address": "no mail", "status": "withdrawn"},
        {"address": "å@x.se", "status": "withdrawn"},
        {"address": "o@x.se", "status": "withdrawn", "purpose": "offers"},
        {"address": "p@x.se", "status": "pending"},
    ]
    tables = {
        "customers": [{"customer_id": 1, "email": "A@x.se"}],
        "consent_events": events,
        "suppressions": [
            {"address": "C@x.se", "reason": "erased"},
            {"address": "+461", "reason": "blocked", "channel": "sms"},
        ],
    }
    found = written(tmp_path, "mailchimp", tables)
    assert found["all.csv"].splitlines()[1:] == ["A@x.se,,"]
    assert found["unsubscribed-all.csv"].splitlines()[1:] == ["b@x.se"]
    assert found["cleaned-all.csv"].splitlines()[1:] == []
    assert manifest(tmp_path)["unsubscribed-all.csv"]["incomplete"] == 2


def test_refusals_that_are_not_wanted_any_more_do_not_lie_there_as_if_current(tmp_path):
    written(tmp_path, "mailchimp")
    found = written(tmp_path, "mailchimp", refusals=False)
    assert (
        found["unsubscribed-all.csv"] == found["cleaned-all.csv"] == "Email Address\n"
    )
    assert list(found) == ["all.csv", "cleaned-all.csv", "unsubscribed-all.csv"]


CONSENT = st.sampled_from(["granted", "withdrawn", "never", "pending", "unknown"])
ADDRESSES = [f"p{n}@x.se" for n in range(5)]


@settings(
    max_examples=40,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(
    name=st.sampled_from([*MARKETING, "shopify", "prestashop"]),
    people=st.lists(st.sampled_from([*ADDRESSES, None]), min_size=1, max_size=6),
    words=st.dictionaries(st.sampled_from(ADDRESSES), CONSENT),
    stopped=st.dictionaries(
        st.sampled_from(ADDRESSES),
        st.sampled_from(["bounced", "complained", "blocked", "erased"]),
        max_size=2,
    ),
)
def test_nobody_without_consent_is_on_a_marketing_file_or_has_a_yes(
    tmp_path, name, people, words, stopped
):
    tables = {
        "customers": [
            {"customer_id": n, "email": email, "first_name": "A", "last_name": "B"}
            for n, email in enumerate(people, 1)
        ],
        "consent_events": [{"address": a, "status": s} for a, s in words.items()],
        "suppressions": [{"address": a, "reason": r} for a, r in stopped.items()],
    }
    found = written(tmp_path, name, tables)
    may = {a for a, word in words.items() if word == "granted" and a not in stopped}
    rows = cells(tmp_path / "out/all.csv") if target(name).delimiter == "," else [
        line.split(";") for line in found["all.csv"].splitlines()
    ]  # fmt: skip
    header, *rows = rows
    column = {each.header: each.column for each in target(name).columns}
    email = [column.get(h) for h in header].index("email")
    if name in MARKETING:
        assert {row[email] for row in rows} == may & set(people)
    for index, of in enumerate(column.get(header_) for header_ in header):
        if of in ("consent.newsletter", "consent.{purpose}"):
            yes, no = {"klaviyo": ("Subscribe", ""), "shopify": ("yes", "no")}.get(
                name, ("1", "0")
            )
            assert {row[email] for row in rows if row[index] == yes} == may & set(
                people
            )
            assert {row[index] for row in rows} <= {yes, no}
    refused = [
        line
        for file, text in found.items()
        if file != "all.csv"
        for line in text.splitlines()[1:]
    ]
    assert len(refused) == len(set(refused))
    if name in MARKETING:
        stopped_only = {a for a, why in stopped.items() if why != "erased"}
        withdrawn = {a for a, word in words.items() if word == "withdrawn"}
        assert set(refused) == (withdrawn - set(stopped)) | stopped_only
        assert not set(refused) & may


# What a pipeline file may ask of a target.

PIPELINE = """\
pipeline: nightly
registry: registry.duckdb
sources:
  shop:
    kind: customers
    files: in/*.csv
    columns: {email: Email, phone: Phone, consent.newsletter: News}
exports:
  list:
    purpose: PURPOSE
    target: TARGET
    to: out/list.csv
"""


def problems(folder, name, more, purpose="service"):
    """Give what is wrong with a pipeline file whose list says ``more``."""
    text = PIPELINE.replace("PURPOSE", purpose).replace("TARGET", name)
    text += "".join(f"    {line}\n" for line in more)
    (folder / "p.yaml").write_text(text)
    try:
        load_pipeline(folder / "p.yaml", {})
    except PipelineError as error:
        return [f"{p.where}: {p.what}" for p in error.problems]
    return []


@pytest.mark.parametrize(
    ("name", "more", "found"),
    [
        ("shopify", [], []),
        ("magento", ["fill: {_website: base, _store: default}"], []),
        ("prestashop", ["fill: {'Password *': long}"], []),
        (
            "prestashop",
            ["fill: {'Password *': '${PASSWORD}'}"],
            ["p.yaml:13: exports.list.fill.Password *: variable PASSWORD is not "
             "set"],
        ),
        (
            "shopify",
            ["columns:", "  - email", "  - birth_date"],
            ["p.yaml:15: exports.list.columns: shopify takes no column for "
             "'birth_date'"],
        ),
        (
            "shopify",
            ["columns:", "  - email: E-mail"],
            ["p.yaml:14: exports.list.columns: shopify takes no column 'E-mail'"],
        ),
        (
            "shopify",
            ["fill: {E-mail: x}"],
            ["p.yaml:13: exports.list.fill: shopify takes no column 'E-mail'"],
        ),
        (
            "shopify",
            ["fill: {Accepts Email Marketing: 'yes'}"],
            ["p.yaml:13: exports.list.fill.Accepts Email Marketing: 'Accepts Email "
             "Marketing' of shopify tells who consented"],
        ),
        (
            "shopify",
            ["columns:", "  - tax_exempt: Accepts Email Marketing"],
            ["p.yaml:14: exports.list.columns: 'Accepts Email Marketing' of shopify "
             "tells who consented"],
        ),
        ("shopify", ["fill: {Accepts Email Marketing: 'no'}"], []),
        (
            "shopify",
            ["fill: {Accepts Email Marketing: {from: consent.news}}"],
            ["p.yaml:13: exports.list.fill.Accepts Email Marketing.from: no source "
             "says anything on 'news' by email"],
        ),
        (
            "magento",
            [],
            ["p.yaml:9: exports.list: magento needs '_website', which only you can "
             "say",
             "p.yaml:9: exports.list: magento needs '_store', which only you can say"],
        ),
        (
            "abicart",
            ["fill: {14: x, '15': '1', '16': '', '17': '', '18': '', '19': ''}"],
            ["p.yaml:9: exports.list: abicart needs '20', which only you can say",
             "p.yaml:9: exports.list: abicart needs customer_id",
             "p.yaml:9: exports.list: abicart needs consent.newsletter"],
        ),
        (
            "magento",
            ["fill: {_website: '', _store: d, group_id: General}"],
            ["p.yaml:13: exports.list.fill._website: magento takes no row whose "
             "'_website' is blank",
             "p.yaml:13: exports.list.fill.group_id: magento takes no such "
             "'group_id'"],
        ),
        (
            "csv",
            ["columns: [email, consent.news, consent.newsletter.sms]"],
            ["p.yaml:13: exports.list.columns: no source says anything on 'news' by "
             "email",
             "p.yaml:13: exports.list.columns: no source says anything on "
             "'newsletter' by sms"],
        ),
        (
            "shopify",
            ["refusals: true"],
            ["p.yaml:13: exports.list.refusals: there can be none"],
        ),
        (
            "mailchimp",
            ["refusals: true"],
            ["p.yaml:13: exports.list.refusals: there can be none"],
        ),
        (
            "csv",
            ["split: {rows: 0, bytes: 1000, lines: 7}"],
            ["p.yaml:13: exports.list.split.rows: must be at least 1",
             "p.yaml:13: exports.list.split: unknown key 'lines'"],
        ),
        (
            "csv",
            ["encoding: latin1"],
            ["p.yaml:13: exports.list.encoding: 'latin1' is no encoding of lists"],
        ),
        (
            "csv",
            ["fill: {A: 7, B: {from: emial}}"],
            ["p.yaml:13: exports.list.fill.A: must be a text or {from: COLUMN}",
             "p.yaml:13: exports.list.fill.B.from: unknown column 'emial'"],
        ),
    ],
)  # fmt: skip
def test_what_an_importer_would_refuse_is_refused_with_its_line(
    tmp_path, name, more, found
):
    assert problems(tmp_path, name, more) == found


def test_a_purpose_that_no_flag_of_a_store_is_fed_by_must_be_said(tmp_path):
    text = PIPELINE.replace("PURPOSE", "service").replace("TARGET", "shopify")
    text = text.replace("consent.newsletter", "consent.news")
    (tmp_path / "p.yaml").write_text(text)
    with pytest.raises(PipelineError) as refused:
        load_pipeline(tmp_path / "p.yaml", {})
    assert str(refused.value) == (
        "p.yaml:11: exports.list.target: no source says anything on 'newsletter' by "
        "email\n    hint: fill: {Accepts Email Marketing: {from: consent.news}}"
    )


@pytest.mark.parametrize(
    "said",
    [
        {"purpose": "newsletter", "for_each": "group", "to": "out/{group}.csv"},
        {"purpose": "newsletter", "channel": "sms"},
        {"purpose": "service"},
    ],
)
def test_lists_by_group_or_of_phones_or_for_service_have_no_files_of_refusals(said):
    made = Export.model_validate({"to": "a.csv", "target": "listmonk", **said})
    assert made.refused == ()


def test_headers_that_differ_in_their_case_alone_are_told(tmp_path):
    made = pipeline(
        tmp_path, all=asked("mailchimp", columns=["email", {"city": "first name"},
                                                  "first_name"])
    )  # fmt: skip
    engine = DuckDBEngine(None, migrate.scripts(), folders=())
    (problem,) = check_exports(engine, made.exports)
    engine.close()
    assert problem.what == "'first_name' and 'city' have the same header"


@pytest.mark.parametrize(
    ("said", "to", "found"),
    [
        ({"target": "mailchimp"}, "out/Cleaned-all.csv", 1),
        ({"target": "mailchimp", "refusals": False}, "out/cleaned-all.csv", 0),
        ({"target": "shopify"}, "out/all-2.csv", 1),
        ({"target": "mailchimp"}, "out/all-2.csv", 0),
        ({"target": "shopify"}, "out/all-two.csv", 0),
    ],
)
def test_a_file_beside_a_list_is_that_of_no_other_list(tmp_path, said, to, found):
    both = {
        "all": {"purpose": "newsletter", "to": "./out/all.csv", **said},
        "other": {"purpose": "service", "to": to},
    }
    made = pipeline(tmp_path, **both)
    engine = DuckDBEngine(None, migrate.scripts(), folders=())
    problems = check_exports(engine, made.exports)
    engine.close()
    assert [problem.what for problem in problems] == [
        "a file beside it would be that of export 'other'"
    ][:found]


def test_a_constant_is_no_formula_in_a_list_for_people(tmp_path):
    said = {"purpose": "service", "columns": ["email"], "fill": {"A": "=1", "B": "x"}}
    made = pipeline(tmp_path, all={**said, "to": "out/all.csv"})
    write_lists(made, customers=[{"customer_id": 1, "email": "a@x.se"}])
    assert cells(tmp_path / "out/all.csv")[1:] == [["a@x.se", "'=1", "x"]]


def test_every_country_has_an_english_name():
    assert set(country_names()) == COUNTRIES
    assert country_names()["SE"] == "Sweden"
    assert not [name for name in country_names().values() if "*" in name]


def test_a_target_that_says_what_nobody_reads_is_none():
    text = "about: x\ndelimiter: ','\nformulas: verbatim\nflags: [y, n]\nbetween: ','\n"
    assert target_of("x", text).columns == ()
    with pytest.raises(ValueError, match="says nothing of headr"):
        target_of("x", text + "headr: false\n")
    with pytest.raises(ValueError, match="says nothing of longst"):
        target_of("x", text + "columns: {A: {from: email, longst: 9 bytes}}\n")
    with pytest.raises(ValueError, match="bytes or characters"):
        target_of("x", text + "columns: {A: {from: email, longest: 9 words}}\n")


def test_a_column_of_a_target_is_a_column_of_the_view_or_a_consent():
    for name in target_names():
        for each in target(name).columns:
            assert isinstance(each, ListColumn)
            of = (each.column or "email").replace("{purpose}", "newsletter")
            assert known_column(of), (name, each.header)
        for file in target(name).refusals:
            assert {each.column for each in file.columns} == {"address"}


def test_an_address_set_by_hand_that_is_none_is_left_out_and_counted(tmp_path):
    people = [
        {"customer_id": n, "email": email}
        for n, email in enumerate(["a..b@x.se", "a@b@x.se", "a b@x.se", "å@x.se"], 1)
    ]
    events = [{"address": each["email"]} for each in people]
    tables = {"customers": people, "consent_events": events}
    found = written(tmp_path, "listmonk", tables)["all.csv"]
    assert found == "email,name\nå@x.se,\n"
    assert manifest(tmp_path)["all.csv"]["incomplete"] == 3


def test_a_time_is_written_in_the_form_of_the_target(tmp_path):
    people = [{"customer_id": 1, "email": "a@x.se", "created_at":
               datetime(2024, 2, 29, 23, 59, 59, 999999)}]  # fmt: skip
    found = written(tmp_path, "woocommerce", {"customers": people})["all.csv"]
    assert found.splitlines()[1] == "a@x.se,a@x.se,,,,customer,2024-02-29 23:59:59" + (
        "," * 10
    )
