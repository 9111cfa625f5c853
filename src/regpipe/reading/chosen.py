"""Why a field of a golden record says what it does: who said what, and who won."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType
from typing import Any

from regpipe.engine.protocol import Engine
from regpipe.reading import because
from regpipe.sql import deltas, golden, standing
from regpipe.sql.golden import FIELDS, Survival
from regpipe.sql.step import Step
from regpipe.stages.survivorship import settable

Row = Mapping[str, Any]

BY_HAND = "by hand"
"""The rule of a field that a person set."""

PARTS: Mapping[str, tuple[str, str]] = MappingProxyType(
    {
        **{part: ("billing", part) for part in golden.ADDRESS},
        "shipping_name": ("shipping", "name"),
        **{f"shipping_{part}": ("shipping", part) for part in golden.ADDRESS},
    }
)
"""The parts of an address, and the address that each survives with."""

NAMES = ("first_name", "last_name")
"""What a full name is made of."""

ANSWERS = (*FIELDS[:5], "full_name", *FIELDS[5:], "groups", *PARTS)
"""The fields that one can ask about, besides consents."""


@dataclass(frozen=True)
class Said:
    """What one record says of a field, and where that was read.

    ``original`` is the text of the cell where the value reads otherwise (of an
    address those of its parts), ``run_id`` the run that read the file, ``updated_at``
    the record's own time (null: older than any), ``why`` in words why it was taken or
    not.
    """

    value: Any
    original: Any
    taken: bool
    why: str
    source: str
    external_id: str
    file: str
    row_number: int
    run_id: int
    updated_at: datetime | None


@dataclass(frozen=True)
class Chosen:
    """A field of the golden record: its value, the rule, and what each record says.

    ``said`` has the record that won first, the others as the rule ranks them, then
    those that are gone. Of groups every record may be taken; by hand none is.
    ``as_held`` is false where the rules known do not give what the registry holds.
    """

    field: str
    value: Any
    rule: str
    sources: tuple[str, ...]
    because: str
    set_by: str | None
    set_at: datetime | None
    as_held: bool
    said: tuple[Said, ...]

    @property
    def winner(self) -> Said | None:
        """Give the record that the value was taken from; None without one."""
        return next((each for each in self.said if each.taken), None)


def chosen(
    engine: Engine,
    customer_id: int,
    held: Row,
    records: Sequence[Row],
    rules: Sequence[Mapping[str, Survival]],
) -> tuple[int, tuple[Chosen, ...]]:
    """Give every field of a golden record with what its records say of it.

    ``held`` is the golden record in the registry (``groups`` by their names and, as
    ``group_keys``, by their keys), ``records`` are its records with their files.
    ``rules`` are those it may have been worked out by, the latest first; of them the
    first counts by which it is what the registry holds, else the first of all. Gives
    that one's place among them, too.
    """
    gone: Sequence[Row] = ()
    if any(row["gone_at"] is not None for row in records):
        gone = _standing(engine, customer_id, rules[0], gone=True)
    by_hand = _by_hand(engine, customer_id)
    places = {(row["source"], row["external_id"]): row for row in records}
    found: list[tuple[Chosen, ...]] = []
    for survival in rules:
        present = _standing(engine, customer_id, survival, gone=False)
        fields = tuple(
            _choice(f, held, survival[f], by_hand.get(f), present, gone, places)
            for f in (*FIELDS, "groups")
        )
        if all(each.as_held for each in fields):
            return len(found), fields
        found.append(fields)
    return 0, found[0]


def part(whole: Chosen, name: str) -> Chosen:
    """Give what is known of one part of an address that was chosen as a whole."""
    _, inner = PARTS[name]

    def cut(value: Row | None) -> Any:
        return value[inner] if value is not None else None

    said = tuple(
        Said(
            **{
                **vars(each),
                "value": cut(each.value),
                "original": (each.original or {}).get(inner),
            }
        )
        for each in whole.said
    )
    return Chosen(
        **{
            **vars(whole),
            "field": name,
            "value": cut(whole.value),
            "because": f"part of {whole.field}, an address taken whole: "
            f"{whole.because}",
            "said": said,
        }
    )


def _standing(
    engine: Engine, customer_id: int, rules: Mapping[str, Survival], *, gone: bool
) -> Sequence[Row]:
    """Give what the records of a customer say, there or gone, as golden ranks it."""
    engine.make(standing.present_of(customer_id, gone=gone))
    engine.make(standing.standing(rules))
    rows = engine.collect("select * from standing").to_pylist()
    named = engine.collect(
        "select source, external_id, lower(name) as group_key from "
        "(select source, external_id, unnest(groups) as name from present)"
    ).to_pylist()
    keys: dict[tuple[str, str], set[str]] = defaultdict(set)
    for row in named:
        keys[row["source"], row["external_id"]].add(row["group_key"])
    return [
        {**row, "group_keys": keys[row["source"], row["external_id"]]} for row in rows
    ]


def _by_hand(engine: Engine, customer_id: int) -> Mapping[str, Row]:
    """Give what people set by hand and is in force, by field."""
    for table in ("overrides", "customer_redirects"):
        none = f"select * from registry.{table} where false"
        for name in (f"{table}_new", f"{table}_gone"):
            engine.make(Step(name, none))
    found = engine.collect(
        f"select * from ({deltas.overrides_in_force().select}) "
        f"where customer_id = {customer_id}"
    ).to_pylist()
    return {row["field"]: row for row in found if row["field"] in settable()}


def _choice(
    field: str,
    held: Row,
    how: Survival,
    by_hand: Row | None,
    present: Sequence[Row],
    gone: Sequence[Row],
    places: Mapping[tuple[str, str], Row],
) -> Chosen:
    rank = f"rank_{field}"
    speaking = sorted(
        (row for row in present if row[rank] is not None), key=lambda row: row[rank]
    )
    times = {key: place["updated_at"] for key, place in places.items()}
    as_held = by_hand is not None or _gives(field, how, speaking, held)
    counts = as_held and by_hand is None
    said = []
    for row in speaking:
        taken = row is speaking[0] or how.rule == "union"
        why = because.not_taken(field, how, row, speaking, times)
        if by_hand is not None:
            why = "set by hand"
        elif not as_held:
            why = "not what the registry holds"
        said.append(
            Said(
                value=row[field],
                taken=taken and counts,
                why=because.TAKEN if taken and counts else why,
                **_place(field, row, places),
            )
        )
    said += [
        Said(
            value=row[field],
            taken=False,
            why=because.GONE,
            **_place(field, row, places),
        )
        for row in gone
        if row[rank] is not None
    ]
    words = because.rule_in_words(field, how, len(speaking))
    if by_hand is not None:
        words = because.BY_HAND
    elif not as_held:
        words = because.NO_LONGER
    return Chosen(
        field=field,
        value=held[field],
        rule=BY_HAND if by_hand else "strongest" if field == "kind" else how.rule,
        sources=() if by_hand or field == "kind" else how.sources,
        because=words,
        set_by=by_hand["set_by"] if by_hand else None,
        set_at=by_hand["set_at"] if by_hand else None,
        as_held=as_held,
        said=tuple(said),
    )


def _gives(field: str, how: Survival, speaking: Sequence[Row], held: Row) -> bool:
    """Tell whether the records that have a value give what the registry holds."""
    if field != "groups":
        return bool(held[field] == (speaking[0][field] if speaking else None))
    chosen = speaking if how.rule == "union" else speaking[:1]
    return bool(held["group_keys"] == {k for row in chosen for k in row["group_keys"]})


_WRITTEN: Mapping[str, str] = MappingProxyType(
    {
        **dict.fromkeys(NAMES, "full_name"),
        **{field: field for field in ("email", "phone", "vat_id", "org_number")},
    }
)
"""The cell whose text is kept for a field."""


def _place(
    field: str, row: Row, places: Mapping[tuple[str, str], Row]
) -> dict[str, Any]:
    """Give where a record stands in its file, and what it says there word by word."""
    place = places[row["source"], row["external_id"]]
    names = ("source", "external_id", "file", "row_number", "run_id", "updated_at")
    texts = place.get("originals") or {}
    if field == "billing":
        parts = {p: texts[p] for p in ("postcode", "country") if texts.get(p)}
        original: Any = parts or None
    else:
        original = texts.get(_WRITTEN.get(field, ""))
    return {"original": original, **{name: place[name] for name in names}}
