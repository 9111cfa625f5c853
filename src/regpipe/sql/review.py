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


FIRST = "{'source': m.source, 'external_id': m.external_id}"
"""The SQL of what the first of some members ``m`` is the least of."""


def crowds(keys: Keys) -> Step:
    """Give the values of keys that too many hold, as questions.

    Reads  ``crowded``, ``members``; of each key ``held_…`` and ``variants_…``.
    Gives  one row per key and value: ``key``, ``value``, ``first`` (source and
           external_id of the first record of it), ``records``, ``people``, ``why``.
    """
    shared = [
        f"""
        select
            {literal(field)} as key,
            c.value,
            min({FIRST}) as first,
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
            {key_value(key, "m", keys.same_mailbox)} as value,
            min({FIRST}) as first,
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
        join members m on h.record_no = m.record_no
        group by {key_value(key, "m", keys.same_mailbox)}, v.variants"""
        for number, key in enumerate(keys.match)
    ]
    return step("crowds", "\n        union all".join([*shared, *compared]))


def asked(keys: Keys, *, any_scored: bool) -> str:
    """Give the SELECT of how much there is to ask, one row.

    ``open``: questions that are open so far; ``found``: what may be a question now.
    """
    tables = ["crowded", "held_back"]
    tables += [f"variants_{number}" for number, _ in enumerate(keys.match)]
    tables += ["scores_in_force"] if any_scored else []
    counts = " + ".join(f"(select count(*) from {table})" for table in tables)
    return f"""
        select
            (select count(*) from registry.review_items) as open,
            {counts} as found
        """


def none_asked(which: str) -> Step:
    """Give no questions: none that are ``new``, or none that are ``gone``."""
    table = f"review_items_{which}"
    listed = comma(map(ident, ("review_id", *COLUMNS)), 0)
    return step(table, f"select {listed} from registry.review_items where false")


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
              min({'source': m.source, 'external_id': m.external_id}) as first,
              count(*) as records
          from held_back h
          join members m on h.record_no = m.record_no
          group by h.cluster
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
              c.first.source as source_a,
              c.first.external_id as external_id_a,
              cast(null as varchar) as source_b,
              cast(null as varchar) as external_id_b,
              [{'key': c.key, 'why': c.why}] as reasons,
              c.value,
              c.records,
              c.people,
              cast(null as double) as score,
              cast(null as varchar) as model
          from crowds c
          union all
          select
              'large' as kind,
              rp_key([l.first.source, l.first.external_id]) as subject,
              l.first.source as source_a,
              l.first.external_id as external_id_a,
              cast(null as varchar) as source_b,
              cast(null as varchar) as external_id_b,
              [{'key': 'cluster', 'why': 'too_large'}] as reasons,
              cast(null as varchar) as value,
              l.records,
              cast(null as bigint) as people,
              cast(null as double) as score,
              cast(null as varchar) as model
          from large l
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


def review_all_new(last_review: int) -> Step:
    """Give the rows that come to ``review_items`` where none are open so far.

    Gives  columns as ``review_new``.
    """
    return step(
        "review_items_new",
        f"""
        select
            {last_review} + row_number() over (order by kind, subject) as review_id,
            {comma(map(ident, COLUMNS), 12)}
        from review_now
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
