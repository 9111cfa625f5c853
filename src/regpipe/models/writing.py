"""Writing the file of a match model."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

from regpipe.errors import RegistryError
from regpipe.models import Comparison, Level


def write_model(
    path: Path, prior: float, comparisons: Sequence[Comparison], about: str
) -> None:
    """Write a model as a file.

    Raises RegistryError when it cannot be written.
    """
    try:
        path.write_text(model_text(prior, comparisons, about), "utf-8", newline="\n")
    except OSError as reason:
        what = f"cannot be written ({reason.strerror})"
        raise RegistryError.at(str(path), what, "name another file") from reason


def model_text(prior: float, comparisons: Sequence[Comparison], about: str) -> str:
    """Give a model as the text of its file; ``about`` says what it was trained on."""
    tree = {
        "about": about,
        "probability_two_random_records_match": prior,
        "comparisons": [
            {
                "output_column_name": each.name,
                "comparison_levels": [_level(level) for level in each.levels],
            }
            for each in comparisons
        ],
    }
    return json.dumps(tree, indent=2, ensure_ascii=False) + "\n"


def _level(level: Level) -> dict[str, object]:
    found: dict[str, object] = {
        "label_for_charts": level.label,
        "sql_condition": level.condition,
    }
    if level.blank:
        return found | {"is_null_level": True}
    return found | {"m_probability": level.m, "u_probability": level.u}
