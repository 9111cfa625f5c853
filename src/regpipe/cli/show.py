"""``regpipe show``: all that is known of one customer."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from regpipe.cli import options, terminal
from regpipe.errors import DataError

if TYPE_CHECKING:
    from regpipe.reading import Customer

ADDRESS = (
    *("of", "name", "street", "street2", "postcode", "city", "region", "country"),
)
CONSENT = (
    *("purpose", "channel", "address", "status", "said_at", "source", "suppressed"),
)
ORDER = (
    *("ordered_at", "source", "order_id", "payment_status", "fulfilment_status"),
    *("currency", "total", "carrier", "tracking_number"),
)
RECORD = (
    *("source", "external_id", "kind", "email", "phone", "first_name", "last_name"),
    *("updated_at", "gone_at"),
)


@click.command()
@click.argument("customer")
@options.registry_option
@options.known_as_of_option
@options.json_option
def show(customer: str, registry: Path, as_of: datetime | None, as_json: bool) -> None:
    """Show all that is known of one customer.

    CUSTOMER is a customer_id (also of one that was merged away), an e-mail, a phone
    such as +46701234567, or source:external_id. Shown are the profile, addresses,
    groups, the consent in force with its date and source, orders, and the source
    records that the customer is made of. With --as-of the consent is that in force
    then, by what is known today; all else is as it is. Times are UTC.

    \b
    Exit code 0; 1 when there is no such customer or more than one; 2 when CUSTOMER
    is none of these; 4 when the registry cannot be read.
    """
    from regpipe.reading import open_registry

    with open_registry(registry) as opened:
        found = opened.customer(customer, as_of=as_of)
    if found is None:
        raise DataError.at("show", "there is no such customer in the registry")
    if as_json:
        terminal.document(found.as_dict())
    else:
        _tell(found)


def _tell(found: Customer) -> None:
    profile = [
        (name, value) for name, value in found.profile.items() if value is not None
    ]
    merged = [("merged_ids", found.merged_ids)] if found.merged_ids else []
    groups = [("groups", found.groups)] if found.groups else []
    terminal.table(
        f"customer {found.customer_id}",
        ("field", "value"),
        [*profile, *groups, *merged],
    )
    addresses = [{"of": of, **a} for of, a in found.addresses.items()]
    terminal.filled_table("addresses", ADDRESS, addresses)
    terminal.filled_table("consents", CONSENT, found.consents)
    terminal.filled_table("orders", ORDER, found.orders)
    terminal.filled_table("records", RECORD, found.records)
