"""The invented world is the same each time, and its truth fits its files."""

import csv
from collections import Counter
from itertools import combinations
from pathlib import Path

import duckdb
import pytest
from benchmarks import bare, rates
from benchmarks.compare import pipeline_for
from benchmarks.files import CUSTOMERS, ORDERS
from benchmarks.verify import BARE, REGPIPE, differences
from benchmarks.vocabulary import FIRST_NAMES, LAST_NAMES, OTHER_SPELLINGS, flat
from benchmarks.world import make_world

from regpipe.spec.load import load_pipeline
from worlds import run

SAMPLE = Path(__file__).resolve().parent.parent / "sample_data"
FILES = (*CUSTOMERS, *ORDERS)
PEOPLE = 10_000


def contents(folder):
    """Give the bytes of every file under ``folder``."""
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file()
    }


def rows_of(world, file):
    """Give the records of one of the world's files, the header first."""
    codec = "utf-8-sig" if file.bom else file.encoding
    with (world / file.name).open(encoding=codec, newline="") as lines:
        return list(csv.reader(lines, delimiter=file.delimiter, strict=True))


def truth_of(world, name):
    """Give the rows of one file of the truth, the header left out."""
    with (world / "truth" / f"{name}.csv").open(encoding="utf-8", newline="") as lines:
        return list(csv.reader(lines))[1:]


@pytest.fixture(scope="module")
def world(tmp_path_factory):
    folder = tmp_path_factory.mktemp("world")
    make_world(folder, PEOPLE, seed=7, order_rows=2.0)
    return folder


def test_the_same_seed_gives_the_same_bytes_and_another_seed_other_ones(tmp_path):
    for name, seed in (("one", 1), ("again", 1), ("other", 2)):
        make_world(tmp_path / name, 500, seed)
    one = contents(tmp_path / "one")
    assert one == contents(tmp_path / "again")
    other = contents(tmp_path / "other")
    assert [name for name in one if one[name] == other[name]] == []


def test_the_sample_is_what_the_generator_makes(tmp_path):
    make_world(tmp_path, 2000, 2026, order_rows=2.5)
    sample = contents(SAMPLE)
    assert sorted(sample) == sorted(contents(tmp_path))
    changed = [
        name for name, data in contents(tmp_path).items() if sample[name] != data
    ]
    assert changed == []
    assert sum(map(len, sample.values())) < 1_500_000


def test_every_row_of_every_file_is_accounted_for(world):
    rejects = Counter(
        source
        for source, row_number in {
            (source, row_number)
            for source, _, row_number, _, _ in truth_of(world, "rejects")
        }
    )
    counted = []
    for file in FILES:
        rows = rows_of(world, file)
        header, records = rows[0], rows[1:]
        assert file.header.split(file.delimiter) == header
        assert {len(record) for record in records} == {len(header)}
        twice = len(records) - len(set(map(tuple, records)))
        duplicate = twice if file in CUSTOMERS else 0
        rejected = rejects[file.source]
        accepted = len(records) - rejected - duplicate
        numbers = (len(records), accepted, rejected, duplicate)
        counted.append([file.source, file.name, *map(str, numbers)])
    assert counted == truth_of(world, "files")


def test_the_truth_names_each_accepted_customer_once(world):
    bad = {
        (source, int(row_number))
        for source, _, row_number, _, _ in truth_of(world, "rejects")
    }
    customers, guests = set(), set()
    for file in CUSTOMERS:
        header, *records = rows_of(world, file)
        for row_number, record in enumerate(records, start=2):
            if (file.source, row_number) not in bad:
                guest = "Account" in header and "guest" in record
                (guests if guest else customers).add((file.source, record[0]))
    named = [(source, number) for source, number, _ in truth_of(world, "people")]
    assert len(named) == len(set(named))
    assert set(named) == customers
    assert guests
    assert not guests & customers


def test_the_truth_names_each_accepted_order_once(world):
    bad = {
        (source, int(row_number))
        for source, _, row_number, _, _ in truth_of(world, "rejects")
    }
    accepted, rejected = set(), set()
    for file in ORDERS:
        for row_number, record in enumerate(rows_of(world, file)[1:], start=2):
            is_bad = (file.source, row_number) in bad
            (rejected if is_bad else accepted).add((file.source, record[0]))
    named = [(source, order) for source, order, _ in truth_of(world, "order_owners")]
    assert len(named) == len(set(named))
    assert set(named) == accepted
    assert not accepted & rejected


def test_only_one_row_of_a_rejected_order_breaks_a_rule_of_its_own(world):
    ids = {file.source: rows_of(world, file) for file in ORDERS}
    own = Counter()
    for source, _, row_number, column, check in truth_of(world, "rejects"):
        if source in ids:
            order = ids[source][int(row_number) - 1][0]
            own[source, order] += (column, check) != ("", "order")
    assert set(own.values()) == {1}


def test_all_kinds_of_dirt_are_in_the_sample():
    found = {
        (source, column, check)
        for source, _, _, column, check in truth_of(SAMPLE, "rejects")
    }
    assert found == {
        ("web_shop", "updated_at", "unreadable"),
        ("web_shop", "email", "email"),
        ("web_shop", "external_id", "required"),
        ("web_shop", "phone", "e164"),
        ("web_shop", "country", "country"),
        ("old_shop", "updated_at", "unreadable"),
        ("old_shop", "email", "email"),
        ("old_shop", "external_id", "required"),
        ("old_shop", "phone", "e164"),
        ("mail_club", "updated_at", "unreadable"),
        ("mail_club", "email", "email"),
        ("mail_club", "external_id", "required"),
        ("mail_club", "consent.newsletter", "unreadable"),
        ("web_orders", "ordered_at", "unreadable"),
        ("web_orders", "total", "unreadable"),
        ("web_orders", "currency", "currency"),
        ("web_orders", "payment_status", "known"),
        ("web_orders", "line_price", "unreadable"),
        ("web_orders", "", "order"),
        ("old_orders", "ordered_at", "unreadable"),
        ("old_orders", "total", "unreadable"),
        ("old_orders", "currency", "currency"),
        ("old_orders", "payment_status", "known"),
    }


def test_rates_are_as_declared(world):
    read, rejected, twice = Counter(), Counter(), Counter()
    for source, _, rows, _, bad, duplicate in truth_of(world, "files"):
        kind = "orders" if source.endswith("orders") else "customers"
        read[kind] += int(rows)
        rejected[kind] += int(bad)
        twice[kind] += int(duplicate)
    people = truth_of(world, "people")
    stores = {}
    for source, _, person in people:
        stores.setdefault(person, []).append(source)
    spread = Counter(len(set(found)) for found in stores.values())
    again = sum(len(found) > len(set(found)) for found in stores.values())
    guests = PEOPLE * 13 / 20 * rates.GUESTS
    known = PEOPLE - guests

    assert read["customers"] / PEOPLE == pytest.approx(1.5, rel=0.05)
    assert read["orders"] / PEOPLE == pytest.approx(2.0, rel=0.05)
    assert rejected["customers"] / read["customers"] == pytest.approx(0.01, rel=0.25)
    assert rejected["orders"] / read["orders"] == pytest.approx(0.01, rel=0.25)
    assert twice["customers"] / read["customers"] == pytest.approx(
        rates.TWICE_IN_FILE, rel=0.25
    )
    assert spread[2] / known == pytest.approx(rates.IN_STORES[1], rel=0.1)
    assert spread[3] / known == pytest.approx(rates.IN_STORES[2], rel=0.1)
    assert again / known == pytest.approx(rates.SECOND_NUMBER, rel=0.2)


def similarity(name, other):
    """Give the Jaro-Winkler similarity of two names, case and accents folded."""
    query = "select jaro_winkler_similarity(?, ?)"
    return duckdb.execute(query, [flat(name), flat(other)]).fetchone()[0]


def test_first_names_of_a_household_are_not_similar():
    threes = [FIRST_NAMES[n : n + 3] for n in range(0, len(FIRST_NAMES), 3)]
    pairs = [pair for three in threes for pair in combinations(three, 2)]
    assert [pair for pair in pairs if similarity(*pair) >= 0.8] == []
    assert [(a, b) for a, b in pairs if flat(a)[0] == flat(b)[0]] == []


def test_other_spellings_pass_the_guard_on_first_names():
    assert set(OTHER_SPELLINGS) <= set(FIRST_NAMES)
    unlike = [pair for pair in OTHER_SPELLINGS.items() if similarity(*pair) < 0.85]
    assert unlike == []


def test_names_differ_by_more_than_case_and_accents():
    assert len(set(map(flat, FIRST_NAMES))) == len(FIRST_NAMES)
    assert len(set(map(flat, LAST_NAMES))) == len(LAST_NAMES)


def test_the_bare_script_finds_the_truth(world, tmp_path):
    bare.work(world, tmp_path)
    found = differences(world, tmp_path / "bare.duckdb", tmp_path, BARE)
    assert {answer: counts for answer, counts in found.items() if any(counts)} == {}


def test_regpipe_gives_exactly_the_truth(world, tmp_path):
    run(load_pipeline(pipeline_for(world, tmp_path), {}))
    found = differences(world, tmp_path / "registry.duckdb", tmp_path, REGPIPE)
    assert {answer: counts for answer, counts in found.items() if any(counts)} == {}


@pytest.mark.parametrize("people", [19, 10_000_001])
def test_a_world_too_small_or_too_large_is_refused(tmp_path, people):
    with pytest.raises(ValueError, match="people must be 20 to 10000000"):
        make_world(tmp_path, people, seed=1)
    assert list(tmp_path.iterdir()) == []
