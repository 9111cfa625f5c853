"""Report: what people are told of a run besides its counts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from regpipe.outcome import Delta, StageOutcome
from regpipe.stages.intake import Intake


def warnings(
    intakes: Sequence[Intake], stages: Sequence[StageOutcome]
) -> tuple[str, ...]:
    """Say what was read past, left out or held back, by names and numbers only."""
    found = []
    for each in intakes:
        if not each.whole:
            found.append(
                f"{each.source}: some rows do not tell whose they are, so nobody is "
                "taken for gone on this delivery's word"
            )
        for delivery in each.deliveries:
            if delivery.secret:
                names = ", ".join(delivery.secret)
                found.append(f"{delivery.file}: password columns left out: {names}")
            if delivery.careful:
                found.append(
                    f"{delivery.file}: read record by record, for some do not fit; "
                    f"{delivery.blank} blank ones left out"
                )
            if delivery.unread and delivery.careful is False and delivery.text.header:
                names = ", ".join(delivery.unread)
                found.append(f"{delivery.file}: columns nobody reads: {names}")
    for stage in stages:
        held_back = stage.notes.get("held_back", 0)
        if held_back:
            found.append(
                f"{held_back} clusters are larger than largest_cluster: "
                "nobody in them was merged"
            )
    return tuple(found)


def of_orders(counts: Mapping[str, Delta]) -> dict[str, int]:
    """Say how many orders are new and how many get another row."""
    orders = counts["orders"]
    return {
        "orders created": orders.new - orders.gone,
        "orders updated": orders.gone,
    }
