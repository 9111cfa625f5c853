"""What consent must be for somebody to be written to, by purpose and country."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Annotated, Any, Literal, Self

from pydantic import BeforeValidator, Field, StrictBool, model_validator

from regpipe.spec.column_types import Country
from regpipe.spec.types import (
    Fault,
    Period,
    Place,
    Spec,
    Word,
    quoted,
    refuse,
    said,
)


class Policy(Spec):
    """What is demanded of consent to one purpose; without more, a grant in force."""

    countries: tuple[Country, ...] = ()
    """The customers' countries it is for (ISO 3166 alpha-2). Without it, all that no
    policy above it is for."""
    double_opt_in: StrictBool = False
    """Whether a grant counts only once it was confirmed (confirmed_at)."""
    renew_after: Period | None = None
    """How old a grant may be, such as 36 months; an undated one is too old."""
    existing_customers: Period | None = None
    """Whoever ordered within this time may be written to without a grant, unless they
    refused: where the law has it so ("soft opt-in")."""


def _one_or_many(value: Any) -> Any:
    if isinstance(value, (dict, Policy)):
        return (value,)
    if not isinstance(value, (list, tuple)):
        raise said(
            "must be a policy or a list of them", "such as {double_opt_in: true}"
        )
    return value


def _unreached(purpose: str, policies: Sequence[Policy]) -> Iterator[Fault]:
    """Find the policies, or the countries of one, that no customer comes to."""
    taken: set[str] = set()
    everybody: int | None = None
    for number, policy in enumerate(policies):
        place: Place = ("policies", purpose, number)
        if everybody is not None:
            what = f"is for nobody: policy {everybody} above is for all countries"
            yield Fault(place, what, "the first policy that fits counts")
        elif not policy.countries:
            everybody = number + 1
        for inner, country in enumerate(policy.countries):
            if country in taken:
                what = f"{quoted(country)} has a policy above"
                yield Fault((*place, "countries", inner), what)
        taken |= set(policy.countries)


Policies = Annotated[
    tuple[Policy, ...],
    BeforeValidator(_one_or_many, json_schema_input_type=Policy | list[Policy]),
]
"""Policies of one purpose: the first whose countries hold the customer's counts."""


class Consent(Spec):
    """Whose consent counts, and what more than a grant is demanded."""

    follows: Literal["address", "person"] = "address"
    """address: consent is that of the address it was given for, a new address of the
    same person has none; person: the last word on any address of a customer counts for
    all of them."""
    policies: Mapping[Word, Policies] = Field(default_factory=dict)
    """By purpose, what is demanded beyond a grant in force."""

    @model_validator(mode="after")
    def _each_is_reached(self) -> Self:
        found: list[Fault] = []
        for purpose, policies in self.policies.items():
            found += _unreached(purpose, policies)
        refuse(found)
        return self


STRICT = Consent()
"""A grant in force on the address itself: what counts where nothing is declared."""
