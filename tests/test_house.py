"""The house keeps its shape: layers, sizes, and a help that comes at once."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

import regpipe.cli

SOURCE = Path(regpipe.__file__).parent
MODULES = sorted(SOURCE.rglob("*.py"))
TOP = SOURCE.parents[1]

HEAVY = (
    "duckdb",
    "numpy",
    "pandas",
    "pandera",
    "phonenumbers",
    "pyarrow",
    "pydantic",
    "rich",
    "ruamel",
    "splink",
    "stdnum",
)

LONGEST = 350

LINT = "from importlinter.cli import lint_imports_command; lint_imports_command()"


def loaded_by(code):
    """Give which heavy libraries a new Python has loaded after ``code``."""
    program = f"""
import sys
try:
    {code}
except SystemExit:
    pass
print("loaded:", *sorted(set({HEAVY!r}) & set(sys.modules)), file=sys.stderr)
"""
    done = subprocess.run(
        [sys.executable, "-c", program],
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    return done.stderr.rsplit("loaded:", 1)[1].split()


HELP = [
    ["--help"],
    ["--version"],
    [],
    ["no-such-command"],
    *[[name, "--help"] for name in regpipe.cli.commands.commands],
    ["plan", "--no-such-option"],
]


def test_help_and_usage_errors_load_no_heavy_library():
    code = f"""from regpipe.cli import main
    for words in {HELP!r}:
        try:
            main(words)
        except SystemExit:
            pass"""
    assert loaded_by(code) == []


def test_importing_regpipe_loads_no_heavy_library():
    assert loaded_by("import regpipe") == []


def test_imports_point_down_and_each_library_has_its_one_room():
    """The contracts stand in pyproject.toml; there is no list of exceptions."""
    done = subprocess.run(
        [sys.executable, "-c", LINT],
        cwd=TOP,
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert done.returncode == 0, done.stdout
    assert "ignore_imports" not in (TOP / "pyproject.toml").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    "module", MODULES, ids=lambda path: str(path.relative_to(SOURCE))
)
def test_a_module_can_be_read_in_one_sitting(module):
    lines = module.read_text(encoding="utf-8").count("\n")
    assert lines <= LONGEST


@pytest.mark.parametrize(
    "module", MODULES, ids=lambda path: str(path.relative_to(SOURCE))
)
def test_nothing_is_named_by_what_it_is_not(module):
    """No utils, helpers or managers, and nothing takes whatever it is given."""
    assert module.stem not in {"utils", "helpers", "common", "misc", "manager"}
    for node in ast.walk(ast.parse(module.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ClassDef):
            assert not node.name.endswith(("Manager", "Helper", "Base", "Mixin"))
        if isinstance(node, ast.arguments):
            assert node.kwarg is None, f"line {node.kwarg.lineno}: **{node.kwarg.arg}"


@pytest.mark.parametrize("module", ["errors", "fields", "outcome", "version"])
def test_the_ground_floor_stands_on_the_standard_library_alone(module):
    tree = ast.parse((SOURCE / f"{module}.py").read_text(encoding="utf-8"))
    for node in ast.walk(tree):
        names = []
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            names = [node.module]
        for name in names:
            assert name.partition(".")[0] in sys.stdlib_module_names
