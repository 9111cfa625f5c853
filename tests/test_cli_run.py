"""``plan``, ``run`` and ``export`` on a small shop: what they print and leave."""

import json
import signal
import subprocess
import sys

import pytest

from regpipe.registry.lock import holder, writer_lock

PIPELINE = """\
pipeline: small
registry: registry.duckdb
sources:
  shop:
    kind: customers
    files: shop.csv
    tolerate: 50%
    columns:
      external_id: Id
      email: Email
      first_name: First
      groups: {from: Groups, split: ","}
      consent.newsletter: {from: News, granted: ["yes"], never: ["no"]}
      updated_at: Updated
exports:
  news:
    purpose: newsletter
    columns: [email, {first_name: Name}]
    to: out/news.csv
  groups:
    purpose: service
    for_each: group
    columns: [customer_id, email]
    to: out/groups/{group}.csv
"""

SHOP = """\
Id,Email,First,Groups,News,Updated
1,anna@example.com,Anna,VIP,yes,2026-01-01 10:00:00
2,bo@example.com,Bo,,no,2026-01-02 10:00:00
3,not-an-address,Cy,,yes,2026-01-03 10:00:00
"""

AS_OF = ("--as-of", "2026-06-01")

FIRST_RUN = """\
files
  source  file      read  accepted  rejected  duplicate  unchanged  suppressed
  shop    shop.csv     3         2         1          0          0           0
changes
  what               number
  customers created       2
  consents granted        1
  consents denied         1
  rejects opened          1
registry
  table           rows gone  rows new
  rules                   0         2
  source_records          0         2
  groups                  0         1
  customers               0         2
  memberships             0         1
  consent_events          0         2
  rejects                 0         1
lists
  list    file                rows
  news    out/news.csv           1
  groups  out/groups/VIP.csv     1
run 1: 3 rows read, 1 rejected, 11 rows change
"""


@pytest.fixture
def shop(tmp_path):
    """A folder with a small shop and its pipeline."""
    (tmp_path / "small.yaml").write_text(PIPELINE)
    (tmp_path / "shop.csv").write_text(SHOP)
    return tmp_path


def test_a_run_says_what_became_of_every_row_and_which_lists_there_are(regpipe, shop):
    told = regpipe("run", "small.yaml", *AS_OF)
    assert told.out == FIRST_RUN
    assert (told.code, told.err) == (0, "")
    assert (
        shop / "out" / "news.csv"
    ).read_text() == "email,Name\nanna@example.com,Anna\n"


def test_the_json_of_a_run_has_the_promised_form(regpipe, shop):
    told = regpipe("run", "small.yaml", *AS_OF, "--json")
    assert (told.code, told.err) == (0, "")
    found = json.loads(told.out)
    assert found["run"] == 1
    assert found["files"] == [
        {
            "source": "shop",
            "file": "shop.csv",
            "read": 3,
            "accepted": 2,
            "rejected": 1,
            "duplicate": 0,
            "unchanged": 0,
            "suppressed": 0,
        }
    ]
    assert found["deltas"]["customers"] == {"gone": 0, "new": 2}
    assert [set(written) for written in found["exports"]] == [
        {"name", "file", "rows", "sha256"}
    ] * 2
    assert list(found) == [
        "run",
        "files",
        "deltas",
        "exports",
        "stages",
        "warnings",
        "presets",
    ]


def test_the_same_run_again_changes_nothing(regpipe, shop):
    regpipe("run", "small.yaml", *AS_OF)
    before = (shop / "out" / "news.csv").read_bytes()
    told = regpipe("run", "small.yaml", *AS_OF)
    assert told.out.splitlines()[-1] == (
        "run 2: 3 rows read, 1 rejected, nothing changes"
    )
    assert (shop / "out" / "news.csv").read_bytes() == before


def test_a_quiet_run_prints_nothing(regpipe, shop):
    told = regpipe("run", "small.yaml", "-q")
    assert (told.code, told.out, told.err) == (0, "", "")


def test_a_plan_says_what_a_run_would_change_and_writes_nothing(regpipe, shop):
    told = regpipe("plan", "small.yaml", *AS_OF)
    assert (told.code, told.err) == (0, "")
    assert "  customers created       2\n" in told.out
    assert told.out.endswith(
        "plan: 3 rows read, 1 rejected, 11 rows change; nothing was written\n"
    )
    assert sorted(path.name for path in shop.iterdir()) == ["shop.csv", "small.yaml"]


def test_the_json_of_a_plan_is_that_of_a_run_with_its_changes(regpipe, shop):
    planned = json.loads(regpipe("plan", "small.yaml", *AS_OF, "--json").out)
    run = json.loads(regpipe("run", "small.yaml", *AS_OF, "--json").out)
    assert planned["run"] is None
    assert planned["files"] == run["files"]
    assert planned["deltas"] == run["deltas"]
    assert planned["changes"]["customers created"] == 2


def test_the_sql_of_a_plan_can_be_read_step_by_step(regpipe, shop):
    (shop / "shop.csv").unlink()  # no data is read
    script = regpipe("plan", "small.yaml", "--sql")
    assert (script.code, script.err) == (0, "")
    steps = json.loads(regpipe("plan", "small.yaml", "--sql", "--json").out)
    one = steps[-1]["name"]
    assert f"-- {one}\n{steps[-1]['select']};\n" in script.out
    assert regpipe("plan", "small.yaml", "--sql", one).out == (
        f"-- {one}\n{steps[-1]['select']};\n"
    )
    unknown = regpipe("plan", "small.yaml", "--sql", one + "x")
    assert unknown.code == 2
    assert unknown.err == (
        f"error: --sql: there is no step '{one}x'\n    hint: did you mean '{one}'?\n"
    )


def test_a_second_run_is_told_who_is_at_work(regpipe, shop):
    registry = shop / "registry.duckdb"
    with writer_lock(registry, "run other") as me:
        told = regpipe("run", "small.yaml")
        who = holder(registry)
    assert who == me
    assert (told.code, told.out) == (4, "")
    assert told.err == (
        f"error: registry.duckdb: another writer is at work: {who}\n"
        "    hint: let it finish, or wait for it with --wait SECONDS\n"
    )


def test_a_run_that_waits_begins_when_the_other_has_ended(regpipe, shop):
    hold = """
import sys
import time
from pathlib import Path
from regpipe.registry.lock import writer_lock

with writer_lock(Path("registry.duckdb"), "run other"):
    print("held", flush=True)
    time.sleep(1)
"""
    with subprocess.Popen(
        [sys.executable, "-c", hold], cwd=shop, stdout=subprocess.PIPE, text=True
    ) as other:
        assert other.stdout.readline() == "held\n"
        assert regpipe("run", "small.yaml", "--wait", "60", "-q").code == 0


def test_ctrl_c_leaves_nothing_and_says_so(shop):
    with subprocess.Popen(
        [sys.executable, "-c", INTERRUPTED],
        cwd=shop,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as run:
        out, err = run.communicate()
    assert (run.returncode, out, err) == (130, "", "stopped: nothing was written\n")
    left = {path.name for path in shop.rglob("*") if not path.name.startswith(".")}
    assert left == {"out", "groups", "registry.duckdb.lock", "shop.csv", "small.yaml"}


INTERRUPTED = f"""
import os
import signal
signal.signal(signal.SIGINT, signal.default_int_handler)  # a shell may have it ignored
import regpipe.cli.terminal as terminal

def silent(stage, what):
    if stage == "apply":
        os.kill(os.getpid(), {signal.SIGINT:d})

terminal.silent = silent
from regpipe.cli import main
main(["run", "small.yaml"])
"""


@pytest.mark.parametrize(
    ("change", "code", "told"),
    [
        (("shop.csv", None), 3, "shop.csv"),
        (("shop.csv", ""), 3, "shop.csv"),
        (("shop.csv", "Id,Mail\n1,a@example.com\n"), 3, "shop.csv"),
        (("small.yaml", PIPELINE.replace("50%", "10%")), 1, "shop"),
        (("small.yaml", PIPELINE.replace("email:", "e-mail:")), 2, "small.yaml:10"),
        (("registry.duckdb", "not a registry"), 4, "registry.duckdb"),
        (("out", "a file where a folder must be"), 4, "out"),
    ],
    ids=[
        "missing file",
        "empty file",
        "columns missing",
        "too many rejects",
        "pipeline",
        "no registry",
        "no folder for lists",
    ],
)
def test_what_is_wrong_has_its_message_and_its_code(regpipe, shop, change, code, told):
    name, text = change
    if text is None:
        (shop / name).unlink()
    else:
        (shop / name).write_text(text)
    before = {path: path.read_bytes() for path in shop.iterdir() if path.is_file()}
    found = regpipe("run", "small.yaml")
    assert (found.code, found.out) == (code, "")
    assert found.err.startswith(f"error: {told}")
    for line in found.err.splitlines():
        assert "anna" not in line, "no personal value in a message"
    after = {path: path.read_bytes() for path in shop.iterdir() if path.is_file()}
    after.pop(shop / "registry.duckdb.lock", None)
    assert after == before


def test_lists_can_be_written_again_all_or_by_name(regpipe, shop):
    regpipe("run", "small.yaml", *AS_OF)
    first = (shop / "out" / "news.csv").read_bytes()
    (shop / "out" / "news.csv").unlink()
    (shop / "out" / "groups" / "VIP.csv").unlink()
    told = regpipe("export", "small.yaml", "news", *AS_OF)
    assert (told.code, told.err) == (0, "")
    assert told.out == "lists\n  list  file          rows\n  news  out/news.csv     1\n"
    assert (shop / "out" / "news.csv").read_bytes() == first
    assert not (shop / "out" / "groups" / "VIP.csv").exists()
    assert (
        len(json.loads(regpipe("export", "small.yaml", "--json").out)["exports"]) == 2
    )


def test_a_list_that_the_pipeline_does_not_have_is_told(regpipe, shop):
    regpipe("run", "small.yaml", *AS_OF)
    told = regpipe("export", "small.yaml", "nwes")
    assert (told.code, told.out) == (2, "")
    assert "did you mean 'news'?" in told.err
