"""What a list says of consent that no source ever speaks of.

The checks read the file's values as they are and pass over whatever has the
wrong shape, which the models report.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping

from regpipe.formats import consent_of, target, target_names
from regpipe.spec.column_checks import mapping
from regpipe.spec.columns import Statement
from regpipe.spec.types import Fault, Place, among, quoted


def consent_faults(
    place: Place, export: Mapping[str, object], spoken: Collection[Statement]
) -> Iterator[Fault]:
    """Find the columns of a list that tell of a consent nobody states.

    ``spoken`` is every purpose and channel that some source makes statements on.
    """
    for inner, name in _named(export):
        stated = consent_of(name)
        if stated is not None and stated[:2] not in spoken:
            yield unspoken((*place, *inner), stated[0], stated[1], spoken)
    yield from _by_default(place, export, spoken)


def _named(export: Mapping[str, object]) -> Iterator[tuple[Place, str]]:
    """Give the columns that an export names, each with its place."""
    columns = export.get("columns")
    for name in mapping(columns):
        yield ("columns", name), name
    for number, item in enumerate(columns if isinstance(columns, list) else ()):
        if isinstance(item, str):
            yield ("columns", number), item
        for name in mapping(item):
            yield ("columns", number, name), name
    for header, filling in mapping(export.get("fill")).items():
        column = mapping(filling).get("from")
        if isinstance(column, str):
            yield ("fill", header, "from"), column


def _by_default(
    place: Place, export: Mapping[str, object], spoken: Collection[Statement]
) -> Iterator[Fault]:
    """Find a target's flags of consent that would be no for everybody.

    Where the sources speak of purposes by a channel, but of none that the target
    has a flag for, somebody must say which one it is.
    """
    name, purpose = export.get("target"), export.get("purpose")
    if name not in target_names() or purpose != "service" or "columns" in export:
        return
    flags: dict[str, list[tuple[str, str]]] = {}
    filled = mapping(export.get("fill"))
    for each in target(str(name)).columns:
        of = consent_of((each.column or "").replace("{purpose}", "newsletter"))
        if of is not None and not each.extra and not of[2]:
            flags.setdefault(of[1], []).append((each.header, of[0]))
    for channel, its in flags.items():
        others = [p for p, by in spoken if by == channel]
        taken = any(header in filled for header, _ in its)
        if others and not taken and not any(p in others for _, p in its):
            header, stated = its[0]
            what = f"no source says anything on {quoted(stated)} by {channel}"
            hint = f"fill: {{{header}: {{from: consent.{others[0]}}}}}"
            yield Fault((*place, "target"), what, hint)


def unspoken(
    place: Place,
    purpose: str,
    channel: str,
    spoken: Collection[Statement],
    *more: str,
) -> Fault:
    """Say that no source speaks of a purpose by a channel; ``more`` are hints."""
    what = f"no source says anything on {quoted(purpose)} by {channel}"
    names = [_spelt(*stated) for stated in sorted(spoken)]
    hints = [f"map a column to consent.{_spelt(purpose, channel)}", *more]
    if purpose in names:
        hints.insert(0, f"known: {', '.join(names)}")
    elif names:
        hints.insert(0, among(purpose, names))
    return Fault(place, what, "; ".join(hints))


def _spelt(purpose: str, channel: str) -> str:
    return purpose if channel == "email" else f"{purpose}.{channel}"
