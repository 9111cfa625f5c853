"""Rejected rows as a file to mend: the source's own columns, and what is wrong."""

from __future__ import annotations

import csv
import re
from collections.abc import Mapping, Sequence
from typing import Any, TextIO

from regpipe.errors import PipelineError

Reject = Mapping[str, Any]
"""A row of the registry's table ``rejects``, as a mapping by column."""

REJECT = "regpipe_reject"
"""The column of a row's reject, by which it is known when it comes back."""

REASONS = "regpipe_reasons"
"""The column of a row's reasons; cleared, it says that the row is right as it is."""

ADDED = (REJECT, "regpipe_file", "regpipe_row", REASONS)
"""The columns in front of the source's own."""

BEYOND = re.compile(r"column [1-9][0-9]*")
"""Names of the columns of cells that stood beyond their header."""

_FORMULA = re.compile(r"'*[=+@\t\r-]")
_DISARMED = re.compile(r"'+[=+@\t\r-]")


def reason(column: str, check: str) -> str:
    """Give one reason as people read it; the column is blank for a whole row.

    >>> reason("email", "required"), reason("", "too_many_cells")
    ('email: required', 'too_many_cells')
    """
    return f"{column}: {check}" if column else check


def reasons(reject: Reject) -> str:
    """Give all reasons of a rejected row in one text."""
    return "; ".join(reason(why["column"], why["check"]) for why in reject["reasons"])


def write_rejects(rejects: Sequence[Reject], out: TextIO) -> None:
    """Write the rejected rows of one source as CSV: one line each, their own cells.

    The columns are those of all files the rows are from, in order. Cells beyond
    the header of their file get columns named by their place, ``column 9``. A
    cell that a spreadsheet would take for a formula gets one apostrophe, which
    regpipe takes off again when it reads the file.

    Raises PipelineError when the rows are from more than one source.
    """
    sources = sorted({reject["source"] for reject in rejects})
    if len(sources) > 1:
        raise PipelineError.at(
            "rejects write",
            f"the rejects of {len(sources)} sources have columns of their own",
            f"choose one with --source: {', '.join(sources)}",
        )
    rows = [cells_of(reject) for reject in rejects]
    own = list(dict.fromkeys(name for row in rows for name in row))
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow([*ADDED, *own])
    for reject, row in zip(rejects, rows, strict=True):
        writer.writerow(
            [
                reject["reject_id"],
                harmless(reject["file"]),
                reject["row_number"],
                reasons(reject),
                *(harmless(row.get(name, "")) for name in own),
            ]
        )


def cells_of(reject: Reject) -> dict[str, str]:
    """Give the original cells by their column."""
    header = list(reject["header"])
    original = list(reject["original"])
    header += [f"column {n + 1}" for n in range(len(header), len(original))]
    return {
        name: cell or "" for name, cell in zip(header, original, strict=False)
    } | dict.fromkeys(header[len(original) :], "")


def harmless(cell: str) -> str:
    """Give a cell that a spreadsheet takes for no formula.

    >>> harmless("=1"), harmless("Anna")
    ("'=1", 'Anna')
    """
    return f"'{cell}" if _FORMULA.match(cell) else cell


def undone(cell: str) -> str:
    """Give a cell without the apostrophe that made it harmless.

    >>> undone("'=1"), undone("''-"), undone("'t Hooft"), undone("+46")
    ('=1', "'-", "'t Hooft", '+46')
    """
    return cell[1:] if _DISARMED.match(cell) else cell
