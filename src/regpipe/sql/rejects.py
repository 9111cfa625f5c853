"""Quarantine: rejected rows with their original text and every reason."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from regpipe.sql.intake import FILE_SPAN
from regpipe.sql.step import Step, comma, ident, literal, step


def rejected(source: str) -> Step:
    """Give each rejected row once, with all its reasons.

    Gives  one row per ``row_id``: file_no, row_number, fingerprint,
           ``occurrence`` (equal rows counted from 1) and ``reasons``.
    """
    return step(
        f"rejected_{source}",
        f"""
        with listed as (
          select
              row_id,
              list_sort(list({{'column': "column", 'check': "check"}})) as reasons
          from {ident("reasons_" + source)}
          group by row_id
        )
        select
            l.row_id,
            r.file_no,
            r.row_number,
            r.fingerprint,
            row_number() over (
              partition by r.fingerprint order by l.row_id
            ) as occurrence,
            l.reasons
        from {ident("changed_" + source)} r
        join listed l on r.row_id = l.row_id
        """,
    )


def alike(source: str) -> str:
    """Give the SELECT of the files with rejected rows whose cells read are equal.

    Gives  one row per such file: ``file_no``.
    """
    return f"""
        select distinct file_no
        from (
          select file_no
          from {ident("rejected_" + source)}
          group by file_no, fingerprint
          having count(*) > 1
        )"""


@dataclass(frozen=True)
class Mark:
    """How a rejected row is found again: its ``column``, and that of the file's text.

    ``original`` is the SQL of a record's cells.
    """

    column: str
    sql: str
    original: str


def by_fingerprint(header: Sequence[str], fingerprint: str) -> Mark:
    """Find rows by the cells that were read, where no two rejected ones are alike."""
    return Mark("fingerprint", fingerprint, _cells(header))


def by_place(header: Sequence[str], first_row: int) -> Mark:
    """Find rows by their place: numbering a file costs as much as reading it.

    A number over a file's rows is their order in DuckDB, which parses every CSV.
    """
    return Mark("row_number", f"row_number() over () + {first_row - 1}", _cells(header))


def by_row(header: Sequence[str]) -> Mark:
    """Find rows by the number that a file read the careful way has in it."""
    ragged = "rp_cells(regpipe_cells)"
    return Mark(
        "row_number",
        "cast(regpipe_row as bigint)",
        f"case when regpipe_problem <> '' then {ragged} else {_cells(header)} end",
    )


def _cells(header: Sequence[str]) -> str:
    cells = ", ".join(f"coalesce({ident(name)}, '')" for name in header)
    return f"[{cells}]"


def originals(source: str, raw: str, file_no: int, mark: Mark) -> Step:
    """Fetch the text of a file's rejected rows, cell by cell.

    Gives  one row per ``row_id`` of ``rejected_…`` in that file: ``original``.

    The rows wanted are marked before they are filtered: DuckDB takes a CSV for
    tiny, and as a join would keep all of the file in memory, not the few rejects.
    """
    return step(
        f"originals_{source}_{file_no}",
        f"""
        with marked as (
          select *, {mark.sql} as mark
          from {ident(raw)}
        ),
        sought as (
          select
              *,
              mark in (
                select {mark.column}
                from {ident("rejected_" + source)}
                where file_no = {file_no}
              ) as wanted
          from marked
        ),
        found as (
          select mark, any_value({mark.original}) as original
          from sought
          where coalesce(wanted, false)
          group by mark
        )
        select x.row_id, f.original
        from {ident("rejected_" + source)} x
        join found f on x.{mark.column} = f.mark
        where x.file_no = {file_no}
        """,
    )


def rejects_new(
    files: Sequence[tuple[str, int, str, Sequence[str]]], file_ids: int
) -> Step:
    """Give the rejected rows that the quarantine does not hold yet.

    ``files``: source, number in the run, name and header of each file with
    rejects.

    Gives  rows of ``rejects`` without ``run_id``.
    """
    parts = [
        f"""
        select
            {literal(source)} as source,
            x.fingerprint,
            x.occurrence,
            {file_ids + file_no} as file_id,
            {literal(file)} as file,
            x.row_number,
            o.original,
            [{comma((literal(name) for name in header), 0)}] as header,
            x.reasons
        from {ident("rejected_" + source)} x
        join {ident(f"originals_{source}_{file_no}")} o on x.row_id = o.row_id
        anti join registry.rejects h
          on h.source = {literal(source)}
          and x.fingerprint = h.fingerprint
          and x.occurrence = h.occurrence
        where x.row_id // {FILE_SPAN} = {file_no}"""
        for source, file_no, file, header in files
    ]
    none = """
        select source, fingerprint, occurrence, file_id, file, row_number, original,
            header, reasons
        from registry.rejects where false"""
    return step("rejects_new", "\n        union all".join(parts) or none)
