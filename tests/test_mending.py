"""Rejected rows come out as they were, with the reasons in front."""

import csv
import io

import pytest

from regpipe.errors import PipelineError
from regpipe.stages.mending import write_rejects


def reject(row, original, *why, source="shop", header=("Id", "E-mail")):
    return {
        "reject_id": 100 + row,
        "source": source,
        "file": "inbox/shop.csv",
        "row_number": row,
        "header": list(header),
        "original": list(original),
        "reasons": [{"column": column, "check": check} for column, check in why],
    }


def written(*rejects):
    out = io.StringIO()
    write_rejects(rejects, out)
    return list(csv.reader(io.StringIO(out.getvalue())))


def test_a_row_stands_in_its_own_columns_behind_file_row_and_reasons():
    assert written(
        reject(2, ["7", "anna"], ("email", "email"), ("", "someone")),
        reject(9, ["8", 'a,"b"\nc'], ("email", "email")),
    ) == [
        [
            "regpipe_reject",
            "regpipe_file",
            "regpipe_row",
            "regpipe_reasons",
            "Id",
            "E-mail",
        ],
        ["102", "inbox/shop.csv", "2", "email: email; someone", "7", "anna"],
        ["109", "inbox/shop.csv", "9", "email: email", "8", 'a,"b"\nc'],
    ]


def test_rows_of_differing_files_share_one_header():
    assert written(
        reject(2, ["7", "a"], ("", "someone")),
        reject(2, ["b", "8"], ("", "someone"), header=("E-mail", "No")),
        reject(3, ["9", "c", "more"], ("", "too_many_cells")),
        reject(4, ["10"], ("", "too_few_cells")),
    ) == [
        ["regpipe_reject", "regpipe_file", "regpipe_row", "regpipe_reasons",
         "Id", "E-mail", "No", "column 3"],
        ["102", "inbox/shop.csv", "2", "someone", "7", "a", "", ""],
        ["102", "inbox/shop.csv", "2", "someone", "", "b", "8", ""],
        ["103", "inbox/shop.csv", "3", "too_many_cells", "9", "c", "", "more"],
        ["104", "inbox/shop.csv", "4", "too_few_cells", "10", "", "", ""],
    ]  # fmt: skip


@pytest.mark.parametrize("cell", ["=1+1", "+46", "-5", "@a", "\tx", "'=1", "''-"])
def test_no_cell_is_taken_for_a_formula_and_one_apostrophe_less_gives_it_back(cell):
    (_, row) = written(reject(2, [cell, "'t Hooft"], ("", "someone")))
    assert row[4:] == ["'" + cell, "'t Hooft"]


def test_rows_of_two_sources_do_not_share_a_file():
    with pytest.raises(PipelineError) as told:
        written(reject(2, ["7"], source="b"), reject(2, ["7"], source="a"))
    assert str(told.value) == (
        "rejects write: the rejects of 2 sources have columns of their own\n"
        "    hint: choose one with --source: a, b"
    )


def test_no_rejects_are_a_file_with_a_header():
    assert written() == [
        ["regpipe_reject", "regpipe_file", "regpipe_row", "regpipe_reasons"]
    ]
