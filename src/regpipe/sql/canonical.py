"""Canonical values: one spelling for what means the same, and what is asked for it.

SQL gives the form of the common spellings. Of the others it leaves a null and, in a
column ``…_asked``, a question: what is asked, of which country, and the text. Each
question is asked once, of ``stages.canonical``, and its answer joined to the rows.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from regpipe.fields import FieldType
from regpipe.sql.step import Step, ident, literal, step

WRITTEN = (
    *("email", "phone", "full_name", "postcode", "country"),
    *("vat_id", "org_number"),
)
"""Fields whose text as it is in the file stays beside their value."""

ASKED = (FieldType.EMAIL, FieldType.PHONE)
"""The types of field that SQL leaves questions of."""


FITTED = (FieldType.PHONE, FieldType.POSTCODE)
"""The types of field that are read by the country of their row."""


def sure_email(text: str) -> str:
    """Give the SQL of an e-mail address; null where its domain is to be asked for."""
    return (
        f"case when rp_plain_email({text}) then lower({text}) "
        f"when not rp_foreign_domain({text}) then rp_email({text}) end"
    )


@dataclass(frozen=True)
class Fitted:
    """How a phone or postcode is read by the country of its row, step by step.

    ``signs`` are worked out beside the country, ``by_country`` with it, and
    ``value`` from both.
    """

    signs: str
    by_country: str
    value: str


def fitted(
    field: str, kind: FieldType, region: str | None, fields: Collection[str]
) -> Fitted:
    """Give how a phone or postcode is read.

    By the country of its row, where ``fields`` have one, else, for phones, by
    ``region``.
    """
    text, signs = ident("t_" + field), ident("s_" + field)
    if kind is FieldType.PHONE:
        other = literal(region) if region else "cast(null as varchar)"
        whose = f"coalesce(rp_region(country), {other})"
        read = ident("g_" + field)
        return Fitted(
            f"rp_dial({text}) as {signs}",
            f"{whose if 'country' in fields else other} as {read}",
            f"rp_phone({signs}, {read}) as {ident(field)}",
        )
    own = "shipping_country" if field.startswith("shipping_") else "country"
    named = [name for name in (own, "country") if name in fields]
    whose = ident(named[0]) if named else "cast(null as varchar)"
    read = ident("b_" + field)
    return Fitted(
        f"rp_post_signs({text}) as {signs}",
        f"rp_post_body({signs}, {whose}) as {read}",
        f"rp_postcode({text}, {read}, {whose}) as {ident(field)}",
    )


def question(field: str, kind: FieldType) -> str:
    """Give the SQL of what is asked for a value that SQL is not sure of, else null."""
    text, value = ident("t_" + field), ident(field)
    if kind is FieldType.EMAIL:
        said = f"'email::' || rp_email({text})"
    else:
        said = f"'phone:' || coalesce({ident('g_' + field)}, '') || ':' || {text}"
    return f"case when {value} is null and {text} is not null then {said} end"


def written(field: str) -> str:
    """Give the SQL of a field's text where its value reads otherwise, else null."""
    text = ident("t_" + field)
    value = ident(field)
    if field == "full_name":
        value = "concat_ws(' ', first_name, last_name)"
    return f"case when {text} is distinct from {value} then {text} end"


def asked(source: str, tables: Sequence[str], fields: Sequence[str]) -> Step:
    """Give every question of a source's cleaned rows, each once.

    Reads  ``tables``: cleaned rows with ``…_asked`` of each of ``fields``.
    Gives  one row per ``question``.
    """
    parts = [
        f"""
        select distinct {ident(field + "_asked")} as question
        from {ident(table)}
        where {ident(field + "_asked")} is not null"""
        for table in tables
        for field in fields
    ]
    return step(f"asked_{source}", "\n        union".join(parts))


def answers_table(source: str) -> str:
    """Give the name of the table of answers: ``question``, ``answer`` (or null)."""
    return f"answers_{source}"


def answered(source: str, fields: Sequence[str]) -> tuple[dict[str, str], str, str]:
    """Give the SQL that puts the answers of a source into its rows ``c``.

    The values of the ``fields`` that were asked for, what ``unreadable`` becomes
    (a phone without an answer is), and the joins.
    """
    values, joins, unreadable = {}, [], "c.unreadable"
    for field in fields:
        answer, question = ident("a_" + field), f"c.{ident(field + '_asked')}"
        values[field] = f"coalesce(c.{ident(field)}, {answer}.answer)"
        joins.append(
            f"left join {ident(answers_table(source))} {answer}"
            f" on {question} = {answer}.question"
        )
        unreadable = (
            f"case when {question} is not null and {answer}.answer is null "
            f"then rp_also({unreadable}, {literal(field)}) else {unreadable} end"
        )
    return values, unreadable, "\n        ".join(joins)
