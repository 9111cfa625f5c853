"""Export: lists written aside from the registry, then put in their places.

What a list may hold is decided in one place, ``sql/lists.py``; this module makes
those steps, writes their rows to files, and knows what became of earlier ones.
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

import pyarrow as pa

from regpipe.engine.protocol import Engine
from regpipe.formats import Target, target
from regpipe.outcome import ExportOutcome
from regpipe.spec import Export, Pipeline
from regpipe.sql.customer_view import CUSTOMERS, customers
from regpipe.sql.lists import (
    REFUSALS,
    Selection,
    cell,
    granted,
    granted_table,
    late_table,
    list_table,
    on_list,
    on_list_table,
    selected,
    shown,
)
from regpipe.sql.step import ident, literal
from regpipe.stages.export_files import (
    ListPlace,
    chosen_exports,
    list_place,
    new_aside,
)
from regpipe.stages.file_names import file_names
from regpipe.stages.manifest import StagedExport, StagedFile, known_files, publish
from regpipe.stages.segments import segment


@dataclass(frozen=True)
class _List:
    """One export on its way: what it says, who is on it, where it goes."""

    export: Export
    who: Selection
    place: ListPlace
    target: Target


def stage_exports(
    reader: Engine,
    pipeline: Pipeline,
    as_of: datetime,
    names: Collection[str] | None = None,
) -> tuple[StagedExport, ...]:
    """Write the pipeline's lists aside, each in its own folder.

    ``reader`` reads the registry that the lists are made from, and is locked down
    to the folders of ``writing_lists``, within which this must be called. The
    same registry and ``as_of`` give the same bytes.

    Raises PipelineError for a ``where`` that cannot run, RegistryError when a
    file cannot be written, ValueError when ``as_of`` has no time zone.
    """
    lists = _ready(reader, pipeline, as_of, names)
    staged = []
    for name, each in lists.items():
        reader.make(selected(each.who, as_of))
        if each.who.late:
            reader.make(on_list(name))
            late, only = late_table(name), on_list_table(name)
            reader.make(customers(each.who.late, (), as_of, late, only))
        staged.append(
            StagedExport(
                name=name,
                purpose=each.who.purpose,
                channel=each.who.channel,
                target=each.target.name,
                columns=tuple(each.export.columns.values()),
                registry=pipeline.path(pipeline.registry).name,
                as_of=as_of,
                manifest=each.place.manifest,
                files=tuple(_files(reader, each)),
            )
        )
        reader.drop(list_table(name), on_list_table(name), late_table(name))
    _forget(reader, lists)
    return tuple(staged)


def members(reader: Engine, pipeline: Pipeline, as_of: datetime) -> pa.Table:
    """Give who is on which list, without writing any.

    Gives  one row per list, group (null where the list is one file) and
           customer: ``list``, ``group_key``, ``customer_id``.
    """
    lists = _ready(reader, pipeline, as_of, None)
    found = [_NOBODY]
    for name, each in lists.items():
        reader.make(selected(each.who, as_of))
        found.append(
            reader.collect(
                f"select {literal(name)} as list, group_key, customer_id "
                f"from {ident(list_table(name))} where refusal is null"
            ).cast(_NOBODY.schema)
        )
        reader.drop(list_table(name))
    _forget(reader, lists)
    return pa.concat_tables(found)


_NOBODY = pa.table(
    {
        "list": pa.array([], pa.string()),
        "group_key": pa.array([], pa.string()),
        "customer_id": pa.array([], pa.int64()),
    }
)


def _ready(
    reader: Engine,
    pipeline: Pipeline,
    as_of: datetime,
    names: Collection[str] | None,
) -> dict[str, _List]:
    """Leave what all lists are made from: the customers, and who granted what."""
    lists = {
        name: _list(reader, pipeline, name, export, as_of)
        for name, export in chosen_exports(pipeline, names).items()
    }
    if not lists:
        return lists
    whos = [each.who for each in lists.values()]
    words = sorted({(who.purpose, who.channel) for who in whos if who.gated})
    reader.make(
        customers(
            frozenset().union(*(who.read for who in whos)),
            frozenset().union(*(who.segment.parts for who in whos)),
            as_of,
        )
    )
    for purpose, channel in words:
        reader.make(granted(purpose, channel, as_of))
    return lists


def _forget(reader: Engine, lists: Mapping[str, _List]) -> None:
    reader.drop(
        CUSTOMERS,
        *(granted_table(each.who.purpose, each.who.channel) for each in lists.values()),
    )


def publish_exports(
    staged: Sequence[StagedExport], run: int | None
) -> tuple[ExportOutcome, ...]:
    """Put staged lists in their places, and a manifest beside each.

    ``run`` is the run that the registry stands at. Each file is replaced in one
    instant and outlasts a power cut.

    Raises RegistryError when a file cannot be put in its place.
    """
    for export in staged:
        publish(export, run)
    return tuple(outcome for export in staged for outcome in export.outcomes)


def _list(
    reader: Engine, pipeline: Pipeline, name: str, export: Export, as_of: datetime
) -> _List:
    who = Selection(
        name=name,
        purpose=export.purpose,
        channel=export.channel,
        segment=segment(reader, export.where, f"exports.{name}.where"),
        by_group=export.for_each == "group",
        columns=tuple(export.columns),
    )
    place = list_place(pipeline, name, export, as_of)
    return _List(export, who, place, target(export.target))


def _files(reader: Engine, made: _List) -> Iterator[StagedFile]:
    """Write the files of one list aside: its own, or that of each group.

    A file that an earlier run made for a group that has nobody now is written
    with its header alone: it must not lie there as if it were current.
    """
    counts = _counts(reader, made.who)
    if not made.who.by_group:
        yield _file(reader, made, made.place.within(), None, counts.get(None, {}))
        return
    groups = _groups(reader, made.who)
    names = file_names(groups)
    paths = {key: made.place.within(name) for key, name in names.items()}
    for within, group in sorted(known_files(made.place.manifest).items()):
        if within not in paths.values() and made.place.owns(within):
            yield _file(reader, made, within, group, {})
    for key in sorted(groups, key=lambda key: paths[key]):
        yield _file(reader, made, paths[key], groups[key], counts[key], key)


def _groups(reader: Engine, who: Selection) -> dict[str, str]:
    """Give the groups that somebody in the segment is in: key and name."""
    found = reader.collect(
        f"""
        select l.group_key, coalesce(g.name, l.group_key) as name
        from (select distinct group_key from {ident(list_table(who.name))}) l
        left join registry.groups g on l.group_key = g.group_key
        """
    ).to_pylist()
    return {row["group_key"]: row["name"] for row in found}


def _counts(reader: Engine, who: Selection) -> dict[str | None, dict[str, int]]:
    """Give, by group, the customers in the segment and how many were kept off why."""
    found = reader.collect(
        f"""
        select group_key, refusal, count(*) as customers
        from {ident(list_table(who.name))}
        group by group_key, refusal
        """
    ).to_pylist()
    counts: dict[str | None, dict[str, int]] = {}
    for row in found:
        counted = counts.setdefault(row["group_key"], {})
        counted["in_segment"] = counted.get("in_segment", 0) + row["customers"]
        if row["refusal"] is not None:
            counted[row["refusal"]] = row["customers"]
    return counts


def _file(
    reader: Engine,
    made: _List,
    within: str,
    group: str | None,
    counts: Mapping[str, int],
    key: str | None = None,
) -> StagedFile:
    """Write one file aside: the rows of a list, or of one of its groups."""
    headers = tuple(made.export.columns.values())
    order = _unlike("customer_id", headers)
    cells = {
        header: cell(
            column,
            harmless=made.target.harmless,
            flags=made.target.flags,
            between=made.target.between,
        )
        for column, header in made.export.columns.items()
    }
    if len(cells) == 1:  # a row of one blank cell must not be a blank line
        cells = {header: f"coalesce({text}, '')" for header, text in cells.items()}
    which = f"group_key = {literal(key)}" if key is not None else "true"
    final = made.place.folder / within
    with new_aside(final) as part:
        rows = reader.export(
            shown(made.who, cells, order, which if counts else "false"),
            headers,
            [order],
            part,
            made.target.delimiter,
        )
        with part.open("rb") as file:
            sha256 = hashlib.file_digest(file, "sha256").hexdigest()
    return StagedFile(
        final=final,
        shown=str(made.place.shown / within),
        within=within,
        group=group,
        rows=rows,
        sha256=sha256,
        counts={name: counts.get(name, 0) for name in ("in_segment", *REFUSALS)},
    )


def _unlike(name: str, taken: Sequence[str]) -> str:
    """Give a name that is none of those taken, whatever their case."""
    folded = {each.casefold() for each in taken}
    while name.casefold() in folded:
        name += "_"
    return name
