"""The files of the four stores, and the pipeline that reads them."""

from __future__ import annotations

from dataclasses import dataclass

from benchmarks.labelled.rates import STORES


@dataclass(frozen=True)
class StoreFile:
    """How a store writes its customers: header to what stands under it."""

    name: str
    columns: dict[str, str]
    delimiter: str = ","
    encoding: str = "utf-8"


FILES = (
    StoreFile(
        "web_shop.csv",
        {
            "Customer ID": "id",
            "First Name": "first",
            "Last Name": "last",
            "Email": "email",
            "Phone": "phone",
            "Birthday": "born",
            "Address": "street",
            "Zip": "postcode",
            "City": "town",
            "Country": "country",
            "Updated At": "updated",
        },
    ),
    StoreFile(
        "old_shop.skv",
        {
            "Kundnr": "id",
            "Förnamn": "first",
            "Efternamn": "last",
            "E-post": "email",
            "Telefon": "phone",
            "Född": "born",
            "Adress": "street",
            "Postnr": "postcode",
            "Ort": "town",
            "Ändrad": "updated",
        },
        ";",
        "cp1252",
    ),
    StoreFile(
        "mail_club.csv",
        {"Member": "id", "Name": "name", "E-mail": "email", "Changed": "updated"},
    ),
    StoreFile(
        "trade.csv",
        {
            "Account": "id",
            "Company": "company",
            "Org.nr": "org_number",
            "Contact": "name",
            "Email": "email",
            "Phone": "phone",
            "Street": "street",
            "Postcode": "postcode",
            "City": "town",
            "Changed": "updated",
        },
    ),
)

_FIELDS = {
    "id": "external_id",
    "first": "first_name",
    "last": "last_name",
    "name": "full_name",
    "email": "email",
    "phone": "phone",
    "born": "birth_date",
    "street": "street",
    "postcode": "postcode",
    "town": "city",
    "country": "country",
    "company": "company",
    "org_number": "org_number",
    "updated": "updated_at",
}

IDENTITY = """\
identity:
  match:
    - [email]
    - [phone]
    - [full_name, postcode]
    - [full_name, birth_date]
    - [last_name, birth_date]
    - [first_name, birth_date, postcode]
    - [full_name, org_number]
  shared_above: 4
  largest_cluster: 20
"""
"""The keys that a careful shop would choose: what regpipe is measured with."""


def written(identity: str = IDENTITY) -> dict[str, str]:
    """Give the text of each pipeline file by its name."""
    return {
        "pipeline.yaml": _pipeline(("first", "second"), identity),
        "first.yaml": _pipeline(("first",), identity),
    }


def _pipeline(folders: tuple[str, ...], identity: str) -> str:
    sources = "".join(_source(n, folders) for n in range(len(STORES)))
    return (
        "pipeline: labelled\nregistry: registry.duckdb\n\n"
        f"sources:\n{sources}\n{identity}"
    )


def _source(store: int, folders: tuple[str, ...]) -> str:
    file = FILES[store]
    lines = [f"{STORES[store]}:", "  kind: customers", "  files:"]
    lines += [f"    - {folder}/{file.name}" for folder in folders]
    lines += [f"  csv: {{delimiter: '{file.delimiter}', encoding: {file.encoding}}}"]
    lines += ["  columns:"]
    for header, what in file.columns.items():
        phone = what == "phone"
        said = f"{{from: {header}, country: SE}}" if phone else header
        lines.append(f"    {_FIELDS[what]}: {said}")
    return "".join(f"  {line}\n" for line in lines)
