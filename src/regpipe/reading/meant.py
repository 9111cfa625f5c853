"""Who or what is meant: one customer, or addresses."""

from __future__ import annotations

from regpipe.engine.protocol import Engine
from regpipe.errors import DataError
from regpipe.reading.customer import known_addresses
from regpipe.stages.who import customer_ids, held_ids, one_address


def one(engine: Engine, identifier: int | str) -> int | None:
    """Give the id of the one customer that is meant; None when there is nobody.

    Raises DataError when more than one customer has that e-mail or phone.
    """
    return _only(customer_ids(engine, identifier))


def held(engine: Engine, identifier: int | str) -> int | None:
    """Give the same, also of somebody who is a customer no more.

    Raises DataError as ``one`` does.
    """
    now = one(engine, identifier)
    return now if now is not None else _only(held_ids(engine, identifier))


def _only(found: tuple[int, ...]) -> int | None:
    if len(found) > 1:
        ids = ", ".join(map(str, found[:20]))
        raise DataError.at(
            "customer", f"{len(found)} customers share it", f"ask by id: {ids}"
        )
    return found[0] if found else None


def addresses(engine: Engine, identifier: int | str) -> tuple[str, ...]:
    """Give the one address that is meant, or all those of the customer meant.

    Raises DataError when there is no such customer.
    """
    address = one_address(identifier)
    if address is not None:
        return (address,)
    found = one(engine, identifier)
    if found is None:
        raise DataError.at("customer", "there is no such customer in the registry")
    return known_addresses(engine, found)


def number(identifier: int | str) -> int | None:
    """Give the customer_id that an identifier is; None where it is anything else."""
    text = str(identifier).strip()
    return int(text) if text.isascii() and text.isdigit() else None
