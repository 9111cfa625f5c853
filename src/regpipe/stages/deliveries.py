"""Deliveries: every file of every source, settled before any is loaded."""

from __future__ import annotations

import contextlib
import csv
import os
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

from regpipe.errors import InputFileError, Problem
from regpipe.outcome import Progress
from regpipe.spec import Csv, Pipeline, Source
from regpipe.stages.extract import Delivery, extract
from regpipe.stages.files import Found, find_files
from regpipe.stages.names import read_by_name, said_by_name
from regpipe.stages.normalise import columns_read
from regpipe.stages.unpack import unpack
from regpipe.stages.wanted import wanted_columns

CONVERTED = Csv(encoding="utf-8", delimiter=",")
"""How regpipe writes what it converts to CSV."""


def deliveries(
    pipeline: Pipeline, scratch: Path, progress: Progress, *, blank: bool
) -> dict[str, list[Delivery]]:
    """Settle how every file of every source is read, before any is loaded.

    Files are looked through side by side; the answer is in their order.

    Raises InputFileError with every problem of every file.
    """
    problems: list[Problem] = []
    paths: list[tuple[str, Found]] = []
    for name, source in pipeline.sources.items():
        try:
            files = (
                [Found(_blank(name, source, scratch))]
                if blank
                else find_files(name, [(w, pipeline.path(w)) for w in source.files])
            )
            paths += [(name, path) for path in files]
        except InputFileError as reason:
            problems.extend(reason.problems)

    def settled(name: str, file: Found) -> list[Delivery] | InputFileError:
        source = pipeline.sources[name]
        shown = "" if blank else os.path.relpath(file.path, pipeline.folder)
        try:
            return [
                replace(
                    extract(
                        name,
                        plain.path,
                        plain.shown,
                        CONVERTED if plain.converted else source.csv,
                        wanted_columns(read_by_name(source, plain.shown)),
                        scratch,
                    ),
                    named=said_by_name(source, plain.shown),
                )
                for plain in unpack(file, shown, scratch)
            ]
        except InputFileError as reason:
            return reason

    found: dict[str, list[Delivery]] = {name: [] for name in pipeline.sources}
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        results = pool.map(settled, *zip(*paths, strict=True)) if paths else ()
        for (name, file), result in zip(paths, results, strict=True):
            progress("extract", file.path.name)
            if isinstance(result, InputFileError):
                problems.extend(result.problems)
            else:
                found[name].extend(result)
    if problems:
        raise InputFileError(*problems)
    return found


def arriving_bytes(pipeline: Pipeline) -> int:
    """Give the size of all files that a run would read; missing ones are none."""
    total = 0
    for name, source in pipeline.sources.items():
        for written in source.files:
            with contextlib.suppress(InputFileError, OSError):
                files = find_files(name, [(written, pipeline.path(written))])
                total += sum(file.size for file in files)
    return total


def _blank(name: str, source: Source, scratch: Path) -> Path:
    """Make a file of a source that holds its header and no rows."""
    path = scratch / f"{name}.csv"
    said = source.csv
    with path.open("w", encoding=said.encoding or "utf-8", newline="") as file:
        writer = csv.writer(file, delimiter=said.delimiter or ",", quotechar=said.quote)
        writer.writerow(columns_read(source))
    return path
