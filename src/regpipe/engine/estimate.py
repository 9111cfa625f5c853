"""Estimating a match model from records that nobody labelled, by Splink."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pyarrow as pa

from regpipe.engine.splink import sandbox, settings
from regpipe.models import MatchModel


def estimated(
    model: MatchModel, records: pa.Table, seed: int
) -> tuple[MatchModel, tuple[str, ...]]:
    """Give a model with what Splink estimates from records that nobody labelled.

    u comes from random pairs, m by expectation maximisation over pairs that share a
    value of one of ``SHARED``, the prior from pairs that are one person for certain.
    An outcome that never came up has the weight 0, and is named.

    Raises PipelineError when Splink is not installed.
    """
    start = settings(model)
    for comparison in start["comparisons"]:
        for level in comparison["comparison_levels"]:
            level.pop("m_probability", None)
            level.pop("u_probability", None)
    with sandbox(None, "Splink could not learn from these records") as work:
        work.keep("records", records)
        return _estimated(model, work.trained(start, seed))


def _estimated(
    model: MatchModel, tree: Mapping[str, Any]
) -> tuple[MatchModel, tuple[str, ...]]:
    comparisons = []
    unseen = []
    for comparison, after in zip(model.comparisons, tree["comparisons"], strict=True):
        levels = []
        for level, learned in zip(
            comparison.levels, after["comparison_levels"], strict=True
        ):
            m, u = (learned.get(f"{name}_probability") for name in "mu")
            if level.blank:
                levels.append(level)
            elif _seen(m) and _seen(u):
                levels.append(replace(level, m=_short(m), u=_short(u)))
            else:
                levels.append(level)
                unseen.append(f"{comparison.name}: {level.label}")
        comparisons.append(replace(comparison, levels=tuple(levels)))
    prior = _short(tree["probability_two_random_records_match"])
    return replace(model, prior=prior, comparisons=tuple(comparisons)), tuple(unseen)


def _seen(share: object) -> bool:
    return isinstance(share, float) and 0 < share <= 1


def _short(share: float) -> float:
    return float(f"{share:.6g}")
