"""The JSON Schema of pipeline files, as editors use it."""

from __future__ import annotations

from pathlib import Path

from regpipe.spec.load import json_schema, write_json_schema


def test_the_schema_for_editors_is_current(tmp_path):
    write_json_schema(tmp_path / "schema.json")
    kept = Path(__file__).parents[1] / "docs" / "pipeline.schema.json"
    current = (tmp_path / "schema.json").read_text(encoding="utf-8")
    assert kept.read_text(encoding="utf-8") == current, "run: make docs"


def test_the_schema_knows_the_keys_and_fields_of_the_file():
    schema = json_schema()
    parts = schema["$defs"]
    assert schema["required"] == ["pipeline", "registry", "sources"]
    customers = parts["CustomerSource"]["properties"]
    assert {"schema", "files", "columns", "delivery"} <= set(customers)
    assert {"shipping.city", "shipping_city", "full_name"} <= set(
        customers["columns"]["properties"]
    )
    by_name, mapping = parts["date_column"]["anyOf"][1:]
    assert by_name["type"] == "string"
    options = ["from", "aliases", "optional", "value", "by_name", "when", "blank"]
    options += ["format"]
    assert list(mapping["properties"]) == options
    for name, more in (
        ("key", {"with", "whole"}),
        ("joined", {"with"}),
        ("text", set()),
    ):
        _, _, mapping = parts[f"{name}_column"]["anyOf"]
        assert set(mapping["properties"]) - {*options[:-1]} == {"html", *more}
    assert "items" in parts["OrderSource"]["properties"]
    assert {"default", "phone", "groups"} <= set(parts["Survivorship"]["properties"])
    told = [
        described.get("description") or described.get("$ref")
        for part in (schema, *(parts[name] for name in parts if name[0].isupper()))
        for described in part["properties"].values()
        if part is not parts["Survivorship"]
    ]
    assert all(told)
