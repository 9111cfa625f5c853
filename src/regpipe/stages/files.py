"""Files: what the paths and globs of a source name, and what is within them.

A path may go on inside an archive or a workbook: ``export.zip/subscribed_*.csv``,
``kunder.xlsx/Kunder``.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from regpipe.errors import InputFileError, Problem

ARCHIVES = (".zip",)
WORKBOOKS = (".xlsx", ".xlsm", ".xls", ".xlsb", ".ods")
"""What python-calamine reads."""
PACKED = (".gz", ".zst")


@dataclass(frozen=True)
class Found:
    """A file that a source names; ``within``: a glob of what is meant inside it.

    Of an archive without one every table is meant, of a workbook its only sheet.
    """

    path: Path
    within: str = ""

    @property
    def size(self) -> int:
        """Give the bytes that it may come to: packed text is about a tenth."""
        size = self.path.stat().st_size
        return size if self.suffix not in (*ARCHIVES, *PACKED) else 10 * size

    @property
    def suffix(self) -> str:
        """Give the end of its name, in lower case."""
        return self.path.suffix.lower()


def find_files(source: str, patterns: Sequence[tuple[str, Path]]) -> list[Found]:
    """Give the files that the source's patterns name, sorted, each once.

    ``patterns`` are the texts of the pipeline file, and the paths they mean.

    Raises InputFileError for a pattern that names no file.
    """
    found: dict[Found, None] = {}
    problems = []
    for written, pattern in patterns:
        outer, within = _parted(pattern)
        files = [path for path in _matching(outer) if path.is_file()]
        if not files:
            what = "is a folder" if pattern.is_dir() else "there is no such file"
            hint = f"the source {source!r} reads it; paths start at the pipeline file"
            problems.append(Problem(written, what, hint))
        found.update(dict.fromkeys(Found(path, within) for path in files))
    if problems:
        raise InputFileError(*problems)
    return list(found)


def _parted(pattern: Path) -> tuple[Path, str]:
    """Part a path at the archive or workbook it goes into, if it does."""
    for parent in reversed(pattern.parents):
        if parent.suffix.lower() in (*ARCHIVES, *WORKBOOKS) and not parent.is_dir():
            return parent, pattern.relative_to(parent).as_posix()
    return pattern, ""


def _matching(pattern: Path) -> list[Path]:
    """Give the paths that a pattern may mean, sorted; itself where it has no glob."""
    fixed = Path(pattern.anchor)
    parts = list(pattern.relative_to(fixed).parts)
    while parts and not any(mark in parts[0] for mark in "*?["):
        fixed /= parts.pop(0)
    return sorted(fixed.glob("/".join(parts))) if parts else [pattern]
