"""What people are told of lists: what an importer would not have taken."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence

from regpipe.formats import Target
from regpipe.sql.fitted import INCOMPLETE
from regpipe.stages.manifest import StagedFile


def list_warnings(
    name: str, target: Target, files: Sequence[StagedFile]
) -> Iterator[str]:
    """Say what was left blank or out of a list, by columns and numbers only."""
    if target.unverified:
        yield (
            f"exports.{name}: the target {target.name} is unverified, for "
            f"{target.unverified}; import a few rows first"
        )
    blank: Counter[str] = Counter()
    for file in files:
        blank.update(file.left_blank)
    if blank:
        told = ", ".join(f"{header} {count}" for header, count in blank.items())
        yield (
            f"exports.{name}: {target.name} would not take all that these columns "
            f"hold; left out there: {told}"
        )
    for refusals, what in ((False, "customers"), (True, "addresses to be refused")):
        out = sum(
            file.counts.get(INCOMPLETE, 0)
            for file in files
            if bool(file.refusals) == refusals
        )
        if out:
            yield (
                f"exports.{name}: {what} in no file: {out}, for {target.name} would "
                "refuse their rows: a cell it demands is blank or of no use"
            )
