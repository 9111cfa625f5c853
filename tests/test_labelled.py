"""Labelled customers are the same each time, their truth fits their files, and the
rates of trouble are those that are said."""

import csv
from collections import Counter, defaultdict
from itertools import combinations

import numpy as np
import pytest
from benchmarks.labelled import rates
from benchmarks.labelled import records as of
from benchmarks.labelled.folder import make, write
from benchmarks.labelled.pipeline import FILES
from benchmarks.labelled.troubles import breakdown

import regpipe

PEOPLE = 4_000


@pytest.fixture(scope="module")
def world():
    return make(PEOPLE, seed=7)


@pytest.fixture(scope="module")
def folder(world, tmp_path_factory):
    out = tmp_path_factory.mktemp("labelled")
    write(world, out, seed=7)
    return out


def rows_of(folder, delivery, file):
    text = (folder / delivery / file.name).read_text(encoding=file.encoding)
    return list(csv.DictReader(text.splitlines(), delimiter=file.delimiter))


def contents(folder):
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in folder.rglob("*.*")
        if path.is_file()
    }


def test_the_same_seed_gives_the_same_bytes_and_another_seed_other_ones(tmp_path):
    for name, seed in (("one", 1), ("again", 1), ("other", 2)):
        write(make(300, seed), tmp_path / name, seed)
    one = contents(tmp_path / "one")
    assert one == contents(tmp_path / "again")
    other = contents(tmp_path / "other")
    assert {n for n in one if one[n] == other[n]} == {"first.yaml", "pipeline.yaml"}


def test_each_record_of_the_files_has_one_label_and_each_label_a_record(folder):
    with (folder / "TRUTH.csv").open(encoding="utf-8", newline="") as file:
        truth = list(csv.DictReader(file))
    labelled = {(row["source"], row["external_id"]) for row in truth}
    assert len(labelled) == len(truth)
    written = Counter()
    for store, file in zip(rates.STORES, FILES, strict=True):
        key = next(iter(file.columns))
        for delivery in ("first", "second"):
            written.update((store, r[key]) for r in rows_of(folder, delivery, file))
    assert set(written) == labelled
    assert len({row["person"] for row in truth}) == PEOPLE
    # Twice in the files are the numbers of old_shop that became somebody else's.
    again = {source for (source, _), times in written.items() if times > 1}
    assert again == {"old_shop"}


def test_every_row_is_accepted_and_the_truth_is_known_to_the_registry(folder):
    for name in ("first.yaml", "pipeline.yaml"):
        outcome = regpipe.run(folder / name)
        assert [file.rejected for file in outcome.files] == [0] * len(outcome.files)
    with regpipe.open(folder / "registry.duckdb") as registry:
        found = registry.evaluate(folder / "TRUTH.csv")
    assert (found.unknown, found.alone, found.persons) == (0, 0, PEOPLE)
    assert found.agreement.pairs.f1 > 0.8


def test_a_number_given_anew_is_another_persons_in_the_second_delivery(folder, world):
    file = FILES[rates.OLD]
    key = next(iter(file.columns))
    first = {row[key]: row for row in rows_of(folder, "first", file)}
    second = {row[key]: row for row in rows_of(folder, "second", file)}
    reused = first.keys() & second.keys()
    assert len(reused) == int(world.records.reuses.sum()) > 0
    for number in reused:
        assert first[number]["Ändrad"] < second[number]["Ändrad"]
        assert first[number] != second[number]


def test_the_rates_are_those_that_are_said(world):
    people, rows, cells = world.people, world.records, world.cells
    blank = {
        name: np.array([not text for text in getattr(cells, name).to_pylist()]).mean()
        for name in ("email", "phone", "born")
    }
    assert blank["email"] == pytest.approx(0.10, abs=0.02)
    assert blank["phone"] == pytest.approx(0.40, abs=0.03)
    assert 1 - blank["born"] == pytest.approx(0.35, abs=0.03)
    assert 1 - PEOPLE / len(rows) == pytest.approx(0.20, abs=0.02)
    further = rows.nth > 0
    moved = (rows.place == of.NEW_HOME)[further].mean()
    assert 0.10 < moved < 0.15
    for what, rate in rates.SLIPS.items():
        assert 0.02 < rate <= 0.08
        assert cells.slips[what][further].mean() == pytest.approx(rate, abs=0.02)
    assert (people.size > 1).mean() == pytest.approx(0.5, abs=0.06)


def test_families_share_a_landline_colleagues_a_mailbox_and_nobody_else_an_address(
    world,
):
    people, rows = world.people, world.records
    phones, emails = defaultdict(set), defaultdict(set)
    sound = ~world.cells.slips["phone"], ~world.cells.slips["email"]
    for column, kinds, fine, holders in (
        (world.cells.phone, rows.phone, sound[0], phones),
        (world.cells.email, rows.email, sound[1], emails),
    ):
        for number, text in enumerate(column.to_pylist()):
            if text and fine[number]:
                plain = text.removeprefix("+46").removeprefix("0046")
                plain = "".join(c for c in plain if c not in " -").removeprefix("0")
                holders[plain if column is world.cells.phone else text].add(
                    (int(kinds[number]), int(rows.who[number]))
                )
    shared = [who for who in phones.values() if len({n for _, n in who}) > 1]
    assert {kind for who in shared for kind, _ in who} == {
        *(of.LANDLINE, of.NEW_LANDLINE, of.SWITCHBOARD)
    }
    have = {n for who in phones.values() for _, n in who}
    at_home = {n for who in shared for kind, n in who if kind != of.SWITCHBOARD}
    assert len(at_home) / len(have) == pytest.approx(0.27, abs=0.06)
    for who in emails.values():
        people_of = {n for _, n in who}
        if len(people_of) > 1:
            kinds = {kind for kind, _ in who}
            homes = {int(people.household[n]) for n in people_of}
            assert kinds <= {of.OFFICE_EMAIL, of.WORK_EMAIL} or (
                kinds == {of.SHARED_EMAIL} and len(homes) == 1
            )


def test_a_family_bears_a_first_name_twice_only_where_a_child_is_named_after_one(
    world,
):
    people = world.people
    homes = defaultdict(list)
    for number, home in enumerate(people.household.tolist()):
        homes[home].append(number)
    twice = [
        b
        for home in homes.values()
        for a, b in combinations(home, 2)
        if people.first[a] == people.first[b]
    ]
    named = np.isin(people.kin[twice], (2, 3))
    assert named.mean() > 0.8
    assert 0 < len(twice) < 0.01 * PEOPLE


def test_pairs_in_the_wrong_place_are_counted_by_cause(world):
    alone = breakdown(world, list(range(len(world.records))))
    assert not alone.relations
    assert alone.missed == alone.troubled
    right = breakdown(world, world.records.who.tolist())
    assert not right.missed
    assert right.troubled == alone.troubled
    homes = breakdown(world, world.people.household[world.records.who].tolist())
    assert not homes.missed
    assert set(homes.relations) > {"couple", "family", "parent and child of one name"}
