"""Closures: which rejects are open, and by what the others were closed.

A reject is open as long as it is the newest that came of its record and nobody has
mended it. That is a function of what came, not of the order in which it did.
"""

from __future__ import annotations

from collections.abc import Sequence

from regpipe.sql.rejects import COLUMNS
from regpipe.sql.step import Step, comma, literal, step

_TEXT = ("source", "fingerprint", "occurrence")
_CLOSURE = (
    *("how", "by_reject", "by_fingerprint", "good_dated", "good_delivered"),
    *("file_id", "row_number"),
)


def rejects_standing(sources: Sequence[str], last_reject: int) -> Step:
    """Give the rejects that may be open after the run: held ones, and new ones.

    New is a text that the quarantine does not hold open, unless it was mended or
    replaced before, or closed by a version at least as new. A held one that was
    seen again counts as of then.

    Reads  ``rejects_seen``.
    Gives  one row per ``reject_id``: columns of ``rejects`` as of the last file it
           stood in; ``held``, and ``held_from``: as of when it is held;
           ``seen_again``; ``now_keyed``: its record is known only by now.
    """
    same_held = _same("s", "h")
    new = comma((f"s.{column}" for column in COLUMNS), 12)
    held = comma(
        (f"coalesce(s.{column}, h.{column}) as {column}" for column in COLUMNS), 12
    )
    which = ", ".join(map(literal, sources))
    return step(
        "rejects_standing",
        f"""
        with fresh as (
          select s.*
          from rejects_seen s
          anti join registry.rejects h on {same_held}
          anti join registry.reject_closures c
            on {_same("s", "c")}
            and (
              c.how in ('mended', 'replaced')
              or c.good_dated > coalesce(s.updated_at, s.delivered_at)
              or (
                c.good_dated = coalesce(s.updated_at, s.delivered_at)
                and c.good_delivered >= s.delivered_at
              )
            )
        )
        select
            {last_reject} + row_number() over (
              order by s.file_id, s.row_number
            ) as reject_id,
            false as held,
            s.delivered_at as held_from,
            false as seen_again,
            false as now_keyed,
            {new}
        from fresh s
        union all
        select
            h.reject_id,
            true as held,
            h.delivered_at as held_from,
            s.source is not null as seen_again,
            h.record_key is null and s.record_key is not null as now_keyed,
            {held}
        from registry.rejects h
        left join rejects_seen s
          on {same_held}
          and (
            s.delivered_at > h.delivered_at
            or (h.record_key is null and s.record_key is not null)
          )
        where h.source in ({which})
        """,
    )


def reject_keys() -> Step:
    """Give what the standing rejects are known by: source and record_key."""
    return step(
        "reject_keys",
        """
        select distinct source, record_key
        from rejects_standing
        where record_key is not null
        """,
    )


def rejects_closing() -> Step:
    """Give the standing rejects that do not stay open, each with what closes it.

    One that came back bad, with another text, is closed only if that text is open.

    Reads  ``rejects_standing``, ``newest_versions``, ``rows_again``.
    Gives  one row per ``reject_id``: columns of ``reject_closures``.
    """
    return step(
        "rejects_closing",
        f"""
        with overtaken as (
          select
              s.reject_id,
              4 as rank,
              'overtaken' as how,
              cast(null as bigint) as by_reject,
              cast(null as bigint) as by_fingerprint,
              v.dated as good_dated,
              v.delivered_at as good_delivered,
              v.file_id,
              v.row_number
          from rejects_standing s
          join newest_versions v
            on s.source = v.source and s.record_key = v.record_key
          where v.dated > coalesce(s.updated_at, s.delivered_at)
            or (
              v.dated = coalesce(s.updated_at, s.delivered_at)
              and v.delivered_at > s.delivered_at
            )
        ),
        good as (
          select
              a.reject_id,
              case a.how when 'mended' then 1 else 2 end as rank,
              a.how,
              cast(null as bigint) as by_reject,
              a.fingerprint as by_fingerprint,
              a.dated as good_dated,
              a.delivered_at as good_delivered,
              a.file_id,
              a.row_number
          from rows_again a
          where a.occurrence is null
        ),
        replaced as (
          select
              a.reject_id,
              3 as rank,
              'replaced' as how,
              n.reject_id as by_reject,
              a.fingerprint as by_fingerprint,
              cast(null as timestamp) as good_dated,
              cast(null as timestamp) as good_delivered,
              a.file_id,
              a.row_number
          from rows_again a
          join rejects_standing n
            on {_same("a", "n")} and a.reject_id <> n.reject_id
          anti join overtaken o on n.reject_id = o.reject_id
          anti join rows_again b on n.reject_id = b.reject_id
        ),
        closed as (
          select * from overtaken
          union all
          select * from good
          union all
          select * from replaced
        ),
        placed as (
          select
              c.*,
              row_number() over (
                partition by c.reject_id
                order by c.rank nulls last, c.file_id, c.row_number
              ) as place
          from closed c
        )
        select
            s.reject_id,
            s.source,
            s.fingerprint,
            s.occurrence,
            s.record_key,
            {comma((f"p.{column}" for column in _CLOSURE), 12)}
        from placed p
        join rejects_standing s on p.reject_id = s.reject_id
        where p.place = 1
        """,
    )


def rejects_renewed() -> Step:
    """Give the held rejects to be held as of the last file that they stood in.

    Those that a version from between would close from now on: one that came, or
    one that closed another reject of the record. All others that were seen again
    have said nothing new, and stay as they are.

    Reads  ``rejects_standing``, ``versions``, ``rejects_closing``.
    """
    return step(
        "rejects_renewed",
        """
        with since as (
          select source, record_key, dated, delivered_at
          from versions
          where not repeated
          union all
          select
              source,
              record_key,
              good_dated as dated,
              good_delivered as delivered_at
          from rejects_closing
          where good_dated is not null
        )
        select distinct s.reject_id
        from rejects_standing s
        left join since v
          on s.source = v.source
          and s.record_key = v.record_key
          and (
            v.dated > coalesce(s.updated_at, s.held_from)
            or (
              v.dated = coalesce(s.updated_at, s.held_from)
              and v.delivered_at > s.held_from
            )
          )
        anti join rejects_closing c on s.reject_id = c.reject_id
        where s.seen_again and (s.now_keyed or v.source is not null)
        """,
    )


def rejects_gone() -> Step:
    """Give the keys of the held rejects that go: closed, or renewed."""
    return step(
        "rejects_gone",
        """
        select s.reject_id
        from rejects_standing s
        semi join rejects_closing c on s.reject_id = c.reject_id
        where s.held
        union all
        select reject_id from rejects_renewed
        """,
    )


def rejects_new() -> Step:
    """Give the rows that come to ``rejects``: new ones, and renewed ones."""
    return step(
        "rejects_new",
        f"""
        select
            s.reject_id,
            {comma((f"s.{column}" for column in COLUMNS), 12)}
        from rejects_standing s
        left join rejects_renewed r on s.reject_id = r.reject_id
        anti join rejects_closing c on s.reject_id = c.reject_id
        where not s.held or r.reject_id is not null
        """,
    )


def rejects_born_closed(run_id: int) -> Step:
    """Give the rejects that were outdone as they came: history from the first."""
    return step(
        "rejects_born_closed",
        f"""
        select
            s.reject_id,
            {comma((f"s.{column}" for column in COLUMNS), 12)},
            cast({run_id} as bigint) as ended_run_id
        from rejects_standing s
        semi join rejects_closing c on s.reject_id = c.reject_id
        where not s.held
        """,
    )


def nothing_closed() -> tuple[Step, ...]:
    """Give no rejects that come, go or are closed."""
    reject = comma(("reject_id", *COLUMNS), 0)
    closure = comma(
        ("reject_id", "source", "fingerprint", "occurrence", "record_key", *_CLOSURE), 0
    )
    rows = {
        "rejects_gone": "reject_id from registry.rejects",
        "rejects_new": f"{reject} from registry.rejects",
        "rejects_born_closed": f"{reject}, ended_run_id from registry.rejects_history",
        "rejects_closing": f"{closure} from registry.reject_closures",
    }
    return tuple(
        step(name, f"select {listed} where false") for name, listed in rows.items()
    )


def _same(a: str, b: str) -> str:
    return " and ".join(f"{a}.{column} = {b}.{column}" for column in _TEXT)
