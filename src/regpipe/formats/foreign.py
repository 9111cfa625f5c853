"""Exports of stores that are none of people or their orders, as data."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from io import StringIO


@dataclass(frozen=True)
class Foreign:
    """A known export that no source reads: ``telling`` are the columns it is known by.

    ``what`` it is, ``of`` which program; ``evidence`` is code, files or hearsay.
    """

    what: str
    of: str
    evidence: str
    telling: tuple[str, ...]

    def fits(self, header: Sequence[str]) -> bool:
        """Tell whether a header has all the telling columns, whatever their case."""
        plain = {name.casefold() for name in header}
        return all(name.casefold() in plain for name in self.telling)


@cache
def foreign_exports() -> tuple[Foreign, ...]:
    """Give the exports that are known and that no source reads."""
    from ruamel.yaml import YAML

    text = files("regpipe.formats").joinpath("foreign.yaml").read_text("utf-8")
    return tuple(
        Foreign(said["what"], said["of"], said["evidence"], tuple(said["telling"]))
        for said in YAML(typ="safe").load(StringIO(text))
    )
