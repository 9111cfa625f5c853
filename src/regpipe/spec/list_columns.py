"""Which columns a list's file has: what an export says, as its target has it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Annotated, Any

from pydantic import AfterValidator, BeforeValidator

from regpipe.formats import ListColumn, Target, consent_of
from regpipe.spec.types import (
    Fault,
    Place,
    Spec,
    among,
    quoted,
    said,
)

ADDRESS = ("street", "street2", "postcode", "city", "region", "country")

VIEW_COLUMNS = (
    *("customer_id", "kind", "email", "phone", "first_name", "last_name", "full_name"),
    *("company", "vat_id", "org_number", "birth_date", "language", "tax_exempt"),
    *("note", *ADDRESS, "shipping_name", *(f"shipping_{name}" for name in ADDRESS)),
    *("groups", "consents", "order_count", "total_spent"),
    *("first_order_at", "last_order_at", "created_at", "updated_at"),
)
"""The columns of the customer view, which lists are made of."""

DEFAULT_COLUMNS = ("email", "first_name", "last_name")
"""The columns of a list where neither it nor its target names any."""


def known_column(name: str) -> bool:
    """Tell whether a list can have a column of that name."""
    return name in VIEW_COLUMNS or consent_of(name) is not None


def _column(name: str) -> str:
    if not known_column(name):
        more = ", consent.<purpose>[.<channel>][.at]"
        raise said(f"unknown column {quoted(name)}", among(name, VIEW_COLUMNS, more))
    return name


class From(Spec):
    """What a header is filled with: a column, or the same text in every row."""

    from_: Annotated[str, AfterValidator(_column)] | None = None
    """A column of the customer view, or a consent."""
    value: str | None = None
    """A text that is the same in every row."""


def _filling(value: Any) -> Any:
    match value:
        case {"from": str()} | {"value": str()} if len(value) == 1:
            return value
        case str() | From():
            return {"value": value} if isinstance(value, str) else value
    raise said("must be a text or {from: COLUMN}", 'a number wants quotes: "1"')


Filling = Annotated[From, BeforeValidator(_filling, json_schema_input_type=str | From)]
"""What is put under a header; a plain text is the same in every row."""

Found = tuple[tuple[ListColumn, ...], list[Fault]]


def list_columns(
    target: Target,
    chosen: Mapping[str, str] | None,
    fill: Mapping[str, From],
    purpose: str,
) -> Found:
    """Give the columns of a list's file in order, and what is wrong with them.

    ``chosen`` are columns with their headers (its own name where none was said);
    None means those of the target. A target's columns stand in its own order,
    what it does not know behind them.
    """
    spoken = purpose if purpose != "service" else "newsletter"
    known = {
        each.header: replace(
            each, column=each.column and each.column.replace("{purpose}", spoken)
        )
        for each in target.columns
    }
    faults: list[Fault] = []
    if chosen is None:
        names = () if target.columns else DEFAULT_COLUMNS
        chosen = dict.fromkeys(names, "")
        taken = {h: c for h, c in known.items() if not c.extra}
    else:
        taken = {h: c for h, c in known.items() if _always(c)}
    others: list[ListColumn] = []
    for number, (name, header) in enumerate(chosen.items()):
        place: Place = ("columns", number)
        found = _chosen(target, known, name, "" if header == name else header)
        if isinstance(found, Fault):
            faults.append(replace(found, place=place))
            continue
        for column in found:
            if column.header not in known:
                others.append(column)
                if target.others != "json":  # a header of one's own, in its place
                    taken = {h: c for h, c in taken.items() if c.column != name}
            elif taken.setdefault(column.header, column).column != column.column:
                taken[column.header] = column
    for header, filling in fill.items():
        filled = _filled(target, known, header, filling)
        if isinstance(filled, Fault):
            faults.append(filled)
        elif header in known:
            taken[header] = filled
        else:
            others.append(filled)
    if not target.header:
        blank = {h: replace(c, column=None, value="") for h, c in known.items()}
        taken = {h: taken.get(h, blank[h]) for h in known}
    written = [taken[header] for header in known if header in taken]
    faults += _lacking(target, written)
    return (*written, *_others(target, others)), faults


def _always(column: ListColumn) -> bool:
    """Tell whether the importer wants a column that nobody chose."""
    return column.required or column.value is not None or bool(column.ask)


def _chosen(
    target: Target, known: Mapping[str, ListColumn], name: str, header: str
) -> list[ListColumn] | Fault:
    """Give the columns that a name stands for, under ``header`` if one was said."""
    mine = [each for each in known.values() if each.column == name]
    if header in known:
        found = _held(target, known[header], From(from_=name))
        return found if isinstance(found, Fault) else [found]
    if header and target.exact and target.others != "json":
        what = f"{target.name} takes no column {quoted(header)}"
        return Fault((), what, among(header, [*known]))
    if header:
        style = mine[0] if mine else target.own
        return [replace(style, header=header, column=name)]
    if mine or not target.others:
        what = f"{target.name} takes no column for {quoted(name)}"
        names = dict.fromkeys(each.column for each in known.values() if each.column)
        return mine or Fault((), what, f"known: {', '.join(names)}")
    own = name.upper().replace(".", "_") if target.others == "upper" else name
    return [replace(target.own, header=own, column=name)]


def _filled(
    target: Target, known: Mapping[str, ListColumn], header: str, filling: From
) -> ListColumn | Fault:
    if header not in known and target.exact and target.others != "json":
        what = f"{target.name} takes no column {quoted(header)}"
        return Fault(("fill",), what, among(header, [*known]), header)
    found = _held(
        target, known.get(header, replace(target.own, header=header)), filling
    )
    if isinstance(found, Fault):
        return replace(found, place=("fill", header))
    return found


def _held(target: Target, style: ListColumn, filling: From) -> ListColumn | Fault:
    """Give a column of the target that holds something else than by itself.

    A column of consent can hold a consent or a no: nothing else passed a gate.
    """
    of = style.column and consent_of(style.column)
    if of and not of[2]:
        given = filling.from_ and consent_of(filling.from_)
        no = filling.value in ("", style.words[1])
        if not (given and not given[2]) and not no:
            what = f"{quoted(style.header)} of {target.name} tells who consented"
            return Fault((), what, "fill it with {from: consent.<purpose>}")
    if filling.from_ is not None:
        return replace(style, column=filling.from_, value=None)
    value = filling.value or ""
    fits = style.longest is None or style.longest.holds(value)
    if value and not (fits and re.fullmatch(style.matches or "(?s).*", value)):
        return Fault((), f"{target.name} takes no such {quoted(style.header)}")
    return replace(style, column=None, value=value)


def _lacking(target: Target, written: list[ListColumn]) -> Iterator[Fault]:
    """Find what the importer needs and only the pipeline can say."""
    asked: dict[str, list[str]] = {}
    for each in written:
        if each.asked:
            asked.setdefault(each.ask, []).append(quoted(each.header))
        elif each.required and each.value == "":
            what = f"{target.name} takes no row whose {quoted(each.header)} is blank"
            yield Fault(("fill", each.header), what)
    for ask, headers in asked.items():
        what = f"{target.name} needs {', '.join(headers)}, which only you can say"
        yield Fault((), what, f"fill: {{{headers[0]}: ...}}, {ask}")
    columns = [each.column or "" for each in written]
    for need in target.needs:
        if not any(column.startswith(need) for column in columns):
            name = f"{need}newsletter" if need.endswith(".") else need
            what = f"{target.name} needs {name}"
            yield Fault((), what, f"fill: {{HEADER: {{from: {name}}}}}")


def _others(target: Target, others: list[ListColumn]) -> list[ListColumn]:
    """Give the columns that the target does not know: as they are, or within JSON."""
    if target.others != "json" or not others:
        return others
    within = tuple((each.header, each) for each in others)
    return [replace(target.own, header=target.rest, within=within)]
