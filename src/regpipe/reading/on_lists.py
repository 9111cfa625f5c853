"""The lists that an address stands on: files that were written and are still there."""

from __future__ import annotations

import mmap
from collections.abc import Collection, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from regpipe.engine.protocol import Engine
from regpipe.errors import InputFileError, PipelineError
from regpipe.spec import Pipeline
from regpipe.stages.export_files import chosen_exports
from regpipe.stages.sent_lists import (
    MANIFEST,
    SentList,
    list_of,
    lists_in,
    manifests_of,
    rows_of,
)

Row = Mapping[str, Any]


def written_lists(
    engine: Engine, registry: Path, pipeline: Pipeline | None
) -> tuple[SentList, ...]:
    """Give the files of lists that runs wrote and that are still there.

    The registry knows where its runs put them; what ``regpipe export`` wrote besides
    is found by the folders of the pipeline, where one is given.
    """
    found: dict[Path, SentList] = {}
    for manifest in _manifests(engine, registry, pipeline):
        try:
            for each in lists_in(manifest):
                if each.path.is_file():
                    found.setdefault(each.path.resolve(), each)
        except InputFileError:
            continue
    return tuple(
        sorted(found.values(), key=lambda each: (each.as_of, each.export, each.path))
    )


def _manifests(
    engine: Engine, registry: Path, pipeline: Pipeline | None
) -> Iterator[Path]:
    seen: set[Path] = set()
    files = engine.collect("select distinct file from registry.exports order by file")
    for name in files.column(0).to_pylist():
        for path in (Path(name), registry.parent / name):
            found = list_of(path) if path.is_file() else None
            if found is not None and found.manifest not in seen:
                seen.add(found.manifest)
                yield found.manifest
    if pipeline is not None:
        for name in pipeline.exports:
            yield from manifests_of(pipeline, name)


def sent_lists(
    engine: Engine, registry: Path, pipeline: Pipeline | None, sent: str
) -> tuple[SentList, ...]:
    """Give the files of a list that is meant: a file, a manifest, or an export's name.

    Of an export they are the newest ones, without those of who must not be mailed.

    Raises InputFileError when a file has no manifest, PipelineError when there is no
    such export.
    """
    path = Path(sent)
    if path.is_file() and path.name.endswith(MANIFEST):
        return tuple(each for each in lists_in(path) if not each.refusals)
    if path.is_file():
        found = list_of(path)
        if found is None:
            raise InputFileError.at(
                sent,
                "no manifest beside it tells of this file",
                "keep EXPORT.manifest.json with the list that it came with",
            )
        return (found,)
    if pipeline is not None:
        chosen_exports(pipeline, [sent])
    known = written_lists(engine, registry, pipeline)
    mine = [each for each in known if each.export == sent and not each.refusals]
    if not mine:
        names = sorted({each.export for each in known})
        raise PipelineError.at(
            "list",
            "there is no such file, and no list of that name was written",
            f"known: {', '.join(names)}" if names else "name the file",
        )
    latest = max(each.as_of for each in mine)
    return tuple(each for each in mine if each.as_of == latest)


def on_lists(
    lists: Sequence[SentList],
    addresses: Sequence[str],
    shared: Collection[str],
    ids: Collection[int],
) -> tuple[tuple[Row, ...], int]:
    """Give the rows of some lists that are about one of the addresses.

    Of a list without an address: that are about a customer of one of the ``ids``. Gives
    how many lists could not be read any more, too.

    Gives  one per row: ``export``, ``purpose``, ``channel``, ``file``, ``group``,
           ``refusals`` (the kind of file, where it is one of those who must not be
           mailed), ``run``, ``as_of``, ``row_number``, ``address`` (null where it has
           none), and ``cells``, what it says (blank for a ``shared`` address: it may be
           about another).
    """
    told: list[Row] = []
    unread = 0
    for sent in lists:
        try:
            if sent.address is None and sent.numbered:
                told += _by_number(sent, ids)
            elif _holds_any(sent.path, addresses):
                told += _by_address(sent, addresses, shared)
        except (InputFileError, OSError):
            unread += 1
    return tuple(told), unread


def _by_address(
    sent: SentList, addresses: Sequence[str], shared: Collection[str]
) -> list[Row]:
    """Give the rows of a list that have one of some addresses in any cell."""
    by_plain = {each.lower(): each for each in addresses}
    told: list[Row] = []
    for number, _, cells in rows_of(sent, sent.address or sent.columns[0]):
        plain = (cell.lower() for cell in cells.values())
        held = {by_plain[cell] for cell in plain if cell in by_plain}
        told += [_row(sent, number, each, cells, shared) for each in sorted(held)]
    return told


def _by_number(sent: SentList, ids: Collection[int]) -> list[Row]:
    """Give the rows of a list that has the customer's number and no address."""
    numbers = set(map(str, ids))
    return [
        _row(sent, number, None, cells, ())
        for number, said, cells in rows_of(sent, sent.numbered)
        if said in numbers
    ]


def _row(
    sent: SentList,
    number: int,
    address: str | None,
    cells: Mapping[str, str],
    shared: Collection[str],
) -> Row:
    return {
        "export": sent.export,
        "purpose": sent.purpose,
        "channel": sent.channel,
        "file": sent.path.name,
        "group": sent.group,
        "refusals": sent.refusals or None,
        "run": sent.run,
        "as_of": sent.as_of.replace(tzinfo=None),
        "row_number": number,
        "address": address,
        "cells": {} if address in shared else cells,
    }


def _holds_any(path: Path, addresses: Sequence[str]) -> bool:
    """Tell whether a file may hold one of some addresses, before it is read."""
    if not path.stat().st_size:
        return False
    with (
        path.open("rb") as file,
        mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as held,
    ):
        return any(
            held.find(each.encode(encoding)) >= 0
            for each in addresses
            for encoding in ("utf-8", "utf-16-le", "utf-16-be")
        )
