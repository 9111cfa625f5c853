"""Presets: what a known export says of a source, put under what the file says."""

from __future__ import annotations

from copy import deepcopy
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


def fill_in(tree: dict[str, Tree], folder: Path) -> list[Fault]:
    """Put the presets of the sources under what the sources say themselves.

    A key of the source goes before the preset's, a field of its columns before the
    preset's column. A preset of one's own is a YAML file, relative to ``folder``.
    """
    found: list[Fault] = []
    sources = tree.get("sources")
    for name, source in sources.items() if isinstance(sources, dict) else ():
        named = source.get("preset") if isinstance(source, dict) else None
        if not isinstance(source, dict) or not isinstance(named, str):
            continue
        place: Place = ("sources", name, "preset")
        preset = _preset(named, folder, place)
        if isinstance(preset, Fault):
            found.append(preset)
            continue
        if source.get("kind", preset.kind) != preset.kind:
            what = f"the preset {quoted(named)} is one of {preset.kind}"
            found.append(Fault(place, what, f"write kind: {preset.kind}"))
            continue
        for key, value in deepcopy(preset.said).items():
            own = source.setdefault(key, value)
            if isinstance(own, dict) and isinstance(value, dict) and own is not value:
                source[key] = {**value, **own}
    return found


def _preset(named: str, folder: Path, place: Place) -> Preset | Fault:
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
