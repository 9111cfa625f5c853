"""Gone: the records that a full delivery no longer holds."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime

from regpipe.sql.intake import last_delivered, timestamp
from regpipe.sql.step import Step, ident, literal, step


def vanished(deliveries: Sequence[tuple[str, str]], *, deleted: bool = False) -> Step:
    """Give the live records that a full delivery no longer holds.

    A delivery older than the source's latest takes nobody away. With ``deleted`` also
    those that a person deletes.

    Reads  ``seen_…`` of each source in ``deliveries``: its name and, as a SQL
           literal, the time of its delivery; ``records_deleted``.
    Gives  one row per source and external_id with ``gone_at``.
    """
    but = ""
    if deleted:
        but = """
        anti join records_deleted r
          on s.source = r.source and s.external_id = r.external_id"""
    parts = [
        f"""
        select s.source, s.external_id, {when} as gone_at
        from registry.source_records s
        anti join {ident("seen_" + source)} d on s.external_id = d.external_id{but}
        left join ({last_delivered(source)}) l on s.source = l.source
        where s.source = {literal(source)} and s.gone_at is null
          and coalesce(l.at <= {when}, true)"""
        for source, when in deliveries
    ]
    if deleted:
        parts.append("""
        select s.source, s.external_id, r.deleted_at as gone_at
        from registry.source_records s
        join records_deleted r
          on s.source = r.source and s.external_id = r.external_id
        where s.gone_at is null""")
    none = (
        "select source, external_id, gone_at from registry.source_records where false"
    )
    return step("vanished", "\nunion all\n".join(parts) or none)


def deletions_gone() -> Step:
    """Give the deletions that a version of their record takes back."""
    return step(
        "deletions_gone",
        """
        select d.source, d.external_id
        from registry.deletions d
        semi join incoming i on d.source = i.source and d.external_id = i.external_id
        union
        select d.source, d.external_id
        from registry.deletions d
        semi join records_deleted n
          on d.source = n.source and d.external_id = n.external_id
        """,
    )


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
