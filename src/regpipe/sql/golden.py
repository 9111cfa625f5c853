"""Golden records: what is known of a customer, computed from its records."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from regpipe.sql.step import Step, comma, ident, literal, step

ADDRESS = ("street", "street2", "postcode", "city", "region", "country")
FIELDS = (
    *("kind", "email", "phone", "first_name", "last_name", "company", "vat_id"),
    *("org_number", "birth_date", "language", "tax_exempt", "note"),
    *("created_at", "updated_at", "billing", "shipping"),
)
"""What survivorship decides on, one by one; an address is decided as a whole."""

CUSTOMER_COLUMNS = (
    *("customer_id", "kind", "email", "phone", "first_name", "last_name", "full_name"),
    *("company", "vat_id", "org_number", "birth_date", "language", "tax_exempt"),
    *("note", "created_at", "updated_at"),
)
ADDRESS_COLUMNS = ("customer_id", "kind", "name", *ADDRESS)

PRESENT = (
    *("source", "external_id", "kind", "email", "phone", "first_name"),
    *("last_name", "company", "vat_id", "org_number", "birth_date", "language"),
    *("tax_exempt", "note", *ADDRESS, "shipping_name"),
    *(f"shipping_{name}" for name in ADDRESS),
    *("groups", "created_at", "updated_at"),
)


@dataclass(frozen=True)
class Survival:
    """How one field's value is chosen: a rule, and sources in order for ``sources``."""

    rule: str
    sources: tuple[str, ...] = ()


def present(*, fresh: bool) -> Step:
    """Give the records that golden records are computed from.

    Reads  ``records_new``, ``stored``, ``identified``.
    Gives  one row per record of a touched customer that is not gone, with its
           ``customer_id`` as it will be.
    """
    kept = (
        ""
        if fresh
        else f"""
        union all
        select
            n.customer_id,
            {comma((f"s.{ident(c)}" for c in PRESENT), 12)}
        from stored s
        join identified n
          on n.origin is null
          and s.source = n.source
          and s.external_id = n.external_id
        where s.gone_at is null"""
    )
    return step(
        "present",
        f"""
        select
            r.customer_id,
            {comma((f"r.{ident(c)}" for c in PRESENT), 12)}
        from records_new r
        where r.customer_id is not null{kept}
        """,
    )


def several() -> Step:
    """Give the customers that have more than one record."""
    return step(
        "several",
        """
        select customer_id
        from present
        group by customer_id
        having count(*) > 1
        """,
    )


def golden(rules: Mapping[str, Survival]) -> Step:
    """Give the golden record of each touched customer, by its survivorship rules.

    Reads  ``present``, ``several``.
    Gives  one row per customer: the golden fields; ``billing`` and
           ``shipping``: whole addresses, null where no record has one.
    """
    single = comma((f"{_value(f)} as {f}" for f in FIELDS), 12)
    merged = comma((f"{_merged(f, rules[f])} as {f}" for f in FIELDS), 12)
    counted = counted_in(rules)
    several = "\n          semi join several s on p.customer_id = s.customer_id"
    return step(
        "golden",
        f"""
        with {ranked(rules)}{several}
        ){counted}
        select
            p.customer_id,
            {single}
        from present p
        anti join several s on p.customer_id = s.customer_id
        union all
        select
            customer_id,
            {merged}
        from {"counted" if counted else "ranked"}
        group by customer_id
        """,
    )


def overridden(types: Mapping[str, str]) -> Step:
    """Give the golden records with what people set by hand on top.

    Reads  ``golden``, ``overrides_in_force``. ``types`` are the SQL types of
           the fields that can be set.
    """
    picks = comma(
        (
            f"max(value) filter (where field = {literal(f)}) as {ident(f)},\n"
            f"              bool_or(field = {literal(f)}) as {ident('set_' + f)}"
            for f in types
        ),
        14,
    )
    items = comma(
        (
            f"case when o.{ident('set_' + f)} then "
            f"try_cast(o.{ident(f)} as {types[f]}) else g.{f} end as {f}"
            if f in types
            else f"g.{f}"
            for f in FIELDS
        ),
        12,
    )
    return step(
        "golden_by_hand",
        f"""
        with by_hand as (
          select
              customer_id,
              {picks}
          from overrides_in_force
          group by customer_id
        )
        select
            g.customer_id,
            {items}
        from golden g
        left join by_hand o on g.customer_id = o.customer_id
        """,
    )


def customers(table: str) -> Step:
    """Give the rows of ``customers`` for the touched ones."""
    items = []
    for column in CUSTOMER_COLUMNS:
        if column == "full_name":
            name = "nullif(concat_ws(' ', first_name, last_name), '')"
            items.append(f"{name} as full_name")
        else:
            items.append(column)
    return step("customers_now", f"select\n    {comma(items)}\nfrom {ident(table)}")


def addresses(table: str) -> Step:
    """Give the rows of ``addresses`` for the touched customers."""
    parts = []
    for kind in ("billing", "shipping"):
        name = "shipping.name" if kind == "shipping" else "cast(null as varchar)"
        columns = comma((f"{kind}.{c} as {c}" for c in ADDRESS), 4)
        parts.append(
            f"""select
    customer_id,
    {literal(kind)} as kind,
    {name} as name,
    {columns}
from {ident(table)}
where {kind} is not null"""
        )
    return step("addresses_now", "\nunion all\n".join(parts))


def _value(field: str) -> str:
    """Give a golden field as one record states it."""
    if field == "billing":
        parts = ", ".join(f"'{c}': {c}" for c in ADDRESS)
        return (
            f"case when coalesce({', '.join(ADDRESS)}) is not null then {{{parts}}} end"
        )
    if field == "shipping":
        columns = [f"shipping_{c}" for c in ("name", *ADDRESS)]
        parts = ", ".join(f"'{c.removeprefix('shipping_')}': {c}" for c in columns)
        return (
            f"case when coalesce({', '.join(columns)}) is not null then {{{parts}}} end"
        )
    return field


def ranked(rules: Mapping[str, Survival], also: Sequence[str] = ()) -> str:
    """Give the CTE of a customer's records, still open at its end.

    ``place`` orders them by their own time: the newest comes last.
    """
    values = comma((f"{_value(f)} as {f}" for f in FIELDS), 14)
    more = "".join(f"\n              p.{ident(c)}," for c in also)
    return f"""ranked as (
          select
              p.customer_id,
              p.source,{more}
              {values},
              row_number() over (
                partition by p.customer_id
                order by p.updated_at nulls first, p.source, p.external_id
              ) as place{_source_order(rules)}
          from present p"""


NEWEST = "place"
KIND_RANK = "case kind when 'registered' then 1 when 'subscriber' then 2 else 3 end"


def _merged(field: str, how: Survival) -> str:
    """Give the aggregate that chooses among the records of one customer."""
    if field == "kind":
        return f"arg_min(kind, {KIND_RANK})"
    match how.rule:
        case "min" | "max":
            return f"{how.rule}({field})"
        case "any":
            return f"bool_or({field})"
        case "all":
            return f"bool_and({field})"
    return (
        f"arg_max({field}, {weight_of(field, how)}) filter (where {field} is not null)"
    )


def weight_of(field: str, how: Survival) -> str:
    """Give what a record's value of a field weighs: the heaviest is chosen."""
    match how.rule:
        case "longest":
            weight = f"length({field})"
        case "most_common":
            weight = ident(f"times_{field}")
        case "sources":
            weight = f"- {ident(f'order_{field}')}"
        case _ if field in ("billing", "shipping"):
            weight = f"(case when {field}.street is null then 0 else 1 end)"
        case _:
            weight = ""
    return f"{weight} * 1000000 + {NEWEST}" if weight else NEWEST


def counted_in(rules: Mapping[str, Survival]) -> str:
    """Give the CTE that counts equal values, where a rule needs it."""
    fields = [f for f in FIELDS if rules[f].rule == "most_common" and f != "kind"]
    if not fields:
        return ""
    counts = comma(
        (
            f"count({f}) over (partition by customer_id, {f}) as {ident('times_' + f)}"
            for f in fields
        ),
        14,
    )
    return f""",
        counted as (
          select
              *,
              {counts}
          from ranked
        )"""


def _source_order(rules: Mapping[str, Survival]) -> str:
    """Give the rank of a record's source for each field with ordered sources."""
    return "".join(
        f",\n              {source_rank(rules[f].sources)} as {ident('order_' + f)}"
        for f in FIELDS
        if rules[f].rule == "sources"
    )


def source_rank(sources: Sequence[str]) -> str:
    """Give the SQL of a record's place in an order of sources, from 0."""
    if not sources:
        return "0"
    whens = " ".join(
        f"when {literal(source)} then {place}" for place, source in enumerate(sources)
    )
    return f"case source {whens} else {len(sources)} end"
