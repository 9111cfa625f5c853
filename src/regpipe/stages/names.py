"""Names: what the name of a file says of its rows.

List tools write one file for each status, and the status nowhere but in its name.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from fnmatch import fnmatchcase
from typing import Any

from regpipe.errors import InputFileError
from regpipe.spec import Column, Source


def read_by_name(source: Source, shown: str) -> Source:
    """Give a source as it reads the file ``shown``: no column is ``by_name`` any more.

    What counts is the name of the file itself, of the member in an archive or of the
    sheet in a workbook; case makes no difference. Of a consent the time of that
    status alone is left. Without a file, where no data is read, the first pattern
    counts.

    Raises InputFileError for a name that fits none of the patterns.
    """
    if not any(column.by_name for column in source.mapped.values()):
        return source
    name = _own(shown)
    return source.mapping(
        {key: _said(column, name, shown) for key, column in source.mapped.items()}
    )


def said_by_name(source: Source, shown: str) -> tuple[str, ...]:
    """Give what the name of a file says, column by column that is read by it."""
    read = read_by_name(source, shown).mapped
    named = (key for key, column in source.mapped.items() if column.by_name)
    return tuple(str(read[key].value) for key in named)


def fits_name(columns: Mapping[str, Any], shown: str) -> bool:
    """Tell whether a file's name fits all that a preset's columns read by name.

    A name that is not known, a blank one, fits.
    """
    if not shown:
        return True
    patterns = [
        said["by_name"]
        for said in columns.values()
        if isinstance(said, dict) and "by_name" in said
    ]
    return all(any(_fits(_own(shown), p) for p in each) for each in patterns)


def _own(shown: str) -> str:
    return re.split(r"[/\\]", shown)[-1].casefold()


def _fits(name: str, pattern: str) -> bool:
    return fnmatchcase(name, pattern.casefold())


def _said(column: Column, name: str, shown: str) -> Column:
    if not column.by_name:
        return column
    for pattern, value in column.by_name.items():
        if not shown or _fits(name, pattern):
            at = {status: at for status, at in column.at.items() if status == value}
            return column.model_copy(update={"value": value, "by_name": {}, "at": at})
    raise InputFileError.at(
        shown,
        "its name tells nothing, and fits none of the patterns under by_name",
        f"known: {', '.join(column.by_name)}",
    )
