"""Rule 1: every row of every file is accounted for, and no reject loses its text."""

import csv
import io
from collections import Counter
from dataclasses import dataclass

import pytest
from hypothesis import given
from hypothesis import strategies as st

from regpipe.errors import DataError
from worlds import asked, customers, declared, deliver, orders, put, run, whole_runs

HEADER = ("external_id", "email", "note", "updated_at")
GOOD, RAGGED, DIRTY, BLANK = "good", "ragged", "dirty", "blank"

NOTES = st.lists(
    st.sampled_from(["a", "Ö", "€", *"\"',; =#\n", "\r\n"]), max_size=6
).map("".join)
"""Cells with what breaks readers; a note may be anything."""

KEYS = st.integers(1, 6).map(str)


@dataclass(frozen=True)
class Row:
    """A record of a file as the test wrote it, and what it is."""

    kind: str
    cells: tuple[str, ...]


@st.composite
def rows(draw):
    """Give one record: good, of too few or many cells, dirty, or an empty line."""
    kind = draw(st.sampled_from([GOOD, GOOD, GOOD, DIRTY, RAGGED, BLANK]))
    if kind == BLANK:
        return Row(kind, ())
    key, note = draw(KEYS), draw(NOTES)
    day = draw(st.integers(1, 28))
    cells = [key, f"{key}@example.com", note, f"2026-01-{day:02} 10:00:00"]
    if kind == DIRTY:
        spoilt, value = draw(
            st.sampled_from(
                [(0, ""), (1, "no address"), (3, "31.12.2025"), (3, "soon")]
            )
        )
        cells[spoilt] = value
    if kind == RAGGED:
        cells = draw(st.sampled_from([cells[:1], cells[:3], [*cells, "x"], cells * 2]))
    elif kind == GOOD and draw(st.integers(0, 4)) == 0:
        cells.append("")  # an empty cell too many says nothing
    return Row(kind, tuple(cells))


FILES = st.lists(st.lists(rows(), min_size=1, max_size=12), min_size=1, max_size=3)
STYLES = st.fixed_dictionaries(
    {
        "end": st.sampled_from(["\n", "\r\n"]),
        "quoting": st.sampled_from([csv.QUOTE_MINIMAL, csv.QUOTE_ALL]),
        "bom": st.booleans(),
        "finished": st.booleans(),
    }
)


def text_of(records, style):
    """Write records as a CSV; a blank one as an empty line where it has no cells."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator=style["end"], quoting=style["quoting"])
    writer.writerow(HEADER)
    for record in records:
        if record.cells:
            writer.writerow(record.cells)
        else:
            out.write(style["end"])
    text = out.getvalue()
    cut = bool(records) and records[-1].kind == "ragged"
    if not style["finished"] and not cut:
        text = text.removesuffix(style["end"])
    return ("\ufeff" if style["bom"] else "").encode() + text.encode()


@given(files=FILES, style=STYLES)
@whole_runs(12)
def test_every_record_has_one_fate_and_every_reject_keeps_its_text(
    tmp_path_factory, files, style
):
    folder = tmp_path_factory.mktemp("shop")
    good = Row(GOOD, ("0", "0@example.com", "", "2026-01-01 10:00:00"))
    for number, records in enumerate(files):
        put(folder / f"shop{number}.csv", text_of([good, *records], style))
    shop = declared(folder, {"shop": customers(" ".join(HEADER))})
    outcome = run(shop)

    rejected = {}  # a text that several files hold is one reject: where it stood last
    for number, records in enumerate(files):
        times = Counter()
        for place, record in enumerate(records, 3):
            if record.kind in (RAGGED, DIRTY):
                times[record.cells] += 1
                which = (record.cells, times[record.cells])
                rejected[which] = (f"shop{number}.csv", place, list(record.cells))
    taken = {r.cells[0] for records in files for r in records if r.kind == GOOD} | {"0"}
    for number, (records, file) in enumerate(zip(files, outcome.files, strict=True)):
        kinds = Counter(record.kind for record in records)
        assert file.file == f"shop{number}.csv"
        assert file.read == 1 + len(records) - kinds[BLANK]
        assert file.rejected == kinds[RAGGED] + kinds[DIRTY]
        assert file.balances
        assert file.unchanged == file.suppressed == 0
    assert sum(file.accepted for file in outcome.files) == len(taken)
    registry = folder / "registry.duckdb"
    assert asked(registry, "select count(*) from source_records") == [(len(taken),)]
    assert sorted(rejected.values()) == asked(
        registry,
        "select file, row_number, original from rejects union all "
        "select file, row_number, original from rejects_history "
        "order by file, row_number",
    )
    assert asked(
        registry,
        "select read, accepted, rejected, duplicate, unchanged, suppressed "
        "from run_files order by file_id",
    ) == [
        (f.read, f.accepted, f.rejected, f.duplicate, f.unchanged, f.suppressed)
        for f in outcome.files
    ]

    again = run(shop)
    for before, after in zip(outcome.files, again.files, strict=True):
        assert after.balances
        assert (after.read, after.rejected) == (before.read, before.rejected)
        assert after.accepted == 0
    assert sum(file.unchanged for file in again.files) >= len(taken)
    assert again.deltas["rejects"].new == 0


@st.composite
def baskets(draw):
    """Give the rows of a few orders, mixed, each row good or bad."""
    found = []
    for order in range(draw(st.integers(1, 4))):
        for line in range(draw(st.integers(1, 3))):
            bad = draw(st.sampled_from(["", "", "", "", "x", "1e3"]))
            total = bad or draw(st.sampled_from(["1", "2.50", ""]))
            found.append(
                {
                    "order_id": f"#{order}",
                    "ordered_at": "2026-01-01 10:00:00" if line == 0 else "",
                    "line_total": total,
                    "note": f"row {len(found)}",
                    "bad": "line_total" if bad else "",
                }
            )
    return found


@given(rows=baskets())
@whole_runs(8)
def test_a_bad_row_takes_its_order_along_and_all_its_rows_are_rejects(
    tmp_path_factory, rows
):
    folder = tmp_path_factory.mktemp("shop")
    fine = {"order_id": "#fine", "ordered_at": "2026-01-01 10:00:00", "note": "fine"}
    fine |= {"line_total": "1", "bad": ""}
    rows = [fine, *rows]
    deliver(folder / "orders.csv", rows)
    deliver(folder / "shop.csv", "email | updated_at\na@example.com | 2026-01-01")
    shop = declared(
        folder,
        {
            "sales": orders("order_id ordered_at line_total note"),
            "shop": customers("email updated_at"),
        },
    )
    file, _ = run(shop).files
    bad = {row["order_id"] for row in rows if row["bad"]}
    lost = [
        (place, row["note"], row["bad"], "unreadable" if row["bad"] else "order")
        for place, row in enumerate(rows, 2)
        if row["order_id"] in bad
    ]
    assert (file.read, file.rejected) == (len(rows), len(lost))
    assert file.accepted == len(rows) - len(lost)
    assert (
        asked(
            folder / "registry.duckdb",
            'select row_number, original[3], reasons[1]."column", reasons[1]."check" '
            "from rejects order by row_number",
        )
        == lost
    )
    again, _ = run(shop).files
    assert (again.unchanged, again.rejected) == (file.accepted, file.rejected)


def fates(folder, text):
    """Give what became of a shop's one file: read, accepted, rejected, duplicate."""
    put(folder / "shop.csv", text)
    shop = customers(
        "external_id last_name updated_at"
        if "updated_at" in text
        else "external_id last_name"
    )
    (file,) = run(declared(folder, {"shop": shop})).files
    return file.read, file.accepted, file.rejected, file.duplicate


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('external_id,last_name\n1,a\n2,"b\nc"\n', (2, 2, 0, 0)),
        ("external_id,last_name\n1,a\n2,b", (2, 2, 0, 0)),
        ("external_id,last_name\n\n1,a\n\n\n2,b\n\n", (2, 2, 0, 0)),
        ("external_id,last_name\n1,a\n,\n2,b\n , \n", (2, 2, 0, 0)),
        ('external_id,last_name\n1,a 5" pipe\n2,b\n', (2, 2, 0, 0)),
        ('external_id,last_name\n1,"a ""b"" c"\n2,\'t Hooft\n', (2, 2, 0, 0)),
        ("external_id,last_name\n1,#1001\n#2,b\n", (2, 2, 0, 0)),
        ("external_id,last_name\r1,a\r2,b\r", (2, 2, 0, 0)),
        ("external_id,last_name\r\n1,a\n2,b\r\n", (2, 2, 0, 0)),
        ("external_id,last_name\n1,a\r\n2,b\r\n", (2, 2, 0, 0)),
        ('external_id,"no\nte",last_name\r\n1,x,a\r\n2,y,b\r\n', (2, 2, 0, 0)),
        ("external_id,last_name\n1,a\n1,a\n1,b\n", (3, 1, 0, 2)),
        ("external_id,last_name\n1,a\n2\n3,c,d\n", (3, 1, 2, 0)),
        ("external_id,last_name\n1,a\n2\x00,b\n", (2, 2, 0, 0)),
    ],
    ids=[
        "a line end in quotes",
        "no line end at the end",
        "blank lines",
        "rows of commas only",
        "a quote amid a cell",
        "doubled quotes and an apostrophe",
        "a number sign is no comment",
        "line ends of old Macs",
        "CRLF, then LF",
        "LF, then CRLF",
        "a line end in the header",
        "the same row twice, and another version",
        "too few and too many cells",
        "a NUL",
    ],
)
def test_a_file_is_counted_as_a_spreadsheet_counts_it(tmp_path, text, expected):
    assert fates(tmp_path, text) == expected


def test_a_quote_that_is_never_closed_costs_one_reject_and_says_so(tmp_path):
    text = 'external_id,last_name\n1,a\n2,"b\n3,c\n4,d\n'
    assert fates(tmp_path, text) == (2, 1, 1, 0)
    assert asked(
        tmp_path / "registry.duckdb",
        'select row_number, original, reasons[1]."check" from rejects',
    ) == [(3, ["2", "b\n3,c\n4,d\n"], "unclosed_quote")]


def test_a_reject_that_comes_again_in_another_file_is_kept_once(tmp_path):
    for night in ("one", "two"):
        (tmp_path / "shop.csv").unlink(missing_ok=True)
        found = fates(tmp_path, "external_id,last_name\n1,a\n,b\n,b\n")
        assert found == ((3, 1, 2, 0) if night == "one" else (3, 0, 2, 0))
    assert asked(
        tmp_path / "registry.duckdb",
        "select row_number, run_id from rejects order by 1",
    ) == [(3, 1), (4, 1)]


def test_a_file_of_nothing_but_rejects_is_not_taken(tmp_path):
    with pytest.raises(DataError) as told:
        fates(tmp_path, "external_id,last_name\n,a\n,b\n")
    assert str(told.value).startswith("shop.csv: all 2 rows are rejected")
    assert not (tmp_path / "registry.duckdb").exists()
