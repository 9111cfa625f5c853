"""Erased: whose row it is, by the keyed hashes that an erasure leaves behind.

An address that the person alone had is enough. A phone passes on to others, and a
household shares one: of a row with a first name that counts, too, unless none was
known of the person. What other customers
have as well (a shared mailbox, a switchboard) counts with the whole name only.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa

from regpipe.engine.protocol import Engine
from regpipe.errors import DataError
from regpipe.registry.erasure_key import ErasureKey, key_in_use
from regpipe.sql.erased import Whose, erased, fingerprints, people
from regpipe.stages.name_keys import first_cell, last_cell

EMAIL, EMAIL_NAME = "email", "email+name"
PHONE, PHONE_FIRST, PHONE_NAME = "phone", "phone+first", "phone+name"
RECORD = "record"
ROW = "row"
"""A row that was rejected, as it stands in its file: nobody could read whose it is."""

ANYBODY = ""
"""Stands for the first name of a person of whom none was known: it may be any."""

Hashed = tuple[str, str]
"""A kind of identifier, and its keyed hash."""

_ERRORS = pa.list_(pa.struct([("column", pa.string()), ("check", pa.string())]))
_FOUND = [{"column": "", "check": "erased"}]


@dataclass(frozen=True)
class Name:
    """The keys of a person's names, None where there is none."""

    first: str | None
    last: str | None

    @property
    def whole(self) -> str | None:
        """Give both keys as one text, in whatever order they came."""
        keys = sorted(filter(None, (self.first, self.last)))
        return " ".join(keys) or None


NAMELESS = Name(None, None)
"""Of whom no name is known."""


def name_of(first: str | None, last: str | None) -> Name:
    """Give the keys of a first and a last name as they are in their cells."""
    own, other = first_cell(first or ""), last_cell(last or "")
    return Name(own.key or other.other, other.key or own.other)


def hashes_of_person(
    key: ErasureKey,
    records: Iterable[tuple[str, str]],
    names: Iterable[Name],
    own: Iterable[str],
    shared: Iterable[str],
) -> set[Hashed]:
    """Give the hashes that keep a person out.

    ``own`` are the e-mails and phones that nobody else has, ``shared`` the others.
    """
    known = set(names)
    found = {(RECORD, key.hash(RECORD, *record)) for record in records}
    for address in own:
        if "@" in address:
            found.add((EMAIL, key.hash(EMAIL, same_address(address))))
            continue
        found.add((PHONE, key.hash(PHONE, address)))
        firsts = {name.first for name in known if name.first} or {ANYBODY}
        found |= {(PHONE_FIRST, key.hash(PHONE_FIRST, address, f)) for f in firsts}
    for address in shared:
        kind = EMAIL_NAME if "@" in address else PHONE_NAME
        wholes = {name.whole for name in known if name.whole}
        text = same_address(address)
        found |= {(kind, key.hash(kind, text, whole)) for whole in wholes}
    return found


def same_address(address: str) -> str:
    """Give an address without case, its letters composed; a part behind + stays.

    >>> same_address("JÖRG+Shop@X.se")
    'jörg+shop@x.se'
    """
    return unicodedata.normalize("NFKC", address.strip()).casefold()


@dataclass(frozen=True)
class Recognise:
    """Knows erased people among rows of ``PERSON``, a batch at a time.

    ``hashes`` are those that keep people out; a name is looked at where one counts.
    """

    key: ErasureKey
    hashes: frozenset[Hashed]

    def __call__(self, batch: pa.RecordBatch) -> pa.Array:
        """Give for each person an error where they were erased, else null."""
        columns = {name: batch[name].to_pylist() for name in batch.schema.names}
        source, *named = columns
        nothing = [None] * batch.num_rows
        record = next((n for n in named if n in ("external_id", "customer_ref")), "")
        cells = (record, "email", "phone", "first_name", "last_name")
        rows = zip(
            columns[source],
            *(columns.get(name, nothing) for name in cells),
            strict=True,
        )
        shared = any(kind in (EMAIL_NAME, PHONE_NAME) for kind, _ in self.hashes)
        found = [_FOUND if self._known(shared, *row) else None for row in rows]
        return pa.array(found, _ERRORS)

    def _known(
        self,
        shared: bool,
        source: str | None,
        number: str | None,
        email: str | None,
        phone: str | None,
        first: str | None,
        last: str | None,
    ) -> bool:
        """Tell whether a row is of a person who was erased."""
        if source and number and self._has(RECORD, source, number):
            return True
        email = email and same_address(email)
        if email and self._has(EMAIL, email):
            return True
        theirs = bool(phone) and self._has(PHONE, phone or "")
        if not (theirs or (shared and (email or phone))):
            return False
        name = name_of(first, last)
        if theirs and (
            not name.first
            or self._has(PHONE_FIRST, phone or "", name.first)
            or self._has(PHONE_FIRST, phone or "", ANYBODY)
        ):
            return True
        whole = name.whole
        return bool(
            whole
            and (
                (email and self._has(EMAIL_NAME, email, whole))
                or (phone and self._has(PHONE_NAME, phone, whole))
            )
        )

    def _has(self, kind: str, *parts: str) -> bool:
        return (kind, self.key.hash(kind, *parts)) in self.hashes


@dataclass(frozen=True)
class RecogniseRows:
    """Knows rows of a source by their fingerprint, a batch at a time."""

    key: ErasureKey
    hashes: frozenset[Hashed]
    source: str

    def __call__(self, batch: pa.RecordBatch) -> pa.Array:
        """Give for each fingerprint an error where its row was erased, else null."""
        found = [
            _FOUND if row_hash(self.key, self.source, mark) in self.hashes else None
            for mark in batch["fingerprint"].to_pylist()
        ]
        return pa.array(found, _ERRORS)


def row_hash(key: ErasureKey, source: str, fingerprint: int) -> Hashed:
    """Give the hash by which a row of a source is known as it stands in its file."""
    return ROW, key.hash(ROW, source, str(fingerprint))


def recogniser(engine: Engine, registry: Path) -> Recognise | None:
    """Give what knows the people that the registry has erased; None without any.

    Raises RegistryError when the key of its hashes is missing, or another one.
    """
    key = key_in_use(engine, registry)
    if key is None:
        return None
    held = engine.collect("select kind, hash from registry.erased_identifiers")
    pairs = zip(held["kind"].to_pylist(), held["hash"].to_pylist(), strict=True)
    return Recognise(key, frozenset(pairs))


def refuse_erased(engine: Engine, registry: Path, addresses: Sequence[str]) -> None:
    """Stop where a person notes something of an address that was erased.

    Raises DataError, and RegistryError when the key of the hashes cannot be used.
    """
    recognise = recogniser(engine, registry) if addresses else None
    if recognise is None:
        return
    for address in addresses:
        hashes = hashes_of_person(recognise.key, [], [NAMELESS], [address], [])
        if not recognise.hashes.isdisjoint(hashes):
            raise DataError.at(
                "erased",
                "the address was erased, and is kept out",
                "'regpipe erasures readmit' lets somebody back who asks for it",
            )


def keep_out(
    engine: Engine,
    about: Whose,
    recognise: Recognise | None,
    *,
    any_unchanged: bool,
    said: bool = False,
) -> list[str]:
    """Leave ``erased_…``, the rows of erased people; give its name if it has any."""
    hashed = recognise is not None and bool(about.columns)
    rows = recognise is not None and any(kind == ROW for kind, _ in recognise.hashes)
    if recognise is not None and hashed:
        select = people(about, any_unchanged=any_unchanged)
        engine.map_batches(about.recognised, select, recognise)
    if recognise is not None and rows:
        select = fingerprints(about, any_unchanged=any_unchanged)
        known = RecogniseRows(recognise.key, recognise.hashes, about.source)
        engine.map_batches(about.known_rows, select, known)
    out = erased(
        about, any_unchanged=any_unchanged, hashed=hashed, said=said, rows=rows
    )
    found = engine.make(out)
    if recognise is not None:
        engine.drop(about.recognised, about.known_rows)
    return [out.name] if found else []
