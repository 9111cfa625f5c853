"""Quarantine: rejected rows with their original text and every reason."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from regpipe.sql.step import Step, comma, ident, literal, step

COLUMNS = (
    *("source", "fingerprint", "occurrence", "record_key", "updated_at"),
    *("delivered_at", "file_id", "file", "row_number", "original", "header"),
    "reasons",
)
"""The columns of ``rejects`` but the numbers of the reject and the run."""


@dataclass(frozen=True)
class Versions:
    """By what the records of a source are versions of one another.

    ``key`` is the column that they are known by, ``own_time`` that of their own
    time, None where they have none. The records of ``orders`` are many rows, and
    their time is that of the head; those of ``pieces`` are folded of several rows,
    each of which knows key and time. Of ``statements`` each counts on its own.
    """

    source: str
    key: str
    own_time: str | None
    orders: bool = False
    statements: bool = False
    pieces: bool = False

    @property
    def rows(self) -> str:
        """Give the name of the table that has every row of the files."""
        return f"pieces_{self.source}" if self.pieces else f"rows_{self.source}"

    @property
    def rejectable(self) -> str:
        """Give the name of the table that has every row that may be rejected."""
        return f"pieces_{self.source}" if self.pieces else f"changed_{self.source}"

    @property
    def known_by(self) -> str:
        """Give the column of those tables that says what a row's record is known by."""
        return "record_key" if self.pieces else self.key

    def joined(self, rows: str) -> str:
        """Give the FROM clause of rows ``r`` of ``rows``, with their heads ``h``."""
        if not self.orders:
            return f"{ident(rows)} r"
        return (
            f"{ident(rows)} r left join {ident('heads_' + self.source)} h "
            "on r.file_no = h.file_no and r.order_id = h.order_id"
        )

    @property
    def time(self) -> str:
        """Give the SQL of the own time of a row's record, null without one."""
        if self.own_time is None:
            return "cast(null as timestamp)"
        if self.pieces:
            return "r.record_time"
        return f"{'h' if self.orders else 'r'}.{ident(self.own_time)}"


def rejected(versions: Versions, sure: Sequence[int]) -> Step:
    """Give each rejected row once, with all its reasons.

    A record that does not fit its header says what it is known by only where that
    is the first cell: others may have shifted. ``sure`` are the files in which it
    is. All rows of an order, ragged ones too, go by the order.

    Gives  one row per ``row_id``: file_no, row_number, fingerprint,
           ``occurrence`` (equal rows of a file counted from 1), ``record_key`` and
           ``updated_at`` (null where they cannot be read), delivered_at, ``reasons``.
    """
    source = versions.source
    key = f"r.{ident(versions.known_by)}"
    if not (versions.orders or versions.pieces):
        fits = "r.problem is null"
        if sure:
            fits += f" or r.file_no in ({', '.join(map(str, sure))})"
        key = f"case when {fits} then {key} end"
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
              partition by r.file_no, r.fingerprint order by l.row_id
            ) as occurrence,
            {key} as record_key,
            {versions.time} as updated_at,
            r.delivered_at,
            l.reasons
        from {versions.joined(versions.rejectable)}
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


def rejects_seen(sources: Sequence[str], file_ids: int) -> Step:
    """Give the rejected rows of a run, each text once: where it stood last.

    A text may stand in several files; equal rows of one file are several.

    Reads  of each of the ``sources``, which have rejects, ``rejected_…``,
           ``originals_…`` and ``rejected_files_…`` (``file_no``, ``file`` and
           ``header`` of each file with rejects).
    Gives  one row per source, fingerprint and occurrence: columns of ``rejects``
           but ``reject_id`` and ``run_id``.
    """
    parts = [
        f"""
          select
              {literal(source)} as source,
              x.fingerprint,
              x.occurrence,
              x.record_key,
              x.updated_at,
              x.delivered_at,
              {file_ids} + x.file_no as file_id,
              f.file,
              x.row_number,
              o.original,
              f.header,
              x.reasons
          from {ident("rejected_" + source)} x
          join {ident("originals_" + source)} o on x.row_id = o.row_id
          join {ident("rejected_files_" + source)} f on x.file_no = f.file_no"""
        for source in sources
    ]
    none = f"""
          select {", ".join(COLUMNS)}
          from registry.rejects where false"""
    listed = "\n          union all".join(parts) or none
    return step(
        "rejects_seen",
        f"""
        with listed as ({listed}
        ),
        placed as (
          select
              *,
              row_number() over (
                partition by source, fingerprint, occurrence
                order by delivered_at desc, file_id desc, row_number
              ) as place
          from listed
        )
        select
            {comma(COLUMNS, 12)}
        from placed
        where place = 1
        """,
    )
