"""Deliveries: every file of every source, settled before any is loaded."""

from __future__ import annotations

import contextlib
import csv
import os
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import TypeVar

from regpipe.errors import InputFileError, Problem
from regpipe.outcome import Progress
from regpipe.spec import Pipeline, Source
from regpipe.stages.choice import choose
from regpipe.stages.extract import Delivery, extract
from regpipe.stages.files import Found, find_files
from regpipe.stages.names import read_by_name, said_by_name
from regpipe.stages.normalise import columns_read
from regpipe.stages.unpack import CONVERTED, Plain, unpack
from regpipe.stages.wanted import wanted_columns

In = TypeVar("In")
Out = TypeVar("Out")


def deliveries(
    pipeline: Pipeline, scratch: Path, progress: Progress, *, blank: bool
) -> tuple[Pipeline, dict[str, list[Delivery]]]:
    """Settle how every file of every source is read, before any is loaded.

    Files are looked through side by side; the answer is in their order. With it
    comes the pipeline in which one preset is left to each source: the one that its
    files fit. With ``blank`` there are no files, and it is the first.

    Raises InputFileError with every problem of every file.
    """
    problems: list[Problem] = []
    if blank:
        pipeline = pipeline.settled({})
        plain = {
            name: [Plain(_blank(name, source, scratch), "")]
            for name, source in pipeline.sources.items()
        }
    else:
        plain = _unpacked(pipeline, scratch, problems)
        pipeline = pipeline.settled(_chosen(pipeline, plain, problems))
    files = [(name, file) for name, each in plain.items() for file in each]

    def settled(named: tuple[str, Plain]) -> Delivery:
        name, file = named
        source = read_by_name(pipeline.sources[name], file.shown)
        csv = CONVERTED if file.converted else source.csv
        wanted = wanted_columns(source)
        read = extract(
            name, file.path, file.shown, csv, wanted, scratch, kind_of=source
        )
        told = said_by_name(pipeline.sources[name], file.shown)
        return replace(read, named=told)

    found: dict[str, list[Delivery]] = {name: [] for name in pipeline.sources}
    for (name, file), result in _side_by_side(settled, files, problems):
        progress("extract", file.path.name)
        found[name].append(result)
    if problems:
        raise InputFileError(*dict.fromkeys(problems))
    return pipeline, found


def arriving_bytes(pipeline: Pipeline, mended: Path | None = None) -> int:
    """Give the size of all files that a run would read; missing ones are none.

    ``mended`` is a file that is read in place of them.
    """
    if mended is not None:
        return mended.stat().st_size if mended.is_file() else 0
    total = 0
    for name, source in pipeline.sources.items():
        for written in source.files:
            with contextlib.suppress(InputFileError, OSError):
                files = find_files(name, [(written, pipeline.path(written))])
                total += sum(file.size for file in files)
    return total


def _unpacked(
    pipeline: Pipeline, scratch: Path, problems: list[Problem]
) -> dict[str, list[Plain]]:
    """Find the files of every source and unpack what is packed."""
    files: list[tuple[str, Found]] = []
    for name, source in pipeline.sources.items():
        try:
            named = [(written, pipeline.path(written)) for written in source.files]
            files += [(name, file) for file in find_files(name, named)]
        except InputFileError as reason:
            problems.extend(reason.problems)

    def unpacked(named: tuple[str, Found]) -> list[Plain]:
        _, file = named
        shown = os.path.relpath(file.path, pipeline.folder)
        return unpack(file, shown, scratch)

    plain: dict[str, list[Plain]] = {name: [] for name in pipeline.sources}
    for (name, _), inside in _side_by_side(unpacked, files, problems):
        plain[name] += inside
    return plain


def _chosen(
    pipeline: Pipeline, plain: dict[str, list[Plain]], problems: list[Problem]
) -> dict[str, Source]:
    """Choose the preset of each source that has several."""
    found = {}
    for name, candidates in pipeline.candidates.items():
        try:
            if plain[name]:
                found[name] = choose(name, candidates, plain[name])
        except InputFileError as reason:
            problems.extend(reason.problems)
            plain[name] = []
    return found


def _side_by_side(
    work: Callable[[In], Out], items: Sequence[In], problems: list[Problem]
) -> list[tuple[In, Out]]:
    """Do the work for each item, several at a time; what fails goes to the problems."""

    def tried(item: In) -> Out | InputFileError:
        try:
            return work(item)
        except InputFileError as reason:
            return reason

    done: list[tuple[In, Out]] = []
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        for item, result in zip(items, pool.map(tried, items), strict=True):
            if isinstance(result, InputFileError):
                problems.extend(result.problems)
            else:
                done.append((item, result))
    return done


def _blank(name: str, source: Source, scratch: Path) -> Path:
    """Make a file of a source that holds its header and no rows."""
    path = scratch / f"{name}.csv"
    said = source.csv
    with path.open("w", encoding=said.encoding or "utf-8", newline="") as file:
        writer = csv.writer(file, delimiter=said.delimiter or ",", quotechar=said.quote)
        writer.writerow(columns_read(source))
    return path
