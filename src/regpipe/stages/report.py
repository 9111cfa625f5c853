"""Report: what people are told of a run besides its counts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from regpipe.formats.sources import preset_names, shipped_preset
from regpipe.outcome import Delta, StageOutcome
from regpipe.stages.extract import Delivery
from regpipe.stages.intake import Intake


def warnings(
    intakes: Sequence[Intake], stages: Sequence[StageOutcome]
) -> tuple[str, ...]:
    """Say what was read past, left out or held back, by names and numbers only."""
    found = []
    for each in intakes:
        if each.spec.preset in preset_names():
            preset = shipped_preset(str(each.spec.preset))
            if preset.unverified:
                found.append(
                    f"{each.source}: the preset {preset.name} is unverified, for "
                    f"{preset.unverified}; look whether its columns are right"
                )
        if not each.whole:
            found.append(
                f"{each.source}: some rows do not tell whose they are, so nobody is "
                "taken for gone on this delivery's word"
            )
        for delivery in each.deliveries:
            if delivery.secret:
                names = ", ".join(delivery.secret)
                found.append(f"{delivery.file}: password columns left out: {names}")
            if delivery.skip:
                found.append(
                    f"{delivery.file}: the {delivery.skip} records above row "
                    f"{delivery.skip + 1} were taken for titles"
                )
            if delivery.encoding.certainty in ("likely", "unsure"):
                found.append(_told_encoding(delivery))
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


def _told_encoding(delivery: Delivery) -> str:
    """Say in which encoding a file was read that does not tell it itself."""
    encoding = delivery.encoding
    told = f"{delivery.file}: read as {encoding.name}, by its letters"
    if encoding.certainty == "unsure":
        told += f"; {', '.join(encoding.others)} would fit as well"
    return f"{told}: declare it under csv to be sure"


def of_orders(counts: Mapping[str, Delta]) -> dict[str, int]:
    """Say how many orders are new and how many get another row."""
    orders = counts["orders"]
    return {
        "orders created": orders.new - orders.gone,
        "orders updated": orders.gone,
    }
