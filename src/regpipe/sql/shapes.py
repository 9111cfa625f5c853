"""Shapes: what the cells of a column nobody described look like."""

from __future__ import annotations

from collections.abc import Sequence

from regpipe.sql.step import comma, ident, literal

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


def column_facts(table: str, columns: Sequence[str]) -> str:
    """Give the SELECT of the facts of columns, all in one scan.

    Gives  one row: for each column by its place ``filled_0``, ``distinct_0`` (counts of
           cells that are not blank, and of their values) and ``shape_0_0``, ... (how
           many have each shape; null where none is filled).
    """
    facts, cells = [], []
    for place, column in enumerate(columns):
        cell = f"cell_{place}"
        cells.append(f"{_cell(column)} as {cell}")
        facts.append(f"count({cell}) as filled_{place}")
        facts.append(f"count(distinct {cell}) as distinct_{place}")
        facts += [
            f"cast(sum(case when regexp_full_match({cell}, {literal(pattern)}) "
            f"then 1 else 0 end) as bigint) as shape_{place}_{number}"
            for number, (_, pattern) in enumerate(SHAPES)
        ]
    return f"""
        select
            {comma(facts, 12)}
        from (select {comma(cells, 12)} from {ident(table)})
        """


def shared(table: str, columns: Sequence[str], fold: str) -> str:
    """Give the SELECT of how many rows have the values of another in ``columns``.

    ``fold`` says what makes two cells one value: ``lower`` (case makes no
    difference), ``digits`` (nothing but digits counts) or ``same``.

    Gives  one row with ``rows``; a row that is blank in all columns counts nowhere.
    """
    folded = {
        "lower": "lower({})",
        "digits": "nullif(regexp_replace({}, '[^0-9]', '', 'g'), '')",
        "same": "{}",
    }[fold]
    keys = [
        f"{folded.format(_cell(column))} as key_{place}"
        for place, column in enumerate(columns)
    ]
    names = [f"key_{place}" for place, _ in enumerate(columns)]
    return f"""
        select cast(coalesce(sum(times), 0) as bigint) as rows
        from (
          select count(*) as times
          from (select {comma(keys, 12)} from {ident(table)})
          where {" or ".join(f"{name} is not null" for name in names)}
          group by {", ".join(names)}
          having count(*) > 1
        )
        """


def commonest(table: str, column: str, number: int) -> str:
    """Give the SELECT of the values that most rows have in a column, at most so many.

    Gives  one row per ``cell``, the most frequent first.
    """
    return f"""
        select cell
        from (select {_cell(column)} as cell from {ident(table)})
        where cell is not null
        group by cell
        order by count(*) desc, cell
        limit {number}
        """


def _cell(column: str) -> str:
    return f"nullif(trim({ident(column)}), '')"
