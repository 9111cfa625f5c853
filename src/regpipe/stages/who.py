"""Who is meant: customers by their number, an address, or one of their records."""

from __future__ import annotations

from collections.abc import Sequence

from regpipe.engine.protocol import Engine
from regpipe.errors import PipelineError
from regpipe.sql.step import literal
from regpipe.stages.canonical import address_of
from regpipe.stages.phones import phone

POSTAL_PARTS = 3
"""Parts of a postal address in the ledger of consent: street, postcode, country."""


def customer_ids(engine: Engine, identifier: int | str) -> tuple[int, ...]:
    """Give the customers that an identifier names, the lowest id first.

    It is a customer_id (also of a customer that was merged away), an e-mail or a
    phone that the customer or one of their records has, or
    'source:external_id'.

    Raises PipelineError when it is none of these.
    """
    return _those_in(engine, _meant(engine, identifier), ("customers",))


def held_ids(engine: Engine, identifier: int | str) -> tuple[int, ...]:
    """Give the same, and those who are customers no more but of whom something is held.

    Raises PipelineError as ``customer_ids`` does.
    """
    tables = ("customers", "source_records", "orders")
    return _those_in(engine, _meant(engine, identifier), tables)


def _those_in(engine: Engine, ids: set[int], tables: Sequence[str]) -> tuple[int, ...]:
    listed = ", ".join(map(str, sorted(ids)))
    if not listed:
        return ()
    there = " union ".join(
        f"select customer_id from registry.{table} where customer_id in ({listed})"
        for table in tables
    )
    return tuple(sorted(ids_of(engine, there)))


def _meant(engine: Engine, identifier: int | str) -> set[int]:
    """Give the ids that an identifier names by now, whether there are such or not."""
    text = str(identifier).strip()
    source, colon, external_id = text.partition(":")
    if isinstance(identifier, int) or (text.isascii() and text.isdigit()):
        found = {int(text)} if len(text) < 19 else set()
    elif colon and source:
        found = ids_of(
            engine,
            f"""
            select customer_id from registry.source_records
            where source = {literal(source)} and external_id = {literal(external_id)}
            """,
        )
    elif "@" in text or text.startswith("+"):
        column = "email" if "@" in text else "phone"
        address = literal(one_address(text) or text)
        found = ids_of(
            engine,
            f"""
            select customer_id from registry.customers where {column} = {address}
            union
            select customer_id from registry.source_records where {column} = {address}
            """,
        )
    else:
        raise PipelineError.at(
            "customer",
            "the identifier is no customer_id, e-mail, phone or source:external_id",
            "such as 17, anna@example.com, +46701234567 or web_shop:1001",
        )
    return {current_id(engine, each) for each in found}


def one_address(identifier: int | str) -> str | None:
    """Give the address that an identifier is, as the registry writes it.

    An e-mail, a phone, or a postal address as the ledger of consent has it
    (storgatan1|11122|se). None where it names a customer or a record instead.
    """
    text = str(identifier).strip()
    source, colon, _ = text.partition(":")
    if isinstance(identifier, int) or (colon and source):
        return None
    if "@" in text:
        return address_of(text)
    if text.count("|") == POSTAL_PARTS - 1:
        return text.lower()
    return (phone(text, None) or text) if text.startswith("+") else None


def current_id(engine: Engine, customer_id: int) -> int:
    """Follow the redirects of customers that were merged away."""
    seen = {customer_id}
    while True:
        found = ids_of(
            engine,
            "select redirect_to as customer_id from registry.customer_redirects "
            f"where customer_id = {customer_id}",
        )
        if not found or found <= seen:
            return customer_id
        customer_id = min(found - seen)
        seen.add(customer_id)


def ids_of(engine: Engine, select: str) -> set[int]:
    """Give the numbers that a SELECT of one column finds."""
    found = engine.collect(select).column(0).to_pylist()
    return {int(each) for each in found if each is not None}
