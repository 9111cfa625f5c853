"""Presets: what known exports say of a source, put under what the file says."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from copy import deepcopy
from dataclasses import dataclass
from pathlib import Path

from ruamel.yaml.error import YAMLError

from regpipe.formats.sources import (
    SUFFIX,
    Preset,
    preset_names,
    preset_of,
    shipped_preset,
)
from regpipe.spec.types import Fault, Place, among, quoted
from regpipe.spec.yaml import Tree


@dataclass(frozen=True)
class Reading:
    """What a pipeline file says with one preset under each of its sources.

    ``chosen`` names it for each source that has several.
    """

    tree: dict[str, Tree]
    chosen: Mapping[str, str]


def readings(tree: dict[str, Tree], folder: Path) -> tuple[list[Reading], list[Fault]]:
    """Put the presets of the sources under what the sources say themselves.

    A key of the source goes before the preset's, a field of its columns before the
    preset's column. A preset of one's own is a YAML file, relative to ``folder``.

    Gives  so many readings that every preset of every source is in one of them, at
           least one; and what is wrong with the presets.
    """
    found: list[Fault] = []
    named: dict[str, Sequence[Preset]] = {}
    several: set[str] = set()
    sources = tree.get("sources")
    for name, source in sources.items() if isinstance(sources, dict) else ():
        if not isinstance(source, dict) or "preset" not in source:
            continue
        presets, faults = _presets(name, source, folder)
        found += faults
        if presets:
            named[name] = presets
        if isinstance(source["preset"], list) and presets:
            several.add(name)
    most = max(map(len, named.values()), default=1)
    result = []
    for number in range(most):
        chosen = {
            name: each[min(number, len(each) - 1)] for name, each in named.items()
        }
        filled = deepcopy(tree)
        for name, preset in chosen.items():
            _put_under(filled, name, preset)
        result.append(Reading(filled, {n: chosen[n].name for n in sorted(several)}))
    return result, found


def _put_under(tree: dict[str, Tree], name: str, preset: Preset) -> None:
    sources = tree["sources"]
    source = sources[name] if isinstance(sources, dict) else None
    if not isinstance(source, dict):
        return
    source["preset"] = preset.name
    for key, value in deepcopy(preset.said).items():
        own = source.setdefault(key, value)
        if isinstance(own, dict) and isinstance(value, dict) and own is not value:
            source[key] = {**value, **own}


def _presets(
    name: str, source: dict[str, Tree], folder: Path
) -> tuple[list[Preset], list[Fault]]:
    """Give the presets that a source names, all of one kind, and what is wrong."""
    place: Place = ("sources", name, "preset")
    written = source["preset"]
    if isinstance(written, str):
        places: list[tuple[Tree, Place]] = [(written, place)]
    elif isinstance(written, list):
        places = [(each, (*place, at)) for at, each in enumerate(written)]
        if not written:
            return [], [Fault(place, "must name at least one preset")]
    else:
        return [], []
    presets: dict[str, Preset] = {}
    faults: list[Fault] = []
    for each, at in places:
        found = _preset(each, folder, at)
        if isinstance(found, Fault):
            faults.append(found)
        elif found.name in presets:
            faults.append(Fault(at, f"{quoted(found.name)} stands here twice"))
        elif source.get("kind", found.kind) != found.kind:
            what = f"the preset {quoted(found.name)} is one of {found.kind}"
            faults.append(Fault(at, what, f"write kind: {found.kind}"))
        else:
            presets[found.name] = found
    kinds = {preset.kind for preset in presets.values()}
    if len(kinds) > 1:
        listed = ", ".join(f"{p.name} ({p.kind})" for p in presets.values())
        hint = "a source has one kind: make a source of each"
        faults.append(Fault(place, f"presets of several kinds: {listed}", hint))
    return ([] if faults else list(presets.values())), faults


def _preset(named: Tree, folder: Path, place: Place) -> Preset | Fault:
    if not isinstance(named, str):
        return Fault(place, "must be text")
    if not named.endswith((SUFFIX, ".yml")):
        if named in preset_names():
            return shipped_preset(named)
        hint = among(named, preset_names(), ", or the path of a YAML file")
        return Fault(place, f"unknown preset {quoted(named)}", hint)
    try:
        return preset_of(named, (folder / named).read_text("utf-8-sig"))
    except OSError as reason:
        return Fault(place, f"{quoted(named)} cannot be read: {reason.strerror}")
    except (YAMLError, ValueError):
        what = f"{quoted(named)} is no preset"
        return Fault(place, what, "a preset is a mapping with 'kind' and 'columns'")
