"""``match evaluate``: a registry against labels, and labels that cannot be used."""

import json

import pytest

from shop import make_registry

RECORDS = (
    # source, external_id, customer_id, email, first_key, last_key
    ("shop", "1", 1, "anna@x.se", "anna", "berg"),
    ("shop", "2", 1, "anna@x.se", "anna", "berg"),
    ("club", "1", 1, "anna@x.se", "bo", "berg"),
    ("club", "2", 2, "bo@x.se", "bo", "berg"),
    ("club", "3", 3, "cia@x.se", "cia", "ek"),
    ("club", "4", 4, "cia.ek@x.se", "cia", "ek"),
    ("club", "9", 5, "di@x.se", "di", "dal"),
    ("shop", "7", None, "guest@x.se", "gun", "lind"),
)

TRUTH = """\
source,external_id,person
shop,1,anna
shop,2,anna
club,1,bo
club,2,bo
club,3,cia
club,4,cia
"""


def registry(folder, **tables):
    rows = [
        {
            "source": source,
            "external_id": external_id,
            "customer_id": customer,
            "email": email,
            "first_key": first,
            "last_key": last,
        }
        for source, external_id, customer, email, first, last in RECORDS
    ]
    return make_registry(folder / "registry.duckdb", source_records=rows, **tables)


@pytest.fixture
def shop(tmp_path):
    return registry(tmp_path)


def scores(*pairs):
    return [
        {
            "source_a": a.split(":")[0],
            "external_id_a": a.split(":")[1],
            "source_b": b.split(":")[0],
            "external_id_b": b.split(":")[1],
            "score": score,
        }
        for a, b, score in pairs
    ]


def test_customers_are_held_against_labels(regpipe, tmp_path, shop):
    (tmp_path / "truth.csv").write_text(TRUTH)
    told = regpipe("match", "evaluate", "truth.csv")
    assert (told.code, told.err) == (0, "")
    assert told.out == (
        "6 labelled records of 3 persons, in 4 customers\n"
        "agreement\n"
        "  of         precision  recall  f1      right  found  wanted\n"
        "  pairs      0.3333     0.3333  0.3333      1      3       3\n"
        "  customers  0.0000     0.0000  0.0000      0      4       3\n"
        "pairs in the wrong place\n"
        "  pairs                         false merges  misses\n"
        "  all                                      2       2\n"
        "  sharing email                            2       0\n"
        "  sharing phone + last_name                0       0\n"
        "  sharing full_name + postcode             0       0\n"
        "  sharing no key                           0       2\n"
    )


def test_only_labelled_records_count_and_unknown_and_alone_ones_are_told(
    regpipe, tmp_path, shop
):
    (tmp_path / "truth.csv").write_text(
        "person;external_id;Source;note\nA;1;shop;x\nA;2;shop;\nG;7;shop;\nZ;8;shop;\n"
    )
    told = regpipe("match", "evaluate", "truth.csv", "--json")
    assert (told.code, told.err) == (0, "")
    found = json.loads(told.out)
    assert (found["labelled"], found["unknown"], found["alone"]) == (3, 1, 1)
    assert (found["persons"], found["customers"]) == (2, 2)
    assert found["pairs"] == {
        "precision": 1.0,
        "recall": 1.0,
        "f1": 1.0,
        "right": 1,
        "found": 1,
        "wanted": 1,
    }
    assert found["thresholds"] == []
    told = regpipe("match", "evaluate", "truth.csv")
    assert told.err == (
        "warning: truth.csv: 1 of its records are not in the registry\n"
        "warning: truth.csv: 1 of its records are guests' who are no customers; "
        "each counts as one of its own\n"
    )


def test_keys_are_those_of_the_last_run(regpipe, tmp_path):
    rules = {"scope": "latest", "identity": '{"match": [["full_name"]]}'}
    registry(tmp_path, rules=[rules])
    (tmp_path / "truth.csv").write_text(TRUTH)
    told = regpipe("match", "evaluate", "truth.csv", "--json")
    assert json.loads(told.out)["misses"] == {
        "total": 2,
        "sharing": {"full_name": 2},
        "sharing_no_key": 0,
    }


def test_thresholds_tell_what_accepting_scored_pairs_would_give(regpipe, tmp_path):
    # The two Cias are one; by a chain over a record without a label, so are Bo and Di.
    registry(
        tmp_path,
        match_scores=scores(
            ("club:3", "club:4", 0.985),
            ("club:2", "club:9", 0.91),
            ("club:4", "club:9", 0.6),
            ("club:1", "shop:1", 0.99),
            ("club:3", "shop:7", 0.99),
        ),
    )
    (tmp_path / "truth.csv").write_text(TRUTH)
    told = regpipe("match", "evaluate", "truth.csv", "--json")
    found = {t["accept_above"]: t for t in json.loads(told.out)["thresholds"]}
    counts = {
        least: (t["scored_pairs"], *(t["pairs"][n] for n in ("right", "found")))
        for least, t in found.items()
    }
    assert counts == {
        **dict.fromkeys((0.5, 0.6), (3, 2, 6)),
        **dict.fromkeys((0.7, 0.8, 0.9), (2, 2, 4)),
        **dict.fromkeys((0.95, 0.97, 0.98), (1, 2, 4)),
        **dict.fromkeys((0.99, 0.995, 0.999), (0, 1, 3)),
    }
    told = regpipe("match", "evaluate", "truth.csv")
    assert "\nwith scored pairs accepted, too\n" in told.out
    assert "\n  0.98                     1  0.5000" in told.out


@pytest.mark.parametrize(
    ("text", "code", "said"),
    [
        (None, 3, "truth.csv: there is no such file"),
        ("source,person\nshop,A\n", 3, "truth.csv: has no column 'external_id'"),
        ("source,external_id,person\n", 3, "truth.csv: holds no labels"),
        (
            "source,external_id,person\nshop,1,A\nshop,2,\n",
            3,
            "truth.csv, row 3: has no person",
        ),
        (
            'source,external_id,person\n"shop","1","A"\nshop,2,A\nshop,1,B\n',
            3,
            "truth.csv, row 4: says another person of the record of row 2",
        ),
        (
            "source,external_id,person\nshop,1,A,x\n",
            3,
            "truth.csv, row 2: does not fit the header",
        ),
        (
            "source,external_id,person\nnowhere,1,A\n",
            1,
            "truth.csv: the registry holds none of its records",
        ),
    ],
)
def test_labels_that_cannot_be_used_are_told_by_row_and_column(
    regpipe, tmp_path, shop, text, code, said
):
    if text is not None:
        (tmp_path / "truth.csv").write_text(text)
    told = regpipe("match", "evaluate", "truth.csv")
    assert (told.code, told.out) == (code, "")
    assert told.err.startswith(f"error: {said}")


def test_a_label_that_is_said_twice_counts_once(regpipe, tmp_path, shop):
    (tmp_path / "truth.csv").write_text(TRUTH + "shop,1,anna\n")
    told = regpipe("match", "evaluate", "truth.csv")
    assert told.out.startswith("6 labelled records of 3 persons, in 4 customers\n")


def test_many_bad_rows_are_told_in_part(regpipe, tmp_path, shop):
    rows = "".join(f"shop,{n},\n" for n in range(30))
    (tmp_path / "truth.csv").write_text("source,external_id,person\n" + rows)
    told = regpipe("match", "evaluate", "truth.csv")
    assert told.code == 3
    assert told.err.count("error: ") == 21
    assert "truth.csv: and 10 rows more" in told.err
