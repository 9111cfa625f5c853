"""What pydantic finds wrong, in plain words and at its place in the file."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from pydantic import ValidationError

from regpipe.spec import (
    Consent,
    ConsentSource,
    Csv,
    CustomerSource,
    Export,
    Identity,
    OrderSource,
    Pipeline,
)
from regpipe.spec.columns import Column
from regpipe.spec.consent import Policy
from regpipe.spec.exports import Splitting
from regpipe.spec.types import Fault, Place, Spec, among, quoted
from regpipe.spec.yaml import Document, Tree

KINDS: Mapping[str, type[Spec]] = {
    "customers": CustomerSource,
    "orders": OrderSource,
    "consents": ConsentSource,
}
"""The model of each kind of source."""

_PLAIN = {
    "int_type": "must be a whole number",
    "bool_type": "must be true or false",
    "dict_type": "must be a mapping of keys and values",
    "model_type": "must be a mapping of keys and values",
    "model_attributes_type": "must be a mapping of keys and values",
    "tuple_type": "must be a list",
    "too_short": "must not be empty",
    "string_unicode": "is no valid Unicode text",
}


def model_faults(reason: ValidationError, document: Document) -> list[Fault]:
    """Give the faults that a validation found, those of empty values left out."""
    found: list[Fault] = []
    for error in reason.errors(include_url=False, include_input=False):
        loc = _in_file(error["loc"])
        place = _reached(loc, document.tree)
        if _at(place, document.tree) is not None:
            found.append(_fault(error["type"], error.get("ctx", {}), loc, document))
    return found


def _in_file(loc: Place) -> Place:
    """Give pydantic's place of an error as a place in the file."""
    match loc:
        case ("sources", name, str(kind), *rest) if kind in KINDS:
            return ("sources", name, *rest)
        case ("survivorship", *rest):
            own = (part for part in rest if part not in ("fields", "sources"))
            return ("survivorship", *own)
    return loc


def _reached(loc: Place, tree: Tree) -> Place:
    """Give as much of a place as there is in the file."""
    for length in range(len(loc) + 1):
        if length and not _holds(_at(loc[: length - 1], tree), loc[length - 1]):
            return loc[: length - 1]
    return loc


def _holds(value: Tree, part: str | int) -> bool:
    if isinstance(value, dict):
        return part in value
    return isinstance(value, list) and isinstance(part, int) and part < len(value)


def _at(place: Place, tree: Tree) -> Tree:
    for part in place:
        match tree:
            case dict():
                tree = tree[str(part)]
            case list():
                tree = tree[int(part)]
    return tree


def _fault(kind: str, ctx: Mapping[str, Any], loc: Place, document: Document) -> Fault:
    place = _reached(loc, document.tree)
    if loc and loc[-1] == "[key]":
        key = str(loc[-2])
        return Fault(loc[:-2], ctx.get("what", "a bad key"), ctx.get("hint"), key)
    match kind:
        case "said":
            return Fault(place, ctx["what"], ctx["hint"], ctx["key"])
        case "missing":
            return Fault(place, f"missing key {quoted(str(loc[-1]))}")
        case "extra_forbidden":
            key = str(loc[-1])
            hint = among(key, known_keys(loc[:-1], document.tree))
            return Fault(loc[:-1], f"unknown key {quoted(key)}", hint, key)
        case "string_type":
            return Fault(place, "must be text", _in_quotes(place, document))
        case "literal_error":
            known = re.findall("'([^']*)'", ctx["expected"])
            return _unknown(place, known, document)
        case "union_tag_not_found":
            return Fault(place, "missing key 'kind'", f"known: {', '.join(KINDS)}")
        case "union_tag_invalid":
            return _unknown((*place, "kind"), list(KINDS), document)
        case "greater_than_equal":
            return Fault(place, f"must be at least {ctx['ge']}")
    return Fault(place, _PLAIN.get(kind, f"is wrong ({kind})"))


def _unknown(place: Place, known: list[str], document: Document) -> Fault:
    word = document.written.get(place)
    if word is None:
        return Fault(place, "must be text", f"known: {', '.join(known)}")
    return Fault(place, f"unknown value {quoted(word)}", among(word, known))


def _in_quotes(place: Place, document: Document) -> str | None:
    word = document.written.get(place)
    return f'put it in quotes: "{word}"' if word is not None else None


def known_keys(place: Place, tree: Tree) -> list[str]:
    """Give the keys that a mapping at this place of the file may have."""
    model: type[Spec] = Pipeline
    match place:
        case ("sources", _):
            source = _at(place, tree)
            kind = source.get("kind") if isinstance(source, dict) else None
            model = KINDS[str(kind)]
        case ("sources", _, "csv"):
            model = Csv
        case ("sources", _, "columns", _):
            model = Column
        case ("identity",):
            model = Identity
        case ("consent",):
            model = Consent
        case ("consent", "policies", _) | ("consent", "policies", _, _):
            model = Policy
        case ("exports", _):
            model = Export
        case ("exports", _, "split"):
            model = Splitting
    return [info.alias or name for name, info in model.model_fields.items()]
