"""Match models: finding, reading and checking the files that tell how pairs are scored.

A model is the settings of Splink as JSON, with all that was learned in them. Splink is
not needed to read one.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from math import log2
from pathlib import Path
from typing import Any

from regpipe.errors import PipelineError, Problem
from regpipe.spec.types import among, quoted
from regpipe.sql.scored import FACTS

SHIPPED = "shipped"
"""The word of a pipeline file for the model that comes with regpipe."""

PRIOR = "prior"
"""How the odds before any comparison are called among the parts of a weight."""

_PATH = Path(__file__).with_name("shipped.json")
_NAME = re.compile(r"[a-z][a-z0-9_]*")
_COLUMN = re.compile(r"(?<![\w.'\"])([A-Za-z_]\w*)_[lr]\b")
_TEXT = re.compile(r"'(?:[^']|'')*'")
_FROZEN = (
    "a score must follow from the two records and the model alone: "
    "leave out term frequencies"
)


@dataclass(frozen=True)
class Level:
    """One outcome of a comparison; it is ``blank`` where there is nothing to compare.

    ``m`` is its share among pairs of one person, ``u`` among pairs of two.
    """

    label: str
    condition: str
    m: float = 0.5
    u: float = 0.5
    blank: bool = False

    @property
    def weight(self) -> float:
        """Give what the outcome adds to a pair's weight: log2 of m to u."""
        return 0.0 if self.blank else log2(self.m / self.u)


@dataclass(frozen=True)
class Comparison:
    """What is compared under one name, its outcomes the strictest first."""

    name: str
    levels: tuple[Level, ...]

    @property
    def known(self) -> tuple[Level, ...]:
        """Give the outcomes where there is something to compare."""
        return tuple(level for level in self.levels if not level.blank)


@dataclass(frozen=True)
class MatchModel:
    """A model that is sound; ``sha256`` of its file is its name in the registry."""

    sha256: str
    prior: float
    comparisons: tuple[Comparison, ...]


def model_path(written: str, folder: Path) -> Path:
    """Give the path of the model that a pipeline file in ``folder`` names."""
    return _PATH if written == SHIPPED else folder / written


def load_model(path: Path) -> MatchModel:
    """Read and check the file of a model.

    Raises PipelineError with everything that is wrong with it.
    """
    try:
        data = path.read_bytes()
        tree = json.loads(data)
    except OSError as reason:
        what = f"cannot be read ({reason.strerror or 'no such file'})"
        hint = "name a model file, or 'shipped' for the one that comes with regpipe"
        raise PipelineError.at(str(path), what, hint) from reason
    except UnicodeDecodeError as reason:
        raise PipelineError.at(str(path), "is not UTF-8 text") from reason
    except json.JSONDecodeError as reason:
        where = f"{path}:{reason.lineno}"
        hint = "regpipe match train writes model files"
        raise PipelineError.at(where, "is no JSON", hint) from reason
    problems = [
        Problem(f"{path}: {each.where}" if each.where else str(path), *_rest(each))
        for each in _faults(tree)
    ]
    if problems:
        raise PipelineError(*problems)
    return _model(tree, hashlib.sha256(data).hexdigest())


def _rest(problem: Problem) -> tuple[str, str | None]:
    return problem.what, problem.hint


def _model(tree: Mapping[str, Any], sha256: str) -> MatchModel:
    return MatchModel(
        sha256,
        float(tree["probability_two_random_records_match"]),
        tuple(
            Comparison(
                comparison["output_column_name"],
                tuple(_level(level) for level in comparison["comparison_levels"]),
            )
            for comparison in tree["comparisons"]
        ),
    )


def _level(level: Mapping[str, Any]) -> Level:
    condition = level["sql_condition"].strip()
    label = level["label_for_charts"]
    if level.get("is_null_level"):
        return Level(label, condition, blank=True)
    return Level(
        label, condition, float(level["m_probability"]), float(level["u_probability"])
    )


def _faults(tree: Any) -> Iterator[Problem]:
    """Give what is wrong with a model, each ``where`` a place within it."""
    if not isinstance(tree, dict) or "comparisons" not in tree:
        hint = "regpipe match train writes model files"
        yield Problem("", "is no match model: it has no 'comparisons'", hint)
        return
    prior = tree.get("probability_two_random_records_match")
    if not _within(prior, 0, 1) or prior == 1:
        where = "probability_two_random_records_match"
        yield Problem(where, "must be a number between 0 and 1")
    comparisons = tree["comparisons"]
    if not isinstance(comparisons, list) or not comparisons:
        yield Problem("comparisons", "must be a list of at least one comparison")
        return
    names = set()
    for number, comparison in enumerate(comparisons, 1):
        where = f"comparison {number}"
        if not isinstance(comparison, dict):
            yield Problem(where, "must be a mapping")
            continue
        name = comparison.get("output_column_name")
        if not isinstance(name, str) or not _NAME.fullmatch(name):
            hint = "lower-case letters a to z, digits and '_', a letter first"
            yield Problem(f"{where}: output_column_name", "is no name", hint)
        elif name in names or name == PRIOR:
            yield Problem(f"{where}: output_column_name", f"{name!r} is taken")
        else:
            names.add(name)
            where = f"comparison {name!r}"
        yield from _level_faults(where, comparison.get("comparison_levels"))


def _level_faults(where: str, levels: object) -> Iterator[Problem]:
    if not isinstance(levels, list) or len(levels) < 2:
        yield Problem(f"{where}: comparison_levels", "must be a list of two or more")
        return
    for number, level in enumerate(levels, 1):
        place = f"{where}, level {number}"
        if not isinstance(level, dict):
            yield Problem(place, "must be a mapping")
            continue
        for key in level:
            if key.startswith(("tf_", "disable_tf")) and level[key]:
                yield Problem(f"{place}: {key}", _FROZEN)
        if not isinstance(level.get("label_for_charts"), str):
            yield Problem(f"{place}: label_for_charts", "must be text")
        yield from _condition_faults(place, level, last=number == len(levels))
        if not level.get("is_null_level"):
            for key in ("m_probability", "u_probability"):
                if not _within(level.get(key), 1e-300, 1):
                    hint = "train the model whole: regpipe match train"
                    what = "must be a number above 0 and not above 1"
                    yield Problem(f"{place}: {key}", what, hint)


def _condition_faults(
    place: str, level: Mapping[str, object], *, last: bool
) -> Iterator[Problem]:
    condition = level.get("sql_condition")
    where = f"{place}: sql_condition"
    if not isinstance(condition, str) or not condition.strip():
        yield Problem(where, "must be SQL text")
        return
    if (condition.strip().upper() == "ELSE") != last:
        yield Problem(where, "'ELSE' must stand in the last level, and there only")
    used = _COLUMN.findall(_TEXT.sub("''", condition))
    for name in dict.fromkeys(used):
        if name not in FACTS:
            known = tuple(FACTS)
            yield Problem(where, f"unknown column {quoted(name)}", among(name, known))


def _within(value: object, least: float, most: float) -> bool:
    """Tell whether a value is a positive number within these bounds."""
    if not isinstance(value, (int, float)) or isinstance(value, bool):
        return False
    return max(least, 1e-300) <= value <= most
