"""``regpipe presets``: the exports that regpipe knows, and what it knows of each."""

from __future__ import annotations

import click

from regpipe.cli import options, terminal


@click.command()
@click.argument("name", required=False)
@options.json_option
def presets(name: str | None, as_json: bool) -> None:
    """List the presets of known exports, or show what the one called NAME says.

    A source names one with ``preset: NAME``. What is shown can be the start of a
    preset of your own: a YAML file that a source names by its path.

    \b
    Exit code 0, or 2 when there is no preset of that name.
    """
    from regpipe.errors import PipelineError, nearest
    from regpipe.formats.sources import preset_names, preset_text, shipped_preset

    known = preset_names()
    if name is not None and name not in known:
        close = nearest(name, known)
        hint = f"did you mean {close!r}? " if close else ""
        raise PipelineError.at(
            "presets", f"unknown preset {name!r}", f"{hint}known: {', '.join(known)}"
        )
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
