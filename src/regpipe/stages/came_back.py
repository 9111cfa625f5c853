"""Files that regpipe wrote for a person, as they come back.

They may have been through a spreadsheet: another encoding and delimiter, columns in
another order, blank lines. What they must still have is the column by which each row
is known.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from regpipe.errors import InputFileError, Problem
from regpipe.spec import Csv
from regpipe.stages.extract import Delivery, extract
from regpipe.stages.files import Found
from regpipe.stages.unpack import CONVERTED, unpack
from regpipe.stages.wanted import Wanted

MOST = 20
"""Problems of one kind that are told one by one."""


def settled(path: Path, scratch: Path, column: str, keep: str) -> Delivery:
    """Settle how the file is read, whatever program wrote it.

    ``column`` is the one that each row is known by, ``keep`` what to do where the file
    lacks it; ``scratch`` is a folder for decoded copies.

    Raises InputFileError when it is no such file.
    """
    shown = str(path)
    if not path.is_file():
        what = "is a folder" if path.is_dir() else "there is no such file"
        raise InputFileError.at(shown, what)
    plain = unpack(Found(path), shown, scratch)
    if len(plain) > 1:
        raise InputFileError.at(
            shown, f"holds {len(plain)} tables", "give them one by one"
        )
    said = CONVERTED if plain[0].converted else Csv()
    wanted = [Wanted(column, optional=True)]
    found = extract("mended", plain[0].path, plain[0].shown, said, wanted, scratch)
    if found.text.absent:
        raise InputFileError.at(found.file, f"has no column {column!r}", keep)
    return found


def refuse(shown: str, problems: Sequence[Problem]) -> None:
    """Raise InputFileError with the problems, those beyond ``MOST`` counted."""
    if not problems:
        return
    told = list(problems[:MOST])
    if len(problems) > MOST:
        told.append(Problem(shown, f"and {len(problems) - MOST} rows more"))
    raise InputFileError(*told)
