"""Proof of a list that was sent: for each of its rows, what allowed it."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa

from regpipe.engine.protocol import Engine
from regpipe.errors import DataError, InputFileError
from regpipe.reading.frame import Frame
from regpipe.registry.opening import as_of_run
from regpipe.registry.rules import consent_of
from regpipe.sql.customer_view import address_column, customers
from regpipe.sql.gate import SERVICE
from regpipe.sql.lists import Selection, selected
from regpipe.sql.proof import MEANT, PROVED, ROWS, meant, proved
from regpipe.sql.segment import EVERYBODY
from regpipe.stages.sent_lists import NUMBER, SentList, rows_of
from regpipe.stages.words import leave_words

_LIST = "proof"


@dataclass(frozen=True)
class Proof:
    """What allowed the rows of one file of a list, as it was known to its run.

    ``changed`` tells that the file is not as it was written. ``rows`` has one row per
    row of the file, in its order (see ``sql.proof.proved``); it is empty where the
    purpose needs no consent (``needed`` is false).
    """

    sent: SentList
    changed: bool
    needed: bool
    rows: Frame

    @property
    def not_allowed(self) -> tuple[Mapping[str, Any], ...]:
        """Give the rows that nothing allows: ``row_number`` and ``refusal``."""
        table = self.rows.arrow().select(["row_number", "refusal"])
        return tuple(row for row in table.to_pylist() if row["refusal"] is not None)

    def as_dict(self) -> dict[str, Any]:
        """Give it all as plain dicts and lists."""
        sent = self.sent
        return {
            "file": str(sent.path),
            "export": sent.export,
            "purpose": sent.purpose,
            "channel": sent.channel,
            "group": sent.group,
            "run": sent.run,
            "as_of": sent.as_of,
            "written_rows": sent.rows,
            "changed": self.changed,
            "consent_needed": self.needed,
            "rows": self.rows.arrow().to_pylist(),
        }


def proof(engine: Engine, registry: Path, sent: SentList, column: str | None) -> Proof:
    """Give what allowed each row of a list.

    ``engine`` reads the ``registry``. ``column`` is that of the address, where the
    manifest does not say.

    Raises InputFileError when the file cannot be read or nobody says which column has
    the address, DataError when it is no list to prove or of a later run than the
    registry knows.
    """
    shown = str(sent.path)
    if sent.refusals:
        raise DataError.at(
            shown,
            f"holds who must not be written to ({sent.refusals})",
            "name the list",
        )
    if not sent.path.is_file():
        raise InputFileError.at(shown, "there is no such file")
    with sent.path.open("rb") as file:
        changed = hashlib.file_digest(file, "sha256").hexdigest() != sent.sha256
    if sent.purpose == SERVICE:
        return Proof(sent, changed, needed=False, rows=Frame(_NO_ROWS))
    address = column or sent.address or sent.numbered
    if not address:
        raise InputFileError.at(
            shown,
            "its manifest does not say which column has the address",
            f"name it with --column: {', '.join(sent.columns)}; a list for letters is "
            "known by customer_id",
        )
    by_number = address.casefold() == NUMBER
    rows = _rows(sent, address)
    last = engine.collect("select max(run_id) as run from registry.runs")["run"][0]
    if sent.run is None or sent.run > (last.as_py() or 0):
        raise DataError.at(
            shown,
            f"was made from run {sent.run}, which the registry does not know",
            "name the registry that it was made from",
        )
    with as_of_run(registry, sent.run) as past:
        return Proof(
            sent,
            changed,
            needed=True,
            rows=Frame(_proved(past, sent, rows, by_number=by_number)),
        )


def _proved(
    past: Engine, sent: SentList, rows: pa.Table, *, by_number: bool
) -> pa.Table:
    """Ask the gate about the customers that the rows of the file are about."""
    column = address_column(sent.channel)
    who = Selection(
        name=_LIST,
        purpose=sent.purpose,
        channel=sent.channel,
        segment=EVERYBODY,
        by_group=False,
        columns=(column,),
        consent=sent.consent or consent_of(past),
    )
    past.put(ROWS, rows)
    past.make(meant(sent.channel, by_number=by_number))
    past.make(customers(who.read, (), sent.as_of, only=MEANT))
    leave_words(past, who.words, who.consent, sent.as_of)
    past.make(selected(who, sent.as_of))
    past.make(proved(who, sent.as_of, by_number=by_number))
    return past.collect(f"select * from {PROVED} order by row_number")


def _rows(sent: SentList, column: str) -> pa.Table:
    numbers: list[int] = []
    addresses: list[str] = []
    for number, address, _ in rows_of(sent, column):
        numbers.append(number)
        addresses.append(address)
    return pa.table(
        {
            "row_number": pa.array(numbers, pa.int64()),
            "address": pa.array(addresses, pa.string()),
        }
    )


_NO_ROWS = pa.table(
    {
        "row_number": pa.array([], pa.int64()),
        "address": pa.array([], pa.string()),
        "refusal": pa.array([], pa.string()),
    }
)
