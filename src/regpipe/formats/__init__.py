"""The formats of lists, as data: one YAML file per target, nothing in code."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from io import StringIO
from typing import Literal

SUFFIX = ".yaml"


@dataclass(frozen=True)
class Target:
    """How the cells of a list are written.

    ``harmless``: a cell that a spreadsheet would take for a formula gets one
    apostrophe in front. ``flags`` are the words for yes and no; ``between``
    stands between the parts of a list.
    """

    name: str
    about: str
    delimiter: str
    formulas: Literal["harmless", "verbatim"]
    flags: tuple[str, str]
    between: str

    @property
    def harmless(self) -> bool:
        """Tell whether formulas are made harmless."""
        return self.formulas == "harmless"


def target_names() -> tuple[str, ...]:
    """Give the names of the targets there are, sorted."""
    folder = files("regpipe.formats").joinpath("targets")
    found = (entry.name for entry in folder.iterdir())
    return tuple(
        sorted(name.removesuffix(SUFFIX) for name in found if name.endswith(SUFFIX))
    )


@cache
def target(name: str) -> Target:
    """Give a target by its name, which is one of ``target_names``."""
    from ruamel.yaml import YAML

    file = files("regpipe.formats").joinpath("targets", name + SUFFIX)
    said = YAML(typ="safe").load(StringIO(file.read_text("utf-8")))
    yes, no = said.pop("flags")
    return Target(
        name=name,
        about=str(said["about"]),
        delimiter=str(said["delimiter"]),
        formulas="verbatim" if said["formulas"] == "verbatim" else "harmless",
        flags=(str(yes), str(no)),
        between=str(said["between"]),
    )
