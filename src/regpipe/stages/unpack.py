"""Unpack: from compressed files and archives to plain ones."""

from __future__ import annotations

import errno
import gzip
import os
import tempfile
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from fnmatch import fnmatch
from pathlib import Path, PurePosixPath
from typing import IO, Protocol

from regpipe.errors import InputFileError
from regpipe.spec import Csv
from regpipe.stages.files import ARCHIVES, PACKED, WORKBOOKS, Found
from regpipe.stages.workbook import sheets

CONVERTED = Csv(encoding="utf-8", delimiter=",")
"""How regpipe writes what it converts to CSV."""

CHUNK = 1 << 20

BOUND = 200
"""How many times its size a file may unpack to; text seldom comes to 30 times."""
_SMALL = 1 << 26
"""Bytes that any file may unpack to."""

_HIDDEN = ("__MACOSX/", ".DS_Store", "Thumbs.db")
"""What programs put beside the files that they were asked to pack."""


@dataclass(frozen=True)
class Plain:
    """A plain file: where it lies, what it is called in messages.

    ``converted`` tells that regpipe wrote it, as UTF-8 with commas.
    """

    path: Path
    shown: str
    converted: bool = False


class _Bytes(Protocol):
    def read(self, size: int, /) -> bytes: ...


def unpack(found: Found, shown: str, scratch: Path) -> list[Plain]:
    """Give the plain files within a file: itself, where it is plain.

    What is unpacked goes to ``scratch`` and bears the time of the file it was in.

    Raises InputFileError for what is cut off, damaged, protected by a password, holds
    another archive, holds nothing that is meant, or unpacks to far more than its size.
    """
    if found.suffix in WORKBOOKS:
        plain = [
            Plain(path, f"{shown}/{name}", converted=True)
            for name, path in sheets(found, shown, scratch)
        ]
    elif found.suffix in ARCHIVES:
        plain = _members(found, shown, scratch)
    elif found.suffix in PACKED:
        plain = [Plain(_decompressed(found.path, shown, scratch), shown)]
    else:
        return [Plain(found.path, shown)]
    moment = found.path.stat().st_mtime
    for each in plain:
        os.utime(each.path, (moment, moment))
    return plain


def _members(found: Found, shown: str, scratch: Path) -> list[Plain]:
    with _told(shown), zipfile.ZipFile(found.path) as archive:
        inside = [
            member
            for member in archive.infolist()
            if not member.is_dir() and not member.filename.startswith(_HIDDEN[0])
            if PurePosixPath(member.filename).name not in _HIDDEN[1:]
            if not found.within or fnmatch(member.filename, found.within)
        ]
        if not inside:
            raise InputFileError.at(
                shown,
                f"holds no file called {found.within!r}"
                if found.within
                else "holds no file",
                "look into it, and name what is meant: export.zip/customers*.csv",
            )
        return [
            Plain(_member(archive, m, f"{shown}/{m.filename}", scratch), path)
            for m in sorted(inside, key=lambda member: member.filename)
            for path in [f"{shown}/{m.filename}"]
        ]


def _member(
    archive: zipfile.ZipFile, member: zipfile.ZipInfo, shown: str, scratch: Path
) -> Path:
    suffix = PurePosixPath(member.filename).suffix.lower()
    if suffix in (*ARCHIVES, *PACKED, *WORKBOOKS):
        raise InputFileError.at(
            shown, "is packed once more", "unpack the outer archive, and name this one"
        )
    if member.flag_bits & 1:
        raise InputFileError.at(
            shown, "is protected by a password", "unpack it, and name the plain file"
        )
    with archive.open(member) as packed:
        return _copied(packed, member.compress_size, shown, scratch)


def _decompressed(path: Path, shown: str, scratch: Path) -> Path:
    size = path.stat().st_size
    with _told(shown):
        if path.suffix.lower() == ".gz":
            with gzip.open(path) as packed:
                return _copied(packed, size, shown, scratch)
        import pyarrow as pa

        with pa.input_stream(str(path), compression="zstd") as stream:
            return _copied(stream, size, shown, scratch)


def _copied(packed: _Bytes, size: int, shown: str, scratch: Path) -> Path:
    bound = max(_SMALL, BOUND * size)
    written = 0
    with new_file(scratch) as (out, path):
        while chunk := packed.read(CHUNK):
            written += len(chunk)
            if written > bound:
                raise InputFileError.at(
                    shown,
                    f"unpacks to more than {BOUND} times its size",
                    "unpack it by hand, if it is what it should be",
                )
            out.write(chunk)
    return path


@contextmanager
def new_file(scratch: Path) -> Iterator[tuple[IO[bytes], Path]]:
    """Make a file of its own in ``scratch``; give it open, and its path."""
    handle, name = tempfile.mkstemp(".csv", "unpacked-", scratch)
    with os.fdopen(handle, "wb") as out:
        yield out, Path(name)


@contextmanager
def _told(shown: str) -> Iterator[None]:
    """Say of a file that cannot be unpacked that it is cut off or damaged."""
    try:
        yield
    except (EOFError, zipfile.BadZipFile, OSError, NotImplementedError) as reason:
        if getattr(reason, "errno", None) in (errno.EACCES, errno.EPERM, errno.ENOSPC):
            raise
        raise InputFileError.at(
            shown,
            "cannot be unpacked: it is cut off, damaged or of another kind",
            "look whether it is still being written, or fetch it again",
        ) from reason
