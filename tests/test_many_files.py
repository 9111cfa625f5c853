"""Many small files of one source are read together, and each as if it were alone."""

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from drawn import an_engine
from regpipe.errors import InputFileError
from regpipe.spec import Csv, CustomerSource
from regpipe.sql.intake import rows
from regpipe.stages.batches import FEW
from regpipe.stages.extract import extract
from regpipe.stages.normalise import normalise
from regpipe.stages.wanted import wanted_columns
from worlds import (
    EVERYBODY,
    asked,
    customers,
    declared,
    listed,
    nothing_changed,
    put,
    run,
)

SOURCE = CustomerSource.model_validate(
    {"files": "x.csv", "columns": {"external_id": "Id", "note": "Note"}}, by_alias=True
)
COLUMNS = ["external_id", "note"]

lasting = pytest.fixture(an_engine, scope="module")


def read_apart(engine, folder, deliveries):
    """Give the rows of the files, each read by itself."""
    found = []
    for number, delivery in enumerate(deliveries, 1):
        name = f"x{number}"
        alone = normalise(engine, name, SOURCE, "v", [delivery], number, folder)
        found += read(engine, alone)
        engine.drop(*(each.table for each in alone.tables))
    return found


def read(engine, done):
    step = rows("x", done.tables, COLUMNS, {})
    return engine.collect(f"select * from ({step.select}) order by row_id").to_pylist()


CELLS = st.one_of(
    st.text("ab \u00e5", max_size=3),
    st.sampled_from(
        ['"a"', '"a\nb"', '"a\r\n\r\nb"', 'a"b', '"', "a,b", "a,", '"a""b"']
    ),
)
LINES = st.one_of(
    st.tuples(st.sampled_from("12345"), CELLS).map(",".join),
    st.sampled_from(["", ",", "7", " , "]),
)


@st.composite
def files(draw):
    """Give the bytes of a small file, as shops write them or not."""
    end = draw(st.sampled_from(["\n", "\r\n", "\n", "\r"]))
    header = draw(st.sampled_from(["Id,Note", "Id,Note", '"Id","Note"', "Note,Id"]))
    text = end.join([header, *draw(st.lists(LINES, max_size=4))])
    text += draw(st.sampled_from([end, end, "", end * 2]))
    mark = draw(st.sampled_from([b"", b"", b"\xef\xbb\xbf"]))
    return mark + text.encode()


@given(contents=st.lists(files(), min_size=FEW + 1, max_size=FEW + 8))
@settings(
    max_examples=30,
    deadline=None,
    suppress_health_check=[
        HealthCheck.function_scoped_fixture,
        HealthCheck.too_slow,
        HealthCheck.data_too_large,
        HealthCheck.large_base_example,
    ],
)
def test_files_read_together_give_the_rows_they_give_apart(lasting, tmp_path, contents):
    deliveries = []
    for number, content in enumerate(contents):
        path = put(tmp_path / f"{number}.csv", content)
        deliveries.append(
            extract("x", path, path.name, Csv(), wanted_columns(SOURCE), tmp_path)
        )
    try:
        apart = read_apart(lasting, tmp_path, deliveries)
    except InputFileError:
        with pytest.raises(InputFileError):
            normalise(lasting, "x", SOURCE, "v", deliveries, 1, tmp_path)
        return
    together = normalise(lasting, "x", SOURCE, "v", deliveries, 1, tmp_path)
    assert read(lasting, together) == apart
    assert [d.file for d in together.deliveries] == [d.file for d in deliveries]
    assert [each.records for each in together.deliveries] == [
        sum(row["file_no"] == number for row in apart)
        for number, _ in enumerate(deliveries, 1)
    ]


MANY = 300


def test_each_of_many_files_is_accounted_for_and_keeps_its_rejects(tmp_path):
    shop = declared(
        tmp_path,
        {"shop": customers("external_id email note", files="in/*.csv")},
        {"all": EVERYBODY},
    )
    for n in range(MANY):
        lines = [f"{n},p{n}@x.se,of file {n}"]
        lines += [f"b{n},no address,second row of {n}"] * (n % 10 == 3)
        lines += [f"r{n},r{n}@x.se"] * (n % 50 == 7)
        lines += [""] * (n % 20 == 9)
        header = "external_id,email,note" if n % 3 else "external_id,email,note,more"
        cut = "," if n % 3 == 0 else ""
        text = "\n".join([header, *(line + cut for line in lines)])
        put(tmp_path / "in" / f"{n:03}.csv", text + "\n")
    outcome = run(shop)
    counts = [(f.read, f.accepted, f.rejected) for f in outcome.files]
    assert counts == [
        (1 + bad, 1, bad)
        for bad in ((n % 10 == 3) + (n % 50 == 7) for n in range(MANY))
    ]
    rejects = asked(
        tmp_path / "registry.duckdb",
        "select file, row_number, original[1], original[2], header[4] "
        "from rejects order by file, row_number",
    )
    expected = [
        (f"in/{n:03}.csv", 3, f"b{n}", "no address", None if n % 3 else "more")
        for n in range(MANY)
        if n % 10 == 3
    ]
    expected += [
        (f"in/{n:03}.csv", 3, f"r{n}", f"r{n}@x.se", None if n % 3 else "more")
        for n in range(MANY)
        if n % 50 == 7
    ]
    assert rejects == sorted(expected)
    assert len(listed(tmp_path / "out/everybody.csv")) == MANY
    assert nothing_changed(run(shop))
