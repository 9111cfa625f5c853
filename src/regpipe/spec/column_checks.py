"""What is wrong with the columns of a source: their names, options and lacks.

The checks read the file's values as they are and pass over whatever has the
wrong shape, which the models report.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from regpipe.errors import nearest
from regpipe.fields import STATED, WORDS
from regpipe.spec.columns import (
    CODED,
    NUMBER,
    Statement,
    field_of,
    fitting_options,
    known_fields,
    statement,
)
from regpipe.spec.types import CHANNEL, Fault, Place, among, quoted

_FOR = {
    "format": "dates, times, and consent with 'at'",
    "decimal": "amounts",
    "split": "lists (groups), status and consent.<purpose>",
    "country": "phones",
    "words": ", ".join((*WORDS, *CODED)),
    "html": "texts",
    "with": "external_id, order_id, customer_ref, full_name and shipping.name",
    "whole": "external_id, order_id and customer_ref",
    "yes": "flags (tax_exempt)",
    "no": "flags (tax_exempt)",
    **dict.fromkeys((*STATED, "unless", "at", "proof"), "consent.<purpose>"),
}
"""What each option of a column is for."""


def mapping(value: object) -> dict[str, object]:
    """Give a mapping of the file, or an empty one for whatever else is there."""
    return value if isinstance(value, dict) else {}


def mapped_fields(kind: str, columns: Mapping[str, object]) -> dict[str, str]:
    """Give the fields that the columns map, each with the name in the file."""
    return {
        field: name for name in columns if (field := field_of(kind, name)) is not None
    }


def column_faults(
    place: Place, kind: str, columns: Mapping[str, object]
) -> Iterator[Fault]:
    """Find unknown fields, fields mapped twice, and options that do not fit."""
    seen: dict[str | Statement, str] = {}
    for name, column in columns.items():
        field = field_of(kind, name)
        stated = statement(name)
        if field is None and stated is None:
            yield _unknown_field(place, kind, name)
            continue
        if stated is not None and stated[0] == "service":
            what = "'service' is no purpose of consent"
            yield Fault(place, what, "it names messages that need none", name)
        other = seen.setdefault(field or stated or "", name)
        if other != name:
            yield Fault(
                place,
                f"{quoted(name)} is mapped already, as {quoted(other)}",
                None,
                name,
            )
        yield from _option_faults((*place, name), kind, field, mapping(column))
    mapped = mapped_fields(kind, columns)
    both = [name for name in ("first_name", "last_name") if name in mapped]
    if "full_name" in mapped and both:
        what = f"full_name is mapped, and {' and '.join(both)} too"
        hint = "full_name is split into the two: map one or the other"
        yield Fault(place, what, hint, mapped["full_name"])


def _unknown_field(place: Place, kind: str, name: str) -> Fault:
    known = list(known_fields(kind))
    more = ", consent.<purpose>, consent.<purpose>.<channel>"
    if name.startswith("consent"):
        what = f"{quoted(name)} names no consent"
        hint = (
            "write consent.<purpose> or consent.<purpose>.<channel>, "
            "each a word of a-z, 0-9 and '_'"
        )
        return Fault(place, what, hint, name)
    hint = among(name, known, more)
    return Fault(place, f"unknown field {quoted(name)}", hint, name)


def _option_faults(
    place: Place, kind: str, field: str | None, column: Mapping[str, object]
) -> Iterator[Fault]:
    fitting = fitting_options(kind, field)
    timed = {"opt_in_at", "confirmed_at"} & {*mapping(column.get("proof"))}
    if field is None and "format" in column and "at" not in column and not timed:
        what = "'format' is that of 'at', which is missing"
        yield Fault(place, what, "name the column of the consent's own time", "format")
    for option in column:
        if option in _FOR and option not in fitting:
            yield Fault(
                place,
                f"{quoted(option)} does not fit this field",
                f"it is for {_FOR[option]}",
                option,
            )
    vocabulary = WORDS.get(field or "", ())
    stated = STATED if field is None else vocabulary
    for name, word in mapping(column.get("by_name")).items():
        if stated and isinstance(word, str) and word not in stated:
            what = f"unknown word {quoted(word)}"
            yield Fault((*place, "by_name", name), what, among(word, stated))
    for word in mapping(column.get("words")) if vocabulary else ():
        if word not in vocabulary:
            what = f"unknown word {quoted(word)}"
            yield Fault((*place, "words"), what, among(word, vocabulary), word)


_OF_PARTS = ("from", "aliases", "optional", "decimal")
"""The options of a line's column that names a part of packed items."""


def item_faults(
    place: Place, columns: Mapping[str, object], *, packed: bool
) -> Iterator[Fault]:
    """Find columns of lines that do not fit several items in a row.

    Either all of them are numbered or none is; the parts of ``packed`` items are
    texts of one cell, and numbered columns have no constants and no conditions.
    """
    lines = {
        name: column if isinstance(column, dict) else {"from": column}
        for name, column in columns.items()
        if (field_of("orders", name) or "").startswith("line_")
    }
    numbered = [name for name, said in lines.items() if NUMBER in str(said.get("from"))]
    if packed and not lines:
        what = "'items' needs a column of a line, such as line.sku: sku"
        yield Fault(place, what, "its columns are the names of an item's parts")
    if packed and numbered:
        what = (
            f"{quoted(numbered[0])} is numbered, and 'items' packs them into one cell"
        )
        yield Fault(place, what, "say one or the other", numbered[0])
    if not packed and not numbered:
        return
    for name, said in lines.items():
        if not packed and name not in numbered and "from" in said:
            what = f"{quoted(name)} has no {NUMBER} in its column, and others have"
            yield Fault(place, what, "such as Item {n} Name", name)
        for option in said:
            if option not in _OF_PARTS and (packed or option in ("value", "when")):
                what = f"{quoted(option)} does not fit a row of several items"
                yield Fault((*place, name), what, None, option)


def unnumbered(place: Place, columns: Mapping[str, object]) -> Iterator[Fault]:
    """Find the columns that are named where the file has no header."""
    for name, column in columns.items():
        plain = isinstance(column, str)
        named = {"from": column} if plain else mapping(column)
        for key, status, header in _headers(named):
            if isinstance(header, str) and not re.fullmatch("[1-9][0-9]*", header):
                inner: Place = (name,) if plain else (name, key)
                at = (*place, *inner, status) if status else (*place, *inner)
                what = f"{quoted(header)} is no number, and the file has no header"
                yield Fault(at, what, "its columns are 1, 2, 3, ...")


def _headers(column: Mapping[str, object]) -> Iterator[tuple[str, str, object]]:
    """Give every column of the file that a field names: its key, status and header."""
    for name, said in mapping(column.get("proof")).items():
        told = mapping(said).get("from") if isinstance(said, dict) else said
        for header in told if isinstance(told, list) else [told]:
            yield "proof", name, header
    for key in ("from", "unless", "at", "with"):
        named = column.get(key)
        by_status = mapping(named)
        for header in named if isinstance(named, list) else [named]:
            yield key, "", header
        for status, header in by_status.items():
            yield key, status, header
    for header in mapping(column.get("when")):
        yield "when", "", header


def lacking(
    place: Place, kind: str, columns: Mapping[str, object], source: Mapping[str, object]
) -> Iterator[Fault]:
    """Find the fields that a source of that kind cannot do without.

    The address that a consent is about is not lacking where a misspelt field was
    meant to be it.
    """
    mapped = {*mapped_fields(kind, columns)}
    stating = {name: told for name in columns if (told := statement(name)) is not None}
    if kind == "customers" and not mapped & {"external_id", "email"}:
        hint = "rows are told apart by external_id, or without one by email"
        yield Fault(place, "external_id or email must be mapped", hint)
    if kind == "consents" and "status" not in mapped and not stating:
        hint = "or consent.<purpose>, one for each thing that a row speaks of"
        yield Fault(place, "status must be mapped", hint)
    for field in ("order_id", "ordered_at") if kind == "orders" else ():
        if field not in mapped:
            yield Fault(place, f"{field} must be mapped")
    channel = source.get("channel", "email")
    known = isinstance(channel, str) and re.fullmatch(CHANNEL, channel)
    if kind == "consents" and known and not (stating and "status" not in mapped):
        for field in address_of(known[0]):
            if field not in mapped:
                hint = f"statements by {known[0]} are about it"
                yield Fault(place, f"{field} must be mapped", hint)
    purpose = source.get("purpose") if kind == "consents" else None
    if "treat_unknown_as" in source and not stating and purpose is None:
        what = "the source states no consent to a purpose"
        hint = "map a column to consent.<purpose>"
        yield Fault((*place[:-1], "treat_unknown_as"), what, hint)
    mapped.update(_meant(kind, columns))
    for name, (_, channel) in stating.items():
        for field in address_of(channel):
            if field not in mapped:
                what = f"{field} must be mapped"
                yield Fault(place, what, f"{quoted(name)} is about it", name)


def _meant(kind: str, columns: Mapping[str, object]) -> Iterator[str]:
    known = list(known_fields(kind))
    for name in columns:
        if field_of(kind, name) is None and statement(name) is None:
            yield nearest(name, known) or ""


def address_of(channel: str) -> tuple[str, ...]:
    """Give the fields that hold the address by which a channel reaches people.

    >>> address_of("sms"), address_of("post")
    (('phone',), ('street', 'postcode'))
    """
    if channel == "post":
        return ("street", "postcode")
    return ("email",) if channel == "email" else ("phone",)
