"""The rules that the registry's customers follow, as it keeps them."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass

import pyarrow as pa

from regpipe.engine.protocol import Engine, TableDelta
from regpipe.spec import Identity, Survivorship
from regpipe.spec.rules import Rule

LATEST = "latest"
"""The rules of the last run, which what people decide is worked out by."""

ALL = "all"
"""The rules that every customer follows: of the first run, or of the last rebuild."""


@dataclass(frozen=True)
class Rules:
    """Who is the same person, and which value survives."""

    identity: Identity
    survivorship: Survivorship

    def said(self) -> tuple[str, str]:
        """Give both as JSON, in the words of a pipeline file."""
        identity = self.identity.model_dump(mode="json", by_alias=True)
        survivorship = {
            "default": _said(self.survivorship.default),
            **{field: _said(r) for field, r in self.survivorship.fields.items()},
        }
        return (
            json.dumps(identity, sort_keys=True),
            json.dumps(survivorship, sort_keys=True),
        )


def _said(rule: Rule) -> str | list[str]:
    return list(rule.sources) if rule.kind == "sources" else rule.kind


def rules_of(engine: Engine) -> Mapping[str, Rules]:
    """Give the rules that the registry keeps, by scope; none before the first run."""
    held = engine.collect("select scope, identity, survivorship from registry.rules")
    return {
        row["scope"]: Rules(
            Identity.model_validate(json.loads(row["identity"])),
            Survivorship.model_validate(json.loads(row["survivorship"])),
        )
        for row in held.to_pylist()
    }


def merge_rules(engine: Engine, rules: Rules, *, everybody: bool) -> TableDelta:
    """Leave what changes in ``rules``; ``everybody`` follows these from now on."""
    held = {scope: each.said() for scope, each in rules_of(engine).items()}
    said = rules.said()
    scopes = [LATEST, ALL] if everybody else [LATEST]
    changed = [scope for scope in scopes if held.get(scope) != said]
    rows = {
        "scope": pa.array(changed, pa.string()),
        "identity": pa.array([said[0]] * len(changed), pa.string()),
        "survivorship": pa.array([said[1]] * len(changed), pa.string()),
    }
    engine.put("rules_new", pa.table(rows))
    engine.put("rules_gone", pa.table({"scope": rows["scope"]}))
    return TableDelta("rules", ("scope",), "rules_gone", "rules_new")


def outdated(engine: Engine, rules: Rules) -> bool:
    """Tell whether customers that a run does not touch follow other rules."""
    held = rules_of(engine).get(ALL)
    return held is not None and held.said() != rules.said()
