"""What people are told of lists: what an importer would not have taken."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence

from regpipe.formats import Target
from regpipe.sql.fitted import INCOMPLETE, SAME
from regpipe.stages.manifest import StagedFile


def list_warnings(
    name: str,
    target: Target,
    files: Sequence[StagedFile],
    *,
    gated: bool,
    said_no: int = 0,
) -> Iterator[str]:
    """Say what was left blank or out of a list, by columns and numbers only.

    Of a list that is ``gated`` nobody is missed who shares an address with another
    on it: the address is written to. Of all customers of a store somebody is.
    ``said_no`` counts who is on a list of a time past and has said no since.
    """
    if target.unverified:
        yield (
            f"exports.{name}: the target {target.name} is unverified, for "
            f"{target.unverified}; import a few rows first"
        )
    if said_no:
        yield (
            f"exports.{name}: customers on it who have said no since: {said_no}; it is "
            "evidence of then, not a list to mail"
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
    same = sum(file.counts.get(SAME, 0) for file in files)
    if same and not gated:
        yield (
            f"exports.{name}: customers in no file: {same}, for {target.name} takes an "
            "address once, and an earlier customer has theirs"
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
