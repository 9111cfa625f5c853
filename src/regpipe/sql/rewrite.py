"""Rewrite: each table of the registry without the people who are erased.

Reads, beside ``registry``: ``own_ids``, ``own_records``, ``own_addresses`` (e-mails and
phones that nobody else has), ``own_texts`` (all values that nobody else has, in lower
case), ``own_orders`` (with ``renamed``, null where the id stays), ``own_rejects``,
``replaced`` (texts that name such an address, and what takes their place).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

from regpipe.sql.erase import ORIGINALS
from regpipe.sql.step import comma, ident

HISTORY = "_history"

_BY_CUSTOMER = "t.customer_id in (select customer_id from own_ids)"


def _of_record(source: str = "source", external_id: str = "external_id") -> str:
    return (
        "exists (select 1 from own_records o "
        f"where o.source = t.{source} and o.external_id = t.{external_id})"
    )


def _addressed(column: str) -> str:
    return f"t.{ident(column)} in (select address from own_addresses)"


def _own(column: str) -> str:
    return f"lower(t.{ident(column)}) in (select value from own_texts)"


_EITHER = (
    f"({_of_record('source_a', 'external_id_a')} "
    f"or {_of_record('source_b', 'external_id_b')})"
)
_ADDRESSED = _addressed("address")
_ORDERED = (
    "(exists (select 1 from own_orders o "
    "where o.source = t.source and o.order_id = t.order_id) "
    f"or coalesce({_BY_CUSTOMER}, false) "
    f"or {_of_record('customer_source', 'customer_ref')})"
)
_REJECTED = "t.reject_id in (select reject_id from own_rejects)"
_YES = "t.status in ('granted', 'pending', 'unknown')"

GONE: Mapping[str, str] = MappingProxyType(
    {
        "source_records": _of_record(),
        "customers": _BY_CUSTOMER,
        "customer_redirects": (
            f"({_BY_CUSTOMER} or t.redirect_to in (select customer_id from own_ids))"
        ),
        "addresses": _BY_CUSTOMER,
        "memberships": f"({_BY_CUSTOMER} or {_addressed('group_key')})",
        "groups": _addressed("group_key"),
        "overrides": _BY_CUSTOMER,
        "consent_events": f"({_ADDRESSED} or ({_of_record()} and {_YES}))",
        "suppressions": _ADDRESSED,
        "link_decisions": _EITHER,
        "match_scores": _EITHER,
        "review_items": f"({_EITHER} or coalesce({_own('value')}, false))",
        "review_dismissals": _of_record("source_a", "external_id_a"),
        "rejects": _REJECTED,
        "reject_closures": (
            f"({_REJECTED} or {_of_record('source', 'record_key')} "
            "or coalesce(t.record_key in (select address from own_addresses), false))"
        ),
        "deletions": _of_record(),
    }
)
"""Which rows of a table ``t`` are a person's, and go."""

_ORDER_BLANKS = (
    *("customer_id", "customer_source", "customer_ref", "email", "note"),
    "tracking_number",
)
_LEDGER = (
    *("address", "channel", "purpose", "status", "stated", "stated_at", "said_at"),
    *("dated_by", "source", "external_id", "file_id", "row_number", "run_id"),
)
"""What a refusal on an address that others have, too, consists of."""

_NAMES = ("first_name", "last_name", "full_name", "first_key", "last_key")


@dataclass(frozen=True)
class Kept:
    """A table without the people: its rows, and how many go or change (SELECTs)."""

    rows: str
    gone: str | None
    blanked: str | None


def kept(table: str, columns: Sequence[str]) -> Kept:
    """Give what a table with these ``columns`` keeps without the people."""
    base = table.removesuffix(HISTORY)
    gone = GONE.get(base)
    where = f"where not {gone}" if gone else ""
    values = _values(base, columns)
    counted = None
    if gone:
        counted = f"select count(*) as rows from registry.{ident(table)} t where {gone}"
    if not values:
        return Kept(f"select t.* from registry.{ident(table)} t {where}", counted, None)
    joins = "".join(join for _, _, join in values.values() if join)
    if base in ("orders", "order_lines"):
        joins += """
        left join own_orders w on t.source = w.source and t.order_id = w.order_id"""
    items = [
        f"{values[name][1] if name in values else f't.{ident(name)}'} as {ident(name)}"
        for name in columns
    ]
    tests = " or ".join(f"coalesce({test}, false)" for test, _, _ in values.values())
    source = f"registry.{ident(table)} t{joins}\n        {where}"
    return Kept(
        f"""
        select
            {comma(items, 12)}
        from {source}""",
        counted,
        f"""
        select count(*) as rows
        from {source} {"and" if where else "where"} ({tests})""",
    )


_Values = dict[str, tuple[str, str, str]]


def _values(base: str, columns: Sequence[str]) -> _Values:
    """Give the columns that may change: when they do, their value, and its join."""
    found: _Values = {}
    whole = "lower(concat_ws(' ', t.first_name, t.last_name))"
    named = f"{whole} in (select value from own_texts)"
    for name in columns:
        text = f"t.{ident(name)}"
        if base == "orders" and name in _ORDER_BLANKS:
            test = f"({_ORDERED} or coalesce({_addressed('email')}, false))"
            found[name] = _mentioned(base, name, test)
        elif base == "orders" and name == "fingerprint":
            found[name] = (
                _ORDERED,
                f"case when {_ORDERED} then 0 else {text} end",
                "",
            )
        elif base in ("orders", "order_lines") and name == "order_id":
            test = "w.renamed is not null"
            found[name] = (test, f"coalesce(w.renamed, {text})", "")
        elif base == "consent_events":
            if name == "external_id":
                test = _of_record()
                found[name] = (
                    test,
                    f"case when {test} then 'erased' else {text} end",
                    "",
                )
            elif name not in _LEDGER:
                found[name] = _blank(_of_record(), text)
        elif base == "source_records" and name == "customer_id":
            found[name] = _blank(_BY_CUSTOMER, text)
        elif name in _NAMES and {"first_name", "last_name"} <= {*columns}:
            found[name] = _blank(named, text)
        elif name == "originals":
            tests = " or ".join(
                f"coalesce(lower(t.originals.{part}) in (select value from own_texts), "
                "false)"
                for part in ORIGINALS
            )
            found[name] = _blank(f"({tests})", text)
        elif base in _PROFILES and name in _MINE:
            found[name] = _mentioned(base, name, _own(name))
        elif base == "order_lines" and name == "name":
            mine = f"(w.source is not null and {_own(name)})"
            found[name] = _mentioned(base, name, mine)
        elif name in _MENTIONING.get(base, ()):
            found[name] = _mentioned(base, name, "false")
    return found


_MINE = (
    *("email", "phone", "company", "vat_id", "org_number", "note", "street"),
    *("street2", "shipping_name", "shipping_street", "shipping_street2", "name"),
)
"""Columns of other people's rows, most of them history, that may hold what is the
person's alone: those in which nobody else is found to have it."""

_PROFILES = ("source_records", "customers", "addresses")

_MENTIONING: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "source_records": ("note",),
        "customers": ("note",),
        "addresses": ("name",),
        "orders": ("note",),
        "order_lines": ("name",),
        "overrides": ("value",),
        "suppressions": ("note",),
    }
)
"""Columns of free text, in which somebody's address may be mentioned."""


def _blank(test: str, text: str) -> tuple[str, str, str]:
    return test, f"case when {test} then null else {text} end", ""


def _mentioned(base: str, name: str, test: str) -> tuple[str, str, str]:
    """Give a column that is blank where ``test`` holds, without mentions elsewhere."""
    text = f"t.{ident(name)}"
    if name not in _MENTIONING.get(base, ()):
        return _blank(test, text)
    alias = ident(f"x_{name}")
    value = f"""case
              when {test} then null
              when {alias}.text is not null then {alias}.instead
              else {text}
            end"""
    join = f"""
        left join replaced {alias} on {text} = {alias}.text"""
    return f"({test} or {alias}.text is not null)", value, join


def mentions(tables: Iterable[str]) -> str:
    """Give the SELECT of every free text that holds something like an address."""
    parts = [
        f"select {ident(name)} as text from registry.{ident(table)} "
        f"where regexp_matches({ident(name)}, '@|[0-9][0-9 ()/.-]{{5,}}[0-9]')"
        for table in tables
        for name in _MENTIONING.get(table.removesuffix(HISTORY), ())
    ]
    return f"select distinct text from ({' union all '.join(parts)})"
