"""The files of targets: cut where too large, read again, refused when wrong."""

import csv
import io
import json
import re
from datetime import datetime, time

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from regpipe.engine.duckdb import DuckDBEngine
from regpipe.errors import DataError, PipelineError
from regpipe.formats import (
    ENCODINGS,
    SHAPES,
    ListColumn,
    Longest,
    Split,
    letters,
    target,
)
from regpipe.formats.sources import shipped_preset
from regpipe.spec.load import load_pipeline
from regpipe.stages import list_encoding
from regpipe.stages.list_check import Rules, Written, check_list, time_pattern
from regpipe.stages.list_split import cut, pieces
from shop import cells, in_memory, pipeline, write_lists
from targets_world import FILL, WORLD
from worlds import put, records, run, sha256, written

PEOPLE = {
    "customers": [
        {
            "customer_id": n,
            "email": f"p{n}@x.se",
            "first_name": "Å" * (n % 7),
            "note": 'a "line"\n\nand, "another"\n' * (n % 5),
        }
        for n in range(1, 41)
    ]
}


def shopify(folder, tables=PEOPLE, **more):
    """Write a list to Shopify; give the names of its files."""
    said = {"purpose": "service", "target": "shopify", "to": "out/all.csv", **more}
    outcomes = write_lists(pipeline(folder, all=said), **tables)
    return {each.file.rpartition("/")[2]: each.rows for each in outcomes}


@pytest.mark.parametrize(
    ("split", "files"),
    [
        ({"rows": 40}, {"all.csv": 40}),
        ({"rows": 20}, {"all.csv": 20, "all-2.csv": 20}),
        ({"rows": 15}, {"all.csv": 15, "all-2.csv": 15, "all-3.csv": 10}),
        ({"bytes": 100_000}, {"all.csv": 40}),
    ],
)
def test_a_list_is_cut_into_as_few_files_as_hold_it(tmp_path, split, files):
    whole = shopify(tmp_path / "whole")
    assert whole == {"all.csv": 40}
    assert shopify(tmp_path / "cut", split=split) == files
    header, *rows = cells(tmp_path / "whole/out/all.csv")
    parts = [cells(tmp_path / "cut/out" / name) for name in files]
    assert all(part[0] == header for part in parts)
    assert [row for part in parts for row in part[1:]] == rows


@settings(
    max_examples=25,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(largest=st.integers(1000, 4000), most=st.one_of(st.none(), st.integers(1, 50)))
def test_no_file_is_larger_than_is_said_and_no_row_is_torn(tmp_path, largest, most):
    split = {"bytes": largest, **({"rows": most} if most else {})}
    names = shopify(tmp_path / "cut", split=split)
    parts = [(tmp_path / "cut/out" / name).read_bytes() for name in names]
    assert all(len(part) <= largest for part in parts)
    assert sum(names.values()) == 40
    shopify(tmp_path / "whole")
    whole = (tmp_path / "whole/out/all.csv").read_bytes()
    header = whole[: whole.index(b"\n") + 1]
    assert header + b"".join(part.removeprefix(header) for part in parts) == whole
    for part, rows in zip(parts, names.values(), strict=True):
        read = list(csv.reader(io.StringIO(part.decode(), newline=""), strict=True))
        assert len(read) == rows + 1


def test_the_manifest_knows_every_part_and_parts_without_rows_are_emptied(tmp_path):
    said = {"purpose": "service", "target": "shopify", "columns": ["email"],
            "split": {"rows": 2}, "to": "out/all.csv"}  # fmt: skip
    few = {"customers": PEOPLE["customers"][:3]}
    write_lists(pipeline(tmp_path, all=said), customers=PEOPLE["customers"][:5])
    write_lists(pipeline(tmp_path, all=said), **few)
    assert cells(tmp_path / "out/all-2.csv") == [
        ["Email", "Accepts Email Marketing"][:1],
        ["p3@x.se"],
    ]
    assert (tmp_path / "out/all-3.csv").read_text() == "Email\n"
    files = json.loads((tmp_path / "out/all.manifest.json").read_text())["files"]
    assert all(sha256(tmp_path / "out" / f["file"]) == f["sha256"] for f in files)
    assert [
        (file["file"], file.get("part"), file["rows"], file.get("in_segment"))
        for file in files
    ] == [
        ("all-3.csv", None, 0, 0),
        ("all.csv", None, 2, 3),
        ("all-2.csv", 2, 1, None),
    ]


def test_what_a_killed_run_left_of_parts_and_refusals_is_removed(tmp_path):
    said = {"purpose": "newsletter", "target": "listmonk", "split": {"rows": 1}}
    made = pipeline(tmp_path, all={**said, "to": "out/a-2.csv"})
    names = ("a-2-2.csv", "a-2-13.csv", "blocklist-a-2.csv", "unsubscribed-a-2-2.csv")
    (tmp_path / "out").mkdir()
    for name in (*names, "b.csv"):
        (tmp_path / f"out/.{name}.regpipe-part").write_text("left")
    write_lists(made, **PEOPLE)
    left = sorted(path.name for path in (tmp_path / "out").glob(".*part"))
    assert left == [".b.csv.regpipe-part"]


def test_a_list_for_people_is_cut_too_where_that_is_said(tmp_path):
    said = {"purpose": "service", "split": {"rows": 30}, "to": "out/a.b.csv"}
    write_lists(pipeline(tmp_path, all=said), **PEOPLE)
    found = sorted(path.name for path in (tmp_path / "out").glob("*.csv"))
    assert found == ["a.b-2.csv", "a.b.csv"]


def test_a_row_that_fits_into_no_file_is_told_by_its_number(tmp_path):
    people = [
        {"customer_id": 1, "email": "a@x.se"},
        {"customer_id": 2, "email": "b@x.se", "note": "SECRET " * 200},
    ]
    with pytest.raises(DataError) as refused:
        shopify(tmp_path, {"customers": people}, split={"bytes": 1000})
    assert str(refused.value) == (
        "exports.all: all.csv: row 3: is larger than a file of 1000 bytes may be\n"
        "    hint: see to the texts of that row, or allow larger files by 'split'"
    )
    assert list((tmp_path / "out").glob("*.csv")) == []
    assert list((tmp_path / "out").glob(".*part")) == []


def test_a_part_of_a_group_cannot_be_the_file_of_another_group(tmp_path):
    said = {"purpose": "service", "for_each": "group", "split": {"rows": 1},
            "to": "out/{group}.csv"}  # fmt: skip
    tables = {
        "customers": [{"customer_id": n, "email": f"{n}@x.se"} for n in (1, 2)],
        "groups": [{"group_key": n.lower(), "name": n} for n in ("VIP", "VIP-2")],
        "memberships": [
            {"customer_id": n, "group_key": g} for n in (1, 2) for g in ("vip", "vip-2")
        ],
    }
    with pytest.raises(PipelineError, match="would be the file of another"):
        write_lists(pipeline(tmp_path, all=said), **tables)
    write_lists(
        pipeline(tmp_path, all={**said, "to": "out/{group}/list.csv"}), **tables
    )
    found = sorted(
        str(p.relative_to(tmp_path / "out")) for p in tmp_path.rglob("*.csv")
    )
    assert found == [
        *("VIP-2/list-2.csv", "VIP-2/list.csv"),
        *("VIP/list-2.csv", "VIP/list.csv"),
    ]


TEXT = st.text(st.sampled_from('a",\n;Å\r'), max_size=12)


@settings(max_examples=150, deadline=None)
@given(
    rows=st.lists(st.tuples(TEXT, TEXT), max_size=12),
    header=st.booleans(),
    most=st.integers(1, 5),
)
def test_pieces_are_the_whole(tmp_path_factory, rows, header, most):
    out = io.StringIO(newline="")
    writer = csv.writer(out, lineterminator="\n", quoting=csv.QUOTE_ALL)
    if header:
        writer.writerow(["A,\n", "B"])
    writer.writerows(rows)
    folder = tmp_path_factory.mktemp("cut")
    whole = folder / "whole"
    whole.write_bytes(out.getvalue().encode())
    limit = Split(rows=most)
    head, found = pieces(whole, len(rows), limit, header=header, place="a")
    paths = [whole, *(folder / str(n) for n in range(1, len(found)))]
    for path in paths[1:]:
        path.touch()
    cut(whole, head, list(zip(found, paths, strict=True)))
    read = []
    for path, piece in zip(paths, found, strict=True):
        with path.open(encoding="utf-8", newline="") as file:
            part = list(csv.reader(file, strict=True))[1 if header else 0 :]
        assert len(part) == piece.rows <= most
        read += part
    assert [tuple(row) for row in read] == rows


# Other encodings.

NAMES = ["Åsa", "Łukasz", "Zoë €", "", "\u00a0"]
CLUB = {
    "customers": [
        {"customer_id": n, "email": f"p{n}@x.se", "first_name": name}
        for n, name in enumerate(NAMES, 1)
    ]
}


def coded(folder, target, encoding, **more):
    """Write a list in an encoding; give its bytes."""
    said = {"purpose": "service", "target": target, "encoding": encoding, **more}
    write_lists(pipeline(folder, all={**said, "to": "out/all.csv"}), **CLUB)
    return (folder / "out/all.csv").read_bytes()


def test_a_mark_stands_in_front_of_every_part_and_changes_nothing_else(tmp_path):
    more = {"columns": ["email", "first_name"], "split": {"rows": 3}}
    for name in ("csv", "shopify"):
        plain = coded(tmp_path, name, "utf-8", **more)
        second = (tmp_path / "out/all-2.csv").read_bytes()
        marked = coded(tmp_path, name, "utf-8-sig", **more)
        assert marked == b"\xef\xbb\xbf" + plain
        marked = (tmp_path / "out/all-2.csv").read_bytes()
        assert marked == b"\xef\xbb\xbf" + second


def test_a_letter_that_a_code_page_lacks_is_left_out_and_counted(tmp_path):
    wrote = coded(tmp_path, "shopify", "cp1252", columns=["email", "first_name"])
    assert wrote.decode("cp1252").splitlines() == [
        "First Name,Email",
        *("Åsa,p1@x.se", ",p2@x.se", "Zoë €,p3@x.se", ",p4@x.se", "\u00a0,p5@x.se"),
    ]
    text = (tmp_path / "out/all.manifest.json").read_text()
    assert json.loads(text)["files"][0]["left_blank"] == {"First Name": 1}


def test_a_letter_that_a_code_page_lacks_stops_a_list_without_rules(tmp_path):
    with pytest.raises(DataError) as refused:
        coded(tmp_path, "csv", "cp1252")
    assert str(refused.value) == (
        "exports.all: all.csv: line 3: holds a letter that cp1252 does not have\n"
        "    hint: leave out 'encoding', which is UTF-8 then"
    )
    assert list((tmp_path / "out").glob("*.csv")) == []


@settings(max_examples=60, deadline=None)
@given(
    text=st.text(st.characters(codec="cp1252", exclude_characters="\0"), max_size=40),
    encoding=st.sampled_from(["utf-8-sig", "cp1252"]),
    block=st.integers(3, 9),
)
def test_a_file_is_put_into_an_encoding_block_by_block(
    tmp_path_factory, text, encoding, block
):
    path = tmp_path_factory.mktemp("coded") / "a"
    path.write_bytes(text.encode())
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(list_encoding, "BLOCK", block)
        list_encoding.recode(path, encoding, "a")
    assert path.read_bytes() == text.encode(encoding)


@pytest.mark.parametrize("encoding", ENCODINGS)
def test_the_letters_of_an_encoding_are_those_that_it_can_hold(encoding):
    pattern = letters(encoding) or "(?s).*"
    for number in [*range(1, 0x3000), 0x1F600]:
        try:
            chr(number).encode(encoding)
            held = True
        except UnicodeEncodeError:
            held = False
        assert (re.fullmatch(pattern, chr(number)) is not None) == held, number


# Each rule, broken on purpose.

RULES = Rules(
    columns=(
        ListColumn("E", "email", required=True, repeated="out",
                   matches=SHAPES["email"]),
        ListColumn("L", "last_name", longest=Longest(9, "bytes")),
        ListColumn("B", "birth_date", time="%m/%d"),
        ListColumn("C", "country", countries="names"),
        ListColumn("F", "tax_exempt", words=("yes", "no")),
        ListColumn("N", "consent.newsletter", words=("Y", "N")),
        ListColumn("T", "groups", around='"', between=",",
                   each=Longest(4, "characters")),
        ListColumn("J", within=(("a", ListColumn("a", "city")),)),
        ListColumn("V", value="x"),
        ListColumn("P", "phone", matches=SHAPES["phone"]),
    ),
    delimiter=";",
    encoding="utf-8",
    header=True,
    one_of=(("L", "P"),),
    limit=Split(rows=2, bytes=400),
)  # fmt: skip
HEADER = ["E", "L", "B", "C", "F", "N", "T", "J", "V", "P"]
GOOD = ["a@x.se", "Åååå", "02/29", "Sweden", "yes", "N", '"a","b,"', '{"a": 1}', "x",
        "+46701234567"]  # fmt: skip


def checked(folder, *tables, rules=RULES, rows=None):
    """Check files of these rows, each with its header; give what is wrong."""
    files = []
    for number, table in enumerate(tables, 1):
        path = folder / f"{number}.csv"
        with path.open("w", encoding="utf-8", newline="") as file:
            csv.writer(file, delimiter=";", lineterminator="\n").writerows(table)
        written = len(table) - 1 if rows is None else rows
        files.append(Written(path, path.name, written))
    try:
        check_list("exports.a", rules, files)
    except DataError as error:
        return [f"{problem.where}: {problem.what}" for problem in error.problems]
    return []


def other(**cells_):
    return [cells_.get(name, cell) for name, cell in zip(HEADER, GOOD, strict=True)]


def test_a_file_that_keeps_the_rules_passes(tmp_path):
    blank = ["b@x.se", "", "", "", "", "", "", "", "", "+4612345678"]
    assert checked(tmp_path, [HEADER, GOOD, blank], [HEADER, other(E="c@x.se")]) == []


@pytest.mark.parametrize(
    ("broken", "found"),
    [
        ({"E": ""}, "column 'E': is blank, and must not be"),
        ({"E": "a x.se"}, "column 'E': does not match"),
        ({"E": "a@x.se\u00a0"}, ""),
        ({"L": "Ååååå"}, "column 'L': is longer than 9 bytes"),
        ({"B": "2/29"}, "column 'B': is not written as %m/%d"),
        ({"C": "SE"}, "column 'C': is no country's English name"),
        ({"F": "true"}, "column 'F': is neither of 'yes', 'no'"),
        ({"N": "yes"}, "column 'N': is neither of 'Y', 'N'"),
        ({"T": "a,b"}, "column 'T': is no list of parts in quotes"),
        ({"T": '"a","abcde"'}, "column 'T': is no list of parts in quotes"),
        ({"J": "[1]"}, "column 'J': is no JSON object"),
        ({"J": "{1}"}, "column 'J': is no JSON object"),
        ({"V": "y"}, "column 'V': is not the text that it should be"),
        ({"P": "'+46701234567"}, "column 'P': does not match"),
        ({"L": "", "P": ""}, "has none of L, P"),
    ],
)
def test_each_rule_that_is_broken_is_told_and_no_value_is(tmp_path, broken, found):
    told = checked(tmp_path, [HEADER, other(E="b@x.se"), other(**broken)])
    if found:
        (problem,) = told
        assert problem.startswith(f"exports.a: 1.csv: row 3: {found}")
        assert not any(v in problem for v in broken.values() if len(v) > 3)
    else:
        assert told == []


def test_a_header_rows_sizes_and_addresses_that_are_wrong_are_told(tmp_path):
    swapped = ["L", "E", *HEADER[2:]]
    assert checked(tmp_path, [swapped, GOOD]) == [
        "exports.a: 1.csv: row 1: column 'E': is not what the header says",
        "exports.a: 1.csv: row 1: column 'L': is not what the header says",
    ]
    marked = ["\ufeffE", *HEADER[1:]]
    assert len(checked(tmp_path, [marked, GOOD])) == 1
    assert checked(tmp_path, [HEADER, GOOD[:-1]], rows=0) == [
        "exports.a: 1.csv: row 2: has 9 cells, not 10"
    ]
    assert checked(tmp_path, [HEADER, GOOD], rows=2) == [
        "exports.a: 1.csv: row 2: is the last of 1, not 2"
    ]
    three = [HEADER, *(other(E=f"{n}@x.se") for n in range(3))]
    assert checked(tmp_path, three) == [
        "exports.a: 1.csv: row 3: is beyond the 2 rows of a file"
    ]
    large = [HEADER, other(J='{"a": "' + "x" * 400 + '"}')]
    assert checked(tmp_path, large) == [
        "exports.a: 1.csv: row 1: is beyond the 400 bytes of a file"
    ]
    twice = [HEADER, GOOD], [HEADER, other(E="b@x.se"), other(E="A@x.se")]
    assert checked(tmp_path, *twice) == [
        "exports.a: 2.csv: row 3: column 'E': is that of an earlier row"
    ]


def test_what_is_wrong_with_many_rows_is_told_once_with_their_number(tmp_path):
    rules = Rules(RULES.columns, ";", "utf-8", True, (), Split())
    table = [HEADER, *(other(E=f"{n}@x.se", C="SE") for n in range(50))]
    assert checked(tmp_path, table, rules=rules) == [
        "exports.a: 1.csv: row 2: column 'C': is no country's English name "
        "(and 49 rows more)"
    ]


def test_a_list_that_breaks_a_rule_stops_all_lists(tmp_path, monkeypatch):
    """The engine is made to write what it was not asked to."""
    export = DuckDBEngine.export

    def wrong(self, select, columns, order_by, path, delimiter, *, header=True):
        select = select.replace('c2 as "Email"', "'SECRET' as \"Email\"")
        return export(self, select, columns, order_by, path, delimiter, header=header)

    monkeypatch.setattr(DuckDBEngine, "export", wrong)
    lists = {
        "first": {"purpose": "service", "to": "out/first.csv"},
        "all": {"purpose": "service", "target": "shopify", "to": "out/all.csv"},
    }
    with pytest.raises(DataError) as refused:
        write_lists(pipeline(tmp_path, **lists), **WORLD)
    assert "SECRET" not in str(refused.value)
    assert str(refused.value).startswith(
        "exports.all: all.csv: row 2: column 'Email': does not match"
    )
    assert [path.name for path in (tmp_path / "out").iterdir()] == [".regpipe.lock"]


@pytest.fixture(scope="module")
def vocabulary():
    engine = in_memory([])
    yield engine
    engine.close()


ODD = st.text(st.sampled_from("aåB.@+-09 ,;'\"\n\t\u00a0é"), max_size=12)
LIKELY = st.from_regex(SHAPES["email"]) | st.from_regex(SHAPES["phone"])
PATTERNS = sorted(
    {*SHAPES.values(), letters("cp1252"), letters("iso-8859-15")}
    | {c.matches for n in ("shopify", "magento", "bigcommerce")
       for c in target(n).columns if c.matches}
)  # fmt: skip


@settings(max_examples=60, deadline=None)
@given(texts=st.lists(ODD | LIKELY, min_size=1, max_size=20))
def test_a_pattern_means_the_same_to_who_writes_and_who_checks(vocabulary, texts):
    texts = [text.replace("\0", "") for text in texts]
    values = ", ".join("('" + text.replace("'", "''") + "')" for text in texts)
    for pattern in PATTERNS:
        quoted = pattern.replace("'", "''")
        found = vocabulary.collect(
            f"select t, rp_matches(t, '{quoted}') as whole from (values {values}) v(t)"
        )
        for row in found.to_pylist():
            python = re.fullmatch(pattern, row["t"], re.ASCII) is not None
            assert row["whole"] == python, (pattern, row["t"])


def test_a_form_of_a_time_is_a_pattern():
    assert re.fullmatch(time_pattern("%Y-%m-%dT%H:%M:%SZ"), "2024-05-01T02:03:04Z")
    assert not re.fullmatch(time_pattern("%Y-%m-%d"), "2024-5-01")


# What is written for a store, read again as from that store.

STORES = {
    "shopify": {"preset": "shopify"},
    "prestashop": {"preset": "prestashop"},
    "magento": {"preset": "magento"},
    "bigcommerce": {
        "preset": "bigcommerce-bulk-edit",
        "columns": {"external_id": {"from": "Email"}},
    },
    "ecwid": {"preset": "ecwid-import"},
    "woocommerce": {
        "preset": "webtoffee-users",
        "columns": {"external_id": {"from": "user_login"}},
    },
    "klaviyo": {
        "preset": "klaviyo",
        "columns": {  # an import has other words than an export
            "consent.newsletter": {
                "from": "Email Marketing Consent",
                "at": "Email Marketing Consent Timestamp",
                "granted": ["Subscribe"],
            }
        },
    },
    "brevo": {"preset": "brevo"},
    "mailchimp": {"preset": "mailchimp", "files": "subscribed_all.csv"},
    "mailerlite": {"preset": "mailerlite"},
    "listmonk": {"preset": "listmonk", "columns": {"external_id": {"from": "email"}}},
    "magento-composite": {"preset": "magento-composite"},
    "abicart": {
        "preset": "abicart",
        "columns": {  # where the pipeline that wrote it says they are
            "external_id": "16",
            "consent.newsletter": {"from": "17", "granted": ["1"], "never": ["0"]},
        },
    },
}
LOST = {
    "abicart": {2: {"groups"}, 3: {"groups"}},
    "mailchimp": {2: {"last_name"}},
    "shopify": {2: {"groups"}, 3: {"phone", "groups"}, 1: {"region"}},
    "prestashop": {2: {"groups"}, 3: {"groups"}},
    "bigcommerce": {2: {"groups", "region"}},
}
"""What the manifest said was left out."""
SILENT = ("brevo", "listmonk", "mailerlite")
"""What is written for these says nothing of consent: it is chosen while importing."""

SAME = (
    *("email", "phone", "first_name", "last_name", "full_name", "company", "vat_id"),
    *("birth_date", "tax_exempt", "note", "street", "street2", "postcode", "city"),
    *("region", "country", "groups", "created_at"),
)


def reads(name):
    """Give the fields that the source of a store reads."""
    said = shipped_preset(STORES[name]["preset"]).said
    return {*said["columns"], *STORES[name].get("columns", {})}


def both_hold(name):
    """Give the columns that the target writes and the source reads."""
    writes = {each.column for each in target(name).columns if not each.extra}
    return [column for column in SAME if column in reads(name) & writes]


def known(name):
    """Give the customers of the world as they were, by their address."""
    found = {}
    for each in WORLD["customers"]:
        was = dict(each)
        of = {"customer_id": each["customer_id"]}
        for address in WORLD["addresses"]:
            if of.items() <= address.items():
                was |= address
        was["groups"] = sorted(
            "VIP" if each["group_key"] == "vip" else "Press, radio"
            for each in WORLD["memberships"]
            if of.items() <= each.items()
        )
        if name == "prestashop" and "created_at" in was:
            was["created_at"] = datetime.combine(was["created_at"], time())
        if name == "abicart":
            was.setdefault("country", "SE")  # a blank one is Sweden there
        if "birth_date" in was:
            was["birth_date"] = was["birth_date"].date()
        found.setdefault(was.get("email"), was)
    return found


@pytest.mark.parametrize("name", STORES)
def test_what_is_written_is_read_back_with_nothing_lost(tmp_path, name):
    said = {
        "purpose": "newsletter" if target(name).refusals else "service",
        "target": name,
        "to": "out/all.csv",
        "where": "email is not null",  # a row is told by it where a store has no id
        **({"fill": FILL[name]} if name in FILL else {}),
    }
    write_lists(pipeline(tmp_path / "old", all=said), **WORLD)
    source = {"files": "all.csv", **STORES[name]}
    wrote = (tmp_path / "old/out/all.csv").read_bytes()
    put(tmp_path / "new" / source["files"], wrote)
    (file,) = run(load_pipeline(written(tmp_path / "new", {"shop": source}), {})).files
    assert (file.rejected, file.duplicate) == (0, 0)
    found = records(tmp_path / "new/registry.duckdb", "from customer_view")
    assert len(found) == file.accepted == file.read > 1
    columns = both_hold(name)
    assert len(columns) >= 2
    before = known(name)
    for row in found:
        was = before[row["email"]]
        lost = LOST.get(name, {}).get(was["customer_id"], set())
        for column in columns:
            if column not in lost:
                assert (row[column] or None) == (was.get(column) or None), column
        if "consent.newsletter" in reads(name) and name not in SILENT:
            word = (row["consents"] or {}).get("newsletter", "never")
            assert (word == "granted") == (row["email"] in ("anna@x.se", "bo@x.no"))
