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


def originals(
    source: str,
    raw: str,
    file_no: int,
    header: Sequence[str],
    fingerprint: str,
    *,
    careful: bool,
) -> Step:
    """Fetch the text of a file's rejected rows, cell by cell.

    ``fingerprint`` is the SQL of a row's fingerprint; a file read the careful
    way has row numbers instead. ``header`` leaves secret columns out.

    The rows wanted are marked before they are filtered: DuckDB takes a CSV for
    tiny, and as a join would keep all of the file in memory, not the few rejects.
    """
    cells = ", ".join(f"coalesce({ident(name)}, '')" for name in header)
    if careful:
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
    return step(
        f"originals_{source}_{file_no}",
        f"""
        with once as (
          select fingerprint, any_value([{cells}]) as original
          from (
            select
                *,
                fingerprint in (
                  select fingerprint from {ident("rejected_" + source)}
                ) as wanted
            from (select *, {fingerprint} as fingerprint from {ident(raw)})
          )
          where coalesce(wanted, false)
          group by fingerprint
        )
        select x.row_id, o.original
        from {ident("rejected_" + source)} x
        join once o on x.fingerprint = o.fingerprint
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
