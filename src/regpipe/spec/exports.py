"""What an export may say: who is on the list, which columns, which file."""

from __future__ import annotations

from dataclasses import replace
from functools import cached_property
from typing import Annotated, Any, Literal, Self

from pydantic import (
    AfterValidator,
    BeforeValidator,
    Field,
    StrictBool,
    StrictInt,
    model_validator,
)

from regpipe.formats import (
    ENCODINGS,
    ListColumn,
    RefusalFile,
    Split,
    Target,
    target,
    target_names,
)
from regpipe.spec.list_columns import (
    VIEW_COLUMNS,
    Filling,
    known_column,
    list_columns,
)
from regpipe.spec.types import (
    Channel,
    Fault,
    Filled,
    PathText,
    Spec,
    Word,
    among,
    quoted,
    refuse,
    said,
)

TARGETS = target_names()
"""The formats an export may have: those there is a file of in ``formats/``."""


def _target(name: str) -> str:
    if name not in TARGETS:
        raise said(f"unknown target {quoted(name)}", among(name, TARGETS))
    return name


def _encoding(name: str) -> str:
    if name not in ENCODINGS:
        raise said(f"{quoted(name)} is no encoding of lists", among(name, ENCODINGS))
    return name


PLACEHOLDERS = ("date", "group")


def _pattern(path: str) -> str:
    """Check the {placeholders} of a path."""
    rest = path
    for name in PLACEHOLDERS:
        rest = rest.replace("{" + name + "}", "")
    if "{" in rest or "}" in rest:
        raise said("unknown placeholder", "known: {date}, {group}")
    return path


def _headers(value: Any) -> Any:
    """Read a list of names and {name: header} pairs as one mapping."""
    pairs: list[tuple[Fault, str, Any]] = []
    found: list[Fault] = []
    if isinstance(value, dict):
        pairs = [(Fault((), "", key=str(name)), name, value[name]) for name in value]
    elif isinstance(value, (list, tuple)):
        for number, item in enumerate(value):
            at = Fault((number,), "")
            match item:
                case str():
                    pairs.append((at, item, item))
                case dict() if len(item) == 1:
                    pairs += [(at, str(name), item[name]) for name in item]
                case _:
                    what = "must be a column or one pair"
                    hint = "such as email, or email: E-mail address"
                    found.append(replace(at, what=what, hint=hint))
    else:
        raise said("must be a list of columns", "such as [email, first_name]")
    if not pairs and not found:
        raise said("must name at least one column")
    headers: dict[str, Any] = {}
    for at, name, header in pairs:
        if not known_column(name):
            what = f"unknown column {quoted(name)}"
            hint = among(name, VIEW_COLUMNS, ", consent.<purpose>[.<channel>][.at]")
            found.append(replace(at, what=what, hint=hint))
        elif name in headers:
            found.append(replace(at, what=f"{quoted(name)} stands here twice"))
        elif isinstance(header, str) and header in headers.values():
            what = f"the header {quoted(header)} stands here twice"
            found.append(replace(at, what=what))
        headers.setdefault(name, header)
    refuse(found)
    return headers


HeadersShape = dict[str, str] | list[str | dict[str, str]]


class Splitting(Spec):
    """How large one file of a list may be."""

    rows: Annotated[StrictInt, Field(ge=1)] | None = None
    """Rows, the header not counted."""
    bytes: Annotated[StrictInt, Field(ge=1000)] | None = None
    """Bytes, the header counted."""


class Export(Spec):
    """A list: who, what of them, in which format, and where it goes."""

    purpose: Word
    """What the list is for: only who consents to that is on it. 'service' is for
    messages that need no consent."""
    channel: Channel = "email"
    """By which channel they are contacted: email, sms, ..."""
    where: Filled | None = None
    """Who: one SQL expression over the customer view. Without it, everybody."""
    for_each: Literal["group"] | None = None
    """group: one file per customer group."""
    target: Annotated[
        str, AfterValidator(_target), Field(json_schema_extra={"enum": [*TARGETS]})
    ] = "csv"
    """The format of the file, or the system that is to import it."""
    columns: Annotated[
        dict[str, Filled] | None,
        BeforeValidator(_headers, json_schema_input_type=HeadersShape),
    ] = None
    """Columns of the customer view and consents, each with its header if that is
    another. Without it those of the target."""
    fill: dict[Filled, Filling] = Field(default_factory=dict)
    """What stands under a header of the target: a text that is the same in every
    row, or {from: COLUMN}."""
    encoding: (
        Annotated[
            str,
            AfterValidator(_encoding),
            Field(json_schema_extra={"enum": [*ENCODINGS]}),
        ]
        | None
    ) = None
    """The encoding of the file: utf-8-sig has a byte order mark, by which Excel
    knows it. Without it that of the target."""
    refusals: StrictBool | None = None
    """Whether a list tool's files of addresses that must not be mailed are written,
    too. Without it they are where the target has such files."""
    split: Splitting | None = None
    """How large a file may be; what is more goes into NAME-2.csv and so on.
    Without it as the target says."""
    to: Annotated[PathText, AfterValidator(_pattern)]
    """The file to write; may hold {date}, and {group} with for_each."""

    @model_validator(mode="after")
    def _for_the_target(self) -> Self:
        _, found = self._resolved
        why = self._no_refusals()
        if self.refusals and why:
            found = [*found, Fault(("refusals",), "there can be none", why)]
        refuse(found)
        return self

    def _no_refusals(self) -> str | None:
        """Say why no file of refusals can be written, if so."""
        if not self.format.refusals:
            return f"the target {self.target} has no such files"
        if self.purpose == "service":
            return "only consent can be refused, and 'service' needs none"
        if self.channel != "email":
            return "the target's files of refusals are of e-mail addresses"
        if self.for_each is not None:
            return "they are of no group: write them with an export of their own"
        return None

    @cached_property
    def _resolved(self) -> tuple[tuple[ListColumn, ...], list[Fault]]:
        return list_columns(self.format, self.columns, self.fill, self.purpose)

    @property
    def format(self) -> Target:
        """The target by its name."""
        return target(self.target)

    @property
    def written(self) -> tuple[ListColumn, ...]:
        """The columns of the file, in order, each as the target has it."""
        return self._encoded(self._resolved[0])

    def _encoded(self, columns: tuple[ListColumn, ...]) -> tuple[ListColumn, ...]:
        return tuple(replace(each, encoding=self.coded) for each in columns)

    @property
    def coded(self) -> str:
        """The encoding of the file."""
        return self.encoding or self.format.encoding

    @property
    def limit(self) -> Split:
        """How large one file may be."""
        if self.split is None:
            return self.format.split
        return Split(self.split.rows, self.split.bytes)

    @property
    def refused(self) -> tuple[RefusalFile, ...]:
        """The files of addresses that must not be mailed."""
        if self.refusals is False or self._no_refusals():
            return ()
        return tuple(
            replace(each, columns=self._encoded(each.columns))
            for each in self.format.refusals
        )
