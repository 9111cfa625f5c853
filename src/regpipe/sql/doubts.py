"""Doubts: pairs of customers that may be one, and what stood against it."""

from __future__ import annotations

from regpipe.sql.keys import Keys
from regpipe.sql.step import Step, step
from regpipe.sql.ties import compared


def stopped(keys: Keys) -> Step:
    """Give the pairs of records that a key ties and that are not one customer.

    Reads  of each key ``pairs_…`` and ``torn_…``; ``identified``; ``held_back``: the
           records of clusters above the limit, which are one question of their own.
    Gives  one row per pair and key: ``customer_a``, ``customer_b``, ``key``, ``why``.
    """
    parts = compared(keys, "kept_apart")
    return step(
        "stopped",
        f"""
        with found as ({" union all".join(parts)}
        )
        select
            i.customer_id as customer_a,
            j.customer_id as customer_b,
            f.key,
            f.why
        from found f
        join identified i on f.a = i.record_no
        join identified j on f.b = j.record_no
        left join held_back h on f.a = h.record_no
        left join held_back g on f.b = g.record_no
        where i.customer_id <> j.customer_id
          and (h.cluster is null or h.cluster is distinct from g.cluster)
        """,
    )


def scored_customers() -> Step:
    """Give the customer of every record that a score is about.

    Reads  ``scores_in_force``, ``identified``, ``stored``.
    Gives  one row per source and external_id: ``customer_id``; ``touched``: this run
           works it out anew.
    """
    return step(
        "scored_customers",
        """
        with asked as (
          select source_a as source, external_id_a as external_id from scores_in_force
          union
          select source_b as source, external_id_b as external_id from scores_in_force
        )
        select
            a.source,
            a.external_id,
            coalesce(i.customer_id, s.held_id) as customer_id,
            i.customer_id is not null as touched
        from asked a
        left join identified i
          on a.source = i.source and a.external_id = i.external_id
        left join stored s on a.source = s.source and a.external_id = s.external_id
        where coalesce(i.customer_id, s.held_id) is not null
        """,
    )


def likely() -> Step:
    """Give the pairs of customers that a model finds alike, by their best score.

    Reads  ``scores_in_force``, ``scored_customers``.
    Gives  one row per pair with a record that this run touches, either way round:
           ``customer_a``, ``customer_b``, ``score``, ``model``.
    """
    return step(
        "likely",
        """
        with pairs as (
          select
              x.customer_id as customer_a,
              y.customer_id as customer_b,
              s.score,
              s.model
          from scores_in_force s
          join scored_customers x
            on s.source_a = x.source and s.external_id_a = x.external_id
          join scored_customers y
            on s.source_b = y.source and s.external_id_b = y.external_id
          where x.customer_id <> y.customer_id and (x.touched or y.touched)
        )
        select
            customer_a,
            customer_b,
            max(score) as score,
            max(model) as model
        from pairs
        group by customer_a, customer_b
        """,
    )


def nobody_likely() -> Step:
    """Give no pairs, where nothing was scored."""
    return step(
        "likely",
        """
        select
            customer_id as customer_a,
            customer_id as customer_b,
            cast(null as double) as score,
            cast(null as varchar) as model
        from identified
        where false
        """,
    )


def doubts() -> Step:
    """Give the pairs of customers that may be one, each once.

    Reads  ``stopped``, ``likely``.
    Gives  one row per pair, ``customer_a`` < ``customer_b``: ``reasons``, sorted,
           ``score`` and ``model`` (null where nothing was scored).
    """
    return step(
        "doubts",
        """
        with found as (
          select
              customer_a,
              customer_b,
              key,
              why,
              cast(null as double) as score,
              cast(null as varchar) as model
          from stopped
          union all
          select customer_a, customer_b, 'score' as key, 'likely' as why, score, model
          from likely
        ),
        turned as (
          select
              case when customer_a < customer_b then customer_a else customer_b end
                as customer_a,
              case when customer_a < customer_b then customer_b else customer_a end
                as customer_b,
              key,
              why,
              score,
              model
          from found
        ),
        reasoned as (
          select
              customer_a,
              customer_b,
              key,
              why,
              max(score) as score,
              max(model) as model
          from turned
          group by customer_a, customer_b, key, why
        )
        select
            customer_a,
            customer_b,
            list_sort(list({'key': key, 'why': why})) as reasons,
            max(score) as score,
            max(model) as model
        from reasoned
        group by customer_a, customer_b
        """,
    )


def doubted() -> Step:
    """Give the customers in ``doubts``: their first record, and how many they have.

    Reads  ``doubts``, ``identified``, ``stored``.
    Gives  one row per customer: ``first`` (source and external_id), ``records``.
    """
    return step(
        "doubted",
        """
        with asked as (
          select customer_a as customer_id from doubts
          union
          select customer_b as customer_id from doubts
        ),
        held as (
          select i.customer_id, i.source, i.external_id
          from identified i
          semi join asked a on i.customer_id = a.customer_id
          union all
          select s.held_id as customer_id, s.source, s.external_id
          from stored s
          semi join asked a on s.held_id = a.customer_id
          anti join identified i
            on s.source = i.source and s.external_id = i.external_id
        )
        select
            customer_id,
            min({'source': source, 'external_id': external_id}) as first,
            count(*) as records
        from held
        group by customer_id
        """,
    )


def parted() -> Step:
    """Give the pairs of customers of which records were decided to be different.

    Gives  one row per pair, ``customer_a`` < ``customer_b``.
    """
    return step(
        "parted",
        """
        with ends as (
          select x.customer_id as customer_a, y.customer_id as customer_b
          from decided_pairs d
          join identified x on d.a = x.record_no
          join identified y on d.b = y.record_no
          where d.decision = 'different'
        )
        select customer_a, customer_b from ends where customer_a < customer_b
        union
        select customer_b as customer_a, customer_a as customer_b
        from ends
        where customer_a > customer_b
        """,
    )
