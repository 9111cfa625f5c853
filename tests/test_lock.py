"""Writers take turns, and a dead writer is in nobody's way."""

import re
import signal
import stat
import subprocess
import sys

import pytest

from regpipe.errors import RegistryError
from regpipe.registry.lock import holder, lock_path, writer_lock

HOLD = """
import sys
from pathlib import Path
from regpipe.registry.lock import writer_lock

with writer_lock(Path(sys.argv[1]), "run nightly.yaml"):
    print("held", flush=True)
    sys.stdin.read()
"""


@pytest.fixture
def registry(tmp_path):
    return tmp_path / "registry.duckdb"


@pytest.fixture
def other(registry):
    """Another process that holds the lock until its stdin ends or it is killed."""
    with subprocess.Popen(
        [sys.executable, "-c", HOLD, str(registry)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout.readline() == "held\n"
        yield process
        process.kill()


def test_a_second_writer_is_told_who_is_at_work_and_since_when(registry, other):
    with pytest.raises(RegistryError) as told, writer_lock(registry, "run"):
        pass
    who = holder(registry)
    assert who.pid == other.pid
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", who.since)
    assert str(told.value) == (
        f"{registry}: another writer is at work: 'run nightly.yaml', "
        f"process {other.pid} on {who.host}, since {who.since}\n"
        "    hint: let it finish, or wait for it with --wait SECONDS"
    )
    assert told.value.exit_code == 4


def test_a_writer_killed_by_sigkill_leaves_the_lock_free(registry, other):
    other.send_signal(signal.SIGKILL)
    assert other.wait() == -signal.SIGKILL
    assert holder(registry).command == "run nightly.yaml", "its words are still there"
    with writer_lock(registry, "run") as me:
        assert holder(registry) == me


def test_one_who_waits_gets_the_lock_when_it_is_let_go(registry, other):
    slept = []

    def sleep(seconds):
        slept.append(seconds)
        other.stdin.close()
        other.wait()

    with writer_lock(registry, "run", wait=60, sleep=sleep) as me:
        assert holder(registry) == me
    assert len(slept) == 1


def test_one_who_waits_in_vain_is_told_how_long(registry, other):
    now = [0.0]

    def sleep(seconds):
        now[0] += seconds

    with (
        pytest.raises(RegistryError, match=r"at work \(waited 1\.5 s\): 'run nightly"),
        writer_lock(registry, "run", wait=1.5, clock=lambda: now[0], sleep=sleep),
    ):
        pass
    assert now[0] == pytest.approx(1.5)


def test_the_lock_is_let_go_when_the_block_fails(registry):
    with pytest.raises(ZeroDivisionError), writer_lock(registry, "run"):
        1 / 0  # noqa: B018
    with writer_lock(registry, "run"):
        pass
    assert holder(registry) is None, "nobody is named once it is let go"


def test_two_writers_of_one_process_take_turns_too(registry):
    with (
        writer_lock(registry, "first"),
        pytest.raises(RegistryError, match="at work: 'first'"),
        writer_lock(registry, "second"),
    ):
        pass


def test_a_registry_reached_by_a_link_has_the_same_lock(registry, tmp_path):
    registry.touch()
    link = tmp_path / "elsewhere" / "link.duckdb"
    link.parent.mkdir()
    link.symlink_to(registry)
    assert lock_path(link) == lock_path(registry)
    with (
        writer_lock(registry, "first"),
        pytest.raises(RegistryError, match="at work"),
        writer_lock(link, "second"),
    ):
        pass


def test_the_lock_file_is_its_owners_only(registry):
    with writer_lock(registry, "run"):
        assert stat.S_IMODE(lock_path(registry).stat().st_mode) == 0o600


def test_a_lock_file_removed_by_hand_between_opening_and_locking_is_made_anew(
    registry, monkeypatch
):
    """Otherwise two writers could each hold a file of that name."""
    from regpipe.registry import lock

    really = lock._lock
    removed = []

    def lock_a_removed_file(file):
        if not removed:
            removed.append(lock_path(registry))
            lock_path(registry).unlink()
        return really(file)

    monkeypatch.setattr(lock, "_lock", lock_a_removed_file)
    with writer_lock(registry, "first"):
        assert lock_path(registry).exists()
        with (
            pytest.raises(RegistryError, match="at work: 'first'"),
            writer_lock(registry, "second"),
        ):
            pass


def test_a_lock_file_that_cannot_be_made_is_a_registry_error(tmp_path):
    registry = tmp_path / "missing" / "registry.duckdb"
    with (
        pytest.raises(RegistryError, match="the lock file cannot be opened: No such"),
        writer_lock(registry, "run"),
    ):
        pass


def test_of_many_writers_at_once_each_gets_its_turn(registry, tmp_path):
    """Each adds one to a number by reading and writing it: none may be lost."""
    count = tmp_path / "count"
    count.write_text("0")
    turn = """
import sys
from pathlib import Path
from regpipe.registry.lock import writer_lock

count = Path(sys.argv[2])
for _ in range(20):
    with writer_lock(Path(sys.argv[1]), "count", wait=60, sleep=lambda s: None):
        count.write_text(str(int(count.read_text()) + 1))
"""
    writers = [
        subprocess.Popen([sys.executable, "-c", turn, str(registry), str(count)])
        for _ in range(4)
    ]
    assert [writer.wait() for writer in writers] == [0] * 4
    assert count.read_text() == "80"
