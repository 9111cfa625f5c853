"""What is known of a list besides its rows: the manifest beside it.

A manifest holds names, counts and checksums, no personal value, and nothing that
differs when the same list is made again.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from regpipe.outcome import ExportOutcome
from regpipe.registry.files import OWNER_ONLY, replace
from regpipe.stages.export_files import aside, new_aside


@dataclass(frozen=True)
class StagedFile:
    """One file of a list, written aside and not yet in its place.

    ``within`` is its path in the manifest's folder; ``part`` counts the files of
    one list from 1; ``refusals`` names a file of addresses that must not be mailed.
    ``counts`` are the customers in the segment and those that were kept off, by
    reason, and ``left_blank`` the cells that the importer would refuse, by column;
    both stand with the first part.
    """

    final: Path
    shown: str
    within: str
    group: str | None
    rows: int
    sha256: str
    counts: Mapping[str, int]
    part: int = 1
    refusals: str = ""
    left_blank: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True)
class StagedExport:
    """One export with all its files, and what its manifest says of them.

    ``address`` is the column that holds the address of the channel; None where none
    does. ``consent`` is whose consent counted and what was demanded of it, in the words
    of a pipeline file; None where none was asked.
    ``assumed`` are the sources whose unknown counts as a yes (treat_unknown_as).
    """

    name: str
    purpose: str
    channel: str
    target: str
    columns: tuple[str, ...]
    address: str | None
    consent: Mapping[str, object] | None
    registry: str
    as_of: datetime
    manifest: Path
    files: tuple[StagedFile, ...]
    assumed: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()

    @property
    def outcomes(self) -> tuple[ExportOutcome, ...]:
        """Give what a report says of the files."""
        return tuple(
            ExportOutcome(self.name, file.shown, file.rows, file.sha256)
            for file in self.files
        )


def publish(staged: StagedExport, run: int | None) -> None:
    """Put an export's files in their places, the manifest last.

    The manifest is whole aside before the first file moves: whatever happens, the
    next run knows of every file that was put in place (see ``known_files``).

    Raises RegistryError when a file cannot be put in its place.
    """
    with new_aside(staged.manifest) as part:
        part.write_bytes(content(staged, run))
        part.chmod(OWNER_ONLY)
    for file in staged.files:
        replace(aside(file.final), file.final)
    replace(part, staged.manifest)


def content(staged: StagedExport, run: int | None) -> bytes:
    """Give the manifest as JSON; ``run`` is the run the registry stands at."""
    assumed = {"treat_unknown_as": {"granted": list(staged.assumed)}}
    return (
        json.dumps(
            {
                "export": staged.name,
                "purpose": staged.purpose,
                "channel": staged.channel,
                "registry": staged.registry,
                "run": run,
                "as_of": staged.as_of.astimezone(UTC)
                .replace(tzinfo=None)
                .isoformat(timespec="microseconds")
                + "Z",
                "target": staged.target,
                "columns": list(staged.columns),
                "address": staged.address,
                "consent": staged.consent,
                **(assumed if staged.assumed else {}),
                "files": [_described(file) for file in staged.files],
            },
            ensure_ascii=False,
            indent=2,
        )
        + "\n"
    ).encode()


def _described(file: StagedFile) -> dict[str, object]:
    said: dict[str, object] = {"file": file.within}
    if file.group is not None:
        said["group"] = file.group
    if file.refusals:
        said["refusals"] = file.refusals
    if file.part > 1:
        said["part"] = file.part
    said |= {"rows": file.rows, "sha256": file.sha256, **file.counts}
    if file.left_blank:
        said["left_blank"] = dict(file.left_blank)
    return said


def known_files(manifest: Path) -> dict[str, str | None]:
    """Give the files that earlier runs put in place, and the group of each.

    Their paths within the manifest's folder. A run that was killed on its way
    counts, too. A manifest that cannot be read says nothing.
    """
    known: dict[str, str | None] = {}
    for path in (manifest, aside(manifest)):
        try:
            files = json.loads(path.read_bytes())["files"]
            known |= {str(file["file"]): file.get("group") for file in files}
        except (OSError, ValueError, KeyError, TypeError, AttributeError):
            continue
    return known
