"""Targets on the command line: what is listed, what is warned of, what a plan says."""

import json

from shop import make_registry
from targets_world import WORLD
from worlds import customers, deliver, written

SHOP = """
| email    | phone        | first_name | news | groups  |
| a@x.se   | +46701234567 | Anna       | yes  | B+C     |
| b@x.se   | +46701234567 | Bo         | yes  | B, or C |
| -        | +46701234568 | Dan        | -    | -       |
| c@x.se   | -            | Cia        | no   | -       |
| c@x.se   | -            | Otto       | no   | -       |
"""
SOURCE = customers("email phone first_name news groups external_id")
LISTS = {
    "shopify": {"purpose": "service", "target": "shopify", "to": "out/s.csv"},
    "ecwid": {"purpose": "service", "target": "ecwid", "to": "out/e.csv"},
    "tool": {"purpose": "newsletter", "target": "listmonk", "to": "out/l.csv"},
}
WARNINGS = [
    "warning: exports.shopify: the target shopify is unverified, for what the import "
    "demands and its limit of 1 MB are those of its help as others copied it; import a "
    "few rows first",
    "warning: exports.shopify: shopify would not take all that these columns hold; "
    "left out there: Phone 1, Tags 1",
    "warning: exports.shopify: customers in no file: 1, for shopify takes an address "
    "once, and an earlier customer has theirs",
    "warning: exports.ecwid: customers in no file: 1, for ecwid takes an address "
    "once, and an earlier customer has theirs",
    "warning: exports.ecwid: customers in no file: 1, for ecwid would refuse their "
    "rows: a cell it demands is blank or of no use",
]


def shop(folder):
    """Deliver a small shop and declare lists of it to several targets."""
    lines = SHOP.strip().split("\n")
    ids = ["external_id", *map(str, range(1, len(lines)))]
    rows = "\n".join(f"{line} {n} |" for line, n in zip(lines, ids, strict=True))
    deliver(folder / "shop.csv", rows)
    return written(folder, {"shop": SOURCE}, LISTS)


def about_lists(text):
    return [line for line in text.splitlines() if "exports." in line]


def test_a_run_and_an_export_warn_of_what_an_importer_would_not_take(tmp_path, regpipe):
    path = shop(tmp_path)
    ran = regpipe("run", path)
    assert (ran.code, about_lists(ran.err)) == (0, WARNINGS)
    again = regpipe("export", path)
    assert (again.code, about_lists(again.err)) == (0, WARNINGS)
    told = json.loads(regpipe("export", path, "ecwid", "--json").out)
    assert told["warnings"] == [each.removeprefix("warning: ") for each in WARNINGS[3:]]
    assert [(each["file"], each["rows"]) for each in told["exports"]] == [
        (str(tmp_path / "out/e.csv"), 3)
    ]
    assert not any(name in ran.err for name in ("Anna", "x.se", "+467", "B, or C"))


def test_a_plan_counts_who_would_be_in_the_files(tmp_path, regpipe):
    path = shop(tmp_path)
    changes = json.loads(regpipe("plan", path, "--json").out)["changes"]
    joins = {name: changes[f"join {name}"] for name in LISTS}
    assert joins == {"shopify": 4, "ecwid": 3, "tool": 2}
    regpipe("run", path)
    changes = json.loads(regpipe("plan", path, "--json").out)["changes"]
    assert [changes[f"{move} {n}"] for n in LISTS for move in ("join", "leave")] == [
        0
    ] * 6


def test_a_list_that_cannot_be_cut_stops_an_export_with_exit_code_1(tmp_path, regpipe):
    make_registry(tmp_path / "registry.duckdb", **WORLD)
    lists = {"shopify": {**LISTS["shopify"], "split": {"bytes": 1000}}}
    path = written(tmp_path, {"shop": SOURCE}, lists)
    assert regpipe("export", path).code == 0
    lists["shopify"]["fill"] = {"Note": "SECRET" * 200}
    path = written(tmp_path, {"shop": SOURCE}, lists)
    before = (tmp_path / "out/s.csv").read_bytes()
    told = regpipe("export", path)
    assert (told.code, told.err) == (
        1,
        "error: exports.shopify: s.csv: row 2: is larger than a file of 1000 bytes may "
        "be\n    hint: see to the texts of that row, or allow larger files by "
        "'split'\n",
    )
    assert (tmp_path / "out/s.csv").read_bytes() == before


def test_targets_are_listed_and_shown_apart_from_presets(regpipe):
    told = regpipe("presets", "--targets")
    assert told.code == 0
    rows = [line.split() for line in told.out.splitlines()]
    assert ["targets"] in rows
    assert ["mailchimp", "unverified", "Mailchimp,"] in [row[:3] for row in rows]
    assert not any("shopify-orders" in row for row in rows)
    shown = regpipe("presets", "--targets", "ecwid")
    assert shown.out.startswith("about: Ecwid, its old customers import")
    (found,) = json.loads(regpipe("presets", "--targets", "listmonk", "--json").out)[
        "targets"
    ]
    assert (found["name"], found["unverified"]) == ("listmonk", None)
    assert (found["columns"], found["refusals"]) == (
        ["email", "name"],
        ["blocklist", "unsubscribed"],
    )
    told = regpipe("presets", "--targets", "mailchip")
    assert told.code == 2
    assert told.err.startswith("error: presets: unknown target 'mailchip'\n")
    assert "did you mean 'mailchimp'?" in told.err
