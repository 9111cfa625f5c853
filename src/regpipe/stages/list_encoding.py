"""A list in another encoding than UTF-8, put into it where it lies."""

from __future__ import annotations

import codecs
from pathlib import Path

from regpipe.errors import DataError

BLOCK = 1 << 20


def recode(path: Path, encoding: str, place: str) -> None:
    """Put a file of UTF-8 into one of ``formats.ENCODINGS``, in its place.

    No other file is made. What is written never overtakes what is still to be
    read: a code page takes one byte for each letter, and a mark moves the rest by
    its own length.

    Raises DataError when the code page lacks a letter of the file.
    """
    if encoding == "utf-8":
        return
    if encoding == "utf-8-sig":
        _mark(path)
    else:
        _to_code_page(path, encoding, place)


def _mark(path: Path) -> None:
    """Put a byte order mark in front."""
    with path.open("rb+") as file:
        at, pending = 0, codecs.BOM_UTF8
        while block := file.read(BLOCK):
            shifted = pending + block
            file.seek(at)
            file.write(shifted[: len(block)])
            pending = shifted[len(block) :]
            at += len(block)
        file.write(pending)


def _to_code_page(path: Path, encoding: str, place: str) -> None:
    decoder = codecs.getincrementaldecoder("utf-8")()
    lines = 0
    with path.open("rb+") as file:
        read = written = 0
        while block := file.read(BLOCK):
            read += len(block)
            text = decoder.decode(block)
            try:
                coded = text.encode(encoding)
            except UnicodeEncodeError as reason:
                line = lines + text.count("\n", 0, reason.start) + 1
                raise DataError.at(
                    f"{place}: line {line}",
                    f"holds a letter that {encoding} does not have",
                    "leave out 'encoding', which is UTF-8 then",
                ) from None
            lines += text.count("\n")
            file.seek(written)
            file.write(coded)
            written += len(coded)
            file.seek(read)
        file.truncate(written)
