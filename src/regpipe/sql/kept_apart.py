"""Kept apart: what shares a key's value with a customer's records, and is another's."""

from __future__ import annotations

from regpipe.sql.keys import IDENTIFIERS, Keys, key_name, key_value
from regpipe.sql.step import Step, ident, literal, step
from regpipe.sql.ties import MOST_COMPARED, compared

DIFFERENT = "different"
"""Why two records are kept apart that a person decided on."""


def kept_apart(keys: Keys, *, any_scored: bool) -> Step:
    """Give the records that a key ties to some others, and that are not with them.

    Reads  ``decided``: the records asked about; ``members``, ``crowded``,
           ``decided_pairs``; of each key ``held_…``, ``variants_…``,
           ``pairs_…`` and ``torn_…``; with ``any_scored`` the pairs of scores.
    Gives  one row per record asked about, ``key`` and other record (null where
           there are too many to compare; then ``records`` and ``people`` count
           them): ``why``, null where only a decision or the limit is in the way.
    """
    pairs = compared(keys)
    if any_scored:
        pairs.append("""
          select a, b, 'score' as key, why from pairs_scored""")
    pairs.append(
        f"""
          select a, b, 'decision' as key, {literal(DIFFERENT)} as why
          from decided_pairs
          where decision = 'different'"""
    )
    many = [
        f"""
          select o.record_no, c.field as key, 'shared' as why, c.records, c.people
          from crowded c
          join own o on c.value = {key_value((field,), "o", keys.same_mailbox)}
          where c.field = {literal(field)}"""
        for field in IDENTIFIERS
    ] + [
        f"""
          select
              h.record_no,
              {literal(key_name(key))} as key,
              'too_many' as why,
              cast(null as bigint) as records,
              v.variants as people
          from {ident(f"held_{number}")} h
          join {ident(f"variants_{number}")} v
            on h.value = v.value and h.mark = v.mark
          where v.variants > {MOST_COMPARED}"""
        for number, key in enumerate(keys.match)
    ]
    return step(
        "kept_apart",
        f"""
        with own as (
          select m.*
          from members m
          semi join decided d
            on m.source = d.source and m.external_id = d.external_id
        ),
        pairs as ({" union all".join(pairs)}
        ),
        both_ways as (
          select a as mine, b as other, key, why from pairs
          union all
          select b as mine, a as other, key, why from pairs
        ),
        many as ({" union all".join(many)}
        )
        select distinct
            o.source,
            o.external_id,
            m.source as other_source,
            m.external_id as other_external_id,
            p.key,
            p.why,
            cast(null as bigint) as records,
            cast(null as bigint) as people
        from both_ways p
        join own o on p.mine = o.record_no
        join members m on p.other = m.record_no
        anti join own x on p.other = x.record_no
        union all
        select distinct
            o.source,
            o.external_id,
            cast(null as varchar) as other_source,
            cast(null as varchar) as other_external_id,
            c.key,
            c.why,
            c.records,
            c.people
        from many c
        join own o on c.record_no = o.record_no
        """,
    )
