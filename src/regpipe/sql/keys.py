"""Match keys: what two records may agree on, as SQL."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import Enum

from regpipe.sql.step import comma, ident, like_pattern, literal

_EXPRESSIONS = {
    "first_name": "first_key",
    "last_name": "last_key",
    "full_name": (
        "case when first_key < last_key then first_key || ' ' || last_key "
        "else last_key || ' ' || first_key end"
    ),
    "birth_date": "cast(birth_date as varchar)",
    "company": "rp_company_key(company)",
    "vat_id": "vat_key",
    "org_number": "org_key",
    "city": "lower(city)",
    "postcode": "rp_code(postcode)",
}
_COLUMNS = {
    "first_name": ("first_key",),
    "last_name": ("last_key",),
    "full_name": ("first_key", "last_key"),
    "vat_id": ("vat_key",),
    "org_number": ("org_key",),
}
IDENTIFIERS = ("email", "phone")
"""What a person is reached by: a key unless too many hold it."""

PERSON = ("first_key", "last_key", "birth_date", "org_key", "vat_key")
"""What a record says of who its person is, beside the keys."""

_SAID = {c: c for c in PERSON} | {
    "told_by": "case when first_key is null then email end"
}
MARK = "rp_fingerprint({" + ", ".join(f"'{n}': {s}" for n, s in _SAID.items()) + "})"
"""The SQL of a number that is the same for records which say the same; of one without a
first name the e-mail tells whose it is."""


class Guard(Enum):
    """What names must say beside a key that agrees."""

    NONE = "none"
    FIRST_NAMES = "first names"
    STRICT = "first names, and last names where the first say little"
    SCORED = "first names or dates of birth: the rest is the model's"


@dataclass(frozen=True)
class Keys:
    """The match keys of a pipeline, and what bounds them."""

    match: tuple[tuple[str, ...], ...]
    never_match_on: Mapping[str, tuple[str, ...]]
    shared_above: int
    guests: bool
    same_mailbox: tuple[str, ...] = ()

    @property
    def columns(self) -> tuple[str, ...]:
        """Give the columns of a record that matching looks at, each once."""
        wanted = [*IDENTIFIERS, *PERSON]
        for key in self.match:
            for field in key:
                wanted.extend(_COLUMNS.get(field, (field,)))
        return tuple(dict.fromkeys(wanted))

    @property
    def reaching(self) -> tuple[tuple[str, ...], ...]:
        """Give the keys by which a change reaches other records.

        The identifiers are among them: how many people hold one decides
        whether it is a key at all.
        """
        singles = tuple((name,) for name in IDENTIFIERS)
        return tuple(dict.fromkeys((*self.match, *singles)))

    def guard(self, key: Sequence[str]) -> Guard:
        """Give the guard of a key: one that names no first name needs them to fit.

        A mailbox is one person's more often than a landline, an address or a company
        is: there the last names have a say, too.
        """
        if {"first_name", "full_name"} & set(key):
            return Guard.NONE
        return Guard.FIRST_NAMES if "email" in key else Guard.STRICT


def key_name(key: Sequence[str]) -> str:
    """Give a match key as people read it.

    >>> key_name(["phone", "last_name"])
    'phone + last_name'
    """
    return " + ".join(key)


def key_value(
    key: Sequence[str], alias: str = "", same_mailbox: Sequence[str] = ()
) -> str:
    """Give the SQL text of a key's value; null where one of its fields is.

    ``same_mailbox`` says which spellings of an e-mail are one ('dots', 'tags').
    """
    parts = []
    for field in key:
        text = _EXPRESSIONS.get(field, field)
        if field == "email" and same_mailbox:
            asked = (str(word in same_mailbox).lower() for word in ("dots", "tags"))
            text = f"rp_email_key(email, {', '.join(asked)})"
        if alias:
            for column in _COLUMNS.get(field, (field,)):
                text = re.sub(rf"\b{column}\b", f"{alias}.{column}", text)
        parts.append(text)
    return " || '|' || ".join(parts)


def key_column(key: Sequence[str]) -> str:
    """Give the column of ``members`` with the numbers of a key's values.

    >>> key_column(["phone", "last_name"])
    'key_phone_last_name'
    """
    return "_".join(("key", *key))


def members_among(keys: Keys, pool: str) -> str:
    """Give the SELECT of the records of a ``pool`` that are customers, as members.

    ``pool`` is the SQL of record_no, origin, source, external_id, founder_of, kind and
    the columns that keys look at. To them come ``mark``, a number for all that a record
    says of its person, and for each key a number for its value: null where a record
    has none, or one that tells nobody apart. Other values may have the same number, if
    hardly ever: numbers tell who may share a value, and cost little to compare.
    """
    names = ["record_no", "origin", "source", "external_id", "founder_of"]
    columns = [*names, *map(ident, keys.columns)]
    values = [
        f"{key_value(key, same_mailbox=keys.same_mailbox)} as value_{place}"
        for place, key in enumerate(keys.reaching)
    ]
    numbers = [
        f"case when {' and '.join((f'value_{place} is not null', *_may(keys, key)))} "
        f"then rp_fingerprint(value_{place}) end as {key_column(key)}"
        for place, key in enumerate(keys.reaching)
    ]
    return f"""
        with pool as ({pool}
        ),
        valued as (
          select
              {comma(columns, 14)},
              {comma(values, 14)}
          from pool p
          where {is_customer(keys, "p")}
        )
        select
            {comma(columns, 12)},
            {MARK} as mark,
            {comma(numbers, 12)}
        from valued
        """


def _may(keys: Keys, key: Sequence[str]) -> list[str]:
    """Give the SQL tests that a key's value is none of those that tell nobody apart."""
    return [
        f"not rp_like({field}, {literal(like_pattern(pattern))})"
        for field in key
        for pattern in keys.never_match_on.get(field, ())
    ]


def is_customer(keys: Keys, alias: str) -> str:
    """Give the SQL test that a record becomes a customer: guests may not."""
    return "true" if keys.guests else f"{alias}.kind <> 'guest'"
