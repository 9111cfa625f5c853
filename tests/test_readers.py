"""Readers and writers side by side: nobody waits for a reader, writers take turns."""

import json
import re
import signal
import socket
import subprocess
import sys
import time
from contextlib import ExitStack

import pytest

import regpipe
from worlds import (
    NEWS,
    asked,
    contents,
    customers,
    declared,
    deliver,
    put,
    run,
    sha256,
    written,
)

ROWS = """
external_id | email  | news
1           | a@x.se | granted
"""
MORE = ROWS + "2           | b@x.se | granted"

READER = """
import sys, duckdb
db = duckdb.connect(sys.argv[1], read_only=True)
while True:
    print(*db.execute("select string_agg(email) from customers").fetchone(), flush=True)
    if not sys.stdin.readline():
        break
"""

LOOKING = """
import sys, time, duckdb
seen = []
print("ready", flush=True)
until = time.monotonic() + 30
while not seen or (seen[-1][2] < 5 and time.monotonic() < until):
    with duckdb.connect(sys.argv[1], read_only=True) as db:
        seen.append(db.execute(sys.argv[2]).fetchone())
for people, words, run in sorted(set(seen)):
    print(people, words, run)
"""
"""Opens a registry over and over; tells what it saw when five runs are done."""

SLOW = """
from pathlib import Path
from time import sleep
from pandera.extensions import register_check_method

HERE = Path(__file__).parent

@register_check_method()
def unhurried(values):
    (HERE / "at work").touch()
    while not (HERE / "go on").exists():
        sleep(0.02)
    return values.notna()
"""
SLOW_SCHEMA = """
columns:
  email: {nullable: true, unhurried: {}}
"""


@pytest.fixture
def shop(tmp_path):
    """A shop that has been run once."""
    deliver(tmp_path / "shop.csv", ROWS)
    shop = declared(
        tmp_path, {"shop": customers("external_id email news")}, {"news": NEWS}
    )
    run(shop)
    return shop


@pytest.fixture
def start(tmp_path):
    """Start a Python with these words in the folder; it does not outlive the test."""
    with ExitStack() as started:

        def begin(*words):
            process = subprocess.Popen(
                [sys.executable, *words],
                cwd=tmp_path,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                text=True,
            )
            started.callback(process.communicate)
            started.callback(process.kill)
            return process

        yield begin


def ended(process):
    """Wait for a process; give its exit code, stdout and stderr."""
    out, err = process.communicate(timeout=60)
    return process.returncode, out, err


def seen(path):
    """Wait until a file is there."""
    until = time.monotonic() + 60
    while not path.exists():
        assert time.monotonic() < until
        time.sleep(0.02)


def test_a_reader_neither_holds_up_a_run_nor_sees_it(shop, start, tmp_path):
    registry = tmp_path / "registry.duckdb"
    reader = start("-c", READER, registry)
    assert reader.stdout.readline() == "a@x.se\n"
    deliver(tmp_path / "shop.csv", MORE)
    assert run(shop).changes["customers created"] == 1
    assert asked(registry, "select count(*) from customers") == [(2,)]
    print("again", file=reader.stdin, flush=True)
    assert reader.stdout.readline() == "a@x.se\n"
    assert ended(reader) == (0, "", "")


def test_a_notebook_goes_on_seeing_the_registry_it_opened(shop, tmp_path):
    with regpipe.open(tmp_path / "registry.duckdb") as before:
        assert len(before.customers()) == 1
        deliver(tmp_path / "shop.csv", MORE)
        run(shop)
        assert len(before.customers()) == 1
        assert before.segment("true", purpose="newsletter").df()["email"].tolist() == [
            "a@x.se"
        ]
        with regpipe.open(tmp_path / "registry.duckdb") as after:
            assert len(after.customers()) == 2


def test_a_plan_may_be_made_beside_a_run_and_a_second_run_may_not(start, tmp_path):
    deliver(tmp_path / "shop.csv", ROWS)
    put(tmp_path / "slow.py", SLOW)
    put(tmp_path / "slow.yaml", SLOW_SCHEMA)
    quick = {"shop": customers("external_id email news")}
    path = written(tmp_path, quick, {"news": NEWS})
    run(declared(tmp_path, quick, {"news": NEWS}))
    before = sha256(tmp_path / "registry.duckdb")
    slow = customers("external_id email news", schema="slow.yaml")
    slow_path = path.rename(tmp_path / "slow-run.yaml")
    slow_path.write_text(
        json.dumps(
            {**json.loads(slow_path.read_text()), "sources": {"shop": slow}}
            | {"checks": ["slow.py"], "pipeline": "slow"}
        )
    )
    path = written(tmp_path, quick, {"news": NEWS})
    at_work = start("-m", "regpipe", "run", "-q", slow_path.name)
    seen(tmp_path / "at work")
    second = start("-m", "regpipe", "run", path.name)
    patient = start("-m", "regpipe", "run", "-q", path.name, "--wait", "60")
    plan = start("-m", "regpipe", "plan", path.name)
    code, out, err = ended(second)
    assert (code, out) == (4, "")
    since = re.search(r"since (\S+Z)\n", err)[1]
    assert err == (
        "error: registry.duckdb: another writer is at work: 'run slow', process "
        f"{at_work.pid} on {socket.gethostname()}, since {since}\n"
        "    hint: let it finish, or wait for it with --wait SECONDS\n"
    )
    code, out, err = ended(plan)
    assert (code, err) == (0, "")
    assert out.endswith("nothing changes; nothing was written\n")
    assert sha256(tmp_path / "registry.duckdb") == before
    assert patient.poll() is None
    (tmp_path / "go on").touch()
    assert [ended(at_work), ended(patient)] == [(0, "", "")] * 2
    assert asked(
        tmp_path / "registry.duckdb", "select run_id, pipeline from runs order by 1"
    ) == [(1, "test"), (2, "slow"), (3, "test")]


def test_one_who_waits_in_vain_is_told_how_long_it_waited(tmp_path, regpipe):
    from regpipe.registry.lock import holder, writer_lock

    deliver(tmp_path / "shop.csv", ROWS)
    path = written(tmp_path, {"shop": customers("external_id email")})
    with writer_lock(tmp_path / "registry.duckdb", "run other"):
        told = regpipe("run", path, "--wait", "0.3")
        who = holder(tmp_path / "registry.duckdb")
    assert (told.code, told.out) == (4, "")
    assert told.err == (
        f"error: {tmp_path}/registry.duckdb: another writer is at work "
        f"(waited 0.3 s): {who}\n"
        "    hint: let it finish, or wait for it with --wait SECONDS\n"
    )


def test_a_run_that_was_killed_is_in_nobodys_way(start, tmp_path):
    deliver(tmp_path / "shop.csv", ROWS)
    put(tmp_path / "slow.py", SLOW)
    put(tmp_path / "slow.yaml", SLOW_SCHEMA)
    slow = customers("external_id email news", schema="slow.yaml")
    path = written(tmp_path, {"shop": slow}, {"news": NEWS}, checks=["slow.py"])
    killed = start("-m", "regpipe", "run", path.name)
    seen(tmp_path / "at work")
    killed.kill()
    assert ended(killed) == (-signal.SIGKILL, "", "")
    assert not (tmp_path / "registry.duckdb").exists()
    (tmp_path / "go on").touch()
    assert ended(start("-m", "regpipe", "run", "-q", path.name)) == (0, "", "")
    assert (tmp_path / "out" / "news.csv").read_text() == "email\na@x.se\n"


def test_no_reader_sees_a_mixture_of_two_runs(shop, start, tmp_path):
    both = """
        select (select count(*) from customers), (select count(*) from consent_events),
            (select max(run_id) from runs)
    """
    reader = start("-c", LOOKING, tmp_path / "registry.duckdb", both)
    assert reader.stdout.readline() == "ready\n"
    for number in range(2, 6):
        rows = "".join(f"\n{n} | {n}@x.se | granted" for n in range(2, 2 + number))
        deliver(tmp_path / "shop.csv", ROWS.strip() + rows)
        run(shop)
    code, out, err = ended(reader)
    assert (code, err) == (0, "")
    looks = [line.split() for line in out.splitlines()]
    assert looks[-1][2] == "5"
    assert [look for look in looks if look[0] != look[1]] == []


def test_a_link_to_the_registry_stays_a_link(tmp_path):
    (tmp_path / "disk").mkdir()
    (tmp_path / "registry.duckdb").symlink_to(tmp_path / "disk" / "real.duckdb")
    deliver(tmp_path / "shop.csv", ROWS)
    shop = declared(tmp_path, {"shop": customers("external_id email")})
    for _ in range(2):
        run(shop)
        assert (tmp_path / "registry.duckdb").is_symlink()
    assert asked(tmp_path / "disk" / "real.duckdb", "select max(run_id) from runs") == [
        (2,)
    ]
    assert sorted(contents(tmp_path / "disk")) == ["real.duckdb", "real.duckdb.lock"]
