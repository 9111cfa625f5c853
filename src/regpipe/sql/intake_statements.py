"""Intake of ``consents`` sources: statements that are known, or said twice."""

from __future__ import annotations

from collections.abc import Sequence

from regpipe.fields import SUPPRESSION_REASONS, UNSUBSCRIBED
from regpipe.sql.intake import own_reasons
from regpipe.sql.stated import ASSUMED, Stated
from regpipe.sql.step import Step, ident, literal, step
from regpipe.sql.suppressed import reason_of, suppressed_from


def known_statements(source: str, columns: Sequence[Stated]) -> Step:
    """Give the rows of a ``consents`` source that say what the registry knows.

    Of each of the ``columns`` of statements: a dated one is known when the ledger
    has it, an undated one when it is the last word of that source on that address
    (and, if it refuses, no dated one came since or comes beside it),
    a reason never to mail an address when that is suppressed for it (an undated one
    of who unsubscribed from everything, when this source said so before). Where a
    row states several things one of them must be known, and of the others there
    must be nothing new.
    """
    parts = [_known(each, number) for number, each in enumerate(columns)]
    ctes = ",".join(said for said, _, _ in parts)
    known = "\n        union".join(rows for _, rows, _ in parts)
    if len(parts) > 1:
        tests = " and ".join(
            f"(r.row_id in (select row_id from known_{number}) or {silent})"
            for number, (_, _, silent) in enumerate(parts)
        )
        each = ",".join(
            f"\n        known_{number} as ({rows}\n        )"
            for number, (_, rows, _) in enumerate(parts)
        )
        ctes = f"{ctes},{each}"
        some = " union ".join(
            f"select row_id from known_{n}" for n in range(len(parts))
        )
        known = f"""
        select r.row_id
        from {ident("rows_" + source)} r
        semi join ({some}) k on r.row_id = k.row_id
        where {tests}"""
    return step(f"unchanged_{source}", f"with {ctes.lstrip()}{known}\n        ")


def _known(each: Stated, number: int) -> tuple[str, str, str]:
    """Give CTEs, the SELECT of rows that say what is known, and the test of silence."""
    own = each.own_time
    rows = f"""
        select r.row_id
        from {ident("rows_" + each.source)} r"""
    dated = suppressed_from(each)
    suppressed = f"""{rows}
        semi join registry.suppressions s
          on {each.address} = s.address
          and s.channel = {literal(each.channel)}
          and {reason_of(each)} = s.reason
          and (
            s.reason <> '{UNSUBSCRIBED}'
            or s.suppressed_at >= {dated}
            or {dated} is null and s.source = {literal(each.source)}
          )
        where r.problem is null"""
    said, standing = f"said_{number}", f"standing_{number}"
    ctes = f"""
        {said} as (
          select
              external_id,
              case when assumed then '{ASSUMED}' else stated end as stated,
              stated_at,
              run_id,
              row_number
          from registry.consent_events
          where source = {literal(each.source)}
            and purpose = {literal(each.purpose or "")}
            and channel = {literal(each.channel)}
        ),
        undated_{number} as (
          select
              external_id,
              arg_max(stated, {{'r': run_id, 'n': row_number}})
                filter (where stated is not null) as stated,
              max(run_id) as run_id
          from {said}
          where stated_at is null
          group by external_id
        ),
        dated_{number} as (
          select {each.address} as external_id
          from {ident("rows_" + each.source)} r
          anti join {said} s
            on {each.address} = s.external_id
            and {each.word} = s.stated
            and s.stated_at = {own}
          where r.problem is null and {own} is not null
        ),
        {standing} as (
          select u.external_id, u.stated
          from undated_{number} u
          anti join {said} d
            on d.external_id = u.external_id
            and d.stated_at is not null
            and d.run_id > u.run_id
            and u.stated not in ('granted', 'pending', '{ASSUMED}')
          anti join dated_{number} n
            on n.external_id = u.external_id
            and u.stated not in ('granted', 'pending', '{ASSUMED}')
        )"""
    found = f"""{rows}
        semi join {said} s
          on {each.address} = s.external_id
          and {each.word} = s.stated
          and s.stated_at = {own}
        where r.problem is null
        union{rows}
        semi join {standing} s
          on {each.address} = s.external_id and {each.word} = s.stated
        where r.problem is null and {own} is null
        union{suppressed}"""
    unheard = f"{each.address} not in (select external_id from {said})"
    silent = (
        f"({each.address} is null or {each.word} = 'unknown' and {unheard})"
        if each.purpose is not None
        else f"({each.address} is null or {each.word} in ('never', 'unknown'))"
    )
    return ctes, found, silent


def repeated_statements(source: str, columns: Sequence[Stated]) -> Step:
    """Give the rows of a ``consents`` source that another row of it outdoes.

    Of the statements on one address at one time the refusal stands. A reason
    never to mail an address is no statement: each stands beside them. So does a
    dated unknown, which may take back the yes beside it. A row that
    states several things is outdone by one that says the same alone.
    """
    reasons = ", ".join(map(literal, SUPPRESSION_REASONS))
    first = columns[0]
    word = f"r.{ident(first.said)}"
    apart = [
        first.address,
        first.own_time,
        f"case when {word} in ({reasons}) then {word} end",
        f"case when {word} = 'unknown' and {first.own_time} is not null then 1 end",
    ]
    order = f"rp_refusal({word}) desc, {word} nulls last, r.delivered_at, r.row_id"
    test = f"{first.address} is not null"
    if len(columns) > 1:
        apart = [
            part
            for each in columns
            for part in (each.address, each.own_time, f"r.{ident(each.said)}")
        ]
        apart = list(dict.fromkeys(apart))
        order = "r.delivered_at, r.row_id"
        test = " or ".join(f"{each.address} is not null" for each in columns)
    listed = ",\n                  ".join(apart)
    return step(
        f"lost_{source}",
        f"""
        with ranked as (
          select
              r.row_id,
              row_number() over (
                partition by
                  {listed}
                order by {order}
              ) as place
          from {ident("rows_" + source)} r
          anti join {ident("reasons_" + source)} b on r.row_id = b.row_id
          where {test}
        )
        select row_id from ranked where place > 1
        """,
    )


def purposeless(source: str) -> Step:
    """Give every reason why a changed row of a source without purpose is rejected.

    Gives  as ``intake.reasons``; also check ``purpose`` on ``status`` for a row that
           grants: to what, it does not say.
    """
    return step(
        f"reasons_{source}",
        f"""{own_reasons(source)}
        union all
        select row_id, 'status' as "column", 'purpose' as "check"
        from {ident("changed_" + source)}
        where problem is null and status in ('granted', 'pending')
        """,
    )
