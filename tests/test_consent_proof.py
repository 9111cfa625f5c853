"""``consent proof``: what allowed each row of a list that was sent."""

import csv
import io
import json
import os
import shutil
import stat
from datetime import UTC, datetime
from types import SimpleNamespace

import pytest

import regpipe as package
from regpipe.errors import DataError
from regpipe.spec import Consent
from regpipe.spec.load import load_pipeline
from regpipe.stages.sent_lists import list_of
from shop import cells, make_registry, pipeline, write_lists
from worlds import customers, here, run, written

# The sample, as it stands in the repository.

SAID_YES = {
    "web_shop": ("Email", {"Accepts Marketing": "yes"}, ",", "utf-8"),
    "old_shop": ("E-post", {"Nyhetsbrev": "Ja"}, ";", "cp1252"),
    "mail_club": ("E-mail", {"Status": "subscribed"}, ",", "utf-8"),
}


@pytest.fixture(scope="module")
def sample(tmp_path_factory):
    """The sample's folder after a run; its newsletter, and its proof."""
    folder = tmp_path_factory.mktemp("sample")
    shutil.copytree(here("pipelines"), folder / "pipelines")
    shutil.copytree(here("sample_data"), folder / "sample_data")
    declared = load_pipeline(folder / "pipelines" / "sample.yaml", os.environ)
    run(declared, as_of=datetime(2026, 6, 1, tzinfo=UTC))
    return SimpleNamespace(
        folder=folder,
        pipeline=declared,
        registry=folder / "out" / "registry.duckdb",
        newsletter=folder / "out" / "newsletter.csv",
    )


def proved(sample, path):
    with package.open(sample.registry) as opened:
        (found,) = opened.proofs(path)
    return found


def rows_in(path, delimiter, encoding):
    text = path.read_bytes().decode(encoding).removeprefix("\ufeff")
    return list(csv.reader(io.StringIO(text, newline=""), delimiter=delimiter))


def emails(path):
    return [row[0] for row in cells(path)[1:]]


def edited(sample, name, row_number, **columns):
    """Write other cells into one row of a file of the sample."""
    path = sample.folder / "sample_data" / name
    rows = rows_in(path, ",", "utf-8")
    for column, text in columns.items():
        rows[row_number - 1][rows[0].index(column.replace("_", " "))] = text
    out = io.StringIO()
    csv.writer(out, lineterminator="\n").writerows(rows)
    path.write_text(out.getvalue(), encoding="utf-8", newline="")


def test_proof_of_the_samples_newsletter_names_file_and_row_of_every_grant(sample):
    found = proved(sample, sample.newsletter)
    assert (found.changed, found.needed, found.not_allowed) == (False, True, ())
    rows = found.rows.arrow().to_pylist()
    assert [row["address"] for row in rows] == emails(sample.newsletter)
    assert len(rows) > 800
    files = {}
    for row in rows:
        header, yes, delimiter, encoding = SAID_YES[row["source"]]
        path = sample.folder / "pipelines" / row["file"]
        read = files.get(path) or rows_in(path, delimiter, encoding)
        files[path] = read
        record = dict(zip(read[0], read[row["file_row"] - 1], strict=True))
        assert record[header].strip().lower() == row["address"]
        assert {name: record[name] for name in yes} == yes
    assert set(found.rows.df()["source"]) == set(SAID_YES)


def test_a_later_unsubscribe_takes_that_row_alone_and_an_older_yes_brings_none_back(
    sample,
):
    before = emails(sample.newsletter)
    kept = sample.folder / "sent"
    kept.mkdir()
    for name in ("newsletter.csv", "newsletter.manifest.json"):
        shutil.copy(sample.folder / "out" / name, kept / name)
    rows = proved(sample, sample.newsletter).rows.arrow().to_pylist()
    row = next(
        each
        for each in rows
        if each["source"] == "mail_club" and each["said_at"] is not None
    )
    place = ("mail_club.csv", row["file_row"])
    later = {"Status_Since": "2026-05-30T10:00:00Z", "Changed": "2026-05-30T10:00:00Z"}
    edited(sample, *place, Status="unsubscribed", **later)
    run(sample.pipeline, as_of=datetime(2026, 6, 2, tzinfo=UTC))
    assert emails(sample.newsletter) == [
        each for each in before if each != row["address"]
    ]
    older = {"Status_Since": "2026-05-29T10:00:00Z", "Changed": "2026-05-31T10:00:00Z"}
    edited(sample, *place, Status="subscribed", **older)
    run(sample.pipeline, as_of=datetime(2026, 6, 3, tzinfo=UTC))
    assert row["address"] not in emails(sample.newsletter)
    with package.open(sample.registry) as opened:
        (word,) = opened.consent(row["address"]).words
    assert [each["counts"] for each in word.statements][-2:] == ["older", "in force"]
    # What was sent before is proved by what was known then.
    then = proved(sample, kept / "newsletter.csv")
    assert (then.changed, then.not_allowed) == (False, ())
    assert then.rows.arrow().to_pylist() == rows


# Small ones.

MAY, JUNE = datetime(2023, 5, 1), datetime(2023, 6, 1)
PEOPLE = [
    {"customer_id": n, "email": f"{who}@x.se", "phone": f"+4670174060{n}"}
    for n, who in enumerate(["anna", "bo", "cia"], 1)
]
FILES = [
    {"file_id": 1, "source": "web_shop", "file": "in/a.csv"}
    | dict.fromkeys(("read", "accepted"), 3)
    | dict.fromkeys(("rejected", "duplicate", "unchanged", "suppressed"), 0)
]


def said(who, row, **more):
    return {"address": f"{who}@x.se", "row_number": row, "said_at": MAY, **more}


def sent(folder, export=None, consent=None, **tables):
    """Write one list of these rows; give the path of its file."""
    news = {
        "purpose": "newsletter",
        "columns": [{"email": "E-post"}, {"phone": "Telefon"}],
        "to": "out/news.csv",
        **(export or {}),
    }
    declared = pipeline(folder, news=news)
    if consent:
        declared = declared.model_copy(
            update={"consent": Consent.model_validate(consent)}
        )
    make_registry(
        folder / "registry.duckdb",
        **{"customers": PEOPLE, "run_files": FILES, **tables},
    )
    write_lists(declared)
    return folder / "out" / "news.csv"


PROVED = """\
{file}: news, for newsletter by email, of run 1 as of 2024-05-01 02:00:00
rows
  row  address    allowed_by     status   said_at     dated_by   record      file      file_row  run  opt_in_ip
    2  anna@x.se  its statement  granted  2023-05-01  statement  web_shop:1  in/a.csv         5    1  192.0.2.1
    3  cia@x.se   its statement  granted  2023-05-01  statement  web_shop:1  in/a.csv         7    1
2 of 2 rows allowed
"""  # noqa: E501
TWO = [said("anna", 5, opt_in_ip="192.0.2.1"), said("cia", 7)]


def test_proof_shows_each_row_with_its_statement(regpipe, tmp_path):
    file = sent(tmp_path, consent_events=TWO)
    told = regpipe("consent", "proof", "out/news.csv")
    assert (told.code, told.err) == (0, "")
    assert told.out == PROVED.format(file="out/news.csv").replace(
        "out/news.csv:", f"{list_of(file).path}:"
    )


def test_a_row_that_nothing_allows_is_named_by_its_number_and_not_its_address(
    regpipe, tmp_path
):
    file = sent(tmp_path, consent_events=TWO)
    table = cells(file)
    rows = [table[0], ["bo@x.se", ""], table[2], ["new@x.se", ""], ["", "1"]]
    file.write_text("\n".join(";".join(row) for row in rows) + "\n", "cp1252")
    told = regpipe("consent", "proof", file)
    where = list_of(file).path
    assert told.code == 1
    assert told.err == (
        f"warning: {where}: was changed since it was written\n"
        f"error: {where}, row 2: nothing allows it: no consent was in force\n"
        f"error: {where}, row 4: nothing allows it: no customer had this address\n"
        f"error: {where}, row 5: nothing allows it: it has no address\n"
    )
    assert told.out.endswith("1 of 4 rows allowed\n")


@pytest.mark.parametrize(
    ("since", "row"),
    [
        ({"consent_events": [said("anna", 9, status="withdrawn", run_id=2)]}, 5),
        ({"suppressions": [{"address": "anna@x.se", "run_id": 2}]}, 5),
        ({"customers": [{**PEOPLE[0], "email": "other@x.se", "run_id": 2}]}, 5),
    ],
)
def test_a_list_is_proved_by_what_its_run_knew(tmp_path, since, row):
    """What came in run 2 does not speak of a list of run 1."""
    sent(tmp_path, consent_events=[said("anna", 5)], customers=PEOPLE[:1])
    later = {
        "customers": PEOPLE[:1],
        "consent_events": [said("anna", 5)],
        "suppressions": [],
        "run_files": FILES,
        "runs": [{}, {"run_id": 2}],
    }
    for table, rows in since.items():
        if table == "customers":
            later["customers"] = rows
            later["customers_history"] = [{**PEOPLE[0], "ended_run_id": 2}]
        else:
            later[table] = [*later[table], *rows]
    make_registry(tmp_path / "registry.duckdb", **later)
    with package.open(tmp_path / "registry.duckdb") as opened:
        (found,) = opened.proofs(tmp_path / "out/news.csv")
    told = found.rows.arrow().to_pylist()
    assert [(each["refusal"], each["file_row"]) for each in told] == [(None, row)]


POLICIES = {"policies": {"newsletter": [{"double_opt_in": True}]}}
SOFT = {"policies": {"newsletter": [{"existing_customers": "24 months"}]}}


@pytest.mark.parametrize(
    ("consent", "tables", "told"),
    [
        (
            POLICIES,
            {
                "consent_events": [
                    said("anna", 5, confirmed_at=MAY),
                    said("anna", 6, said_at=JUNE),
                ]
            },
            {"allowed_by": "its statement", "file_row": 5},
        ),
        (
            SOFT,
            {
                "orders": [
                    {"order_id": "o1", "customer_id": 1, "ordered_at": JUNE},
                    {"order_id": "o0", "customer_id": 1, "ordered_at": MAY},
                ]
            },
            {
                "allowed_by": "an order of an existing customer",
                "external_id": "o1",
                "said_at": "2023-06-01",
                "file": "in/a.csv",
            },
        ),
        (
            {"follows": "person"},
            {
                "source_records": [
                    {"external_id": "1", "customer_id": 1, "email": "old@x.se"}
                ],
                "consent_events": [said("old", 8)],
            },
            {"allowed_by": "its statement", "stated_on": "old@x.se", "file_row": 8},
        ),
        (
            None,
            {
                "consent_events": [
                    said("anna", 0, source="by hand", file_id=0, stated_by="eva")
                ]
            },
            {"source": "by hand", "stated_by": "eva", "file": "", "file_row": ""},
        ),
    ],
    ids=["confirmed", "existing customer", "person", "by hand"],
)
def test_proof_names_what_the_policy_asked_for(
    regpipe, tmp_path, consent, tables, told
):
    sent(tmp_path, consent=consent, **tables)
    shown = regpipe("consent", "proof", "out/news.csv", "--csv", "-")
    assert (shown.code, shown.err) == (0, "")
    (row,) = csv.DictReader(io.StringIO(shown.out))
    assert row["address"] == "anna@x.se"
    wanted = {name: str(text) for name, text in told.items()}
    assert {name: row[name] for name in told} == wanted


def test_phones_that_were_made_harmless_are_known_and_the_csv_is_its_owners(
    regpipe, tmp_path
):
    export = {"channel": "sms", "columns": ["phone"]}
    event = {"address": PEOPLE[0]["phone"], "channel": "sms", "said_at": MAY}
    file = sent(tmp_path, export, consent_events=[event])
    assert cells(file)[1] == ["'+46701740601"]
    told = regpipe("consent", "proof", file, "--csv", "proof.csv")
    assert (told.code, told.out, told.err) == (0, "", "")
    assert stat.S_IMODE((tmp_path / "proof.csv").stat().st_mode) == 0o600
    (row,) = csv.DictReader(io.StringIO((tmp_path / "proof.csv").read_text("utf-8")))
    assert (row["row"], row["address"]) == ("2", "'+46701740601")


def test_a_list_for_letters_is_proved_by_the_customers_number(regpipe, tmp_path):
    export = {"channel": "post", "columns": ["customer_id", "street", "postcode"]}
    street = {"street": "Gata 1", "postcode": "22222", "country": "SE"}
    file = sent(
        tmp_path,
        export,
        addresses=[{"customer_id": n, **street} for n in (1, 2)],
        consent_events=[
            {
                "address": "gata1|22222|se",
                "channel": "post",
                "said_at": MAY,
                "row_number": 6,
            }
        ],
    )
    assert cells(file)[1:] == [["1", "Gata 1", "22222"]]
    file.write_text(file.read_text("utf-8") + "3,Gata 3,1\n", "utf-8")
    told = regpipe("consent", "proof", file)
    assert (told.code, told.err.count("row 3: nothing allows it")) == (1, 1)
    assert "gata1|22222|se" in told.out


def test_a_list_for_service_needs_no_consent(regpipe, tmp_path):
    sent(tmp_path, {"purpose": "service"})
    told = regpipe("consent", "proof", "out/news.manifest.json")
    assert told.code == 0
    assert told.out.endswith("a list for service: no consent was needed\n")


def test_an_export_by_name_is_its_newest_files(regpipe, tmp_path):
    file = sent(tmp_path, {"to": "out/news-{date}.csv"}, consent_events=TWO)
    dated = file.with_name("news-2024-05-01.csv")
    assert (file.exists(), dated.exists()) == (False, True)
    entry = {"name": "news", "purpose": "newsletter", "file": "out/news-2024-05-01.csv"}
    lists = [{**entry, "rows": 2, "sha256": "0", "as_of": datetime(2024, 5, 1, 2)}]
    make_registry(
        tmp_path / "registry.duckdb",
        customers=PEOPLE,
        run_files=FILES,
        consent_events=TWO,
        exports=lists,
    )
    told = json.loads(regpipe("consent", "proof", "news", "--json").out)
    (found,) = told["files"]
    assert (found["export"], len(found["rows"]), found["changed"]) == ("news", 2, False)
    unknown = regpipe("consent", "proof", "offers")
    assert (unknown.code, unknown.err) == (
        2,
        "error: list: there is no such file, and no list of that name was written\n"
        "    hint: known: news\n",
    )


def test_a_file_without_its_manifest_or_of_another_registry_is_refused(
    regpipe, tmp_path
):
    file = sent(tmp_path, consent_events=TWO)
    manifest = file.with_name("news.manifest.json")
    text = json.loads(manifest.read_text("utf-8"))
    manifest.write_text(json.dumps({**text, "run": 7}), "utf-8")
    unknown = pytest.raises(DataError, match="run 7, which the registry does not know")
    with package.open(tmp_path / "registry.duckdb") as opened, unknown:
        opened.proofs(file)
    manifest.write_text(json.dumps({**text, "address": None}), "utf-8")
    told = regpipe("consent", "proof", file)
    assert (told.code, "--column: E-post, Telefon;" in told.err) == (3, True)
    assert regpipe("consent", "proof", file, "--column", "E-post").code == 0
    manifest.unlink()
    assert regpipe("consent", "proof", file).code == 3


def test_an_export_of_a_day_past_counts_who_has_said_no_since(regpipe, tmp_path):
    news = {"purpose": "newsletter", "columns": ["email"], "to": "out/news.csv"}
    written(tmp_path, {"shop": customers("email news")}, {"news": news})
    make_registry(
        tmp_path / "registry.duckdb",
        customers=PEOPLE,
        consent_events=[
            *(said(who, 2) for who in ("anna", "bo")),
            said("bo", 3, said_at=JUNE, status="withdrawn"),
            said("cia", 3, said_at=JUNE),
        ],
    )
    past = regpipe("export", "test.yaml", "--as-of", "2023-05-15")
    assert (past.code, past.err) == (
        0,
        "warning: exports.news: customers on it who have said no since: 1; it is "
        "evidence of then, not a list to mail\n",
    )
    assert cells(tmp_path / "out/news.csv")[1:] == [["anna@x.se"], ["bo@x.se"]]
    now = regpipe("export", "test.yaml", "--as-of", "2023-06-15")
    assert (now.code, now.err) == (0, "")
