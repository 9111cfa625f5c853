"""The files of one list: written aside, cut where they must be, and checked."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

from regpipe.engine.protocol import Engine
from regpipe.errors import PipelineError
from regpipe.formats import ListColumn, Target
from regpipe.spec import Export
from regpipe.sql.customer_view import address_column
from regpipe.sql.fitted import INCOMPLETE, fitted_rows
from regpipe.sql.list_cells import cell
from regpipe.sql.lists import Selection, may_alias, shown
from regpipe.sql.refused import refused, refused_table
from regpipe.sql.step import comma, ident, literal
from regpipe.stages.export_files import (
    ListPlace,
    aside,
    new_aside,
    part_name,
    refusals_name,
)
from regpipe.stages.file_names import file_names
from regpipe.stages.list_check import Rules, Written, check_list
from regpipe.stages.list_counts import blanks_of, counts_of, groups_of
from regpipe.stages.list_encoding import recode
from regpipe.stages.list_split import cut, pieces
from regpipe.stages.manifest import StagedFile, known_files


@dataclass(frozen=True)
class List:
    """One export on its way: what it says, who is on it, where it goes, and how."""

    export: Export
    who: Selection
    place: ListPlace
    target: Target
    columns: tuple[ListColumn, ...]

    @property
    def address(self) -> str | None:
        """Give the header of the column that holds the address of the channel."""
        wanted = address_column(self.who.channel)
        return next((c.header for c in self.columns if c.column == wanted), None)

    @property
    def rules(self) -> Rules:
        """Give what the importer demands of the list's files."""
        return Rules(
            self.columns,
            self.target.delimiter,
            self.export.coded,
            self.target.header,
            self.target.one_of,
            self.export.limit,
        )


@dataclass(frozen=True)
class _Rows:
    """The rows of one file before it is cut, and what is told of them."""

    select: str
    within: str
    columns: tuple[ListColumn, ...]
    order: str
    group: str | None = None
    refusals: str = ""
    counts: Mapping[str, int] | None = None
    left_blank: Mapping[str, int] | None = None


def list_files(reader: Engine, made: List, as_of: datetime) -> Iterator[StagedFile]:
    """Write the files of one list aside: its own, or that of each group.

    With them, where the target has such, the files of who must not be mailed. A
    file that an earlier run made, and that has no rows now, is written with its
    header alone: it must not lie there as if it were current.

    Raises DataError when a file does not keep the rules of the target.
    """
    wanted = [*_wanted(reader, made), *_refusals(reader, made, as_of)]
    taken = {each.within.casefold() for each in wanted}
    files = [file for each in wanted for file in _written(reader, made, each, taken)]
    current = {file.within for file in files}
    for within, group in sorted(known_files(made.place.manifest).items()):
        if within not in current and made.place.owns(within):
            yield _emptied(reader, made, within, group)
    yield from files


def _wanted(reader: Engine, made: List) -> Iterator[_Rows]:
    """Give the rows of each file of the list itself."""
    counts = counts_of(reader, made.who, made.target)
    blanks = blanks_of(reader, made.who, made.columns) if made.target.checked else {}
    if not made.who.by_group:
        within = made.place.within()
        yield _rows(made, within, None, counts.get(None, {}), blanks.get(None))
        return
    groups = groups_of(reader, made.who)
    names = file_names(groups)
    paths = {key: made.place.within(name) for key, name in names.items()}
    for key in sorted(groups, key=lambda key: paths[key]):
        rows = _rows(made, paths[key], groups[key], counts[key], blanks.get(key), key)
        yield rows


def _rows(
    made: List,
    within: str,
    group: str | None,
    counts: Mapping[str, int],
    left_blank: Mapping[str, int] | None,
    key: str | None = None,
) -> _Rows:
    which = f"group_key = {literal(key)}" if key is not None else "true"
    order = _unlike("customer_id", [each.header for each in made.columns])
    names = [
        "in_segment",
        *made.who.refusals,
        *([INCOMPLETE] if made.target.checked else []),
    ]
    return _Rows(
        select=_select(made, order, which if counts else "false"),
        within=within,
        columns=made.columns,
        order=order,
        group=group,
        counts={name: counts.get(name, 0) for name in names},
        left_blank=left_blank,
    )


def _select(made: List, order: str, which: str) -> str:
    """Give the SELECT of rows of the list: its order column last."""
    if made.target.checked:
        return fitted_rows(made.who.name, made.columns, order, which)
    may = may_alias(made.who)
    cells = {
        each.header: cell(each, may, made.target.harmless) for each in made.columns
    }
    if len(cells) == 1:  # a row of one blank cell must not be a blank line
        cells = {header: f"coalesce({text}, '')" for header, text in cells.items()}
    return shown(made.who, cells, order, which)


def _refusals(reader: Engine, made: List, as_of: datetime) -> Iterator[_Rows]:
    """Give the rows of each file of addresses that must not be mailed."""
    files = made.export.refused
    if not files:
        return
    name = made.who.name
    who = made.who
    reader.make(refused(name, who.purpose, who.channel, files, as_of, who.consent))
    table = ident(refused_table(name))
    for place, file in enumerate(files):
        unfit = reader.collect(
            f"select count(*) as n from {table} where place = {place} and not fits"
        )
        headers = [each.header for each in file.columns]
        order = _unlike("address_order", headers)
        written = comma(f"address as {ident(header)}" for header in headers)
        yield _Rows(
            select=f"""select
    {written},
    address as {ident(order)}
from {table}
where place = {place} and fits""",
            within=refusals_name(made.place.within(), file.name),
            columns=file.columns,
            order=order,
            refusals=file.name,
            counts={INCOMPLETE: int(unfit["n"][0].as_py())},
        )


def _written(
    reader: Engine, made: List, rows: _Rows, taken: set[str]
) -> list[StagedFile]:
    """Write the rows to one file, or to several where it would be too large."""
    final = made.place.folder / rows.within
    with new_aside(final) as part:
        total = _export(reader, made, rows, part)
    limit = made.export.limit
    head, parts = pieces(
        part, total, limit, header=made.target.header, place=_place(made, rows)
    )
    names = [part_name(rows.within, number) for number in range(1, len(parts) + 1)]
    finals = [made.place.folder / name for name in names]
    for name, path in zip(names[1:], finals[1:], strict=True):
        if name.casefold() in taken:
            raise PipelineError.at(
                f"exports.{made.who.name}.to",
                "a part of one list would be the file of another",
                "give each group a folder: {group}/list.csv",
            )
        with new_aside(path):
            pass
    if len(parts) > 1:
        asides = [aside(path) for path in finals]
        cut(part, head, list(zip(parts, asides, strict=True)))
    if made.target.checked:
        rules = replace(made.rules, columns=rows.columns)
        if rows.refusals:
            rules = replace(rules, one_of=())
        files = [
            Written(aside(path), name, piece.rows)
            for path, name, piece in zip(finals, names, parts, strict=True)
        ]
        check_list(f"exports.{made.who.name}", rules, files)
    return [
        StagedFile(
            final=path,
            shown=str(made.place.shown / name),
            within=name,
            group=rows.group,
            rows=piece.rows,
            sha256=_sha256(aside(path)),
            counts=dict(rows.counts or {}) if number == 1 else {},
            part=number,
            refusals=rows.refusals,
            left_blank=dict(rows.left_blank or {}) if number == 1 else {},
        )
        for number, (name, path, piece) in enumerate(
            zip(names, finals, parts, strict=True), 1
        )
    ]


def _emptied(reader: Engine, made: List, within: str, group: str | None) -> StagedFile:
    """Write a file of an earlier run with its header alone."""
    columns, refusals = made.columns, ""
    for file in made.target.refusals:
        if Path(within).name.startswith(f"{file.name}-"):
            columns, refusals = file.columns, file.name
    nothing = comma(f"cast(null as varchar) as {ident(c.header)}" for c in columns)
    order = _unlike("customer_id", [each.header for each in columns])
    rows = _Rows(
        select=f"select {nothing}, 0 as {ident(order)} where false",
        within=within,
        columns=columns,
        order=order,
        group=group,
        refusals=refusals,
    )
    final = made.place.folder / within
    with new_aside(final) as part:
        _export(reader, made, rows, part)
    counts = {} if refusals else dict.fromkeys(("in_segment", *made.who.refusals), 0)
    return StagedFile(
        final=final,
        shown=str(made.place.shown / within),
        within=within,
        group=group,
        rows=0,
        sha256=_sha256(part),
        counts=counts,
        refusals=refusals,
    )


def _export(reader: Engine, made: List, rows: _Rows, path: Path) -> int:
    count = reader.export(
        rows.select,
        [each.header for each in rows.columns],
        [rows.order],
        path,
        made.target.delimiter,
        header=made.target.header,
    )
    recode(path, made.export.coded, _place(made, rows))
    return count


def _place(made: List, rows: _Rows) -> str:
    return f"exports.{made.who.name}: {rows.within}"


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _unlike(name: str, taken: Sequence[str]) -> str:
    """Give a name that is none of those taken, whatever their case."""
    folded = {each.casefold() for each in taken}
    while name.casefold() in folded:
        name += "_"
    return name
