"""The registry's file: owner-only, copied, synced and renamed into place."""

from __future__ import annotations

import contextlib
import errno
import glob
import os
import shutil
import stat
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from regpipe.errors import RegistryError

OWNER_ONLY = 0o600
BLOCK = 1 << 24  # bytes copied at a time where the kernel does not copy itself
LEFTOVERS = (".next-", ".tmp-", ".key.part-", ".erasures/*.part-")


@contextmanager
def owner_only() -> Iterator[None]:
    """Let every file made while the block runs be its owner's alone.

    Holds for the whole process and for files that a library makes, from their
    first byte.
    """
    before = os.umask(0o077)
    try:
        yield
    finally:
        os.umask(before)


def beside(registry: Path, kind: str) -> Path:
    """Give a path for this process next to the registry: 'next' or 'tmp'."""
    registry = registry.resolve()
    return registry.with_name(f"{registry.name}.{kind}-{os.getpid()}")


def copy_registry(registry: Path, target: Path) -> None:
    """Copy the registry's file to ``target``, which must not exist.

    Shares the blocks where the file system can, so that the copy costs neither
    time nor room. Who may read the registry may read the copy, nobody else.

    Raises RegistryError when the copy cannot be made; nothing is left of it.
    """
    try:
        with registry.open("rb") as source:
            made = os.open(target, os.O_RDWR | os.O_CREAT | os.O_EXCL, OWNER_ONLY)
            try:
                with os.fdopen(made, "wb") as copy:
                    if not _clone(source.fileno(), copy.fileno()):
                        require_space(target, source.fileno())
                        _copy(source.fileno(), copy.fileno())
                    _same_readers(source.fileno(), copy.fileno())
            except BaseException:
                target.unlink(missing_ok=True)
                raise
    except OSError as reason:
        raise RegistryError.at(
            str(registry),
            f"it cannot be copied to {target.name}: {reason.strerror}",
            _hint(reason),
        ) from reason


def require_space(target: Path, source: int) -> None:
    """See that the disk of ``target`` has room for a copy of the open ``source``.

    Raises RegistryError when it has not. Others may fill it meanwhile: having
    room now is no promise.
    """
    needed = os.fstat(source).st_size
    free = shutil.disk_usage(target.parent).free
    if free < needed:
        raise RegistryError.at(
            str(target.parent),
            f"a run needs {_megabytes(needed)} here for a copy of the registry, "
            f"and {_megabytes(free)} are free",
            "make room, or move the registry to a larger disk",
        )


def replace(staged: Path, final: Path) -> None:
    """Put the finished file ``staged`` in the place of ``final``, in one instant.

    Whatever happens, even a power cut, ``final`` is wholly the old file or
    wholly the new one. Readers that have the old one open go on reading it.
    A link at ``final`` stays, and the file it leads to is replaced.

    Raises RegistryError when the file cannot be written or renamed.
    """
    final = final.resolve()
    try:
        with staged.open("rb+") as file:
            os.fsync(file.fileno())
        staged.replace(final)
        _sync_folder(final.parent)
    except OSError as reason:
        raise RegistryError.at(
            str(final),
            f"the finished copy cannot take its place: {reason.strerror}",
            _hint(reason),
        ) from reason


def write_owner_only(final: Path, content: bytes) -> None:
    """Write a file that its owner only may read: all of it, or nothing.

    Raises RegistryError when it cannot be written.
    """
    aside = final.with_name(f"{final.name}.part-{os.getpid()}")
    try:
        with owner_only(), aside.open("xb") as file:
            file.write(content)
    except OSError as reason:
        aside.unlink(missing_ok=True)
        raise RegistryError.at(
            str(final), f"it cannot be written: {reason.strerror}", _hint(reason)
        ) from reason
    replace(aside, final)


def same_readers(registry: Path, target: Path) -> None:
    """Let who may read the registry read ``target``, its owner's so far, too."""
    with registry.open("rb") as source, target.open("rb+") as other:
        _same_readers(source.fileno(), other.fileno())


def sweep(registry: Path) -> tuple[str, ...]:
    """Remove what a killed run left beside the registry; give the names.

    Call it only while holding the writer's lock: what lies there then belongs
    to nobody.
    """
    registry = registry.resolve()
    left = [
        path
        for mark in LEFTOVERS
        for path in registry.parent.glob(f"{glob.escape(registry.name)}{mark}*")
    ]
    for path in left:
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(path, ignore_errors=True)
        else:
            path.unlink(missing_ok=True)
    return tuple(sorted(path.name for path in left))


def _copy(source: int, copy: int) -> None:
    """Copy bytes, in the kernel where it can."""
    size = os.fstat(source).st_size
    done = 0
    if sys.platform == "linux":
        with contextlib.suppress(OSError):
            while done < size:
                moved = os.copy_file_range(source, copy, size - done, done, done)
                if not moved:
                    break
                done += moved
    os.lseek(source, done, os.SEEK_SET)
    os.lseek(copy, done, os.SEEK_SET)
    while block := os.read(source, BLOCK):
        view = memoryview(block)
        while view:
            view = view[os.write(copy, view) :]


def _hint(reason: OSError) -> str | None:
    if reason.errno in (errno.ENOSPC, errno.EDQUOT):
        return "make room on the disk; the registry is as it was"
    if reason.errno in (errno.EACCES, errno.EPERM, errno.EROFS):
        return "the user who runs regpipe must be able to write the registry's folder"
    return None


def _megabytes(size: int) -> str:
    return f"{size / 1_000_000:,.0f} MB"


if sys.platform == "win32":

    def _clone(source: int, copy: int) -> bool:
        return False

    def _same_readers(source: int, copy: int) -> None:
        """Leave it to the folder's access list."""

    def _sync_folder(folder: Path) -> None:
        """Leave it to the system: a folder cannot be synced there."""

else:
    import fcntl

    FICLONE = 0x40049409  # Linux's request to share the blocks of another file

    def _clone(source: int, copy: int) -> bool:
        """Share the blocks of ``source``; False where that cannot be done."""
        try:
            fcntl.ioctl(copy, FICLONE, source)
        except OSError:
            return False
        return True

    def _same_readers(source: int, copy: int) -> None:
        """Give the copy the group and mode of ``source``; if it may not: owner only."""
        old = os.fstat(source)
        with contextlib.suppress(PermissionError):
            os.fchown(copy, -1, old.st_gid)
            os.fchmod(copy, stat.S_IMODE(old.st_mode))

    def _sync_folder(folder: Path) -> None:
        """Make the rename outlast a power cut."""
        opened = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(opened)
        finally:
            os.close(opened)
