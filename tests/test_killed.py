"""Rule 2: all or nothing, at whatever instant a run is killed."""

import contextlib
import csv
import json
import os
import random
import shutil
import signal
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

import pytest

from worlds import (
    BOOKS,
    GROUPS,
    NEWS,
    contents,
    customers,
    deliver,
    here,
    tables,
    written,
)

WARM = """
import json, os, pathlib, resource, signal, sys
import regpipe.cli, regpipe.spec.load, regpipe.run, regpipe.stages.validate

def mortal(last):
    # Die in place of the rename that comes after `last` others.
    rename, renames = pathlib.Path.replace, []
    def replace(path, target):
        if len(renames) == last:
            os.kill(os.getpid(), signal.SIGKILL)
        renames.append(path)
        return rename(path, target)
    pathlib.Path.replace = replace

print("ready", flush=True)
for line in sys.stdin:
    folder, words, renames, largest = json.loads(line)
    child = os.fork()
    if child == 0:
        os.chdir(folder)
        if renames is not None:
            mortal(renames)
        if largest is not None:
            resource.setrlimit(resource.RLIMIT_FSIZE, (largest, largest))
        print(os.getpid(), flush=True)
        regpipe.cli.main(words)
    _, status = os.waitpid(child, 0)
    print(os.waitstatus_to_exitcode(status), flush=True)
"""
"""Runs as of a process that has loaded all it needs: so what is killed is the work."""

KILLED = -signal.SIGKILL
AS_OF = ("--as-of", "2026-06-01T02:00:00Z")


class Warm:
    """A process that runs pipelines, each in a child of its own."""

    def __init__(self):
        self.process = subprocess.Popen(
            [sys.executable, "-W", "ignore", "-c", WARM],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        assert self.process.stdout.readline() == "ready\n"

    def run(self, folder, pipeline, *, seconds=None, renames=None, largest=None):
        """Run a pipeline; kill it after so long or so many renames. Give its code.

        ``largest`` is how many bytes a file may have, as on a disk that is full.
        A tuple in place of ``pipeline`` is another command.
        """
        words = ["run", "-q", pipeline] if isinstance(pipeline, str) else [*pipeline]
        words += AS_OF
        order = json.dumps([str(folder), words, renames, largest])
        print(order, file=self.process.stdin, flush=True)
        child = int(self.process.stdout.readline())
        if seconds is not None:
            time.sleep(seconds)
            with contextlib.suppress(ProcessLookupError):
                os.kill(child, signal.SIGKILL)
        return int(self.process.stdout.readline())


@pytest.fixture(scope="module")
def warm():
    """A process to run in."""
    warm = Warm()
    yield warm
    warm.process.stdin.close()
    warm.process.stdout.close()
    warm.process.wait()


@dataclass
class Night:
    """A folder before a run, and what registry and lists are before and after it."""

    warm: Warm
    before: Path
    pipeline: str | tuple[str, ...]

    def __post_init__(self):
        after = self.copy("after")
        begun = time.perf_counter()
        assert self.warm.run(after, self.pipeline) == 0
        self.seconds = time.perf_counter() - begun
        self.states = state(self.before), state(after)
        self.lists = lists(self.before), lists(after)
        assert self.states[0] != self.states[1]
        assert self.lists[0] != self.lists[1]

    def copy(self, name):
        """Copy the folder as it was before."""
        folder = self.before.with_name(f"{self.before.name}-{name}")
        shutil.rmtree(folder, ignore_errors=True)
        return shutil.copytree(self.before, folder)

    def killed(self, where, **when):
        """Kill a run: all is before or after, and the next run makes it after.

        Give whether it was killed, and whether the registry was as after.
        """
        folder = self.copy("killed")
        code = self.warm.run(folder, self.pipeline, **when)
        assert code in (0, KILLED), where
        found = state(folder)
        assert found in self.states, where
        for name, text in lists(folder).items():
            assert text in {each.get(name) for each in self.lists}, (where, name)
        done = found == self.states[1]
        assert self.warm.run(folder, self.pipeline) == 0, where
        assert lists(folder) == self.lists[1], where
        assert versioned(state(folder)) == versioned(self.states[1]), where
        assert done or state(folder) == self.states[1], where
        assert leftovers(folder) == [], where
        shutil.rmtree(folder)
        return code == KILLED, done


def state(folder):
    """Give all that a folder's registry says, but for the time of day of its runs."""
    registry = folder / "registry.duckdb"
    if not registry.exists():
        return None
    found = tables(registry)
    found["runs"] = [(*row[:3], *row[4:]) for row in found["runs"]]
    return found


def versioned(found):
    """Give the tables that a run of unchanged files leaves as they are."""
    return {name: rows for name, rows in found.items() if name not in BOOKS}


def lists(folder):
    """Give the bytes of every list that a person sees."""
    out = folder / "out"
    found = contents(out) if out.exists() else {}
    return {name: text for name, text in found.items() if name.endswith(".csv")}


def leftovers(folder):
    """Give what a run at work has beside its files, by name."""
    marks = (".next-", ".tmp-", ".regpipe-part", ".part-", ".wal")
    return [p.name for p in folder.rglob("*") if any(mark in p.name for mark in marks)]


def changed(path, **cells):
    """Change every seventh row of a CSV, and leave every fortieth out."""
    with path.open(encoding="utf-8-sig", newline="") as file:
        header, *rows = csv.reader(file)
    rows = [row for place, row in enumerate(rows) if place % 40 != 3]
    for row in rows[::7]:
        for name, value in cells.items():
            row[header.index(name.replace("_", " "))] = value
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file, lineterminator="\n").writerows([header, *rows])


@pytest.fixture(scope="module")
def nights(tmp_path_factory, warm):
    """The sample: its first run, and one that changes much of it."""
    sample = (here("pipelines") / "sample.yaml").read_text()
    sample = sample.replace("../out/registry", "registry").replace("../", "")
    first = tmp_path_factory.mktemp("nights") / "first"
    shutil.copytree(here("sample_data"), first / "sample_data")
    (first / "sample.yaml").write_text(sample)
    second = first.with_name("second")
    shutil.copytree(first, second)
    assert warm.run(second, "sample.yaml") == 0
    changed(
        second / "sample_data" / "web_shop_customers.csv",
        City="Elsewhere",
        Tags="VIP,New",
        Accepts_Marketing="no",
        Updated_At="2026-01-01 10:00:00 +0100",
    )
    changed(
        second / "sample_data" / "mail_club.csv",
        Status="unsubscribed",
        Changed="2026-01-01 10:00:00",
    )
    return [Night(warm, folder, "sample.yaml") for folder in (first, second)]


@pytest.mark.parametrize(
    ("seed", "times"), [(1, 6), pytest.param(2, 14, marks=pytest.mark.slow)]
)
def test_a_run_killed_at_a_random_moment_leaves_all_as_before_or_after(
    nights, seed, times
):
    moments = random.Random(seed)
    struck = 0
    for number in range(times):
        night = nights[number % 3 > 0]
        moment = moments.uniform(0, night.seconds)
        killed, _ = night.killed(f"{night.before.name} {moment:.3f} s", seconds=moment)
        struck += killed
    assert struck > times / 2, "most runs were at work when they were killed"


@pytest.fixture(scope="module")
def shop(tmp_path_factory, warm):
    """A small shop before a run that changes its lists."""
    folder = tmp_path_factory.mktemp("shops") / "shop"
    rows = "external_id | email | groups | news\n1 | a@x.se | VIP+Old | granted"
    deliver(folder / "shop.csv", rows)
    sources = {"shop": customers("external_id email groups news")}
    written(folder, sources, {"news": NEWS, "groups": GROUPS})
    assert warm.run(folder, "test.yaml") == 0
    more = "\n2 | b@x.se | VIP+Press | granted"
    deliver(folder / "shop.csv", rows.replace("VIP+Old", "VIP") + more)
    return Night(warm, folder, "test.yaml")


def test_a_run_killed_at_any_of_its_renames_leaves_all_as_before_or_after(shop):
    """The registry first, then each list and each manifest: so no list is ahead."""
    fates = []
    while not fates or fates[-1][0]:
        renames = len(fates)
        fates.append(shop.killed(f"before rename {renames}", renames=renames))
    assert fates == [(True, False), *[(True, True)] * 6, (False, True)]


def test_a_replay_killed_at_any_of_its_renames_leaves_all_as_before_or_after(
    tmp_path, warm
):
    folder = tmp_path / "shop"
    rows = "external_id | email | groups | news\n1 | a@x.se | VIP | granted\n"
    deliver(folder / "shop.csv", rows + "2 | none | VIP | granted")
    sources = {"shop": customers("external_id email groups news")}
    written(folder, sources, {"news": NEWS})
    assert warm.run(folder, "test.yaml") == 0
    head = "regpipe_reject | external_id | email | groups | news\n"
    deliver(folder / "mend.csv", head + "1 | 2 | b@x.se | VIP | granted")
    replay = ("rejects", "replay", "-q", "test.yaml", "mend.csv")
    night = Night(warm, folder, replay)
    assert night.states[0]["rejects"] != [] == night.states[1]["rejects"]
    fates = []
    while not fates or fates[-1][0]:
        fates.append(night.killed(f"rename {len(fates)}", renames=len(fates)))
    assert fates == [(True, False), *[(True, True)] * 2, (False, True)]


@pytest.mark.parametrize("share", [0.01, 0.3, 0.6, 0.95])
def test_a_disk_that_is_full_leaves_all_as_before(shop, share):
    folder = shop.copy("full")
    size = (shop.before / "registry.duckdb").stat().st_size
    code = shop.warm.run(folder, shop.pipeline, largest=int(size * share))
    assert code in (4, 5)
    assert state(folder) == shop.states[0]
    assert lists(folder) == shop.lists[0]
    assert leftovers(folder) == []
    assert shop.warm.run(folder, shop.pipeline) == 0
    assert lists(folder) == shop.lists[1]


def test_the_command_itself_may_be_killed(shop):
    """As the others, but from the start of Python on."""
    folder = shop.copy("cold")
    run = subprocess.Popen(
        [sys.executable, "-m", "regpipe", "run", "-q", "test.yaml", *AS_OF], cwd=folder
    )
    until = time.monotonic() + 60
    while not leftovers(folder) and run.poll() is None and time.monotonic() < until:
        time.sleep(0.005)
    run.kill()
    run.wait()
    assert state(folder) in shop.states
    assert shop.warm.run(folder, "test.yaml") == 0
    assert lists(folder) == shop.lists[1]
    assert leftovers(folder) == []
