"""What many tests need: the command line, run in this process.

Properties are tried on the same examples each time, so that a run of the tests
says something of the change and nothing of chance. ``HYPOTHESIS_PROFILE=explore``
looks further, at others each time.
"""

import os
from dataclasses import dataclass

import pytest
from hypothesis import settings

from regpipe.cli import main

settings.register_profile("same", derandomize=True, deadline=None)
settings.register_profile("explore", deadline=None)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "same"))


@dataclass(frozen=True)
class Told:
    """What a command left: its exit code, stdout and stderr."""

    code: int
    out: str
    err: str


@pytest.fixture
def regpipe(capsys, tmp_path, monkeypatch):
    """Run ``regpipe`` with the given words, in an empty folder: ``tmp_path``."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("REGPIPE_REGISTRY", raising=False)

    def run(*words):
        capsys.readouterr()
        with pytest.raises(SystemExit) as ended:
            main([str(word) for word in words])
        return Told(ended.value.code, *capsys.readouterr())

    return run
