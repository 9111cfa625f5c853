"""Groups: who is in which, and what the groups are called."""

from __future__ import annotations

from regpipe.sql.golden import Survival, source_rank
from regpipe.sql.step import Step, step


def memberships(rule: Survival) -> Step:
    """Give who is in which group, by the survivorship rule for groups.

    Gives  one row per customer and ``group_key``, with the ``name`` as spelled
           first in the alphabet.
    """
    if rule.rule == "union":
        chosen = "select customer_id, groups from present where groups is not null"
    else:
        first = source_rank(rule.sources)
        chosen = f"""
          select customer_id, groups
          from present
          where groups is not null
          qualify row_number() over (
            partition by customer_id
            order by {first}, updated_at desc nulls last, source desc, external_id desc
          ) = 1"""
    return step(
        "memberships_named",
        f"""
        with chosen as ({chosen}
        ),
        named as (
          select customer_id, unnest(groups) as name from chosen
        )
        select customer_id, lower(name) as group_key, min(name) as name
        from named
        group by customer_id, lower(name)
        """,
    )


def memberships_now() -> Step:
    """Give the rows of ``memberships`` for the touched customers."""
    return step(
        "memberships_now", "select customer_id, group_key from memberships_named"
    )


def groups_new() -> Step:
    """Give the groups that come: unknown ones, and those with an earlier spelling.

    Of several spellings the first in the alphabet is a group's name, in
    whatever order they came.
    """
    return step(
        "groups_new",
        """
        with named as (
          select group_key, min(name) as name
          from memberships_named
          group by group_key
        )
        select
            n.group_key,
            coalesce(g.kind, 'group') as kind,
            n.name,
            g.discount,
            g.price_list,
            g.product_range,
            g.payment_methods
        from named n
        left join registry.groups g on n.group_key = g.group_key
        where g.name is null or n.name < g.name
        """,
    )


def groups_gone() -> Step:
    """Give the keys of the held groups that get another spelling."""
    return step(
        "groups_gone",
        """
        select g.group_key
        from registry.groups g
        semi join groups_new n on g.group_key = n.group_key
        """,
    )
