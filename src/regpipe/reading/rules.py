"""The rules that a registry's customers follow, as its runs left them."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass

from regpipe.engine.protocol import Engine
from regpipe.spec import Identity, Survivorship


@dataclass(frozen=True)
class Followed:
    """Rules that customers may follow, and the run from which on; None: ours.

    Ours are what a pipeline file that says nothing means.
    """

    run_id: int | None
    identity: Identity
    survivorship: Survivorship


def followed(engine: Engine) -> Sequence[Followed]:
    """Give the rules that customers may have been worked out by, the latest first.

    A registry that no run has written since it keeps its rules gives ours alone.
    """
    found = engine.collect(
        """
        select
            identity,
            survivorship,
            run_id,
            scope = 'latest' and in_force as first
        from (
          select scope, identity, survivorship, run_id, true as in_force
          from registry.rules
          union all
          select scope, identity, survivorship, run_id, false as in_force
          from registry.rules_history
        )
        order by first desc, run_id desc, scope desc
        """
    ).to_pylist()
    rules = [
        Followed(
            row["run_id"],
            Identity.model_validate(json.loads(row["identity"])),
            Survivorship.model_validate(json.loads(row["survivorship"])),
        )
        for row in found
    ]
    return rules or [Followed(None, Identity(), Survivorship())]
