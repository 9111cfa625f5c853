"""``regpipe disclose``: everything that is held of one person, for that person."""

from __future__ import annotations

import io
import os
import zipfile
from pathlib import Path

import click
from click.core import ParameterSource

from regpipe.cli import options, terminal
from regpipe.errors import DataError, RegistryError
from regpipe.registry.files import write_owner_only

PAGE, DATA = "index.html", "data.json"

_OUT = click.Path(path_type=Path)


@click.command()
@click.argument("customer")
@options.registry_option
@click.option(
    "-p",
    "--pipeline",
    metavar="FILE",
    type=options.FILE,
    help="Tell which of its lists they would be on, too; its registry is read.",
)
@click.option(
    "--out",
    metavar="FOLDER|FILE.zip",
    type=_OUT,
    help="Write a page and the same as JSON there; their owner only may read them.",
)
@options.json_option
@click.pass_context
def disclose(
    context: click.Context,
    customer: str,
    registry: Path,
    pipeline: Path | None,
    out: Path | None,
    as_json: bool,
) -> None:
    """Give everything that is held of one person, as an answer to them.

    CUSTOMER is as for 'regpipe show'. Told are profile, addresses, groups, orders,
    every statement of consent with what it rests on, the lists that they stand on and
    that are still there, each source record with its file and row, earlier versions,
    and rows that were rejected. --out writes it as a page that needs no network
    (index.html) and as data (data.json); --json prints the data instead.

    Data of others is left out, also of those who share an address with them, and so
    is who decided or noted something by hand. What was left out is said and counted.

    \b
    Exit code 0; 1 when there is no such customer or more than one; 2 when CUSTOMER is
    none of these; 3 when a list cannot be read; 4 when the registry cannot be read or
    a file not be written.
    """
    if (out is None) != as_json:
        raise click.UsageError("give either --out or --json")
    from regpipe.reading import open_registry
    from regpipe.spec.load import load_pipeline

    declared = load_pipeline(pipeline, os.environ) if pipeline else None
    if declared is not None:
        named = context.get_parameter_source("registry")
        if named is not ParameterSource.COMMANDLINE:
            registry = declared.path(declared.registry)
    with open_registry(registry) as opened:
        found = opened.disclosure(customer, declared)
    if found is None:
        raise DataError.at("disclose", "there is no such customer in the registry")
    if out is None:
        terminal.document(found.as_dict())
        return
    from regpipe.cli.disclose_page import page_of

    data = terminal.json_text(found.as_dict())
    files = {PAGE: page_of(found).encode(), DATA: data.encode()}
    if out.suffix.lower() == ".zip":
        write_owner_only(out, _zipped(files))
    else:
        _write(out, files)
    terminal.say(f"{out}: what is held of customer {found.customer_id}")


def _write(folder: Path, files: dict[str, bytes]) -> None:
    from regpipe.stages.export_files import make_folder

    try:
        make_folder(folder)
    except OSError as reason:
        raise RegistryError.at(
            str(folder), f"the folder cannot be made: {reason.strerror}"
        ) from reason
    for name, content in files.items():
        write_owner_only(folder / name, content)


def _zipped(files: dict[str, bytes]) -> bytes:
    """Give the files as a zip; the same files give the same bytes."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as target:
        for name, content in files.items():
            about = zipfile.ZipInfo(name)
            about.external_attr = 0o600 << 16
            about.compress_type = zipfile.ZIP_DEFLATED
            target.writestr(about, content)
    return packed.getvalue()
