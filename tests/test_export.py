"""Lists: their bytes, their files and folders, their manifests, their turns."""

import hashlib
import json
import os
import stat
import unicodedata
from datetime import datetime

import duckdb
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from regpipe.engine.duckdb import DuckDBEngine
from regpipe.errors import PipelineError, RegistryError, StepError
from regpipe.formats import target, target_names
from regpipe.registry.lock import writer_lock
from regpipe.spec.exports import TARGETS, VIEW_COLUMNS
from regpipe.sql.customer_view import VIEW
from regpipe.sql.step import literal
from regpipe.stages.export import publish_exports, stage_exports
from regpipe.stages.export_files import LOCK, aside, export_folders, writing_lists
from regpipe.stages.file_names import LONGEST, file_names, folded
from regpipe.stages.manifest import content, publish
from shop import AS_OF, cells, in_memory, make_registry, pipeline, write_lists

SERVICE = {"purpose": "service", "to": "out/all.csv"}

GROUPS = {
    "customers": [{"customer_id": n, "email": f"p{n}@x.se"} for n in (3, 1, 2)],
    "groups": [
        {"group_key": "vip", "name": "VIP"},
        {"group_key": "press", "name": "Press"},
        {"group_key": "empty", "name": "Empty"},
    ],
    "memberships": [
        {"customer_id": 1, "group_key": "vip"},
        {"customer_id": 3, "group_key": "vip"},
        {"customer_id": 2, "group_key": "press"},
    ],
}

BY_GROUP = {
    "purpose": "service",
    "for_each": "group",
    "columns": ["email"],
    "to": "out/{group}.csv",
}


def files(folder):
    """Give the files in a folder, the lock left out."""
    return sorted(
        str(path.relative_to(folder))
        for path in folder.rglob("*")
        if path.is_file() and path.name != f"{LOCK}.lock"
    )


def mode(path):
    return stat.S_IMODE(path.stat().st_mode)


ONE = {
    "customers": [
        {
            "customer_id": 7,
            "email": "anna@x.se",
            "phone": "+46701",
            "first_name": "=cmd()",
            "last_name": "'t Hooft",
            "note": 'says "hej",\nand more',
            "tax_exempt": True,
            "birth_date": datetime(1990, 5, 1),
            "created_at": datetime(2024, 5, 1, 12),
            "updated_at": datetime(2024, 5, 1, 12, 0, 0, 5),
        },
        {"customer_id": 5, "email": "bo@x.se", "tax_exempt": False, "note": ""},
    ],
    "consent_events": [
        {"address": "anna@x.se"},
        {"address": "+46701", "channel": "sms", "status": "never"},
    ],
    "groups": [{"group_key": n, "name": n} for n in ("vip", "@home")],
    "memberships": [{"customer_id": 7, "group_key": n} for n in ("vip", "@home")],
    "orders": [
        {"order_id": str(n), "customer_id": 7, "currency": currency, "total": total}
        for n, (currency, total) in enumerate(
            [("SEK", 1200), ("SEK", 0.5), ("EUR", -3.1234), ("NOK", 100.1)]
        )
    ],
}

SHOWN = [
    *("customer_id", "email", "phone", "first_name", "last_name", "note"),
    *("tax_exempt", "birth_date", "created_at", "updated_at"),
    *("groups", "consents", "order_count", "total_spent"),
]


@pytest.mark.parametrize(
    ("said", "anna", "bo"),
    [
        (
            "csv",
            [
                *("7", "anna@x.se", "'+46701", "'=cmd()", "'t Hooft"),
                *('says "hej",\nand more', "yes", "1990-05-01", "2024-05-01 12:00:00"),
                *("2024-05-01 12:00:00.000005", "'@home, vip"),
                "newsletter: granted, newsletter.sms: never",
                *("4", "EUR -3.1234, NOK 100.10, SEK 1200.50"),
            ],
            ["5", "bo@x.se", *[""] * 4, "no", *[""] * 5, "0", ""],
        ),
        (
            "csv-verbatim",
            [
                *("7", "anna@x.se", "+46701", "=cmd()", "'t Hooft"),
                *('says "hej",\nand more', "true", "1990-05-01", "2024-05-01 12:00:00"),
                *("2024-05-01 12:00:00.000005", "@home, vip"),
                "newsletter: granted, newsletter.sms: never",
                *("4", "EUR -3.1234, NOK 100.10, SEK 1200.50"),
            ],
            ["5", "bo@x.se", *[""] * 4, "false", *[""] * 5, "0", ""],
        ),
    ],
)
def test_every_kind_of_value_has_its_text_for_people_and_for_machines(
    tmp_path, said, anna, bo
):
    declared = pipeline(tmp_path, all={**SERVICE, "target": said, "columns": SHOWN})
    write_lists(declared, **ONE)
    assert cells(tmp_path / "out/all.csv") == [SHOWN, bo, anna]


def test_a_list_is_utf8_with_lf_and_quotes_where_they_must_be(tmp_path):
    declared = pipeline(
        tmp_path, all={**SERVICE, "columns": [{"email": "E-post, hem"}, "last_name"]}
    )
    people = [
        {"customer_id": 1, "email": "å@x.se", "last_name": 'Ek, "B"'},
        {"customer_id": 2, "email": None, "last_name": None},
    ]
    write_lists(declared, customers=people)
    expected = '"E-post, hem",last_name\nå@x.se,"Ek, ""B"""\n,\n'
    assert (tmp_path / "out/all.csv").read_bytes() == expected.encode()


def test_a_row_of_one_blank_cell_is_no_blank_line(tmp_path):
    declared = pipeline(tmp_path, all={**SERVICE, "columns": ["company"]})
    write_lists(declared, customers=[{"customer_id": 1}, {"customer_id": 2}])
    assert (tmp_path / "out/all.csv").read_bytes() == b'company\n""\n""\n'


def test_columns_may_have_any_header_also_that_of_another_column(tmp_path):
    columns = [{"email": "customer_id"}, {"customer_id": "group_key"}]
    declared = pipeline(tmp_path, all={**SERVICE, "columns": columns})
    write_lists(declared, **GROUPS)
    assert cells(tmp_path / "out/all.csv") == [
        ["customer_id", "group_key"],
        ["p1@x.se", "1"],
        ["p2@x.se", "2"],
        ["p3@x.se", "3"],
    ]


@pytest.fixture(scope="module")
def vocabulary():
    engine = in_memory([])
    yield engine
    engine.close()


TEXTS = st.text(
    st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=12
)
ODD = st.text(st.sampled_from("'=+-@\t\r\n ,\"a"), max_size=6)


@settings(
    max_examples=40,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(names=st.lists(st.one_of(TEXTS, ODD), min_size=1, max_size=8))
@example(names=["=1", "'=1", "''=1", "'t Hooft", "+46", "-", "\t", "\r=", "@a", "'"])
def test_a_harmless_cell_is_no_formula_and_can_be_turned_back(
    tmp_path, vocabulary, names
):
    declared = pipeline(
        tmp_path,
        people={**SERVICE, "columns": ["first_name"]},
        machines={
            **SERVICE,
            "columns": ["first_name"],
            "target": "csv-verbatim",
            "to": "out/verbatim.csv",
        },
    )
    people = [{"customer_id": n, "first_name": name} for n, name in enumerate(names)]
    write_lists(declared, customers=people)
    armed = [row[0] for row in cells(tmp_path / "out/all.csv")[1:]]
    verbatim = [row[0] for row in cells(tmp_path / "out/verbatim.csv")[1:]]
    assert verbatim == names
    assert not any(cell.startswith(("=", "+", "-", "@", "\t", "\r")) for cell in armed)
    turned = ", ".join(f"rp_disarmed({literal(cell)})" for cell in armed)
    back = vocabulary.collect(f"select unnest([{turned}])")
    assert back.column(0).to_pylist() == names


@settings(
    max_examples=15,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(order=st.permutations(range(1, 13)))
def test_the_order_of_the_rows_in_the_registry_does_not_change_a_byte(tmp_path, order):
    declared = pipeline(tmp_path, all={**SERVICE, "columns": ["email", "groups"]})
    people = [{"customer_id": n, "email": f"p{n}@x.se"} for n in order]
    members = [{"customer_id": n, "group_key": "g"} for n in order]
    (written,) = write_lists(
        declared,
        customers=people,
        memberships=members,
        groups=[{"group_key": "g", "name": "G"}],
    )
    rows = "".join(f"p{n}@x.se,G\n" for n in range(1, 13))
    assert (
        written.sha256 == hashlib.sha256(f"email,groups\n{rows}".encode()).hexdigest()
    )


def test_many_rows_come_out_in_order_and_the_same_twice(tmp_path):
    path = make_registry(tmp_path / "registry.duckdb")
    with duckdb.connect(path) as db:
        db.execute(
            "insert into customers by name select i as customer_id, 'registered' as "
            "kind, 'p' || i || '@x.se' as email, 1 as run_id "
            "from range(300_000) t(i) order by hash(i)"
        )
    declared = pipeline(tmp_path, all={**SERVICE, "columns": ["customer_id", "email"]})
    (first,) = write_lists(declared)
    (again,) = write_lists(declared)
    assert first == again
    expected = "".join(f"{n},p{n}@x.se\n" for n in range(300_000))
    assert (tmp_path / "out/all.csv").read_text() == f"customer_id,email\n{expected}"


NAMES = st.dictionaries(
    st.text(max_size=8),
    st.one_of(
        st.text(max_size=60),
        st.text(st.sampled_from("aAåÅéEß. /\\:*\t\u0301\u00a0_-"), max_size=5),
        st.sampled_from(
            ["CON", "nul.txt", "com1", "LPT¹", "..", ".", "", "é", "e\u0301"]
        ),
        st.sampled_from(["VIP", "vip", "a/b", "a_b", "a:b", "x" * 300, "å" * 80]),
    ),
    max_size=12,
)


@settings(max_examples=300, deadline=None)
@given(groups=NAMES)
def test_group_names_are_safe_and_unique_as_file_names(groups):
    names = file_names(groups)
    assert set(names) == set(groups)
    assert len({folded(name) for name in names.values()}) == len(groups)
    for name in names.values():
        assert 0 < len(name.encode()) <= LONGEST
        assert name == unicodedata.normalize("NFC", name)
        assert not set(name) & set('/\\:*?"<>|')
        assert not any(unicodedata.category(c) in ("Cc", "Cf", "Cs") for c in name)
        assert not name.startswith((".", " "))
        assert not name.endswith((".", " "))
        assert name.partition(".")[0].lower() not in ("con", "nul", "com1", "lpt¹")


@settings(max_examples=200, deadline=None)
@given(groups=NAMES, other=st.text(max_size=20))
def test_a_group_keeps_its_file_name_whatever_unlike_group_comes(groups, other):
    groups.pop("another", None)
    before = file_names(groups)
    after = file_names({**groups, "another": other})
    plain = {folded(file_names({key: name})[key]) for key, name in groups.items()}
    if folded(file_names({"another": other})["another"]) not in plain:
        assert {key: after[key] for key in groups} == before


@pytest.mark.parametrize(
    ("name", "file"),
    [
        ("VIP", "VIP"),
        ("Återförsäljare, Norr", "Återförsäljare, Norr"),
        ("e\u0301te\u0301", "été"),
        ("B/C\\D", "B_C_D"),
        (" trailing. ", "trailing"),
        ("..", "_"),
        (".hidden", "_hidden"),
        ("", "_"),
        ("aux", "aux_"),
        ("con.fig", "con_.fig"),
        ("console", "console"),
        ("a\nb\u200bc", "a_b_c"),
        ("no\u00a0break", "no break"),
    ],
)
def test_a_group_is_named_as_near_to_its_name_as_is_safe(name, file):
    assert file_names({"key": name, "other": "Zebra"})["key"] == file


def test_names_that_a_file_system_could_take_for_one_another_are_told_apart():
    names = file_names({"a": "VIP", "b": "vip", "c": "Vip!", "d": "Press"})
    assert names["c"] == "Vip!"
    assert names["d"] == "Press"
    assert names["a"].startswith("VIP-")
    assert names["b"].startswith("vip-")
    assert file_names({"a": "VIP", "b": "vip"})["a"] == names["a"]


def test_each_group_with_somebody_in_it_has_a_file_of_its_own(tmp_path):
    declared = pipeline(tmp_path, groups=BY_GROUP)
    written = write_lists(declared, **GROUPS)
    assert files(tmp_path) == [
        "out/Press.csv",
        "out/VIP.csv",
        "out/groups.manifest.json",
    ]
    assert cells(tmp_path / "out/VIP.csv") == [["email"], ["p1@x.se"], ["p3@x.se"]]
    assert [(each.name, each.rows) for each in written] == [
        ("groups", 1),
        ("groups", 2),
    ]


def test_a_group_may_be_a_folder_and_the_date_anywhere(tmp_path):
    to = "out/{date}/{group}/list-{date}.csv"
    declared = pipeline(tmp_path, groups={**BY_GROUP, "to": to})
    write_lists(declared, **GROUPS)
    assert files(tmp_path) == [
        "out/2024-05-01/Press/list-2024-05-01.csv",
        "out/2024-05-01/VIP/list-2024-05-01.csv",
        "out/2024-05-01/groups-2024-05-01.manifest.json",
    ]
    assert mode(tmp_path / "out/2024-05-01/VIP") == 0o700


def test_the_list_of_a_group_that_nobody_is_in_any_more_is_emptied(tmp_path):
    declared = pipeline(tmp_path, groups=BY_GROUP)
    write_lists(declared, **GROUPS)
    (tmp_path / "out/Mine.csv").write_text("not regpipe's\n")
    left = {**GROUPS, "memberships": [{"customer_id": 1, "group_key": "vip"}]}
    for _ in range(2):
        written = write_lists(declared, **left)
        assert [(each.file[-9:], each.rows) for each in written] == [
            ("Press.csv", 0),
            ("t/VIP.csv", 1),
        ]
        assert cells(tmp_path / "out/Press.csv") == [["email"]]
        assert (tmp_path / "out/Mine.csv").read_text() == "not regpipe's\n"
    write_lists(declared, **GROUPS)
    assert cells(tmp_path / "out/Press.csv") == [["email"], ["p2@x.se"]]


def test_a_manifest_cannot_make_regpipe_write_elsewhere(tmp_path):
    declared = pipeline(tmp_path, groups=BY_GROUP)
    (tmp_path / "out").mkdir()
    precious = tmp_path / "precious.csv"
    precious.write_text("keep me\n")
    said = {"files": [{"file": name} for name in ("../precious.csv", "a/b.csv", 7)]}
    manifest = tmp_path / "out/groups.manifest.json"
    for text in (json.dumps(said), "[]", '{"files": 7}', "{", ""):
        manifest.write_text(text)
        write_lists(declared, **GROUPS)
    assert precious.read_text() == "keep me\n"
    assert files(tmp_path / "out") == ["Press.csv", "VIP.csv", "groups.manifest.json"]


def test_the_manifest_says_what_the_list_is_and_holds_no_personal_value(tmp_path):
    declared = pipeline(
        tmp_path,
        newsletter={
            "purpose": "newsletter",
            "where": "email = 'p1@x.se' or true",
            "columns": [{"email": "E-post"}],
            "to": "out/news-{date}.csv",
        },
    )
    write_lists(declared, run=12, **GROUPS, consent_events=[{"address": "p1@x.se"}])
    text = (tmp_path / "out/newsletter-2024-05-01.manifest.json").read_text("utf-8")
    written = tmp_path / "out/news-2024-05-01.csv"
    assert "p1@x.se" not in text
    assert json.loads(text) == {
        "export": "newsletter",
        "purpose": "newsletter",
        "channel": "email",
        "registry": "registry.duckdb",
        "run": 12,
        "as_of": "2024-05-01T02:00:00.000000Z",
        "target": "csv",
        "columns": ["E-post"],
        "address": "E-post",
        "consent": {"follows": "address", "policies": {}},
        "files": [
            {
                "file": "news-2024-05-01.csv",
                "rows": 1,
                "sha256": hashlib.sha256(written.read_bytes()).hexdigest(),
                "in_segment": 3,
                "without_address": 0,
                "without_consent": 2,
                "suppressed": 0,
                "same_address": 0,
            }
        ],
    }


def test_lists_folders_and_manifests_are_their_owners_alone(tmp_path):
    before = os.umask(0)
    try:
        write_lists(pipeline(tmp_path, all={**SERVICE, "to": "a/b/all.csv"}), **GROUPS)
    finally:
        os.umask(before)
    assert mode(tmp_path / "a") == mode(tmp_path / "a/b") == 0o700
    assert {mode(path) for path in (tmp_path / "a/b").iterdir()} == {0o600}


def test_a_list_is_its_owners_alone_from_its_first_byte(tmp_path):
    declared = pipeline(tmp_path, all=SERVICE)
    with writing_lists(declared, AS_OF, "test") as folders:
        reader = in_memory(folders, **GROUPS)
        (staged,) = stage_exports(reader, declared, AS_OF)
        reader.close()
        part = aside(staged.files[0].final)
        assert part.name == ".all.csv.regpipe-part"
        assert mode(part) == 0o600
        assert not (tmp_path / "out/all.csv").exists()


def test_nothing_is_left_of_lists_that_were_staged_and_not_published(tmp_path):
    declared = pipeline(tmp_path, all=SERVICE, groups=BY_GROUP)
    with writing_lists(declared, AS_OF, "test") as folders:
        reader = in_memory(folders, **GROUPS)
        stage_exports(reader, declared, AS_OF)
        reader.close()
        assert len(files(tmp_path)) == 3
    assert files(tmp_path) == []


def test_what_a_killed_run_left_aside_is_removed_and_nothing_else(tmp_path):
    declared = pipeline(
        tmp_path,
        all={**SERVICE, "to": "out/all-{date}.csv"},
        groups={**BY_GROUP, "to": "out/g/{group}/list.csv"},
    )
    (tmp_path / "out/g/Old").mkdir(parents=True)
    for name in (
        *("out/.all-2024-04-30.csv.regpipe-part", "out/g/Old/.list.csv.regpipe-part"),
        *("out/.other.csv.regpipe-part", "out/all-2024-04-30.csv"),
    ):
        (tmp_path / name).write_text("x")
    with writing_lists(declared, AS_OF, "test"):
        pass
    assert files(tmp_path) == ["out/.other.csv.regpipe-part", "out/all-2024-04-30.csv"]


def test_a_run_killed_while_it_published_is_made_good_by_the_next(tmp_path):
    """VIP.csv was put in its place, the manifest was not; then nobody is VIP."""
    declared = pipeline(tmp_path, groups=BY_GROUP)
    with writing_lists(declared, AS_OF, "test") as folders:
        reader = in_memory(folders, **GROUPS)
        (staged,) = stage_exports(reader, declared, AS_OF)
        reader.close()
        aside(staged.manifest).write_bytes(content(staged, 1))
        for file in staged.files:
            aside(file.final).replace(file.final)
    left = {**GROUPS, "memberships": [{"customer_id": 2, "group_key": "press"}]}
    write_lists(declared, **left)
    assert cells(tmp_path / "out/VIP.csv") == [["email"]]
    assert files(tmp_path / "out") == ["Press.csv", "VIP.csv", "groups.manifest.json"]


def test_a_list_keeps_its_old_rows_until_the_new_ones_are_all_there(tmp_path):
    declared = pipeline(tmp_path, all={**SERVICE, "columns": ["email"]})
    write_lists(declared, **GROUPS)
    before = (tmp_path / "out/all.csv").read_bytes()
    with writing_lists(declared, AS_OF, "test") as folders:
        reader = in_memory(folders, customers=[{"customer_id": 1, "email": "new@x.se"}])
        staged = stage_exports(reader, declared, AS_OF)
        reader.close()
        assert (tmp_path / "out/all.csv").read_bytes() == before
        with (tmp_path / "out/all.csv").open("rb") as reading:
            publish_exports(staged, 2)
            assert reading.read() == before
    assert cells(tmp_path / "out/all.csv") == [["email"], ["new@x.se"]]


def test_the_same_registry_and_time_give_the_same_lists_and_manifest(tmp_path):
    make_registry(tmp_path / "registry.duckdb", **GROUPS)
    declared = pipeline(tmp_path, all=SERVICE, groups=BY_GROUP)
    kept = []
    for _ in range(2):
        write_lists(declared)
        kept.append(
            {f: (tmp_path / f).read_bytes() for f in files(tmp_path / "out/..")}
        )
    assert kept[0] == kept[1]


def test_a_path_that_cannot_be_written_is_named_before_anything_is(tmp_path):
    (tmp_path / "afile").write_text("x")
    (tmp_path / "out/all.csv").mkdir(parents=True)
    blocked = pipeline(tmp_path, all={**SERVICE, "to": "afile/deep/all.csv"})
    with pytest.raises(RegistryError, match="lists cannot be written to this folder"):
        export_folders(blocked, AS_OF)
    with pytest.raises(RegistryError, match=r"all\.csv: is a folder, where a list"):
        export_folders(pipeline(tmp_path, all=SERVICE), AS_OF)


def test_a_list_cannot_replace_the_registry(tmp_path):
    (tmp_path / "link").symlink_to(tmp_path)
    declared = pipeline(tmp_path, all={**SERVICE, "to": "link/registry.duckdb"})
    with pytest.raises(PipelineError, match="is the file of the registry"):
        export_folders(declared, AS_OF)


def test_only_the_named_exports_are_made_and_a_wrong_name_is_said(tmp_path):
    declared = pipeline(
        tmp_path, newsletter={**SERVICE, "to": "n/a.csv"}, groups=BY_GROUP
    )
    write_lists(declared, ["groups"], **GROUPS)
    assert not (tmp_path / "n").exists()
    with pytest.raises(PipelineError) as refused:
        export_folders(declared, AS_OF, ["newsleter"])
    assert str(refused.value) == (
        "exports: unknown export 'newsleter'\n"
        "    hint: did you mean 'newsletter'? known: newsletter, groups"
    )


def test_who_writes_lists_into_a_folder_is_told_to_others_who_want_to(tmp_path):
    declared = pipeline(tmp_path, all=SERVICE)
    (tmp_path / "out").mkdir()
    with (
        writer_lock(tmp_path / "out" / LOCK, "run nightly"),
        pytest.raises(RegistryError, match="another writer is at work: 'run nightly'"),
        writing_lists(declared, AS_OF, "export", wait=0),
    ):
        pass


def test_the_engine_of_an_export_can_write_nowhere_else(tmp_path):
    (tmp_path / "out").mkdir()
    reader = in_memory([tmp_path / "out"], **GROUPS)
    select = "select customer_id, email from registry.customers"
    elsewhere = tmp_path / "elsewhere.csv"
    with pytest.raises(StepError):
        reader.export(select, ["email"], ["customer_id"], elsewhere, ",")
    reader.export(select, ["email"], ["customer_id"], tmp_path / "out/a.csv", ",")
    reader.close()
    assert not elsewhere.exists()
    assert (tmp_path / "out/a.csv").read_text().count("\n") == 4


def test_a_segment_that_fails_on_the_data_names_no_value(tmp_path):
    where = "case postcode when 'x é' then true else cast(postcode as int) > 1 end"
    declared = pipeline(tmp_path, all={**SERVICE, "where": where})
    with pytest.raises(StepError) as failed:
        write_lists(
            declared,
            customers=[{"customer_id": 1}],
            addresses=[{"customer_id": 1, "postcode": "SECRET"}],
        )
    assert "SECRET" not in str(failed.value)
    assert "list all" in str(failed.value)
    assert files(tmp_path) == []


def test_a_pipeline_without_exports_writes_nothing(tmp_path):
    assert write_lists(pipeline(tmp_path), **GROUPS) == ()
    assert files(tmp_path) == []


def test_every_format_is_data_and_the_pipeline_knows_them_all():
    assert set(target_names()) == set(TARGETS)
    assert [name for name in target_names() if target(name).harmless] == ["csv"]


def test_the_pipeline_and_the_lists_know_the_same_columns():
    assert tuple(VIEW) == VIEW_COLUMNS


def test_a_published_file_that_cannot_take_its_place_is_said(tmp_path):
    declared = pipeline(tmp_path, all=SERVICE)
    with writing_lists(declared, AS_OF, "test") as folders:
        reader = in_memory(folders, **GROUPS)
        (staged,) = stage_exports(reader, declared, AS_OF)
        reader.close()
        (tmp_path / "out/all.csv").mkdir()
        with pytest.raises(RegistryError, match=r"all\.csv"):
            publish(staged, 1)


def test_a_list_of_a_real_registry_file_needs_no_more_than_reading_it(tmp_path):
    path = make_registry(tmp_path / "registry.duckdb", **GROUPS)
    before = path.read_bytes()
    engine = DuckDBEngine(path)
    try:
        (written,) = write_lists(pipeline(tmp_path, all=SERVICE))
    finally:
        engine.close()
    assert written.rows == 3
    assert path.read_bytes() == before
