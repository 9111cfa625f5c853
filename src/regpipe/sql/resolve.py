"""Resolve: the records to look at, what people decided, and the ids that follow."""

from __future__ import annotations

from regpipe.sql.keys import MARK, Keys, is_customer
from regpipe.sql.step import Step, comma, ident, literal, step


def members_of_all(keys: Keys) -> Step:
    """Give the records to resolve when the registry holds none.

    Reads  ``incoming``.
    Gives  one row per record that is a customer: ``record_no`` (its place by
           source and external_id), ``origin``, source, external_id,
           ``founder_of`` (null here), the columns that keys look at, and
           ``mark``: a number for all it says of its person.
    """
    return step(
        "members",
        f"""
        select
            row_number() over (order by i.source, i.external_id) as record_no,
            i.origin,
            i.source,
            i.external_id,
            cast(null as bigint) as founder_of,
            {comma((f"i.{ident(c)}" for c in keys.columns), 12)},
            {MARK} as mark
        from incoming i
        where {is_customer(keys, "i")}
        """,
    )


def decisions(which: str) -> Step:
    """Give the pairs of members that a person decided are ``same`` or ``different``.

    Gives  one row per pair ``a``, ``b`` of record numbers.
    """
    return step(
        f"{which}_decisions",
        f"""
        select m.record_no as a, n.record_no as b
        from decisions_in_force d
        join members m
          on d.source_a = m.source and d.external_id_a = m.external_id
        join members n
          on d.source_b = n.source and d.external_id_b = n.external_id
        where d.decision = {literal(which)}
        """,
    )


def decisions_in_force() -> Step:
    """Give what people decided last about each pair of records.

    Reads  ``link_decisions_new``: the decisions this run brings.
    Gives  one row per pair with its ``decision``, the number of it, by whom and when.
    """
    return step(
        "decisions_in_force",
        """
        with said as (
          select
              source_a, external_id_a, source_b, external_id_b,
              decision, decision_id, decided_by, decided_at
          from registry.link_decisions
          anti join link_decisions_gone
            using (source_a, external_id_a, source_b, external_id_b)
          union all
          select
              source_a, external_id_a, source_b, external_id_b,
              decision, decision_id, decided_by, decided_at
          from link_decisions_new
        )
        select
            source_a,
            external_id_a,
            source_b,
            external_id_b,
            decision,
            decision_id,
            decided_by,
            decided_at
        from said
        qualify row_number() over (
          partition by source_a, external_id_a, source_b, external_id_b
          order by decided_at desc, decision
        ) = 1
        """,
    )


def identified(next_id: int) -> Step:
    """Give the customer of each record: the oldest id founded in its cluster.

    A record keeps the id it was the first to carry (``founder_of``) for ever;
    a cluster is known by the oldest of its members', and one without any gets
    a new id, founded by its first record. So ids depend on who is together
    now, and a merge that is taken back gives both ids back.

    Reads  ``members``, ``labels``: ``record_no`` and ``cluster`` of those that
           have an edge.
    Gives  one row per record: record_no, origin, source, external_id,
           ``customer_id``, ``founder_of``.
    """
    return step(
        "identified",
        f"""
        with clustered as (
          select m.*, coalesce(l.cluster, m.record_no) as cluster
          from members m
          left join labels l on m.record_no = l.record_no
        ),
        claims as (
          select
              cluster,
              min(record_no) as first_record,
              min(founder_of) as customer_id
          from clustered
          group by cluster
        ),
        numbered as (
          select
              cluster,
              first_record,
              {next_id} - 1 + row_number() over (order by cluster) as customer_id,
              true as founded
          from claims
          where customer_id is null
          union all
          select cluster, first_record, customer_id, false as founded
          from claims
          where customer_id is not null
        )
        select
            c.record_no,
            c.origin,
            c.source,
            c.external_id,
            n.customer_id,
            case
              when n.founded and c.record_no = n.first_record then n.customer_id
              else c.founder_of
            end as founder_of
        from clustered c
        join numbered n on c.cluster = n.cluster
        """,
    )
