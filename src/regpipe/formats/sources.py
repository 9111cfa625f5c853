"""Presets of sources, as data: one YAML file per export that stores write.

A preset says what a source of that export would say in a pipeline file: its kind,
its columns under their headers and aliases, how the file is written. What a pipeline
file says itself goes before.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from io import StringIO
from typing import Any

SUFFIX = ".yaml"


@dataclass(frozen=True)
class Preset:
    """A known export: ``said`` is what a source of it would say.

    ``unverified`` tells on what thin evidence it rests; blank where it is sure.
    ``places`` are the numbers of columns that a file without a header may have.
    """

    name: str
    about: str
    kind: str
    unverified: str
    said: dict[str, Any]
    places: tuple[int, ...] = ()

    @property
    def of(self) -> str:
        """Give whose export it is: the beginning of ``about``."""
        return self.about.split(";")[0]


def preset_names() -> tuple[str, ...]:
    """Give the names of the presets that are shipped, sorted."""
    folder = files("regpipe.formats").joinpath("presets")
    names = (entry.name for entry in folder.iterdir())
    return tuple(sorted(n.removesuffix(SUFFIX) for n in names if n.endswith(SUFFIX)))


@cache
def shipped_preset(name: str) -> Preset:
    """Give a preset by its name, which is one of ``preset_names``."""
    return preset_of(name, preset_text(name))


def preset_text(name: str) -> str:
    """Give a shipped preset as it is written."""
    file = files("regpipe.formats").joinpath("presets", name + SUFFIX)
    return file.read_text("utf-8")


def preset_of(name: str, text: str) -> Preset:
    """Give the preset that a text in YAML 1.2 declares.

    Raises ValueError where it is no mapping with ``kind`` and ``columns``, and
    ruamel's YAMLError where it is no YAML.
    """
    from ruamel.yaml import YAML

    said = YAML(typ="safe").load(StringIO(text))
    if not isinstance(said, dict) or not {"kind", "columns"} <= said.keys():
        raise ValueError("a preset is a mapping with 'kind' and 'columns'")
    return Preset(
        name=name,
        about=str(said.pop("about", "")),
        kind=str(said["kind"]),
        unverified=str(said.pop("unverified", "")),
        places=tuple(map(int, said.pop("places", ()))),
        said=said,
    )
