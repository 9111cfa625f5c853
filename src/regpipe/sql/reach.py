"""Reach: the records that a change may touch, and no others.

A night looks at what changed and at whatever a chain of shared keys, customers
or decisions ties to it; so its answer is that of starting from scratch.
"""

from __future__ import annotations

from regpipe.sql.keys import Keys, is_customer, key_value, members_among
from regpipe.sql.step import Step, comma, ident, step


def frontier_of_all(keys: Keys) -> Step:
    """Give the records known to be touched when the registry holds none."""
    return step(
        "frontier",
        f"""
        select
            source,
            external_id,
            cast(null as bigint) as held_id,
            {comma(map(ident, keys.columns), 12)}
        from incoming
        """,
    )


def held_keys(keys: Keys) -> Step:
    """Give what matching looks at of the records this run brings no version of.

    Reads  ``stored``.
    Gives  one row per source and external_id: ``held_id`` (its customer so
           far), ``founder_of``, ``kind`` and the columns that keys look at.
    """
    return step(
        "held_keys",
        f"""
        select
            source,
            external_id,
            held_id,
            founder_of,
            kind,
            {comma(map(ident, keys.columns), 12)}
        from stored
        """,
    )


def changing(keys: Keys) -> Step:
    """Give the records that change in this run, as they were and as they come.

    Reads  ``incoming``, ``vanished``, ``decided`` (records that a new decision
           or override is about), ``rescored`` (records of pairs whose score is
           another).
    Gives  one or two rows per source and external_id: ``held_id`` and the
           columns that keys look at.
    """
    columns = comma((f"i.{ident(c)}" for c in keys.columns), 12)
    before = comma((f"s.{ident(c)}" for c in keys.columns), 12)
    return step(
        "changing",
        f"""
        select
            i.source,
            i.external_id,
            cast(null as bigint) as held_id,
            {columns}
        from incoming i
        union all
        select
            s.source,
            s.external_id,
            s.customer_id as held_id,
            {before}
        from registry.source_records s
        semi join (
          select source, external_id from incoming
          union all
          select source, external_id from vanished
          union all
          select source, external_id from decided
          union all
          select source, external_id from rescored
        ) c
          on s.source = c.source and s.external_id = c.external_id
        """,
    )


def reached(keys: Keys, frontier: str, accept_above: float | None = None) -> Step:
    """Give the held records that a change may touch, one round further out.

    Reads  ``frontier``: the records known to be touched; ``held_keys``;
           ``decisions_in_force``; where scores of ``accept_above`` and more join
           records, ``scores_in_force``.
    Gives  one row per held record that shares a customer, a key value, a decision
           or such a score with one of them: columns as ``held_keys``.
    """
    origin = ident(frontier)
    tests = [
        f"""
          select h.source, h.external_id
          from held_keys h
          semi join {origin} f
            on {key_value(key, "h", keys.same_mailbox)}
              = {key_value(key, "f", keys.same_mailbox)}"""
        for key in keys.reaching
    ]
    tests.append(
        f"""
          select h.source, h.external_id
          from held_keys h
          semi join {origin} f on h.held_id = f.held_id"""
    )
    links = ["decisions_in_force"]
    if accept_above is not None:
        links.append(f"(select * from scores_in_force where score >= {accept_above!r})")
    tests.extend(
        f"""
          select d.source_{there} as source, d.external_id_{there} as external_id
          from {link} d
          semi join {origin} f
            on d.source_{here} = f.source and d.external_id_{here} = f.external_id"""
        for link in links
        for here, there in (("a", "b"), ("b", "a"))
    )
    return step(
        "reached",
        f"""
        with hits as ({" union all ".join(tests)}
        )
        select h.*
        from held_keys h
        semi join hits x on h.source = x.source and h.external_id = x.external_id
        """,
    )


def frontier(keys: Keys) -> Step:
    """Give all records known to be touched: those that change, those reached."""
    columns = comma(map(ident, keys.columns), 12)
    return step(
        "frontier",
        f"""
        select source, external_id, held_id,
            {columns}
        from changing
        union all
        select source, external_id, held_id,
            {columns}
        from reached
        """,
    )


def reused() -> Step:
    """Give the records whose number the store gave to somebody else.

    Of the person before nothing is left: another first name and another last name,
    which one person does not bear, another e-mail, and neither the phone nor the
    date of birth.

    Reads  ``incoming``.
    Gives  one row per source and external_id.
    """
    return step(
        "reused",
        """
        select i.source, i.external_id
        from incoming i
        join registry.source_records h
          on i.source = h.source and i.external_id = h.external_id
        where i.email <> h.email
          and not rp_names_agree(
            i.first_key, i.last_key, h.first_key, h.last_key, false
          )
          and not coalesce(rp_alike(i.last_key, h.last_key), true)
          and not coalesce(i.phone = h.phone, false)
          and not coalesce(i.birth_date = h.birth_date, false)
        """,
    )


def leaving_founders(keys: Keys) -> Step:
    """Give the records that founded a customer and are not that customer any more.

    They come as guests who are none, or as somebody else's. The customer stays for
    the others that are it: the first of them who founded none is the heir of its id.
    Without one a guest keeps it, for the day they register again; the id of one
    whose number is ``reused`` is nobody's.

    Reads  ``incoming``, ``reached``, ``reused``.
    Gives  one row per such record: ``founder_of``, ``heir_source`` and
           ``heir_external_id`` (both null without an heir), ``reused``.
    """
    return step(
        "leaving_founders",
        f"""
        with leaving as (
          select
              i.source,
              i.external_id,
              h.founder_of,
              u.source is not null as reused
          from incoming i
          join registry.source_records h
            on i.source = h.source and i.external_id = h.external_id
          left join reused u on i.source = u.source and i.external_id = u.external_id
          where h.founder_of is not null
            and (u.source is not null or not ({is_customer(keys, "i")}))
          union all
          select r.source, r.external_id, r.founder_of, false as reused
          from reached r
          where r.founder_of is not null and not ({is_customer(keys, "r")})
        ),
        heirs as (
          select
              l.founder_of,
              min({{'source': r.source, 'external_id': r.external_id}}) as heir
          from leaving l
          join registry.source_records r on l.founder_of = r.customer_id
          anti join incoming g
            on r.source = g.source
            and r.external_id = g.external_id
            and not ({is_customer(keys, "g")})
          anti join leaving g
            on r.source = g.source and r.external_id = g.external_id
          where r.founder_of is null and ({is_customer(keys, "r")})
          group by l.founder_of
        )
        select
            l.source,
            l.external_id,
            l.founder_of,
            h.heir.source as heir_source,
            h.heir.external_id as heir_external_id,
            l.reused
        from leaving l
        left join heirs h on l.founder_of = h.founder_of
        """,
    )


def members_touched(keys: Keys) -> Step:
    """Give the records to resolve in a registry that holds others.

    What came in, and every held record that a chain of shared keys, customers
    or decisions ties to a change: the answer is that of starting from scratch.

    Gives  columns as ``members_of_all``.
    """
    incoming = comma((f"i.{ident(c)}" for c in keys.columns), 16)
    held = comma((f"r.{ident(c)}" for c in keys.columns), 16)
    pool = f"""
          with known as (
            select
                i.origin,
                i.source,
                i.external_id,
                case when u.source is null then h.founder_of end as founder_of,
                i.kind,
                {incoming}
            from incoming i
            left join registry.source_records h
              on i.source = h.source and i.external_id = h.external_id
            left join reused u on i.source = u.source and i.external_id = u.external_id
            union all
            select
                cast(null as bigint) as origin,
                r.source,
                r.external_id,
                r.founder_of,
                r.kind,
                {held}
            from reached r
          )
          select
              row_number() over (order by k.source, k.external_id) as record_no,
              k.origin,
              k.source,
              k.external_id,
              coalesce(k.founder_of, l.founder_of) as founder_of,
              k.kind,
              {comma((f"k.{ident(c)}" for c in keys.columns), 14)}
          from known k
          left join leaving_founders l
            on k.source = l.heir_source and k.external_id = l.heir_external_id"""
    return step("members", members_among(keys, pool))


def unseated(keys: Keys) -> Step:
    """Give the held records that are customers so far, and by now are guests only.

    Reads  ``reached``, ``leaving_founders``.
    Gives  one row per source and external_id: ``founder_of`` (null where an heir
           has the id).
    """
    return step(
        "unseated",
        f"""
        select
            r.source,
            r.external_id,
            case when l.heir_source is null then r.founder_of end as founder_of
        from reached r
        left join leaving_founders l
          on r.source = l.source and r.external_id = l.external_id
        where r.held_id is not null and not ({is_customer(keys, "r")})
        """,
    )


def nobody_unseated() -> Step:
    """Give no such record, where the registry holds none."""
    return step(
        "unseated",
        """
        select source, external_id, founder_of
        from registry.source_records
        where false
        """,
    )
