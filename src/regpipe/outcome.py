"""The facts that stages report: numbers and names, never cell values."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

Progress = Callable[[str, str], None]
"""Called with a stage's name and what it works on, as work begins."""


def silent(stage: str, what: str) -> None:
    """Report progress to nobody."""


@dataclass(frozen=True)
class FileOutcome:
    """What became of the rows of one file.

    ``read`` is the number of records counted in the file itself, by other
    means than the load. Rule 1: it equals the sum of the five that follow.
    """

    source: str
    file: str
    read: int
    accepted: int
    rejected: int
    duplicate: int
    unchanged: int
    suppressed: int

    @property
    def balances(self) -> bool:
        """Tell whether every row that was read is accounted for."""
        return self.read == (
            self.accepted
            + self.rejected
            + self.duplicate
            + self.unchanged
            + self.suppressed
        )


@dataclass(frozen=True)
class Delta:
    """How many rows of a registry table go, and how many come."""

    gone: int = 0
    new: int = 0

    def __add__(self, other: Delta) -> Delta:
        """Give the rows of both."""
        return Delta(self.gone + other.gone, self.new + other.new)


@dataclass(frozen=True)
class ExportOutcome:
    """One file that an export wrote."""

    name: str
    file: str
    rows: int
    sha256: str


@dataclass(frozen=True)
class StageOutcome:
    """One stage of a run: rows in and out, seconds, and facts worth telling."""

    stage: str
    rows_in: int
    rows_out: int
    seconds: float = 0.0
    notes: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True)
class RunOutcome:
    """All that a run or a plan found; ``run`` is None for a plan.

    ``presets`` names the one that was chosen for each source that had several.
    """

    pipeline: str
    run: int | None
    files: tuple[FileOutcome, ...] = ()
    deltas: Mapping[str, Delta] = field(default_factory=dict)
    changes: Mapping[str, int] = field(default_factory=dict)
    exports: tuple[ExportOutcome, ...] = ()
    stages: tuple[StageOutcome, ...] = ()
    warnings: tuple[str, ...] = ()
    presets: Mapping[str, str] = field(default_factory=dict)
