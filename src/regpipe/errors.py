"""The errors a user can meet, one tree, each class with its exit code.

A message says where (file, line or row, column), what, and what to try.
It never holds a cell value: values live in the registry, the quarantine
and the exports.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self


@dataclass(frozen=True)
class Problem:
    """One thing that is wrong: where it is, what it is and what to try."""

    where: str
    what: str
    hint: str | None = None

    def __str__(self) -> str:
        line = f"{self.where}: {self.what}" if self.where else self.what
        return f"{line}\n    hint: {self.hint}" if self.hint else line


class RegpipeError(Exception):
    """Any error regpipe reports; carries every problem found, not the first."""

    exit_code = 5

    def __init__(self, *problems: Problem) -> None:
        self.problems: tuple[Problem, ...] = problems
        super().__init__("\n".join(str(problem) for problem in problems))

    @classmethod
    def at(cls, where: str, what: str, hint: str | None = None) -> Self:
        """Make an error of this class that holds one problem."""
        return cls(Problem(where, what, hint))


class DataError(RegpipeError):
    """The rows do not meet what the pipeline demands of them."""

    exit_code = 1


class PipelineError(RegpipeError):
    """The pipeline file, a schema or the command line is wrong."""

    exit_code = 2


class InputFileError(RegpipeError):
    """A file to be read is missing, empty or not what it was declared to be."""

    exit_code = 3


class IrregularFileError(InputFileError):
    """A record of the file does not fit the dialect: read it the careful way."""


class RegistryError(RegpipeError):
    """The registry, or a folder written beside it, cannot be used."""

    exit_code = 4


class StepError(RegpipeError):
    """A step failed in the engine; the engine's own text may quote cells."""

    exit_code = 5


def nearest(word: str, known: Sequence[str]) -> str | None:
    """Give the known word that ``word`` was most likely meant to be, if any."""
    from difflib import get_close_matches

    found = get_close_matches(word, known, n=1, cutoff=0.6)
    return found[0] if found else None
