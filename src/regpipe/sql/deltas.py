"""Deltas: what goes from a table of the registry and what comes to it."""

from __future__ import annotations

from collections.abc import Sequence

from regpipe.sql.step import Step, comma, ident, step


def rows_new(table: str, now: str, key: Sequence[str], columns: Sequence[str]) -> Step:
    """Give the rows of ``now`` that the registry's ``table`` lacks or has otherwise.

    Reads  ``now``: one row per ``key``, every column of ``columns``.
    """
    same = " and ".join(f"n.{ident(k)} = t.{ident(k)}" for k in key)
    others = [c for c in columns if c not in key]
    differs = "".join(
        f"\n  or n.{ident(c)} is distinct from t.{ident(c)}" for c in others
    )
    return step(
        f"{table}_new",
        f"""select
    {comma(f"n.{ident(c)}" for c in columns)}
from {ident(now)} n
left join registry.{ident(table)} t
  on {same}
where t.{ident(key[0])} is null{differs}""",
    )


def rows_gone(table: str, now: str, key: Sequence[str], touched: str) -> Step:
    """Give the keys of the held rows that go: replaced, or no longer there.

    Reads  ``<table>_new``; ``now``; ``touched``: the customers whose rows
           ``now`` holds in full.
    """
    keys = comma((f"t.{ident(k)}" for k in key), 4)
    with_new = " and ".join(f"t.{ident(k)} = n.{ident(k)}" for k in key)
    return step(
        f"{table}_gone",
        f"""select
    {keys}
from registry.{ident(table)} t
semi join {ident(table + "_new")} n
  on {with_new}
union all
select
    {keys}
from registry.{ident(table)} t
semi join {ident(touched)} u on t.customer_id = u.customer_id
anti join {ident(now)} n
  on {with_new}""",
    )


def all_new(table: str, now: str, columns: Sequence[str]) -> Step:
    """Give every row of ``now``, for a table that the registry holds empty."""
    return step(
        f"{table}_new",
        f"select\n    {comma(map(ident, columns))}\nfrom {ident(now)}",
    )


def touched_customers() -> Step:
    """Give every customer whose rows this run works out anew.

    Reads  ``frontier`` (held ids of the records touched), ``identified``.
    """
    return step(
        "touched_customers",
        """
        select held_id as customer_id from frontier where held_id is not null
        union
        select customer_id from identified
        """,
    )


def redirects_now() -> Step:
    """Give the ids founded by records that now belong to an older customer."""
    return step(
        "customer_redirects_now",
        """
        select distinct founder_of as customer_id, customer_id as redirect_to
        from identified
        where founder_of is not null and founder_of <> customer_id
        """,
    )


def redirects_gone() -> Step:
    """Give the redirects that no longer hold: another target, or an id revived."""
    return step(
        "customer_redirects_gone",
        """
        select t.customer_id
        from registry.customer_redirects t
        semi join (
          select founder_of as customer_id from identified where founder_of is not null
        ) i
          on t.customer_id = i.customer_id
        anti join customer_redirects_now n
          on t.customer_id = n.customer_id and t.redirect_to = n.redirect_to
        """,
    )


def redirects_new() -> Step:
    """Give the redirects that the registry does not hold yet."""
    return step(
        "customer_redirects_new",
        """
        select n.customer_id, n.redirect_to
        from customer_redirects_now n
        anti join registry.customer_redirects t
          on n.customer_id = t.customer_id and n.redirect_to = t.redirect_to
        """,
    )


def overrides_in_force() -> Step:
    """Give what people set by hand, for the customer it is about by now.

    Reads  ``overrides_set``: rows as in ``overrides``, set in this run.
    Gives  one row per customer and field: the value set last, by whom and when.
    """
    return step(
        "overrides_in_force",
        """
        with redirects as (
          select t.customer_id, t.redirect_to
          from registry.customer_redirects t
          anti join customer_redirects_gone g on t.customer_id = g.customer_id
          anti join customer_redirects_new n on t.customer_id = n.customer_id
          union all
          select customer_id, redirect_to from customer_redirects_new
        ),
        said as (
          select customer_id, field, value, set_by, set_at
          from registry.overrides
          anti join overrides_gone using (customer_id, field)
          union all
          select customer_id, field, value, set_by, set_at from overrides_new
        )
        select
            coalesce(r.redirect_to, s.customer_id) as customer_id,
            s.field,
            s.value,
            s.set_by,
            s.set_at
        from said s
        left join redirects r on s.customer_id = r.customer_id
        qualify row_number() over (
          partition by coalesce(r.redirect_to, s.customer_id), s.field
          order by s.set_at desc, s.customer_id
        ) = 1
        """,
    )
