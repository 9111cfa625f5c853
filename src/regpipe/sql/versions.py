"""Versions: the newest that came of each record with a reject, and what came back."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from regpipe.sql.intake import FILE_SPAN
from regpipe.sql.rejects import Versions
from regpipe.sql.step import Step, ident, literal, step


@dataclass(frozen=True)
class Arrived:
    """A source of a run, as far as rejects care.

    ``rejects`` tells whether any of its rows was rejected, ``replayed`` whether they
    are mended ones, with their rejects in the table ``replayed``. ``again`` are the
    files that were read before: their number in the run and their sha256.
    """

    versions: Versions
    rejects: bool
    replayed: bool
    again: tuple[tuple[int, str], ...]

    @property
    def source(self) -> str:
        """Give the name of the source."""
        return self.versions.source


def versions(arrived: Sequence[Arrived], file_ids: int) -> Step:
    """Give every version that ever came of each record with a reject.

    Rejected versions count, too, but not among statements: each is one by itself.

    Reads  ``reject_keys``, ``rejects_standing``, and of each source ``rows_…``
           (``heads_…`` of orders) without the rejected and the erased.
    Gives  one row per source, record_key and version: ``dated`` (its own time, else
           its file's), delivered_at, file_id, row_number; ``repeated``: that it is
           a held reject that was seen again.
    """
    parts = [part for each in arrived for part in _versions(each, file_ids)]
    listed = "\n          union all".join(parts) or _closed("false")
    return step(
        "versions",
        f"""
        with listed as ({listed}
        )
        select v.source, v.record_key, {_PLACE}, v.repeated
        from listed v
        semi join reject_keys k
          on v.source = k.source and v.record_key = k.record_key
        """,
    )


def newest_versions() -> Step:
    """Give the newest version of each record: by its time, then by its file's.

    Reads  ``versions``.
    Gives  one row per source and record_key: its times, file_id and row_number.
    """
    return step(
        "newest_versions",
        f"""
        with placed as (
          select
              v.*,
              row_number() over (
                partition by v.source, v.record_key
                order by
                  v.dated desc nulls last,
                  v.delivered_at desc,
                  v.file_id desc,
                  v.row_number
              ) as place
          from versions v
        )
        select v.source, v.record_key, {_PLACE}
        from placed v
        where place = 1
        """,
    )


_PLACE = "v.dated, v.delivered_at, v.file_id, v.row_number"


def _versions(each: Arrived, file_ids: int) -> list[str]:
    """Give a SELECT for each place that holds versions of a source's records."""
    about = each.versions
    source = literal(each.source)
    found = [_arrived(each, file_ids), _closed(f"source = {source}")]
    if about.statements:
        return [*found, _held_statements(source)]
    held = "registry.orders" if about.orders else "registry.source_records"
    return [
        *found,
        _kept(held, ident(about.key), source),
        _kept("registry.rejects_history", "record_key", source),
        _kept("rejects_standing", "record_key", source, since="held_from"),
        _kept("rejects_standing", "record_key", source, repeated=True),
    ]


def _kept(
    table: str,
    key: str,
    source: str,
    *,
    since: str = "delivered_at",
    repeated: bool = False,
) -> str:
    again = " and seen_again" if repeated else ""
    return f"""
          select
              source,
              {key} as record_key,
              coalesce(updated_at, {since}) as dated,
              {since} as delivered_at,
              file_id,
              row_number,
              {str(repeated).lower()} as repeated
          from {table}
          where source = {source}{again}"""


def _closed(which: str) -> str:
    """Give the SELECT of the versions that closed rejects before."""
    return f"""
          select
              source,
              record_key,
              good_dated as dated,
              good_delivered as delivered_at,
              file_id,
              row_number,
              false as repeated
          from registry.reject_closures
          where {which} and good_dated is not null"""


def _arrived(each: Arrived, file_ids: int) -> str:
    """Give the SELECT of the records that came, without those rejected or erased."""
    about = each.versions
    rows, number = ident("rows_" + each.source), "r.row_number"
    out: tuple[str, ...] = ("reasons_", "erased_")
    if about.orders:
        rows = ident("heads_" + each.source)
        number = f"r.row_id - r.file_no * {FILE_SPAN}"
        out = ("bad_", "erased_")
    time = "cast(null as timestamp)"
    if about.own_time is not None:
        time = f"r.{ident(about.own_time)}"
    antis = "".join(
        f"""
          anti join {ident(prefix + each.source)} x{i} on r.row_id = x{i}.row_id"""
        for i, prefix in enumerate(out)
    )
    return f"""
          select
              {literal(each.source)} as source,
              r.{ident(about.key)} as record_key,
              coalesce({time}, r.delivered_at) as dated,
              r.delivered_at,
              {file_ids} + r.file_no as file_id,
              {number} as row_number,
              false as repeated
          from {rows} r{antis}"""


def _held_statements(source: str) -> str:
    return f"""
          select
              e.source,
              e.external_id as record_key,
              coalesce(e.stated_at, c.good_delivered, f.delivered_at) as dated,
              coalesce(c.good_delivered, f.delivered_at) as delivered_at,
              e.file_id,
              e.row_number,
              false as repeated
          from registry.consent_events e
          join registry.run_files f on e.file_id = f.file_id
          left join registry.reject_closures c
            on e.file_id = c.file_id and e.row_number = c.row_number
            and c.how = 'mended'
          where e.source = {source}"""


def rows_again(arrived: Sequence[Arrived], file_ids: int) -> Step:
    """Give the rows that are known to be rejected ones come back.

    Those that were mended and are replayed; and those of a file that was read
    before, at the same place.

    Gives  one row per ``reject_id`` and row: ``how`` it closes the reject if it is
           good, its times and place, its fingerprint, and ``occurrence``: that of the
           rejected row that it is, null where it is good.
    """
    parts = []
    for each in arrived:
        joined = each.versions.joined(each.versions.rows)
        if each.replayed:
            parts.append(
                _again(
                    each,
                    "p.reject_id",
                    "mended",
                    f"{joined} join replayed p on r.row_number = p.row_number",
                    file_ids,
                )
            )
        for file_no, sha256 in each.again:
            known = f"""(
            select h.reject_id, h.row_number
            from registry.rejects h
            join registry.run_files f on h.file_id = f.file_id
            where h.source = {literal(each.source)} and f.sha256 = {literal(sha256)}
          )"""
            place = f"r.file_no = {file_no} and r.row_number = p.row_number"
            rows = f"{joined} join {known} p on {place}"
            parts.append(_again(each, "p.reject_id", "taken", rows, file_ids))
    return step("rows_again", "\n          union all".join(parts) or _NOTHING_AGAIN)


_NOTHING_AGAIN = """
    select
        reject_id, how, source, good_dated as dated,
        good_delivered as delivered_at, file_id, row_number, fingerprint, occurrence
    from registry.reject_closures where false"""


def _again(each: Arrived, reject_id: str, how: str, rows: str, file_ids: int) -> str:
    occurrence, bad = "cast(null as bigint)", ""
    if each.rejects:
        occurrence = "x.occurrence"
        bad = f"""
          left join {ident("rejected_" + each.source)} x on r.row_id = x.row_id"""
    return f"""
          select
              {reject_id} as reject_id,
              {literal(how)} as how,
              {literal(each.source)} as source,
              coalesce({each.versions.time}, r.delivered_at) as dated,
              r.delivered_at,
              {file_ids} + r.file_no as file_id,
              r.row_number,
              r.fingerprint,
              {occurrence} as occurrence
          from {rows}{bad}"""
