"""Counting: what the bytes of a file say of it, before anybody parses them."""

from __future__ import annotations

import codecs
import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias

import numpy as np

from regpipe.errors import InputFileError, Problem

CHUNK = 1 << 22
Ends: TypeAlias = np.ndarray[tuple[int], np.dtype[np.intp]]
_ODD = tuple(c.encode() for c in "\t\f\v\u00a0\u2007\u200b\u202f\ufeff")
"""White space that is no blank; each is looked for by its first byte, which is rare."""


@dataclass(frozen=True)
class Facts:
    """What is known of a file before it is parsed.

    ``records`` is -1 where the bytes do not tell (UTF-16); ``odd`` tells that
    cells may hold white space that is no blank, ``lone_cr`` that a carriage return
    stands without a line feed: it may end a line, or be part of a cell; ``blank``
    that a line between records is empty.
    """

    sha256: str
    records: int
    odd: bool
    lone_cr: bool = False
    blank: bool = False


def count(path: Path, shown: str, encoding: str, quote: str) -> Facts:
    """Count the records of a file from its bytes, quoted line ends left out.

    Raises InputFileError where ``encoding`` is UTF-8 and the bytes are not.
    """
    digest = hashlib.sha256()
    decoder = codecs.getincrementaldecoder("utf-8")() if is_utf8(encoding) else None
    wide = encoding.lower().replace("_", "-").startswith(("utf-16", "utf-32"))
    counter = _RecordCounter(quote)
    seen = 0
    for chunk in chunks(path):
        digest.update(chunk)
        text = chunk
        if wide:
            seen += len(chunk)
            continue
        if decoder is not None and not (chunk.isascii() and not decoder.getstate()[0]):
            try:
                decoder.decode(chunk)
            except UnicodeDecodeError as reason:
                raise _wrong_encoding(shown, counter, reason) from None
        counter.take(text)
        seen += len(chunk)
    if decoder is not None and decoder.getstate()[0]:
        raise InputFileError.at(shown, "ends in the middle of a character")
    if wide:
        return Facts(digest.hexdigest(), -1, odd=True)
    odd = decoder is None or counter.odd
    return Facts(
        digest.hexdigest(), counter.records, odd, counter.lone_cr, counter.blank
    )


class _RecordCounter:
    """Counts line ends that stand outside quotes, a chunk of bytes at a time."""

    def __init__(self, quote: str) -> None:
        self._quote = quote.encode("latin-1", "replace")[:1]
        self._inside = False
        self._open = False
        self._tail = b""
        self.ends = 0
        self.lines = 0
        self.odd = False
        self.lone_cr = False
        self.blank = False

    @property
    def records(self) -> int:
        """Give the number of records so far, an unfinished last one included."""
        return self.ends + (1 if self._open else 0)

    def take(self, chunk: bytes) -> None:
        """Count on through the next bytes of the file."""
        if not chunk:
            return
        seam = self._tail + chunk[:2]
        self._tail = chunk[-2:]
        self.lone_cr = self.lone_cr or _lone_cr(chunk)
        self.odd = self.odd or self.lone_cr or _odd(seam) or _odd(chunk)
        breaks = chunk.count(b"\n")
        self.lines += breaks
        between = self.ends > 0 and not self._open
        self.blank = self.blank or (between and chunk.startswith((b"\n", b"\r\n")))
        quoted = self._quote and self._quote in chunk
        if not quoted:
            if not self._inside:
                self.ends += breaks
                self.blank = self.blank or b"\n\n" in chunk or b"\n\r\n" in chunk
            elif breaks:
                self.odd = True
        else:
            ends, self._inside = record_ends(chunk, self._quote, self._inside)
            self.ends += len(ends)
            self.blank = self.blank or _any_blank(chunk, ends)
            self.odd = self.odd or len(ends) < breaks
        self._open = not chunk.endswith(b"\n") or self._inside


def record_ends(chunk: bytes, quote: bytes, inside: bool) -> tuple[Ends, bool]:
    """Give where records end in the next bytes of a file, and how it goes on.

    ``inside`` tells whether the bytes begin within quotes; the answer's second
    half tells whether they end so. An end is the place of its line feed.
    """
    cells = np.frombuffer(chunk, np.uint8)
    lines = np.flatnonzero(cells == 10)
    if not quote or (quote not in chunk and not inside):
        return lines, False
    quotes = np.flatnonzero(cells == quote[0])
    before = np.searchsorted(quotes, lines) + int(inside)
    return lines[before % 2 == 0], bool((len(quotes) + int(inside)) % 2)


def _any_blank(chunk: bytes, ends: Ends) -> bool:
    """Tell whether nothing stands between two of these ends of records."""
    gaps = np.diff(ends)
    if (gaps == 1).any():
        return True
    near = ends[1:][gaps == 2]
    return bool((np.frombuffer(chunk, np.uint8)[near - 1] == 13).any())


def _odd(text: bytes) -> bool:
    """Tell whether UTF-8 text may hold white space that is no blank in a cell."""
    return any(mark[:1] in text and mark in text for mark in _ODD)


def _lone_cr(text: bytes) -> bool:
    return b"\r" in text and text.count(b"\r") != text.count(b"\r\n")


def _wrong_encoding(
    shown: str, counter: _RecordCounter, reason: UnicodeDecodeError
) -> InputFileError:
    line = counter.lines + reason.object.count(b"\n", 0, reason.start) + 1
    return InputFileError(
        Problem(
            f"{shown}:{line}",
            "holds bytes that are not UTF-8",
            "declare the file's encoding, such as csv: {encoding: cp1252}",
        )
    )


def chunks(path: Path) -> Iterator[bytes]:
    """Give the bytes of a file, some megabytes at a time, no CR LF torn apart."""
    with path.open("rb") as file:
        while chunk := file.read(CHUNK):
            yield chunk + file.read(1) if chunk.endswith(b"\r") else chunk


def is_utf8(encoding: str) -> bool:
    """Tell whether an encoding is UTF-8 or a part of it."""
    return codecs.lookup(encoding).name in ("utf-8", "utf-8-sig", "ascii")
