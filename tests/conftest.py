"""What many tests need: the command line, run in this process."""

from dataclasses import dataclass

import pytest

from regpipe.cli import main


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
