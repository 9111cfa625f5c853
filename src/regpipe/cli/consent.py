"""``regpipe consent``: what addresses said, and what people note of it by hand."""

from __future__ import annotations

import click

from regpipe.cli.consent_by_hand import block, state, unblock


@click.group()
def consent() -> None:
    """Show and note who may be written to.

    Consent is an address's: that of an e-mail, or of a phone. ADDRESS is one of them,
    also one that no customer has.
    """


for command in (state, block, unblock):
    consent.add_command(command)
