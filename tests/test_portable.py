"""Step SQL is kept to what every engine reads alike; the rest are words of ours."""

import csv
import os
import re
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import pytest
import sqlglot
from sqlglot import exp

import regpipe.sql
from drawn import engine_holding
from regpipe.engine.recorder import Recorder
from regpipe.fields import FIELDS, FieldType
from regpipe.outcome import silent
from regpipe.pipeline_file import load_pipeline
from regpipe.plan import Stopwatch, plan_sql, work_out
from regpipe.registry.by_hand import ByHand, LinkDecision, Override
from regpipe.registry.opening import locked_down, opened
from regpipe.run import run_pipeline
from regpipe.spec import ConsentSource, CustomerSource, OrderSource
from regpipe.sql.clean import Cell, cleaned
from regpipe.sql.step import Step
from regpipe.sql.words import CONSENT_WORDS
from regpipe.stages.export import stage_exports
from regpipe.stages.export_files import writing_lists

AS_OF = datetime(2024, 6, 1, tzinfo=UTC)
EVERYTHING = Path(__file__).with_name("everything.yaml")
VOCABULARY = Path(regpipe.sql.__file__).parent / "vocabulary.duckdb.sql"
WORDS = set(re.findall(r"^create or replace macro (\w+)", VOCABULARY.read_text(), re.M))

# The rows: good, bad, ragged, crowded, torn, unchanged, twice, and decided by hand.

SHOP = (
    "Id,Kind,Email,Phone,First,Last,Company,VAT,Org,Born,Language,Exempt,Note,Street,"
    "Street 2,Zip,City,Region,Country,To,To Street,To Zip,To City,To Country,Groups,"
    "News,News At,Offers,Created,Updated"
).split(",")
PEOPLE = [
    {"Id": "1", "Email": "a@x.se", "First": "Anna", "Last": "Berg", "Groups": "Gold"},
    {"Id": "2", "Email": "a@x.se", "First": "Bo", "Last": "Berg", "News": "ja"},
    {"Id": "3", "Email": "a@x.se", "Last": "Berg", "Phone": "070-123 45 67"},
    {"Id": "4", "Email": "c@x.se", "First": "Cia", "Last": "Ek", "Offers": "yes"},
    {"Id": "5", "Email": "c@x.se", "First": "Dan", "Last": "Ek", "Kind": "gast"},
    {"Id": "6", "Email": "c@x.se", "First": "Eva", "Last": "Ek", "Born": "never"},
    {"Id": "7", "Email": "no mail", "Last": "Holm"},
]
FILES = {
    "shop.csv": [SHOP, *([p.get(name, "") for name in SHOP] for p in PEOPLE)],
    "shop2.csv": [SHOP, [*("8", "kund", "e@x.se"), *[""] * 27], ["9"]],
    "club.csv": [
        ["Email", "Name", "Phone", "Group", "Status", "Changed"],
        ["a@x.se", "Anna Berg", "", "Gold", "subscribed", "2024-01-01"],
        ["f@x.se", "Ek, Frida", "+46701112233", "Club", "unsubscribed", "2024-01-02"],
    ],
    "orders.csv": [
        (
            "Order,Customer,Email,Number,Site,Placed,Changed,Paid,Sent,Currency,"
            "Subtotal,Total,Carrier,Parcel,Note,Phone,Name,SKU,Item,Count,Price,Line"
        ).split(","),
        *(
            [order, customer, email, order, "se", "2024-01-01", *[""] * 3, "SEK"]
            + ["1,50", total, *[""] * 4, "Gun Lind", sku, "Thing", "1", "1.50", "1.50"]
            for order, customer, email, total, sku in (
                ("o1", "1", "a@x.se", "1.50", "s1"),
                ("o1", "", "", "", "s2"),
                ("o2", "", "g@x.se", "2.50", "s1"),
                ("o3", "", "h@x.se", "three", "s1"),
            )
        ),
    ],
    "counter.csv": [["Order", "Placed", "Total"], ["k1", "2024-01-01", "3"]],
    "unsubscribed.csv": [
        ["Email", "Status", "At", "Why"],
        ["a@x.se", "unsubscribed", "2024-02-01", ""],
        ["f@x.se", "bounced", "", "full"],
    ],
    "texts.csv": [["Phone"], ["070-123 45 67"]],
}
LATER = {"Email": "a@x.se", "First": "Anna", "Last": "Berg-Ek", "Updated": ""}
BY_HAND = ByHand(
    by="eva",
    at=AS_OF,
    overrides=(Override(1, "city", "Lund"), Override(1, "note", "hers")),
    links=(LinkDecision(("shop", "1"), ("shop", "2"), "different"),),
)


def write(folder, files):
    for name, rows in files.items():
        with (folder / name).open("w", encoding="utf-8", newline="") as file:
            csv.writer(file).writerows(rows)


@dataclass
class Listener(Recorder):
    """A recorder that also keeps what is collected and exported."""

    def collect(self, select):
        self.steps.append(Step("collect", select))
        return super().collect(select)

    def export(self, select, columns, order_by, path, delimiter):
        self.steps.append(Step("export", select))
        return super().export(select, columns, order_by, path, delimiter)


def listened(pipeline, folder, **more):
    """Give every step of working out a plan from real rows."""
    scratch = folder / "scratch"
    scratch.mkdir(exist_ok=True)
    with opened(pipeline.path(pipeline.registry), scratch) as (engine, _):
        heard = Listener(engine)
        work_out(heard, pipeline, AS_OF, scratch, Stopwatch(silent), **more)
    return heard.steps


def lists(pipeline):
    """Give every step of making the lists of a registry."""
    with writing_lists(pipeline, AS_OF, "test") as folders:
        registry = pipeline.path(pipeline.registry)
        with locked_down(registry, folders) as engine:
            heard = Listener(engine)
            stage_exports(heard, pipeline, AS_OF)
    return heard.steps


@pytest.fixture(scope="module")
def steps(tmp_path_factory):
    """Give every step there is: planned, and worked out from rows, twice."""
    folder = tmp_path_factory.mktemp("everything")
    write(folder, FILES)
    (folder / "everything.yaml").write_text(EVERYTHING.read_text("utf-8"), "utf-8")
    pipeline = load_pipeline(folder / "everything.yaml", os.environ)
    other = EVERYTHING.read_text("utf-8")
    for said, instead in (
        ("guests: register", "guests: orders_only"),
        ("groups: [shop, club]", "groups: union"),
        ("tax_exempt: all", "tax_exempt: any"),
        ("billing: most_common", "billing: newest"),
        ("birth_date: min", "birth_date: newest"),
    ):
        assert said in other
        other = other.replace(said, instead)
    (folder / "other.yaml").write_text(other, "utf-8")
    found = plan_sql(pipeline, None)
    found += plan_sql(load_pipeline(folder / "other.yaml", os.environ), None)
    found += listened(pipeline, folder)
    run_pipeline(pipeline, as_of=AS_OF, wait=0, progress=silent)
    found += plan_sql(pipeline, None)
    changed = [LATER.get(name, "1") for name in SHOP[:1]] + [
        LATER.get(name, "") for name in SHOP[1:]
    ]
    write(folder, {"shop.csv": [SHOP, changed, *FILES["shop.csv"][2:]]})
    found += listened(pipeline, folder, by_hand=BY_HAND)
    other_pipeline = load_pipeline(folder / "other.yaml", os.environ)
    found += listened(other_pipeline, folder)
    found += lists(pipeline)
    unique = {(each.name, each.select): each for each in found}
    return list(unique.values())
