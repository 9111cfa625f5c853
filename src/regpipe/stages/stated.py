"""Stated: what the sources of a run state about consent, and what is odd about it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from regpipe.engine.protocol import Engine
from regpipe.fields import PROOF
from regpipe.spec import ConsentSource, OrderSource, Pipeline, Source
from regpipe.sql import stated as sql
from regpipe.sql.clean import consent_column, proof_column
from regpipe.sql.stated import Stated


def stated_by(name: str, source: Source, fields: Sequence[str]) -> tuple[Stated, ...]:
    """Give the columns in which the rows of a source state consent.

    ``fields`` are those that its rows have. An order's is dated by the order,
    unless it has a time of its own.
    """
    several = isinstance(source, ConsentSource) and bool(source.consents)
    assumes = source.treat_unknown_as is not None
    found = []
    for (purpose, channel), column in source.consents.items():
        said = consent_column(purpose, channel)
        at = f"{said}_at" if column.at else None
        if at is None and isinstance(source, OrderSource):
            at = "ordered_at"
        if at is None and isinstance(source, ConsentSource) and "at" in fields:
            at = "at"
        proof = {part: proof_column(said, part) for part in column.proof}
        if isinstance(source, ConsentSource):
            proof = {**{part: part for part in PROOF if part in fields}, **proof}
        found.append(
            Stated(
                name,
                source.kind,
                tuple(fields),
                purpose,
                channel,
                said,
                at,
                proof,
                assumes,
                several,
            )
        )
    if isinstance(source, ConsentSource) and "status" in fields:
        status = Stated(
            name,
            source.kind,
            tuple(fields),
            source.purpose,
            source.channel,
            "status",
            "at" if "at" in fields else None,
            {part: part for part in PROOF if part in fields},
            assumes and source.purpose is not None,
            several,
        )
        found.insert(0, status)
    return tuple(found)


def misdated(engine: Engine, columns: Sequence[Stated]) -> dict[str, int]:
    """Count, by source, the statements whose time is not believed."""
    found = {}
    for source, mine in _by_source(columns):
        dated = [each for each in mine if each.at is not None]
        if dated:
            counted = engine.collect(sql.misdated(dated))
            found[source] = int(counted["rows"][0].as_py())
    return found


def assumed(engine: Engine, columns: Sequence[Stated]) -> dict[str, int]:
    """Count, by source, the addresses that are taken to consent and never did.

    Reads  ``consent_events_new``.
    """
    found = {}
    for source, mine in _by_source(columns):
        if any(each.assumes for each in mine):
            counted = engine.collect(sql.assumed(source))
            found[source] = int(counted["addresses"][0].as_py())
    return found


def assuming(reader: Engine, pipeline: Pipeline) -> tuple[str, ...]:
    """Give the sources whose unknown counts as a yes: by the pipeline, or still."""
    held = reader.collect(sql.assuming())["source"].to_pylist()
    named = (n for n, s in pipeline.sources.items() if s.treat_unknown_as is not None)
    return tuple(sorted({*held, *named}))


def _by_source(columns: Sequence[Stated]) -> Iterator[tuple[str, list[Stated]]]:
    named: dict[str, list[Stated]] = {}
    for each in columns:
        named.setdefault(each.source, []).append(each)
    yield from named.items()


def told(notes: Mapping[str, int]) -> Iterator[str]:
    """Say what is odd about statements, from the notes of their merge."""
    for name, number in notes.items():
        what, _, source = name.partition(" ")
        if what == "misdated" and number:
            yield (
                f"{source}: {number} statements are dated in the future or before "
                "1995: they count as undated"
            )
        if what == "assumed":
            yield (
                f"sources.{source}: treat_unknown_as: granted: {number} addresses "
                "count as consenting that nobody asked"
            )
