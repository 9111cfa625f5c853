"""Readers and writers side by side: nobody waits for a reader, writers take turns."""

import json
import os
import re
import signal
import socket
import subprocess
import sys
import time

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
print(db.execute("select string_agg(email, ' ') from customers").fetchone()[0], flush=True)
for line in sys.stdin:
    print(db.execute("select string_agg(email, ' ') from customers").fetchone()[0], flush=True)
"""

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


def started(folder, *words):
    """Start ``python -m regpipe`` in a folder."""
    return subprocess.Popen(
        [sys.executable, "-m", "regpipe", *words],
        cwd=folder,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def seen(path):
    """Wait until a file is there."""
    until = time.monotonic() + 60
    while not path.exists():
        assert time.monotonic() < until
        time.sleep(0.02)


def test_a_reader_neither_holds_up_a_run_nor_sees_it(shop, tmp_path):
    registry = tmp_path / "registry.duckdb"
    with subprocess.Popen(
        [sys.executable, "-c", READER, registry],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as reader:
        assert reader.stdout.readline() == "a@x.se\n"
        deliver(tmp_path / "shop.csv", MORE)
        assert run(shop).changes["customers created"] == 1
        assert asked(registry, "select count(*) from customers") == [(2,)]
        print("again", file=reader.stdin, flush=True)
        assert reader.stdout.readline() == "a@x.se\n"
        reader.stdin.close()
    assert reader.returncode == 0


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


def test_a_plan_may_be_made_while_a_run_is_at_work_and_a_second_run_may_not(tmp_path):
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
    at_work = started(tmp_path, "run", slow_path.name)
    try:
        seen(tmp_path / "at work")
        second = started(tmp_path, "run", path.name)
        patient = started(tmp_path, "run", path.name, "--wait", "60")
        plan = started(tmp_path, "plan", path.name)
        out, err = second.communicate(timeout=60)
        assert (second.returncode, out) == (4, "")
        since = re.search(r"since (\S+Z)\n", err)[1]
        assert err == (
            "error: registry.duckdb: another writer is at work: 'run slow', process "
            f"{at_work.pid} on {socket.gethostname()}, since {since}\n"
            "    hint: let it finish, or wait for it with --wait SECONDS\n"
        )
        out, err = plan.communicate(timeout=60)
        assert (plan.returncode, err) == (0, "")
        assert out.endswith("nothing changes; nothing was written\n")
        assert sha256(tmp_path / "registry.duckdb") == before
        assert patient.poll() is None
    finally:
        (tmp_path / "go on").touch()
    for process in (at_work, patient):
        out, err = process.communicate(timeout=60)
        assert (process.returncode, err) == (0, "")
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


def test_a_run_that_was_killed_is_in_nobodys_way(tmp_path):
    deliver(tmp_path / "shop.csv", ROWS)
    put(tmp_path / "slow.py", SLOW)
    put(tmp_path / "slow.yaml", SLOW_SCHEMA)
    slow = customers("external_id email news", schema="slow.yaml")
    path = written(tmp_path, {"shop": slow}, {"news": NEWS}, checks=["slow.py"])
    killed = started(tmp_path, "run", path.name)
    seen(tmp_path / "at work")
    killed.send_signal(signal.SIGKILL)
    assert killed.wait() == -signal.SIGKILL
    killed.stdout.close()
    killed.stderr.close()
    assert not (tmp_path / "registry.duckdb").exists()
    (tmp_path / "go on").touch()
    after = started(tmp_path, "run", "-q", path.name)
    assert (*after.communicate(timeout=60), after.returncode) == ("", "", 0)
    assert (tmp_path / "out" / "news.csv").read_text() == "email\na@x.se\n"


def test_many_readers_never_see_a_mixture(shop, tmp_path):
    """While runs go on, every reader sees as many customers as consents and lists."""
    registry = tmp_path / "registry.duckdb"
    count = (
        "select (select count(*) from customers), (select count(*) from consent_events),"
        " (select max(run_id) from runs)"
    )
    looking = """
import sys, time, duckdb
seen = []
print("ready", flush=True)
until = time.monotonic() + 30
while not seen or (seen[-1][2] < 5 and time.monotonic() < until):
    with duckdb.connect(sys.argv[1], read_only=True) as db:
        seen.append(db.execute(sys.argv[2]).fetchone())
print(sorted(set(seen)))
"""
    with subprocess.Popen(
        [sys.executable, "-c", looking, registry, count],
        stdout=subprocess.PIPE,
        text=True,
    ) as reader:
        assert reader.stdout.readline() == "ready\n"
        for number in range(2, 6):
            rows = "".join(f"\n{n} | {n}@x.se | granted" for n in range(number))
            deliver(tmp_path / "shop.csv", ROWS.strip() + rows)
            run(shop)
        found = reader.stdout.readline()
    assert reader.returncode == 0, found
    for people, words, run_id in eval(found):  # noqa: S307 - the test's own output
        assert people == words, run_id


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
    assert os.readlink(tmp_path / "registry.duckdb") == str(
        tmp_path / "disk" / "real.duckdb"
    )
