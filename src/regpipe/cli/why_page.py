"""Why a customer is as they are, as a page."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from regpipe.cli import together, why_export
from regpipe.cli.page import rendered
from regpipe.cli.shown import rule, value, written
from regpipe.cli.waterfall import SUM, Bar, Scale, scale, waterfall
from regpipe.version import VERSION

if TYPE_CHECKING:
    from regpipe.reading import Listed, Why

TEMPLATE = "why.html.jinja"
WIDTH = 1000
"""Units of the drawing that a waterfall is as wide as; the page stretches it."""


def page_of(found: Why, listed: Listed | None = None) -> str:
    """Give the page on a customer: the same as the terminal tells, in full.

    ``listed`` is what becomes of them on a list that was asked about.

    Raises PipelineError where jinja2 is not installed.
    """
    return rendered(
        TEMPLATE,
        {
            "why": found,
            "summary": _summary(found),
            "listed": listed,
            "verdict": why_export.verdict(listed) if listed else "",
            "tests": why_export.tests(listed) if listed else [],
            "merged": together.merged(found),
            "ties": together.ties(found),
            "doubt": together.doubt(found),
            "apart": together.apart(found),
            "scores": [_score(row) for row in found.scores],
            "blank": [each.field for each in found.fields if not each.said],
            "value": value,
            "written": written,
            "rule": rule,
            "name_of": _name,
            "statements": _statements,
            "version": VERSION,
        },
    )


def _summary(found: Why) -> str:
    several = "source record" if len(found.records) == 1 else "source records"
    sources = sorted({row["source"] for row in found.records})
    return f"{len(found.records)} {several} of {', '.join(sources)}."


def _score(row: Mapping[str, Any]) -> Mapping[str, Any]:
    """Give a score as a waterfall: its title, where zero lies, and its bars."""
    bars = waterfall(row["weights"])
    on = scale(bars, WIDTH)
    return {
        "title": together.score_title(row),
        "zero": f"{on.at(0.0):.1f}",
        "bars": [_bar(bar, on) for bar in bars],
    }


def _bar(bar: Bar, on: Scale) -> Mapping[str, str]:
    left, right = sorted((on.at(bar.start), on.at(bar.end)))
    sign = "up" if bar.weight > 0 else "down"
    return {
        "field": bar.field,
        "level": bar.level,
        "weight": f"{bar.weight:+.2f}",
        "kind": "sum" if bar.field == SUM else sign,
        "x": f"{left:.1f}",
        "width": f"{max(right - left, 2):.1f}",
        "label": f"from {bar.start:.2f} to {bar.end:.2f}",
    }


def _name(file: str | None) -> str:
    """Give the bare name of a file; the records have its whole path."""
    return (file or "").rpartition("/")[2]


def _statements(word: Mapping[str, Any]) -> Sequence[Mapping[str, Any]]:
    """Give the statement that decides, then the others."""
    place = ("file_id", "row_number", "status", "said_at", "source", "external_id")
    others = [
        each
        for each in word["statements"]
        if any(each[name] != word[name] for name in place)
    ]
    return [word, *others]
