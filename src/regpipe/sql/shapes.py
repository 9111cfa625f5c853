"""Shapes: what the cells of a column nobody described look like."""

from __future__ import annotations

from regpipe.sql.step import ident, literal

SHAPES = (
    ("e-mail", r"[^@\s]+@[^@\s]+\.[^@\s.]+"),
    ("yes/no", r"(?i)(yes|no|true|false|y|n|ja|nej|nein|0|1|on|off)"),
    ("time 2026-12-31 23:59", r"\d{4}-\d\d-\d\d[T ]\d{1,2}:\d\d.*"),
    ("date 2026-12-31", r"\d{4}-\d\d-\d\d"),
    ("date 31.12.2026", r"\d{1,2}\.\d{1,2}\.\d{4}( \d{1,2}:\d\d(:\d\d)?)?"),
    ("date 12/31/2026", r"(0?[1-9]|1[0-2])/\d{1,2}/(\d\d){1,2}( .*)?"),
    ("date 31/12/2026", r"\d{1,2}/(0?[1-9]|1[0-2])/(\d\d){1,2}( .*)?"),
    ("phone", r"'?(\+[0-9]|0[0-9]|\([0-9]{2,4}\))[0-9 ()./-]{6,}"),
    ("whole number", r"'?-?[0-9]+"),
    ("amount 12.50", r"-?[0-9][0-9, ]*\.[0-9]+"),
    ("amount 12,50", r"-?[0-9][0-9. ]*,[0-9]+"),
    ("one word", r"\S+"),
)
"""Names of shapes and their patterns, the more particular first."""


def column_facts(table: str, column: str) -> str:
    """Give the SELECT of a column's facts.

    Gives  one row: ``filled`` and ``distinct`` (counts of cells that are not blank,
           and of their values) and ``shape_0``, ... (how many have each shape; null
           where none is filled).
    """
    shapes = ",\n            ".join(
        f"cast(sum(case when regexp_full_match(cell, {literal(pattern)}) "
        f"then 1 else 0 end) as bigint) as shape_{number}"
        for number, (_, pattern) in enumerate(SHAPES)
    )
    return f"""
        select
            count(cell) as filled,
            count(distinct cell) as "distinct",
            {shapes}
        from (select nullif(trim({ident(column)}), '') as cell from {ident(table)})
        """
