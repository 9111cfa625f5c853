"""VAT ids and organisation numbers of records, and what is asked for them."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from regpipe.sql.step import Step, ident, literal, step

NUMBERS = {"vat_id": "vat_key", "org_number": "org_key"}
"""The fields, each with the column of its match key."""

ANSWERS = "answers_tax_numbers"
"""The table of answers: ``question``, ``number`` (as it is stored), ``key``."""


def numbers_asked(tables: Sequence[tuple[str, Collection[str]]]) -> Step:
    """Give every question on the numbers of rows, each once.

    Reads  ``tables`` of rows, each with the fields it has.
    Gives  one row per ``question``: the field, the country of the row, the number.
    """
    parts = [
        f"""
        select distinct {_question(field, fields)} as question
        from {ident(table)}
        where {field} is not null"""
        for table, fields in tables
        for field in NUMBERS
        if field in fields
    ]
    return step("asked_tax_numbers", "\n        union".join(parts))


def join_of_numbers(field: str, fields: Collection[str]) -> str:
    """Give the join of the answers on a field of a row, as ``a_<field>``."""
    asked = _question(field, fields)
    return f"left join {ANSWERS} a_{field} on {asked} = a_{field}.question"


def _question(field: str, fields: Collection[str]) -> str:
    country = "coalesce(rp_region(country), '')" if "country" in fields else "''"
    said = f"{literal(field + ':')} || {country} || ':' || {field}"
    return f"case when {field} is not null then {said} end"
