"""Quarantine: rejected rows with their original text and every reason."""

from __future__ import annotations

from collections.abc import Sequence

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


def rejected_rows(source: str, file_no: int) -> str:
    """Give the SELECT of the row numbers rejected in a file, sorted."""
    return f"""
        select row_number
        from {ident("rejected_" + source)}
        where file_no = {file_no}
        order by row_number
        """


def originals(source: str, picked: str, file_no: int) -> Step:
    """Give the cells of a file's rejected rows.

    Reads  ``picked``: the records rejected, with ``regpipe_row`` (the row number)
           and ``regpipe_cells`` (a JSON list).
    Gives  one row per ``row_id`` of ``rejected_…`` in that file: ``original``.
    """
    return step(
        f"originals_{source}_{file_no}",
        f"""
        select x.row_id, rp_cells(r.regpipe_cells) as original
        from {ident(picked)} r
        join {ident("rejected_" + source)} x
          on x.file_no = {file_no}
          and x.row_number = cast(r.regpipe_row as bigint)
        """,
    )


def originals_of_careful(
    source: str, raw: str, file_no: int, header: Sequence[str]
) -> Step:
    """Give the cells of the rejected rows of a file that was read the careful way.

    Reads  ``raw``: every record; with ``regpipe_cells`` where it does not fit.
           ``header`` leaves secret columns out.
    Gives  columns as ``originals``.
    """
    cells = ", ".join(f"coalesce({ident(name)}, '')" for name in header)
    return step(
        f"originals_{source}_{file_no}",
        f"""
        select
            x.row_id,
            case
              when r.regpipe_problem <> '' then rp_cells(r.regpipe_cells)
              else [{cells}]
            end as original
        from {ident(raw)} r
        join {ident("rejected_" + source)} x
          on x.file_no = {file_no}
          and x.row_number = cast(r.regpipe_row as bigint)
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
