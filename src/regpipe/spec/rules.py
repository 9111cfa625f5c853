"""Who is the same person, and which value survives: match keys and rules."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Annotated, Any, Literal, Self

from pydantic import (
    AfterValidator,
    BeforeValidator,
    Field,
    StrictInt,
    model_validator,
)

from regpipe.spec.types import (
    Fault,
    Globs,
    Name,
    PathText,
    Share,
    Spec,
    among,
    quoted,
    refuse,
    said,
)

KEY_FIELDS = (
    "email",
    "phone",
    "first_name",
    "last_name",
    "full_name",
    "company",
    "vat_id",
    "org_number",
    "birth_date",
    "postcode",
    "city",
    "country",
)
"""What a match key may be made of."""

RuleKind = Literal[
    "newest",
    "sources",
    "union",
    "any",
    "all",
    "min",
    "max",
    "longest",
    "most_common",
]

RULE_WORDS = (
    "newest",
    "most_common",
    "longest",
    "min",
    "max",
    "any",
    "all",
    "union",
)
"""The rules that a word of the file names; ``sources`` is a list of sources."""

_ANY_VALUE = ("newest", "sources", "most_common")
_TEXT = (*_ANY_VALUE, "longest")
_DATE = (*_ANY_VALUE, "min", "max")

FITTING = MappingProxyType(
    {
        "email": _TEXT,
        "phone": _TEXT,
        "first_name": _TEXT,
        "last_name": _TEXT,
        "company": _TEXT,
        "vat_id": _TEXT,
        "org_number": _TEXT,
        "birth_date": _DATE,
        "language": _TEXT,
        "tax_exempt": (*_ANY_VALUE, "any", "all"),
        "note": _TEXT,
        "created_at": _DATE,
        "updated_at": _DATE,
        "billing": _ANY_VALUE,
        "shipping": _ANY_VALUE,
        "groups": ("union", "newest", "sources"),
    }
)
"""The fields of a golden record that survive by a rule, and the rules that fit."""

DEFAULTS = ("newest", "sources", "most_common", "longest")
"""The rules that may be the default."""

ONLY_FOR = MappingProxyType(
    {
        "union": "groups",
        "any": "flags (tax_exempt)",
        "all": "flags (tax_exempt)",
        "min": "dates and times (birth_date, created_at, updated_at)",
        "max": "dates and times (birth_date, created_at, updated_at)",
        "longest": "texts",
        "most_common": "single values",
    }
)


def rule_fits(kind: str, field: str) -> bool:
    """Tell whether a rule can choose the value of a golden field."""
    return kind in FITTING.get(field, ())


class Rule(Spec):
    """One survivorship rule; ``sources`` are the ordered sources of that kind."""

    kind: RuleKind
    sources: tuple[Name, ...] = ()

    @model_validator(mode="after")
    def _whole(self) -> Self:
        if (self.kind == "sources") != bool(self.sources):
            raise said("a list of sources must name at least one")
        return self


def _rule(value: Any) -> Any:
    """Read a word or a list of sources as a rule."""
    match value:
        case Rule():
            return value
        case str() if value in RULE_WORDS:
            return {"kind": value}
        case str():
            more = ", or a list of sources"
            raise said(f"unknown rule {quoted(value)}", among(value, RULE_WORDS, more))
        case list() | tuple():
            return {"kind": "sources", "sources": value}
        case _:
            raise said(
                "must be a rule or a list of sources",
                f"rules: {', '.join(RULE_WORDS)}",
            )


OWN_RULES = MappingProxyType(
    {
        "created_at": Rule(kind="min"),
        "updated_at": Rule(kind="max"),
        "groups": Rule(kind="union"),
    }
)
"""The rules of fields that the default does not reach."""

RuleOrText = Annotated[
    Rule, BeforeValidator(_rule, json_schema_input_type=str | list[str])
]
"""A rule by its name, or the sources in order."""


def _key_field(field: str) -> str:
    if field not in KEY_FIELDS:
        raise said(f"unknown field {quoted(field)}", among(field, KEY_FIELDS))
    return field


def _listed(key: Any) -> Any:
    if not isinstance(key, (list, tuple)):
        raise said("a key must be a list of fields", "such as [email]")
    return key


def _key(key: tuple[str, ...]) -> tuple[str, ...]:
    if not key:
        raise said("a key must name at least one field", "such as [email]")
    if len(set(key)) < len(key):
        raise said("a key must not name a field twice")
    return key


KeyField = Annotated[
    str, AfterValidator(_key_field), Field(json_schema_extra={"enum": [*KEY_FIELDS]})
]
MatchKey = Annotated[
    tuple[KeyField, ...],
    BeforeValidator(_listed, json_schema_input_type=list[KeyField]),
    AfterValidator(_key),
]

DEFAULT_KEYS = (("email",), ("phone", "last_name"), ("full_name", "postcode"))


def _never(value: dict[str, tuple[str, ...]]) -> dict[str, tuple[str, ...]]:
    known = ("email", "phone")
    refuse(
        [
            Fault((), f"unknown field {quoted(field)}", among(field, known), field)
            for field in value
            if field not in known
        ]
    )
    return value


class Score(Spec):
    """How pairs of records that may be one person are scored, by Splink."""

    model: PathText = "shipped"
    """The model: a file that `regpipe match train` wrote, or shipped, the one that
    comes with regpipe."""
    review_above: Share = 0.5
    """A pair of this probability or more is kept with its score, for a person to
    look at."""
    accept_above: Share | None = None
    """A pair of this probability or more is one person, unless the guard of keys
    stands against it. Without it no score joins anybody."""

    @model_validator(mode="after")
    def _ordered(self) -> Self:
        if self.accept_above is not None and self.accept_above < self.review_above:
            what = "must not be below review_above"
            hint = f"review_above is {self.review_above:g}"
            refuse([Fault(("accept_above",), what, hint)])
        return self


class Identity(Spec):
    """Which records are the same person."""

    match: tuple[MatchKey, ...] = DEFAULT_KEYS
    """The match keys: records that agree on all fields of one key are one person.
    A key without a first name also needs compatible first names."""
    never_match_on: Annotated[dict[str, Globs], AfterValidator(_never)] = Field(
        default_factory=dict
    )
    """Globs of e-mails and phones that tell nobody apart, such as noreply@*."""
    same_mailbox: tuple[Literal["dots", "tags"], ...] = ()
    """Spellings of an e-mail that match keys take for one: with dots at Gmail (dots),
    with a tag behind a + (tags). Mail goes to the address as it was given."""
    shared_above: Annotated[StrictInt, Field(ge=1)] = 4
    """An e-mail or phone held by more names than this is no key."""
    largest_cluster: Annotated[StrictInt, Field(ge=2)] = 20
    """A cluster of more records than this is left for review, nobody is merged."""
    guests: Literal["orders_only", "register"] = "orders_only"
    """What becomes of records of kind guest: no customers, or customers."""
    score: Score | None = None
    """Score pairs of records that may be one person; needs regpipe[match]."""


class Survivorship(Spec):
    """Which source record gives each field of the golden record."""

    default: RuleOrText = Rule(kind="newest")
    """The rule of the fields that have no rule of their own. Without one created_at
    has min, updated_at max and groups union."""
    fields: dict[str, RuleOrText] = Field(default_factory=dict)
    """The rules of single fields; in the file they stand beside the default."""

    @model_validator(mode="before")
    @classmethod
    def _flat(cls, value: Any) -> Any:
        if not isinstance(value, Mapping):
            return value
        inner = value.get("fields")
        if isinstance(inner, Mapping) and all(
            isinstance(rule, Rule) for rule in inner.values()
        ):
            return value
        own = {key: rule for key, rule in value.items() if key == "default"}
        return own | {"fields": {k: v for k, v in value.items() if k != "default"}}

    def rule(self, field: str) -> Rule:
        """Give the rule for a field: that of the file, else ours, else the default.

        Where the default does not fit (longest of a date), it is newest.
        """
        if field in self.fields:
            return self.fields[field]
        if field in OWN_RULES:
            return OWN_RULES[field]
        if rule_fits(self.default.kind, field):
            return self.default
        return Rule(kind="newest")
