"""Gone: the records that a full delivery no longer holds."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime

from regpipe.sql.intake import timestamp
from regpipe.sql.step import Step, ident, literal, step


def vanished(deliveries: Sequence[tuple[str, str]]) -> Step:
    """Give the live records that a full delivery no longer holds.

    Reads  ``seen_…`` of each source in ``deliveries``: its name and, as a SQL
           literal, the time of its delivery.
    Gives  one row per source and external_id with ``gone_at``.
    """
    parts = [
        f"""
        select s.source, s.external_id, {when} as gone_at
        from registry.source_records s
        anti join {ident("seen_" + source)} d on s.external_id = d.external_id
        where s.source = {literal(source)} and s.gone_at is null"""
        for source, when in deliveries
    ]
    none = (
        "select source, external_id, gone_at from registry.source_records where false"
    )
    return step("vanished", "\nunion all\n".join(parts) or none)


def delivered(moments: Iterable[datetime]) -> str:
    """Give the time of a delivery of several files: that of the latest, as SQL."""
    return timestamp(max(moments))


def shrinking() -> str:
    """Give the SELECT of how many live records each source has and loses.

    Gives  one row per source with ``vanished`` records: ``gone`` and ``held``.
    """
    return """
        select
            s.source,
            count(*) as held,
            count(v.source) as gone
        from registry.source_records s
        left join vanished v on s.source = v.source and s.external_id = v.external_id
        where s.gone_at is null and s.source in (select source from vanished)
        group by s.source
        """
