"""Choice: which of several presets the files of a source are read by."""

from __future__ import annotations

import codecs
from collections.abc import Sequence
from dataclasses import dataclass
from io import StringIO

from regpipe.errors import InputFileError, Problem
from regpipe.spec import Source
from regpipe.stages.dialect import dialect_of
from regpipe.stages.encoding import find_encoding, mark_of
from regpipe.stages.names import read_by_name
from regpipe.stages.recognise import lacking, number_found, wrong_kind
from regpipe.stages.unpack import CONVERTED, Plain
from regpipe.stages.wanted import wanted_columns

_HEAD = 1 << 20
"""Bytes of a file in which its header is looked for."""


@dataclass(frozen=True)
class _Fit:
    """How one preset reads one file.

    ``score`` counts the columns it finds, and their share of its own; None where it
    cannot read the file, for it ``lacks`` something. ``header`` is that of the file.
    """

    source: Source
    score: tuple[int, float] | None
    lacks: tuple[str, ...]
    header: tuple[str, ...]

    @property
    def preset(self) -> str:
        """Give the name of the preset."""
        return str(self.source.preset)


def choose(name: str, candidates: Sequence[Source], files: Sequence[Plain]) -> Source:
    """Give the source as the preset reads it that fits all its files best.

    Best is who finds most columns of the header, then who finds most of its own. A
    preset of files without header is the last that is taken.

    Raises InputFileError where no preset fits a file, where two fit alike, and where
    the files are of several exports.
    """
    fits = {file.shown: _fits(candidates, file) for file in files}
    problems = [
        _unfit(name, shown, each)
        for shown, each in fits.items()
        if all(fit.score is None for fit in each)
    ]
    if problems:
        raise InputFileError(*problems)
    best = {shown: _best(each) for shown, each in fits.items()}
    common = [c for c in candidates if all(c in found for found in best.values())]
    if len(common) == 1:
        return common[0]
    if common:
        shown = next(iter(best))
        listed = " and ".join(repr(each.preset) for each in common)
        hint = "name one of them under preset"
        raise InputFileError.at(shown, f"{listed} of {name!r} fit equally", hint)
    hint = "make two sources: the files of one source are all of one export"
    raise InputFileError(
        *(Problem(shown, _apart(name, found), hint) for shown, found in best.items())
    )


def _apart(name: str, found: Sequence[Source]) -> str:
    """Say which presets one of the files fits, where another fits none of them."""
    listed = " and ".join(repr(each.preset) for each in found)
    return f"fits {listed}, other files of {name!r} do not"


def _best(fits: Sequence[_Fit]) -> list[Source]:
    top = max(fit.score for fit in fits if fit.score is not None)
    return [fit.source for fit in fits if fit.score == top]


def _unfit(name: str, shown: str, fits: Sequence[_Fit]) -> Problem:
    """Say of a file that no preset reads what each lacks, or what it is instead."""
    for fit in fits:
        other = wrong_kind(shown, fit.header, name, fit.source) if fit.header else None
        if other:
            return other
    lacks = [f"{fit.preset!r} lacks {', '.join(map(repr, fit.lacks))}" for fit in fits]
    what = f"fits none of the presets of {name!r}: {'; '.join(lacks)}"
    return Problem(shown, what, "`regpipe inspect` says what it is")


def _fits(candidates: Sequence[Source], file: Plain) -> list[_Fit]:
    """Tell of each preset how it reads a file, by the beginning of the file.

    Raises InputFileError for an empty file.
    """
    with file.path.open("rb") as raw:
        head = raw.read(_HEAD)
    if not head.strip():
        raise InputFileError.at(
            file.shown, "is empty", "look whether the export finished, then run again"
        )
    found = ""
    fits = []
    for source in candidates:
        said = None if file.converted else source.csv.encoding
        if said is None:
            found = said = found or _encoding_of(file, head)
        text = codecs.getincrementaldecoder(said)("replace").decode(head)
        fits.append(_fit(source, file, text.removeprefix("\ufeff")))
    return fits


def _fit(source: Source, file: Plain, text: str) -> _Fit:
    csv = CONVERTED if file.converted else source.csv
    try:
        named = read_by_name(source, file.shown)
    except InputFileError:
        return _Fit(source, None, ("a name that it knows",), ())
    wanted = wanted_columns(named)
    first = dialect_of(StringIO(text, newline=""), csv, wanted).first
    if not csv.header:
        needed = [column.name for column in wanted if int(column.name) > len(first)]
        return _Fit(source, None if needed else (0, 0.0), tuple(needed), ())
    header = tuple(" ".join(cell.split()) for cell in first)
    lacks = lacking(wanted, header)
    there = number_found(wanted, header)
    score = None if lacks or not there else (there, there / len(wanted))
    return _Fit(source, score, lacks or ("all its columns",), header)


def _encoding_of(file: Plain, head: bytes) -> str:
    """Give the encoding that a file seems to be in, which begins with ``head``."""
    marked = mark_of(head[:4])
    if marked is not None:
        return marked
    try:
        codecs.getincrementaldecoder("utf-8")().decode(head)
    except UnicodeDecodeError:
        found = find_encoding(file.path)
        return found.name if found else "utf-8"
    return "utf-8"
