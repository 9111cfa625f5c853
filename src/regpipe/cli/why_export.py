"""Why a customer is on a list: the tests of it, one by one."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from regpipe.cli import terminal
from regpipe.cli.consent_show import tell_word

if TYPE_CHECKING:
    from regpipe.reading import Listed
    from regpipe.spec import Pipeline

PASSED = {True: "yes", False: "no", None: "not asked"}


def pipeline_of(path: Path) -> Pipeline:
    """Load the pipeline file that has the list."""
    from regpipe.spec.load import load_pipeline

    return load_pipeline(path, os.environ)


def verdict(found: Listed) -> str:
    """Say in one line whether the customer is on the list, and by or against what."""
    if not found.on_list:
        return f"not on {found.export}: fails {found.fails!r}"
    if found.groups:
        return f"on {found.export}, in {', '.join(found.groups)}"
    return f"on {found.export}"


def tests(found: Listed) -> list[Mapping[str, Any]]:
    """Give the tests as people read them."""
    return [{**each, "passed": PASSED[each["passed"]]} for each in found.tests]


def tell(found: Listed) -> None:
    """Print the tests of a list, and what was said of its purpose."""
    terminal.say(f"customer {found.customer_id}: {verdict(found)}")
    terminal.filled_table("tests", ("test", "passed", "told"), tests(found))
    if found.word is not None:
        tell_word(found.word)
