"""The rules that the registry's customers follow, as it keeps them."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass

import pyarrow as pa

from regpipe.engine.protocol import Engine, TableDelta
from regpipe.spec import Consent, Identity, Survivorship
from regpipe.spec.consent import STRICT, Policy
from regpipe.spec.rules import Rule
from regpipe.spec.types import Months

LATEST = "latest"
"""The rules of the last run, which what people decide is worked out by."""

ALL = "all"
"""The rules that every customer follows: of the first run, or of the last rebuild."""


@dataclass(frozen=True)
class Rules:
    """Who is the same person, which value survives, and whose consent counts."""

    identity: Identity
    survivorship: Survivorship
    consent: Consent = STRICT

    def said(self) -> tuple[str, str, str]:
        """Give each as JSON, in the words of a pipeline file."""
        identity = self.identity.model_dump(mode="json", by_alias=True)
        survivorship = {
            "default": _said(self.survivorship.default),
            **{field: _said(r) for field, r in self.survivorship.fields.items()},
        }
        return (
            json.dumps(identity, sort_keys=True),
            json.dumps(survivorship, sort_keys=True),
            json.dumps(consent_as_said(self.consent), sort_keys=True),
        )

    def same_customers(self, other: Rules) -> bool:
        """Tell whether both make the same customers of the same records."""
        return self.said()[:2] == other.said()[:2]


def consent_as_said(consent: Consent) -> dict[str, object]:
    """Give whose consent counts, and the policies, in the words of a pipeline file."""
    policies = {
        purpose: [_policy(policy) for policy in policies]
        for purpose, policies in consent.policies.items()
    }
    return {"follows": consent.follows, "policies": policies}


def _policy(policy: Policy) -> dict[str, object]:
    said = {name: getattr(policy, name) for name in policy.model_fields_set}
    return {
        name: str(value) if isinstance(value, Months) else value
        for name, value in said.items()
    }


def _said(rule: Rule) -> str | list[str]:
    return list(rule.sources) if rule.kind == "sources" else rule.kind


def rules_of(engine: Engine) -> Mapping[str, Rules]:
    """Give the rules that the registry keeps, by scope; none before the first run."""
    held = engine.collect(
        "select scope, identity, survivorship, consent from registry.rules"
    )
    return {
        row["scope"]: Rules(
            Identity.model_validate(json.loads(row["identity"])),
            Survivorship.model_validate(json.loads(row["survivorship"])),
            Consent.model_validate(json.loads(row["consent"] or "{}")),
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
        "consent": pa.array([said[2]] * len(changed), pa.string()),
    }
    engine.put("rules_new", pa.table(rows))
    engine.put("rules_gone", pa.table({"scope": rows["scope"]}))
    return TableDelta("rules", ("scope",), "rules_gone", "rules_new")


def outdated(engine: Engine, rules: Rules) -> bool:
    """Tell whether customers that a run does not touch follow other rules."""
    held = rules_of(engine).get(ALL)
    return held is not None and not held.same_customers(rules)


def consent_of(engine: Engine) -> Consent:
    """Give whose consent counts by the last run; nothing declared before the first."""
    held = rules_of(engine).get(LATEST)
    return STRICT if held is None else held.consent
