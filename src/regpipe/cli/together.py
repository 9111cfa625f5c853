"""In words: what makes the records of a customer one, and what was kept apart."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from regpipe.cli.review import WHY
from regpipe.cli.terminal import shown

if TYPE_CHECKING:
    from regpipe.reading import Why

Row = Mapping[str, Any]

DIFFERENT = "decided to be different"
"""Why two records are kept apart that a person decided on."""


def numbered(found: Why) -> Mapping[str, int]:
    """Give the number of each record of a customer, from 1."""
    return {record_name(row): number for number, row in enumerate(found.records, 1)}


def record_name(row: Row, side: str = "") -> str:
    """Give a record as one asks for it: source:external_id."""
    return f"{row['source' + side]}:{row['external_id' + side]}"


def ties(found: Why) -> list[Row]:
    """Give what ties two records: both their numbers, by what, and on what it rests."""
    numbers = numbered(found)
    return [
        {
            "no": numbers[record_name(tie, "_a")],
            "and": numbers[record_name(tie, "_b")],
            "by": _by(tie),
            "on": _on(tie),
        }
        for tie in (found.tied.ties if found.tied else ())
    ]


def apart(found: Why) -> list[Row]:
    """Give what was kept apart from each record, by which key, and why."""
    numbers = numbered(found)
    return [
        {
            "no": numbers[record_name(row)],
            "key": row["key"],
            "record": _other(row),
            "customer": row["other_customer_id"],
            "why": _why(row),
            "question": row["review_id"],
        }
        for row in (found.tied.apart if found.tied else ())
    ]


def merged(found: Why) -> list[str]:
    """Give a sentence for each customer that became this one."""
    return [
        f"customer {row['customer_id']} was merged into {found.customer_id} "
        f"in run {row['run_id']}"
        + (f", by {', '.join(row['by'])}" if row["by"] else "")
        for row in found.merged
    ]


def doubt(found: Why) -> str | None:
    """Say where nothing that is known makes the records one."""
    if found.tied is None or found.tied.whole:
        return None
    return (
        "not all of these records are tied by the rules that the registry knows: they "
        "came together by others; 'regpipe rebuild' applies those of the pipeline"
    )


def score_title(row: Row) -> str:
    """Say which two records were scored, and how likely they are one person."""
    return (
        f"{record_name(row, '_a')} and {record_name(row, '_b')}: "
        f"probability {row['score']:.4f} by model {row['model'][:12]}"
    )


def _by(tie: Row) -> str:
    match tie["key"]:
        case "decision":
            return f"decision {tie['decision_id']}"
        case "score":
            return f"score {tie['score']:.4f}"
    return str(tie["key"])


def _on(tie: Row) -> str:
    match tie["key"]:
        case "decision":
            return f"{tie['decided_by']}, {shown(tie['decided_at'])}"
        case "score":
            return f"model {tie['model'][:12]}"
    return ", ".join(map(shown, tie["agree_on"].values()))


def _other(row: Row) -> str | None:
    if row["other_source"] is None:
        return None
    return f"{row['other_source']}:{row['other_external_id']}"


def _why(row: Row) -> str:
    """Say why a record is kept apart, and how many or who makes it so."""
    word: str = row["why"]
    details: list[str] = []
    if word == "different":
        word = DIFFERENT
        if row["decision_id"] is not None:
            when = shown(row["decided_at"])
            details = [f"decision {row['decision_id']}: {row['decided_by']}", when]
    elif row["score"] is not None:
        details = [f"{row['score']:.4f}"]
    else:
        counts = ("people", "records")
        details = [f"{row[name]} {name}" for name in counts if row[name] is not None]
    told = WHY.get(word, word)
    return f"{told} ({', '.join(details)})" if details else told
