"""The sample pipeline gives exactly what the maker of its data knows to be true."""

import csv
import os
import shutil
from collections import defaultdict
from pathlib import Path
from types import SimpleNamespace

import pytest

from regpipe.spec.load import load_pipeline
from worlds import (
    asked,
    clusters,
    contents,
    deliver,
    emails,
    here,
    listed,
    nothing_changed,
    run,
    tables,
)

SHOP = "web_shop_customers.csv"


def truth(name):
    """Give the rows of one file of the truth, as dicts."""
    with here(f"sample_data/truth/{name}.csv").open(newline="") as file:
        return list(csv.DictReader(file))


@pytest.fixture(scope="module")
def sample(tmp_path_factory):
    """The sample's folder after a run, and the outcome of it."""
    folder = tmp_path_factory.mktemp("sample")
    shutil.copytree(here("pipelines"), folder / "pipelines")
    shutil.copytree(here("sample_data"), folder / "sample_data")
    pipeline = load_pipeline(folder / "pipelines" / "sample.yaml", os.environ)
    outcome = run(pipeline)
    return SimpleNamespace(
        folder=folder,
        pipeline=pipeline,
        outcome=outcome,
        registry=folder / "out" / "registry.duckdb",
        lists=contents(folder / "out"),
    )


@pytest.fixture(scope="module")
def person_of(sample):
    """Who each customer truly is: by customer_id."""
    person = {(row["source"], row["external_id"]): row for row in truth("people")}
    return {
        customer_id: person[min(keys)]["person_id"]
        for customer_id, keys in clusters(sample.registry).items()
    }


def test_every_file_has_the_true_counts(sample):
    assert [
        {
            "source": file.source,
            "file": Path(file.file).name,
            "read": str(file.read),
            "accepted": str(file.accepted),
            "rejected": str(file.rejected),
            "duplicate": str(file.duplicate),
        }
        for file in sample.outcome.files
    ] == truth("files")
    assert all(file.balances for file in sample.outcome.files)


def test_the_rejects_and_their_reasons_are_the_true_ones(sample):
    found = asked(
        sample.registry,
        """
        select source, file, row_number, reason."column", reason."check"
        from (select *, unnest(reasons) as reason from rejects)
        """,
    )
    assert sorted(
        (source, Path(file).name, row, column, check)
        for source, file, row, column, check in found
    ) == sorted(
        (r["source"], r["file"], int(r["row_number"]), r["column"], r["check"])
        for r in truth("rejects")
    )


def test_the_customers_are_the_true_people(sample):
    people = defaultdict(set)
    for row in truth("people"):
        people[row["person_id"]].add((row["source"], row["external_id"]))
    found = set(clusters(sample.registry).values())
    assert found == {frozenset(keys) for keys in people.values()}


def test_the_newsletter_goes_to_those_it_may_go_to(sample):
    with (sample.folder / "out" / "newsletter.csv").open(newline="") as file:
        found = [row["Email Address"] for row in csv.DictReader(file)]
    assert sorted(found) == sorted(row["email"] for row in truth("newsletter"))


def test_a_segment_of_it_is_the_true_one(sample):
    found = emails(sample.folder / "out" / "nordic-buyers.csv")
    assert sorted(found) == sorted(row["email"] for row in truth("nordic_buyers"))


def test_every_group_has_its_true_members(sample, person_of):
    found = {
        path.stem: sorted(person_of[int(row["customer_id"])] for row in listed(path))
        for path in (sample.folder / "out" / "groups").glob("*.csv")
    }
    members = defaultdict(list)
    for row in truth("groups"):
        members[row["group"]].append(row["person_id"])
    assert found == {group: sorted(people) for group, people in members.items()}


def test_every_order_has_its_true_owner(sample, person_of):
    found = asked(sample.registry, "select source, order_id, customer_id from orders")
    assert {
        (source, order_id): person_of.get(customer_id, "")
        for source, order_id, customer_id in found
    } == {
        (row["source"], row["order_id"]): row["person_id"]
        for row in truth("order_owners")
    }


def test_the_same_run_again_changes_nothing_and_writes_the_same_bytes(sample):
    before = tables(sample.registry, without=("runs", "run_files", "exports"))
    again = run(sample.pipeline)
    assert nothing_changed(again)
    assert again.exports == sample.outcome.exports
    assert tables(sample.registry, without=("runs", "run_files", "exports")) == before
    lists = {
        n: c for n, c in contents(sample.folder / "out").items() if n[-4:] == ".csv"
    }
    assert lists == {n: c for n, c in sample.lists.items() if n[-4:] == ".csv"}


def test_one_changed_row_of_a_full_dump_is_all_that_the_deltas_name(sample):
    path = sample.folder / "sample_data" / SHOP
    was = path.read_bytes()
    with path.open(newline="") as file:
        rows = list(csv.DictReader(file))
    alone = set(clusters(sample.registry).values())
    row = next(r for r in rows if frozenset([("web_shop", r["Customer ID"])]) in alone)
    before = tables(sample.registry)
    with path.open("w", newline="") as file:
        writer = csv.DictWriter(file, list(rows[0]), lineterminator="\n")
        writer.writeheader()
        for each in rows:
            if each["Customer ID"] == row["Customer ID"]:
                each["Last Name"] = "Changed"
                each["Updated At"] = "2026-01-01 00:00:00 +0000"
        writer.writerows(rows)
    try:
        outcome = run(sample.pipeline)
    finally:
        path.write_bytes(was)
    after = tables(sample.registry)
    changed = {name for name in after if after[name] != before[name]}
    assert changed == {
        *("runs", "run_files", "exports"),
        *("source_records", "source_records_history"),
        *("customers", "customers_history"),
    }
    assert {
        n: (d.gone, d.new) for n, d in outcome.deltas.items() if d.gone or d.new
    } == {
        "source_records": (1, 1),
        "customers": (1, 1),
    }
    ((customer_id, name),) = asked(
        sample.registry,
        f"select customer_id, last_name from customers where run_id = {outcome.run}",
    )
    assert (("web_shop", row["Customer ID"]),) == tuple(
        clusters(sample.registry)[customer_id]
    )
    assert name == "Changed"


def test_one_unsubscribe_takes_one_row_off_and_an_older_yes_does_not_bring_it_back(
    sample, tmp_path
):
    folder = shutil.copytree(sample.folder, tmp_path / "shop")
    pipeline = load_pipeline(folder / "pipelines" / "sample.yaml", os.environ)
    path = folder / "sample_data" / "mail_club.csv"
    was = path.read_bytes()
    with path.open(newline="", encoding="utf-8-sig") as file:
        rows = list(csv.DictReader(file))

    def mailed():
        return (folder / "out" / "newsletter.csv").read_text("utf-8").splitlines()

    before = mailed()
    row = next(r for r in rows if any(line.startswith(r["E-mail"]) for line in before))
    (line,) = (line for line in before if line.startswith(row["E-mail"]))
    assert row["Status"] == "subscribed"
    left = {"Status": "unsubscribed", "Status Since": "2026-02-01T10:00:00Z"}
    deliver(path, [{**each, **left} if each is row else each for each in rows])
    run(pipeline)
    assert mailed() == [each for each in before if each != line]

    path.write_bytes(was)  # the file of before, though it came today
    again = {"Status Since": "2026-01-31T10:00:00Z", "Changed": "2026-05-01 10:00:00"}
    deliver(path.with_name("later.csv"), [{**row, **again}])
    club = pipeline.sources["mail_club"]
    both = club.model_copy(update={"files": (*club.files, "../sample_data/later.csv")})
    sources = {**pipeline.sources, "mail_club": both}
    run(pipeline.model_copy(update={"sources": sources}))
    assert mailed() == [each for each in before if each != line]
