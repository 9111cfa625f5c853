"""``regpipe init`` makes a folder to start from, ``check`` sees if a file is sound."""

import json
import stat

import pytest

FOLDER = [
    ".gitignore",
    "README.md",
    "pipelines/customers.yaml",
    "schemas/consents.yaml",
    "schemas/customers.yaml",
    "schemas/orders.yaml",
]
SAMPLE = [
    "pipelines/sample.yaml",
    "sample_data/mail_club.csv",
    "sample_data/old_orders.csv",
    "sample_data/old_shop_kunder.skv",
    "sample_data/web_orders.csv",
    "sample_data/web_shop_customers.csv",
]


def files_in(folder):
    return sorted(
        str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()
    )


def test_init_makes_a_folder_whose_pipeline_is_sound(regpipe, tmp_path):
    told = regpipe("init", "shop")
    assert told.out == (
        "shop: made, with 6 files\nnext: regpipe check shop/pipelines/customers.yaml\n"
    )
    assert (told.code, told.err) == (0, "")
    assert files_in(tmp_path / "shop") == FOLDER
    assert (tmp_path / "shop" / "inbox").is_dir()
    assert regpipe("check", "shop/pipelines/customers.yaml").out == (
        "shop/pipelines/customers.yaml: ok (1 source, 2 exports)\n"
    )


def test_init_with_the_sample_makes_a_pipeline_that_is_ready_to_run(regpipe, tmp_path):
    told = regpipe("init", "shop", "--sample")
    assert (told.code, told.err) == (0, "")
    assert told.out == (
        "shop: made, with 12 files\nnext: regpipe run shop/pipelines/sample.yaml\n"
    )
    assert files_in(tmp_path / "shop") == sorted(FOLDER + SAMPLE)
    assert regpipe("check", "shop/pipelines/sample.yaml").code == 0


def test_what_init_makes_is_its_owners_only(regpipe, tmp_path):
    regpipe("init", "shop")
    made = [tmp_path / "shop", *(tmp_path / "shop").rglob("*")]
    assert {stat.S_IMODE(path.stat().st_mode) & 0o077 for path in made} == {0}


def test_init_overwrites_nothing_and_names_every_file_in_the_way(regpipe, tmp_path):
    (tmp_path / "shop" / "schemas").mkdir(parents=True)
    for name in ("README.md", "schemas/orders.yaml"):
        (tmp_path / "shop" / name).write_text("mine")
    told = regpipe("init", "shop")
    assert (told.code, told.out) == (2, "")
    assert told.err == (
        "error: shop/README.md: is there already\n"
        "    hint: choose an empty folder\n"
        "error: shop/schemas/orders.yaml: is there already\n"
        "    hint: choose an empty folder\n"
    )
    assert files_in(tmp_path / "shop") == ["README.md", "schemas/orders.yaml"]


def test_a_folder_that_cannot_be_made_is_told(regpipe, tmp_path):
    (tmp_path / "file").touch()
    told = regpipe("init", "file/shop")
    assert (told.code, told.out) == (4, "")
    assert told.err == "error: file/shop/inbox: cannot be written: Not a directory\n"


def test_init_as_json_lists_what_it_made(regpipe):
    assert json.loads(regpipe("init", "shop", "--json").out) == {
        "folder": "shop",
        "files": ["README.md", ".gitignore", "pipelines/customers.yaml", *FOLDER[3:]],
    }


def test_check_as_json_names_sources_and_exports(regpipe):
    regpipe("init", "shop")
    told = regpipe("check", "shop/pipelines/customers.yaml", "--json")
    assert json.loads(told.out) == {
        "pipeline": "customers",
        "sources": ["shop"],
        "exports": ["newsletter", "groups"],
        "warnings": [],
    }


def test_check_warns_of_a_source_whose_unknown_counts_as_a_yes(regpipe, tmp_path):
    source = {"preset": "ecwid", "files": "old.csv", "treat_unknown_as": "granted"}
    said = {"pipeline": "p", "registry": "r.duckdb", "sources": {"old": source}}
    (tmp_path / "p.yaml").write_text(json.dumps(said))
    warning = (
        "sources.old: treat_unknown_as: granted: whoever it leaves unknown counts as "
        "consenting, though nobody asked them"
    )
    told = regpipe("check", "p.yaml")
    assert (told.code, told.err) == (0, f"warning: {warning}\n")
    told = regpipe("check", "p.yaml", "--json")
    assert json.loads(told.out)["warnings"] == [warning]


def test_quiet_prints_nothing_when_all_is_well(regpipe):
    assert regpipe("init", "shop", "-q").out == ""
    assert regpipe("check", "-q", "shop/pipelines/customers.yaml").out == ""


PIPELINE = """\
pipeline: bad
registry: r.duckdb
sources:
  shop:
    kind: customers
    files: a.csv
    columns: {e-mail: Email}
exports:
  news: {to: out/news.csv}
"""


def test_check_names_every_mistake_with_its_line(regpipe, tmp_path):
    (tmp_path / "bad.yaml").write_text(PIPELINE)
    told = regpipe("check", "bad.yaml")
    assert (told.code, told.out) == (2, "")
    lines = [line for line in told.err.splitlines() if line.startswith("error: ")]
    assert [line.split(": ")[1] for line in lines] == [
        "bad.yaml:7",
        "bad.yaml:7",
        "bad.yaml:9",
    ]
    assert "did you mean 'email'?" in told.err


def test_check_looks_into_schemas_and_conditions_too(regpipe, tmp_path):
    regpipe("init", "shop")
    pipeline = tmp_path / "shop" / "pipelines" / "customers.yaml"
    schema = tmp_path / "shop" / "schemas" / "customers.yaml"
    pipeline.write_text(
        pipeline.read_text().replace("# where: country in", "where: cuontry in")
    )
    schema.write_text(schema.read_text().replace("email:", "e_mail:", 1))
    told = regpipe("check", pipeline)
    assert (told.code, told.out) == (2, "")
    errors = [line for line in told.err.splitlines() if line.startswith("error: ")]
    assert len(errors) == 2
    assert errors[0].startswith("error: customers.yaml:")
    assert errors[0].endswith(": columns.e_mail: no column of customers")
    assert errors[1].startswith("error: exports.newsletter.where: ")
    assert "did you mean 'country'?" in told.err


@pytest.mark.parametrize("command", ["check", "plan", "run", "export"])
def test_a_pipeline_file_that_is_not_there_is_told(regpipe, command):
    told = regpipe(command, "no.yaml")
    assert (told.code, told.out) == (2, "")
    assert told.err.startswith("error: no.yaml: ")
