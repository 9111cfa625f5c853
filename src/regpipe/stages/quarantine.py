"""Quarantine: the text of rejected rows, as it stands in their files."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TextIO

import numpy as np
import pyarrow as pa

from regpipe.engine.protocol import Engine, TextFile
from regpipe.outcome import FileOutcome
from regpipe.spec import CustomerSource, OrderSource, Source
from regpipe.sql import rejects as sql
from regpipe.stages.careful import allow_long_cells
from regpipe.stages.counting import Ends, chunks, record_ends
from regpipe.stages.extract import Delivery


def versions_of(source: str, spec: Source, fields: Sequence[str]) -> sql.Versions:
    """Say by what the records of a source are versions of one another."""
    if isinstance(spec, OrderSource):
        return sql.Versions(source, "order_id", "updated_at", orders=True)
    if isinstance(spec, CustomerSource):
        several = spec.rows != "single"
        return sql.Versions(source, "external_id", "updated_at", pieces=several)
    others = {"email": "email", "post": "postal"}
    address = others.get(spec.reached_by, "phone")
    own_time = "at" if "at" in fields else None
    return sql.Versions(source, address, own_time, statements=True)


def keep_originals(
    engine: Engine,
    versions: sql.Versions,
    spec: Source,
    deliveries: Sequence[Delivery],
    outcomes: Sequence[FileOutcome],
    first_file: int,
    scratch: Path,
) -> None:
    """Leave ``rejected_…``, ``originals_…`` and ``rejected_files_…``.

    Only where there are rejects. The records that were rejected are read again, by
    their places in their files. ``first_file`` is the number of the source's first
    file among those of the run.
    """
    if not any(outcome.rejected for outcome in outcomes):
        return
    source = versions.source
    key = spec.columns.get(versions.key)
    sure = [
        number
        for number, delivery in enumerate(deliveries, first_file)
        if key is not None
        and delivery.careful
        and delivery.text.columns[0] == key.from_
    ]
    engine.make(sql.rejected(versions, sure))
    found = engine.collect(sql.rejected_rows(source))
    numbers = found["file_no"].to_numpy()
    rows = found["row_number"].to_numpy()
    bad = {number: deliveries[number - first_file] for number in np.unique(numbers)}
    target = scratch / f"picked_{source}.csv"
    longest = 0
    with target.open("w", encoding="utf-8", newline="") as out:
        for number, delivery in bad.items():
            within = slice(*np.searchsorted(numbers, [number, number + 1]))
            longest = max(longest, pick(delivery, int(number), rows[within], out))
    columns = ("regpipe_file", "regpipe_row", "regpipe_cells")
    picked = TextFile(target, columns, ",", '"', False, longest)
    engine.load(f"picked_{source}", picked)
    engine.make(sql.originals(source))
    engine.put(
        f"rejected_files_{source}",
        pa.table(
            {
                "file_no": pa.array(list(bad), pa.int64()),
                "file": pa.array([each.file for each in bad.values()], pa.string()),
                "header": pa.array(
                    [list(each.kept) for each in bad.values()], pa.list_(pa.string())
                ),
            }
        ),
    )


def pick(delivery: Delivery, number: int, rows: Ends, out: TextIO) -> int:
    """Write the records of these row numbers, sorted, to ``out``.

    Each line holds the file's ``number``, a row number and the record's cells as a
    JSON list, without those of secret columns. Gives the length of the longest
    line, in bytes.
    """
    allow_long_cells()
    kept = [delivery.header.index(name) for name in delivery.kept]
    blank = np.asarray(delivery.blank_rows, np.intp)
    before = delivery.first_row - (1 if delivery.text.header else 0)
    places = rows - before - np.searchsorted(blank, rows)
    row_of = dict(zip(places.tolist(), rows.tolist(), strict=True))
    longest = 0
    writer = csv.writer(out, lineterminator="\n")
    for place, record in _records(delivery.text, places):
        if delivery.careful and record[-2]:
            line = record[-1]
        else:
            cells = [record[at] if at < len(record) else "" for at in kept]
            line = json.dumps(cells, ensure_ascii=False)
        longest = max(longest, 2 * len(line.encode()))
        writer.writerow((number, row_of[place], line))
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
