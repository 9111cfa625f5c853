"""Ties: which records agree on a match key, and whether that makes them one person.

Under one value of a key stand *variants*: records that say the same of their
person (names, date of birth, numbers). Variants are compared in pairs; records of
one variant need not be.
"""

from __future__ import annotations

from regpipe.sql.against import against
from regpipe.sql.keys import (
    IDENTIFIERS,
    PERSON,
    Guard,
    Keys,
    key_column,
    key_name,
    key_value,
)
from regpipe.sql.step import Step, comma, ident, literal, step

MOST_COMPARED = 50
"""A value of a key under which more variants stand tells nobody apart: every pair of
them would have to be compared, and one of ten thousand would be fifty million."""

BY_HAND = -1
"""The key number of an edge that a person decided: it comes before every key."""

SCORED = 1_000
"""The key number of an edge that a score makes: it comes after every key."""


def crowded(keys: Keys) -> Step:
    """Give the e-mails and phones that more people hold than one may be.

    Gives  one row per ``field`` and ``value``: how many ``records`` and how many
           names (``people``) hold it.
    """
    name = "concat_ws('|', m.first_key, m.last_key)"
    parts = []
    for field in IDENTIFIERS:
        column = key_column((field,))
        mine = key_value((field,), "m", keys.same_mailbox)
        parts.append(
            f"""
        select
            {literal(field)} as field,
            {mine} as value,
            count(*) as records,
            count(distinct {name}) as people
        from members m
        semi join (
          select {column}
          from members
          where {column} is not null
          group by {column}
          having count(*) > {keys.shared_above}
        ) often
          on m.{column} = often.{column}
        group by {mine}
        having count(distinct {name}) > {keys.shared_above}"""
        )
    return step("crowded", "\n        union all".join(parts))


def held(keys: Keys, number: int, any_crowded: bool) -> Step:
    """Give the records that share a value of one key.

    Who may is told by the numbers of the values, who does by the values.

    Gives  one row per record: ``record_no``; ``value``, for which the least of its
           records stands; ``mark`` (what the record says of its person) and
           ``plain``: whether all records of the value say the same.
    """
    key = keys.match[number]
    column = key_column(key)
    conditions = ["true"]
    if any_crowded:
        conditions = [
            f"{key_value((field,), same_mailbox=keys.same_mailbox)} not in "
            f"(select value from crowded where field = {literal(field)})"
            for field in IDENTIFIERS
            if field in key
        ] or conditions
    return step(
        f"held_{number}",
        f"""
        with often as (
          select {column}
          from members
          where {column} is not null
          group by {column}
          having count(*) > 1
        ),
        valued as (
          select
              m.record_no,
              {key_value(key, "m", keys.same_mailbox)} as value,
              m.mark
          from members m
          semi join often o on m.{column} = o.{column}
          where {" and ".join(conditions)}
        ),
        shared as (
          select
              value,
              min(record_no) as least,
              min(mark) = max(mark) as plain
          from valued
          group by value
          having count(*) > 1
        )
        select
            v.record_no,
            s.least as value,
            v.mark,
            s.plain
        from valued v
        join shared s on v.value = s.value
        """,
    )


def variants(number: int) -> Step:
    """Give what the records under each value of a key say, where they differ.

    Gives  one row per ``value`` and ``mark``: ``hub`` (the least record that says
           so), ``variants`` (how many the value has), what it says, and ``email``:
           that of its records, null where they have several.
    """
    said = comma((f"m.{ident(column)}" for column in PERSON), 12)
    return step(
        f"variants_{number}",
        f"""
        with said as (
          select
              h.value,
              h.mark,
              min(h.record_no) as hub,
              case when min(m.email) = max(m.email) then min(m.email) end as email
          from {ident(f"held_{number}")} h
          join members m on h.record_no = m.record_no
          where not h.plain
          group by h.value, h.mark
        ),
        counted as (
          select value, count(*) as variants
          from said
          group by value
        )
        select
            s.value,
            s.mark,
            s.hub,
            c.variants,
            s.email,
            {said}
        from said s
        join counted c on s.value = c.value
        join members m on s.hub = m.record_no
        """,
    )


def nothing_compared(number: int) -> tuple[Step, ...]:
    """Give no variants, no pairs and nobody torn, where no value of a key is shared.

    Reads  ``held_…``, which is empty.
    """
    no_text = "cast(null as varchar)"
    columns = {
        "variants": "value, mark, record_no as hub, cast(null as bigint) as variants",
        "pairs": f"value, record_no as a, record_no as b, {no_text} as why",
        "torn": "record_no as hub",
    }
    held_n = ident(f"held_{number}")
    return tuple(
        step(f"{name}_{number}", f"select {listed} from {held_n}")
        for name, listed in columns.items()
    )


def pairs(keys: Keys, number: int) -> Step:
    """Give the pairs of variants under one value, and what speaks against each.

    Reads  ``variants_…``.
    Gives  one row per pair ``a``, ``b`` of record numbers, a < b: ``value`` and
           ``why`` they are not one person, null where they may be.
    """
    table = ident(f"variants_{number}")
    return step(
        f"pairs_{number}",
        f"""
        select
            x.value,
            x.hub as a,
            y.hub as b,
            {against("x", "y", keys.guard(keys.match[number]))} as why
        from {table} x
        join {table} y on x.value = y.value and x.hub < y.hub
        where x.variants <= {MOST_COMPARED}
        """,
    )


def torn(number: int) -> Step:
    """Give the variants that fit two others which do not fit each other."""
    table = ident(f"pairs_{number}")
    return step(
        f"torn_{number}",
        f"""
        with fitting as (
          select value, a, b from {table} where why is null
          union all
          select value, b as a, a as b from {table} where why is null
        )
        select distinct p.a as hub
        from fitting p
        join fitting q on p.value = q.value and p.a = q.a and p.b < q.b
        anti join fitting r on p.value = r.value and p.b = r.a and q.b = r.b
        """,
    )


def compared(keys: Keys, otherwise: str = "") -> list[str]:
    """Give the SELECTs of the pairs that each key compared, and why each was stopped.

    Reads  of each key ``pairs_…`` and ``torn_…``.
    Gives  one per key: a row per pair ``a``, ``b`` of record numbers: ``key``, ``why``,
           which of a pair that nothing stopped is ``otherwise``, or else null.
    """
    rest = f"\n                else {literal(otherwise)}" if otherwise else ""
    return [
        f"""
          select
              a,
              b,
              {literal(key_name(key))} as key,
              case
                when why is not null then why
                when a in (select hub from {ident(f"torn_{number}")})
                  or b in (select hub from {ident(f"torn_{number}")}) then 'torn'{rest}
              end as why
          from {ident(f"pairs_{number}")}"""
        for number, key in enumerate(keys.match)
    ]


def pairs_scored(accept_above: float) -> Step:
    """Give the pairs that a model finds likely enough, unless something is against it.

    Reads  ``scores_in_force``, ``members``.
    Gives  one row per pair ``a``, ``b`` of record numbers, and ``why`` they are not one
           person, null where they may be.
    """
    return step(
        "pairs_scored",
        f"""
        select
            m.record_no as a,
            n.record_no as b,
            {against("m", "n", Guard.SCORED)} as why
        from scores_in_force s
        join members m
          on s.source_a = m.source and s.external_id_a = m.external_id
        join members n
          on s.source_b = n.source and s.external_id_b = n.external_id
        where s.score >= {accept_above!r}
        """,
    )


def edges(keys: Keys, *, any_scored: bool) -> Step:
    """Give the pairs of records that are one person by a decision, a key or a score.

    Reads  ``decided_pairs``; of each key ``held_…``, ``variants_…``, ``pairs_…``
           and ``torn_…``; with ``any_scored`` the pairs of scores.
    Gives  one row per pair ``a``, ``b`` (record numbers) and ``key_no``: the key's
           place, BY_HAND for a decision, SCORED for a score.
    """
    parts = [
        f"""
        select a, b, {BY_HAND} as key_no
        from decided_pairs
        where decision = 'same'"""
    ]
    for number in range(len(keys.match)):
        held_n, variants_n, pairs_n, torn_n = (
            ident(f"{name}_{number}") for name in ("held", "variants", "pairs", "torn")
        )
        parts.append(
            f"""
        select record_no as a, value as b, {number} as key_no
        from {held_n}
        where plain and record_no <> value
        union all
        select h.record_no as a, v.hub as b, {number} as key_no
        from {held_n} h
        join {variants_n} v on h.value = v.value and h.mark = v.mark
        where h.record_no <> v.hub and v.variants <= {MOST_COMPARED}
        union all
        select a, b, {number} as key_no
        from {pairs_n}
        where why is null
          and a not in (select hub from {torn_n})
          and b not in (select hub from {torn_n})"""
        )
    if any_scored:
        parts.append(
            f"""
        select a, b, {SCORED} as key_no
        from pairs_scored
        where why is null"""
        )
    return step("edges", "\n        union all".join(parts))
