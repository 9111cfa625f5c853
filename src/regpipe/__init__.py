"""A batch toolkit for customer registries: from legacy CSVs to lists.

>>> import regpipe
>>> outcome = regpipe.run("pipelines/nightly.yaml")        # doctest: +SKIP
>>> with regpipe.open("registry.duckdb") as registry:      # doctest: +SKIP
...     swedes = registry.customers("country = 'SE'").df()
"""

from __future__ import annotations

import os
import sys
from datetime import UTC, datetime
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING

from regpipe.outcome import Progress, RunOutcome, silent
from regpipe.version import VERSION

if TYPE_CHECKING:
    from regpipe.reading import Registry

__all__ = ["open", "plan", "replay", "run"]
__version__ = VERSION


def open(registry: str | Path) -> Registry:
    """Open a registry for reading; use it in a ``with`` block or close it.

    It shows the registry as it was when it was opened, however many runs there
    are meanwhile, and is in no run's way.

    Raises RegistryError when the file is missing, newer than this program or
    not a registry.
    """
    from regpipe.reading import open_registry

    return open_registry(Path(registry))


def run(
    pipeline: str | Path,
    *,
    as_of: datetime | None = None,
    wait: float = 0.0,
    progress: Progress = silent,
) -> RunOutcome:
    """Run a pipeline file: read its files, update the registry, write its lists.

    ``as_of`` is the time to work as if it were, with a time zone; None is now.
    ``wait`` is how many seconds to wait for another writer.

    Raises RegpipeError of the class that says what was wrong; the registry is
    then as it was.
    """
    from regpipe.run import run_pipeline
    from regpipe.spec.load import load_pipeline

    return run_pipeline(
        load_pipeline(Path(pipeline), os.environ),
        as_of=as_of or datetime.now(UTC),
        wait=wait,
        progress=progress,
    )


def replay(
    pipeline: str | Path,
    mended: str | Path,
    *,
    as_of: datetime | None = None,
    wait: float = 0.0,
    progress: Progress = silent,
) -> RunOutcome:
    """Take the mended rejects of a file as if they had come from their source.

    ``mended`` is what ``regpipe rejects write`` wrote, mended. The lists are written
    as by ``run``; the other arguments are its own, too.

    Raises RegpipeError of the class that says what was wrong; the registry is
    then as it was.
    """
    from regpipe.run import run_pipeline
    from regpipe.spec.load import load_pipeline

    return run_pipeline(
        load_pipeline(Path(pipeline), os.environ),
        as_of=as_of or datetime.now(UTC),
        wait=wait,
        progress=progress,
        mended=Path(mended),
    )


def plan(
    pipeline: str | Path,
    *,
    as_of: datetime | None = None,
    progress: Progress = silent,
) -> RunOutcome:
    """Work out what a run of a pipeline file would change; write nothing.

    Raises RegpipeError as the run would.
    """
    from regpipe.planning import plan_pipeline
    from regpipe.spec.load import load_pipeline

    return plan_pipeline(
        load_pipeline(Path(pipeline), os.environ),
        as_of=as_of or datetime.now(UTC),
        progress=progress,
    )


class _Package(ModuleType):
    """Keeps ``regpipe.run`` and ``regpipe.plan`` the functions above.

    Python sets a package's attribute to a submodule when that is first imported,
    and there are modules of these names.
    """

    def __setattr__(self, name: str, value: object) -> None:
        if not (name in __all__ and isinstance(value, ModuleType)):
            super().__setattr__(name, value)


sys.modules[__name__].__class__ = _Package
