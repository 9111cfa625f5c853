"""Nobody is mailed whom a slow and obvious model of consent refuses, whatever happens.

Some histories are played each time the tests run, the same ones. More, and others:

    HISTORIES=10000 SEED=1 python3 dev.py test -k any_history

which takes a quarter of an hour. What fails is told by its seed, and with the fewest
rows that still do.
"""

import os
import shutil
from random import Random

import pytest

from histories import (
    EVERY_KIND,
    SLOTS,
    drawn_history,
    drawn_kinds,
    drawn_schedule,
    shown,
)
from histories_played import Player, smallest

HISTORIES = int(os.environ.get("HISTORIES", "150"))
SEED = int(os.environ.get("SEED", "0"))
BATCH = 2000
"""How many histories are played side by side at most."""


def batches():
    """Give the seed and the size of each batch."""
    whole, rest = divmod(HISTORIES, BATCH)
    sizes = [BATCH] * whole + [rest] * bool(rest)
    return [(SEED + number, size) for number, size in enumerate(sizes)]


@pytest.mark.parametrize(("seed", "size"), batches())
def test_in_any_history_the_lists_are_those_of_the_model(tmp_path, seed, size):
    random = Random(seed)
    kinds = drawn_kinds(random, 8) if seed else EVERY_KIND
    schedule = drawn_schedule(random, kinds)
    histories = {SLOTS[n]: drawn_history(random, schedule) for n in range(size)}
    player = Player(tmp_path / "all", schedule, histories)
    player.play()
    assert len(player.unsettled) < size * 0.15, "the draw leaves too much unsettled"
    if player.told:
        slot = min(player.told, key=lambda slot: (player.failed_in(slot), slot))
        less = smallest(tmp_path / "less", schedule, histories[slot])
        pytest.fail(
            f"seed {seed}: {len(player.told)} of {size} histories, of those {slot}: "
            f"{player.told[slot]}\nand smaller: {less[2]}\n{shown(*less[:2])}"
        )
    shutil.rmtree(tmp_path)
