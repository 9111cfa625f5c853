"""What one part of a pipeline file says of another: names that must exist, fits.

The checks read the file's values as they are, before the models have seen
them, and pass over whatever has the wrong shape: that is reported already. So
every mistake is found at once, however many there are.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from os.path import normpath

from regpipe.fields import FIELDS
from regpipe.spec.column_checks import (
    column_faults,
    item_faults,
    lacking,
    mapped_fields,
    mapping,
    unnumbered,
)
from regpipe.spec.columns import Statement, field_of, statement
from regpipe.spec.list_checks import consent_faults, unspoken
from regpipe.spec.rules import DEFAULTS, FITTING, ONLY_FOR, RULE_WORDS
from regpipe.spec.types import Fault, Place, among, quoted


def faults(tree: object) -> Iterator[Fault]:
    """Give all that does not fit together in the values of a pipeline file."""
    file = mapping(tree)
    sources = {
        name: mapping(value) for name, value in mapping(file.get("sources")).items()
    }
    for name, source in sources.items():
        kind = source.get("kind")
        if isinstance(kind, str) and kind in FIELDS:
            place = ("sources", name, "columns")
            columns = mapping(source.get("columns"))
            packed = kind == "orders" and isinstance(source.get("items"), dict)
            yield from column_faults(place, kind, columns)
            if kind == "orders":
                yield from item_faults(place, columns, packed=packed)
            if mapping(source.get("csv")).get("header") is False:
                named = columns if not packed else _headed(columns)
                yield from unnumbered(place, named)
            if isinstance(source.get("columns"), dict):
                yield from lacking(place, kind, columns, source)
        if kind == "orders":
            yield from _customers_of(name, source, sources)
    yield from _rule_faults(mapping(file.get("survivorship")), sources)
    yield from _export_faults(file, sources)


def _headed(columns: Mapping[str, object]) -> dict[str, object]:
    """Leave out the columns of lines: they name the parts of packed items."""
    return {
        name: column
        for name, column in columns.items()
        if not (field_of("orders", name) or "").startswith("line_")
    }


def _customers_of(
    name: str, source: Mapping[str, object], sources: Mapping[str, dict[str, object]]
) -> Iterator[Fault]:
    place: Place = ("sources", name)
    named = source.get("customers")
    mapped = mapped_fields("orders", mapping(source.get("columns")))
    known = _customer_sources(sources)
    if named is None and "customer_ref" in mapped:
        what = "customer_ref is mapped, but no 'customers' says whose ids they are"
        hint = among("", known) if known else "there is no customers source"
        yield Fault((*place, "columns"), what, hint, mapped["customer_ref"])
    if not isinstance(named, str):
        return
    place = (*place, "customers")
    if named not in known:
        kind = "is no customers source" if named in sources else "is no source"
        yield Fault(place, f"{quoted(named)} {kind}", among(named, known))
    elif sources[named].get(
        "kind"
    ) == "customers" and "external_id" not in mapped_fields(
        "customers", mapping(sources[named].get("columns"))
    ):
        yield Fault(
            place, f"{quoted(named)} maps no external_id", "orders name customers by it"
        )


def _customer_sources(sources: Mapping[str, dict[str, object]]) -> list[str]:
    """Give the names of customers sources, and of those of no known kind."""
    others = [kind for kind in FIELDS if kind != "customers"]
    return [name for name, its in sources.items() if its.get("kind") not in others]


_NO_RULE = {
    "kind": "the strongest kind wins: registered, subscriber, guest",
    "full_name": "first_name and last_name have rules",
    "external_id": "every source keeps its own",
}


def _rule_faults(
    rules: Mapping[str, object], sources: Mapping[str, dict[str, object]]
) -> Iterator[Fault]:
    for field, rule in rules.items():
        place: Place = ("survivorship", field)
        kind = "sources" if isinstance(rule, list) else rule
        if field != "default" and field not in FITTING:
            yield _no_rule(field)
        elif isinstance(kind, str) and kind in (*RULE_WORDS, "sources"):
            yield from _fit_faults(place, kind, field)
        if isinstance(rule, list):
            yield from _source_list(place, rule, sources)


def _fit_faults(place: Place, kind: str, field: str) -> Iterator[Fault]:
    fitting = DEFAULTS if field == "default" else FITTING[field]
    if kind not in fitting:
        where = "every field" if field == "default" else field
        what = f"{quoted(kind)} does not fit {where}"
        words = ", ".join(fitting).replace("sources", "a list of sources")
        yield Fault(place, what, f"it is for {ONLY_FOR[kind]}; here: {words}")


def _no_rule(field: str) -> Fault:
    hint = _NO_RULE.get(field)
    if field_of("customers", field) and hint is None:
        part = "shipping" if field.startswith("shipping") else "billing"
        hint = f"an address survives whole: write {part}"
    known = ["default", *FITTING]
    what = f"unknown field {quoted(field)}"
    return Fault(("survivorship",), what, hint or among(field, known), field)


def _source_list(
    place: Place, named: list[object], sources: Mapping[str, dict[str, object]]
) -> Iterator[Fault]:
    known = _customer_sources(sources)
    for number, name in enumerate(named):
        if not isinstance(name, str):
            continue
        if name not in known:
            kind = "is no customers source" if name in sources else "is no source"
            yield Fault((*place, number), f"{quoted(name)} {kind}", among(name, known))
        elif name in named[:number]:
            yield Fault((*place, number), f"{quoted(name)} stands here twice")


def _spoken(sources: Mapping[str, dict[str, object]]) -> set[Statement]:
    """Give every purpose and channel that some source makes statements on."""
    spoken: set[Statement] = set()
    for source in sources.values():
        if source.get("kind") == "consents":
            purpose, channel = source.get("purpose"), source.get("channel", "email")
            if isinstance(purpose, str) and isinstance(channel, str):
                spoken.add((purpose, channel))
        for name in mapping(source.get("columns")):
            stated = statement(name)
            if stated is not None:
                spoken.add(stated)
    return spoken


def _export_faults(
    file: Mapping[str, object], sources: Mapping[str, dict[str, object]]
) -> Iterator[Fault]:
    spoken = _spoken(sources)
    known = sources and all(its.get("kind") in [*FIELDS] for its in sources.values())
    paths: dict[str, str] = {}
    if isinstance(file.get("registry"), str):
        paths[normpath(str(file["registry"]))] = "the registry"
    for name, value in mapping(file.get("exports")).items():
        export = mapping(value)
        place: Place = ("exports", name)
        to = export.get("to")
        if isinstance(to, str):
            yield from _group_faults((*place, "to"), to, export)
            other = paths.setdefault(normpath(to), f"export {quoted(name)}")
            if other != f"export {quoted(name)}":
                yield Fault((*place, "to"), f"is the file of {other} too")
        purpose, channel = export.get("purpose"), export.get("channel", "email")
        if isinstance(purpose, str) and isinstance(channel, str):
            silent = purpose != "service" and (purpose, channel) not in spoken
            if silent and known:
                none = "purpose: service needs no consent"
                yield unspoken((*place, "purpose"), purpose, channel, spoken, none)
        if known:
            yield from consent_faults(place, export, spoken)


def _group_faults(
    place: Place, to: str, export: Mapping[str, object]
) -> Iterator[Fault]:
    holds = "{group}" in to
    if holds and "for_each" not in export:
        yield Fault(
            place, "holds {group}, but 'for_each' is missing", "add for_each: group"
        )
    if not holds and export.get("for_each") == "group":
        yield Fault(place, "must hold {group}", "one file per group: out/{group}.csv")
