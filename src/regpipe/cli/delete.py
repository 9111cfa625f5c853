"""``regpipe delete``: a customer out of the shop's everyday view."""

from __future__ import annotations

import click

from regpipe.cli import deciding, terminal


@click.command(cls=deciding.Deciding)
@click.argument("customer", metavar="CUSTOMER")
@deciding.deciding_options
def delete(customer: str, how: deciding.How) -> None:
    """Take a customer away, as a shop does when an account is closed.

    The profile leaves the customers and all lists, its grants of consent fall, a "no"
    stays a no. Orders stay, under the customer's number. A row that the nightly file
    repeats, or an older one, does not bring the customer back; a changed row or a new
    registration does, under the same number where the keys tie them.

    The registry's history still holds the person: 'regpipe erase' forgets them.

    \b
    Exit code 0; 1 when there is no such customer or more than one; 2 when CUSTOMER
    names nobody; 4 when the registry cannot be used; 5 when a step failed. Nothing is
    written then.
    """
    from regpipe.stages.deciding import Delete

    deciding.take([Delete(customer)], "delete", how)
    if not how.quiet and not how.as_json:
        terminal.note(
            "deleted, not erased: history still holds the person; "
            "'regpipe erase' forgets them"
        )
