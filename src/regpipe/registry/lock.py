"""Writers take turns: a lock file beside the registry says who is at work.

The lock is the kernel's, on the open file, so it ends with its process however
that ends. The file itself stays: were it removed, a writer that waits on the
old file and one that opens a new file would both hold "the" lock.
"""

from __future__ import annotations

import contextlib
import errno
import json
import os
import socket
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path

from regpipe.errors import Problem, RegistryError

PAUSE = 0.2
"""Seconds between two attempts to get a lock that is held."""


@dataclass(frozen=True)
class Holder:
    """Who holds the lock; ``since`` is UTC in ISO 8601, to the second."""

    pid: int
    host: str
    since: str
    command: str

    def __str__(self) -> str:
        return (
            f"'{self.command}', process {self.pid} on {self.host}, since {self.since}"
        )


def lock_path(registry: Path) -> Path:
    """Give the lock file of ``registry``, the same by whatever link it is reached."""
    registry = registry.resolve()
    return registry.with_name(registry.name + ".lock")


@contextmanager
def writer_lock(
    registry: Path,
    command: str,
    wait: float = 0.0,
    *,
    clock: Callable[[], float] = time.monotonic,
    sleep: Callable[[float], None] = time.sleep,
) -> Iterator[Holder]:
    """Hold the right to write ``registry`` while the block runs.

    ``command`` is what others are told is at work. When somebody else holds the
    lock, try again for ``wait`` seconds.

    Raises RegistryError naming the holder when the lock is still held then, and
    when the lock file cannot be made.
    """
    until = clock() + wait
    while (file := _attempt(registry)) is None:
        left = until - clock()
        if left <= 0:
            raise _held(registry, wait)
        sleep(min(PAUSE, left))
    try:
        me = Holder(os.getpid(), socket.gethostname(), _now(), command)
        _write(file, json.dumps(asdict(me)))
        yield me
    finally:
        with contextlib.suppress(OSError):
            os.ftruncate(file, 0)
        os.close(file)


def holder(registry: Path) -> Holder | None:
    """Give who wrote the lock file last; None when it says nothing.

    Somebody who was killed stays named here: ask only when the lock is held.
    """
    try:
        return Holder(**json.loads(lock_path(registry).read_text(encoding="utf-8")))
    except (OSError, ValueError, TypeError):
        return None


def _attempt(registry: Path) -> int | None:
    """Give the locked file, or None when somebody else has it locked."""
    path = lock_path(registry)
    while True:
        try:
            file = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
        except OSError as reason:
            raise RegistryError.at(
                str(path),
                f"the lock file cannot be opened: {reason.strerror}",
                "a writer needs to make files in the registry's folder",
            ) from reason
        try:
            locked = _lock(file)
            if locked and _is_at(file, path):
                return file
        except OSError as reason:
            os.close(file)
            raise RegistryError.at(
                str(path),
                f"the lock file cannot be locked: {reason.strerror}",
                "keep the registry on a file system with locks, such as a local disk",
            ) from reason
        os.close(file)
        if not locked:
            return None


def _is_at(file: int, path: Path) -> bool:
    """Tell whether ``path`` still leads to the open file, or was removed."""
    try:
        return os.path.samestat(os.fstat(file), path.stat())
    except FileNotFoundError:
        return False


def _write(file: int, text: str) -> None:
    """Make ``text`` all that the file holds; never leaves it empty in between."""
    data = text.encode()
    os.lseek(file, 0, os.SEEK_SET)
    os.write(file, data)
    os.ftruncate(file, len(data))


def _held(registry: Path, wait: float) -> RegistryError:
    who = holder(registry)
    waited = f" (waited {wait:g} s)" if wait else ""
    return RegistryError(
        Problem(
            str(registry),
            f"another writer is at work{waited}: {who or 'it has not said who it is'}",
            "let it finish, or wait for it with --wait SECONDS",
        )
    )


def _now() -> str:
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


if sys.platform == "win32":
    import msvcrt

    def _lock(file: int) -> bool:
        """Lock a byte far behind the text, which others must be able to read."""
        os.lseek(file, 1 << 30, os.SEEK_SET)
        try:
            msvcrt.locking(file, msvcrt.LK_NBLCK, 1)
        except OSError as reason:
            if reason.errno in (errno.EACCES, errno.EDEADLK):
                return False
            raise
        return True

else:
    import fcntl

    def _lock(file: int) -> bool:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as reason:
            if reason.errno in (errno.EWOULDBLOCK, errno.EAGAIN, errno.EACCES):
                return False
            raise
        return True
