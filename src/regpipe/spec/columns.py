"""What the columns of a source may say: one field from one column of the file."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Annotated, Any, Literal, Self

from pydantic import BeforeValidator, Field, StrictBool, model_validator

from regpipe.fields import FIELDS, KEYS, STATED, FieldType
from regpipe.spec.column_types import (
    Country,
    Formats,
    Header,
    Headers,
    Moments,
    Proof,
    Separator,
)
from regpipe.spec.types import (
    CHANNEL,
    WORD,
    Fault,
    Filled,
    Globs,
    Place,
    Spec,
    Words,
    quoted,
    refuse,
    said,
)

CODED = ("country", "shipping_country", "currency")
"""Fields of no closed vocabulary that stores write in words of their own too."""

JOINED = (*KEYS, "full_name", "shipping_name")
"""Fields that may be made of several columns."""

NUMBER = "{n}"
"""What stands for 1, 2, 3, ... in the header of numbered columns."""

_FITS: Mapping[FieldType, tuple[str, ...]] = {
    FieldType.TEXT: ("html",),
    FieldType.DATE: ("format",),
    FieldType.TIME: ("format",),
    FieldType.MONEY: ("decimal",),
    FieldType.LIST: ("split",),
    FieldType.PHONE: ("country",),
    FieldType.FLAG: ("yes", "no"),
    FieldType.WORD: ("words",),
}
"""The options that fit a type of field."""


class Column(Spec):
    """How one field is read: from a column of the file, or as a constant."""

    from_: Header | None = None
    """The column of the file, as its header names it; without header its number."""
    aliases: tuple[Header, ...] = ()
    """Other headers of that column: the first that the file has. Case makes no
    difference to a column that has aliases or is optional."""
    optional: StrictBool = False
    """Whether the file may lack the column: every cell is blank then."""
    value: str | None = None
    """A constant for every row, instead of a column."""
    by_name: dict[Filled, str] = Field(default_factory=dict)
    """A constant for every row of a file, by the file's name: {"new_*": Newcomers}.
    The first pattern that fits counts; a name that fits none is refused."""
    with_: Headers = ()
    """Keys and whole names: the columns whose cells are joined to that of 'from'."""
    when: dict[Header, Words] = Field(default_factory=dict)
    """Columns and their words: where one of them says another the cell counts as
    blank, such as {Default billing: "1"}."""
    blank: Globs = ()
    """Cells that count as blank, such as "n/a" or "*@*"; * stands for anything."""
    html: StrictBool = False
    """Texts: whether the cell is HTML: tags are taken out, &amp; is &."""
    whole: StrictBool = False
    """Keys: whether they are whole numbers: the .0 that a spreadsheet left goes."""
    format: Formats = ()
    """Dates and times: strptime formats, tried in order, such as %d.%m.%Y %H:%M."""
    decimal: Literal[".", ","] = "."
    """Amounts: the decimal sign."""
    split: Separator | None = None
    """Lists: what stands between the values of a cell. Values that are all in double
    quotes may hold it. Consent and status: what stands between several words of a
    cell, of which the one that refuses most counts."""
    country: Country | None = None
    """Phones: the country (ISO 3166 alpha-2) of numbers without a country code."""
    words: dict[str, Words] = Field(default_factory=dict)
    """The file's own words for each word of ours, such as {paid: [Betald, Klar]}."""
    yes: Words = ()
    """Flags: words that mean yes."""
    no: Words = ()
    """Flags: words that mean no."""
    granted: Words = ()
    """Consent: words of who agreed to be contacted. In the lists of those who did not,
    "*" stands for every word that no list holds."""
    pending: Words = ()
    """Consent: words of who was asked and has not answered yet."""
    withdrawn: Words = ()
    """Consent: words of who took a consent back."""
    never: Words = ()
    """Consent: words of who did not consent."""
    unknown: Words = ()
    """Consent: words that state nothing; a blank cell is one unless mapped."""
    bounced: Words = ()
    """Consent: words of an address that cannot be reached: never mail it."""
    complained: Words = ()
    """Consent: words of who called a mail spam: never mail them."""
    blocked: Words = ()
    """Consent: words of who is never to be mailed for another reason."""
    erased: Words = ()
    """Consent: words of who was erased there: never mail them."""
    unless: Header | None = None
    """Consent: a column that may be blank or missing. Where it is filled it is read,
    by the same words, instead; 'at' does not date it."""
    at: Moments = Field(default_factory=dict)
    """Consent: the column of the time at which the statement itself was made, or one
    for each status: {granted: Confirmed, withdrawn: Left}."""
    proof: Proof = Field(default_factory=dict)
    """Consent: the columns of what it rests on, such as {opt_in_ip: IP}: opt_in_at,
    opt_in_ip, confirmed_at, confirmed_ip, wording, campaign, reason."""

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        found: list[Fault] = []
        hint = (
            "'from' names a column, 'value' is a constant, 'by_name' one of each file"
        )
        told = {
            "from": self.from_,
            "value": self.value,
            "by_name": self.by_name or None,
        }
        given = [f"'{name}'" for name, value in told.items() if value is not None]
        if not given:
            found.append(Fault((), "needs 'from', 'value' or 'by_name'", hint))
        if len(given) > 1:
            found.append(Fault((), f"has both {' and '.join(given[:2])}", hint))
        if self.from_ is None and self.with_:
            what = "'with' is joined to the column of 'from', which is missing"
            found.append(Fault((), what, None, "with"))
        lists = {name: getattr(self, name) for name in STATED}
        for name in ("granted", "pending"):
            if OTHERS in lists[name]:
                what = f"{quoted(OTHERS)} cannot stand for a consent"
                found.append(Fault((), what, "list the words that mean it", name))
        found += _repeats((), lists)
        found += _repeats((), {"yes": self.yes, "no": self.no})
        found += _repeats(("words",), self.words)
        refuse(found)
        return self


def _repeats(place: Place, lists: Mapping[str, tuple[str, ...]]) -> list[Fault]:
    """Find the words that stand in more than one list, case aside."""
    first: dict[str, str] = {}
    found: list[Fault] = []
    for name, words in lists.items():
        for number, word in enumerate(words):
            other = first.setdefault(word.strip().casefold(), name)
            if other != name:
                what = f"{quoted(word)} stands under '{other}' too"
                hint = "a word has one meaning; case makes no difference"
                found.append(Fault((*place, name, number), what, hint))
    return found


def _column(value: Any) -> Any:
    """Read the name of a column as a mapping of it."""
    match value:
        case Column() | dict():
            return value
        case list() | tuple():
            raise said("must be a column of the file, or a mapping with 'from'")
        case _:
            return {"from": value}


ColumnOrText = Annotated[
    Column, BeforeValidator(_column, json_schema_input_type=str | Column)
]
"""A column; plain text means {from: text}."""

OTHERS = "*"
"""Stands in a list of words of consent for all words that no list holds."""

_CONSENT = re.compile(rf"consent\.({WORD})(?:\.({CHANNEL}))?")

Statement = tuple[str, str]
"""Purpose and channel of a consent."""


def statement(name: str) -> Statement | None:
    """Give the purpose and channel that a column such as consent.newsletter states.

    >>> statement("consent.newsletter.sms")
    ('newsletter', 'sms')
    """
    found = _CONSENT.fullmatch(name)
    return (found[1], found[2] or "email") if found else None


def field_of(kind: str, name: str) -> str | None:
    """Give the field of a source of that kind that ``name`` spells, if any.

    >>> field_of("customers", "shipping.street")
    'shipping_street'
    """
    for dotted in ("shipping.", "line."):
        if name.startswith(dotted):
            name = dotted[:-1] + "_" + name.removeprefix(dotted)
    return name if name in known_fields(kind) else None


def known_fields(kind: str) -> dict[str, FieldType]:
    """Give the fields that a source of that kind may map, consent left out."""
    known = dict(FIELDS[kind])
    if kind != "consents":
        known["full_name"] = FieldType.TEXT
    return known


def fitting_options(kind: str, field: str | None) -> tuple[str, ...]:
    """Give the options that a field's column may have; None is a consent.

    >>> fitting_options("customers", "birth_date")
    ('format',)
    """
    if field is None:
        return (*STATED, "unless", "at", "format", "proof", "split")
    if field == "status":
        return ("words", "split")
    if field in CODED:
        return ("words",)
    fitting = _FITS.get(known_fields(kind)[field], ())
    joined = ("with",) if field in JOINED else ()
    return (*fitting, *joined, *(("whole",) if field in KEYS else ()))
