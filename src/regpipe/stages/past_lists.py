"""Past lists: which of the files that were written hold somebody, and in which rows."""

from __future__ import annotations

import csv
import io
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from regpipe.engine.protocol import Engine
from regpipe.stages.careful import allow_long_cells
from regpipe.stages.erase_traces import Traces

HOLDS, CLEAN, ABSENT = "holds the person", "does not", "no longer here"

_DELIMITERS = ",;\t|"


@dataclass(frozen=True)
class PastList:
    """A file that exports wrote: of which list, how often and when, what it holds now.

    ``rows`` are those that hold somebody who was looked for, the header being row 1.
    """

    name: str
    purpose: str
    file: str
    written: int
    first: datetime
    last: datetime
    state: str
    rows: tuple[int, ...]


def past_lists(engine: Engine, registry: Path, traces: Traces) -> tuple[PastList, ...]:
    """Look through every file that exports wrote, as it is now.

    What the same file held before it was written again nobody knows: it may have been
    sent on. A relative path is looked for from the working folder and the registry's.
    """
    found = engine.collect(
        """
        select
            name,
            purpose,
            file,
            count(*) as written,
            min(as_of) as first,
            max(as_of) as last
        from registry.exports
        group by name, purpose, file
        order by name, file
        """
    ).to_pylist()
    lists = []
    for row in found:
        path = _there(registry, row["file"])
        rows = () if path is None else _rows(path, traces)
        state = ABSENT if path is None else HOLDS if rows else CLEAN
        lists.append(PastList(**row, state=state, rows=rows))
    return tuple(lists)


def _there(registry: Path, file: str) -> Path | None:
    folder = registry.resolve().parent
    for path in (Path(file), folder / file, folder.parent / file):
        if path.is_file():
            return path
    return None


def _rows(path: Path, traces: Traces) -> tuple[int, ...]:
    """Give the rows of a list that hold somebody who is looked for."""
    text = _decoded(path.read_bytes())
    first = text.partition("\n")[0]
    delimiter = max(_DELIMITERS, key=first.count)
    allow_long_cells()
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
    return tuple(
        number for number, cells in enumerate(reader, 1) if traces.in_cells(cells)
    )


def _decoded(content: bytes) -> str:
    for encoding in ("utf-8-sig", "utf-16"):
        if encoding == "utf-16" and content[:2] not in (b"\xff\xfe", b"\xfe\xff"):
            continue
        try:
            return content.decode(encoding)
        except UnicodeDecodeError:
            continue
    return content.decode("cp1252", "replace")
