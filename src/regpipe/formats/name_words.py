"""Words in names that are no names: particles, titles, suffixes, placeholders."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from io import StringIO


@dataclass(frozen=True)
class NameWords:
    """The words of all languages, in lower case; ``suffixes`` by spelling."""

    particles: frozenset[str]
    behind: frozenset[str]
    titles: frozenset[str]
    suffixes: Mapping[str, str]
    placeholders: frozenset[str]


@cache
def name_words() -> NameWords:
    """Give the words that regpipe knows in names."""
    from ruamel.yaml import YAML

    text = files("regpipe.formats").joinpath("names.yaml").read_text("utf-8")
    said = YAML(typ="safe").load(StringIO(text))

    def every(kind: str) -> frozenset[str]:
        return frozenset(word for listed in said[kind].values() for word in listed)

    suffixes = {
        spelled: suffix
        for suffix, listed in said["suffixes"].items()
        for spelled in listed
    }
    return NameWords(
        every("particles"),
        frozenset(said["behind"]),
        every("titles"),
        suffixes,
        every("placeholders"),
    )
