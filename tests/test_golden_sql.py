"""The SQL that runs, as files to read: tests/golden holds that of the sample pipeline.

Whoever changes a step writes the files anew, and the change can be read in them:

    python tests/test_golden_sql.py
"""

import os
import re
import tempfile
from datetime import UTC, datetime
from pathlib import Path

import pytest

from regpipe.engine.recorder import Recorder
from regpipe.plan import Stopwatch, work_out
from regpipe.planning import plan_sql
from regpipe.registry.opening import locked_down, opened
from regpipe.spec.load import load_pipeline
from regpipe.stages.export import stage_exports
from regpipe.stages.export_files import writing_lists
from shop import make_registry

GOLDEN = Path(__file__).with_name("golden")
SAMPLE = Path(__file__).parents[1] / "pipelines" / "sample.yaml"
AS_OF = datetime(2024, 5, 1, tzinfo=UTC)
REWRITE = "python tests/test_golden_sql.py writes the files anew"

HELD = {
    "source_records": [
        {"source": "web_shop", "external_id": "1", "customer_id": 1, "founder_of": 1}
    ],
    "customers": [{"customer_id": 1, "email": "a@x.se"}],
    "orders": [{"order_id": "#1"}],
}
"""A registry that is not empty; what it holds makes no difference to the SQL."""


def sample(folder):
    """Give the sample pipeline in a folder of its own, with no registry there."""
    (folder / "pipelines").mkdir(exist_ok=True)
    (folder / "out").mkdir(exist_ok=True)
    path = folder / "pipelines" / "sample.yaml"
    path.write_text(SAMPLE.read_text("utf-8"), "utf-8")
    return load_pipeline(path, os.environ)


def by_stage(pipeline, folder):
    """Give the steps of each stage of a plan that reads no rows."""
    stages = {}
    scratch = folder / "scratch"
    scratch.mkdir(exist_ok=True)
    with opened(pipeline.path(pipeline.registry), scratch) as (engine, _):
        recorder = Recorder(engine)

        def begun(stage, what):
            recorder.steps = stages.setdefault(stage.replace(" ", "-"), [])

        watch = Stopwatch(begun)
        work_out(recorder, pipeline, AS_OF, scratch, watch, blank=True)
    return stages


def of_lists(pipeline):
    """Give the steps by which the lists are made."""
    with writing_lists(pipeline, AS_OF, "test") as folders:
        registry = pipeline.path(pipeline.registry)
        with locked_down(registry, folders) as engine:
            recorder = Recorder(engine)
            stage_exports(recorder, pipeline, AS_OF)
    return recorder.steps


def readable(steps):
    """Give steps as one text that is the same on every machine and day."""
    parts = [f"-- {each.name}\n{each.select};\n" for each in steps]
    text = "\n".join(parts)
    text = re.sub(r"('version': )'[0-9a-f]{16}'", r"\1'(mapping and schema)'", text)
    file_time = r"timestamp '(?!20[01]|202[0-4])20\d\d-[-0-9:. ]+'"
    return re.sub(file_time, "timestamp '(the file)'", text)


def made(folder):
    """Give the text of every golden file by its name.

    A stage that goes another way once the registry holds rows has a second file.
    """
    pipeline = sample(folder)
    files = {}
    for suffix in ("", "-again"):
        if suffix:
            make_registry(pipeline.path(pipeline.registry), **HELD)
        stages = {name: s for name, s in by_stage(pipeline, folder).items() if s}
        for place, (name, steps) in enumerate(stages.items(), 1):
            text = readable(steps)
            if text != files.get(f"{place}-{name}.sql"):
                files[f"{place}-{name}{suffix}.sql"] = text
    files["lists.sql"] = readable(of_lists(pipeline))
    return files


@pytest.fixture(scope="module")
def current(tmp_path_factory):
    return made(tmp_path_factory.mktemp("golden"))


@pytest.mark.parametrize("name", sorted(path.name for path in GOLDEN.glob("*.sql")))
def test_a_golden_file_is_the_sql_that_runs(current, name):
    held = (GOLDEN / name).read_text("utf-8")
    assert name in current, f"no stage makes {name}: {REWRITE}"
    assert held == current[name], REWRITE


def test_every_stage_has_its_golden_file(current):
    assert {path.name for path in GOLDEN.glob("*.sql")} == set(current), REWRITE


def test_golden_files_say_nothing_of_this_machine_or_day(current):
    for name, text in current.items():
        assert "/" not in re.sub(r"//|'[^'\n]*'|--[^\n]*", "", text), name
        assert str(datetime.now(UTC).year) not in text, name


@pytest.mark.parametrize("filled", [False, True], ids=["first", "again"])
def test_sql_is_shown_whether_or_not_the_registry_holds_rows(tmp_path, filled):
    """Also of a source whose deliveries are full: its blank file takes nobody away."""
    pipeline = sample(tmp_path)
    registry = pipeline.path(pipeline.registry)
    if filled:
        make_registry(registry, **HELD)
    before = registry.read_bytes() if filled else None
    steps = plan_sql(pipeline, None)
    stages = by_stage(pipeline, tmp_path)
    assert [s.name for s in steps] == [s.name for each in stages.values() for s in each]
    last = {each.name: each for each in steps}
    assert plan_sql(pipeline, "golden") == [last["golden"]]
    assert (registry.read_bytes() if filled else None) == before


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as scratch:
        texts = made(Path(scratch))
    GOLDEN.mkdir(exist_ok=True)
    for old in GOLDEN.glob("*.sql"):
        old.unlink()
    for file, text in texts.items():
        (GOLDEN / file).write_text(text, "utf-8")
