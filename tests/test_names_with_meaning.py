"""Files whose name says what their rows are, as list tools write them."""

import io
import zipfile
from datetime import datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from regpipe.errors import InputFileError, PipelineError
from regpipe.planning import plan_sql
from regpipe.spec.load import load_pipeline
from regpipe.stages.batches import FEW
from worlds import (
    EVERYBODY,
    NEWS,
    asked,
    customers,
    declared,
    emails,
    listed,
    nothing_changed,
    picture,
    put,
    run,
    whole_runs,
    written,
)

MAILCHIMP = (
    "Email Address,First Name,Last Name,MEMBER_RATING,OPTIN_TIME,OPTIN_IP,"
    "CONFIRM_TIME,CONFIRM_IP,LATITUDE,LONGITUDE,GMTOFF,DSTOFF,TIMEZONE,CC,REGION,"
    "LAST_CHANGED,LEID,EUID,NOTES,TAGS"
)
MORE = {
    "subscribed": (),
    "unsubscribed": (
        *("UNSUB_TIME", "UNSUB_CAMPAIGN_TITLE", "UNSUB_CAMPAIGN_ID"),
        *("UNSUB_REASON", "UNSUB_REASON_OTHER"),
    ),
    "cleaned": ("CLEAN_TIME", "CLEAN_CAMPAIGN_TITLE", "CLEAN_CAMPAIGN_ID"),
    "nonsubscribed": (),
}
ANNA = {"Email Address": "anna@x.se", "First Name": "Anna", "LEID": "1"}
CONFIRMED = {"CONFIRM_TIME": "2018-10-11 09:55:14"}


def audience(**files):
    """Give an audience's export: rows as dicts, by the status of their file."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for status, rows in files.items():
            header = [*MAILCHIMP.split(","), *MORE[status]]
            lines = [",".join(header)]
            for row in rows:
                quotes = [row.get(n, "").replace('"', '""') for n in header]
                lines.append(",".join(f'"{q}"' if q else "" for q in quotes))
            name = f"{status}_members_export_3f2a.csv"
            archive.writestr(name, "\n".join([*lines, ""]))
    return out.getvalue()


def club(folder, preset="mailchimp", **more):
    """Write a pipeline that reads the exports of audiences."""
    source = {"preset": preset, "files": "*.zip", **more}
    lists = {"news": NEWS, "all": EVERYBODY}
    return load_pipeline(written(folder, {"club": source}, lists), {})


def consents(folder):
    query = "select address, status from consent_in_force order by address"
    return dict(asked(folder / "registry.duckdb", query))


def suppressed(folder):
    query = "select address, channel, reason from suppressions"
    return asked(folder / "registry.duckdb", query)


def four(**more):
    """Give one person for each of the four files."""
    return audience(
        subscribed=[ANNA | CONFIRMED | {"TAGS": '"VIP","Blog, weekly"'} | more],
        unsubscribed=[
            {"Email Address": "bo@x.se", "LEID": "2", "UNSUB_TIME": "2019-01-02 03:04"}
        ],
        cleaned=[
            {"Email Address": "cia@x.se", "LEID": "3", "CLEAN_TIME": "2019-05-06 07:08"}
        ],
        nonsubscribed=[{"Email Address": "dan@x.se", "LEID": "4"} | CONFIRMED],
    )


def test_each_file_of_an_audience_says_by_its_name_what_its_people_said(tmp_path):
    put(tmp_path / "export.zip", four())
    outcome = run(club(tmp_path))
    assert [(f.read, f.accepted) for f in outcome.files] == [(1, 1)] * 4
    assert consents(tmp_path) == {
        "anna@x.se": "granted",
        "bo@x.se": "withdrawn",
        "dan@x.se": "never",
    }
    assert suppressed(tmp_path) == [("cia@x.se", "email", "bounced")]
    assert emails(tmp_path / "out" / "news.csv") == ["anna@x.se"]
    everybody = {row["email"]: row for row in listed(tmp_path / "out/everybody.csv")}
    assert len(everybody) == 4
    query = "select groups from source_records where groups is not null"
    assert asked(tmp_path / "registry.duckdb", query) == [(["VIP", "Blog, weekly"],)]


def test_the_time_of_a_statement_is_that_of_its_own_kind(tmp_path):
    put(tmp_path / "export.zip", four())
    run(club(tmp_path))
    query = "select address, stated_at from consent_events order by address"
    assert asked(tmp_path / "registry.duckdb", query) == [
        ("anna@x.se", datetime(2018, 10, 11, 9, 55, 14)),
        ("bo@x.se", datetime(2019, 1, 2, 3, 4)),
        ("dan@x.se", None),
    ]
    query = "select suppressed_at from suppressions"
    assert asked(tmp_path / "registry.duckdb", query) == [(datetime(2019, 5, 6, 7, 8),)]


@pytest.mark.parametrize("preset", ["mailchimp", "mailchimp-consents"])
def test_the_same_export_again_changes_nothing_whatever_it_is_called(tmp_path, preset):
    put(tmp_path / "export.zip", four())
    run(club(tmp_path, preset))
    assert nothing_changed(run(club(tmp_path, preset)))
    (tmp_path / "export.zip").rename(tmp_path / "again.zip")
    assert nothing_changed(run(club(tmp_path, preset)))


@pytest.mark.parametrize("preset", ["mailchimp", "mailchimp-consents"])
@pytest.mark.parametrize("left", [{"UNSUB_TIME": "2020-01-01 00:00:00"}, {}])
def test_a_row_that_moves_to_another_file_is_a_change(tmp_path, preset, left):
    put(tmp_path / "export.zip", audience(subscribed=[ANNA | CONFIRMED]))
    run(club(tmp_path, preset))
    assert consents(tmp_path) == {"anna@x.se": "granted"}
    put(tmp_path / "export.zip", audience(unsubscribed=[ANNA | CONFIRMED | left]))
    outcome = run(club(tmp_path, preset))
    assert [(f.accepted, f.unchanged) for f in outcome.files] == [(1, 0)]
    assert consents(tmp_path) == {"anna@x.se": "withdrawn"}


def test_who_bounces_after_a_yes_is_not_mailed_and_has_withdrawn_nothing(tmp_path):
    put(tmp_path / "export.zip", audience(subscribed=[ANNA | CONFIRMED]))
    run(club(tmp_path))
    put(tmp_path / "export.zip", audience(cleaned=[ANNA | CONFIRMED]))
    run(club(tmp_path))
    assert emails(tmp_path / "out" / "news.csv") == []
    assert consents(tmp_path) == {"anna@x.se": "granted"}
    assert suppressed(tmp_path) == [("anna@x.se", "email", "bounced")]


def test_statements_alone_make_nobody_a_customer(tmp_path):
    put(tmp_path / "export.zip", four())
    run(club(tmp_path, "mailchimp-consents"))
    assert listed(tmp_path / "out" / "everybody.csv") == []
    assert consents(tmp_path)["bo@x.se"] == "withdrawn"
    assert suppressed(tmp_path) == [("cia@x.se", "email", "bounced")]


STATES = st.sampled_from(["subscribed", "unsubscribed", "cleaned", "nonsubscribed"])


@whole_runs(6)
@given(st.lists(st.tuples(STATES, st.booleans()), min_size=2, max_size=4), st.data())
def test_a_no_in_one_file_beats_the_undated_yes_in_any_other_in_any_order(
    tmp_path_factory, said, data
):
    folder = tmp_path_factory.mktemp("club")
    exports = []
    for number, (status, keyed) in enumerate(said):
        key = {"LEID": str(number) if keyed else ""}
        times = {"UNSUB_TIME": f"2019-01-0{number + 1} 00:00:00"}
        exports.append(audience(**{status: [ANNA | key | times]}))
    order = data.draw(st.permutations(range(len(said))))
    for name, chosen in (("one", range(len(said))), ("two", order)):
        for place, number in enumerate(chosen):
            put(folder / name / f"{place}.zip", exports[number])
        outcome = run(club(folder / name))
        assert all(file.balances for file in outcome.files)
        mailed = emails(folder / name / "out" / "news.csv")
        spoken = {status for status, _ in said}
        assert mailed == [] or spoken == {"subscribed"}
        assert mailed != [] or spoken != {"subscribed"}
    assert (
        picture(folder / "one/registry.duckdb")["suppressed"]
        == (picture(folder / "two/registry.duckdb")["suppressed"])
    )


def test_of_two_undated_rows_of_one_person_the_refusal_is_taken(tmp_path):
    people = [{"Email Address": f"p{number}@x.se"} for number in range(9)]
    put(tmp_path / "export.zip", audience(subscribed=people, nonsubscribed=people))
    outcome = run(club(tmp_path))
    assert sum(file.duplicate for file in outcome.files) == 9
    assert {*consents(tmp_path).values()} == {"never"}
    assert nothing_changed(run(club(tmp_path)))


def test_many_files_are_each_read_by_their_own_name(tmp_path):
    statuses = ["subscribed", "nonsubscribed", "unsubscribed", "cleaned"]
    for number in range(2 * FEW):
        rows = [{"Email Address": f"p{number}@x.se"}]
        status = statuses[number % 4]
        put(tmp_path / f"{number}.zip", audience(**{status: rows}))
    run(club(tmp_path))
    assert len(suppressed(tmp_path)) == FEW // 2
    said = ["granted", "never", "withdrawn"]
    assert consents(tmp_path) == {
        f"p{n}@x.se": said[n % 4] for n in range(2 * FEW) if n % 4 < 3
    }
    assert nothing_changed(run(club(tmp_path)))


def test_a_file_whose_name_tells_nothing_is_refused_with_the_names_that_do(tmp_path):
    put(tmp_path / "members.csv", f"{MAILCHIMP}\n")
    pipeline = club(tmp_path, files="members.csv")
    with pytest.raises(InputFileError) as told:
        run(pipeline)
    assert str(told.value) == (
        "members.csv: its name tells nothing, and fits none of the patterns under "
        "by_name\n    hint: known: subscribed_*, unsubscribed_*, cleaned_*, "
        "nonsubscribed_*"
    )


def test_any_field_may_be_read_from_the_name_and_case_makes_no_difference(tmp_path):
    columns = {
        "email": "email",
        "groups": {"by_name": {"vip*": "VIP, Gold", "*": "Others"}, "split": ","},
        "country": {"by_name": {"*_se.csv": "SE", "*": ""}},
    }
    source = {"kind": "customers", "files": "in/*.csv", "columns": columns}
    put(tmp_path / "in" / "VIP_SE.csv", "email\na@x.se\n")
    put(tmp_path / "in" / "rest.csv", "email\nb@x.se\n")
    run(declared(tmp_path, {"shop": source}))
    query = "select email, groups, country from source_records order by 1"
    assert asked(tmp_path / "registry.duckdb", query) == [
        ("a@x.se", ["VIP", "Gold"], "SE"),
        ("b@x.se", ["Others"], None),
    ]


def test_the_sql_of_a_plan_is_shown_without_a_file(tmp_path):
    steps = {step.name: step.select for step in plan_sql(club(tmp_path), None)}
    assert "'granted'" in steps["clean_club_1"]


MISTAKES = {
    "email: {by_name: {'a*': x}, from: Mail}": "has both 'from' and 'by_name'",
    "email: {by_name: {}}": "needs 'from', 'value' or 'by_name'",
    "consent.news: {by_name: {'a*': yes}}": "unknown word 'yes'",
    "consent.news: {from: A, at: {grant: B}}": "unknown status 'grant'",
    "consent.news: {from: A, granted: ['*']}": "'*' cannot stand for a consent",
    "email: {from: A, unless: B}": "'unless' does not fit this field",
}


@pytest.mark.parametrize(("column", "told"), MISTAKES.items(), ids=MISTAKES.values())
def test_what_is_wrong_with_such_a_column_is_told_with_its_line(tmp_path, column, told):
    put(
        tmp_path / "p.yaml",
        "pipeline: p\nregistry: r.duckdb\nsources:\n  shop:\n    kind: customers\n"
        f"    files: a.csv\n    columns:\n      external_id: Id\n      {column}\n",
    )
    with pytest.raises(PipelineError) as found:
        load_pipeline(tmp_path / "p.yaml", {})
    assert any("p.yaml:9" in str(p) and told in str(p) for p in found.value.problems)


# What a column of consent may say besides a status.


def said_by(folder, rows, **column):
    """Run a shop with a column of consent; give what came of it."""
    header = "email,news,why,since"
    put(folder / "shop.csv", "\n".join([header, *rows, ""]))
    source = customers("email")
    source["columns"]["consent.newsletter"] = {"from": "news", **column}
    run(declared(folder, {"shop": source}, {"news": NEWS}))
    return consents(folder), {(a, why) for a, _, why in suppressed(folder)}


def test_a_reason_never_to_mail_stands_in_a_column_of_consent_too(tmp_path):
    rows = ["a@x.se,ok,,", "b@x.se,gone,,", "c@x.se,spam,,", "d@x.se,ban,,"]
    words = {"granted": "ok", "bounced": "gone", "complained": "spam", "blocked": "ban"}
    assert said_by(tmp_path, rows, **words) == (
        {"a@x.se": "granted"},
        {("b@x.se", "bounced"), ("c@x.se", "complained"), ("d@x.se", "blocked")},
    )


def test_the_common_words_know_the_reasons_never_to_mail(tmp_path):
    rows = ["a@x.se,Cleaned,,", "b@x.se,JUNK,,", "c@x.se,blocked,,"]
    assert said_by(tmp_path, rows)[1] == {
        ("a@x.se", "bounced"),
        ("b@x.se", "complained"),
        ("c@x.se", "blocked"),
    }


def test_a_column_that_is_filled_is_read_instead_and_bears_no_date(tmp_path):
    rows = [
        "a@x.se,IN,,2020-01-01",
        "b@x.se,IN,OUT,2020-01-01",
        "c@x.se,IN,BOUNCE,2020-01-01",
        'd@x.se,IN,"OUT; BOUNCE",2020-01-01',
    ]
    words = {"granted": "IN", "withdrawn": ["OUT", "*"], "bounced": "BOUNCE"}
    assert said_by(tmp_path, rows, unless="why", at="since", **words) == (
        {"a@x.se": "granted", "b@x.se": "withdrawn", "d@x.se": "withdrawn"},
        {("c@x.se", "bounced")},
    )
    query = "select stated_at from consent_events where address = 'b@x.se'"
    assert asked(tmp_path / "registry.duckdb", query) == [(None,)]


def test_each_status_may_have_a_time_of_its_own_and_others_have_none(tmp_path):
    rows = ["a@x.se,yes,,2020-01-01", "b@x.se,unsubscribed,2021-01-01,2020-01-01"]
    rows += ["c@x.se,pending,2021-01-01,2020-01-01"]
    said_by(tmp_path, rows, at={"granted": "since", "withdrawn": "why"})
    query = "select address, stated_at from consent_events order by 1"
    assert asked(tmp_path / "registry.duckdb", query) == [
        ("a@x.se", datetime(2020, 1, 1)),
        ("b@x.se", datetime(2021, 1, 1)),
        ("c@x.se", None),
    ]


def test_only_the_time_that_counts_must_be_readable(tmp_path):
    rows = ["a@x.se,yes,never,2020-01-01", "b@x.se,yes,,soon"]
    at = {"granted": "since", "withdrawn": "why"}
    assert said_by(tmp_path, rows, at=at)[0] == {"a@x.se": "granted"}
