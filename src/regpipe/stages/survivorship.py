"""Survivorship: the rules of a pipeline, as the steps of golden records take them."""

from __future__ import annotations

from collections.abc import Mapping

from regpipe.fields import CUSTOMER_FIELDS
from regpipe.spec import Survivorship
from regpipe.sql.cells import sql_type
from regpipe.sql.golden import FIELDS, Survival


def survival_of(rules: Survivorship) -> Mapping[str, Survival]:
    """Give the rule of every golden field, and that of the groups."""
    found = {field: rules.rule(field) for field in (*FIELDS, "groups")}
    return {f: Survival(rule.kind, rule.sources) for f, rule in found.items()}


def settable() -> Mapping[str, str]:
    """Give the golden fields a person may set by hand, with their SQL types."""
    return {
        field: sql_type(CUSTOMER_FIELDS[field])
        for field in FIELDS
        if field in CUSTOMER_FIELDS
        and field not in ("kind", "created_at", "updated_at")
    }
