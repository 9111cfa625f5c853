"""Which records are one person: shared keys, edges, and the ids that follow."""

from __future__ import annotations

from regpipe.sql.keys import IDENTIFIERS, Keys, is_customer, key_value
from regpipe.sql.step import Step, comma, ident, like_pattern, literal, step


def members_of_all(keys: Keys) -> Step:
    """Give the records to resolve when the registry holds none.

    Reads  ``incoming``.
    Gives  one row per record that is a customer: ``record_no`` (its place by
           source and external_id), ``origin``, source, external_id,
           ``founder_of`` (null here) and the columns that keys look at.
    """
    return step(
        "members",
        f"""
        with placed as (
          select
              origin,
              row_number() over (order by source, external_id) as record_no
          from incoming i
          where {is_customer(keys, "i")}
        )
        select
            p.record_no,
            i.origin,
            i.source,
            i.external_id,
            cast(null as bigint) as founder_of,
            {comma((f"i.{ident(c)}" for c in keys.columns), 12)}
        from incoming i
        join placed p on i.origin = p.origin
        """,
    )


def crowded(keys: Keys) -> Step:
    """Give the e-mails and phones that more people hold than one may be.

    Gives  one row per ``field`` and ``value``.
    """
    parts = [
        f"""
        select {literal(field)} as field, m.{field} as value
        from members m
        semi join (
          select {field}
          from members
          where {field} is not null
          group by {field}
          having count(*) > {keys.shared_above}
        ) often
          on m.{field} = often.{field}
        group by m.{field}
        having count(distinct concat_ws('|', m.first_key, m.last_key))
          > {keys.shared_above}"""
        for field in IDENTIFIERS
    ]
    return step("crowded", "\n        union all".join(parts))


def held(keys: Keys, number: int, any_crowded: bool) -> Step:
    """Give the records that share a value of one key.

    Gives  one row per record: ``record_no``, ``value``, the name's keys and
           ``hub``, the first of the records that share value (and, for a
           guarded key, name).
    """
    key = keys.match[number]
    guarded = keys.guarded(key)
    value = key_value(key, same_mailbox=keys.same_mailbox)
    conditions = [f"{value} is not null"]
    for field, patterns in keys.never_match_on.items():
        if field in key:
            conditions.extend(
                f"not rp_like({field}, {literal(like_pattern(p))})" for p in patterns
            )
    if any_crowded:
        conditions.extend(
            f"{field} not in (select value from crowded where field = {literal(field)})"
            for field in IDENTIFIERS
            if field in key
        )
    named = "value, first_key, last_key" if guarded else "value"
    return step(
        f"held_{number}",
        f"""
        with valued as (
          select record_no, {value} as value, first_key, last_key
          from members
          where {" and ".join(conditions)}
        ),
        shared as (
          select value from valued group by value having count(*) > 1
        )
        select
            v.record_no,
            v.value,
            v.first_key,
            v.last_key,
            min(v.record_no) over (partition by {named}) as hub
        from valued v
        semi join shared s on v.value = s.value
        """,
    )


def agreeing(number: int) -> Step:
    """Give the pairs of names under one key value that one person may bear.

    Gives  one row per ordered pair of hubs ``a``, ``b``, both ways round.
    """
    return step(
        f"agreeing_{number}",
        f"""
        with variants as (
          select distinct value, first_key, last_key, hub
          from {ident(f"held_{number}")}
        ),
        several as (
          select value from variants group by value having count(*) > 1
        ),
        named as (
          select v.* from variants v semi join several s on v.value = s.value
        )
        select x.value, x.hub as a, y.hub as b
        from named x
        join named y on x.value = y.value and x.hub <> y.hub
        where rp_names_agree(x.first_key, x.last_key, y.first_key, y.last_key)
        """,
    )


def torn(number: int) -> Step:
    """Give the names that agree with two others which do not agree themselves."""
    pairs = ident(f"agreeing_{number}")
    return step(
        f"torn_{number}",
        f"""
        select distinct p.a as hub
        from {pairs} p
        join {pairs} q on p.a = q.a and p.value = q.value and p.b < q.b
        anti join {pairs} r on p.value = r.value and p.b = r.a and q.b = r.b
        """,
    )


def edges(keys: Keys) -> Step:
    """Give the pairs of records that are one person by some key.

    Reads  ``held_…`` and, for guarded keys, ``agreeing_…`` and ``torn_…``;
           ``same_decisions``.
    Gives  one row per pair ``a``, ``b`` (record numbers) and ``key_no``: the
           key's place, or -1 for a person's decision.
    """
    parts = ["select a, b, -1 as key_no from same_decisions"]
    for number, key in enumerate(keys.match):
        parts.append(
            f"select record_no as a, hub as b, {number} as key_no\n"
            f"from {ident(f'held_{number}')} where record_no <> hub"
        )
        if keys.guarded(key):
            torn_hubs = f"(select hub from {ident(f'torn_{number}')})"
            parts.append(
                f"select a, b, {number} as key_no from {ident(f'agreeing_{number}')}\n"
                f"where a < b and a not in {torn_hubs} and b not in {torn_hubs}"
            )
    return step("edges", "\nunion all\n".join(parts))


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
    Gives  one row per pair with its ``decision``.
    """
    return step(
        "decisions_in_force",
        """
        with said as (
          select source_a, external_id_a, source_b, external_id_b, decision, decided_at
          from registry.link_decisions
          anti join link_decisions_gone
            using (source_a, external_id_a, source_b, external_id_b)
          union all
          select source_a, external_id_a, source_b, external_id_b, decision, decided_at
          from link_decisions_new
        )
        select source_a, external_id_a, source_b, external_id_b, decision
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
    Gives  one row per record: origin, source, external_id, ``customer_id``,
           ``founder_of``.
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
