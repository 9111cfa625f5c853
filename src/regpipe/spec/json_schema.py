"""The JSON Schema by which an editor checks a pipeline file and explains its keys.

Pydantic gives the schema of the models. What it cannot know is put in here:
which fields each kind of source has, with the options that fit each, and that
survivorship is one flat mapping.
"""

from __future__ import annotations

from typing import Any, TypeAlias

from regpipe.fields import KEYS, WORDS, FieldType
from regpipe.spec import Pipeline
from regpipe.spec.columns import (
    CODED,
    JOINED,
    field_of,
    fitting_options,
    known_fields,
)
from regpipe.spec.rules import DEFAULTS, FITTING
from regpipe.spec.types import CHANNEL, WORD

Schema: TypeAlias = dict[str, Any]

_READ_AS = {
    FieldType.TEXT: "Text, as it is.",
    FieldType.EMAIL: "An e-mail address.",
    FieldType.PHONE: "A phone number.",
    FieldType.CODE: "A code in capitals.",
    FieldType.POSTCODE: "A postcode.",
    FieldType.DATE: "A date.",
    FieldType.TIME: "A time.",
    FieldType.MONEY: "An amount or a number.",
    FieldType.FLAG: "Yes or no.",
    FieldType.WORD: "One of a few words.",
    FieldType.LIST: "A list of texts.",
}

_LEAST: dict[str, Schema] = {
    "customers": {"anyOf": [{"required": ["external_id"]}, {"required": ["email"]}]},
    "orders": {"required": ["order_id", "ordered_at"]},
    "consents": {
        "anyOf": [
            {"required": ["email"]},
            {"required": ["phone"]},
            {"required": ["street", "postcode"]},
        ],
    },
}

_PRESET = ("kind", "columns")
"""What a preset says where the source does not."""

_MODELS: dict[str, str] = {
    "customers": "CustomerSource",
    "orders": "OrderSource",
    "consents": "ConsentSource",
}


def json_schema() -> Schema:
    """Give the JSON Schema of a pipeline file."""
    schema = _tidy(Pipeline.model_json_schema())
    parts: Schema = schema["$defs"]
    options: Schema = parts.pop("Column")["properties"]
    for kind, model in _MODELS.items():
        source = parts[model]
        own = {key: source["properties"][key] for key in ("kind", "files", "columns")}
        own["columns"] = {**own["columns"], **_columns(kind, parts, options)}
        source["properties"] = {**own, **source["properties"], **own}
        source["required"] = [n for n in source["required"] if n not in _PRESET]
        source["if"] = {"not": {"required": ["preset"]}}
        least = {"properties": {"columns": _LEAST[kind]}}
        source["then"] = {"required": [*_PRESET], **least}
    each = schema["properties"]["sources"]["additionalProperties"]
    each.pop("discriminator", None)
    each["anyOf"] = each.pop("oneOf")
    filling = parts["From"]
    filling["oneOf"] = [{"required": [name]} for name in filling["properties"]]
    never = parts["Identity"]["properties"]["never_match_on"]
    globs = never.pop("additionalProperties")
    never["properties"] = {"email": globs, "phone": globs}
    never["additionalProperties"] = False
    _flatten(parts)
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **schema}


def _tidy(node: Any) -> Any:
    """Drop what helps nobody: titles, nulls (no key takes one), empty defaults."""
    if isinstance(node, list):
        return [_tidy(item) for item in node]
    if not isinstance(node, dict):
        return node
    tidied: Schema = {
        key: " ".join(value.split()) if key == "description" else _tidy(value)
        for key, value in node.items()
        if not (key == "title" and isinstance(value, str))
        and not (key == "default" and (value in (None, []) or "$ref" in node))
    }
    choices = [item for item in tidied.get("anyOf", ()) if item != {"type": "null"}]
    if len(choices) == 1:
        del tidied["anyOf"]
        tidied |= choices[0]
    elif choices:
        tidied["anyOf"] = choices
    return tidied


def _columns(kind: str, parts: Schema, options: Schema) -> Schema:
    """Give the schema of the columns of a source; put what they refer to in parts."""
    properties: Schema = {}
    for field, read_as in known_fields(kind).items():
        name = f"{field if read_as is FieldType.WORD else read_as}_column"
        if field in CODED:
            name = "coded_column"
        if field in JOINED:
            name = "key_column" if field in KEYS else "joined_column"
        parts[name] = _column(kind, field, options)
        properties[field] = _refer(name, _READ_AS[read_as])
        for dotted in ("shipping.", "line."):
            spelt = field.replace(dotted[:-1] + "_", dotted, 1)
            if field_of(kind, spelt) == field:
                properties[spelt] = properties[field]
    schema = {
        "type": "object",
        "properties": properties,
        "additionalProperties": False,
    }
    parts["consent_column"] = _column(kind, None, options)
    consent = _refer("consent_column", "Consent to a purpose, by a channel.")
    pattern = rf"^consent\.{WORD}(\.{CHANNEL})?$"
    schema["patternProperties"] = {pattern: consent}
    return schema


def _refer(name: str, description: str) -> Schema:
    return {"$ref": f"#/$defs/{name}", "description": description}


def _column(kind: str, field: str | None, options: Schema) -> Schema:
    general = ("from", "aliases", "optional", "value", "by_name", "when", "blank")
    names = (*general, *fitting_options(kind, field))
    properties: Schema = {name: options[name] for name in names}
    if field is not None and field in WORDS:
        known = {"propertyNames": {"enum": [*WORDS[field]]}}
        properties["words"] = {**properties["words"], **known}
    mapping = {
        "type": "object",
        "properties": properties,
        "additionalProperties": False,
        "oneOf": [{"required": [key]} for key in ("from", "value", "by_name")],
    }
    return {"anyOf": [*options["from"]["anyOf"], mapping]}


def _flatten(parts: Schema) -> None:
    """Put the rule of each field beside the default."""
    survivorship = parts["Survivorship"]
    default = survivorship["properties"]["default"]["description"]
    survivorship["properties"] = {
        "default": {**_rule(DEFAULTS), "description": default, "default": "newest"},
        **{field: _rule(fitting) for field, fitting in FITTING.items()},
    }


def _rule(fitting: tuple[str, ...]) -> Schema:
    words = [word for word in fitting if word != "sources"]
    sources = {"type": "array", "items": {"type": "string"}, "minItems": 1}
    return {"anyOf": [{"enum": words}, sources]}
