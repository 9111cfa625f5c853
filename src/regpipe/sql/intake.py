"""Which rows of a delivery are new, unchanged, bad, or an older version.

The same steps serve customers (a record is a row) and orders (a record is all
rows of one order, its head the first). ``row_id`` is a row's place in the
source's delivery: the file's number and the row number in one.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from regpipe.sql.canonical import answered
from regpipe.sql.items import PARTS, no_line
from regpipe.sql.step import Step, comma, ident, literal, step

FILE_SPAN = 2**36
"""Row ids of one file lie in a span of this length: no file has more rows."""


@dataclass(frozen=True)
class CleanFile:
    """A table of cleaned rows, and what all its rows have in common.

    ``places``: for a table of several files a table that says where each of its
    rows is from, by the row's ``place``; blank for a table of one file.
    """

    table: str
    file_no: int
    first_row: int
    delivered_at: datetime
    careful: bool
    places: str = ""


@dataclass(frozen=True)
class Held:
    """Where the registry holds what a source delivered before."""

    table: str
    key: str


LIVE = """(
            h.gone_at is null
            or exists (
              select 1 from registry.deletions d
              where d.source = h.source and d.external_id = h.external_id
            )
          )"""
"""The test of a held record ``h`` that is there, or was deleted by hand: a row that
says what it said then says nothing new."""

CUSTOMERS = Held("source_records", "external_id")
ORDERS = Held("orders", "order_id")


def rows(
    source: str,
    files: Sequence[CleanFile],
    columns: Sequence[str],
    derived: Mapping[str, str],
    name: str = "rows",
    asked: Sequence[str] = (),
) -> Step:
    """Give the rows of all files of a delivery.

    Gives  one row per record: ``row_id``, ``file_no``, ``row_number``,
           ``delivered_at``, ``problem`` (null where the record fits), the
           cleaned ``columns``, ``fingerprint`` and ``unreadable``; ``derived``
           columns are what their SQL gives, with ``{email}`` for the row's e-mail.
           The fields ``asked`` for have the answers of ``answers_…``.
    """
    values, unreadable, joins = answered(source, asked)
    mail = values.get("email", "email")
    also = [f"{v.format(email=mail)} as {ident(key)}" for key, v in derived.items()]
    own = [f"{values[c]} as {ident(c)}" if c in values else ident(c) for c in columns]
    listed = comma([*own, *also], 12)
    parts = []
    for file in files:
        file_no, number = str(file.file_no), f"c.rowid + {file.first_row}"
        delivered = timestamp(file.delivered_at)
        table = f"{ident(file.table)} c"
        if file.places:
            file_no, number, delivered = "p.file_no", "p.row_number", "p.delivered_at"
            table += f"\n        join {ident(file.places)} p on c.rowid = p.place"
        if file.careful:
            number = "c.row_number"
        if joins:
            table += f"\n        {joins}"
        number = f"cast({number} as bigint)"
        problem = "nullif(problem, '')" if file.careful else "cast(null as varchar)"
        parts.append(
            f"""
        select
            {file_no} * {FILE_SPAN} + {number} as row_id,
            {file_no} as file_no,
            {number} as row_number,
            {delivered} as delivered_at,
            {problem} as problem,
            {listed},
            fingerprint,
            {unreadable} as unreadable
        from {table}"""
        )
    return step(f"{name}_{source}", "\n        union all".join(parts))


def unchanged(source: str, rows_table: str, held: Held) -> Step:
    """Give the records that the registry holds as they are.

    Gives  ``row_id``, key and ``delivered_at`` of each.
    """
    live = f"and {LIVE}" if held is CUSTOMERS else ""
    fits = "where r.problem is null" if held is CUSTOMERS else ""
    return step(
        f"unchanged_{source}",
        f"""
        select r.row_id, r.{held.key}, r.delivered_at
        from {ident(rows_table)} r
        join registry.{held.table} h
          on h.source = {literal(source)}
          and h.{held.key} = r.{held.key}
          and h.fingerprint = r.fingerprint
          {live}
        {fits}
        """,
    )


def changed(source: str, rows_table: str, without: Sequence[str]) -> Step:
    """Give the rows of a delivery that are not in any of the tables ``without``.

    Those are of rows held as they are, and of people who were erased.
    """
    antis = "\n        ".join(
        f"anti join {ident(table)} x{i} on r.row_id = x{i}.row_id"
        for i, table in enumerate(without)
    )
    return step(
        f"changed_{source}",
        f"""
        select r.*
        from {ident(rows_table)} r
        {antis}
        """,
    )


def to_judge(source: str, columns: Sequence[str]) -> Step:
    """Give the changed rows that fit their header, as validation reads them.

    A row with ``lines`` is there once for each of them, or once without any.
    """
    single = [f"r.{ident(column)}" for column in columns if column != "lines"]
    rows = f"{ident('changed_' + source)} r"
    if "lines" in columns:
        single += [f"r.line.line_{part} as line_{part}" for part in PARTS]
        rows = f"""(
          select *, unnest(coalesce(lines, [{no_line()}])) as line
          from {ident("changed_" + source)}
        ) r"""
    return step(
        f"judge_{source}",
        f"""
        select
            r.row_id as row_number,
            r.unreadable,
            {comma(single, 12)}
        from {rows}
        where r.problem is null
        """,
    )


def reasons(source: str) -> Step:
    """Give every reason why a changed row is rejected.

    Reads  ``judged_…_reasons``: what the schema holds against the rows.
    Gives  one row per ``row_id``, ``column`` and ``check``; a record that does
           not fit its header has its problem for a check and no column.
    """
    return step(f"reasons_{source}", own_reasons(source))


def own_reasons(source: str, *, several: bool = False) -> str:
    """Give the SELECT of what the schema and the header hold against rows.

    ``several`` tells that a row may have been judged more than once.
    """
    return f"""
        select {"distinct " if several else ""}row_number as row_id, "column", "check"
        from {ident(f"judged_{source}_reasons")}
        union all
        select row_id, '' as "column", problem as "check"
        from {ident("changed_" + source)}
        where problem is not null"""


def lost(
    source: str,
    rows_table: str,
    bad: str,
    held: Held,
    said: Sequence[str] = (),
    *,
    full: bool = False,
) -> Step:
    """Give the records that are not the latest version of their key.

    Records are compared by their own time, else their file's; the registry's
    version takes part unless it is in the delivery itself, in a file not older than
    that which it came with. Where deliveries are ``full`` it was in the latest of
    them, and is as late as that; a record that is gone since is no more brought back
    by a file from before. On a tie the later file knows better, then the one
    that refuses more; in the end the fingerprint decides, never the order of rows.

    Reads  ``rows_table``, ``unchanged_…`` and ``bad``: records out of the game;
           ``said`` are its columns of consent.
    Gives  ``row_id`` of each record that loses; an unchanged one may.
    """
    key = held.key
    held_at, last = "h.delivered_at", ""
    away = but = also = ""
    if full and held is CUSTOMERS:
        away = f"""away as (
          select r.row_id
          from {ident(rows_table)} r
          join registry.source_records h
            on h.source = {literal(source)} and r.{key} = h.{key}
          anti join registry.deletions d
            on h.source = d.source and h.external_id = d.external_id
          where h.gone_at > r.delivered_at
        ),
        """
        but = "\n          anti join away w on r.row_id = w.row_id"
        also = "\n        union all\n        select row_id from away"
    if full:
        held_at = "case when d.at > h.delivered_at then d.at else h.delivered_at end"
        last = f"left join ({last_delivered(source)}) d on h.source = d.source"
    refusal = " + ".join(f"rp_refusal(r.{ident(column)})" for column in said)
    return step(
        f"lost_{source}",
        f"""
        with {away}play as (
          select
              r.{key},
              r.row_id,
              coalesce(r.updated_at, r.delivered_at) as dated,
              r.delivered_at,
              {refusal or "0"} as refusal,
              r.fingerprint
          from {ident(rows_table)} r
          anti join {ident(bad)} b on r.row_id = b.row_id{but}
          where r.{key} is not null
          union all
          select
              h.{key},
              -1 as row_id,
              coalesce(h.updated_at, h.held_at) as dated,
              h.held_at as delivered_at,
              0 as refusal,
              h.fingerprint
          from (
            select h.{key}, h.updated_at, {held_at} as held_at, h.fingerprint
            from registry.{held.table} h {last}
            where h.source = {literal(source)}
              {f"and {LIVE}" if held is CUSTOMERS else ""}
          ) h
          anti join {ident("unchanged_" + source)} u
            on h.{key} = u.{key} and u.delivered_at >= h.held_at
        ),
        contested as (
          select {key} from play group by {key} having count(*) > 1
        ),
        ranked as (
          select
              p.row_id,
              row_number() over (
                partition by p.{key}
                order by
                  p.dated desc nulls last,
                  p.delivered_at desc nulls last,
                  p.refusal desc nulls last,
                  p.fingerprint,
                  p.row_id
              ) as place
          from play p
          semi join contested c on p.{key} = c.{key}
        )
        select row_id from ranked where place > 1 and row_id >= 0{also}
        """,
    )


def last_delivered(source: str) -> str:
    """Give the SELECT of the time of a source's latest files, mended rows aside."""
    return f"""
              select f.source, max(f.delivered_at) as at
              from registry.run_files f
              join registry.runs u on f.run_id = u.run_id
              where f.source = {literal(source)} and u.command = 'run'
              group by f.source"""


def accepted(source: str, without: Sequence[str]) -> Step:
    """Give the changed rows that are taken: not in any of the tables ``without``."""
    antis = "\n".join(
        f"anti join {ident(table)} x{i} on r.row_id = x{i}.row_id"
        for i, table in enumerate(without)
    )
    return step(
        f"accepted_{source}", f"select r.* from {ident('changed_' + source)} r\n{antis}"
    )


def seen(source: str, rows_table: str, held: Held) -> Step:
    """Give every key that a delivery names, rejected rows included."""
    return step(
        f"seen_{source}",
        f"select distinct {held.key} from {ident(rows_table)} "
        f"where {held.key} is not null",
    )


def all_seen(source: str, held: Held) -> Step:
    """Give every key that the registry holds: the delivery cannot say who is gone."""
    return step(
        f"seen_{source}",
        f"select {held.key} from registry.{held.table} "
        f"where source = {literal(source)}",
    )


def keyless(source: str, key: str) -> str:
    """Give the SELECT of how many rows do not tell whose they are."""
    return f"""
        select count(*) as rows
        from {ident("rows_" + source)}
        where {key} is null or problem in ('unclosed_quote', 'stray_quote')
        """


def timestamp(moment: datetime) -> str:
    """Give a moment (UTC, no zone) as a SQL literal."""
    return f"timestamp {literal(moment.isoformat(sep=' '))}"
