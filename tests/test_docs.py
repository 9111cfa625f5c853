"""The documents say what is there."""

import re
from pathlib import Path

import pytest

import regpipe
from regpipe.cli import commands
from regpipe.spec.load import load_pipeline

TOP = Path(__file__).parents[1]
DOCUMENTS = [TOP / "README.md", TOP / "CHANGELOG.md", *sorted(TOP.glob("docs/**/*.md"))]


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: path.name)
def test_every_link_leads_to_a_file(path):
    text = path.read_text(encoding="utf-8")
    for link in re.findall(r"\]\((?!https?:|#)([^)#]+)", text):
        assert (path.parent / link).exists(), link


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: path.name)
def test_every_command_and_file_of_ours_that_is_named_is_there(path):
    text = path.read_text(encoding="utf-8")
    for command in re.findall(r"`regpipe ([a-z]+)", text):
        assert command in commands.commands
    for name in re.findall(r"\bdocs/[\w./-]+\.(?:md|json)", text):
        assert (TOP / name).exists(), name
    for name in re.findall(r"`((?:cli|engine|registry|sql|stages)/[a-z_]+\.py)`", text):
        assert (TOP / "src" / "regpipe" / name).exists(), name


def test_the_pipeline_in_the_readme_is_sound(tmp_path):
    text = (TOP / "README.md").read_text(encoding="utf-8")
    (example,) = re.findall(r"```yaml\n(.*?)```", text, re.DOTALL)
    (tmp_path / "nightly.yaml").write_text(example, encoding="utf-8")
    assert load_pipeline(tmp_path / "nightly.yaml", {}).pipeline == "nightly"


def test_what_the_package_offers_is_told_in_the_python_guide():
    text = (TOP / "docs" / "python.md").read_text(encoding="utf-8")
    for name in regpipe.__all__:
        assert f"regpipe.{name}(" in text
