"""What a plan's deltas mean to people: counts of what happens to customers."""

from __future__ import annotations

from collections.abc import Sequence


def summary(
    next_id: int,
    last_review: int,
    events: Sequence[str],
    suppressions: Sequence[str],
) -> str:
    """Give the SELECT of how many customers, ties and consents change, one row.

    ``next_id`` is the first customer_id that nobody had before the run,
    ``last_review`` the last number of a question; ``events`` and ``suppressions`` are
    the tables of what comes of these.
    """
    return f"""
    with before as (
      select s.source, s.external_id, s.customer_id
      from registry.source_records s
      semi join records_gone g
        on s.source = g.source and s.external_id = g.external_id
      where s.customer_id is not null
    ),
    moved as (
      select b.customer_id as old_id, n.customer_id as new_id
      from before b
      join records_coming n on b.source = n.source and b.external_id = n.external_id
      where b.customer_id is distinct from n.customer_id
    )
    select
        (select count(*) from customers_new where customer_id >= {next_id})
          as customers_created,
        (select count(*) from customers_new n
          semi join registry.customers c on n.customer_id = c.customer_id)
          as customers_updated,
        (select count(*) from registry.customers c
          semi join customer_redirects_new r on c.customer_id = r.customer_id)
          as customers_merged,
        (select count(distinct m.new_id) from moved m
          anti join customer_redirects_now r on m.old_id = r.customer_id)
          as customers_split_off,
        (select count(*) from vanished) as records_gone,
        {_count(events, "status = 'granted'")}
          as consents_granted,
        {_count(events, "status = 'pending'")}
          as consents_pending,
        {_count(events, "status = 'withdrawn'")}
          as consents_withdrawn,
        {_count(events, "status in ('never', 'unknown')")}
          as consents_denied,
        {_count(suppressions, "true")} as addresses_suppressed,
        (select count(*) from rejects_new n
          anti join registry.rejects h on n.reject_id = h.reject_id)
          as rejects_opened,
        (select count(*) from rejects_closing c
          semi join registry.rejects h on c.reject_id = h.reject_id)
          as rejects_closed,
        (select count(distinct decision_id) from link_decisions_new)
          + (select count(*) from review_dismissals_new) as decisions_made,
        (select count(distinct l.decision_id) from registry.link_decisions l
          semi join link_decisions_gone g using (
            source_a, external_id_a, source_b, external_id_b
          ))
          + (select count(*) from registry.review_dismissals d
            semi join review_dismissals_gone g using (kind, subject))
          as decisions_taken_back,
        (select count(*) from review_items_new where review_id > {last_review})
          as questions_opened,
        (select count(*) from review_items_gone g
          anti join review_items_new n on g.review_id = n.review_id)
          as questions_closed
    """


def _count(tables: Sequence[str], which: str) -> str:
    return " + ".join(f"(select count(*) from {t} where {which})" for t in tables)


def list_moves() -> str:
    """Give the SELECT of how many customers join and leave each list.

    Reads  ``members_before``, ``members_after``: list, group_key, customer_id.
    Gives  one row per ``list`` and ``move`` (join, leave): ``customers``.
    """
    same = (
        "b.list = a.list and b.customer_id = a.customer_id "
        "and b.group_key is not distinct from a.group_key"
    )
    return f"""
        select a.list, 'join' as move, count(distinct a.customer_id) as customers
        from members_after a
        anti join members_before b on {same}
        group by a.list
        union all
        select b.list, 'leave' as move, count(distinct b.customer_id) as customers
        from members_before b
        anti join members_after a on {same}
        group by b.list
        """
