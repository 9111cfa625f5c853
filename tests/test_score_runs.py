"""Scores in whole runs: what is kept, what is told, and what is needed for it."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from drawn import pipeline_of, write_csv
from regpipe.errors import PipelineError
from regpipe.outcome import Delta, silent
from regpipe.reading import open_registry
from regpipe.run import run_pipeline
from shop import AS_OF

SHOP = {
    "shop": {
        "kind": "customers",
        "columns": {
            "external_id": "Id",
            "email": "Email",
            "first_name": "First",
            "last_name": "Last",
            "phone": "Phone",
            "birth_date": "Born",
        },
    }
}

PEOPLE = """
    | Id | Email                | First    | Last      | Phone        | Born       |
    | 1  | anna.dalqvist@x.se   | Anna     | Dalqvist  | +46701112233 | 1980-05-01 |
    | 2  | anna.dalqvits@x.se   | Anna     | Dalqvist  | -            | 1980-05-01 |
    | 3  | bo.ek@x.se           | Bo       | Ek        | +46701112244 | -          |
    """

PIPELINE = """\
pipeline: test
registry: r.duckdb
sources:
  shop:
    kind: customers
    files: shop.csv
    columns:
      external_id: Id
      email: Email
      first_name: First
      last_name: Last
      phone: Phone
      birth_date: Born
identity:
  score: {}
"""


def ran(folder, **identity):
    pipeline = pipeline_of(folder, SHOP, identity=identity)
    return run_pipeline(pipeline, as_of=AS_OF, wait=0, progress=silent)


def pairs(folder):
    """Give the pairs that have a score, by their ids."""
    with open_registry(folder / "r.duckdb") as registry:
        rows = registry.sql(
            "select external_id_a, external_id_b, score from match_scores order by 1, 2"
        ).arrow()
    return [(row["external_id_a"], row["external_id_b"]) for row in rows.to_pylist()]


def test_a_run_keeps_the_pairs_that_may_be_one_person(tmp_path):
    write_csv(tmp_path / "shop.csv", PEOPLE)
    outcome = ran(tmp_path, score={})
    assert pairs(tmp_path) == [("1", "2")]
    told = {stage.stage: stage for stage in outcome.stages}["score"]
    assert (told.rows_out, told.notes) == (1, {"scores_gone": 0, "scores_new": 1})
    assert outcome.deltas["match_scores"].new == 1


def test_the_same_again_changes_no_score_and_what_changes_is_scored_anew(tmp_path):
    write_csv(tmp_path / "shop.csv", PEOPLE)
    ran(tmp_path, score={})
    again = ran(tmp_path, score={})
    assert again.deltas["match_scores"] == Delta(gone=0, new=0)
    write_csv(tmp_path / "shop.csv", PEOPLE.replace("dalqvits", "dalqvist7"))
    changed = ran(tmp_path, score={})
    assert changed.deltas["match_scores"] == Delta(gone=1, new=1)


def test_a_run_that_scores_nobody_has_no_such_stage(tmp_path):
    write_csv(tmp_path / "shop.csv", PEOPLE)
    assert "score" not in {stage.stage for stage in ran(tmp_path).stages}


def test_a_model_that_lacks_stops_the_run_before_any_file_is_read(tmp_path):
    with pytest.raises(PipelineError, match=r"none\.json: cannot be read"):
        ran(tmp_path, score={"model": "none.json"})


def command(folder, *words, path=()):
    """Run regpipe in a folder; ``path`` is put before what Python would import."""
    environ = {**os.environ, "PYTHONPATH": os.pathsep.join(map(str, path))}
    return subprocess.run(
        [sys.executable, "-m", "regpipe", *words],
        cwd=folder,
        env=environ,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


@pytest.fixture
def shop(tmp_path):
    write_csv(tmp_path / "shop.csv", PEOPLE)
    (tmp_path / "p.yaml").write_text(PIPELINE, "utf-8")
    return tmp_path


def test_splink_prints_nothing_and_leaves_no_file(shop):
    before = {path.name for path in shop.iterdir()}
    done = command(shop, "run", "p.yaml", "--quiet")
    assert (done.stdout, done.stderr, done.returncode) == ("", "", 0)
    left = {path.name for path in shop.iterdir()} - before
    assert left == {"r.duckdb", "r.duckdb.lock"}


@pytest.fixture
def without_splink(tmp_path_factory):
    """Give a folder for PYTHONPATH under which Splink cannot be imported."""
    folder = tmp_path_factory.mktemp("without")
    (folder / "splink.py").write_text(
        "raise ModuleNotFoundError(\"No module named 'splink'\", name='splink')\n",
        "utf-8",
    )
    return folder


NEEDED = """\
error: identity.score: needs Splink, which is not installed
    hint: pip install 'regpipe[match]'
"""


@pytest.mark.parametrize(
    "words", [["run", "p.yaml"], ["plan", "p.yaml"], ["check", "p.yaml"]], ids=" ".join
)
def test_without_splink_a_pipeline_that_scores_is_told_what_to_install(
    shop, without_splink, words
):
    (shop / "shop.csv").unlink()  # it is told before any file is looked for
    done = command(shop, *words, path=[without_splink])
    assert (done.stdout, done.stderr, done.returncode) == ("", NEEDED, 2)


def test_without_splink_all_else_works(shop, without_splink):
    pipeline = Path(shop / "p.yaml")
    pipeline.write_text(PIPELINE.replace("  score: {}", "  shared_above: 4"), "utf-8")
    done = command(shop, "run", "p.yaml", "--quiet", path=[without_splink])
    assert (done.stdout, done.stderr, done.returncode) == ("", "", 0)
