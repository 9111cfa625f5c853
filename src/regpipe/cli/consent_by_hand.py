"""``regpipe consent set``, ``block`` and ``unblock``: consent that a person notes."""

from __future__ import annotations

from datetime import datetime

import click

from regpipe.cli import deciding, options
from regpipe.fields import NOTED_REASONS, NOTED_STATUSES


@click.command("set", cls=deciding.Deciding)
@click.argument("address", metavar="ADDRESS")
@click.argument("status", metavar="STATUS", type=click.Choice(NOTED_STATUSES))
@click.option(
    "--purpose", metavar="PURPOSE", required=True, help="Of what, such as newsletter."
)
@click.option(
    "--channel",
    metavar="CHANNEL",
    default="email",
    show_default=True,
    help="By which channel: email, sms, phone, or post ('Street 1|111 22|SE').",
)
@click.option(
    "--at",
    metavar="TIME",
    callback=options.time_or_none,
    help="When they said so (UTC unless it has an offset).  [default: now]",
)
@click.option(
    "--wording",
    metavar="TEXT",
    help="What they agreed to, and how that is known. A grant needs it.",
)
@click.option("--ip", metavar="IP", help="From which IP address they opted in.")
@click.option(
    "--confirmed",
    metavar="TIME",
    callback=options.time_or_none,
    help="When they confirmed it (double opt-in).",
)
@deciding.deciding_options
def state(
    address: str,
    status: str,
    purpose: str,
    channel: str,
    at: datetime | None,
    wording: str | None,
    ip: str | None,
    confirmed: datetime | None,
    how: deciding.How,
) -> None:
    """Note what ADDRESS said: granted, pending, withdrawn or never.

    It is a statement like those of files: the latest holds, a tie goes to the refusal.
    A grant does not lift a suppression but that of who unsubscribed.

    \b
    Exit code 0; 1 when it is no address, a grant has no --wording, its time is in the
    future or the address is suppressed; 4 when the registry cannot be used; 5 when a
    step failed. Nothing is written then.
    """
    from regpipe.registry.statements import Proof
    from regpipe.stages.stating import State

    proof = Proof(
        opt_in_at=at if status == "granted" else None,
        opt_in_ip=ip,
        confirmed_at=confirmed,
        wording=wording,
    )
    act = State(address, purpose, status, channel, at, proof)
    deciding.take([act], "consent set", how)


@click.command(cls=deciding.Deciding)
@click.argument("address", metavar="ADDRESS")
@click.option(
    "--reason",
    type=click.Choice(NOTED_REASONS),
    default="blocked",
    show_default=True,
    help="Why. A later grant lifts 'unsubscribed' alone.",
)
@click.option(
    "--channel",
    metavar="CHANNEL",
    default="*",
    show_default=True,
    help="By which channel it is never to be used; * is all of them.",
)
@click.option("--note", metavar="TEXT", help="What somebody should know of it later.")
@deciding.deciding_options
def block(
    address: str, reason: str, channel: str, note: str | None, how: deciding.How
) -> None:
    """Never write to ADDRESS again, whatever files or grants say.

    \b
    Exit code 0; 1 when it is no address; 4 when the registry cannot be used; 5 when a
    step failed. Nothing is written then.
    """
    from regpipe.stages.stating import Block

    act = Block(address, reason, channel, note)
    deciding.take([act], "consent block", how)


@click.command(cls=deciding.Deciding)
@click.argument("address", metavar="ADDRESS")
@click.option(
    "--reason",
    type=click.Choice(NOTED_REASONS),
    help="Lift this one alone.  [default: all but erasure]",
)
@click.option("--channel", metavar="CHANNEL", help="Lift that of this channel alone.")
@deciding.deciding_options
def unblock(
    address: str, reason: str | None, channel: str | None, how: deciding.How
) -> None:
    """Lift the suppression of ADDRESS; its consent is what it was.

    \b
    Exit code 0; 1 when it is no address, is not suppressed so, or was erased; 4 when
    the registry cannot be used; 5 when a step failed. Nothing is written then.
    """
    from regpipe.stages.stating import Unblock

    deciding.take([Unblock(address, reason, channel)], "consent unblock", how)
