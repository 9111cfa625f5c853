"""The wheel is whole: installed far from the checkout, it makes and runs the sample."""

import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

TOP = Path(__file__).parents[1]


def call(*words, cwd, packages=""):
    """Run Python with the given words, ``packages`` before everything else.

    Gives its stdout; shows its stderr when it fails.
    """
    done = subprocess.run(
        [sys.executable, *map(str, words)],
        cwd=cwd,
        env={**os.environ, "PYTHONPATH": str(packages)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def wheel(tmp_path_factory):
    """The wheel, built from the checkout by what the dev extra brings."""
    folder = tmp_path_factory.mktemp("wheel")
    call("-m", "hatchling", "build", "-t", "wheel", "-d", folder, cwd=TOP)
    (path,) = folder.glob("*.whl")
    return path


@pytest.fixture(scope="module")
def installed(wheel, tmp_path_factory):
    """A folder with the wheel's files, to be put before everything else."""
    folder = tmp_path_factory.mktemp("site")
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(folder)
    return folder


def test_the_wheel_holds_what_regpipe_needs_and_nothing_else(wheel):
    names = set(zipfile.ZipFile(wheel).namelist())
    package = {
        str(Path("regpipe") / path.relative_to(TOP / "src" / "regpipe"))
        for path in (TOP / "src" / "regpipe").rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }
    shipped = {
        f"regpipe/_shipped/{path.relative_to(TOP)}"
        for pattern in (
            "schemas/*.yaml",
            "pipelines/sample.yaml",
            "sample_data/*.csv",
            "sample_data/*.skv",
        )
        for path in TOP.glob(pattern)
    }
    rest = {name for name in names if ".dist-info/" not in name}
    assert rest == package | shipped


def test_installed_far_away_it_makes_checks_and_runs_the_sample(installed, tmp_path):
    def regpipe(*words):
        return call("-m", "regpipe", *words, cwd=tmp_path, packages=installed)

    where = call(
        "-c", "import regpipe; print(regpipe.__file__)",
        cwd=tmp_path, packages=installed,
    )  # fmt: skip
    assert Path(where.strip()).is_relative_to(installed)
    regpipe("init", "shop", "--sample")
    assert regpipe("check", "shop/pipelines/sample.yaml").endswith("exports)\n")
    regpipe("run", "shop/pipelines/sample.yaml", "--as-of", "2026-06-01")
    assert list((tmp_path / "shop" / "out").rglob("*.csv"))
