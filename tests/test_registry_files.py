"""The registry's file is copied, synced and renamed, and is its owner's only."""

import os
import stat
from pathlib import Path

import pytest

from regpipe.errors import RegistryError
from regpipe.registry import files


@pytest.fixture
def registry(tmp_path):
    path = tmp_path / "registry.duckdb"
    path.write_bytes(os.urandom(3_000_000))
    path.chmod(0o600)
    return path


def mode(path):
    return oct(stat.S_IMODE(path.stat().st_mode))


def names(folder):
    return sorted(path.name for path in folder.iterdir())


def test_a_copy_holds_the_same_bytes_and_is_the_owners_only(registry):
    target = files.beside(registry, "next")
    files.copy_registry(registry, target)
    assert target.read_bytes() == registry.read_bytes()
    assert mode(target) == "0o600"


def test_whoever_was_let_in_by_hand_may_read_the_next_registry_too(registry):
    registry.chmod(0o640)
    target = files.beside(registry, "next")
    files.copy_registry(registry, target)
    files.replace(target, registry)
    assert mode(registry) == "0o640"


@pytest.mark.parametrize("step", ["_clone", "copy_file_range"])
def test_a_file_system_that_can_do_less_gives_the_same_copy(
    registry, tmp_path, monkeypatch, step
):
    def refuse(*arguments):
        raise OSError(95, "Operation not supported")

    monkeypatch.setattr(files, "_clone", lambda source, copy: False)
    if step == "copy_file_range":
        monkeypatch.setattr(os, "copy_file_range", refuse, raising=False)
    monkeypatch.setattr(files, "BLOCK", 1_000_003)
    files.copy_registry(registry, tmp_path / "copy")
    assert (tmp_path / "copy").read_bytes() == registry.read_bytes()


def test_a_disk_without_room_is_refused_before_anything_is_written(tmp_path):
    registry = tmp_path / "registry.duckdb"
    with registry.open("wb") as file:
        file.truncate(8_000_000_000_000)  # takes no room: it is all hole
    with registry.open("rb") as source, pytest.raises(RegistryError) as told:
        files.require_space(tmp_path / "copy", source.fileno())
    assert "a run needs 8,000,000 MB here for a copy of the registry" in str(told.value)
    assert "hint: make room, or move the registry to a larger disk" in str(told.value)
    assert names(tmp_path) == ["registry.duckdb"]


def test_a_copy_that_fails_half_way_leaves_nothing(registry, monkeypatch):
    def disk_full(*arguments):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(files, "_clone", lambda source, copy: False)
    monkeypatch.setattr(os, "copy_file_range", disk_full, raising=False)
    monkeypatch.setattr(os, "write", disk_full)
    target = files.beside(registry, "next")
    with pytest.raises(RegistryError) as told:
        files.copy_registry(registry, target)
    assert str(told.value) == (
        f"{registry}: it cannot be copied to {target.name}: No space left on device\n"
        "    hint: make room on the disk; the registry is as it was"
    )
    assert not target.exists()


def test_a_copy_never_overwrites(registry, tmp_path):
    target = tmp_path / "there"
    target.write_text("mine")
    with pytest.raises(RegistryError, match="File exists"):
        files.copy_registry(registry, target)
    assert target.read_text() == "mine"


def test_one_who_reads_the_old_file_goes_on_reading_it(registry, tmp_path):
    old = registry.read_bytes()
    staged = tmp_path / "staged"
    staged.write_bytes(b"new")
    with registry.open("rb") as reader:
        files.replace(staged, registry)
        assert reader.read() == old
    assert registry.read_bytes() == b"new"
    assert not staged.exists()


def test_a_link_stays_a_link_and_leads_to_the_new_file(registry, tmp_path):
    link = tmp_path / "link.duckdb"
    link.symlink_to(registry)
    staged = files.beside(link, "next")
    assert staged.parent == registry.parent
    staged.write_bytes(b"new")
    files.replace(staged, link)
    assert link.is_symlink()
    assert registry.read_bytes() == b"new"


def test_a_place_that_cannot_be_taken_is_a_registry_error(registry, tmp_path):
    (tmp_path / "folder" / "inner").mkdir(parents=True)
    with pytest.raises(RegistryError, match="the finished copy cannot take its place"):
        files.replace(registry, tmp_path / "folder")
    assert registry.exists()


def test_a_file_is_written_whole_for_its_owner_only(tmp_path):
    (tmp_path / "list.csv").write_text("an older and longer text")
    (tmp_path / "list.csv").chmod(0o644)
    files.write_owner_only(tmp_path / "list.csv", b"new")
    assert (tmp_path / "list.csv").read_bytes() == b"new"
    assert mode(tmp_path / "list.csv") == "0o600"
    assert names(tmp_path) == ["list.csv"]


def test_a_file_in_a_folder_that_is_not_there_is_a_registry_error(tmp_path):
    with pytest.raises(RegistryError, match=r"list\.csv: it cannot be written"):
        files.write_owner_only(tmp_path / "missing" / "list.csv", b"new")


def test_leftovers_of_a_killed_run_are_removed_and_nothing_else(tmp_path):
    registry = tmp_path / "a[1].duckdb"
    stay = ["a[1].duckdb", "a[1].duckdb.lock", "a1.duckdb.next-7", "b.duckdb.next-7"]
    go = ["a[1].duckdb.next-7", "a[1].duckdb.next-7.wal", "a[1].duckdb.tmp-8"]
    for name in stay + go:
        (tmp_path / name).touch()
    folder = tmp_path / "a[1].duckdb.tmp-9"
    folder.mkdir()
    (folder / "spill").touch()
    assert files.sweep(registry) == (*go, folder.name)
    assert names(tmp_path) == sorted(stay)
    assert files.sweep(registry) == ()


def test_files_that_a_library_makes_are_the_owners_only_from_the_first_byte(tmp_path):
    import duckdb

    with files.owner_only(), duckdb.connect(str(tmp_path / "new.duckdb")) as made:
        made.execute("create table t as select 1 as a")
        made.execute(f"copy t to '{tmp_path / 'list.csv'}'")
        assert {mode(path) for path in tmp_path.iterdir()} == {"0o600"}
        assert len(list(tmp_path.iterdir())) == 3, "the file, its log and the list"
    assert mode_of_a_new_file(tmp_path) == oct(0o666 & ~current_umask())


def mode_of_a_new_file(folder: Path) -> str:
    (folder / "other").touch()
    return mode(folder / "other")


def current_umask() -> int:
    now = os.umask(0)
    os.umask(now)
    return now
