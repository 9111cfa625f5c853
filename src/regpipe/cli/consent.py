"""``regpipe consent``: what addresses said, what people note of it, what it allowed."""

from __future__ import annotations

import click

from regpipe.cli.consent_by_hand import block, state, unblock
from regpipe.cli.consent_proof import proof
from regpipe.cli.consent_show import show


@click.group()
def consent() -> None:
    """Show and note who may be written to.

    Consent is an address's: that of an e-mail, or of a phone. ADDRESS is one of them,
    also one that no customer has.
    """


for command in (show, proof, state, block, unblock):
    consent.add_command(command)
