"""From a fresh clone to lists, or to passing tests, with Python alone.

    python3 dev.py sample    run the sample pipeline: lists in out/
    python3 dev.py test      run the tests; more words go to pytest
    python3 dev.py setup     only make or renew the environment in .venv

Works from any folder, and on a Python without make, sh or a compiler.
"""

from __future__ import annotations

import hashlib
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
ENVIRONMENT = HERE / ".venv"
SAMPLE = ("-m", "regpipe", "run", "pipelines/sample.yaml")
SPREAD = ("--numprocesses=auto", "--dist=worksteal")


def python_of(environment: Path) -> Path:
    """Give the interpreter of a virtual environment."""
    if sys.platform == "win32":
        return environment / "Scripts" / "python.exe"
    return environment / "bin" / "python"


def ready() -> Path:
    """Give the interpreter of .venv, which holds what pyproject.toml names now."""
    wanted = hashlib.sha256(str(HERE).encode())
    for name in ("pyproject.toml", "constraints.txt"):
        wanted.update((HERE / name).read_bytes())
    mark = ENVIRONMENT / "made-for"
    python = python_of(ENVIRONMENT)
    if not mark.exists() or mark.read_text() != wanted.hexdigest():
        print("making .venv (once; a minute or two)", file=sys.stderr, flush=True)
        call(sys.executable, "-m", "venv", "--clear", ENVIRONMENT)
        call(
            python,
            "-m", "pip", "install", "--quiet", "--disable-pip-version-check",
            "--constraint", "constraints.txt", "--editable", ".[dev]",
        )  # fmt: skip
        mark.write_text(wanted.hexdigest())
    return python


def call(python: str | Path, *words: str | Path) -> None:
    """Run ``python`` from the project's folder; end with its exit code if not 0."""
    code = subprocess.run([python, *words], cwd=HERE, check=False).returncode
    if code:
        raise SystemExit(code)


def main(words: list[str]) -> None:
    """Do what the first word asks for."""
    if words == ["setup"]:
        ready()
    elif words == ["sample"]:
        call(ready(), *SAMPLE)
    elif words[:1] == ["test"]:
        call(ready(), "-m", "pytest", *SPREAD, *words[1:])
    else:
        raise SystemExit(__doc__)


if __name__ == "__main__":
    if sys.version_info < (3, 11):  # noqa: UP036 - an older one gets here too
        raise SystemExit("regpipe needs Python 3.11 or newer")
    try:
        main(sys.argv[1:])
    except KeyboardInterrupt:
        raise SystemExit(130) from None
