"""Train: a match model for the records that a registry holds."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa

from regpipe.engine.estimate import estimated
from regpipe.engine.protocol import Engine
from regpipe.engine.splink import Scorer
from regpipe.errors import DataError
from regpipe.models import Comparison, MatchModel
from regpipe.models.recipe import RECIPE
from regpipe.sql import gone, pairs, records, scored
from regpipe.sql.step import comma, ident
from regpipe.stages.labels import Labels
from regpipe.stages.learn import Bools, learned, rounded

SEED = 1
"""What every draw begins with: the same registry gives the same model."""

MOST_PAIRS = 2_000_000
"""Pairs that are looked at; of more, so many are drawn."""

FEW_RECORDS = 2_000
FEW_PAIRS = 200
"""Fewer than these teach little: the model says so."""


JOINED = 0.1
"""How much a pair counts that the registry has as one customer: what a model is asked
about are the others, and it is to learn most from them."""

NAMED = 6
"""Outcomes that a warning names."""


@dataclass(frozen=True)
class Trained:
    """A model and what it was learned from.

    ``pairs`` were looked at, of which ``same`` are one person; both are None where
    nobody said who is who. ``warnings`` tell what there was too little of.
    """

    prior: float
    comparisons: tuple[Comparison, ...]
    records: int
    pairs: int | None
    same: int | None
    warnings: tuple[str, ...]

    @property
    def about(self) -> str:
        """Say what it was trained on, in numbers."""
        if self.pairs is None:
            return f"Trained without labels on {self.records} records."
        return (
            f"Trained on {self.pairs} pairs of {self.records} records, "
            f"{self.same} of them of one person."
        )

    def as_dict(self) -> dict[str, Any]:
        """Give the same as plain values, such as JSON has."""
        return {
            "records": self.records,
            "pairs": self.pairs,
            "same": self.same,
            "prior": self.prior,
            "comparisons": [
                {
                    "comparison": comparison.name,
                    "outcome": level.label,
                    "m": level.m,
                    "u": level.u,
                    "weight": round(level.weight, 4),
                }
                for comparison in self.comparisons
                for level in comparison.known
            ],
            "warnings": list(self.warnings),
        }


@dataclass(frozen=True)
class Lesson:
    """Pairs of which one knows: their outcomes, and which are one person.

    ``joined`` are those that the registry has as one customer.
    """

    records: int
    outcomes: pa.Table
    same: Bools
    joined: Bools


def train(engine: Engine, labels: Labels | None) -> Trained:
    """Train a model on the records of a registry, by ``labels`` where there are any.

    With labels each outcome has the weight that tells the candidates of one person
    from those of two best; without, Splink estimates them: u from random pairs, m by
    expectation maximisation.

    Raises PipelineError when Splink is not installed, DataError when there is nothing
    to learn from.
    """
    if labels is None:
        return _unlabelled(engine)
    return taught([lesson(engine, labels)], labels.file)


def lesson(engine: Engine, labels: Labels) -> Lesson:
    """Give the candidates among the labelled records, and what comes out of them."""
    found = _candidates(engine)
    said = pa.table(
        {n: getattr(labels, n) for n in ("source", "external_id", "person")}
    )
    engine.put("labels", said)
    persons = engine.collect(
        "select s.record_no, l.person, r.customer_id from scored_records s "
        "join labels l on s.source = l.source and s.external_id = l.external_id "
        "join registry.source_records r "
        "on s.source = r.source and s.external_id = r.external_id "
        "order by s.record_no"
    )
    numbers = persons["record_no"].to_numpy()
    codes = persons["person"].combine_chunks().dictionary_encode().indices.to_numpy()
    person = np.full(found + 1, -1, dtype=np.int64)
    person[numbers] = codes
    customer = np.zeros(found + 1, dtype=np.int64)
    customer[numbers] = persons["customer_id"].fill_null(0).to_numpy()
    rows, chosen = _asked(engine)
    first, second = (chosen[name].to_numpy() for name in ("a", "b"))
    known = (person[first] >= 0) & (person[second] >= 0)
    first, second = first[known], second[known]
    scorer = Scorer(_unlearned(), "the recipe of regpipe", 0)
    outcomes = scorer.outcomes(rows, pa.table({"a": first, "b": second}))
    return Lesson(
        len(persons),
        outcomes,
        person[first] == person[second],
        (customer[first] == customer[second]) & (customer[first] > 0),
    )


def taught(lessons: Sequence[Lesson], where: str) -> Trained:
    """Give what several lessons teach together.

    Raises DataError when they hold no pair of one person, or none of two.
    """
    same = np.concatenate([each.same for each in lessons])
    outcomes = pa.concat_tables([each.outcomes for each in lessons])
    if not same.any() or same.all():
        missing = "no two records of one person" if not same.any() else "no two people"
        hint = "label records of the same people, and of others who are alike"
        raise DataError.at(where, f"{missing} among the candidates", hint)
    ones = int(same.sum())
    joined = np.concatenate([each.joined for each in lessons])
    counts = np.where(joined, JOINED, 1.0)
    prior, comparisons = learned(RECIPE, outcomes, same, counts)
    warnings = tuple(
        f"only {count} labelled pairs of {what}: a model learns little from fewer "
        f"than {FEW_PAIRS}"
        for count, what in ((ones, "one person"), (len(same) - ones, "two people"))
        if count < FEW_PAIRS
    )
    total = sum(each.records for each in lessons)
    return Trained(prior, comparisons, total, len(same), ones, warnings)


def _unlabelled(engine: Engine) -> Trained:
    found = _candidates(engine)
    if found < 2:
        raise DataError.at("the registry", "holds no two records to learn from")
    rows, _ = _asked(engine)
    model, unseen = estimated(_unlearned(), rows, SEED)
    warnings = []
    if found < FEW_RECORDS:
        warnings.append(
            f"only {found} records: a model learns little from fewer than {FEW_RECORDS}"
        )
    if unseen:
        warnings.append(
            f"{len(unseen)} outcomes never came up and tell nothing: "
            + ", ".join(unseen[:NAMED])
            + (", ..." if len(unseen) > NAMED else "")
        )
    return Trained(
        rounded(model.prior), model.comparisons, found, None, None, tuple(warnings)
    )


def _unlearned() -> MatchModel:
    return MatchModel("", 0.5, RECIPE)


def _candidates(engine: Engine) -> int:
    """Leave ``scored_records`` and ``candidates`` of all; give how many records."""
    registered = engine.collect(
        "select count(*) as n from registry.source_records "
        "where kind = 'guest' and customer_id is not null"
    )
    guests = bool(registered["n"][0].as_py())
    engine.define(records.incoming([], [], 0))
    engine.define(gone.vanished([]))
    engine.define(records.stored())
    engine.define(scored.scorable_coming(guests=guests))
    engine.define(scored.scorable(guests=guests))
    found = engine.make(pairs.scored_records_of_all())
    engine.make(pairs.blocks_of_all(scored.MOST))
    engine.make(pairs.candidates())
    return found


def _asked(engine: Engine) -> tuple[pa.Table, pa.Table]:
    """Give the records with their facts, and the candidates, not too many of them."""
    listed = comma(map(ident, scored.FACTS), 0)
    rows = engine.collect(
        f"select record_no, {listed} from scored_records order by record_no"
    )
    chosen = engine.collect("select a, b from candidates order by a, b")
    if len(chosen) > MOST_PAIRS:
        draw = np.random.default_rng(SEED)
        some = np.sort(draw.choice(len(chosen), MOST_PAIRS, replace=False))
        chosen = chosen.take(pa.array(some))
    return rows, chosen
