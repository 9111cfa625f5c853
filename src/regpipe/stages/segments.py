"""Segments: from the text of a ``where`` to SQL that may run, or to what is wrong."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from os.path import normpath
from pathlib import PurePath
from types import MappingProxyType

from regpipe.engine.protocol import Engine
from regpipe.errors import (
    InputFileError,
    PipelineError,
    Problem,
    RegpipeError,
    StepError,
)
from regpipe.spec import Export
from regpipe.sql.customer_view import (
    DATE,
    FLAG,
    MAPS,
    MONEY,
    NUMBER,
    SUMS,
    TEXT,
    TEXTS,
    TIME,
    VIEW,
    WORDS,
)
from regpipe.sql.expression import AS_OF, Wrong, part_column
from regpipe.sql.segment import (
    EVERYBODY,
    Segment,
    judged,
    parsed,
    query_of,
    unreadable,
    written,
)
from regpipe.sql.step import comma, ident
from regpipe.stages.export_files import refusals_name

_ABOUT_THE_TEXT = ("BinderException", "CatalogException", "ParserException")
"""DuckDB's errors about a query's own text: they never quote a cell."""

_VALUES: Mapping[str, str] = MappingProxyType(
    {
        TEXT: "'x é'",
        NUMBER: "1",
        FLAG: "true",
        DATE: "date '2000-02-29'",
        TIME: "timestamp '2000-02-29 12:00:00'",
        MONEY: "cast(1.5 as decimal(18, 4))",
        TEXTS: "['x é']",
        WORDS: "map {'x': 'granted'}",
        SUMS: "map {'SEK': cast(1.5 as decimal(18, 4))}",
    }
)
"""A value of each type, to try a segment on: text that is no number and no date."""


def segment(
    engine: Engine,
    where: str | None,
    place: str = "where",
    columns: Mapping[str, str] = VIEW,
) -> Segment:
    """Give the segment of a ``where``; without one, everybody.

    ``columns`` are the columns there are and their types. No data is read: the
    segment is tried on two rows that are made up.

    Raises PipelineError, with ``place`` as its place, for anything but one
    expression over the columns that is true or false.
    """
    if where is None:
        return EVERYBODY
    maps = MAPS if columns is VIEW else {}
    found = _read(engine, where, columns, maps)
    if not isinstance(found, Segment):
        raise PipelineError(*(Problem(place, *wrong) for wrong in found))
    wrong = _misfit(engine, found, columns, maps)
    if wrong is not None:
        raise PipelineError(Problem(place, *wrong))
    return found


def check_exports(engine: Engine, exports: Mapping[str, Export]) -> tuple[Problem, ...]:
    """Give all that is wrong with exports, without reading data.

    A ``where`` that cannot run, headers that are the same, files of groups that
    would be the file of another list. ``engine`` may be any, also one on an
    empty registry.
    """
    return tuple(_problems(engine, exports))


def is_one_select(engine: Engine, query: str) -> bool:
    """Tell whether a text is one SELECT (or what amounts to one) and no more."""
    if unreadable(query) is not None:
        return False
    try:
        tree = json.loads(_answer(engine, parsed(query)))
    except RecursionError:
        return False
    return not tree["error"] and len(tree["statements"]) == 1


def about_the_text(error: RegpipeError) -> str | None:
    """Give DuckDB's own words where they are about the query's text alone."""
    reason = error.__cause__
    if type(reason).__name__ not in _ABOUT_THE_TEXT:
        return None
    return str(reason).splitlines()[0].partition(": ")[2]


def _problems(engine: Engine, exports: Mapping[str, Export]) -> Iterator[Problem]:
    for name, export in exports.items():
        place = f"exports.{name}"
        try:
            segment(engine, export.where, f"{place}.where")
        except PipelineError as error:
            yield from error.problems
        headers: dict[str, str] = {}
        for each in export.written:
            column = each.column or each.header
            header = each.header.casefold()
            if header in headers:
                what = f"{headers[header]!r} and {column!r} have the same header"
                yield Problem(f"{place}.columns", what, "give each a header of its own")
            headers.setdefault(header, column)
        for other in exports:
            if other != name and _holds(export.to, exports[other].to):
                what = f"a group's file could be that of export {other!r}"
                yield Problem(f"{place}.to", what, "write the groups to another folder")
            elif other != name and _beside(export, exports[other].to):
                what = f"a file beside it would be that of export {other!r}"
                yield Problem(f"{place}.to", what, "write one of them elsewhere")


def _beside(export: Export, path: str) -> bool:
    """Tell whether a file at ``path`` could be a part of a list or its refusals."""
    file = PurePath(normpath(export.to).casefold())
    stem, end = re.escape(str(file.with_suffix(""))), re.escape(file.suffix)
    shapes = [
        re.escape(normpath(refusals_name(export.to, each.name)).casefold())
        for each in export.refused
    ]
    if export.limit.rows or export.limit.bytes:
        shapes.append(f"{stem}-[0-9]+{end}")
    return any(re.fullmatch(shape, normpath(path).casefold()) for shape in shapes)


def _holds(pattern: str, path: str) -> bool:
    """Tell whether a file at ``path`` could be one of a group's by ``pattern``."""
    if "{group}" not in pattern:
        return False
    parts = normpath(pattern).casefold().split("{group}")
    shape = r"[^/\\]+".join(map(re.escape, parts))
    return re.fullmatch(shape, normpath(path).casefold()) is not None


def _read(
    engine: Engine, where: str, columns: Mapping[str, str], maps: Mapping[str, str]
) -> Segment | tuple[Wrong, ...]:
    wrong = unreadable(where)
    if wrong is not None:
        return (wrong,)
    found = judged(_answer(engine, parsed(query_of(where))), columns, maps)
    match found:
        case (dict() as tree, Segment() as read):
            sql = _answer(engine, written(tree))
            return replace(read, sql=sql.removeprefix("SELECT "))
        case _:
            return found


def _answer(engine: Engine, select: str) -> str:
    return str(engine.collect(select).column(0)[0].as_py())


def _misfit(
    engine: Engine,
    found: Segment,
    columns: Mapping[str, str],
    maps: Mapping[str, str],
) -> Wrong | None:
    """Say how the segment does not fit the columns' types, if it does not.

    It is worked out for a row of values and a row of nulls. A text that must be
    read as a number shows here, not on the night a cell holds something else.
    """
    types = {AS_OF: TIME, **{name: columns[name] for name in sorted(found.columns)}}
    types |= {part_column(*part): maps[part[0]] for part in sorted(found.parts)}
    values = comma((f"{_VALUES[kind]} as {ident(n)}" for n, kind in types.items()), 0)
    nulls = comma(f"cast(null as {kind})" for kind in types.values())
    try:
        tried = engine.collect(
            f"select typeof(is_in) as type, is_in from (select {found.sql} as is_in "
            f"from (select {values} union all select {nulls}))"
        )
    except (StepError, InputFileError) as error:
        said = about_the_text(error)
        if said is not None:
            return f"does not fit the columns: {said}", None
        return (
            "cannot be worked out for every text: it compares or casts text as "
            "something else, or holds a value that is none",
            "compare text with text, such as postcode >= '10000', or use try_cast",
        )
    kind = str(tried.column("type")[0].as_py()).strip('"')
    if kind != FLAG:
        return f"gives {kind}, not true or false", "compare it with something"
    return None
