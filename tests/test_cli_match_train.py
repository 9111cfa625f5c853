"""``match train``: a model of one's own, with labels and without."""

import json
import os
import subprocess
import sys
from datetime import date

import numpy as np
import pytest

from regpipe.cli import main
from regpipe.models import load_model
from shop import make_registry

PEOPLE = 300
"""Persons of two records each: more than a few, and soon looked at."""


@pytest.fixture(scope="module")
def shop(tmp_path_factory):
    """Give a folder with a registry and labels of its records."""
    folder = tmp_path_factory.mktemp("shop")
    draw = np.random.default_rng(1)
    rows, truth = [], ["source,external_id,person"]
    for person in range(PEOPLE):
        first = ("anna", "bo", "cia", "dan", "eva")[draw.integers(5)]
        last = ("berg", "ek", "dal", "lind")[draw.integers(4)] + "sten"
        born = f"19{draw.integers(40, 99)}-0{draw.integers(1, 9)}-1{draw.integers(9)}"
        for copy in "ab":
            typing_error = draw.integers(4) == 0
            home = person // 3 + (1000 if copy == "b" and draw.integers(5) == 0 else 0)
            rows.append(
                {
                    "external_id": f"{person}{copy}",
                    "customer_id": person + 1,
                    "first_key": first,
                    "last_key": last + ("n" if typing_error else ""),
                    "email": f"{first}{person}@x.se" if draw.integers(3) else None,
                    "phone": f"+4670{person:07d}" if draw.integers(3) else None,
                    "birth_date": date.fromisoformat(born),
                    "postcode": f"{home // 2:05d}",
                    "street": f"Gatan {home}",
                }
            )
            truth.append(f"web_shop,{person}{copy},{person}")
    make_registry(folder / "registry.duckdb", source_records=rows)
    (folder / "truth.csv").write_text("\n".join(truth) + "\n", "utf-8")
    return folder


def trained(shop, output, *words):
    """Train in a folder; give the exit code."""
    registry = ["-r", str(shop / "registry.duckdb")]
    with pytest.raises(SystemExit) as done:
        main(["match", "train", *registry, "-o", str(output), *words])
    return done.value.code


def weights(path):
    model = load_model(path)
    return {
        (each.name, level.label): level.weight
        for each in model.comparisons
        for level in each.known
    }


def test_a_model_is_learned_from_labels_and_is_the_same_each_time(
    shop, tmp_path, capfd
):
    one, two = tmp_path / "one.json", tmp_path / "two.json"
    assert trained(shop, one, "--truth", str(shop / "truth.csv")) == 0
    assert trained(shop, two, "--truth", str(shop / "truth.csv")) == 0
    assert one.read_bytes() == two.read_bytes()
    found = weights(one)
    assert found["email", "same, first names fit"] > 1
    assert found["birth_date", "another"] < -1
    out, err = capfd.readouterr()
    assert out.startswith("model\n  comparison  outcome")
    assert out.splitlines()[-1].endswith(f"{PEOPLE} of them of one person.")
    assert err == ""


def test_without_labels_splink_estimates(shop, tmp_path, capfd):
    path = tmp_path / "m.json"
    assert trained(shop, path) == 0
    found = weights(path)
    assert found["home", "same phone, same address, same first name"] > 5
    assert found["home", "nothing the same"] < 0
    out, err = capfd.readouterr()
    assert out.splitlines()[-1] == f"{path}: Trained without labels on 600 records."
    warnings = err.splitlines()
    assert warnings[0] == (
        "warning: only 600 records: a model learns little from fewer than 2000"
    )
    assert " outcomes never came up and tell nothing: " in warnings[1]
    assert len(warnings) == 2


def test_the_table_as_json(shop, tmp_path, capfd):
    words = ["--truth", str(shop / "truth.csv"), "--json"]
    assert trained(shop, tmp_path / "m.json", *words) == 0
    out, err = capfd.readouterr()
    document = json.loads(out)
    assert (document["records"], document["same"]) == (2 * PEOPLE, PEOPLE)
    first = document["comparisons"][0]
    assert list(first) == ["comparison", "outcome", "m", "u", "weight"]
    assert err == ""


def test_labels_of_no_two_records_of_one_person_teach_nothing(shop, tmp_path, capfd):
    truth = tmp_path / "truth.csv"
    truth.write_text("source,external_id,person\nweb_shop,1a,1\nweb_shop,2a,2\n")
    assert trained(shop, tmp_path / "m.json", "--truth", str(truth)) == 1
    assert capfd.readouterr().err == (
        f"error: {truth}: no two records of one person among the candidates\n"
        "    hint: label records of the same people, and of others who are alike\n"
    )
    assert not (tmp_path / "m.json").exists()


def test_few_labels_are_warned_of(shop, tmp_path, capfd):
    lines = (shop / "truth.csv").read_text().splitlines()[:101]
    truth = tmp_path / "truth.csv"
    truth.write_text("\n".join(lines))
    assert trained(shop, tmp_path / "m.json", "--truth", str(truth)) == 0
    assert capfd.readouterr().err.startswith(
        "warning: only 50 labelled pairs of one person: "
        "a model learns little from fewer than 200\n"
    )


def test_a_model_that_cannot_be_written_is_told(shop, tmp_path, capfd):
    path = tmp_path / "none" / "m.json"
    assert trained(shop, path, "--truth", str(shop / "truth.csv")) == 4
    assert capfd.readouterr().err.startswith(f"error: {path}: cannot be written")


def test_without_splink_it_is_told_what_to_install(shop, tmp_path):
    (tmp_path / "splink.py").write_text("raise ImportError('none', name='splink')\n")
    done = subprocess.run(
        [sys.executable, "-m", "regpipe", "match", "train", "-o", "m.json"],
        cwd=shop,
        env={**os.environ, "PYTHONPATH": str(tmp_path)},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert (done.stdout, done.returncode) == ("", 2)
    assert done.stderr.endswith("hint: pip install 'regpipe[match]'\n")
    assert done.stderr.startswith("error: identity.score: needs Splink")
