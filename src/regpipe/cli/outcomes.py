"""Print what a run, a plan or an export found: for people or as JSON."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict
from itertools import groupby
from os.path import normpath

from regpipe.cli import terminal
from regpipe.outcome import Delta, ExportOutcome, FileOutcome, RunOutcome
from regpipe.sql.step import Step

COUNTS = ("read", "accepted", "rejected", "duplicate", "unchanged", "suppressed")

MANY = 20
"""Files of a source, or lines of them, that a table shows one by one."""


def as_document(outcome: RunOutcome) -> dict[str, object]:
    """Give ``outcome`` as the JSON that other programs read."""
    return {
        "run": outcome.run,
        "files": [asdict(file) for file in outcome.files],
        "deltas": {table: asdict(delta) for table, delta in outcome.deltas.items()},
        "exports": [asdict(written) for written in outcome.exports],
        "stages": [
            {**asdict(stage), "seconds": round(stage.seconds, 3)}
            for stage in outcome.stages
        ],
        "warnings": list(outcome.warnings),
        "presets": dict(outcome.presets),
    }


def tell_run(outcome: RunOutcome, *, as_json: bool, quiet: bool) -> None:
    """Print what a run did."""
    _warn(outcome)
    if as_json:
        terminal.document(as_document(outcome))
    elif not quiet:
        _presets(outcome.presets)
        _files(outcome.files)
        _changes(outcome.changes)
        _deltas(outcome.deltas)
        _exports(outcome.exports)
        terminal.say(f"run {outcome.run}: {_sum(outcome)}")


def tell_plan(outcome: RunOutcome, *, as_json: bool) -> None:
    """Print what a run would do."""
    _warn(outcome)
    if as_json:
        document = as_document(outcome)
        terminal.document({**document, "changes": dict(outcome.changes)})
    else:
        _presets(outcome.presets)
        _files(outcome.files)
        _changes(outcome.changes)
        _deltas(outcome.deltas)
        terminal.say(f"plan: {_sum(outcome)}; nothing was written")


def tell_steps(steps: Sequence[Step], *, as_json: bool) -> None:
    """Print the SQL of steps: a script, or their names and texts."""
    if as_json:
        terminal.document([asdict(each) for each in steps])
    else:
        terminal.raw("\n".join(f"-- {each.name}\n{each.select};\n" for each in steps))


def tell_exports(outcome: RunOutcome, *, as_json: bool, quiet: bool) -> None:
    """Print which lists were written."""
    _warn(outcome)
    if as_json:
        document = as_document(outcome)
        terminal.document({name: document[name] for name in ("exports", "warnings")})
    elif not quiet:
        _exports(outcome.exports)


def _warn(outcome: RunOutcome) -> None:
    for warning in outcome.warnings:
        terminal.warn(warning)


def _files(files: Sequence[FileOutcome]) -> None:
    if files:
        table = [row for rows in _by_source(files) for row in rows]
        terminal.table("files", ("source", "file", *COUNTS), table)


def _by_source(files: Sequence[FileOutcome]) -> Iterator[list[tuple[object, ...]]]:
    """Give the lines of each source: one a file, or if they are many their sum.

    Of many files those with rejects have a line still, the first of them.
    """
    for source, group in groupby(files, key=lambda file: file.source):
        of_source = list(group)
        lines = [tuple(asdict(file).values()) for file in of_source]
        if len(lines) > MANY:
            bad = [
                line
                for line, file in zip(lines, of_source, strict=True)
                if file.rejected
            ]
            sums = [sum(getattr(file, name) for file in of_source) for name in COUNTS]
            lines = [(source, f"{len(of_source)} files", *sums), *bad[:MANY]]
        yield lines


def _presets(presets: Mapping[str, str]) -> None:
    if presets:
        terminal.table("presets", ("source", "read by"), list(presets.items()))


def _changes(changes: Mapping[str, int]) -> None:
    rows = [(what, number) for what, number in changes.items() if number]
    if rows:
        terminal.table("changes", ("what", "number"), rows)


def _deltas(deltas: Mapping[str, Delta]) -> None:
    rows = [(table, d.gone, d.new) for table, d in deltas.items() if d.gone or d.new]
    if rows:
        terminal.table("registry", ("table", "rows gone", "rows new"), rows)


def _exports(lists: Sequence[ExportOutcome]) -> None:
    if lists:
        terminal.table(
            "lists",
            ("list", "file", "rows"),
            [(each.name, normpath(each.file), each.rows) for each in lists],
        )


def _sum(outcome: RunOutcome) -> str:
    """Give the whole in one line, for a log."""
    read = sum(file.read for file in outcome.files)
    rejected = sum(file.rejected for file in outcome.files)
    moved = sum(delta.gone + delta.new for delta in outcome.deltas.values())
    change = f"{moved} rows change" if moved else "nothing changes"
    return f"{read} rows read, {rejected} rejected, {change}"
