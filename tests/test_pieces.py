"""Customers of several rows: which rows are one customer, and what it is then."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from regpipe.errors import InputFileError
from test_rejects import open_rejects, replay, to_mend
from worlds import (
    DELIVERED,
    asked,
    consents,
    customers,
    declared,
    deliver,
    listed,
    nothing_changed,
    picture,
    run,
    whole_runs,
)

COLUMNS = "external_id email first_name city street shipping_city updated_at"


def source(rows, columns=COLUMNS, **more):
    declared_ = customers(columns, rows=rows, **more)
    mapped = declared_["columns"]
    if "city" in mapped:
        mapped["city"] = {"from": "city", "when": {"bill": "1"}}
        mapped["street"] = {"from": "street", "when": {"bill": "1"}}
        mapped["shipping_city"] = {"from": "city", "when": {"ship": ["1", "yes"]}}
    return declared_


def folded(folder, rows, text, *, at=DELIVERED, name="shop.csv", **more):
    deliver(folder / name, text, at=at)
    return run(declared(folder, {"shop": source(rows, **more)}))


def counted(outcome):
    return {
        f.file: (f.read, f.accepted, f.rejected, f.duplicate, f.unchanged)
        for f in outcome.files
    }


def records(
    folder, columns="external_id, email, first_name, street, city, shipping_city"
):
    query = f"select {columns} from source_records where gone_at is null order by 1"
    return asked(folder / "registry.duckdb", query)


def reasons(folder):
    return {
        (row, why["column"], why["check"])
        for row, found in asked(
            folder / "registry.duckdb", "select row_number, reasons from rejects"
        )
        for why in found
    }


TWO = """
    | external_id | email  | first_name | city | street | bill | ship | updated_at |
    | 1           | a@x.se | Anna       | Lund | -      | 1    | -    | 2024-01-01 |
    | -           | -      | -          | Ed   | Väg 2  | -    | yes  | -          |
    | 2           | b@x.se | Bo         | Kil  | Väg 3  | 1    | 1    | 2024-01-01 |
    """
BY_KEY = TWO.replace("| -           | -  ", "| 1           | -  ")


@pytest.mark.parametrize(("rows", "text"), [("as_above", TWO), ("same_key", BY_KEY)])
def test_the_rows_of_a_customer_are_one_record(tmp_path, rows, text):
    found = folded(tmp_path, rows, text)
    assert counted(found) == {"shop.csv": (3, 3, 0, 0, 0)}
    assert records(tmp_path) == [
        ("1", "a@x.se", "Anna", None, "Lund", "Ed"),
        ("2", "b@x.se", "Bo", "Väg 3", "Kil", "Kil"),
    ]
    again = folded(tmp_path, rows, text)
    assert counted(again) == {"shop.csv": (3, 0, 0, 0, 3)}
    assert nothing_changed(again)


def test_a_changed_further_row_is_a_changed_customer(tmp_path):
    folded(tmp_path, "as_above", TWO)
    later = DELIVERED + timedelta(hours=1)
    found = folded(tmp_path, "as_above", TWO.replace("Ed  ", "Umeå"), at=later)
    assert counted(found) == {"shop.csv": (3, 2, 0, 0, 1)}
    assert found.deltas["source_records"].new == 1
    assert records(tmp_path)[0][5] == "Umeå"


def test_two_addresses_are_not_mixed_into_one(tmp_path):
    text = """
        | external_id | email  | first_name | city | street | bill | ship | updated_at |
        | 1           | a@x.se | Anna       | Lund | -      | 1    | -    | -          |
        | -           | -      | -          | Ed   | Väg 2  | 1    | -    | -          |
        """
    folded(tmp_path, "as_above", text)
    ((_, _, _, street, city, _),) = records(tmp_path)
    assert (street, city) in [(None, "Lund"), ("Väg 2", "Ed")]


@pytest.mark.parametrize("turned", [False, True])
def test_a_customer_is_as_old_as_the_oldest_row_and_as_new_as_the_newest(
    tmp_path, turned
):
    rows = [
        {"external_id": "1", "email": "a@x.se", "made": "2024-01-02", "up": ""},
        {"external_id": "1", "email": "", "made": "2024-01-01", "up": "2024-03-01"},
        {"external_id": "1", "email": "", "made": "", "up": "2024-02-01"},
    ]
    declared_ = customers("external_id email", rows="same_key")
    declared_["columns"] |= {"created_at": "made", "updated_at": "up"}
    deliver(tmp_path / "shop.csv", rows[::-1] if turned else rows)
    run(declared(tmp_path, {"shop": declared_}))
    found = "cast(created_at as varchar), cast(updated_at as varchar)"
    assert records(tmp_path, found) == [("2024-01-01 00:00:00", "2024-03-01 00:00:00")]


def test_rows_above_the_first_customer_are_orphans(tmp_path):
    text = """
        | external_id | email  | first_name | city | street | bill | ship | updated_at |
        | -           | -      | -          | Kil  | Väg 1  | 1    | -    | -          |
        | -           | -      | -          | Ed   | Väg 2  | 1    | -    | -          |
        | 1           | a@x.se | Anna       | Lund | -      | 1    | -    | -          |
        """
    found = folded(tmp_path, "as_above", text)
    assert counted(found) == {"shop.csv": (3, 1, 2, 0, 0)}
    assert reasons(tmp_path) == {
        (2, "external_id", "orphan"),
        (3, "external_id", "orphan"),
    }


def test_the_first_row_of_a_file_is_not_of_the_last_customer_of_another(tmp_path):
    text = "| external_id | email | first_name | city | street | bill | ship "
    text += "| updated_at |"
    deliver(
        tmp_path / "shop1.csv", f"{text}\n| 1 | a@x.se | Anna | - | - | - | - | - |"
    )
    deliver(
        tmp_path / "shop2.csv",
        f"{text}\n| - | - | - | Ed | - | 1 | - | - |"
        "\n| 2 | b@x.se | Bo | - | - | - | - | - |",
    )
    found = run(declared(tmp_path, {"shop": source("as_above")}))
    assert counted(found) == {
        "shop1.csv": (1, 1, 0, 0, 0),
        "shop2.csv": (2, 1, 1, 0, 0),
    }


@pytest.mark.parametrize("rows", ["as_above", "same_key"])
def test_a_bad_row_takes_the_rest_of_its_customer_along(tmp_path, rows):
    text = """
        | external_id | email  | first_name | born       | updated_at |
        | 1           | a@x.se | Anna       | 1980-01-01 | -          |
        | KEY         | -      | -          | never      | -          |
        | 2           | no     | Bo         | -          | -          |
        | KEY2        | -      | -          | 1980-01-01 | -          |
        | 3           | c@x.se | Cia        | -          | -          |
        """
    keys = ("-", "-") if rows == "as_above" else ("1", "2")
    text = text.replace("KEY2", keys[1]).replace("KEY", keys[0])
    declared_ = customers("external_id email first_name updated_at", rows=rows)
    declared_["columns"]["birth_date"] = "born"
    deliver(tmp_path / "shop.csv", text)
    found = run(declared(tmp_path, {"shop": declared_}))
    assert counted(found) == {"shop.csv": (5, 1, 4, 0, 0)}
    assert reasons(tmp_path) == {
        (2, "", "customer"),
        (3, "birth_date", "unreadable"),
        (4, "email", "email"),
        (5, "", "customer"),
    }
    query = "select row_number, original[3] from rejects order by row_number"
    assert asked(tmp_path / "registry.duckdb", query) == [
        (2, "Anna"),
        (3, ""),
        (4, "Bo"),
        (5, ""),
    ]


def test_of_one_customer_in_two_files_the_later_stands_whole(tmp_path):
    newer = """
        | external_id | email  | first_name | city | street | bill | ship | updated_at |
        | 1           | a@x.se | Ann        | Umeå | -      | 1    | -    | 2024-02-01 |
        """
    deliver(tmp_path / "shop1.csv", TWO)
    deliver(tmp_path / "shop2.csv", newer)
    found = run(declared(tmp_path, {"shop": source("as_above")}))
    assert counted(found) == {
        "shop1.csv": (3, 1, 0, 2, 0),
        "shop2.csv": (1, 1, 0, 0, 0),
    }
    assert records(tmp_path)[0] == ("1", "a@x.se", "Ann", None, "Umeå", None)


def test_one_customer_twice_in_a_file_is_two_versions_where_rows_are_as_above(
    tmp_path,
):
    """The key stands twice: each time with the rows below it."""
    newer = "| 1 | a@x.se | Anne | Umeå | - | 1 | - | 2024-02-01 |"
    found = folded(tmp_path, "as_above", f"{TWO.rstrip()}\n{newer}")
    assert counted(found) == {"shop.csv": (4, 2, 0, 2, 0)}
    assert records(tmp_path)[0] == ("1", "a@x.se", "Anne", None, "Umeå", None)


def test_ragged_rows_of_several_are_read_the_careful_way(tmp_path):
    lines = ["external_id,email,first_name,city,street,bill,ship,updated_at"]
    lines += ["1,a@x.se,Anna,Lund,,1,,", ",,,Ed,,,yes,,too,many", "2,b@x.se,Bo,,,,,"]
    (tmp_path / "shop.csv").write_text("\n".join(lines) + "\n")
    found = run(declared(tmp_path, {"shop": source("as_above")}))
    assert counted(found) == {"shop.csv": (3, 1, 2, 0, 0)}
    assert reasons(tmp_path) == {(2, "", "customer"), (3, "", "too_many_cells")}


def test_a_full_delivery_with_an_orphan_takes_nobody_for_gone(tmp_path):
    more = {"delivery": "full", "gone_limit": "100%"}
    folded(tmp_path, "as_above", TWO, **more)
    head, first, further, _ = TWO.strip().splitlines()
    later = DELIVERED + timedelta(hours=1)
    text = "\n".join([head, further, first])
    found = folded(tmp_path, "as_above", text, at=later, **more)
    assert [key for key, *_ in records(tmp_path)] == ["1", "2"]
    assert any("nobody is taken for gone" in told for told in found.warnings)
    folded(tmp_path, "as_above", "\n".join([head, first, further]), at=later, **more)
    assert [key for key, *_ in records(tmp_path)] == ["1"]


@pytest.mark.parametrize(
    ("words", "status"),
    [
        (("yes", ""), "granted"),
        (("yes", "no"), "never"),
        (("", "yes"), "granted"),
        (("", ""), None),
        (("unsubscribed", "yes"), "withdrawn"),
        (("yes", "unsubscribed"), "withdrawn"),
    ],
)
@pytest.mark.parametrize("rows", ["as_above", "same_key"])
def test_the_word_that_refuses_most_is_the_customer_s(tmp_path, rows, words, status):
    key = "" if rows == "as_above" else "1"
    deliver(
        tmp_path / "shop.csv",
        [
            {"external_id": "1", "email": "a@x.se", "news": words[0], "news_at": ""},
            {
                "external_id": key,
                "email": "",
                "news": words[1],
                "news_at": "2024-01-01",
            },
        ],
    )
    declared_ = customers("external_id email news news_at", rows=rows)
    run(declared(tmp_path, {"shop": declared_}))
    query = "select status from consent_in_force"
    found = [word for (word,) in asked(tmp_path / "registry.duckdb", query)]
    assert found == ([status] if status else [])


CELLS = {
    "external_id": st.sampled_from(["1", "2", "3"]),
    "email": st.just("a@x.se"),
    "first_name": st.sampled_from(["", "Anna", "Bo"]),
    "city": st.sampled_from(["", "Lund", "Ed"]),
    "street": st.sampled_from(["", "Väg 1", "Väg 2"]),
    "bill": st.sampled_from(["", "1"]),
    "ship": st.sampled_from(["", "1"]),
    "updated_at": st.sampled_from(["", "2024-01-01", "2024-02-01"]),
}


@given(
    rows=st.lists(st.fixed_dictionaries(CELLS), min_size=1, max_size=6),
    random=st.randoms(),
)
@whole_runs(7)
def test_rows_of_one_key_may_come_in_any_order(tmp_path_factory, rows, random):
    shuffled = [*rows]
    random.shuffle(shuffled)
    pictures = []
    for given_ in (rows, shuffled):
        folder = tmp_path_factory.mktemp("rows")
        deliver(folder / "shop.csv", given_)
        run(declared(folder, {"shop": source("same_key")}))
        pictures.append(picture(folder / "registry.duckdb"))
    assert pictures[0] == pictures[1]


def test_many_small_files_of_several_rows_are_read_as_one_by_one(tmp_path):
    head, first, further, other = TWO.strip().splitlines()
    for number in range(20):
        mine = [first.replace("| 1   ", f"| k{number} ", 1), further]
        deliver(tmp_path / f"shop{number}.csv", "\n".join([head, *mine]))
    deliver(tmp_path / "shop99.csv", "\n".join([head, further, other]))
    outcome = run(declared(tmp_path, {"shop": source("as_above")}))
    fates = counted(outcome)
    assert fates.pop("shop99.csv") == (2, 1, 1, 0, 0)
    assert set(fates.values()) == {(2, 2, 0, 0, 0)}
    cities = {row[0]: row[4:] for row in records(tmp_path)}
    assert cities.pop("2") == ("Kil", "Kil")
    assert cities == {f"k{n}": ("Lund", "Ed") for n in range(20)}


def test_erased_people_stay_out_with_all_their_rows(tmp_path):
    erased = consents("email status at", files="erased.csv")
    deliver(tmp_path / "erased.csv", "| email | status | at |\n| a@x.se | erased | - |")
    run(declared(tmp_path, {"gone": erased}))
    (outcome,) = folded(tmp_path, "as_above", TWO).files
    assert (outcome.read, outcome.accepted, outcome.suppressed) == (3, 1, 2)


def test_mended_rows_of_a_customer_of_several_are_taken_as_one_customer(tmp_path):
    shop = declared(tmp_path, {"shop": source("as_above")})
    folded(tmp_path, "as_above", TWO.replace("a@x.se", "no"))
    mended = to_mend(tmp_path, "mended.csv")
    rows = listed(mended)
    assert [row["regpipe_row"] for row in rows] == ["2", "3"]
    rows[0]["email"] = "a@x.se"
    deliver(mended, rows, at=DELIVERED + timedelta(hours=1))
    found = replay(shop, mended)
    assert list(counted(found).values()) == [(2, 2, 0, 0, 0)]
    assert records(tmp_path)[0] == ("1", "a@x.se", "Anna", None, "Lund", "Ed")
    assert open_rejects(tmp_path) == []
    assert nothing_changed(replay(shop, mended))
    assert nothing_changed(run(shop)), "tonight's file is as bad as it was"


@pytest.mark.parametrize(
    ("kept", "said"),
    [
        ([0], "1 rejected rows of the same record are not in the file"),
        ([1, 0], "stands below a row that was written after it"),
    ],
)
def test_mended_rows_of_a_customer_come_back_whole_and_in_order(tmp_path, kept, said):
    shop = declared(tmp_path, {"shop": source("as_above")})
    folded(tmp_path, "as_above", TWO.replace("a@x.se", "no"))
    mended = to_mend(tmp_path, "mended.csv")
    rows = listed(mended)
    deliver(mended, [rows[place] for place in kept])
    with pytest.raises(InputFileError, match=said):
        replay(shop, mended)


def test_a_later_good_version_of_a_customer_closes_all_its_rows(tmp_path):
    folded(tmp_path, "as_above", TWO.replace("a@x.se", "no"))
    assert len(open_rejects(tmp_path)) == 2
    later = DELIVERED + timedelta(hours=1)
    newer = TWO.replace("2024-01-01", "2024-01-02")
    folded(tmp_path, "as_above", newer, name="shop2.csv", at=later)
    assert open_rejects(tmp_path) == []
