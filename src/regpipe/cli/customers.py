"""``regpipe customers``: who is one customer, by a person's word."""

from __future__ import annotations

import click

from regpipe.cli import deciding


@click.group()
def customers() -> None:
    """Merge customers, or split one, by a person's word.

    It holds against every feed in every later run, until it is taken back with
    'regpipe review revoke'. CUSTOMER is a number of one (also of one merged away), an
    e-mail, a phone or source:external_id.
    """


@customers.command(cls=deciding.Deciding)
@click.argument("a", metavar="CUSTOMER")
@click.argument("b", metavar="CUSTOMER")
@deciding.deciding_options
def merge(a: str, b: str, how: deciding.How) -> None:
    """Say that two customers are one person.

    The oldest number stays, the other redirects to it. What was decided otherwise
    about their records before is taken back. Consent is nobody's but the address's:
    a merge makes no address one may write to.

    \b
    Exit code 0; 1 when there is no such customer, they are one already, or another
    decision contradicts it; 2 when CUSTOMER names nobody; 4 when the registry cannot
    be used; 5 when a step failed. Nothing is written then.
    """
    from regpipe.stages.deciding import Merge

    deciding.take([Merge(a, b)], "customers merge", how)


@customers.command(cls=deciding.Deciding)
@click.argument("customer", metavar="CUSTOMER")
@click.argument("records", metavar="SOURCE:ID...", nargs=-1, required=True)
@deciding.deciding_options
def split(customer: str, records: tuple[str, ...], how: deciding.How) -> None:
    """Say that some records of CUSTOMER are another person's.

    Each is named by its source and external_id, as 'regpipe show' lists them. They
    are kept apart from the customer's other records whatever ties them.

    \b
    Exit code 0; 1 when there is no such customer, a record is not theirs, none would
    be left, or another decision contradicts it; 2 when CUSTOMER names nobody; 4 when
    the registry cannot be used; 5 when a step failed. Nothing is written then.
    """
    from regpipe.stages.deciding import Split

    deciding.take([Split(customer, records)], "customers split", how)
