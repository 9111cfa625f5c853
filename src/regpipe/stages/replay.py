"""Replay: mended rows read as if they had come from the source they were rejected from.

Each counts from the time of the file that it was rejected from, not from that of the
mended one: a row of last month that bears no time does not outdo this week's.
"""

from __future__ import annotations

import csv
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import pyarrow as pa

from regpipe.engine.protocol import Engine, TextFile
from regpipe.errors import DataError, PipelineError, Problem
from regpipe.spec import CustomerSource, OrderSource, Pipeline, Source
from regpipe.sql import replay as sql
from regpipe.stages.came_back import MOST, refuse
from regpipe.stages.extract import Delivery
from regpipe.stages.intake import Intake
from regpipe.stages.mended_file import (
    MendedFile,
    MendedRow,
    read_mended_file,
    twice,
)
from regpipe.stages.mending import BEYOND, Reject, cells_of
from regpipe.stages.quarantine import versions_of
from regpipe.stages.wanted import (
    Wanted,
    called_in,
    items_in,
    numbered_up_to,
    wanted_columns,
)

REPLAYED = "replayed"
"""The table of mended rows: as that of the rows of several files, and reject_id."""

_UNFIT = ("too_few_cells", "too_many_cells", "unclosed_quote", "stray_quote")
"""Checks that a record fails before its cells are looked at."""


@dataclass(frozen=True)
class _Meant:
    """The rejects that rows name: as each stood last, and those it was before."""

    last: Mapping[int, int]
    rejects: Mapping[int, Reject]

    def of(self, row: MendedRow) -> Reject:
        return self.rejects[self.last[row.reject_id]]


def read_mended(
    engine: Engine, pipeline: Pipeline, path: Path, scratch: Path
) -> tuple[Pipeline, dict[str, list[Delivery]]]:
    """Read a file of mended rejects as a delivery of their source.

    Gives the pipeline with that source alone, which then delivers some rows and not
    all of them, of which any may be bad; and the delivery. Leaves ``replayed``.

    Raises InputFileError for rows that cannot be told to be of one source's rejects,
    each of them once, PipelineError where the pipeline lacks the source.
    """
    file = read_mended_file(path, scratch)
    meant = _meant(engine, file)
    source = _source(file, meant, pipeline)
    spec = pipeline.sources[source]
    if source in pipeline.candidates:
        raise PipelineError.at(
            str(path),
            f"the files of {source!r} choose among presets, mended rows cannot",
            "name the one preset of the source, and replay again",
        )
    if any(column.by_name for column in spec.mapped.values()):
        raise PipelineError.at(
            str(path),
            f"rows of {source!r} are read by the name of their file, which mended "
            "ones are not in",
            "mend them where they come from, and deliver their file again",
        )
    engine.put(REPLAYED, _places(file, meant))
    several = isinstance(spec, CustomerSource) and spec.rows != "single"
    if isinstance(spec, OrderSource) or several:
        _refuse_parts(engine, file)
    if several:
        _refuse_other_order(file)
    delivery = _delivery(file, meant, source, spec, scratch)
    mended: dict[str, object] = {"tolerate": 1.0}
    if isinstance(spec, CustomerSource):
        mended["delivery"] = "delta"
    alone = {source: spec.model_copy(update=mended)}
    return pipeline.model_copy(update={"sources": alone}), {source: [delivery]}


def refuse_wrong_rows(engine: Engine, intake: Intake) -> None:
    """Stop where a mended row would change what was settled without it.

    Raises DataError with the rows whose reject was mended by other values before,
    and with those mended into an order that was taken without them.
    """
    name = intake.deliveries[0].file
    problems = _told(
        engine,
        sql.mended_otherwise(versions_of(intake.source, intake.spec, ()).rows),
        name,
        "its reject was mended before, with other values",
        "take the row out, and correct it at its source",
    )
    if isinstance(intake.spec, OrderSource):
        problems += _told(
            engine,
            sql.joining_orders(intake.source),
            name,
            "belongs to an order that the registry holds without it",
            "take the row out, and deliver the whole order from its source",
        )
    if problems:
        raise DataError(*problems)


def _told(
    engine: Engine, select: str, name: str, what: str, hint: str
) -> list[Problem]:
    rows = engine.collect(select)["row_number"].to_pylist()
    found = [Problem(f"{name}, row {row}", what, hint) for row in rows[:MOST]]
    if len(rows) > MOST:
        found.append(Problem(name, f"and {len(rows) - MOST} rows more"))
    return found


def _meant(engine: Engine, file: MendedFile) -> _Meant:
    """Find the rejects that the rows name; one that came back bad is what it became."""
    became = {
        row["reject_id"]: row["by_reject"]
        for row in engine.collect(sql.REPLACED).to_pylist()
    }
    last = {row.reject_id: row.reject_id for row in file.rows}
    ids = set(last)
    for named in last:
        while last[named] in became:
            last[named] = became[last[named]]
            ids.add(last[named])
    engine.put("rejects_named", pa.table({"reject_id": pa.array(sorted(ids))}))
    found = engine.collect(sql.rejects_meant("rejects_named")).to_pylist()
    rejects = {reject["reject_id"]: reject for reject in found}
    unknown = [
        Problem(
            f"{file.delivery.file}, row {row.row}",
            "names a reject that the registry does not have",
            "look whether it is the file of another registry",
        )
        for row in file.rows
        if row.reject_id not in rejects
    ]
    refuse(file.delivery.file, unknown)
    refuse(file.delivery.file, twice(file, last))
    return _Meant(last, rejects)


def _source(file: MendedFile, meant: _Meant, pipeline: Pipeline) -> str:
    """Give the one source that all rows are of."""
    shown = file.delivery.file
    sources = sorted({meant.of(row)["source"] for row in file.rows})
    if len(sources) > 1:
        what = f"holds rejects of {len(sources)} sources: {', '.join(sources)}"
        refuse(shown, [Problem(shown, what, "replay each source's by themselves")])
    if sources[0] not in pipeline.sources:
        known = ", ".join(pipeline.sources)
        raise PipelineError.at(
            shown,
            f"holds rejects of {sources[0]!r}, which is no source of this pipeline",
            f"name the pipeline that reads it; this one reads: {known}",
        )
    return str(sources[0])


def _places(file: MendedFile, meant: _Meant) -> pa.Table:
    ids = [meant.last[row.reject_id] for row in file.rows]
    times = [meant.of(row)["delivered_at"] for row in file.rows]
    return pa.table(
        {
            "place": pa.array(range(len(ids)), pa.int64()),
            "file_no": pa.array([1] * len(ids), pa.int64()),
            "row_number": pa.array([row.row for row in file.rows], pa.int64()),
            "reject_id": pa.array(ids, pa.int64()),
            "delivered_at": pa.array(times, pa.timestamp("us")),
        }
    )


def _refuse_parts(engine: Engine, file: MendedFile) -> None:
    shown = file.delivery.file
    found = engine.collect(sql.rows_left_out()).to_pylist()
    refuse(
        shown,
        [
            Problem(
                f"{shown}, row {row['row_number']}",
                f"{row['missing']} rejected rows of the same record are not in the "
                "file",
                "an order, or a customer of several rows, comes back whole: keep all "
                "of its rows, good ones too",
            )
            for row in found
        ],
    )


def _refuse_other_order(file: MendedFile) -> None:
    """Refuse rows that stand otherwise than written: each goes with those above."""
    ids = [row.reject_id for row in file.rows]
    problems = [
        Problem(
            f"{file.delivery.file}, row {row.row}",
            "stands below a row that was written after it",
            "a customer has several rows here: leave them in the order they came in",
        )
        for before, row in zip(ids, file.rows[1:], strict=False)
        if row.reject_id < before
    ]
    refuse(file.delivery.file, problems)


def _delivery(
    file: MendedFile, meant: _Meant, source: str, spec: Source, scratch: Path
) -> Delivery:
    """Write the rows as those of the source, each with the cells of its own header."""
    headers = dict.fromkeys(tuple(meant.of(row)["header"]) for row in file.rows)
    everything = [*file.columns, *(name for header in headers for name in header)]
    items = items_in(everything, wanted_columns(spec))
    wanted = numbered_up_to(wanted_columns(spec), items or 1)
    known = {header: _called(file, header, wanted) for header in headers}
    _refuse_lacking(file, known)
    columns = _columns(known)
    names = tuple(name for name, _ in columns.values())
    extra = ("regpipe_row", "regpipe_problem", "regpipe_cells")
    target = scratch / f"{source}-mended.csv"
    longest = 0
    with target.open("w", encoding="utf-8", newline="") as out:
        writer = csv.writer(out, quoting=csv.QUOTE_ALL, lineterminator="\n")
        writer.writerow([*names, *extra])
        for row in file.rows:
            header = tuple(meant.of(row)["header"])
            called = known[header]
            cells, problem, kept = _cells(file, meant, row)
            placed: dict[str, str] = {}
            for name in (*header, *called):
                key = called.get(name, name).casefold()
                placed.setdefault(key, cells.get(name, ""))
            line = [placed.get(key, "") for key in columns]
            line += [str(row.row), problem, kept]
            longest = max(longest, sum(len(cell.encode()) + 3 for cell in line))
            writer.writerow(line)
    absent = tuple(w.name for w in wanted if w.name.casefold() not in columns)
    return replace(
        file.delivery,
        source=source,
        text=TextFile(
            target, (*names, *extra), ",", '"', longest=longest, absent=absent
        ),
        header=tuple(name for _, name in columns.values()),
        unread=(),
        records=len(file.rows),
        items=items,
        replayed=REPLAYED,
    )


_Called = Mapping[str, str]
"""The columns of rows, each with the name that the pipeline reads it by."""


def _called(
    file: MendedFile, header: Sequence[str], wanted: Sequence[Wanted]
) -> _Called:
    """Say which columns of rows with this header are read, and as what.

    A column that their own file lacked may be one that the mended file has.
    """
    own = called_in(header, wanted)
    rest = [column for column in wanted if column.name not in own.values()]
    more = [name for name in file.columns if name not in header]
    return {**own, **called_in(more, rest)}


def _refuse_lacking(file: MendedFile, known: Mapping[tuple[str, ...], _Called]) -> None:
    shown = file.delivery.file
    lacking = dict.fromkeys(
        name
        for header, called in known.items()
        for name in header
        if name in called and name not in file.columns
    )
    hint = "keep all columns of the source"
    refuse(shown, [Problem(shown, f"has no column {n!r}", hint) for n in lacking])


def _columns(
    known: Mapping[tuple[str, ...], _Called],
) -> dict[str, tuple[str, str]]:
    """Give the columns to write, case aside: the pipeline's name, and the file's."""
    columns: dict[str, tuple[str, str]] = {}
    for header, called in known.items():
        for name in (*header, *called):
            key = called.get(name, name)
            columns.setdefault(key.casefold(), (key, name))
    return columns


def _cells(
    file: MendedFile, meant: _Meant, row: MendedRow
) -> tuple[Mapping[str, str], str, str]:
    """Give a row's cells by column, what keeps it from fitting, and its whole text.

    A row that nobody touched is what it was: also one that does not fit its header,
    though in the file it has a cell for each column.
    """
    for number in () if row.cleared else (row.reject_id, meant.last[row.reject_id]):
        reject = meant.rejects[number]
        before = cells_of(reject)
        if all(_plain(row.cells.get(n, "")) == _plain(c) for n, c in before.items()):
            problem = next(
                (why["check"] for why in reject["reasons"] if why["check"] in _UNFIT),
                "",
            )
            kept = json.dumps(list(reject["original"]), ensure_ascii=False)
            return {**row.cells, **before}, problem, kept if problem else ""
    own = list(meant.of(row)["header"])
    beyond = [
        row.cells[name]
        for name in file.columns
        if BEYOND.fullmatch(name) and name not in own and row.cells[name].strip()
    ]
    if not beyond:
        return row.cells, "", ""
    whole = [*(row.cells.get(name, "") for name in own), *beyond]
    return row.cells, "too_many_cells", json.dumps(whole, ensure_ascii=False)


def _plain(cell: str) -> str:
    """Give a cell with the line ends and the margins that a spreadsheet may change."""
    return cell.replace("\r\n", "\n").replace("\r", "\n").strip()
