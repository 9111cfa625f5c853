"""Which rejects are open: a function of what came, held against a slow model of it."""

import csv
import io
from collections import Counter
from dataclasses import dataclass, field
from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

import regpipe
from regpipe.engine.duckdb import DuckDBEngine
from regpipe.outcome import silent
from regpipe.registry import migrate
from regpipe.run import run_pipeline
from regpipe.stages.mending import write_rejects
from shop import inserts
from worlds import (
    AS_OF,
    DELIVERED,
    asked,
    consents,
    customers,
    declared,
    deliver,
    listed,
    nothing_changed,
    orders,
    put,
    records,
    run,
    whole_runs,
)

SHOP = "external_id email last_name"


def day(number):
    return DELIVERED + timedelta(days=number)


def replay(pipeline, path):
    """Replay a file of mended rows; give the outcome."""
    return run_pipeline(pipeline, as_of=AS_OF, wait=0, progress=silent, mended=path)


def open_rejects(folder):
    """Give the open rejects as dicts, in the order of their ids."""
    return records(folder / "registry.duckdb", "from rejects order by reject_id")


def closures(folder):
    """Give how each closed reject was closed, by its id."""
    return dict(
        asked(folder / "registry.duckdb", "select reject_id, how from reject_closures")
    )


def to_mend(folder, target="mend.csv", **cells):
    """Write the open rejects to a file with these cells in every row."""
    out = io.StringIO()
    write_rejects(open_rejects(folder), out)
    rows = list(csv.DictReader(io.StringIO(out.getvalue())))
    return deliver(folder / target, [{**row, **cells} for row in rows])


# What closes a reject, and what opens one.


def nightly(folder, *files, **more):
    """Run each file by itself, on days in a row; give the pipeline."""
    shop = declared(folder, {"shop": customers(SHOP, tolerate=1.0, **more)})
    for number, rows in enumerate(files):
        (folder / "shop.csv").unlink(missing_ok=True)
        deliver(folder / "shop.csv", rows, at=day(number))
        run(shop)
    return shop


HEAD = "external_id | email | last_name\n"
GOOD = HEAD + "1 | a@x.se | Berg"
BAD = HEAD + "1 | none | Berg"


def test_a_later_good_version_closes_a_reject_and_says_by_which_row(tmp_path):
    nightly(tmp_path, BAD, HEAD + "2 | b@x.se | Ek\n1 | a@x.se | Berg")
    assert open_rejects(tmp_path) == []
    assert asked(
        tmp_path / "registry.duckdb",
        "select reject_id, record_key, how, file_id, row_number, run_id "
        "from reject_closures",
    ) == [(1, "1", "overtaken", 2, 3, 2)]
    (was,) = records(tmp_path / "registry.duckdb", "from rejects_history")
    assert (was["reject_id"], was["run_id"], was["ended_run_id"]) == (1, 1, 2)
    assert was["original"] == ["1", "none", "Berg"]


def test_a_row_that_was_good_and_is_bad_later_is_open(tmp_path):
    nightly(tmp_path, GOOD, BAD)
    assert [r["record_key"] for r in open_rejects(tmp_path)] == ["1"]


def test_a_row_bad_once_more_after_a_good_version_is_a_new_reject(tmp_path):
    shop = nightly(tmp_path, BAD, GOOD, BAD)
    assert [r["reject_id"] for r in open_rejects(tmp_path)] == [2]
    assert closures(tmp_path) == {1: "overtaken"}
    assert nothing_changed(run(shop))


def test_a_good_version_that_the_registry_holds_closes_a_reject_of_between(tmp_path):
    nightly(tmp_path, GOOD, BAD, GOOD)
    assert open_rejects(tmp_path) == []


def test_a_reject_that_comes_again_has_said_nothing_new(tmp_path):
    shop = nightly(tmp_path, BAD, BAD, BAD)
    outcome = run(shop)
    assert outcome.files[0].rejected == 1
    assert nothing_changed(outcome)
    (reject,) = open_rejects(tmp_path)
    assert (reject["reject_id"], reject["run_id"]) == (1, 1)


def test_a_folder_with_the_old_bad_file_and_the_newer_good_one_opens_nothing(tmp_path):
    deliver(tmp_path / "shop1.csv", BAD, at=day(1))
    deliver(tmp_path / "shop2.csv", GOOD, at=day(2))
    shop = declared(tmp_path, {"shop": customers(SHOP, tolerate=1.0)})
    first = run(shop)
    assert sum(file.rejected for file in first.files) == 1
    assert open_rejects(tmp_path) == []
    assert closures(tmp_path) == {1: "overtaken"}
    assert asked(
        tmp_path / "registry.duckdb",
        "select original, run_id, ended_run_id from rejects_history",
    ) == [(["1", "none", "Berg"], 1, 1)]
    assert nothing_changed(run(shop))


def test_one_text_in_two_files_is_one_reject_and_equal_rows_of_a_file_are_two(tmp_path):
    deliver(tmp_path / "shop1.csv", HEAD + "- | b@x.se | Ek\n- | b@x.se | Ek")
    deliver(tmp_path / "shop2.csv", HEAD + "- | b@x.se | Ek", at=day(1))
    shop = declared(tmp_path, {"shop": customers(SHOP, tolerate=1.0)})
    run(shop)
    assert [(r["occurrence"], r["file"]) for r in open_rejects(tmp_path)] == [
        (2, "shop1.csv"),
        (1, "shop2.csv"),
    ]
    assert nothing_changed(run(shop))


def test_a_row_that_does_not_say_whose_it_is_stays_open_until_it_is_mended(tmp_path):
    nightly(tmp_path, HEAD + "- | a@x.se | Berg", GOOD, GOOD)
    assert [r["record_key"] for r in open_rejects(tmp_path)] == [None]


def test_a_ragged_row_is_known_by_its_first_cell_only(tmp_path):
    for order, left in (("external_id,email,last_name", 0), ("email,external_id,x", 1)):
        folder = tmp_path / order[:5]
        names = order.split(",")
        cells = {"external_id": "1", "email": "a@x.se"}
        row = ",".join(cells.get(name, "Ek") for name in names)
        put(folder / "shop1.csv", f"{order}\n{row},more\n")
        deliver(folder / "shop2.csv", GOOD, at=day(9))
        source = customers("external_id email", tolerate=1.0)
        run(declared(folder, {"shop": source}))
        assert len(open_rejects(folder)) == left, order


def test_of_two_bad_versions_the_newer_one_is_open(tmp_path):
    nightly(tmp_path, BAD, BAD.replace("Berg", "Ek"))
    assert [r["original"] for r in open_rejects(tmp_path)] == [["1", "none", "Ek"]]
    assert closures(tmp_path) == {1: "overtaken"}


def test_a_pipeline_that_learns_to_read_a_row_closes_its_reject(tmp_path):
    deliver(tmp_path / "shop.csv", "email | news\na@x.se | jo\nb@x.se | yes")
    source = customers("email news", tolerate=1.0)
    run(declared(tmp_path, {"shop": source}))
    assert len(open_rejects(tmp_path)) == 1
    source["columns"]["consent.newsletter"] = {"from": "news", "granted": ["jo", "x"]}
    run(declared(tmp_path, {"shop": source}))
    assert closures(tmp_path) == {1: "taken"}
    (reject,) = open_rejects(tmp_path)  # the other word is not known any more
    assert reject["original"] == ["b@x.se", "yes"]


def test_a_row_judged_otherwise_by_another_mapping_is_still_one_reject(tmp_path):
    deliver(tmp_path / "shop.csv", HEAD + "- | none | Ek")
    run(declared(tmp_path, {"shop": customers(SHOP, tolerate=1.0)}))
    shop = declared(tmp_path, {"shop": customers("external_id email", tolerate=1.0)})
    run(shop)
    assert [r["reject_id"] for r in open_rejects(tmp_path)] == [2]
    assert closures(tmp_path) == {1: "replaced"}
    assert nothing_changed(run(shop))


SALES = "order_id ordered_at note total"
BASKET = """
order_id | ordered_at | note | total
A | 2026-01-01 | one | x
A | - | two | -
"""


def test_all_rows_of_an_order_are_open_and_closed_together(tmp_path):
    shop = declared(tmp_path, {"sales": orders(SALES, tolerate=1.0)})
    deliver(tmp_path / "orders.csv", BASKET)
    run(shop)
    assert [r["record_key"] for r in open_rejects(tmp_path)] == ["A", "A"]
    deliver(tmp_path / "orders.csv", BASKET.replace("| x", "| 5"), at=day(1))
    run(shop)
    assert closures(tmp_path) == {1: "overtaken", 2: "overtaken"}


def test_of_an_order_that_came_again_only_its_newer_rows_are_open(tmp_path):
    shop = declared(tmp_path, {"sales": orders(SALES, tolerate=1.0)})
    deliver(tmp_path / "orders.csv", BASKET)
    run(shop)
    deliver(tmp_path / "orders.csv", BASKET.replace("two", "three"), at=day(1))
    run(shop)
    found = [(r["original"][2], r["file_id"]) for r in open_rejects(tmp_path)]
    assert found == [("one", 2), ("three", 2)]
    assert closures(tmp_path) == {2: "overtaken"}
    assert nothing_changed(run(shop))


def test_a_statement_is_closed_by_a_newer_good_one_on_its_address(tmp_path):
    told = declared(tmp_path, {"unsubscribed": consents(tolerate=1.0)})
    rows = "email | status | at\na@x.se | ??? | 2026-01-02\na@x.se | !!! | 2026-02-02"
    deliver(tmp_path / "consents.csv", rows)
    run(told)
    assert len(open_rejects(tmp_path)) == 2, "one bad statement does not stand for all"
    rows = "email | status | at\na@x.se | unsubscribed | 2026-01-20"
    deliver(tmp_path / "consents.csv", rows)
    run(told)
    assert [r["original"][1] for r in open_rejects(tmp_path)] == ["!!!"]


# A registry of before.


def test_rejects_of_a_registry_without_ids_get_theirs_by_their_places(tmp_path):
    rows = [
        {"row_number": n, "fingerprint": n, "original": [text], "header": ["email"]}
        for n, text in ((5, "no"), (3, "nix"), (3, "nil"))
    ]
    rows[2]["file_id"] = 2
    old = [
        f"insert into rejects by name select {cells}"
        for row in rows
        for cells in [
            f"'shop' as source, {row['fingerprint']} as fingerprint, 1 as occurrence, "
            f"{row.get('file_id', 1)} as file_id, 'shop.csv' as file, "
            f"{row['row_number']} as row_number, {row['original']} as original, "
            "['email'] as header, [{'column': 'email', 'check': 'email'}] as reasons, "
            "1 as run_id"
        ]
    ]
    files = inserts(
        runs=[{}],
        run_files=[
            {"file_id": n, "source": "shop", "file": "shop.csv", **COUNTED}
            for n in (1, 2)
        ],
    )
    path = tmp_path / "registry.duckdb"
    maker = DuckDBEngine(None)
    maker.publish(path, (*migrate.scripts()[:2], files, *old), (), 1)
    maker.close()
    shop = declared(tmp_path, {"shop": customers("email")})
    deliver(tmp_path / "shop.csv", "email\na@x.se")
    run(shop)
    found = [(r["reject_id"], r["original"]) for r in open_rejects(tmp_path)]
    assert found == [(1, ["nix"]), (2, ["no"]), (3, ["nil"])]
    assert asked(path, "select max(version) from format") == [(migrate.FORMAT,)]
    replay(shop, to_mend(tmp_path, email="b@x.se"))
    assert closures(tmp_path) == {1: "mended", 2: "mended", 3: "mended"}


COUNTED = dict.fromkeys(
    ("read", "accepted", "rejected", "duplicate", "unchanged", "suppressed"), 0
)


# Against the model.


@dataclass
class Model:
    """All that ever came, and nothing worked out before somebody asks."""

    times: dict = field(default_factory=dict)  # of each reject: when it was seen
    keys: dict = field(default_factory=dict)  # of each reject: whose row it is
    good: list = field(default_factory=list)  # key and time of each good version
    settled: set = field(default_factory=set)  # rejects mended or replaced

    def see(self, rows, delivered):
        equal = Counter()
        for row in rows:
            when = (row["updated_at"] or delivered, delivered)
            if row["email"] != "none" and row["external_id"]:
                self.good.append((row["external_id"], when))
                continue
            cells = tuple(row.values())
            equal[cells] += 1
            which = (cells, equal[cells])
            self.times.setdefault(which, []).append(when)
            self.keys[which] = row["external_id"]

    def come_back(self, rejects, rows, what):
        for reject, row in zip(rejects, rows, strict=True):
            which = (tuple(reject["original"]), reject["occurrence"])
            cells = tuple(row.values())[4:]
            if cells == which[0]:
                continue
            self.settled.add(which)
            when = max(self.times[which])
            if what == "mend":
                self.good.append((cells[0], when))
            else:
                equal = sum(w[0] == cells and self.is_open(w) for w in self.times)
                self.times[cells, equal + 1] = [when]
                self.keys[cells, equal + 1] = cells[0]

    def is_open(self, which):
        if which in self.settled:
            return False
        if not self.keys[which]:
            return True
        others = [when for key, when in self.good if key == self.keys[which]]
        others += [
            when
            for other, times in self.times.items()
            if other not in self.settled and self.keys[other] == self.keys[which]
            for when in times
        ]
        return max(self.times[which]) >= max(others)

    def open(self):
        return Counter(which[0] for which in self.times if self.is_open(which))


@st.composite
def files(draw, dated):
    """Give files of rows, one a day: good, bad or of nobody; some come again."""
    made, texts = [], []
    for _ in range(draw(st.integers(2, 5))):
        rows = []
        for _ in range(draw(st.integers(1, 4))):
            if texts and draw(st.integers(0, 2)) == 0:
                rows.append(draw(st.sampled_from(texts)))
                continue
            number = len(texts)
            time = f"2026-01-01 {draw(st.integers(0, 9)):02}:{number:02}:00"
            row = {
                "external_id": draw(st.sampled_from(["1", "1", "2", ""])),
                "email": draw(st.sampled_from(["none", "none", f"{number}@x.se"])),
                "last_name": f"text{number}",
                "updated_at": time if dated else "",
            }
            texts.append(row)
            rows.append(row)
        made.append(rows)
    return made


@st.composite
def histories(draw):
    """Give files, in the order in which they come, and what happens between."""
    dated = draw(st.booleans())
    made = draw(files(dated))
    places = list(range(len(made)))
    if dated:
        places = draw(st.permutations(places))
    steps = []
    while places:
        some = draw(st.integers(1, 2))
        steps.append(("run", [places.pop(0) for _ in range(min(some, len(places)))]))
        if draw(st.booleans()):
            steps.append((draw(st.sampled_from(["mend", "spoil"])), []))
    return dated, made, steps, draw(st.booleans())


@given(history=histories())
@whole_runs(7)
def test_open_rejects_are_those_of_the_model(tmp_path_factory, history):
    dated, made, steps, kept = history
    folder = tmp_path_factory.mktemp("shop")
    columns = "external_id email last_name updated_at"
    names = columns if dated else columns.removesuffix(" updated_at")
    shop = declared(folder, {"shop": customers(names, tolerate=1.0)})
    model = Model()
    for what, places in steps:
        if what == "run":
            for old in [] if kept else folder.glob("shop*.csv"):
                old.unlink()
            for place in places:
                deliver(folder / f"shop{place}.csv", made[place], at=day(place))
                model.see(made[place], day(place).strftime("%Y-%m-%d %H:%M:%S"))
            outcome = run(shop)
            assert all(file.balances for file in outcome.files)
        elif any(model.is_open(which) for which in model.times):
            rejects = open_rejects(folder)
            one = to_mend(folder)
            rows = [changed(row, what) for row in listed(one)]
            deliver(one, rows)
            model.come_back(rejects, rows, what)
            assert all(file.balances for file in replay(shop, one).files)
            assert nothing_changed(replay(shop, one))
        found = Counter(tuple(r["original"]) for r in open_rejects(folder))
        assert found == model.open(), (what, places)
    assert nothing_changed(run(shop))
    with regpipe.open(folder / "registry.duckdb") as registry:
        counts = registry.reject_counts().arrow().to_pylist()
        if counts:
            assert counts[0]["open"] == len(open_rejects(folder))


def changed(row, what):
    """Mend every other row, well or badly, and leave the others as they are."""
    number = int(row["regpipe_reject"])
    if what == "mend" and number % 2:
        key = row["external_id"] or f"new{number}"
        return {**row, "external_id": key, "email": "mended@x.se"}
    if what == "spoil" and not number % 2:
        return {**row, "last_name": f"{row['last_name']}+"}
    return row
