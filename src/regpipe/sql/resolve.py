"""Resolve: the records to look at, what people decided, and the ids that follow."""

from __future__ import annotations

from regpipe.sql.keys import Keys, members_among
from regpipe.sql.step import Step, comma, ident, step


def members_of_all(keys: Keys) -> Step:
    """Give the records to resolve when the registry holds none.

    Reads  ``incoming``.
    Gives  one row per record that is a customer: ``record_no``, a number of its own
           that says nothing of it; ``origin``, source, external_id, ``founder_of``
           (null here), the columns that keys look at; ``mark`` and the numbers of
           ``members_among``.
    """
    columns = comma((f"i.{ident(c)}" for c in keys.columns), 14)
    pool = f"""
          select
              i.origin as record_no,
              i.origin,
              i.source,
              i.external_id,
              cast(null as bigint) as founder_of,
              i.kind,
              {columns}
          from incoming i"""
    return step("members", members_among(keys, pool))


def decided_pairs() -> Step:
    """Give the pairs of members that a person decided on.

    Gives  one row per pair ``a``, ``b`` of record numbers: ``decision``, 'same' or
           'different'.
    """
    return step(
        "decided_pairs",
        """
        select m.record_no as a, n.record_no as b, d.decision
        from decisions_in_force d
        join members m
          on d.source_a = m.source and d.external_id_a = m.external_id
        join members n
          on d.source_b = n.source and d.external_id_b = n.external_id
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
    a new id, founded by its first record by source and external_id. So ids depend
    on who is together now, and a merge that is taken back gives both ids back.

    Reads  ``members``, ``labels``: ``record_no`` and ``cluster`` of those that
           have an edge.
    Gives  one row per record: record_no, origin, source, external_id,
           ``customer_id``, ``founder_of``.
    """
    return step(
        "identified",
        f"""
        with clusters as (
          select
              l.cluster,
              min(m.founder_of) as customer_id,
              min({{
                'source': m.source,
                'external_id': m.external_id,
                'record_no': m.record_no
              }}) as first
          from labels l
          join members m on l.record_no = m.record_no
          group by l.cluster
        ),
        seated as (
          select
              m.record_no,
              m.origin,
              m.source,
              m.external_id,
              m.founder_of,
              case when c.cluster is null then m.founder_of else c.customer_id end
                as customer_id,
              coalesce(c.first.record_no, m.record_no) as first_no
          from members m
          left join labels l on m.record_no = l.record_no
          left join clusters c on l.cluster = c.cluster
        ),
        founded as (
          select
              record_no,
              {next_id} - 1 + row_number() over (
                order by source, external_id
              ) as customer_id
          from seated
          where customer_id is null and record_no = first_no
        )
        select
            s.record_no,
            s.origin,
            s.source,
            s.external_id,
            coalesce(s.customer_id, f.customer_id) as customer_id,
            case
              when s.record_no = f.record_no then f.customer_id
              else s.founder_of
            end as founder_of
        from seated s
        left join founded f on s.first_no = f.record_no
        """,
    )


def places() -> str:
    """Give the SELECT of the records that ``asked`` names by their numbers, in order.

    That of source and external_id, which does not depend on the order of rows.
    """
    return """
        select m.record_no
        from members m
        semi join asked a on m.record_no = a.record_no
        order by m.source, m.external_id
        """
