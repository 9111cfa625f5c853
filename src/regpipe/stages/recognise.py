"""Recognise: what the header of a file says it is, and that it is of the wrong kind."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

from regpipe.errors import Problem
from regpipe.formats.foreign import foreign_exports
from regpipe.formats.sources import Preset, preset_names, shipped_preset
from regpipe.spec import Source
from regpipe.stages.names import fits_name
from regpipe.stages.wanted import Wanted, wanted_by, wanted_columns

FITS = 0.4
"""A preset fits when a file has so many of its columns, and all that must be there."""

MAIL = "e-mail"
"""The shape of a column of e-mails, of which some may not be."""


def fit(
    header: Sequence[str], presets: Sequence[Preset], file: str = ""
) -> list[tuple[Preset, float]]:
    """Give the presets that fit a header, with the share of their columns it has.

    The best first: the one that reads most of the header's columns, one that reads
    people or orders before one that reads their consent alone. A preset of
    one column, or of a file without a header, is never taken for fitting; nor one
    whose files bear other names than ``file``, if that is known.
    """
    found = []
    for preset in presets:
        columns = preset.said["columns"]
        wanted = wanted_by(preset.said)
        if len(wanted) < 2:
            continue
        there = number_found(wanted, header)
        share = there / len(wanted)
        if not lacking(wanted, header) and share >= FITS and fits_name(columns, file):
            found.append((there, share, preset))
    found.sort(
        key=lambda each: (each[2].kind == "consents", -each[0], -each[1], each[2].name)
    )
    return [(preset, share) for _, share, preset in found]


def fit_places(shapes: Sequence[str], presets: Sequence[Preset]) -> list[Preset]:
    """Give the presets that fit a file without a header, by the shapes of its columns.

    One fits that has so many places, and e-mails where the file has them.
    """
    mails = {place for place, shape in enumerate(shapes, 1) if shape.startswith(MAIL)}
    return [
        preset
        for preset in presets
        if len(shapes) in preset.places and preset.said["columns"].get("email") in mails
    ]


def number_found(wanted: Sequence[Wanted], header: Sequence[str]) -> int:
    """Count the columns that a header has."""
    return sum(column.found_in(header) is not None for column in wanted)


def lacking(wanted: Sequence[Wanted], header: Sequence[str]) -> tuple[str, ...]:
    """Give the columns that a header lacks and that are not optional."""
    return tuple(
        column.name
        for column in wanted
        if not column.optional and column.found_in(header) is None
    )


@lru_cache(maxsize=256)
def _foreign(header: tuple[str, ...]) -> str:
    found = (
        f"{each.what} ({each.of})" for each in foreign_exports() if each.fits(header)
    )
    return next(found, "")


def foreign(header: Sequence[str]) -> str:
    """Say what a file is whose header is that of an export no source reads; or blank.

    >>> foreign(["Handle", "Title", "Vendor", "Variant Price", "Status"])
    'a list of products (Shopify, products export)'
    """
    return _foreign(tuple(header))


def wrong_kind(
    shown: str, header: Sequence[str], name: str, source: Source
) -> Problem | None:
    """Say that a file is of another kind than its source reads, if that shows.

    A file that has all mapped columns is taken as it is, unless a preset that is
    shipped reads it: then it must not be another known export, nor have more of the
    columns of a preset of another kind.
    """
    wanted = wanted_columns(source)
    lacks = lacking(wanted, header)
    if not lacks and source.preset not in preset_names():
        return None
    reads = f"where {name!r} reads {source.kind}"
    known = foreign(header)
    if known:
        hint = "no source reads such files: name only those that are meant"
        return Problem(shown, f"is {known}, {reads}", hint)
    preset, found = _of_another_kind(tuple(header), source.kind)
    if preset is not None and (lacks or found > number_found(wanted, header)):
        what = f"holds {preset.kind} ({preset.of}), {reads}"
        hint = f"make a source of it: preset: {preset.name}"
        return Problem(shown, what, hint)
    return None


@lru_cache(maxsize=256)
def _of_another_kind(header: tuple[str, ...], kind: str) -> tuple[Preset | None, int]:
    """Give the preset of orders that fits a header of people best, or the other way.

    With it comes how many of its columns the header has.
    """
    others = ("customers", "consents") if kind == "orders" else ("orders",)
    presets = (shipped_preset(each) for each in preset_names())
    fitting = fit(header, [preset for preset in presets if preset.kind in others])
    if not fitting:
        return None, 0
    best = fitting[0][0]
    return best, number_found(wanted_by(best.said), header)
