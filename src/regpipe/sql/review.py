"""Review: what the keys, the guard and the limits left for a person to decide.

Open questions are worked out anew for every record that a run touches, so that they
depend on who is together now and not on how that came about.
"""

from __future__ import annotations

from regpipe.sql.keys import IDENTIFIERS, Keys, key_name, key_value
from regpipe.sql.step import Step, comma, ident, literal, step
from regpipe.sql.ties import MOST_COMPARED

COLUMNS = (
    *("kind", "subject", "source_a", "external_id_a", "source_b", "external_id_b"),
    *("reasons", "value", "records", "people", "score", "model"),
)


def crowds(keys: Keys) -> Step:
    """Give the values of keys that too many hold, as questions.

    Reads  ``crowded``, ``members``; of each key ``held_…`` and ``variants_…``.
    Gives  one row per key and value: ``key``, ``value``, ``first_no`` (the first
           record of it), ``records``, ``people``, ``why``.
    """
    shared = [
        f"""
        select
            {literal(field)} as key,
            c.value,
            min(m.record_no) as first_no,
            c.records,
            c.people,
            'shared' as why
        from crowded c
        join members m on c.value = {key_value((field,), "m", keys.same_mailbox)}
        where c.field = {literal(field)}
        group by c.value, c.records, c.people"""
        for field in IDENTIFIERS
    ]
    compared = [
        f"""
        select
            {literal(key_name(key))} as key,
            v.value,
            min(h.hub) as first_no,
            count(*) as records,
            v.variants as people,
            'too_many' as why
        from {ident(f"held_{number}")} h
        join (
          select distinct value, variants
          from {ident(f"variants_{number}")}
          where variants > {MOST_COMPARED}
        ) v
          on h.value = v.value
        group by v.value, v.variants"""
        for number, key in enumerate(keys.match)
    ]
    return step("crowds", "\n        union all".join([*shared, *compared]))


def review_now() -> Step:
    """Give the questions that are open about what this run touches.

    Reads  ``doubts``, ``doubted``, ``parted``, ``crowds``, ``held_back``, ``members``,
           ``dismissals_in_force``.
    Gives  one row per ``kind`` and ``subject``, every column of ``review_items`` but
           ``review_id`` and ``run_id``.
    """
    return step(
        "review_now",
        """
        with apart as (
          select
              case when x.first < y.first then x.first else y.first end as a,
              case when x.first < y.first then y.first else x.first end as b,
              d.reasons,
              x.records + y.records as records,
              d.score,
              d.model
          from doubts d
          join doubted x on d.customer_a = x.customer_id
          join doubted y on d.customer_b = y.customer_id
          anti join parted p
            on d.customer_a = p.customer_a and d.customer_b = p.customer_b
        ),
        large as (
          select
              cluster,
              count(*) as records
          from held_back
          group by cluster
        ),
        found as (
          select
              'pair' as kind,
              rp_key([a.source, a.external_id, b.source, b.external_id]) as subject,
              a.source as source_a,
              a.external_id as external_id_a,
              b.source as source_b,
              b.external_id as external_id_b,
              reasons,
              cast(null as varchar) as value,
              records,
              cast(null as bigint) as people,
              score,
              model
          from apart
          union all
          select
              'crowded' as kind,
              rp_key([c.key, c.value]) as subject,
              m.source as source_a,
              m.external_id as external_id_a,
              cast(null as varchar) as source_b,
              cast(null as varchar) as external_id_b,
              [{'key': c.key, 'why': c.why}] as reasons,
              c.value,
              c.records,
              c.people,
              cast(null as double) as score,
              cast(null as varchar) as model
          from crowds c
          join members m on c.first_no = m.record_no
          union all
          select
              'large' as kind,
              rp_key([m.source, m.external_id]) as subject,
              m.source as source_a,
              m.external_id as external_id_a,
              cast(null as varchar) as source_b,
              cast(null as varchar) as external_id_b,
              [{'key': 'cluster', 'why': 'too_large'}] as reasons,
              cast(null as varchar) as value,
              l.records,
              cast(null as bigint) as people,
              cast(null as double) as score,
              cast(null as varchar) as model
          from large l
          join members m on l.cluster = m.record_no
        )
        select f.*
        from found f
        anti join dismissals_in_force d on f.kind = d.kind and f.subject = d.subject
        """,
    )


def review_touched() -> Step:
    """Give the open questions about records that this run looks at.

    Reads  ``frontier``: the records that a change may touch, held ones as they were.
    """
    return step(
        "review_touched",
        """
        select r.*
        from registry.review_items r
        semi join (
          select r.review_id
          from registry.review_items r
          semi join frontier f
            on r.source_a = f.source and r.external_id_a = f.external_id
          union
          select r.review_id
          from registry.review_items r
          semi join frontier f
            on r.source_b = f.source and r.external_id_b = f.external_id
        ) t
          on r.review_id = t.review_id
        """,
    )


def review_new(last_review: int) -> Step:
    """Give the rows that come to ``review_items``: new questions, changed ones.

    A question keeps its number while it is open. ``last_review`` is the last number
    given.
    """
    own = comma((f"n.{ident(column)}" for column in COLUMNS), 12)
    changed = "".join(
        f"\n          or n.{ident(c)} is distinct from t.{ident(c)}"
        for c in COLUMNS[2:]
    )
    return step(
        "review_items_new",
        f"""
        with coming as (
          select
              t.review_id as held_id,
              n.*
          from review_now n
          left join review_touched t on n.kind = t.kind and n.subject = t.subject
          where t.review_id is null{changed}
        )
        select
            coalesce(
              n.held_id,
              {last_review} + row_number() over (
                partition by n.held_id is null order by n.kind, n.subject
              )
            ) as review_id,
            {own}
        from coming n
        """,
    )


def review_gone() -> Step:
    """Give the numbers of the questions that go: answered, overtaken or changed."""
    return step(
        "review_items_gone",
        """
        select t.review_id
        from review_touched t
        anti join review_now n on t.kind = n.kind and t.subject = n.subject
        union
        select t.review_id
        from review_touched t
        semi join review_items_new n on t.review_id = n.review_id
        """,
    )
