"""Quarantine: the text of rejected rows, as it stands in their files."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np

from regpipe.engine.protocol import Engine, TextFile
from regpipe.outcome import FileOutcome
from regpipe.sql import rejects as sql
from regpipe.sql.step import Step
from regpipe.stages.careful import allow_long_cells
from regpipe.stages.counting import Ends, chunks, record_ends
from regpipe.stages.extract import Delivery


def keep_originals(
    engine: Engine,
    source: str,
    deliveries: Sequence[Delivery],
    outcomes: Sequence[FileOutcome],
    first_file: int,
    scratch: Path,
) -> None:
    """Leave ``rejected_…`` and, for each file with rejects, ``originals_…``.

    Of a file read the careful way the text stands in its rectangular copy. Of
    others only the records that were rejected are read again, by their place.
    ``first_file`` is the number of the source's first file among those of the run.
    """
    if not any(outcome.rejected for outcome in outcomes):
        return
    engine.make(sql.rejected(source))
    for offset, (delivery, outcome) in enumerate(
        zip(deliveries, outcomes, strict=True)
    ):
        if outcome.rejected:
            number = first_file + offset
            raw = f"raw_clean_{source}_{offset + 1}"
            engine.make(_originals(engine, source, number, delivery, raw, scratch))


def _originals(
    engine: Engine,
    source: str,
    number: int,
    delivery: Delivery,
    raw: str,
    scratch: Path,
) -> Step:
    if delivery.careful:
        return sql.originals_of_careful(source, raw, number, delivery.kept_columns)
    rows = engine.collect(sql.rejected_rows(source, number))["row_number"].to_numpy()
    picked = f"picked_{source}_{number}"
    target = scratch / f"{picked}.csv"
    longest = pick(delivery, rows, target)
    columns = ("regpipe_row", "regpipe_cells")
    engine.load(picked, TextFile(target, columns, ",", '"', False, longest))
    return sql.originals(source, picked, number)


def pick(delivery: Delivery, rows: Ends, target: Path) -> int:
    """Write the records of these row numbers, sorted, to ``target``.

    Each line holds a row number and the record's cells as a JSON list, without
    those of secret columns. Gives the length of the longest line, in bytes.
    """
    allow_long_cells()
    text = delivery.text
    kept = [delivery.header.index(name) for name in delivery.kept]
    places = rows - delivery.first_row + (1 if text.header else 0)
    longest = 0
    with target.open("w", encoding="utf-8", newline="") as out:
        writer = csv.writer(out, lineterminator="\n")
        for place, record in _records(text, places):
            row = place + delivery.first_row - (1 if text.header else 0)
            cells = [record[at] if at < len(record) else "" for at in kept]
            line = json.dumps(cells, ensure_ascii=False)
            longest = max(longest, 2 * len(line.encode()))
            writer.writerow((row, line))
    return longest


def _records(text: TextFile, places: Ends) -> Iterator[tuple[int, list[str]]]:
    """Give the records at these places of a file, the header's place being 0."""
    for found, joined in _bytes_at(text, places):
        reader = csv.reader(
            io.StringIO(joined.decode("utf-8-sig"), newline=""),
            delimiter=text.delimiter,
            quotechar=text.quote or None,
        )
        yield from zip(found.tolist(), reader, strict=True)


def _bytes_at(text: TextFile, places: Ends) -> Iterator[tuple[Ends, bytes]]:
    """Give the bytes of the records at these places, some at a time, joined."""
    quote = text.quote.encode()
    before, carried, inside = 0, b"", False
    for chunk in chunks(text.path):
        ends, inside = record_ends(chunk, quote, inside)
        if not len(ends):
            carried += chunk
            continue
        here = places[(places >= before) & (places < before + len(ends))]
        starts = np.concatenate(([0], ends[:-1] + 1))
        pieces = [
            (carried if at == 0 else b"") + chunk[starts[at] : ends[at] + 1]
            for at in (here - before).tolist()
        ]
        if pieces:
            yield here, b"".join(pieces)
        before += len(ends)
        carried = chunk[ends[-1] + 1 :]
    if carried and len(here := places[places == before]):
        yield here, carried
