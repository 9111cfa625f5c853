"""How long customers are kept after the last that was heard of them."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BeforeValidator

from regpipe.fields import CUSTOMER_KINDS
from regpipe.spec.types import Period, Spec, among, quoted, said


def _kinds(value: Any) -> tuple[str, ...]:
    listed = value if isinstance(value, (list, tuple)) else (value,)
    for each in listed:
        if each not in CUSTOMER_KINDS:
            what = f"{quoted(str(each))} is no kind of customer"
            raise said(what, among(str(each), CUSTOMER_KINDS))
    if not listed:
        raise said("must name a kind of customer", among("", CUSTOMER_KINDS))
    return tuple(listed)


Kinds = Annotated[
    tuple[str, ...],
    BeforeValidator(
        _kinds,
        json_schema_input_type=Literal["registered", "subscriber", "guest"]
        | list[Literal["registered", "subscriber", "guest"]],
    ),
]
"""Kinds of customer: registered, subscriber, guest."""


class Retention(Spec):
    """What becomes of customers of whom nothing was heard for some time."""

    kind: Kinds = CUSTOMER_KINDS
    """Which customers: a kind, or a list of them; without it all."""
    after: Period
    """How long after the last activity, such as 36 months."""
    do: Literal["erase", "delete"]
    """erase: forget them for good; delete: take the profile away."""

    def __str__(self) -> str:
        """Give it in one line, as the pipeline file has it."""
        return f"{', '.join(self.kind)} after {self.after}: {self.do}"
