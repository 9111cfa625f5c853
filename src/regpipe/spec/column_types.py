"""The kinds of value that a column's options hold: headers, formats, times, proof."""

from __future__ import annotations

import re
from typing import Annotated, Any, Self

from pydantic import AfterValidator, BeforeValidator, Field, model_validator

from regpipe.fields import PROOF, STATED
from regpipe.spec.types import Fault, Filled, Spec, among, quoted, refuse, said
from regpipe.sql.codes import COUNTRIES

DIRECTIVES = (*"aAbBdfHIjmMpSyYzZ%", "-d", "-m", "-H", "-I", "-M", "-S")
"""What may follow ``%`` in a format: what DuckDB's ``strptime`` reads."""

_DAY = {"d", "-d"}
_MONTH = {"m", "-m", "b", "B"}
_YEAR = {"Y", "y"}


def _format(text: str) -> str:
    """Check that a strptime format can give a day, and so a date or a time."""
    found = re.findall(r"%(-?.?)", text, re.DOTALL)
    for directive in found:
        if directive not in DIRECTIVES:
            raise said(
                f"{quoted('%' + directive)} means nothing in a format",
                f"known: {', '.join('%' + known for known in DIRECTIVES)}",
            )
    if not found:
        raise said(
            f"{quoted(text)} is no format",
            "write it with strptime's directives, such as %d.%m.%Y %H:%M",
        )
    parts = set(found)
    has_day = (parts & _DAY and parts & _MONTH) or "j" in parts
    if not (has_day and parts & _YEAR):
        raise said(
            f"the format {quoted(text)} gives no day, month and year",
            "such as %d.%m.%Y or %Y-%m-%d %H:%M:%S",
        )
    if parts & {"I", "-I"} and "p" not in parts:
        raise said(
            f"the format {quoted(text)} has a 12-hour clock without %p",
            "use %H for 24 hours, or add %p for AM and PM",
        )
    return text


def _formats(value: Any) -> Any:
    return (value,) if isinstance(value, str) else value


Formats = Annotated[
    tuple[Annotated[str, AfterValidator(_format)], ...],
    BeforeValidator(_formats, json_schema_input_type=str | list[str]),
]
"""strptime formats, tried in order."""


def _header(value: Any) -> Any:
    """Read a column's number as its name, which it is in a file without header."""
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    return value


Header = Annotated[
    Filled,
    AfterValidator(lambda name: " ".join(name.split())),
    BeforeValidator(_header, json_schema_input_type=int | Filled),
]
"""A column of the file: its header, blanks as one; without header its number."""


Headers = Annotated[
    tuple[Header, ...],
    BeforeValidator(
        lambda named: named if isinstance(named, (list, tuple)) else (named,),
        json_schema_input_type=int | Filled | list[int | Filled],
    ),
]
"""Columns of the file: one, or a list of them."""


def _not_empty(text: str) -> str:
    if not text:
        raise said("must not be empty")
    return text


def _moments(value: Any) -> Any:
    """Read one column as that of the time of every statement."""
    one = isinstance(value, (str, int)) and not isinstance(value, bool)
    return dict.fromkeys(STATED, value) if one else value


def _status(word: str) -> str:
    if word not in STATED:
        raise said(f"unknown status {quoted(word)}", among(word, STATED))
    return word


Moments = Annotated[
    dict[Annotated[str, AfterValidator(_status)], Header],
    BeforeValidator(_moments, json_schema_input_type=str | int | dict[str, str | int]),
]
"""The column of a statement's own time, for each status it may state."""

Separator = Annotated[str, AfterValidator(_not_empty), Field(min_length=1)]
"""What stands between values: any text, blanks too."""


def _country(code: str) -> str:
    if code not in COUNTRIES:
        capitals = {"UK": "GB", "EL": "GR"}.get(code.upper(), code.strip().upper())
        hint = "the code of ISO 3166 in two capitals, such as SE"
        if capitals in COUNTRIES:
            hint = f"did you mean '{capitals}'?"
        raise said(f"{quoted(code)} is no country code", hint)
    return code


Country = Annotated[
    str, AfterValidator(_country), Field(json_schema_extra={"pattern": "^[A-Z]{2}$"})
]
"""An ISO 3166 alpha-2 code."""


class ProofColumn(Spec):
    """Where a part of the proof of a statement stands."""

    from_: Headers = ()
    """The column of the file; of several the first that is filled."""
    value: Filled | None = None
    """A text for every row, instead of a column."""

    @model_validator(mode="after")
    def _one(self) -> Self:
        if bool(self.from_) == (self.value is not None):
            what = "needs a column, a list of columns, or 'value'"
            refuse([Fault((), what, "such as wording: {value: the form of 2024}")])
        return self


def _proof_column(value: Any) -> Any:
    return value if isinstance(value, (dict, ProofColumn)) else {"from": value}


def _proof_name(name: str) -> str:
    if name not in PROOF:
        raise said(f"unknown proof {quoted(name)}", among(name, [*PROOF]))
    return name


Proof = Annotated[
    dict[
        Annotated[str, AfterValidator(_proof_name)],
        Annotated[
            ProofColumn,
            BeforeValidator(
                _proof_column,
                json_schema_input_type=str | int | list[str | int] | ProofColumn,
            ),
        ],
    ],
    Field(json_schema_extra={"propertyNames": {"enum": [*PROOF]}}),
]
"""What a statement rests on, each part in its column."""
