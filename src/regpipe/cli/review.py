"""``regpipe review``: the questions on who is who that wait for a person."""

from __future__ import annotations

import io
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import click

from regpipe.cli import deciding, options, terminal
from regpipe.errors import DataError
from regpipe.registry.files import write_owner_only

KINDS = ("pair", "crowded", "large")
TARGET = click.Path(path_type=Path, allow_dash=True, dir_okay=False)

CELLS = ("external_id_a", "external_id_b")
"""Columns that may hold an address, which lists do not show."""

WHY = {
    "first_name": "first names differ",
    "birth_date": "dates of birth differ",
    "org_number": "organisation numbers differ",
    "vat_id": "VAT ids differ",
    "torn": "one fits two who do not fit each other",
    "kept_apart": "a decision keeps them apart from others who are one",
    "likely": "a model finds them alike",
    "shared": "more people hold it than shared_above",
    "too_many": "too many people hold it to compare them",
    "too_large": "more records than largest_cluster",
}
"""What stands against a tie, as people read it."""


@click.group()
def review() -> None:
    """Decide who is who where the keys could not tell.

    A question is a pair of customers that may be one, a value too many hold to be a
    key, or a cluster too large to be merged. What is decided holds in every later run.
    """


@review.command("list")
@options.registry_option
@click.option("--kind", type=click.Choice(KINDS), help="Only questions of this kind.")
@click.option(
    "--limit",
    metavar="N",
    type=click.IntRange(min=0),
    default=100,
    show_default=True,
    help="The first N of them; 0 is all.",
)
@options.json_option
def list_questions(registry: Path, kind: str | None, limit: int, as_json: bool) -> None:
    """List the open questions, the likeliest pairs first.

    The list names customers, sources and reasons, and shows no cell of them: see
    'review show'.

    \b
    Exit code 0, also when there is none; 4 when the registry cannot be read.
    """
    from regpipe.reading import open_registry

    with open_registry(registry) as opened:
        found = opened.review(kind).arrow().to_pylist()
    shown = found[:limit] if limit else found
    if as_json:
        listed = [{n: v for n, v in row.items() if n not in CELLS} for row in shown]
        terminal.document({"questions": listed, "of": len(found)})
    elif not found:
        terminal.say("no open questions")
    else:
        _list(shown)
        if len(shown) < len(found):
            terminal.note(f"{len(found) - len(shown)} more: see --limit and --kind")


@review.command()
@click.argument("question", type=int, metavar="QUESTION")
@options.registry_option
@options.json_option
def show(question: int, registry: Path, as_json: bool) -> None:
    """Show a question with the records it is about: personal data.

    \b
    Exit code 0; 1 when no such question is open; 4 when the registry cannot be read.
    """
    from regpipe.reading import open_registry

    with open_registry(registry) as opened:
        found = opened.question(question)
    if found is None:
        raise _not_open(question)
    if as_json:
        terminal.document(found.as_dict())
        return
    facts: list[tuple[str, object]] = [
        ("kind", found.kind),
        ("why", _reasons(found.reasons)),
    ]
    facts += [
        (name, value)
        for name, value in (
            ("value", found.value),
            ("names", found.people),
            ("score", None if found.score is None else f"{found.score:.4f}"),
            ("records", found.of),
        )
        if value is not None
    ]
    terminal.table(f"question {question}", ("what", "is"), facts)
    columns = [n for n in found.records[0] if any(r[n] for r in found.records)]
    rows = [[record[name] for name in columns] for record in found.records]
    terminal.table("records", columns, rows)
    if len(rows) < found.of:
        terminal.note(f"the first {len(rows)} of {found.of} records")


@review.command(cls=deciding.Deciding)
@click.argument("questions", type=int, metavar="QUESTION...", nargs=-1, required=True)
@deciding.deciding_options
def accept(questions: tuple[int, ...], how: deciding.How) -> None:
    """Say that who is in question is one person.

    \b
    Exit code 0; 1 when a question is not open or decisions contradict each other; 4
    when the registry cannot be used; 5 when a step failed. Nothing is written then.
    """
    from regpipe.stages.deciding import Accept

    deciding.take([Accept(n) for n in dict.fromkeys(questions)], "review accept", how)


@review.command(cls=deciding.Deciding)
@click.argument("questions", type=int, metavar="QUESTION...", nargs=-1, required=True)
@deciding.deciding_options
def reject(questions: tuple[int, ...], how: deciding.How) -> None:
    """Say that who is in question is not one person.

    A pair is kept apart whatever ties it later; a question about many is not asked
    again.

    \b
    Exit code 0; 1 when a question is not open or decisions contradict each other; 4
    when the registry cannot be used; 5 when a step failed. Nothing is written then.
    """
    from regpipe.stages.deciding import Reject

    deciding.take([Reject(n) for n in dict.fromkeys(questions)], "review reject", how)


@review.command(cls=deciding.Deciding)
@click.argument("numbers", type=int, metavar="DECISION...", nargs=-1, required=True)
@deciding.deciding_options
def revoke(numbers: tuple[int, ...], how: deciding.How) -> None:
    """Take decisions back, as if they had never been made.

    \b
    Exit code 0; 1 when a decision is not in force; 4 when the registry cannot be
    used; 5 when a step failed. Nothing is written then.
    """
    from regpipe.stages.deciding import Revoke

    deciding.take([Revoke(n) for n in dict.fromkeys(numbers)], "review revoke", how)


@review.command()
@options.registry_option
@options.json_option
def decisions(registry: Path, as_json: bool) -> None:
    """List the decisions that are in force, the newest first.

    \b
    Exit code 0, also when there is none; 4 when the registry cannot be read.
    """
    from regpipe.reading import open_registry

    with open_registry(registry) as opened:
        found = opened.decisions().arrow().to_pylist()
    if as_json:
        listed = [{n: v for n, v in row.items() if n not in CELLS} for row in found]
        terminal.document({"decisions": listed})
    elif not found:
        terminal.say("no decisions")
    else:
        rows = [
            (
                row["decision_id"],
                row["decision"],
                row["pairs"],
                _named(row, "a"),
                _named(row, "b"),
                row["decided_by"],
                row["decided_at"],
            )
            for row in found
        ]
        columns = ("decision", "says", "pairs", "customer", "and", "by", "at")
        terminal.table("decisions", columns, rows)


@review.command()
@click.argument("target", metavar="FILE", type=TARGET)
@options.registry_option
@click.option("--kind", type=click.Choice(KINDS), help="Only questions of this kind.")
@options.quiet_option
def write(target: Path, registry: Path, kind: str | None, quiet: bool) -> None:
    """Write the open questions to FILE (- is stdout), to be answered.

    What the records say stands beside each question. Write same or different into the
    column 'answer', leave out what you do not know, and give the file to 'regpipe
    review apply'. Its owner only may read it.

    \b
    Exit code 0, also when there is none; 4 when the registry cannot be read or FILE
    cannot be written.
    """
    from regpipe.reading import open_registry
    from regpipe.stages.answers import write_questions

    with open_registry(registry) as opened:
        found = opened.review(kind, cells=True).arrow().to_pylist()
    text = io.StringIO()
    write_questions(found, text)
    if str(target) == "-":
        terminal.raw(text.getvalue())
        return
    write_owner_only(target, text.getvalue().encode())
    if not quiet:
        terminal.say(f"{target}: {len(found)} questions")


@review.command("apply", cls=deciding.Deciding)
@click.argument("answers", metavar="FILE", type=options.FILE)
@deciding.deciding_options
def apply_answers(answers: Path, how: deciding.How) -> None:
    """Take the answers of FILE: all of them or none.

    \b
    Exit code 0; 1 when a question is not open any more or answers contradict each
    other; 3 when FILE is missing or its rows cannot be read; 4 when the registry
    cannot be used; 5 when a step failed. Nothing is written then.
    """
    from regpipe.stages.answers import read_answers

    with tempfile.TemporaryDirectory(prefix="regpipe-") as scratch:
        acts = read_answers(answers, Path(scratch))
    deciding.take(acts, "review apply", how)


def _not_open(question: int) -> DataError:
    return DataError.at(
        f"question {question}", "is not open", "see 'regpipe review list'"
    )


def _list(found: Sequence[Mapping[str, Any]]) -> None:
    rows = [
        (
            row["review_id"],
            row["kind"],
            _named(row, "a"),
            _named(row, "b"),
            row["records"],
            _reasons(row["reasons"]),
            "" if row["score"] is None else f"{row['score']:.4f}",
        )
        for row in found
    ]
    columns = ("question", "kind", "customer", "and", "records", "why", "score")
    terminal.table("questions", columns, rows)


def _reasons(reasons: Sequence[Mapping[str, str]]) -> str:
    return "; ".join(f"{r['key']}: {WHY.get(r['why'], r['why'])}" for r in reasons)


def _named(row: Mapping[str, Any], side: str) -> str:
    """Give a customer by number and source; nothing where there is none."""
    source = row[f"source_{side}"]
    return "" if source is None else f"{row[f'customer_{side}']} ({source})"
