"""Loading a pipeline file: every mistake at once, each with its line."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from regpipe.errors import PipelineError, nearest
from regpipe.spec import checks
from regpipe.spec import json_schema as schema_of_files
from regpipe.spec.faults import model_faults
from regpipe.spec.pipeline import Pipeline
from regpipe.spec.presets import Reading, readings
from regpipe.spec.types import Fault, Place, quoted
from regpipe.spec.yaml import Document, Tree, read_document

_VARIABLE = re.compile(r"\$\{([^}]*)\}?")


def load_pipeline(path: Path, environ: Mapping[str, str]) -> Pipeline:
    """Read and check a pipeline file, without reading any data.

    ``${NAME}`` in its paths, and in the texts of ``fill``, is taken from ``environ``.

    Raises PipelineError with every problem found, in the order of the lines.
    """
    document = read_document(path)
    ways, found = readings(document.tree, path.parent)
    unknown = {fault.place[:2] for fault in found}
    pipelines = []
    faults: list[list[Fault]] = []
    for way in ways:
        pipeline, wrong = _validated(replace(document, tree=way.tree), path, environ)
        pipelines.append(pipeline)
        faults.append(wrong)
    # what a preset that is not known would have said cannot be missed
    found += [f for f in _agreed(ways, faults) if f.place[:2] not in unknown]
    problems = document.problems(found)
    sound = [pipeline for pipeline in pipelines if pipeline is not None]
    if problems or not sound:
        raise PipelineError(*problems)
    several = {
        name: tuple({str(s.preset): s for s in sources}.values())
        for name in ways[0].chosen
        for sources in [[each.sources[name] for each in sound]]
    }
    return sound[0].choosing(several)


def _validated(
    document: Document, path: Path, environ: Mapping[str, str]
) -> tuple[Pipeline | None, list[Fault]]:
    found = _expand(document.tree, environ)
    pipeline = None
    try:
        pipeline = Pipeline.model_validate(
            document.tree, by_alias=True, by_name=False, context=path.parent
        )
    except ValidationError as reason:
        found += model_faults(reason, document)
    return pipeline, [*found, *checks.faults(document.tree)]


def _agreed(ways: Sequence[Reading], faults: Sequence[Sequence[Fault]]) -> list[Fault]:
    """Give what is wrong with a file in any of its readings, and in which.

    A list that one of the readings can make is no fault.
    """
    found: dict[Fault, None] = {}
    for way, wrong in zip(ways, faults, strict=True):
        for fault in wrong:
            if all(fault in others for others in faults):
                found[fault] = None
            elif fault.place[0] != "exports":
                own = str(fault.place[1]) if len(fault.place) > 1 else ""
                named = way.chosen.get(own) or ", ".join(way.chosen.values())
                what = f"{fault.what} (with the preset {quoted(named)})"
                found[replace(fault, what=what)] = None
    return list(found)


def _expand(tree: dict[str, Tree], environ: Mapping[str, str]) -> list[Fault]:
    """Put the environment's values into the paths of the tree; give what lacks."""
    found: list[Fault] = []

    def within(holder: Tree, key: str, place: Place) -> None:
        if not isinstance(holder, dict):
            return
        value = holder.get(key)
        if isinstance(value, str):
            holder[key] = filled(value, (*place, key))
        elif isinstance(value, list):
            holder[key] = [
                filled(item, (*place, key, number)) if isinstance(item, str) else item
                for number, item in enumerate(value)
            ]

    def filled(path: str, place: Place) -> str:
        def value_of(match: re.Match[str]) -> str:
            name = match[1]
            if not match[0].endswith("}") or not re.fullmatch(r"[A-Za-z_]\w*", name):
                found.append(Fault(place, "'${' begins no variable", "write ${NAME}"))
            elif name not in environ:
                close = nearest(name, sorted(environ))
                hint = f"did you mean '{close}'?" if close else f"set {name}"
                found.append(Fault(place, f"variable {name} is not set", hint))
            else:
                return environ[name]
            return f"unset-{name}"

        return _VARIABLE.sub(value_of, path)

    for key in ("registry", "checks"):
        within(tree, key, ())
    identity = tree.get("identity")
    score = identity.get("score") if isinstance(identity, dict) else None
    within(score, "model", ("identity", "score"))
    for part, keys in (("sources", ("files", "schema")), ("exports", ("to",))):
        entries = tree.get(part)
        for name, entry in entries.items() if isinstance(entries, dict) else ():
            for key in keys:
                within(entry, key, (part, name))
            fill = entry.get("fill") if isinstance(entry, dict) else None
            for header in fill if isinstance(fill, dict) else ():
                within(fill, header, (part, name, "fill"))
    return found


def json_schema() -> dict[str, Any]:
    """Give the JSON Schema by which editors check and explain pipeline files."""
    return schema_of_files.json_schema()


def write_json_schema(path: Path) -> None:
    """Write the JSON Schema of pipeline files."""
    text = json.dumps(json_schema(), indent=2)
    path.write_text(text + "\n", encoding="utf-8")
