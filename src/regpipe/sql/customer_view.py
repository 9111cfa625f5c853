"""The customer view: its columns, and the query for just those that are needed.

The view itself is in ``migrations/0002_views.sql`` for people to read. Lists are
made of ``customers`` here instead: the same rows and values (a test compares
them), but only the joins that somebody asks for, and consent as of a time.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from types import MappingProxyType

from regpipe.sql import consent_in_force
from regpipe.sql.expression import part_column
from regpipe.sql.step import Step, comma, ident, literal, step

CUSTOMERS = "list_customers"
"""The table of the customers that lists are made of, made once for all lists."""

TEXT, NUMBER, FLAG, DATE, TIME = "VARCHAR", "BIGINT", "BOOLEAN", "DATE", "TIMESTAMP"
MONEY, TEXTS = "DECIMAL(18,4)", "VARCHAR[]"
WORDS, SUMS = f"MAP({TEXT}, {TEXT})", f"MAP({TEXT}, {MONEY})"

_OWN = {
    "customer_id": NUMBER,
    **dict.fromkeys(("kind", "email", "phone", "first_name", "last_name"), TEXT),
    **dict.fromkeys(("full_name", "company", "vat_id", "org_number"), TEXT),
    "birth_date": DATE,
    "language": TEXT,
    "tax_exempt": FLAG,
    "note": TEXT,
}
POST, POSTAL = "post", "postal"
"""The channel of letters, and the column with the address it goes by: not one of the
view, it is what the ledger of consent knows a postal address by."""

POSTAL_KEY = "rp_postal(street, postcode, country)"
"""The SQL of that address, in rows that have its parts."""

_ADDRESS = ("street", "street2", "postcode", "city", "region", "country")
_SHIPPING = ("shipping_name", *(f"shipping_{name}" for name in _ADDRESS))

VIEW: Mapping[str, str] = MappingProxyType(
    {
        **_OWN,
        **dict.fromkeys((*_ADDRESS, *_SHIPPING), TEXT),
        "groups": TEXTS,
        "consents": WORDS,
        "order_count": NUMBER,
        "total_spent": SUMS,
        "first_order_at": TIME,
        "last_order_at": TIME,
        "created_at": TIME,
        "updated_at": TIME,
    }
)
"""The columns of ``customer_view``, in order, and their types."""

MAPS: Mapping[str, str] = MappingProxyType({"consents": TEXT, "total_spent": MONEY})
"""The columns whose values by a fixed key can be had alone, and the values' type."""

_SELECTED = {
    **{name: f"c.{name}" for name in _OWN},
    **{name: f"b.{name}" for name in _ADDRESS},
    **{name: f"s.{name.removeprefix('shipping_')}" for name in _SHIPPING},
    POSTAL: "rp_postal(b.street, b.postcode, b.country)",
    "groups": "coalesce(m.groups, [])",
    "consents": "w.consents",
    "order_count": "coalesce(o.order_count, 0)",
    "total_spent": "p.total_spent",
    "first_order_at": "o.first_order_at",
    "last_order_at": "o.last_order_at",
    "created_at": "c.created_at",
    "updated_at": "c.updated_at",
}
"""What each column of the view is in ``customers``; the alias says by which join."""

_JOINS = {
    "b": "registry.addresses b\n  on c.customer_id = b.customer_id "
    "and b.kind = 'billing'",
    "s": "registry.addresses s\n  on c.customer_id = s.customer_id "
    "and s.kind = 'shipping'",
    "m": "member m on c.customer_id = m.customer_id",
    "o": "bought o on c.customer_id = o.customer_id",
    "p": "spent p on c.customer_id = p.customer_id",
    "w": "said w on c.customer_id = w.customer_id",
}

DEAR = frozenset({"consents", "groups", "total_spent"})
"""Columns that cost much to make: where only shown, made for those on a list."""


def moment(as_of: datetime) -> str:
    """Give a time as a SQL literal: UTC, microseconds, no zone.

    Raises ValueError when ``as_of`` has no time zone.
    """
    if as_of.tzinfo is None:
        raise ValueError("as_of has no time zone")
    utc = as_of.astimezone(UTC).replace(tzinfo=None)
    return f"timestamp {literal(utc.isoformat(sep=' '))}"


def address_column(channel: str) -> str:
    """Give the column that holds the address of a channel.

    >>> address_column("email"), address_column("sms"), address_column("post")
    ('email', 'phone', 'postal')
    """
    return {"email": "email", POST: POSTAL}.get(channel, "phone")


def addresses(channel: str) -> str:
    """Give the FROM item of every customer's address of a channel.

    Gives  one row per customer with one: ``customer_id``, ``address``.
    """
    if channel == POST:
        return f"""(
    select customer_id, {POSTAL_KEY} as address
    from registry.addresses
    where kind = 'billing' and {POSTAL_KEY} is not null
  )"""
    column = address_column(channel)
    return f"""(
    select customer_id, {column} as address
    from registry.customers
    where {column} is not null
  )"""


def customers(
    columns: Collection[str],
    parts: Collection[tuple[str, str]],
    as_of: datetime,
    name: str = CUSTOMERS,
    only: str | None = None,
) -> Step:
    """Give the customers, with those columns of the view that somebody asks for.

    Only what these columns need is read and joined. ``parts`` are single values
    of maps (see ``segment``). Consent is that in force ``as_of``. ``only`` is a
    table whose customer_id tells which customers; None means all.

    Gives  one row per customer: customer_id, the columns, and each part as
           ``part_column`` names it (null where the map has no such key).
    """
    known = (*VIEW, POSTAL)
    asked = [each for each in known if each == "customer_id" or each in columns]
    currencies = sorted(key for column, key in parts if column == "total_spent")
    words = sorted(key for column, key in parts if column == "consents")
    used = " ".join(_SELECTED[each] for each in asked)
    if any(key.endswith(f".{POST}") for key in words):
        used += _SELECTED[POSTAL]
    joins = [join for alias, join in _JOINS.items() if f"{alias}." in used]
    if currencies:
        joins.append("spent_in x on c.customer_id = x.customer_id")
    joins += [_word(key, number) for number, key in enumerate(words)]
    selected = [
        *(f"{_SELECTED[each]} as {ident(each)}" for each in asked),
        *(f"x.{ident(part_column('total_spent', key))}" for key in currencies),
        *(
            f"y{number}.status as {ident(part_column('consents', key))}"
            for number, key in enumerate(words)
        ),
    ]
    helpers = ",\n".join(_helpers(currencies, as_of, only))
    return step(
        name,
        f"""
with {helpers}
select
    {comma(selected)}
from customer c
{"".join(f"left join {join}{chr(10)}" for join in joins)}""",
    )


def _helpers(
    currencies: Sequence[str], as_of: datetime, only: str | None
) -> Iterator[str]:
    """Give the tables that joins refer to; one that none refers to costs nothing."""
    mine = "semi join customer c on r.customer_id = c.customer_id" if only else ""
    all_or_only = (
        f" semi join {ident(only)} l on r.customer_id = l.customer_id" if only else ""
    )
    yield f"customer as (select r.* from registry.customers r{all_or_only})"
    yield f"""member as (
  select r.customer_id, list_sort(list(g.name)) as groups
  from registry.memberships r
  join registry.groups g on r.group_key = g.group_key
  {mine}
  group by r.customer_id
)"""
    yield f"""bought as (
  select
    r.customer_id,
    count(*) as order_count,
    min(r.ordered_at) as first_order_at,
    max(r.ordered_at) as last_order_at
  from registry.orders r
  {mine}
  where r.customer_id is not null
  group by r.customer_id
)"""
    yield f"""spent as (
  select
    customer_id,
    map_from_entries(list_sort(list({{'k': currency, 'v': total}}))) as total_spent
  from (
    select r.customer_id, r.currency, cast(sum(r.total) as {MONEY}) as total
    from registry.orders r
    {mine}
    where r.customer_id is not null and r.currency is not null
    group by r.customer_id, r.currency
  )
  group by customer_id
)"""
    if currencies:
        yield _spent_in(currencies)
    yield f"in_force as ({consent_in_force.in_force(as_of)}\n)"
    yield _SAID


def _spent_in(currencies: Sequence[str]) -> str:
    sums = comma(
        f"cast(sum(total) filter (where currency = {literal(key)}) as {MONEY})"
        f" as {ident(part_column('total_spent', key))}"
        for key in currencies
    )
    return f"""spent_in as (
  select
    customer_id,
    {sums}
  from registry.orders
  where customer_id is not null and currency in ({", ".join(map(literal, currencies))})
  group by customer_id
)"""


_SAID = """said as (
  select
    customer_id,
    map_from_entries(list_sort(list({'k': k, 'v': v}))) as consents
  from (
    select c.customer_id, f.purpose as k, f.status as v
    from in_force f
    join customer c on f.address = c.email
    where f.channel = 'email'
    union all
    select c.customer_id, f.purpose || '.' || f.channel as k, f.status as v
    from in_force f
    join customer c on f.address = c.phone
    where f.channel not in ('email', 'post')
    union all
    select c.customer_id, f.purpose || '.' || f.channel as k, f.status as v
    from in_force f
    join registry.addresses b
      on f.address = rp_postal(b.street, b.postcode, b.country) and b.kind = 'billing'
    join customer c on b.customer_id = c.customer_id
    where f.channel = 'post'
  )
  group by customer_id
)"""


def _word(key: str, number: int) -> str:
    """Give the join of the word on one key: 'purpose', or 'purpose.channel'."""
    purpose, dot, channel = key.partition(".")
    name = f"y{number}"
    address = address_column(channel if dot else "email")
    said = f"{name}.purpose = {literal(purpose)}"
    if dot:
        said += (
            f" and {name}.channel = {literal(channel)} and {name}.channel <> 'email'"
        )
    else:
        said += f" and {name}.channel = 'email'"
    own = _SELECTED[POSTAL] if address == POSTAL else f"c.{address}"
    return f"in_force {name}\n  on {own} = {name}.address and {said}"
