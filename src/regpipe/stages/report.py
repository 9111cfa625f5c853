"""Report: what people are told of a run besides its counts."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from regpipe.formats.sources import preset_names, shipped_preset
from regpipe.outcome import Delta, StageOutcome
from regpipe.spec import OrderSource
from regpipe.stages import stated
from regpipe.stages.extract import Delivery
from regpipe.stages.intake import Intake

MANY = 5
"""Files with the same to be said of them that are told one by one."""


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
        if isinstance(each.spec, OrderSource) and not _naming(each):
            found.append(
                f"{each.source}: its orders are nobody's, for neither email nor "
                "customer_ref is mapped"
            )
        if not each.whole:
            found.append(
                f"{each.source}: some rows do not tell whose they are, so nobody is "
                "taken for gone on this delivery's word"
            )
        found += _of_files(each)
    for stage in stages:
        held_back = stage.notes.get("held_back", 0)
        if held_back:
            found.append(
                f"{held_back} clusters are larger than largest_cluster: "
                "nobody in them was merged: see 'regpipe review list --kind large'"
            )
        found += stated.told(stage.notes)
        reused = stage.notes.get("reused", 0)
        if reused:
            found.append(
                f"{reused} records came back as somebody else's, with another name, "
                "e-mail and phone under the same number: they are new customers"
            )
        if stage.notes.get("old_rules"):
            found.append(
                "the rules of identity or survivorship are others than those that the "
                "customers follow; whom this run does not touch keeps to the old ones: "
                "see 'regpipe rebuild --plan'"
            )
    return tuple(found)


def _naming(intake: Intake) -> bool:
    """Tell whether the orders of a source say whose they are."""
    return not {"email", "customer_ref"}.isdisjoint(intake.fields)


def _of_files(intake: Intake) -> Iterator[str]:
    """Say what is odd about files; of many with the same, how many and one of them."""
    told: dict[str, list[str]] = {}
    for delivery in intake.deliveries:
        for what in _odd_about(delivery):
            told.setdefault(what, []).append(delivery.file)
    for what, files in told.items():
        if len(files) > MANY:
            yield f"{intake.source}: {len(files)} files, such as {files[0]}: {what}"
        else:
            yield from (f"{file}: {what}" for file in files)


def _odd_about(delivery: Delivery) -> Iterator[str]:
    if delivery.secret:
        yield f"password columns left out: {', '.join(delivery.secret)}"
    if delivery.skip:
        yield (
            f"the {delivery.skip} records above row {delivery.skip + 1} were taken "
            "for titles"
        )
    if delivery.encoding.certainty in ("likely", "unsure"):
        yield _told_encoding(delivery)
    if delivery.careful and not delivery.replayed:
        yield (
            "read record by record, for some do not fit; "
            f"{len(delivery.blank_rows)} blank ones left out"
        )
    if delivery.unread and not delivery.careful and delivery.text.header:
        yield f"columns nobody reads: {', '.join(delivery.unread)}"


def _told_encoding(delivery: Delivery) -> str:
    """Say in which encoding a file was read that does not tell it itself."""
    encoding = delivery.encoding
    told = f"read as {encoding.name}, by its letters"
    if encoding.certainty == "unsure":
        told += f"; {', '.join(encoding.others)} would fit as well"
    if delivery.replayed:
        return f"{told}: save it as UTF-8 to be sure"
    return f"{told}: declare it under csv to be sure"


def of_orders(counts: Mapping[str, Delta]) -> dict[str, int]:
    """Say how many orders are new and how many get another row."""
    orders = counts["orders"]
    return {
        "orders created": orders.new - orders.gone,
        "orders updated": orders.gone,
    }
