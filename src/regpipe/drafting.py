"""Drafting a pipeline file from files that were inspected."""

from __future__ import annotations

import glob
import os
import re
from collections.abc import Mapping, Sequence
from io import StringIO
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML

from regpipe.errors import InputFileError, Problem
from regpipe.fields import FieldType
from regpipe.formats.sources import preset_names, shipped_preset
from regpipe.inspecting import FileFacts
from regpipe.spec.columns import field_of, known_fields
from regpipe.stages.wanted import Wanted, wanted_by, wanted_of

_NEEDED = {"customers": ("email",), "orders": ("order_id", "ordered_at")}
"""The fields without which a file is not taken for one of that kind."""

_FORMATS = {
    "date 31.12.2026": ["%d.%m.%Y", "%d.%m.%Y %H:%M", "%d.%m.%Y %H:%M:%S"],
    "date 12/31/2026": ["%m/%d/%Y", "%m/%d/%Y %H:%M"],
    "date 31/12/2026": ["%d/%m/%Y", "%d/%m/%Y %H:%M"],
}
"""How dates are read that have one of these shapes."""

HEAD = """\
# Drafted by regpipe inspect: look whether each column means what it is mapped to.
# What more a pipeline may say: docs/pipeline-file.md. Next: regpipe check, then plan.
"""


def draft(files: Sequence[FileFacts], folder: Path) -> str:
    """Give a pipeline file that reads these files; its paths start at ``folder``.

    A file whose preset is known is read by it, another by the names of its columns,
    as far as presets know them.

    Raises InputFileError for files of which not even that tells what they are.
    """
    sources: dict[str, dict[str, Any]] = {}
    problems = []
    for file in files:
        source = _source(file)
        if source is None:
            problems.append(_undrafted(file))
            continue
        path = glob.escape(Path(os.path.relpath(file.file, folder)).as_posix())
        other = _of_same_export(source, sources)
        if other is not None:
            other["files"].append(path)
            continue
        name = str(source["preset"]) if _by_name(source) else file.file
        sources[_name(name, sources)] = {"files": [path], **source}
    if problems:
        raise InputFileError(*problems)
    for source in sources.values():
        if len(source["files"]) == 1:
            (source["files"],) = source["files"]
    said = {
        "pipeline": "drafted",
        "registry": "registry.duckdb",
        "sources": sources,
        "exports": {"everybody": {"purpose": "service", "to": "out/everybody.csv"}},
    }
    out = StringIO()
    yaml = YAML()
    yaml.width = 1_000
    yaml.dump(said, out)
    return HEAD + out.getvalue()


def _source(file: FileFacts) -> dict[str, Any] | None:
    if file.other:
        return None
    csv: dict[str, Any] = {}
    if file.certainty not in ("valid", "mark"):
        csv["encoding"] = file.encoding
    if file.delimiter != ",":
        csv["delimiter"] = file.delimiter
    written = {"csv": csv} if csv else {}
    for name, _ in file.presets:
        if "customer_ref" not in shipped_preset(name).said["columns"]:
            return {"preset": name, **written}
    if not file.header_row:
        return None
    for kind, needed in _NEEDED.items():
        columns = _columns(file, kind)
        if set(needed) <= columns.keys():
            return {"kind": kind, **written, "columns": columns}
    return None


def _undrafted(file: FileFacts) -> Problem:
    if file.other:
        hint = "no source reads such files: leave it out"
        return Problem(file.file, f"is {file.other}", hint)
    what = "no preset fits, and its columns do not tell what it is"
    hint = "map them by hand: `regpipe init` writes a pipeline to start from"
    return Problem(file.file, what, hint)


def _of_same_export(
    source: Mapping[str, Any], sources: Mapping[str, dict[str, Any]]
) -> dict[str, Any] | None:
    """Give the source of the other files of one export, where their names part it.

    A person who moves to another of these files is to stay the same record.
    """
    if not _by_name(source):
        return None
    same = (
        other
        for other in sources.values()
        if {key: said for key, said in other.items() if key != "files"} == source
    )
    return next(same, None)


def _by_name(source: Mapping[str, Any]) -> bool:
    """Tell whether the preset of a source reads something from the names of files."""
    if "preset" not in source:
        return False
    columns = shipped_preset(source["preset"]).said["columns"].values()
    return any(isinstance(said, dict) and "by_name" in said for said in columns)


def _columns(file: FileFacts, kind: str) -> dict[str, Any]:
    """Map the columns whose names some preset of that kind knows, consent left out."""
    found: dict[str, Any] = {}
    taken: set[str] = set()
    header = [column.name for column in file.columns if not column.secret]
    shapes = {column.name: column.shape for column in file.columns}
    for field, wanted in _known(kind):
        cell = wanted.found_in([name for name in header if name not in taken])
        if cell is None or field in found or _clashes(field, found):
            continue
        found[field] = _column(kind, field, cell, shapes[cell].partition(" (")[0])
        taken.add(cell)
    return found


def _known(kind: str) -> list[tuple[str, Wanted]]:
    """Give the columns that presets of that kind know, each with its field."""
    presets = [shipped_preset(name) for name in preset_names()]
    return [
        (field, Wanted(wanted.name, wanted.aliases, True))
        for preset in presets
        if preset.kind == kind and wanted_by(preset.said)
        for field, said in preset.said["columns"].items()
        if field != "customer_ref" and not field.startswith("consent.")
        for wanted in wanted_of({field: said})
        if not wanted.numbered and not ("items" in preset.said and "line." in field)
    ]


def _clashes(field: str, found: Mapping[str, Any]) -> bool:
    """Tell whether a name is mapped already, whole or in its parts."""
    parts = ("first_name", "last_name")
    if field == "full_name":
        return any(part in found for part in parts)
    return field in parts and "full_name" in found


def _column(kind: str, field: str, cell: str, shape: str) -> str | dict[str, Any]:
    """Map a column, with the format of its dates or its decimal sign."""
    read_as = known_fields(kind)[field_of(kind, field) or field]
    if read_as in (FieldType.DATE, FieldType.TIME) and shape in _FORMATS:
        return {"from": cell, "format": list(_FORMATS[shape])}
    if read_as is FieldType.MONEY and shape == "amount 12,50":
        return {"from": cell, "decimal": ","}
    return cell


def _name(file: str, taken: Mapping[str, object]) -> str:
    """Give a source a name of its own: that of its file, as far as a name may be."""
    stem = Path(file).name.split(".")[0]
    plain = re.sub(r"[^\w-]+", "_", stem).strip("_-")
    plain = plain if re.match(r"[^\W\d_]", plain) else f"source_{plain}".strip("_")
    name, times = plain, 1
    while name in taken:
        times += 1
        name = f"{plain}_{times}"
    return name
