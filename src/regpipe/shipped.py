"""Files that come with regpipe: the schemas, the sample and its pipeline."""

from __future__ import annotations

from pathlib import Path

_PACKAGE = Path(__file__).resolve().parent


def shipped(*parts: str) -> Path:
    """Give the path of a shipped file or folder, such as ``schemas/orders.yaml``.

    An installed regpipe has them within its package, a checkout at its top.
    """
    within = _PACKAGE / "_shipped"
    top = within if within.is_dir() else _PACKAGE.parents[1]
    return top.joinpath(*parts)
