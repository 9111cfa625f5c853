"""The benchmarks of identity run, and tell what there is."""

import zipfile

import pytest
from benchmarks import febrl, identity, identity_speed
from benchmarks.labelled.pipeline import IDENTITY

from regpipe.errors import DataError

# Invented, in the form of FEBRL: blanks behind commas, a day that is none.
RECORDS = """\
rec_id, given_name, surname, street_number, address_1, address_2, suburb, postcode, \
state, date_of_birth, soc_sec_id
rec-7-org, ada, wren, 12, tern place, , mossvale, 2119, nsw, 19560409, 1
rec-7-dup-0, ada, wren, 12, tern plaec, , mosvale, 2119, nsw, 19560949, 1
rec-8-org, , , 3, finch close, the rookery, mossvale, 2120, nsw, 19560409, 2
rec-9-org, bea, heron, , , , gull bay, 4000, qld, , 3
"""


def test_febrl_is_read_out_of_a_wheel_and_held_against_its_own_truth(tmp_path):
    wheel = tmp_path / "some.whl"
    with zipfile.ZipFile(wheel, "w") as file:
        file.writestr(febrl.DATASET, RECORDS)
    records = febrl.rows(febrl.dataset(wheel))
    assert [row["born"] for row in records] == ["1956-04-09", "", "1956-04-09", ""]
    assert records[0]["street"] == "12 tern place"
    febrl.write(records, tmp_path)
    found = febrl.measure(tmp_path)
    assert (found["rejected"], found["labelled"], found["persons"]) == (0, 4, 3)
    assert found["pairs"]["f1"] == 1.0


def test_febrl_teaches_by_every_second_person_and_never_by_the_others(tmp_path):
    wheel = tmp_path / "some.whl"
    with zipfile.ZipFile(wheel, "w") as file:
        file.writestr(
            febrl.DATASET, RECORDS + "rec-7-dup-1, ada, wren" + "," * 8 + "\n"
        )
    with pytest.raises(DataError, match="no two people"):
        febrl.teach(febrl.rows(febrl.dataset(wheel)), tmp_path / "taught", 1)
    labels = {
        name: (tmp_path / "taught" / name).read_text().splitlines()[1:]
        for name in ("LABELS.csv", "OTHERS.csv")
    }
    assert [line.split(",")[2] for line in labels["LABELS.csv"]] == list("7797")
    assert [line.split(",")[2] for line in labels["OTHERS.csv"]] == ["8"]


def test_identity_is_measured_by_seed_and_the_causes_are_told(tmp_path):
    result, why = identity.measure(400, 3, tmp_path, IDENTITY)
    assert result.records > 400
    assert result.pairs["wanted"] == why.troubled["all"]
    assert result.pairs["wanted"] - result.pairs["right"] == why.missed["all"]
    assert result.pairs["found"] - result.pairs["right"] == sum(why.relations.values())
    told = identity.table([result, result]).splitlines()
    assert [line.split("|")[1].strip() for line in told[2:]] == ["3", "3", "mean"]
    assert told[2].split("|")[3:] == told[4].split("|")[3:]
    assert "| all | " in identity.causes(why)


def test_a_score_is_asked_for_only_when_told():
    assert identity.identity_of(None, 0.97) == IDENTITY
    asked = identity.identity_of("shipped", 0.9)
    assert asked == IDENTITY + "  score: {model: shipped, accept_above: 0.9}\n"


def test_the_bare_joins_resolve_what_regpipe_left(tmp_path):
    world = identity_speed.world_folder(tmp_path, 300, seed=1)
    assert world == identity_speed.world_folder(tmp_path, 300, seed=1)
    run = identity_speed.run_regpipe(world)
    bare = identity_speed.bare(world)
    assert abs(run.found - bare["found"]) <= 0.01 * run.found
    assert 0 < run.seconds < run.whole
