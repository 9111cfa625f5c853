"""Whatever is wrong has its message and its exit code, and nothing is changed by it."""

import json
import shutil
import subprocess
import sys
from pathlib import Path

import duckdb
import pytest

from regpipe.registry.migrate import FORMAT
from regpipe.spec.load import load_pipeline
from regpipe.version import VERSION
from worlds import asked, put, run, sha256

PIPELINE = """\
pipeline: small
registry: data/registry.duckdb
sources:
  shop:
    kind: customers
    files: in/shop*.csv
    tolerate: 40%
    columns:
      external_id: Id
      email: Email
      birth_date: {from: Born, format: "%d.%m.%Y"}
      consent.newsletter: {from: News, granted: ["yes"], never: ["no"]}
  sales:
    kind: orders
    files: in/orders.csv
    csv: {delimiter: ";", encoding: cp1252}
    columns:
      order_id: Order
      ordered_at: At
      total: {from: Total, decimal: ","}
exports:
  news:
    purpose: newsletter
    columns: [email]
    to: out/news.csv
"""
SHOP = """\
Id,Email,Born,News
1,anna@x.se,31.12.1980,yes
2,bo@x.se,,no
3,cy@x.se,01.01.1990,yes
"""
ORDERS = """\
Order;At;Total
#1;2026-01-01 10:00;12,50
"""
LOCK = "registry.duckdb.lock"


@pytest.fixture(scope="module")
def ready(tmp_path_factory):
    """A small shop whose pipeline has been run once."""
    folder = tmp_path_factory.mktemp("shop")
    put(folder / "small.yaml", PIPELINE)
    put(folder / "in" / "shop.csv", SHOP)
    put(folder / "in" / "orders.csv", ORDERS)
    run(load_pipeline(folder / "small.yaml", {}))
    put(folder / "in" / "shop.csv", SHOP + "4,di@x.se,,yes\n")
    return folder


@pytest.fixture
def shop(ready, tmp_path):
    """The same shop, in the working folder."""
    return shutil.copytree(ready, tmp_path, dirs_exist_ok=True)


def files(folder):
    """Give every file and link under a folder with its checksum, locks left out."""
    return {
        str(path.relative_to(folder)): sha256(path)
        for path in sorted(folder.rglob("*"))
        if not path.name.endswith(".lock")
    }


def refused(regpipe, shop, *, plan=True):
    """Run, and see that it is refused and nothing changed; give exit code and stderr.

    A plan is refused in the same words.
    """
    before = files(shop)
    told = regpipe("run", "small.yaml")
    assert told.out == ""
    assert files(shop) == before
    if plan:
        assert regpipe("plan", "small.yaml") == told
        assert files(shop) == before
    return told.code, told.err


def test_a_missing_file_is_named_as_the_pipeline_names_it(regpipe, shop):
    (shop / "in" / "shop.csv").unlink()
    (shop / "in" / "orders.csv").unlink()
    assert refused(regpipe, shop) == (
        3,
        "error: in/shop*.csv: there is no such file\n"
        "    hint: the source 'shop' reads it; paths start at the pipeline file\n"
        "error: in/orders.csv: there is no such file\n"
        "    hint: the source 'sales' reads it; paths start at the pipeline file\n",
    )


def test_a_folder_is_no_file(regpipe, shop):
    (shop / "in" / "orders.csv").unlink()
    (shop / "in" / "orders.csv").mkdir()
    assert refused(regpipe, shop) == (
        3,
        "error: in/orders.csv: is a folder\n"
        "    hint: the source 'sales' reads it; paths start at the pipeline file\n",
    )


@pytest.mark.parametrize(
    "text", ["", "\ufeff", "\n\n", " \n"], ids=["nothing", "BOM", "lines", "blank"]
)
def test_an_empty_file_is_refused(regpipe, shop, text):
    put(shop / "in" / "shop.csv", text)
    assert refused(regpipe, shop) == (
        3,
        "error: in/shop.csv: is empty\n"
        "    hint: look whether the export finished, then run again\n",
    )


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        (
            "Id,Email",
            "Id,E-mail",
            "has no column 'Email'\n    hint: did you mean 'E-mail'?\n",
        ),
        (
            "Id,Email,Born,News",
            "a,b,c,d",
            "the header names none of the 4 mapped columns\n"
            "    hint: look whether the first record is the header, and at the "
            "delimiter\n",
        ),
    ],
    ids=["one", "all"],
)
def test_a_header_without_the_mapped_columns_is_refused(regpipe, shop, old, new, told):
    put(shop / "in" / "shop.csv", SHOP.replace(old, new))
    assert refused(regpipe, shop) == (3, f"error: in/shop.csv: {told}")


def test_every_missing_column_of_every_file_is_told_at_once(regpipe, shop):
    put(shop / "in" / "shop.csv", SHOP.replace("Id,Email", "Number,Mail"))
    put(shop / "in" / "orders.csv", ORDERS.replace("Total", "Sum"))
    code, err = refused(regpipe, shop)
    assert code == 3
    assert [line for line in err.splitlines() if line.startswith("error")] == [
        "error: in/shop.csv: has no column 'Id'",
        "error: in/shop.csv: has no column 'Email'",
        "error: in/orders.csv: has no column 'Total'",
    ]


ENCODINGS = {
    "damaged UTF-8": (
        "shop.csv",
        SHOP.encode() + "5,åsa@x.se,,yes\n6,örjan@x.se,,yes\n".encode() + b"7,\xe5,,\n",
        "error: in/shop.csv:7: holds bytes that are not UTF-8\n"
        "    hint: declare the file's encoding, such as csv: {encoding: cp1252}\n",
    ),
    "half a character": (
        "shop.csv",
        SHOP.encode() + "5,å".encode()[:-1],
        "error: in/shop.csv: ends in the middle of a character\n",
    ),
    "not cp1252": (
        "orders.csv",
        ORDERS.encode() + b"#2;\x81;1\n",
        "error: in/orders.csv:3: holds bytes that cp1252 does not have\n"
        "    hint: declare the encoding that the file was written in\n",
    ),
}


@pytest.mark.parametrize(
    ("name", "content", "told"), ENCODINGS.values(), ids=ENCODINGS.keys()
)
def test_a_wrong_encoding_is_refused_by_its_line(regpipe, shop, name, content, told):
    put(shop / "in" / name, content)
    assert refused(regpipe, shop) == (3, told)


def test_cells_that_cannot_be_read_are_rejects_with_their_reason(regpipe, shop):
    put(shop / "in" / "shop.csv", SHOP.replace("31.12.1980", "12/31/1980"))
    put(shop / "in" / "orders.csv", ORDERS + "#2;soon;1\n#3;2026-01-01;1.5\n")
    told = regpipe("run", "small.yaml", "-q")
    assert (told.code, told.out, told.err) == (
        0,
        "",
        "warning: sales: its orders are nobody's, for neither email nor customer_ref "
        "is mapped\n",
    )
    rejects = asked(
        shop / "data" / "registry.duckdb",
        'select file, row_number, reasons[1]."column", reasons[1]."check" '
        "from rejects order by file, row_number",
    )
    assert rejects == [
        ("in/orders.csv", 3, "ordered_at", "unreadable"),
        ("in/orders.csv", 4, "total", "unreadable"),
        ("in/shop.csv", 2, "birth_date", "unreadable"),
    ]


def test_more_rejects_than_a_source_tolerates_stop_the_run(regpipe, shop):
    dirty = SHOP.replace("bo@x.se", "bo at x").replace("31.12.1980", "1980")
    put(shop / "in" / "shop.csv", dirty)
    put(shop / "in" / "orders.csv", ORDERS.replace("12,50", "12.50"))
    code, err = refused(regpipe, shop)
    assert code == 1
    assert err == (
        "error: in/shop.csv: 2 of 3 rows are rejected (66.7%), more than the 40.0% "
        "that 'shop' tolerates\n"
        "    hint: by check: birth_date: unreadable (1), email: email (1)\n"
    )


def test_a_file_of_rejects_alone_stops_the_run(regpipe, shop):
    put(shop / "in" / "orders.csv", ORDERS.replace("12,50", "12.5.0"))
    assert refused(regpipe, shop) == (
        1,
        "error: in/orders.csv: all 1 rows are rejected\n"
        "    hint: by check: total: unreadable (1)\n",
    )


TEN_MISTAKES = """\
pipeline: small
registri: data/registry.duckdb
sources:
  shop:
    kind: custommers
    files: in/shop*.csv
  sales:
    kind: orders
    files: in/orders.csv
    csv: {delimiter: "||", encoding: cp9999}
    timezone: Europe/Stokholm
    tolerate: 140%
    columns:
      order_id: Order
      ordered_att: At
      total: {from: Total, decimal: x}
exports:
  news:
    purpos: newsletter
    columns: [e_mail]
    to: out/{grup}.csv
"""


TOLD = """\
1: missing key 'registry'
2: unknown key 'registri'
5: sources.shop.kind: unknown value 'custommers'
10: sources.sales.csv.delimiter: must be one character
10: sources.sales.csv.encoding: unknown encoding 'cp9999'
11: sources.sales.timezone: unknown time zone 'Europe/Stokholm'
12: sources.sales.tolerate: must be a share from 0% to 100%
13: sources.sales.columns: ordered_at must be mapped
15: sources.sales.columns: unknown field 'ordered_att'
16: sources.sales.columns.total.decimal: unknown value 'x'
18: exports.news: missing key 'purpose'
19: exports.news: unknown key 'purpos'
20: exports.news.columns: unknown column 'e_mail'
21: exports.news.to: unknown placeholder
"""


def test_ten_mistakes_in_a_pipeline_are_told_at_once_by_line(regpipe, shop):
    put(shop / "small.yaml", TEN_MISTAKES)
    code, err = refused(regpipe, shop)
    assert code == 2
    lines = err.splitlines()
    assert [line for line in lines if not line.startswith("    hint: ")] == [
        f"error: small.yaml:{line}" for line in TOLD.splitlines()
    ]
    assert sum("did you mean" in line for line in lines) == 7
    told = regpipe("check", "small.yaml")
    assert (told.code, told.out, told.err) == (2, "", err)


REGISTRY = Path("data/registry.duckdb")
NO_REGISTRY = "    hint: name another file, or move this one away\n"


def test_a_file_that_is_no_database_is_no_registry(regpipe, shop):
    put(shop / REGISTRY, "Id,Email\n1,anna@x.se\n")
    code, err = refused(regpipe, shop)
    assert code == 4
    assert err.startswith(
        "error: data/registry.duckdb: cannot be opened as a registry\n"
    )
    assert "anna" not in err


def test_another_database_is_no_registry(regpipe, shop):
    (shop / REGISTRY).unlink()
    with duckdb.connect(str(shop / REGISTRY)) as db:
        db.execute("create table mine as select 1 as x")
    assert refused(regpipe, shop) == (
        4,
        "error: data/registry.duckdb: is a DuckDB file, but not a registry\n"
        + NO_REGISTRY,
    )


def test_an_empty_file_is_no_registry(regpipe, shop):
    put(shop / REGISTRY, "")
    code, err = refused(regpipe, shop)
    assert code == 4
    assert err.startswith("error: data/registry.duckdb: ")


def test_a_folder_is_no_registry(regpipe, shop):
    (shop / REGISTRY).unlink()
    (shop / REGISTRY).mkdir()
    code, err = refused(regpipe, shop)
    assert code == 4
    assert err.startswith("error: data/registry.duckdb: ")


def test_a_registry_of_a_newer_program_is_refused(regpipe, shop):
    with duckdb.connect(str(shop / REGISTRY)) as db:
        db.execute(f"insert into format values ({FORMAT + 1}, '99.0')")
    assert refused(regpipe, shop) == (
        4,
        f"error: data/registry.duckdb: is of format {FORMAT + 1}, and this regpipe "
        f"({VERSION}) knows {FORMAT}\n"
        "    hint: use the newer regpipe that wrote it\n",
    )


HOLD = """
import sys, duckdb
db = duckdb.connect(sys.argv[1])
print("open", flush=True)
sys.stdin.read()
"""


@pytest.fixture
def held(shop):
    """Another process that has the registry open for writing."""
    with subprocess.Popen(
        [sys.executable, "-c", HOLD, shop / REGISTRY],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout.readline() == "open\n"
        yield process


def test_a_registry_that_somebody_writes_to_is_refused(regpipe, shop, held):
    assert refused(regpipe, shop) == (
        4,
        f"error: data/registry.duckdb: is held open for writing by process {held.pid}\n"
        "    hint: close that connection; readers should open it with read_only\n",
    )


def test_changes_that_another_program_left_beside_it_are_not_lost(regpipe, shop):
    put(shop / "data" / "registry.duckdb.wal", b"left by a crash")
    assert refused(regpipe, shop) == (
        4,
        "error: data/registry.duckdb: another program left unfinished changes beside "
        "it (registry.duckdb.wal)\n"
        "    hint: open and close the file with that program once, then run again\n",
    )


def test_a_folder_for_the_registry_that_cannot_be_made_is_refused(regpipe, shop):
    for path in (shop / "data").iterdir():
        path.unlink()
    (shop / "data").rmdir()
    put(shop / "data", "a file where a folder should be")
    code, err = refused(regpipe, shop, plan=False)
    assert code == 4
    assert err == "error: data: the registry's folder cannot be made: File exists\n"


def test_a_list_whose_folder_is_a_file_stops_the_run_before_it_reads(regpipe, shop):
    for path in (shop / "out").iterdir():
        path.unlink()
    (shop / "out").rmdir()
    put(shop / "out", "a file where a folder should be")
    (shop / "in" / "shop.csv").unlink()
    code, err = refused(regpipe, shop, plan=False)
    assert code == 4
    assert err == (
        "error: out: lists cannot be written to this folder: File exists\n"
        "    hint: let the user who runs regpipe write there, or name another folder "
        "in 'to'\n"
    )


def test_a_folder_where_a_list_should_be_stops_the_run(regpipe, shop):
    (shop / "out" / "news.csv").unlink()
    (shop / "out" / "news.csv").mkdir()
    assert refused(regpipe, shop, plan=False) == (
        4,
        "error: out/news.csv: is a folder, where a list should be written\n"
        "    hint: move it away, or name another file in 'to'\n",
    )


def test_a_list_in_the_registrys_place_is_refused(regpipe, shop):
    put(shop / "small.yaml", PIPELINE.replace("out/news.csv", "data/registry.duckdb"))
    code, err = refused(regpipe, shop, plan=False)
    assert code == 2
    assert err == (
        "error: small.yaml:25: exports.news.to: is the file of the registry too\n"
    )


def test_a_where_that_is_wrong_stops_the_run_before_it_reads(regpipe, shop):
    wrong = PIPELINE.replace("columns: [email]", "where: emial = ''")
    put(shop / "small.yaml", wrong)
    (shop / "in" / "shop.csv").unlink()
    code, err = refused(regpipe, shop, plan=False)
    assert code == 2
    assert err.startswith("error: exports.news.where: ")
    assert "did you mean 'email'?" in err


def test_a_first_run_that_fails_leaves_no_registry_and_no_list(regpipe, tmp_path):
    put(tmp_path / "small.yaml", PIPELINE)
    put(tmp_path / "in" / "shop.csv", SHOP)
    put(tmp_path / "in" / "orders.csv", "")
    assert regpipe("run", "small.yaml").code == 3
    left = {path.name for path in tmp_path.rglob("*") if path.is_file()}
    assert left - {LOCK, ".regpipe.lock"} == {"small.yaml", "shop.csv", "orders.csv"}


def test_errors_are_a_document_where_json_is_wanted(regpipe, shop):
    put(shop / "in" / "shop.csv", "")
    told = regpipe("run", "small.yaml", "--json")
    assert told.code == 3
    assert json.loads(told.out) == {
        "exit_code": 3,
        "problems": [
            {
                "where": "in/shop.csv",
                "what": "is empty",
                "hint": "look whether the export finished, then run again",
            }
        ],
    }
