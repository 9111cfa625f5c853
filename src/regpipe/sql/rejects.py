"""Quarantine: rejected rows with their original text and every reason."""

from __future__ import annotations

from collections.abc import Sequence

from regpipe.sql.step import Step, ident, literal, step


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


def rejected_rows(source: str) -> str:
    """Give the SELECT of the rows rejected, by file and row number, sorted."""
    return f"""
        select file_no, row_number
        from {ident("rejected_" + source)}
        order by file_no, row_number
        """


def originals(source: str) -> Step:
    """Give the cells of the rejected rows.

    Reads  ``picked_…``: the records rejected, with ``regpipe_file`` and
           ``regpipe_row`` (the numbers of file and row) and ``regpipe_cells`` (a
           JSON list).
    Gives  one row per ``row_id`` of ``rejected_…``: ``original``.
    """
    return step(
        f"originals_{source}",
        f"""
        select x.row_id, rp_cells(r.regpipe_cells) as original
        from {ident("picked_" + source)} r
        join {ident("rejected_" + source)} x
          on x.file_no = cast(r.regpipe_file as bigint)
          and x.row_number = cast(r.regpipe_row as bigint)
        """,
    )


def rejects_new(sources: Sequence[str], file_ids: int) -> Step:
    """Give the rejected rows that the quarantine does not hold yet.

    Reads  of each of the ``sources``, which have rejects, ``rejected_…``,
           ``originals_…`` and ``rejected_files_…`` (``file_no``, ``file`` and
           ``header`` of each file with rejects).
    Gives  rows of ``rejects`` without ``run_id``.
    """
    parts = [
        f"""
        select
            {literal(source)} as source,
            x.fingerprint,
            x.occurrence,
            {file_ids} + x.file_no as file_id,
            f.file,
            x.row_number,
            o.original,
            f.header,
            x.reasons
        from {ident("rejected_" + source)} x
        join {ident("originals_" + source)} o on x.row_id = o.row_id
        join {ident("rejected_files_" + source)} f on x.file_no = f.file_no
        anti join registry.rejects h
          on h.source = {literal(source)}
          and x.fingerprint = h.fingerprint
          and x.occurrence = h.occurrence"""
        for source in sources
    ]
    none = """
        select source, fingerprint, occurrence, file_id, file, row_number, original,
            header, reasons
        from registry.rejects where false"""
    return step("rejects_new", "\n        union all".join(parts) or none)
