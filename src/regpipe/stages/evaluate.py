"""Evaluate: how well the registry's customers agree with a labelled sample."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from regpipe.engine.protocol import Engine
from regpipe.errors import DataError
from regpipe.registry.rules import LATEST, rules_of
from regpipe.spec import Identity
from regpipe.sql.evaluate import labelled, scored_clusters
from regpipe.stages.agreement import (
    UNKNOWN,
    Agreement,
    Measure,
    Shared,
    agreement,
    false_merges,
    joined_above,
    misses,
)
from regpipe.stages.components import Numbers
from regpipe.stages.labels import Labels

THRESHOLDS = (0.5, 0.6, 0.7, 0.8, 0.9, 0.95, 0.97, 0.98, 0.99, 0.995, 0.999)


@dataclass(frozen=True)
class Threshold:
    """What would be, if pairs with a score of ``accept_above`` or more were one.

    ``pairs`` counts the scored pairs of two customers at or above it, labelled or not.
    """

    accept_above: float
    pairs: int
    agreement: Agreement


@dataclass(frozen=True)
class Evaluation:
    """The registry's customers against a labelled sample.

    ``labelled`` records are in the registry, ``unknown`` ones of the file are not.
    ``alone`` are those of no customer (guests), each counted as one of its own.
    ``keys`` names the keys by which ``false_merges`` and ``misses`` are counted.
    """

    file: str
    labelled: int
    unknown: int
    alone: int
    persons: int
    customers: int
    agreement: Agreement
    keys: tuple[str, ...]
    false_merges: Shared
    misses: Shared
    thresholds: tuple[Threshold, ...]

    def as_dict(self) -> dict[str, Any]:
        """Give the same as plain values, such as JSON has."""
        wrong = {"false_merges": self.false_merges, "misses": self.misses}
        return {
            "file": self.file,
            "labelled": self.labelled,
            "unknown": self.unknown,
            "alone": self.alone,
            "persons": self.persons,
            "customers": self.customers,
            **_plain(self.agreement),
            **{name: _by_key(shared, self.keys) for name, shared in wrong.items()},
            "thresholds": [
                {"accept_above": t.accept_above, "scored_pairs": t.pairs}
                | _plain(t.agreement)
                for t in self.thresholds
            ],
        }


def evaluate(engine: Engine, labels: Labels) -> Evaluation:
    """Hold the registry's customers against ``labels``.

    Only records with a label count: a customer is what of its records has one.

    Raises DataError when the registry holds none of the records.
    """
    rules = rules_of(engine).get(LATEST)
    keys = (rules.identity if rules else Identity()).match
    engine.put(
        "labels",
        pa.table({n: getattr(labels, n) for n in ("source", "external_id", "person")}),
    )
    rows = engine.collect(labelled(keys).select)
    if not rows.num_rows:
        raise DataError.at(
            labels.file,
            "the registry holds none of its records",
            "source and external_id are those of the pipeline and its files",
        )
    cluster = _clusters(rows["customer_id"])
    person = _numbers(rows["person"])
    values = [_numbers(rows[f"key_{number}"]) for number, _ in enumerate(keys)]
    return Evaluation(
        file=labels.file,
        labelled=rows.num_rows,
        unknown=len(labels) - rows.num_rows,
        alone=rows["customer_id"].null_count,
        persons=len(np.unique(person)),
        customers=len(np.unique(cluster)),
        agreement=agreement(cluster, person),
        keys=tuple(" + ".join(key) for key in keys),
        false_merges=false_merges(cluster, person, values),
        misses=misses(cluster, person, values),
        thresholds=_thresholds(engine, cluster, person),
    )


def _clusters(customer_id: pa.ChunkedArray) -> Numbers:
    """Give the customer of each record; one of its own, below zero, without any."""
    alone = -1 - np.arange(len(customer_id))
    found: Numbers = pc.coalesce(customer_id, pa.array(alone)).to_numpy()
    return found


def _numbers(texts: pa.ChunkedArray) -> Numbers:
    """Give equal texts one number, UNKNOWN where there is none."""
    codes = texts.combine_chunks().dictionary_encode().indices
    found: Numbers = pc.fill_null(codes.cast(pa.int64()), UNKNOWN).to_numpy()
    return found


def _thresholds(
    engine: Engine, cluster: Numbers, person: Numbers
) -> tuple[Threshold, ...]:
    """Tell for each threshold what accepting the scored pairs above it would give."""
    scored = engine.collect(scored_clusters().select)
    if not scored.num_rows:
        return ()
    a, b, score = (scored[name].to_numpy() for name in ("a", "b", "score"))
    found = []
    for least in THRESHOLDS:
        wider = joined_above(cluster, a, b, score, least)
        count = int((score >= least).sum())
        found.append(Threshold(least, count, agreement(wider, person)))
    return tuple(found)


def _plain(found: Agreement) -> dict[str, Any]:
    return {"pairs": _measure(found.pairs), "clusters": _measure(found.clusters)}


def _measure(found: Measure) -> dict[str, Any]:
    return {
        "precision": found.precision,
        "recall": found.recall,
        "f1": found.f1,
        "right": found.right,
        "found": found.found,
        "wanted": found.wanted,
    }


def _by_key(shared: Shared, keys: tuple[str, ...]) -> Mapping[str, Any]:
    counts = dict(zip(keys, shared.keys, strict=True))
    return {"total": shared.total, "sharing": counts, "sharing_no_key": shared.none}
