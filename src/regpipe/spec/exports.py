"""What an export may say: who is on the list, which columns, which file."""

from __future__ import annotations

from dataclasses import replace
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BeforeValidator, Field

from regpipe.formats import target_names
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


ADDRESS = ("street", "street2", "postcode", "city", "region", "country")

VIEW_COLUMNS = (
    *("customer_id", "kind", "email", "phone", "first_name", "last_name", "full_name"),
    *("company", "vat_id", "org_number", "birth_date", "language", "tax_exempt"),
    *("note", *ADDRESS, "shipping_name", *(f"shipping_{name}" for name in ADDRESS)),
    *("groups", "consents", "order_count", "total_spent"),
    *("first_order_at", "last_order_at", "created_at", "updated_at"),
)
"""The columns of the customer view, which lists are made of."""

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
        if name not in VIEW_COLUMNS:
            what, hint = f"unknown column {quoted(name)}", among(name, VIEW_COLUMNS)
            found.append(replace(at, what=what, hint=hint))
        elif name in headers:
            found.append(replace(at, what=f"{quoted(name)} stands here twice"))
        elif isinstance(header, str) and header in headers.values():
            what = f"the header {quoted(header)} stands here twice"
            found.append(replace(at, what=what))
        headers.setdefault(name, header)
    refuse(found)
    return headers


DEFAULT_COLUMNS = {name: name for name in ("email", "first_name", "last_name")}

HeadersShape = dict[str, str] | list[str | dict[str, str]]


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
    columns: Annotated[
        dict[str, Filled],
        BeforeValidator(_headers, json_schema_input_type=HeadersShape),
    ] = DEFAULT_COLUMNS
    """Columns of the customer view, each with its header if that is another."""
    target: Annotated[
        str, AfterValidator(_target), Field(json_schema_extra={"enum": [*TARGETS]})
    ] = "csv"
    """The format of the file."""
    to: Annotated[PathText, AfterValidator(_pattern)]
    """The file to write; may hold {date}, and {group} with for_each."""
