"""Folding: a row per customer, out of files with several for one."""

from __future__ import annotations

from collections.abc import Sequence

from regpipe.engine.protocol import Engine
from regpipe.spec import CustomerSource, Source
from regpipe.sql import pieces as sql
from regpipe.sql.clean import consent_column, proof_column


def fold(engine: Engine, source: str, spec: Source, columns: Sequence[str]) -> None:
    """Leave ``rows_…``, a row per customer, out of files with several for one."""
    statements = {}
    for stated, column in spec.consents.items():
        said = consent_column(*stated)
        times = (f"{said}_at",) if column.at else ()
        proof = (proof_column(said, part) for part in column.proof)
        statements[said] = (*times, *proof)
    as_above = isinstance(spec, CustomerSource) and spec.rows == "as_above"
    engine.make(sql.pieces(source, as_above=as_above))
    engine.make(sql.heads(source))
    engine.make(sql.folded(source, columns, statements))
