"""What a match model looks at: the facts of a record, and what makes it a candidate."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from regpipe.sql.step import Step, comma, ident, literal, step

FACTS: Mapping[str, str] = MappingProxyType(
    {
        "first_key": "first_key",
        "last_key": "last_key",
        "given": "rp_given_name(first_key)",
        "called": "coalesce(first_key, '') || coalesce(last_key, '')",
        "email": "email",
        "mailbox": "rp_place_key(split_part(email, '@', 1))",
        "phone": "phone",
        "birth_date": "cast(birth_date as varchar)",
        "street": "rp_place_key(street)",
        "house": "nullif(regexp_extract(street, '([0-9]+)', 1), '')",
        "postcode": "rp_code(postcode)",
        "city": "rp_place_key(city)",
        "company": "rp_place_key(company)",
        "org_number": "org_number",
        "vat_id": "vat_id",
    }
)
"""The columns that a model compares (as ``<name>_l`` and ``<name>_r``), as SQL over
those of a source record. All are text; where a record says nothing they are null."""

_FIRST = "substr(first_key, 1, 1)"
_BOTH = "first_key || last_key"
_ENDS = "substr(mailbox, 1, 1) || ' ' || substr(mailbox, length(mailbox) - 4)"

BLOCKS: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "email": ("email",),
        "phone": ("substr(phone, length(phone) - 6)",),
        "number": ("org_number || " + _FIRST, "vat_id || " + _FIRST),
        "called": (
            "case when length(mailbox) > 5 then mailbox end",
            _BOTH,
            "last_key || first_key",
            f"{_FIRST} || last_key",
        ),
        "mailbox": (
            "case when length(mailbox) > 7 then substr(mailbox, 1, 6) end",
            f"case when length(mailbox) > 7 then {_ENDS} end",
        ),
        "name, postcode": (f"postcode || ' ' || last_key || ' ' || {_FIRST}",),
        "first, postcode": ("postcode || ' ' || first_key",),
        "born": ("birth_date",),
        "home": (
            "postcode || ' ' || house",
            f"street || ' ' || house || ' ' || {_FIRST}",
        ),
        "street": ("street || ' ' || city",),
    }
)
"""The values that make a pair a candidate when two records share one, as SQL over
``FACTS``, by what they are of. A value whose SQL is null makes none."""

MOST = 12
"""A value that more records hold than this makes no candidates: it tells nobody apart,
and its pairs would be too many."""


def scorable_coming(*, guests: bool) -> Step:
    """Give the facts of the records that come.

    Reads  ``incoming``.
    Gives  one row per source and external_id: ``FACTS``. Guests are left out unless
           they are customers.
    """
    return step("scorable_coming", _facts("incoming", guests))


def scorable(*, guests: bool) -> Step:
    """Give the facts of every record that may be scored, as this run leaves them.

    Reads  ``scorable_coming``, ``stored``.
    Gives  columns as ``scorable_coming``.
    """
    return step(
        "scorable",
        f"select * from scorable_coming\nunion all\n{_facts('stored', guests)}",
    )


def scorable_before(*, guests: bool) -> Step:
    """Give the facts of the records that change, as they were.

    Gives  columns as ``scorable``, for the held versions of those in ``incoming``.
    """
    held = """(
  select r.*
  from registry.source_records r
  semi join incoming i on r.source = i.source and r.external_id = i.external_id
)"""
    return step("scorable_before", _facts(held, guests))


def _facts(table: str, guests: bool) -> str:
    items = [f"{sql} as {ident(name)}" for name, sql in FACTS.items()]
    which = "" if guests else "\nwhere kind <> 'guest'"
    return f"""select
    source,
    external_id,
    {comma(items)}
from {table} r{which}"""


def values_of(table: str, *carried: str) -> str:
    """Give the SELECT of the blocking values of the records in ``table``.

    Gives  a row per record and block that it has a value for: the columns
           ``carried`` and ``value``, a fingerprint of the block's name and value.
    """
    listed = "".join(f"{name}, " for name in carried)
    return "\nunion all\n".join(
        f"select {listed}rp_fingerprint({literal(name + ': ')} || ({sql})) as value\n"
        f"from {ident(table)}\n"
        f"where ({sql}) is not null"
        for name, values in BLOCKS.items()
        for sql in values
    )
