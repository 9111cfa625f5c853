"""``regpipe match``: how well the registry knows who is who."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from regpipe.cli import options, terminal
from regpipe.cli.match_train import train

if TYPE_CHECKING:
    from regpipe.stages.agreement import Agreement, Measure
    from regpipe.stages.evaluate import Evaluation

_MEASURES = ("precision", "recall", "f1")


@click.group()
def match() -> None:
    """Learn who may be one person, and measure who was found to be."""


match.add_command(train)


@match.command()
@click.argument("truth", type=options.FILE)
@options.registry_option
@options.json_option
def evaluate(truth: Path, registry: Path, as_json: bool) -> None:
    """Hold the customers of the registry against TRUTH, a file of labels.

    TRUTH has the columns source, external_id and person: what you know of some of the
    records. Records without a label do not count.

    Of pairs of records, precision is the share of those in one customer that are one
    person, recall the share of those of one person that are in one customer. Of whole
    customers it is those whose labelled records are all of a person and no others. F1
    is the harmonic mean of the two. Where pairs were scored, a second table says what
    it would be with those accepted that have a score or a better one; the guard, which
    may refuse some, is left out of it.

    \b
    Exit code 0; 1 when the registry holds none of the records; 3 when TRUTH cannot be
    read, lacks a column or says two persons of one record; 4 when the registry cannot
    be read.
    """
    from regpipe.reading import open_registry

    with open_registry(registry) as opened:
        found = opened.evaluate(truth)
    if as_json:
        terminal.document(found.as_dict())
    else:
        _tell(found)


def _tell(found: Evaluation) -> None:
    if found.unknown:
        terminal.warn(
            f"{found.file}: {found.unknown} of its records are not in the registry"
        )
    if found.alone:
        terminal.warn(
            f"{found.file}: {found.alone} of its records are guests' who are no "
            "customers; each counts as one of its own"
        )
    terminal.say(
        f"{found.labelled} labelled records of {found.persons} persons, "
        f"in {found.customers} customers"
    )
    terminal.table(
        "agreement",
        ("of", *_MEASURES, "right", "found", "wanted"),
        [
            ("pairs", *_shares(found.agreement.pairs), *_counts(found.agreement.pairs)),
            (
                "customers",
                *_shares(found.agreement.clusters),
                *_counts(found.agreement.clusters),
            ),
        ],
    )
    _tell_wrong(found)
    if found.thresholds:
        terminal.table(
            "with scored pairs accepted, too",
            ("accept_above", "scored pairs", *_of("pairs"), *_of("customers")),
            [
                (f"{t.accept_above:g}", t.pairs, *_both(t.agreement))
                for t in found.thresholds
            ],
        )


def _tell_wrong(found: Evaluation) -> None:
    """Print how many pairs are in the wrong place, by the keys that they share."""
    wrong = (found.false_merges, found.misses)
    rows: list[tuple[object, ...]] = [("all", *(shared.total for shared in wrong))]
    rows += [
        (f"sharing {key}", *(shared.keys[number] for shared in wrong))
        for number, key in enumerate(found.keys)
    ]
    rows.append(("sharing no key", *(shared.none for shared in wrong)))
    terminal.table(
        "pairs in the wrong place", ("pairs", "false merges", "misses"), rows
    )


def _of(what: str) -> Sequence[str]:
    return [f"{what}: {measure}" for measure in _MEASURES]


def _both(found: Agreement) -> Sequence[str]:
    return (*_shares(found.pairs), *_shares(found.clusters))


def _shares(found: Measure) -> Sequence[str]:
    shares = (found.precision, found.recall, found.f1)
    return ["-" if share is None else f"{share:.4f}" for share in shares]


def _counts(found: Measure) -> Sequence[int]:
    return (found.right, found.found, found.wanted)
