"""Batches: many small files of one source, read as one text.

A table has a price of its own, however few rows it holds. Where a source has many
files, those of one form are joined, one behind the other, and each row is told its
file by its place. What a batch gives is what its files would give one by one.
"""

from __future__ import annotations

import codecs
from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pyarrow as pa

from regpipe.engine.protocol import TextFile
from regpipe.stages.counting import record_ends
from regpipe.stages.extract import Delivery

FEW = 16
"""Files of a source that are read one by one."""

SMALL = 1 << 24
"""Bytes of a file from which on a table of its own costs next to nothing."""

FULL = 1 << 26
"""Bytes at which a batch is full: what is read again when a file is irregular."""

Numbered = tuple[int, Delivery]
"""A delivery and its number among all files of the run."""


@dataclass(frozen=True)
class Batch:
    """Deliveries whose rows are in one text, with their numbers in the run."""

    numbers: tuple[int, ...]
    deliveries: tuple[Delivery, ...]
    text: TextFile

    @property
    def numbered(self) -> list[Numbered]:
        """Give the deliveries with their numbers."""
        return list(zip(self.numbers, self.deliveries, strict=True))

    @property
    def records(self) -> int:
        """Give the number of records of all files."""
        return sum(delivery.records for delivery in self.deliveries)

    @property
    def careful(self) -> bool:
        """Tell whether the files were rewritten, record by record."""
        return self.deliveries[0].careful

    @property
    def odd(self) -> bool:
        """Tell whether some file may hold white space other than blanks."""
        return any(delivery.odd for delivery in self.deliveries)

    def places(self) -> pa.Table:
        """Give the file of each row, by the row's place in the text.

        Gives  one row per record: ``place`` (from 0), ``file_no``,
               ``row_number`` (as if no record had been left out: where the text
               was rewritten it says better itself) and ``delivered_at``.
        """
        records = np.array([each.records for each in self.deliveries], np.int64)
        first = np.array([each.first_row for each in self.deliveries], np.int64)
        begun = np.cumsum(records) - records
        place = np.arange(records.sum(), dtype=np.int64)
        whose = np.repeat(np.arange(len(records)), records)
        moments = [each.delivered_at for each in self.deliveries]
        return pa.table(
            {
                "place": place,
                "file_no": np.array(self.numbers, np.int64)[whose],
                "row_number": place - begun[whose] + first[whose],
                "delivered_at": pa.array(moments, pa.timestamp("us")).take(
                    pa.array(whose)
                ),
            }
        )


def alone(files: Iterable[Numbered]) -> list[Batch]:
    """Give each file as a batch of its own."""
    return [Batch((number,), (file,), file.text) for number, file in files]


def joined(
    files: Iterable[Numbered], folder: Path
) -> tuple[list[Batch], list[Numbered]]:
    """Join the small files of one form, and give all in batches.

    The joined texts are written to ``folder``. The second half of the answer are
    the files in which records cannot be counted for sure among those of others.
    """
    batches: list[Batch] = []
    unsure: list[Numbered] = []
    growing: dict[tuple[object, ...], _Joined] = {}
    for number, delivery in files:
        text = delivery.text
        if text.path.stat().st_size >= SMALL:
            batches += alone([(number, delivery)])
            continue
        head, rows, end = _parts(text)
        if not delivery.careful and _unsure(rows, text.quote.encode()):
            unsure.append((number, delivery))
            continue
        form = (
            *(text.columns, text.delimiter, text.quote, text.absent),
            *(delivery.careful, delivery.named, end),
        )
        if form in growing and growing[form].size >= FULL:
            batches.append(growing.pop(form).batch())
        if form not in growing:
            way = "careful" if delivery.careful else "regular"
            path = folder / f"{delivery.source}-{number}.{way}.csv"
            growing[form] = _Joined(path, head)
        growing[form].add(number, delivery, rows)
    return [*batches, *(each.batch() for each in growing.values())], unsure


class _Joined:
    """A text that files are being joined to, under the header of the first."""

    def __init__(self, path: Path, head: bytes) -> None:
        self.path = path
        self.size = path.write_bytes(head)
        self._files: list[Numbered] = []

    def add(self, number: int, delivery: Delivery, body: bytes) -> None:
        with self.path.open("ab") as out:
            self.size += out.write(body)
        self._files.append((number, delivery))

    def batch(self) -> Batch:
        numbers, deliveries = zip(*self._files, strict=True)
        longest = max(each.text.longest for each in deliveries)
        text = replace(deliveries[0].text, path=self.path, longest=longest)
        return Batch(numbers, deliveries, text)


def _parts(text: TextFile) -> tuple[bytes, bytes, bytes]:
    """Give the header of a file, its rows, each with a line end, and that end."""
    rows, head = text.path.read_bytes().removeprefix(codecs.BOM_UTF8), b""
    if text.header:
        ends, _ = record_ends(rows, text.quote.encode(), inside=False)
        begun = int(ends[0]) + 1 if len(ends) else len(rows)
        head, rows = rows[:begun], rows[begun:]
    end = b"\r\n" if b"\r\n" in (head or rows) else b"\n"
    parts = [part + end * (not part.endswith(b"\n")) for part in (head, rows) if part]
    return (parts[0] if head else b""), (parts[-1] if rows else b""), end


def _unsure(rows: bytes, quote: bytes) -> bool:
    """Tell whether a file may hide records of the next one.

    Else the engine can only find more records in it than were counted, and a sum
    over files that is right is right for each.
    """
    return bool(quote) and rows.count(quote) % 2 == 1
