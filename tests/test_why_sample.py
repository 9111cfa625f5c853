"""``why`` on the sample: each value is in the row of the file that it is said to be."""

import csv
import os
import shutil
from datetime import UTC, datetime
from functools import cache
from types import SimpleNamespace
from zoneinfo import ZoneInfo

import pytest

import regpipe
from regpipe.registry.opening import locked_down
from regpipe.spec.load import load_pipeline
from regpipe.sql import golden
from regpipe.sql.standing import present_of, standing
from regpipe.sql.step import Step
from regpipe.stages.survivorship import survival_of
from worlds import asked, clusters, here, run

SOURCES = ("web_shop", "old_shop", "mail_club")


@pytest.fixture(scope="module")
def sample(tmp_path_factory):
    """The sample's folder after a run."""
    folder = tmp_path_factory.mktemp("sample")
    shutil.copytree(here("pipelines"), folder / "pipelines")
    shutil.copytree(here("sample_data"), folder / "sample_data")
    pipeline = load_pipeline(folder / "pipelines" / "sample.yaml", os.environ)
    run(pipeline)
    return SimpleNamespace(
        pipeline=pipeline,
        folder=folder,
        registry=folder / "out" / "registry.duckdb",
    )


@pytest.fixture(scope="module")
def opened(sample):
    with regpipe.open(sample.registry) as registry:
        yield registry


@pytest.fixture(scope="module")
def of_three(sample):
    """Some customers that are made of a record of each of the three sources."""
    found = [
        customer_id
        for customer_id, keys in sorted(clusters(sample.registry).items())
        if sorted(source for source, _ in keys) == sorted(SOURCES)
    ]
    assert len(found) > 100
    return found[:: len(found) // 12]


@cache
def rows_of(path, delimiter, encoding):
    """Give the records of a file, the header first."""
    with path.open(encoding=encoding, newline="") as file:
        return list(csv.reader(file, delimiter=delimiter))


def row_at(sample, place):
    """Give the row of the file that a value is said to be from, by its header."""
    path = sample.folder / "pipelines" / place["file"]
    swedish = place["source"] == "old_shop"
    dialect = (";", "cp1252") if swedish else (",", "utf-8-sig")
    header, *rows = rows_of(path, *dialect)
    return dict(zip(header, rows[place["row_number"] - 2], strict=True))


# What each source calls the fields, as its maker would say it.

COLUMNS = {
    "web_shop": {
        "external_id": "Customer ID",
        "first_name": "First Name",
        "last_name": "Last Name",
        "email": "Email",
        "phone": "Phone",
        "company": "Company",
        "vat_id": "VAT Number",
        "note": "Note",
        "tax_exempt": "Tax Exempt",
        "groups": "Tags",
        "created_at": "Created At",
        "updated_at": "Updated At",
        "street": "Address",
        "street2": "Address 2",
        "postcode": "Zip",
        "city": "City",
        "country": "Country Code",
        "shipping_name": "Ship To Name",
        "shipping_street": "Ship To Address",
        "shipping_postcode": "Ship To Zip",
        "shipping_city": "Ship To City",
        "shipping_country": "Ship To Country",
        "consent": "Accepts Marketing",
        "kind": "Account",
    },
    "old_shop": {
        "external_id": "Kundnr",
        "first_name": "Förnamn",
        "last_name": "Efternamn",
        "email": "E-post",
        "phone": "Telefon",
        "company": "Företag",
        "org_number": "Org.nr",
        "tax_exempt": "Momsfri",
        "groups": "Kundgrupp",
        "created_at": "Skapad",
        "updated_at": "Ändrad",
        "street": "Adress",
        "postcode": "Postnr",
        "city": "Ort",
        "country": "Land",
        "consent": "Nyhetsbrev",
    },
    "mail_club": {
        "external_id": "Member",
        "first_name": "Name",
        "last_name": "Name",
        "email": "E-mail",
        "phone": "Mobile",
        "postcode": "Zip",
        "city": "City",
        "country": "Country",
        "updated_at": "Changed",
        "consent": "Status",
    },
}
KINDS = {"old_shop": "registered", "mail_club": "subscriber"}
GRANTED = {"web_shop": "yes", "old_shop": "Ja", "mail_club": "subscribed"}


def moment(text, source):
    """Give a time of a source as UTC."""
    match source:
        case "web_shop":
            when = datetime.strptime(text, "%Y-%m-%d %H:%M:%S %z")
        case "old_shop":
            zone = ZoneInfo("Europe/Stockholm")
            when = datetime.strptime(text, "%d.%m.%Y %H:%M").replace(tzinfo=zone)
        case _:
            when = datetime.fromisoformat(text).replace(tzinfo=UTC)
    return when.astimezone(UTC).replace(tzinfo=None)


def digits(text):
    return "".join(filter(str.isdigit, text))


def says(row, source, field, value):
    """Tell whether a raw row says a value, as a person would read it."""
    columns = COLUMNS[source]
    if field == "kind":
        return value == KINDS.get(
            source, row[columns[field]] if field in columns else ""
        )
    if field in ("billing", "shipping"):
        prefix = "shipping_" if field == "shipping" else ""
        return all(
            says(row, source, prefix + part, value[part])
            if prefix + part in columns
            else value[part] is None
            for part in value
        )
    raw = " ".join(row[columns[field]].split())
    match field:
        case _ if value is None:
            return raw == ""
        case "email":
            return raw.lower() == value
        case "postcode" | "shipping_postcode":
            return raw.replace(" ", "") == value.replace(" ", "")
        case "phone":
            return digits(raw)[-6:] == digits(value)[-6:]
        case "tax_exempt":
            return value == (raw.lower() in ("yes", "ja"))
        case "groups":
            return sorted(name.strip() for name in raw.split(",")) == sorted(value)
        case "created_at" | "updated_at":
            return moment(raw, source) == value
        case "first_name" | "last_name" if source == "mail_club":
            return value in raw
        case "country" | "shipping_country":
            return raw[:1] == value[:1]
    return raw == " ".join(value.split())


def test_each_value_is_in_the_row_of_the_file_that_why_names(sample, opened, of_three):
    fields = set()
    for customer_id in of_three:
        why = opened.why(customer_id)
        assert [record["source"] for record in why.records] == sorted(SOURCES)
        assert why.tied.whole
        for record in why.records:
            row = row_at(sample, record)
            key = COLUMNS[record["source"]]["external_id"]
            assert row[key].strip() == record["external_id"]
        for each in why.fields:
            assert each.as_held
            assert (each.winner is None) == (each.value in (None, []))
            for said in each.said:
                row = row_at(sample, vars(said))
                assert says(row, said.source, each.field, said.value), each.field
            if each.winner is not None and each.field != "groups":
                assert each.winner.value == each.value
            fields.add(each.field if each.value not in (None, []) else None)
    assert fields >= {
        *("kind", "email", "phone", "first_name", "last_name", "tax_exempt"),
        *("created_at", "updated_at", "billing", "groups"),
    }


def test_each_consent_is_in_the_row_of_the_file_that_why_names(
    sample, opened, of_three
):
    seen = 0
    for customer_id in of_three:
        for word in opened.why(customer_id, "consent.newsletter").consents:
            for place in word["statements"]:
                row = row_at(sample, place)
                columns = COLUMNS[place["source"]]
                assert says(row, place["source"], "email", place["address"])
                granted = row[columns["consent"]] == GRANTED[place["source"]]
                assert granted == (place["stated"] == "granted")
            decides = word["statements"][0]
            assert (decides["file"], decides["row_number"]) == (
                word["file"],
                word["row_number"],
            )
            seen += 1
    assert seen > len(of_three) / 2


def test_the_record_that_wins_says_what_the_registry_holds_of_every_customer(sample):
    """All of them at once; ``why`` asks the same step about one."""
    rules = survival_of(sample.pipeline.survivorship)
    with locked_down(sample.registry, ()) as engine:
        columns = present_of(0).select.replace("customer_id = 0 and ", "")
        engine.make(Step("present", columns))
        said = engine.collect(standing(rules).select).to_pylist()
    won = {}
    for row in said:
        for field in golden.FIELDS:
            if row[f"rank_{field}"] == 1:
                won[row["customer_id"], field] = row[field]
    held = {}
    fields = [f for f in golden.FIELDS if f not in ("billing", "shipping")]
    listed = ", ".join(fields)
    for key, *values in asked(
        sample.registry, f"select customer_id, {listed} from customers"
    ):
        held |= {(key, f): v for f, v in zip(fields, values, strict=True)}
    for key, kind, name, *parts in asked(
        sample.registry,
        "select customer_id, kind, name, street, street2, postcode, city, region, "
        "country from addresses",
    ):
        whole = dict(zip(golden.ADDRESS, parts, strict=True))
        held[key, kind] = {"name": name, **whole} if kind == "shipping" else whole
    held = {key: value for key, value in held.items() if value is not None}
    assert {key: value for key, value in won.items() if key[0] is not None} == held
