"""Standing: what every record says of a field, ranked as golden records are chosen."""

from __future__ import annotations

from collections.abc import Mapping

from regpipe.sql.golden import (
    FIELDS,
    KIND_RANK,
    NEWEST,
    PRESENT,
    Survival,
    counted_in,
    ranked,
    source_rank,
    weight_of,
)
from regpipe.sql.step import Step, comma, ident, step


def present_of(customer_id: int, *, gone: bool = False) -> Step:
    """Give the held records that one customer's golden record is computed from.

    Gives  columns as ``present``; with ``gone`` the other records of the customer.
    """
    there = "is not null" if gone else "is null"
    return step(
        "present",
        f"""
        select
            customer_id,
            {comma(map(ident, PRESENT), 12)}
        from registry.source_records
        where customer_id = {customer_id} and gone_at {there}
        """,
    )


def standing(rules: Mapping[str, Survival]) -> Step:
    """Give what every record says of each field, and how the rules rank that.

    Reads  ``present``.
    Gives  one row per record: customer_id, source, external_id; each field of
           FIELDS as the record has it; ``rank_…`` of each: 1 for the record whose
           value ``golden`` chooses, null where the record has none; ``groups``
           and ``rank_groups`` likewise.
    """
    said = comma(
        (f"{f},\n            {_rank(f, rules[f])}" for f in (*FIELDS, "groups")), 12
    )
    counted = counted_in(rules)
    return step(
        "standing",
        f"""
        with {ranked(rules, also=("external_id", "groups"))}
        ){counted}
        select
            customer_id,
            source,
            external_id,
            {said}
        from {"counted" if counted else "ranked"}
        """,
    )


def _rank(field: str, how: Survival) -> str:
    """Give the place of a record in the choice of a field, the chosen one first."""
    match how.rule:
        case _ if field == "kind":
            order = f"{KIND_RANK}, "
        case "min" | "all":
            order = f"{field} nulls last, "
        case "max" | "any":
            order = f"{field} desc nulls last, "
        case "sources" if field == "groups":
            order = f"{source_rank(how.sources)}, "
        case "union" | "newest" if field == "groups":
            order = ""
        case _:
            weight = weight_of(field, how)
            order = f"{weight} desc nulls last, " if weight != NEWEST else ""
    return f"""case when {field} is not null then row_number() over (
              partition by customer_id, {field} is null
              order by {order}place desc
            ) end as {ident(f"rank_{field}")}"""
