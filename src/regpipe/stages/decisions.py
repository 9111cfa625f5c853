"""Decisions: what a person's acts mean by the rules of the last run."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from pathlib import Path

from regpipe.engine.protocol import Engine
from regpipe.errors import RegistryError
from regpipe.registry.by_hand import ByHand
from regpipe.registry.rules import LATEST, rules_of
from regpipe.registry.state import last_pipeline
from regpipe.spec import Pipeline
from regpipe.stages.deciding import Act, decide
from regpipe.stages.erased import refuse_erased
from regpipe.stages.stating import ConsentAct, noted


def decisions(
    engine: Engine,
    registry: Path,
    acts: Sequence[Act | ConsentAct],
    by: str,
    at: datetime,
) -> tuple[Pipeline, ByHand]:
    """Give what acts mean, and the rules of the last run as a pipeline without files.

    Raises DataError when an act means nothing or is about an address that was
    erased, RegistryError when no run has told the rules yet.
    """
    rules = rules_of(engine).get(LATEST)
    if rules is None:
        raise RegistryError.at(
            str(registry),
            "does not hold the rules of its last run",
            "run its pipeline once with this regpipe",
        )
    pipeline = Pipeline.model_construct(
        pipeline=last_pipeline(engine),
        registry=str(registry.absolute()),
        checks=(),
        sources={},
        identity=rules.identity,
        survivorship=rules.survivorship,
        consent=rules.consent,
        exports={},
    )
    about_consent = [act for act in acts if isinstance(act, ConsentAct)]
    others = [act for act in acts if not isinstance(act, ConsentAct)]
    by_hand = decide(engine, rules.identity, others, by=by, at=at)
    said = noted(engine, about_consent, at)
    stated = [each.address for each in said.statements]
    stated += [each.address for each in said.blocks]
    refuse_erased(engine, registry, stated)
    return pipeline, replace(by_hand, consents=said)
