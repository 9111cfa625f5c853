"""Evaluate: labelled records with their customers, and scored pairs of customers."""

from __future__ import annotations

from collections.abc import Sequence

from regpipe.sql.keys import key_value
from regpipe.sql.step import Step, comma, step


def labelled(keys: Sequence[Sequence[str]]) -> Step:
    """Give the labelled records that the registry holds.

    Reads  ``labels``: one row per record with source, external_id and ``person``.
    Gives  one row per record: ``person``, ``customer_id`` (null for a guest who is
           no customer) and its value of each key (``key_0``, ...), null where it has
           none.
    """
    values = [
        f"{key_value(key, 'r')} as key_{number}" for number, key in enumerate(keys)
    ]
    return step(
        "labelled",
        f"""
        select
            {comma(["l.person", "r.customer_id", *values], 12)}
        from labels l
        join registry.source_records r
          on l.source = r.source and l.external_id = r.external_id
        """,
    )


def scored_clusters() -> Step:
    """Give the pairs of customers that a model gave a score.

    Reads  ``match_scores``. Pairs within one customer, and of guests who are no
           customers, are left out.
    Gives  one row per pair of customers ``a`` < ``b``: its best ``score``.
    """
    return step(
        "scored_clusters",
        """
        with placed as (
          select
              case
                when x.customer_id < y.customer_id then x.customer_id
                else y.customer_id
              end as a,
              case
                when x.customer_id < y.customer_id then y.customer_id
                else x.customer_id
              end as b,
              s.score
          from registry.match_scores s
          join registry.source_records x
            on s.source_a = x.source and s.external_id_a = x.external_id
          join registry.source_records y
            on s.source_b = y.source and s.external_id_b = y.external_id
          where x.customer_id <> y.customer_id
        )
        select
            a,
            b,
            max(score) as score
        from placed
        group by a, b
        """,
    )
