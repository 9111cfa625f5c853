"""Questions as a file to answer, and the answers as they come back."""

from __future__ import annotations

import csv
from collections.abc import Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import Any, TextIO

from regpipe.errors import InputFileError, Problem
from regpipe.stages.came_back import refuse, settled
from regpipe.stages.deciding import Accept, Act, Reject
from regpipe.stages.extract import carefully
from regpipe.stages.mending import harmless, reason, undone

QUESTION = "regpipe_question"
"""The column of a row's question, by which it is known when it comes back."""

ANSWER = "answer"
"""The column to be filled: one of the words below, or nothing."""

ACCEPTS = ("same", "accept", "yes")
REJECTS = ("different", "reject", "no")

_PLACE = ("source", "external_id")
_CELLS = (
    *("first_name", "last_name", "email", "phone", "birth_date", "company"),
    *("org_number", "vat_id", "street", "postcode", "city", "country"),
)
_KEEP = (
    "apply takes the file that 'regpipe review write' gave, answered; "
    f"keep its column {QUESTION}"
)


def write_questions(questions: Sequence[Mapping[str, Any]], out: TextIO) -> None:
    """Write open questions as CSV: a line each, what the two records say beside it.

    The columns of the first record end in ``_a``, those of the second in ``_b``. A
    cell that a spreadsheet would take for a formula gets one apostrophe.
    """
    sides = [f"{name}_{side}" for name in (*_PLACE, *_CELLS) for side in "ab"]
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow([QUESTION, ANSWER, "kind", "reasons", "records", "score", *sides])
    for asked in questions:
        writer.writerow(
            [
                asked["review_id"],
                "",
                asked["kind"],
                "; ".join(reason(r["key"], r["why"]) for r in asked["reasons"]),
                asked["records"],
                "" if asked["score"] is None else f"{asked['score']:.4f}",
                *(harmless(_text(asked[name])) for name in sides),
            ]
        )


def read_answers(path: Path, scratch: Path) -> list[Act]:
    """Read a file of answers; rows without one are left for another day.

    ``scratch`` is a folder for decoded copies.

    Raises InputFileError with every row whose question or answer cannot be read, and
    where a question is answered twice.
    """
    delivery = settled(path, scratch, QUESTION, _KEEP)
    plain = [name.casefold() for name in delivery.header]
    if ANSWER not in plain:
        raise InputFileError.at(delivery.file, f"has no column {ANSWER!r}", _KEEP)
    asked, answered = delivery.text.columns.index(QUESTION), plain.index(ANSWER)
    again = carefully(delivery, scratch)
    acts: dict[int, Act] = {}
    problems = []
    with again.text.path.open(encoding="utf-8", newline="") as file:
        reader = csv.reader(file)
        next(reader)
        for *cells, number, problem, _ in reader:
            where = f"{delivery.file}, row {number}"
            if problem:
                what = f"does not fit the header ({problem})"
                problems.append(Problem(where, what, "give it a cell for each column"))
                continue
            question = undone(cells[asked].strip())
            answer = undone(cells[answered].strip()).casefold()
            if not answer:
                continue
            if not (question.isascii() and question.isdigit() and len(question) < 19):
                what = f"its {QUESTION} is no number of a question"
                problems.append(Problem(where, what, _KEEP))
            elif answer not in (*ACCEPTS, *REJECTS):
                known = ", ".join((*ACCEPTS, *REJECTS))
                problems.append(
                    Problem(where, "has no answer known", f"one of {known}")
                )
            elif int(question) in acts:
                what = "answers a question that another row answers"
                problems.append(Problem(where, what, "keep one of them"))
            else:
                act = Accept if answer in ACCEPTS else Reject
                acts[int(question)] = act(int(question), where)
    refuse(delivery.file, problems)
    if not acts:
        raise InputFileError.at(
            delivery.file,
            "holds no answer",
            f"write {ACCEPTS[0]} or {REJECTS[0]} into its column {ANSWER!r}",
        )
    return list(acts.values())


def _text(cell: object) -> str:
    if isinstance(cell, date):
        return cell.isoformat()
    return "" if cell is None else str(cell)
