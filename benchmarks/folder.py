"""The folder a world is written to: its files, their encodings, their counts."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO

import numpy as np
import pyarrow as pa

from benchmarks.draws import Ints
from benchmarks.files import CUSTOMERS, ORDERS, WorldFile
from benchmarks.texts import chosen, digits, joined

TRUTH = {
    "people": "source,external_id,person_id",
    "rejects": "source,file,row_number,column,check",
    "files": "source,file,read,accepted,rejected,duplicate",
    "newsletter": "email",
    "nordic_buyers": "email",
    "groups": "group,person_id",
    "order_owners": "source,order_id,person_id",
}


@dataclass
class Folder:
    """A world's open files and how many rows of each kind went into them."""

    data: Mapping[str, BinaryIO]
    truth: Mapping[str, BinaryIO]
    read: Counter[str] = field(default_factory=Counter)
    rejected: Counter[str] = field(default_factory=Counter)
    duplicate: Counter[str] = field(default_factory=Counter)

    def add(
        self,
        file: WorldFile,
        lines: pa.Array,
        reason: Ints,
        reasons: Sequence[tuple[str, str]],
        duplicates: int = 0,
    ) -> None:
        """Write rows, and the truth about those to be rejected.

        ``reason`` is for each row a place in ``reasons`` (column and check),
        or -1 for a row to be accepted.
        """
        data = content(lines)
        if file.encoding != "utf-8":
            data = data.decode().encode(file.encoding)
        self.data[file.source].write(data)
        bad = np.flatnonzero(reason >= 0)
        # The header is row 1.
        row_number = bad + self.read[file.source] + 2
        spelled = [f"{column},{check}\n" for column, check in reasons]
        start = f"{file.source},{file.name}"
        why = chosen(spelled, reason[bad])
        self.say("rejects", joined([start, digits(row_number), why], ","))
        self.read[file.source] += len(reason)
        self.rejected[file.source] += len(bad)
        self.duplicate[file.source] += duplicates

    def say(self, name: str, lines: pa.Array) -> None:
        """Write lines to a file of the truth."""
        self.truth[name].write(content(lines))

    def balance(self) -> None:
        """Write how many rows of each file must be accepted, and how many not."""
        for file in (*CUSTOMERS, *ORDERS):
            read, rejected, duplicate = (
                counter[file.source]
                for counter in (self.read, self.rejected, self.duplicate)
            )
            accepted = read - rejected - duplicate
            line = (file.source, file.name, read, accepted, rejected, duplicate)
            self.truth["files"].write((",".join(map(str, line)) + "\n").encode())


@contextmanager
def opened(out: Path) -> Iterator[Folder]:
    """Open all files of a world under ``out``, headers written."""
    (out / "truth").mkdir(parents=True, exist_ok=True)
    with ExitStack() as files:
        data, truth = {}, {}
        for file in (*CUSTOMERS, *ORDERS):
            data[file.source] = files.enter_context((out / file.name).open("wb"))
            data[file.source].write(file.first_line)
        for name, header in TRUTH.items():
            path = out / "truth" / f"{name}.csv"
            truth[name] = files.enter_context(path.open("wb"))
            truth[name].write(f"{header}\n".encode())
        yield Folder(data, truth)


def content(lines: pa.Array) -> bytes:
    """Give the bytes of lines that each hold their own line end."""
    if not len(lines):
        return b""
    ends = np.frombuffer(lines.buffers()[1], dtype=np.int32)
    data: bytes = lines.buffers()[2].slice(0, int(ends[len(lines)])).to_pybytes()
    return data
