"""Reject, mend, replay: mended rows come in as if they had come from their source."""

import csv
import json
import re
from datetime import timedelta

import pytest

from regpipe.errors import DataError, InputFileError, PipelineError
from regpipe.outcome import silent
from regpipe.run import run_pipeline
from test_rejects import closures, day, open_rejects, replay, to_mend
from worlds import (
    AS_OF,
    DELIVERED,
    EVERYBODY,
    NEWS,
    asked,
    consents,
    contents,
    customers,
    declared,
    deliver,
    emails,
    listed,
    nothing_changed,
    orders,
    put,
    run,
    written,
)

SHOP = "external_id email last_name updated_at news"
ROWS = """
external_id | email | last_name | updated_at | news
1 | a@x.se | Ålund | 2026-01-01 10:00:00 | granted
2 | none | Berg | 2026-01-02 10:00:00 | granted
3 | no; mail | =1+1 | 2026-01-03 10:00:00 | granted
"""
LISTS = {"news": NEWS, "everybody": EVERYBODY}
WHEN = ("--as-of", "2026-06-01T02:00:00Z")


def mend(path, **cells):
    """Mend the cells of a file, each old text becoming a new one."""
    rows = listed(path)
    for row in rows:
        for name, (old, new) in cells.items():
            if row[name] == old:
                row[name] = new
    return deliver(path, rows)


# The whole story, as it is typed.


@pytest.fixture
def shop(regpipe, tmp_path):
    """A folder after a run that left two rows out, and the file to mend them."""
    written(tmp_path, {"shop": customers(SHOP)}, LISTS)
    deliver(tmp_path / "shop.csv", ROWS)
    assert regpipe("run", "test.yaml", *WHEN).code == 0
    assert emails(tmp_path / "out" / "news.csv") == ["a@x.se"]
    told = regpipe("rejects", "write", "mend.csv", "--source", "shop")
    assert (told.code, told.out) == (0, "mend.csv: 2 rejected rows\n")
    return tmp_path


REPLAYED = """\
files
  source  file      read  accepted  rejected  duplicate  unchanged  suppressed
  shop    mend.csv     2         1         1          0          0           0
changes
  what               number
  customers created       1
  consents granted        1
  rejects closed          1
"""

CLOSED = """\
rejects
  reject  source  file      row  reasons       closed  in run  by file   by row
       1  shop    shop.csv    3  email: email  mended       2  mend.csv       2
"""

COUNTS = """\
rejects by run
  run_id  started_at  source  found  closed  open
       2  (then)      shop        0       1     1
       1  (then)      shop        2       0     2
"""


def test_reject_mend_replay_and_the_same_again(regpipe, shop):
    mend(shop / "mend.csv", email=("none", "b@x.se"))
    told = regpipe("rejects", "replay", "test.yaml", "mend.csv", *WHEN)
    assert (told.code, told.err) == (0, "")
    assert told.out.startswith(REPLAYED)
    assert emails(shop / "out" / "news.csv") == ["a@x.se", "b@x.se"]
    assert regpipe("show", "b@x.se").code == 0
    assert regpipe("rejects", "--closed").out == CLOSED
    assert regpipe("rejects").out.count("shop.csv") == 1
    assert regpipe("rejects", "--all").out.count("shop.csv") == 2
    counted = regpipe("rejects", "counts").out
    assert re.sub(r"20\S+ \S+( *)", "(then)  ", counted).split() == COUNTS.split()

    before = contents(shop / "out")
    told = regpipe("rejects", "replay", "test.yaml", "mend.csv", *WHEN)
    assert told.code == 0
    assert told.out.endswith("run 3: 2 rows read, 1 rejected, nothing changes\n")
    after = contents(shop / "out")
    assert {n: after[n] for n in after if n.endswith(".csv")} == {
        n: before[n] for n in before if n.endswith(".csv")
    }
    told = regpipe("run", "test.yaml", *WHEN)
    assert told.out.endswith("run 4: 3 rows read, 2 rejected, nothing changes\n")
    assert regpipe("rejects").out.count("shop.csv") == 1, "the mended one stays closed"
    runs = json.loads(regpipe("runs", "--json").out)["runs"]
    assert [(r["command"], r["rejects_closed"]) for r in runs] == [
        *(("run", 0), ("replay", 0), ("replay", 1), ("run", 0)),
    ]


def test_a_plan_of_a_replay_writes_nothing(regpipe, shop):
    mend(shop / "mend.csv", email=("none", "b@x.se"))
    before = contents(shop)
    told = regpipe("rejects", "replay", "--plan", "test.yaml", "mend.csv", *WHEN)
    assert told.code == 0
    assert told.out.startswith(REPLAYED.removesuffix("  rejects closed          1\n"))
    assert "join news" in told.out
    assert contents(shop) == before


def test_the_closing_is_in_the_document_of_the_list(regpipe, shop):
    mend(shop / "mend.csv", email=("none", "b@x.se"))
    told = regpipe("rejects", "replay", "test.yaml", "mend.csv", *WHEN, "--json")
    assert json.loads(told.out)["deltas"]["reject_closures"] == {"gone": 0, "new": 1}
    (found,) = json.loads(regpipe("rejects", "--closed", "--json").out)["rejects"]
    assert found["closed"] == {
        "how": "mended",
        "run": 2,
        "file": "mend.csv",
        "row": 2,
        "by_reject": None,
    }


@pytest.mark.parametrize(
    ("words", "rows"),
    [
        (["--reason", "email"], 2),
        (["--reason", "email: email"], 2),
        (["--reason", "email:email", "--run", "1", "--source", "shop"], 2),
        (["--reason", "phone:email"], 0),
        (["--run", "2"], 0),
        (["--closed"], 0),
    ],
)
def test_the_list_is_of_what_is_asked(regpipe, shop, words, rows):
    assert regpipe("rejects", *words).out.count("shop.csv") == rows


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (
            ["rejects", "--source", "shop", "write", "x.csv"],
            "error: regpipe rejects: options of 'write' stand behind its name\n"
            "    hint: see 'regpipe rejects --help'\n",
        ),
        (
            ["rejects", "--all", "--closed"],
            "error: regpipe rejects: --closed and --all exclude each other\n"
            "    hint: see 'regpipe rejects --help'\n",
        ),
        (
            ["rejects", "replay", "test.yaml", "no.csv"],
            "error: no.csv: there is no such file\n",
        ),
        (
            ["rejects", "replay", "test.yaml", "shop.csv"],
            "error: shop.csv: has no column 'regpipe_reject'\n"
            "    hint: replay takes the file that 'regpipe rejects write' gave, "
            "mended; keep its column regpipe_reject\n",
        ),
    ],
)
def test_what_cannot_be_done_is_told(regpipe, shop, words, told):
    found = regpipe(*words)
    assert found.code in (2, 3)
    assert (found.out, found.err) == ("", told)


def test_counts_by_reason_have_a_column_and_a_check(regpipe, shop):
    found = json.loads(regpipe("rejects", "counts", "--reasons", "--json").out)
    (row,) = found["counts"]
    del row["started_at"]
    assert row == {
        "run_id": 1,
        "source": "shop",
        "column": "email",
        "check": "email",
        "found": 2,
        "closed": 0,
        "open": 2,
    }


# What a file may have been through.


@pytest.fixture
def one(tmp_path):
    """A shop after a run that left two rows out; a function that gives its world."""
    deliver(tmp_path / "shop.csv", ROWS)
    pipeline = declared(tmp_path, {"shop": customers(SHOP)}, LISTS)
    run(pipeline)
    to_mend(tmp_path)
    mend(tmp_path / "mend.csv", email=("none", "b@x.se"))
    mend(tmp_path / "mend.csv", email=("no; mail", "ö@x.se"))
    mend(tmp_path / "mend.csv", last_name=("'=1+1", "'=Ö"))
    return pipeline


@pytest.mark.parametrize(
    ("delimiter", "encoding"),
    [(";", "cp1252"), (";", "utf-8-sig"), ("\t", "utf-16"), (",", "utf-8")],
)
def test_a_file_may_come_back_from_a_spreadsheet(one, delimiter, encoding):
    folder = one.folder
    rows = listed(folder / "mend.csv")
    names = sorted(rows[0], reverse=True)
    deliver(
        folder / "mend.csv",
        [{name: row[name] for name in names} for row in rows],
        delimiter=delimiter,
        encoding=encoding,
    )
    outcome = replay(one, folder / "mend.csv")
    (file,) = outcome.files
    assert (file.read, file.accepted) == (2, 2)
    assert any("save it as UTF-8" in w for w in outcome.warnings) == (
        encoding == "cp1252"
    )
    assert asked(
        folder / "registry.duckdb",
        "select external_id, email, last_name from source_records order by 1",
    ) == [("1", "a@x.se", "Ålund"), ("2", "b@x.se", "Berg"), ("3", "ö@x.se", "=Ö")]
    assert open_rejects(folder) == []


def test_blank_lines_and_title_rows_are_read_past_and_rows_keep_their_numbers(one):
    path = one.folder / "mend.csv"
    put(path, "Mended by Eva\n\n" + path.read_text().replace("\n2,", "\n\n\n2,"))
    (file,) = replay(one, path).files
    assert (file.read, file.accepted) == (2, 2)
    rows = asked(
        one.folder / "registry.duckdb",
        "select row_number from reject_closures order by 1",
    )
    lines = list(csv.reader(path.read_text().split("\n")))
    assert [lines[row - 1][0] for (row,) in rows] == ["1", "2"]


def test_what_nobody_touched_is_the_reject_that_it_was(one):
    to_mend(one.folder)
    outcome = replay(one, one.folder / "mend.csv")
    assert outcome.files[0].rejected == 2
    assert nothing_changed(outcome)


def test_a_row_that_is_still_bad_is_the_reject_from_now_on(one):
    path = mend(one.folder / "mend.csv", email=("b@x.se", "b at x"))
    replay(one, path)
    (reject,) = open_rejects(one.folder)
    assert (reject["reject_id"], reject["original"][1]) == (3, "b at x")
    assert closures(one.folder) == {1: "replaced", 2: "mended"}
    assert nothing_changed(replay(one, path))
    assert nothing_changed(run(one)), "the row as it was opens nothing"

    mend(path, email=("b at x", "b@x.se"))  # the same file once more
    replay(one, path)
    assert open_rejects(one.folder) == []
    assert closures(one.folder) == {1: "replaced", 2: "mended", 3: "mended"}
    assert nothing_changed(replay(one, path))


def test_two_texts_in_each_others_place_close_nothing(one):
    path = to_mend(one.folder)
    rows = listed(path)
    numbers = [row["regpipe_reject"] for row in rows]
    for row, number in zip(rows, reversed(numbers), strict=True):
        row["regpipe_reject"] = number
    deliver(path, rows)
    replay(one, path)
    assert len(open_rejects(one.folder)) == 2


# What is refused.


def refused(pipeline, path):
    """Replay a file that is refused; give what is told, the folder left out."""
    before = contents(pipeline.folder)
    with pytest.raises((InputFileError, DataError, PipelineError)) as told:
        replay(pipeline, path)
    assert contents(pipeline.folder) == before
    return str(told.value).replace(f"{pipeline.folder}/", "")


@pytest.mark.parametrize(
    ("said", "told"),
    [
        ("", "mend.csv, row 2: has no regpipe_reject\n    hint: rows that were never"),
        ("x", "mend.csv, row 2: its regpipe_reject is no number of a reject\n"),
        ("77", "mend.csv, row 2: names a reject that the registry does not have\n"),
        ("2", "mend.csv, row 2: another row mends the same reject\n"),
    ],
)
def test_a_row_says_which_reject_it_mends(one, said, told):
    mend(one.folder / "mend.csv", regpipe_reject=("1", said))
    assert refused(one, one.folder / "mend.csv").startswith(told)


def test_a_file_without_rows_or_columns_or_with_other_cells_is_refused(one):
    path = one.folder / "mend.csv"
    rows = listed(path)
    deliver(path, [{k: v for k, v in row.items() if k != "email"} for row in rows])
    assert refused(one, path) == (
        "mend.csv: has no column 'email'\n    hint: keep all columns of the source"
    )
    deliver(path, [], columns=list(rows[0]))
    assert refused(one, path).startswith("mend.csv: holds no rows\n")
    deliver(path, rows)
    put(path, path.read_text().replace("b@x.se", "b@x.se,more"))
    assert refused(one, path) == (
        "mend.csv, row 2: does not fit the header (too_many_cells)\n"
        "    hint: give it a cell for each column"
    )


def test_rejects_of_two_sources_or_of_another_pipeline_are_refused(tmp_path):
    deliver(tmp_path / "shop.csv", "external_id | email\n1 | none\n2 | a@x.se")
    deliver(tmp_path / "club.csv", "external_id | email\n1 | none\n2 | a@x.se")
    names = "external_id email"
    shop = {"shop": customers(names)}
    club = {"club": customers(names, files="club.csv")}
    both = declared(tmp_path, {**shop, **club})
    run(both)
    rows = [
        {"regpipe_reject": n, "external_id": "1", "email": "b@x.se"} for n in (1, 2)
    ]
    path = deliver(tmp_path / "mend.csv", rows)
    assert refused(both, path).startswith(
        "mend.csv: holds rejects of 2 sources: club, shop\n"
    )
    deliver(path, rows[1:])
    ((source,),) = asked(
        tmp_path / "registry.duckdb", "select source from rejects where reject_id = 2"
    )
    other = declared(tmp_path, shop if source == "club" else club)
    assert refused(other, path).startswith(f"mend.csv: holds rejects of '{source}', ")


def test_a_row_mended_once_is_not_mended_otherwise(one):
    path = one.folder / "mend.csv"
    replay(one, path)
    mend(path, last_name=("Berg", "Borg"))
    assert refused(one, path).startswith(
        "mend.csv, row 2: its reject was mended before, with other values\n"
    )


# When mended rows count from.


def test_an_undated_row_of_last_month_does_not_beat_this_weeks(tmp_path):
    shop = declared(tmp_path, {"shop": customers("external_id email last_name")})
    head = "external_id | email | last_name\n9 | z@x.se | Z\n"
    deliver(tmp_path / "shop.csv", head + "- | a@x.se | Old")
    run(shop)
    to_mend(tmp_path, external_id="1")
    deliver(tmp_path / "shop.csv", head + "1 | a@x.se | New", at=day(3))
    run(shop)
    (file,) = replay(shop, tmp_path / "mend.csv").files
    assert (file.accepted, file.duplicate) == (0, 1)
    assert closures(tmp_path) == {1: "mended"}
    assert ("New",) in asked(
        tmp_path / "registry.duckdb", "select last_name from customers"
    )


def test_an_undated_withdrawal_is_no_newer_than_the_file_it_was_rejected_from(tmp_path):
    shop = declared(
        tmp_path,
        {"shop": customers("external_id email news"), "told": consents()},
    )
    deliver(
        tmp_path / "shop.csv",
        "external_id | email | news\n- | a@x.se | withdrawn\n2 | b@x.se | granted",
    )
    later = (DELIVERED + timedelta(days=1)).strftime("%Y-%m-%d %H:%M:%S")
    deliver(
        tmp_path / "consents.csv", f"email | status | at\na@x.se | granted | {later}"
    )
    run(shop)
    replay(shop, to_mend(tmp_path, external_id="1"))
    assert asked(
        tmp_path / "registry.duckdb",
        "select said_at from consent_events where status = 'withdrawn'",
    ) == [(DELIVERED.replace(tzinfo=None),)]
    assert asked(
        tmp_path / "registry.duckdb",
        "select status from consent_in_force where address = 'a@x.se'",
    ) == [("granted",)]


def test_nobody_is_gone_for_not_being_in_a_file_of_mended_rows(tmp_path):
    names = "external_id email last_name"
    shop = declared(tmp_path, {"shop": customers(names, delivery="full")})
    deliver(
        tmp_path / "shop.csv",
        "external_id | email | last_name\n1 | a@x.se | A\n2 | none | B\n3 | c@x.se | C",
    )
    run(shop)
    replay(shop, to_mend(tmp_path, email="b@x.se"))
    assert asked(
        tmp_path / "registry.duckdb",
        "select external_id, gone_at from source_records order by 1",
    ) == [("1", None), ("2", None), ("3", None)]


# Sources of every kind.


def test_a_source_without_header_is_mended_by_its_columns_numbers(tmp_path):
    put(tmp_path / "shop.csv", "1;a@x.se;A\n2;none;B\n")
    source = {
        "kind": "customers",
        "files": "shop.csv",
        "csv": {"header": False, "delimiter": ";"},
        "columns": {"external_id": "1", "email": "2", "last_name": "3"},
    }
    shop = declared(tmp_path, {"shop": source})
    run(shop)
    path = to_mend(tmp_path, **{"2": "b@x.se"})
    assert list(listed(path)[0])[4:] == ["1", "2", "3"]
    (file,) = replay(shop, path).files
    assert (file.accepted, file.rejected) == (1, 0)
    put(tmp_path / "shop.csv", "1;a@x.se;A\n2;b@x.se;B\n", at=day(1))
    assert [f.unchanged for f in run(shop).files] == [2], "as if it had come from there"


def test_aliases_and_columns_that_may_lack_are_those_of_each_rows_own_file(tmp_path):
    source = {
        "kind": "customers",
        "files": "shop*.csv",
        "columns": {
            "external_id": "Id",
            "email": {"from": "Email", "aliases": ["E-post"]},
            "phone": {"from": "Phone", "optional": True, "country": "SE"},
        },
    }
    deliver(tmp_path / "shop1.csv", "Id | E-post | X\n1 | none | x\n2 | b@x.se | y")
    deliver(tmp_path / "shop2.csv", "Phone | Email | Id\n- | nix | 3\n- | d@x.se | 4")
    shop = declared(tmp_path, {"shop": source})
    run(shop)
    path = to_mend(tmp_path)
    mend(path, **{"E-post": ("none", "a@x.se"), "Email": ("nix", "c@x.se")})
    rows = listed(path)
    assert list(rows[0])[4:] == ["Id", "E-post", "X", "Phone", "Email"]
    rows[0]["Phone"] = "070-174 06 05"  # a column that the row's own file did not have
    deliver(path, rows)
    (file,) = replay(shop, path).files
    assert file.accepted == 2
    assert asked(
        tmp_path / "registry.duckdb",
        "select external_id, email, phone from source_records order by 1",
    ) == [
        ("1", "a@x.se", "+46701740605"),
        ("2", "b@x.se", None),
        ("3", "c@x.se", None),
        ("4", "d@x.se", None),
    ]


RAGGED = (
    "external_id,email,last_name\n1,a@x.se,A\n2,b@x.se\n3,c@x.se,C,C\n"
    '4,d@x.se,"D" D\n5,e@x.se,"E\n'
)


def test_rows_that_did_not_fit_are_what_they_were_until_they_are_mended(tmp_path):
    put(tmp_path / "shop.csv", RAGGED)
    names = "external_id email last_name"
    shop = declared(tmp_path, {"shop": customers(names, tolerate=1.0)})
    run(shop)
    checks = [reject["reasons"][0]["check"] for reject in open_rejects(tmp_path)]
    assert checks == [
        *("too_few_cells", "too_many_cells", "stray_quote", "unclosed_quote")
    ]
    path = to_mend(tmp_path)
    assert nothing_changed(replay(shop, path)), "though each has a cell for each column"
    rows = listed(path)
    rows[0]["last_name"] = "B"
    rows[1]["email"] = "cc@x.se"  # and the cell beyond the header is left
    rows[2]["regpipe_reasons"] = ""  # it is right as it stands
    rows[3]["last_name"] = "EE"
    deliver(path, rows)
    (file,) = replay(shop, path).files
    assert (file.accepted, file.rejected) == (3, 1)
    (left,) = open_rejects(tmp_path)
    assert left["original"] == ["3", "cc@x.se", "C", "C"]
    assert left["reasons"] == [{"column": "", "check": "too_many_cells"}]
    rows[1]["column 4"] = ""
    deliver(path, rows)
    replay(shop, path)
    assert open_rejects(tmp_path) == []


def test_a_secret_column_is_in_no_file_and_one_that_is_added_is_not_read(tmp_path):
    put(tmp_path / "shop.csv", "external_id,password,email\n1,s1,none\n2,s2,b@x.se\n")
    shop = declared(tmp_path, {"shop": customers("external_id email")})
    run(shop)
    path = to_mend(tmp_path, email="a at x", password="s3")
    assert "s1" not in path.read_text()
    replay(shop, path)
    (reject,) = open_rejects(tmp_path)
    assert reject["header"] == ["external_id", "email"]
    assert reject["original"] == ["1", "a at x"]


BASKETS = """
order_id | ordered_at | email | line_name | line_total
A | 2026-01-01 10:00:00 | a@x.se | pen | 1
A | - | - | ink | many
B | 2026-01-02 10:00:00 | b@x.se | pen | 2
- | - | - | cap | 3
"""


@pytest.fixture
def sales(tmp_path):
    """A shop of which one order and a row of no order were rejected."""
    deliver(tmp_path / "orders.csv", BASKETS)
    names = "order_id ordered_at email line_name line_total"
    pipeline = declared(tmp_path, {"sales": orders(names)})
    run(pipeline)
    to_mend(tmp_path)
    return pipeline


def test_an_order_comes_back_whole(sales):
    folder = sales.folder
    path = mend(folder / "mend.csv", line_total=("many", "7.50"))
    rows = listed(path)
    deliver(path, rows[1:2])
    assert refused(sales, path) == (
        "mend.csv, row 2: 1 rejected rows of the same record are not in the file\n"
        "    hint: an order, or a customer of several rows, comes back whole: keep all "
        "of its rows, good ones too"
    )
    deliver(path, rows[:2])
    (file,) = replay(sales, path).files
    assert (file.read, file.accepted) == (2, 2)
    assert asked(
        folder / "registry.duckdb",
        "select line_no, name, total from order_lines where order_id = 'A' order by 1",
    ) == [(1, "pen", 1), (2, "ink", 7.5)]
    assert len(open_rejects(folder)) == 1
    assert nothing_changed(replay(sales, path))


def test_a_row_does_not_take_the_place_of_an_order_that_was_taken_without_it(sales):
    path = sales.folder / "mend.csv"
    row = {**listed(path)[2], "order_id": "B", "ordered_at": "2026-01-02 10:00:00"}
    deliver(path, [row])
    assert refused(sales, path).startswith(
        "mend.csv, row 2: belongs to an order that the registry holds without it\n"
    )
    deliver(path, [{**row, "order_id": "C"}])
    replay(sales, path)
    assert nothing_changed(replay(sales, path))
    assert len(open_rejects(sales.folder)) == 2


def test_statements_are_mended_like_rows(tmp_path):
    told = declared(tmp_path, {"told": consents()})
    deliver(
        tmp_path / "consents.csv",
        "email | status | at\na@x.se | opt-out | 2026-01-01\nb@x.se | granted | -",
    )
    run(told)
    path = to_mend(tmp_path, status="withdrawn")
    replay(told, path)
    assert open_rejects(tmp_path) == []
    assert asked(
        tmp_path / "registry.duckdb",
        "select address, status from consent_in_force order by 1",
    ) == [("a@x.se", "withdrawn"), ("b@x.se", "granted")]
    assert nothing_changed(replay(told, path))
    assert nothing_changed(run(told))


def test_a_replay_reads_no_other_file_and_says_of_its_own_what_became_of_it(one):
    (one.folder / "shop.csv").unlink()
    outcome = run_pipeline(
        one, as_of=AS_OF, wait=0, progress=silent, mended=one.folder / "mend.csv"
    )
    (file,) = outcome.files
    assert (file.source, file.file) == ("shop", str(one.folder / "mend.csv"))
    assert file.balances
    assert outcome.warnings == ()
    assert outcome.changes["rejects closed"] == 2
