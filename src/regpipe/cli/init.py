"""``regpipe init``: a working folder to start from."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import click

from regpipe.cli import options, terminal
from regpipe.errors import PipelineError, Problem, RegistryError
from regpipe.shipped import shipped

TEMPLATES = Path(__file__).with_name("templates")

IGNORED = "*.duckdb\n*.duckdb.*\ninbox/\nout/\n"

SAMPLE_DATA = (".csv", ".skv")


@click.command()
@click.argument(
    "folder", metavar="DIR", type=click.Path(file_okay=False, path_type=Path)
)
@click.option(
    "--sample",
    is_flag=True,
    help="Add three invented shops and a pipeline that is ready to run.",
)
@options.json_option
@options.quiet_option
def init(folder: Path, sample: bool, as_json: bool, quiet: bool) -> None:
    """Make a working folder DIR to start from.

    It holds a commented pipeline, the schemas and an inbox. Nothing that is there
    already is overwritten. What is made is readable by its owner only, as it is to
    hold personal data.

    \b
    Exit code 0, 2 when a file is there already, 4 when one cannot be written.
    """
    files = _files(sample)
    there = [name for name in files if (folder / name).exists()]
    if there:
        raise PipelineError(
            *(
                Problem(
                    str(folder / name), "is there already", "choose an empty folder"
                )
                for name in there
            )
        )
    try:
        _write(folder, files)
    except OSError as reason:
        raise RegistryError.at(
            str(reason.filename or folder), f"cannot be written: {reason.strerror}"
        ) from reason
    if as_json:
        terminal.document({"folder": str(folder), "files": list(files)})
    elif not quiet:
        pipeline = (
            folder / "pipelines" / ("sample.yaml" if sample else "customers.yaml")
        )
        terminal.say(f"{folder}: made, with {len(files)} files")
        terminal.say(f"next: regpipe {'run' if sample else 'check'} {pipeline}")


def _files(sample: bool) -> Mapping[str, bytes]:
    """Give what is to be written: the text of each file by its path in the folder."""
    made = {
        "README.md": (TEMPLATES / "README.md").read_bytes(),
        ".gitignore": IGNORED.encode(),
        "pipelines/customers.yaml": (TEMPLATES / "pipeline.yaml").read_bytes(),
    }
    come_with = sorted(shipped("schemas").glob("*.yaml"))
    if sample:
        come_with.append(shipped("pipelines", "sample.yaml"))
        come_with += sorted(
            path
            for path in shipped("sample_data").iterdir()
            if path.suffix in SAMPLE_DATA
        )
    for path in come_with:
        made[f"{path.parent.name}/{path.name}"] = path.read_bytes()
    return made


def _write(folder: Path, files: Mapping[str, bytes]) -> None:
    from regpipe.registry.files import owner_only

    with owner_only():
        (folder / "inbox").mkdir(parents=True, exist_ok=True)
        for name, content in files.items():
            path = folder / name
            path.parent.mkdir(exist_ok=True)
            with path.open("xb") as file:
                file.write(content)
