"""Erased: the rows of people who were erased, which stay out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from regpipe.sql.step import Step, comma, ident, literal, step

PERSON = ("email", "phone", "first_name", "last_name")
"""What a row may say of its person, beside the record that it is or names."""


@dataclass(frozen=True)
class Whose:
    """By what the rows of a source say whose they are.

    ``record`` is the column that holds the external_id of a record of the source
    ``of``, None where there is none; ``fields`` are those of ``PERSON`` there are. The
    rows of ``orders`` go by the order.
    """

    source: str
    rows: str
    record: str | None
    of: str | None
    fields: tuple[str, ...]
    orders: bool = False

    @property
    def columns(self) -> tuple[str, ...]:
        """Give the columns that say whose a row is."""
        return (*((self.record,) if self.record else ()), *self.fields)

    @property
    def recognised(self) -> str:
        """Give the name of the table of people, each with ``errors`` where erased."""
        return f"recognised_{self.source}"

    @property
    def known_rows(self) -> str:
        """Give the name of the table of fingerprints, with ``errors`` where erased."""
        return f"known_rows_{self.source}"

    def arriving(self, any_unchanged: bool) -> str:
        """Give the FROM clause of the rows ``r`` that are not held as they are."""
        rows = f"{ident(self.rows)} r"
        if not any_unchanged:
            return rows
        unchanged = ident("unchanged_" + self.source)
        if not self.orders:
            return f"{rows}\n        anti join {unchanged} u on r.row_id = u.row_id"
        return f"""{rows}
        anti join (
          select h.file_no, h.order_id
          from {ident("heads_" + self.source)} h
          semi join {unchanged} u on h.row_id = u.row_id
        ) s
          on r.file_no = s.file_no and r.order_id = s.order_id"""


def whose(
    source: str,
    rows: str,
    fields: Sequence[str],
    record: str | None,
    of: str | None,
    *,
    orders: bool = False,
) -> Whose:
    """Say by what rows with these ``fields`` tell whose they are."""
    known = tuple(field for field in PERSON if field in fields)
    return Whose(source, rows, record if of else None, of, known, orders)


def people(about: Whose, *, any_unchanged: bool) -> str:
    """Give the SELECT of whose the rows are that are not held as they are.

    Gives  one row per person as the rows spell them: ``source`` (that of the record),
           and the columns that say whose a row is.
    """
    of = literal(about.of) if about.of else "cast(null as varchar)"
    return f"""
        select distinct
            {of} as source,
            {comma((f"r.{ident(column)}" for column in about.columns), 12)}
        from {about.arriving(any_unchanged)}"""


def fingerprints(about: Whose, *, any_unchanged: bool) -> str:
    """Give the SELECT of the fingerprints of the rows that are not held as they are."""
    return f"""
        select distinct r.fingerprint
        from {about.arriving(any_unchanged)}"""


def erased(
    about: Whose,
    *,
    any_unchanged: bool,
    hashed: bool,
    said: bool,
    rows: bool = False,
) -> Step:
    """Give the rows of people who were erased: they stay out.

    Reads  the rows that are not held as they are; with ``hashed`` ``recognised_…``,
           with ``rows`` ``known_rows_…``; with ``said`` the suppressions whose reason
           is 'erased', which feeds state.
    Gives  one row per ``row_id``; of orders all rows of the order.
    """
    arriving = about.arriving(any_unchanged)
    parts = []
    if said:
        held = "(select address from registry.suppressions where reason = 'erased')"
        tests = [f"r.{f} in {held}" for f in ("email", "phone") if f in about.fields]
        if tests:
            parts.append(f"""
        select r.row_id
        from {arriving}
        where {" or ".join(tests)}""")
    if hashed and about.columns:
        same = " and ".join(
            f"r.{ident(c)} is not distinct from m.{ident(c)}" for c in about.columns
        )
        hits = f"""{arriving}
        semi join (
          select * from {ident(about.recognised)} where errors is not null
        ) m
          on {same}"""
        parts.append(_whole_orders(about, hits) if about.orders else _rows(hits))
    if rows:
        hits = f"""{arriving}
        semi join (
          select fingerprint from {ident(about.known_rows)} where errors is not null
        ) m
          on r.fingerprint = m.fingerprint"""
        parts.append(_whole_orders(about, hits) if about.orders else _rows(hits))
    nobody = f"select r.row_id from {ident(about.rows)} r where false"
    return step(
        f"erased_{about.source}", "\n        union".join(parts).strip() or nobody
    )


def _rows(hits: str) -> str:
    return f"""
        select r.row_id
        from {hits}"""


def _whole_orders(about: Whose, hits: str) -> str:
    return f"""
        select r.row_id
        from {hits}
        where r.order_id is null
        union
        select o.row_id
        from {ident(about.rows)} o
        semi join (
        select r.file_no, r.order_id
        from {hits}
        ) x
          on o.file_no = x.file_no and o.order_id = x.order_id"""
