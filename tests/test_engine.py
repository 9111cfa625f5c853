"""The engine: steps become tables, errors say no cell, publishing is all or nothing."""

import hashlib
import json
from datetime import datetime
from decimal import Decimal

import pyarrow as pa
import pytest

from drawn import an_engine, assert_rows, engine_holding, inserts, table
from regpipe.engine.duckdb import DuckDBEngine
from regpipe.engine.protocol import TableDelta, TextFile
from regpipe.engine.recorder import Recorder
from regpipe.errors import IrregularFileError, RegistryError, RegpipeError, StepError
from regpipe.registry import migrate
from regpipe.sql.step import Step, ident

engine = pytest.fixture(an_engine)

SECRET = "sven.secret@exempel.se"


def errors_in_chain(error):
    """Give an error's own text and what a user of regpipe is shown of it."""
    return [str(error), *map(str, error.problems), repr(error.problems)]


# Steps.


def test_a_step_that_is_made_is_a_table_and_gives_its_number_of_rows(engine):
    assert engine.make(table("t", "| a:int |\n| 1 |\n| 2 |")) == 2
    assert engine.make(Step("u", "select a + 1 as a from t where a = 1")) == 1
    assert_rows(engine, "u", "| a:int |\n| 2 |")


def test_a_step_made_again_takes_the_place_of_the_first(engine):
    engine.make(table("t", "| a:int |\n| 1 |"))
    engine.make(table("t", "| word |\n| x |"))
    assert engine.collect("select * from t").to_pylist() == [{"word": "x"}]


def test_a_step_that_is_defined_is_read_anew_at_each_use(engine):
    engine.make(table("t", "| a:int |\n| 1 |"))
    engine.define(Step("twice", "select a * 2 as a from t"))
    engine.make(table("t", "| a:int |\n| 2 |"))
    assert_rows(engine, "twice", "| a:int |\n| 4 |")


@pytest.mark.parametrize("name", ["order", 'a"b', "list web shop", "Å", "x.y"])
def test_any_name_may_be_that_of_a_step(engine, name):
    engine.make(Step(name, "select 1 as a"))
    assert engine.collect(f"select a from {ident(name)}")["a"].to_pylist() == [1]
    engine.drop(name)
    with pytest.raises(StepError):
        engine.collect(f"select a from {ident(name)}")


def test_dropping_takes_tables_and_views_and_what_is_not_there(engine):
    engine.make(Step("t", "select 1 as a"))
    engine.define(Step("v", "select 2 as a"))
    engine.drop("t", "v", "no such table")
    for name in ("t", "v"):
        with pytest.raises(StepError):
            engine.collect(f"select * from {name}")


def test_rows_that_are_put_are_rows_of_a_table(engine):
    rows = pa.table({"a": [1, None], "b": [["x"], []], "c": [Decimal("1.2300"), None]})
    assert engine.put("t", rows) == 2
    assert engine.collect("select * from t order by a nulls last").equals(rows)


def test_no_rows_can_be_put_and_collected(engine):
    rows = pa.table({"a": pa.array([], pa.int64())})
    assert engine.put("t", rows) == 0
    assert engine.collect("select * from t").to_pylist() == []


def test_times_are_utc_whatever_the_machine(engine):
    asked = "select timestamptz '2024-01-01 12:00:00+02' :: timestamp as t"
    assert engine.collect(asked)["t"][0].as_py() == datetime(2024, 1, 1, 10)


# Batches.


def long_texts(batch):
    """Give for each row an error where its text is longer than one sign."""
    return pa.array(
        [
            [{"column": "a", "check": "short"}] if len(text.as_py()) > 1 else []
            for text in batch["a"]
        ],
        pa.list_(pa.struct([("column", pa.string()), ("check", pa.string())])),
    )


def test_a_batch_function_gives_each_row_its_errors(engine):
    engine.make(table("t", "| a:text |\n| x |\n| yy |"))
    assert engine.map_batches("judged", "select a from t", long_texts) == 2
    found = engine.collect("select a, errors from judged order by a").to_pylist()
    assert found == [
        {"a": "x", "errors": []},
        {"a": "yy", "errors": [{"column": "a", "check": "short"}]},
    ]


def test_batches_are_as_many_as_it_takes_and_keep_every_row(engine):
    sizes = []

    def counted(batch):
        sizes.append(batch.num_rows)
        return long_texts(batch)

    select = "select cast(range as varchar) as a from range(250_000)"
    assert engine.map_batches("judged", select, counted) == sum(sizes) == 250_000
    assert len(sizes) > 1
    asked = "select count(*) as n from judged where len(errors) = 0"
    assert engine.collect(asked)["n"][0].as_py() == 10


def test_no_rows_are_judged_too(engine):
    engine.make(table("t", "| a:text |"))
    assert engine.map_batches("judged", "select a from t", long_texts) == 0
    assert engine.collect("select a, errors from judged").to_pylist() == []


# Files.


def load(engine, path, content, columns=("a", "b"), delimiter=",", quote='"', **more):
    path.write_text(content, encoding="utf-8", newline="")
    engine.load("raw", TextFile(path, columns, delimiter, quote, **more))
    return engine.collect("select * from raw").to_pylist()


def test_every_cell_of_a_file_is_text(engine, tmp_path):
    rows = load(engine, tmp_path / "x.csv", "a,b\n007,#1\n'8,NULL\n2024-01-01,=1\n")
    assert [tuple(row.values()) for row in rows] == [
        ("007", "#1"),
        ("'8", "NULL"),
        ("2024-01-01", "=1"),
    ]


def test_an_empty_cell_is_empty_quoted_or_not(engine, tmp_path):
    (row,) = load(engine, tmp_path / "x.csv", 'a,b\n,""\n')
    assert [cell or "" for cell in row.values()] == ["", ""]


def test_names_of_columns_may_hold_anything(engine, tmp_path):
    columns = ("it's", 'a "b"', "c, d")
    rows = load(engine, tmp_path / "it's.csv", "x\n1,2,3\n", columns)
    assert rows == [dict(zip(columns, "123", strict=True))]


@pytest.mark.parametrize(
    "content",
    ["a,b\n1\n", "a,b\n1,2,3\n", 'a,b\n1,"2\n3,4\n', 'a,b\n1,"2"x\n'],
    ids=["short", "long", "unclosed", "behind-a-quote"],
)
def test_a_record_that_does_not_fit_raises_without_its_text(engine, tmp_path, content):
    content = content.replace("1", SECRET)
    with pytest.raises(IrregularFileError) as raised:
        load(engine, tmp_path / "x.csv", content)
    assert not any(SECRET in text for text in errors_in_chain(raised.value))


def test_rows_come_in_the_order_of_the_file(engine, tmp_path):
    many = 200_000
    content = "a,b\n" + "".join(f"{n},{'x' * 40}\n" for n in range(many))
    (tmp_path / "x.csv").write_text(content)
    engine.load("raw", TextFile(tmp_path / "x.csv", ("a", "b"), ",", '"'))
    engine.make(Step("kept", "select a from raw"))
    asked = "select count(*) as n from kept where cast(a as bigint) <> rowid"
    assert engine.collect(asked)["n"][0].as_py() == 0


# Errors.


@pytest.mark.parametrize(
    "select",
    [
        f"select cast('{SECRET}' as bigint) as a",
        f"select cast(a as date) as a from (values ('{SECRET}')) t(a)",
        f"select error('{SECRET}') as a",
        f'select "{SECRET}" as a',
        f"select '{SECRET}' as a,, b",
    ],
    ids=["cast", "cast-column", "error", "unknown-column", "syntax"],
)
@pytest.mark.parametrize("method", ["make", "collect", "map_batches"])
def test_a_step_that_fails_is_named_and_says_no_cell(engine, select, method):
    calls = {
        "make": lambda: engine.make(Step("the_step", select)),
        "collect": lambda: engine.collect(select),
        "map_batches": lambda: engine.map_batches("the_step", select, long_texts),
    }
    with pytest.raises(RegpipeError) as raised:
        calls[method]()
    error = raised.value
    assert isinstance(error, StepError)
    assert error.exit_code == 5
    assert not any(SECRET in text for text in errors_in_chain(error))
    where = "collect" if method == "collect" else "the_step"
    assert error.problems[0].where == where


def test_after_a_failure_the_engine_goes_on(engine):
    with pytest.raises(StepError):
        engine.make(Step("t", "select no_such_column as a"))
    assert engine.make(Step("t", "select 1 as a")) == 1


def test_a_bug_in_a_batch_function_looks_like_one(engine):
    def broken(batch):
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        engine.map_batches("judged", "select 'x' as a", broken)
    assert engine.make(Step("t", "select 1 as a")) == 1


# Exports.

LIST = """
    | id:int | name      | note        |
    | 3      | Åsa       | a,b         |
    | 1      | -         | say "no"    |
    | -      | ''        | it's        |
    | 2      | 't Hooft  | c d         |
    """


def test_an_export_is_utf_8_with_quotes_only_where_they_must_be(engine, tmp_path):
    engine.make(table("t", LIST))
    path = tmp_path / "out.csv"
    wrote = engine.export("select * from t", ("name", "note"), ("id",), path, ",")
    assert wrote == 4
    assert path.read_bytes().decode() == (
        'name,note\n"",it\'s\n,"say ""no"""\n\'t Hooft,c d\nÅsa,"a,b"\n'
    )


def test_the_same_rows_in_another_order_give_the_same_bytes(engine, tmp_path):
    def exported(select):
        path = tmp_path / "out.csv"
        engine.export(select, ("a",), ("b",), path, ";")
        return hashlib.sha256(path.read_bytes()).digest()

    rows = "select range as b, 'x' || range as a from range(50_000)"
    assert exported(rows) == exported(f"{rows} order by hash(range)")


def test_a_line_end_in_a_cell_is_quoted_and_read_back(engine, tmp_path):
    rows = pa.table({"id": [1, 2], "a": ["one\ntwo", "x\r\ny"], "b": ['"', ";"]})
    engine.put("t", rows)
    path = tmp_path / "out.csv"
    engine.export("select * from t", ("a", "b"), ("id",), path, ";")
    engine.load("raw", TextFile(path, ("a", "b"), ";", '"'))
    back = engine.collect("select * from raw")
    assert back.to_pylist() == rows.select(["a", "b"]).to_pylist()


def test_headers_may_be_any_text(engine, tmp_path):
    path = tmp_path / "out.csv"
    select = 'select 1 as "E-post, it\'s", 1 as a'
    engine.export(select, ("E-post, it's",), ("a",), path, ",")
    assert path.read_text() == '"E-post, it\'s"\n1\n'


def test_an_export_writes_over_its_file_and_keeps_its_mode(engine, tmp_path):
    path = tmp_path / "out.csv"
    path.write_text("old " * 1000)
    path.chmod(0o600)
    engine.export("select 1 as a", ("a",), ("a",), path, ",")
    assert path.read_text() == "a\n1\n"
    assert path.stat().st_mode & 0o777 == 0o600


# Publishing.

SCRIPTS = migrate.scripts()

HELD = {
    "addresses": """
        | customer_id | kind     | city | run_id |
        | 1           | billing  | Lund | 1      |
        | 1           | shipping | Lund | 1      |
        | 2           | billing  | -    | 1      |
        """
}


@pytest.fixture
def registry(tmp_path):
    """Give the file of a registry with some addresses."""
    path = tmp_path / "registry.duckdb"
    maker = DuckDBEngine(None)
    maker.publish(path, (*SCRIPTS, *(inserts(n, t) for n, t in HELD.items())), (), 1)
    maker.close()
    return path


def leave_delta(engine, city="Visby"):
    """Leave the delta of a move: the first billing address becomes another."""
    key = "| customer_id | kind    |\n| 1           | billing |"
    engine.make(table("addresses_gone", key))
    engine.make(
        table(
            "addresses_new",
            f"""
            | customer_id | kind    | name | street | street2 | postcode | city | \
region | country |
            | 1           | billing | -    | -      | -       | -        | {city} | \
-      | -       |
            """,
        )
    )
    return TableDelta(
        "addresses", ("customer_id", "kind"), "addresses_gone", "addresses_new"
    )


def test_rows_that_go_move_to_the_history_and_rows_that_come_bear_the_run(
    engine, registry
):
    engine.publish(registry, (), [leave_delta(engine)], 2)
    after = DuckDBEngine(registry)
    after.make(Step("now", "select * from registry.addresses"))
    after.make(Step("then", "select * from registry.addresses_history"))
    assert_rows(
        after,
        "now",
        """
        | customer_id | kind     | city  | run_id |
        | 1           | billing  | Visby | 2      |
        | 1           | shipping | Lund  | 1      |
        | 2           | billing  | -     | 1      |
        """,
    )
    assert_rows(
        after,
        "then",
        """
        | customer_id | kind    | city | run_id | ended_run_id:bigint |
        | 1           | billing | Lund | 1      | 2                   |
        """,
    )
    after.close()


@pytest.mark.parametrize("place", ["script", "second-delta", "column"])
def test_publishing_leaves_all_or_nothing(engine, registry, place):
    delta = leave_delta(engine)
    scripts, deltas = (), [delta]
    if place == "script":
        scripts = ("create table more (a int)", "select no_such_column")
    elif place == "second-delta":
        deltas.append(TableDelta("customers", (), None, "no_such_table"))
    else:
        engine.make(Step("runs_new", "select 1 as no_such_column"))
        deltas.append(TableDelta("runs", (), None, "runs_new"))
    with pytest.raises(StepError):
        engine.publish(registry, scripts, deltas, 2)
    after = DuckDBEngine(registry)
    after.make(Step("now", "select * from registry.addresses"))
    assert_rows(after, "now", HELD["addresses"])
    with pytest.raises(StepError):
        after.collect("select * from registry.more")
    after.close()


def test_after_publishing_the_engine_can_publish_again(engine, registry):
    for run, city in ((2, "Visby"), (3, "Kiruna")):
        engine.publish(registry, (), [leave_delta(engine, city)], run)
    with pytest.raises(StepError):
        engine.publish(registry, ("select no_such_column",), [], 4)
    engine.publish(registry, (), [leave_delta(engine, "Ystad")], 4)
    after = DuckDBEngine(registry)
    after.make(Step("then", "select * from registry.addresses_history"))
    assert_rows(
        after,
        "then",
        """
        | city   | run_id | ended_run_id:bigint |
        | Lund   | 1      | 2                   |
        | Visby  | 2      | 3                   |
        | Kiruna | 3      | 4                   |
        """,
    )
    after.close()


def test_a_published_registry_is_one_file(registry):
    assert [path.name for path in registry.parent.iterdir()] == [registry.name]


def test_the_registry_is_only_read(registry):
    reader = DuckDBEngine(registry)
    for select in ("delete from registry.addresses", "drop table registry.addresses"):
        with pytest.raises(StepError):
            reader.collect(select)
    reader.close()


def test_a_file_that_is_no_registry_is_refused(tmp_path):
    path = tmp_path / "registry.duckdb"
    path.write_text("this is no database, and it is long enough to be read " * 100)
    with pytest.raises(RegistryError) as refused:
        DuckDBEngine(path)
    assert refused.value.problems[0].where == str(path)


# Locked down.


@pytest.fixture
def locked(registry, tmp_path):
    folder = tmp_path / "out"
    folder.mkdir()
    made = DuckDBEngine(registry, folders=[folder])
    yield made
    made.close()


@pytest.mark.parametrize(
    "select",
    [
        "select * from read_text('{file}')",
        "select * from read_csv('{file}')",
        "select * from '{file}'",
        "copy (select 1) to '{file}.out'",
        "attach '{file}.db' as other",
        "install httpfs",
        "load httpfs",
        "set enable_external_access = true",
        "set allowed_directories = ['/']",
        "set lock_configuration = false",
        "reset enable_external_access",
        "select getenv('HOME')",
        "create secret s (type s3)",
    ],
)
def test_a_locked_engine_reaches_no_file_and_no_setting(locked, tmp_path, select):
    file = tmp_path / "secret.csv"
    file.write_text(f"a\n{SECRET}\n")
    with pytest.raises(RegpipeError):
        locked.collect(select.format(file=file))
    assert not list(tmp_path.glob("secret.csv.*"))


def test_a_locked_engine_reads_the_registry_by_bare_names_and_writes_its_lists(
    locked, tmp_path
):
    path = tmp_path / "out" / "list.csv"
    locked.export("select kind from addresses", ("kind",), ("kind",), path, ",")
    assert path.read_text() == "kind\nbilling\nbilling\nshipping\n"
    with pytest.raises(RegpipeError):
        locked.export("select 1 as a", ("a",), ("a",), tmp_path / "no.csv", ",")


# The recorder.


def test_a_recorder_keeps_every_step_and_passes_it_on(engine, tmp_path):
    recorder = Recorder(engine)
    steps = [table("t", "| a:text |\n| x |"), Step("v", "select a from t")]
    recorder.make(steps[0])
    recorder.define(steps[1])
    recorder.map_batches("judged", "select a from v", long_texts)
    assert recorder.steps == [*steps, Step("judged", "select a from v")]
    assert recorder.collect("select a from judged").to_pylist() == [{"a": "x"}]


# Vocabulary and migrations are what every engine begins with.


def test_an_engine_without_a_file_has_an_empty_registry():
    made = engine_holding()
    asked = "select count(*) as n from registry.customer_view"
    assert made.collect(asked)["n"][0].as_py() == 0
    asked = "select rp_text(' a ', false) as a"
    assert json.dumps(made.collect(asked).to_pylist()) == '[{"a": "a"}]'
    made.close()
