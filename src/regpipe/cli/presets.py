"""``regpipe presets``: the exports that regpipe knows, and the imports it writes."""

from __future__ import annotations

from collections.abc import Sequence

import click

from regpipe.cli import options, terminal


@click.command()
@click.argument("name", required=False)
@click.option(
    "--targets", is_flag=True, help="Targets of lists instead of presets of sources."
)
@options.json_option
def presets(name: str | None, targets: bool, as_json: bool) -> None:
    """List the presets of known exports, or show what the one called NAME says.

    A source names one with ``preset: NAME``. What is shown can be the start of a
    preset of your own: a YAML file that a source names by its path. With
    --targets it is the forms that lists can have: a list names one with
    ``target: NAME``.

    \b
    Exit code 0, or 2 when there is no preset (or target) of that name.
    """
    if targets:
        _targets(name, as_json=as_json)
    else:
        _presets(name, as_json=as_json)


def _known(name: str | None, what: str, known: Sequence[str]) -> None:
    from regpipe.errors import PipelineError, nearest

    if name is not None and name not in known:
        close = nearest(name, known)
        hint = f"did you mean {close!r}? " if close else ""
        raise PipelineError.at(
            "presets", f"unknown {what} {name!r}", f"{hint}known: {', '.join(known)}"
        )


def _targets(name: str | None, *, as_json: bool) -> None:
    from regpipe.formats import target, target_names, target_text

    known = target_names()
    _known(name, "target", known)
    found = [target(each) for each in ([name] if name else known)]
    if as_json:
        said = [
            {
                "name": each.name,
                "about": each.about,
                "unverified": each.unverified or None,
                "lacks": each.lacks or None,
                "columns": [column.header for column in each.columns],
                "refusals": [file.name for file in each.refusals],
            }
            for each in found
        ]
        terminal.document({"targets": said})
    elif name is not None:
        click.echo(target_text(name), nl=False)
    else:
        rows = [(t.name, "unverified" if t.unverified else "", t.about) for t in found]
        terminal.table("targets", ("name", "", "about"), rows)


def _presets(name: str | None, *, as_json: bool) -> None:
    from regpipe.formats.sources import preset_names, preset_text, shipped_preset

    known = preset_names()
    _known(name, "preset", known)
    if name is None and not as_json:
        found = [shipped_preset(each) for each in known]
        rows = [
            (p.name, p.kind, "unverified" if p.unverified else "", p.about)
            for p in found
        ]
        terminal.table("presets", ("name", "kind", "", "about"), rows)
    elif name is not None and not as_json:
        click.echo(preset_text(name), nl=False)
    else:
        chosen = [shipped_preset(each) for each in ([name] if name else known)]
        terminal.document(
            {
                "presets": [
                    {
                        "name": preset.name,
                        "about": preset.about,
                        "unverified": preset.unverified or None,
                        **preset.said,
                    }
                    for preset in chosen
                ]
            }
        )
