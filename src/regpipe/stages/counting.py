"""Counting: what the bytes of a file say of it, before anybody parses them."""

from __future__ import annotations

import codecs
import hashlib
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TypeAlias

import numpy as np

from regpipe.errors import InputFileError, Problem

CHUNK = 1 << 20
"""Bytes looked at in one go: few enough that what is made of them stays in place."""

Ends: TypeAlias = np.ndarray[tuple[int], np.dtype[np.intp]]
_PLAIN = (b"\t", b"\f", b"\v")
_ODD = (*_PLAIN, *(c.encode() for c in "\u00a0\u2007\u200b\u202f\ufeff"))
"""White space that is no blank; each is looked for by its first byte, which is rare."""


@dataclass(frozen=True)
class Facts:
    """What is known of a file before it is parsed.

    ``records`` is -1 where the bytes do not tell (UTF-16); ``odd`` tells that cells
    may hold white space that is no blank, ``lone_cr`` that a carriage return
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

    A large file is gone over by two threads, one for the records and one for the
    letters, which for the most part do not keep each other waiting.

    Raises InputFileError where ``encoding`` is UTF-8 and the bytes are not.
    """
    if not _bytes_tell(encoding):
        return Facts(_summed(path, None), -1, odd=True)
    records = _Records(quote)
    letters = _Letters(path, shown, utf8=is_utf8(encoding))
    if path.stat().st_size <= CHUNK:
        sha256 = _summed(path, records)
        letters.take_all()
    else:
        with ThreadPoolExecutor(1) as pool:
            summed = pool.submit(_summed, path, records)
            letters.take_all()
            sha256 = summed.result()
    return Facts(
        sha256=sha256,
        records=records.number,
        odd=letters.odd or records.quoted_ends,
        lone_cr=letters.lone_cr,
        blank=records.blank,
    )


def _summed(path: Path, records: _Records | None) -> str:
    """Give the checksum of a file, and count its records on the way."""
    digest = hashlib.sha256()
    for chunk in chunks(path):
        digest.update(chunk)
        if records is not None:
            records.take(chunk)
    return digest.hexdigest()


class _Records:
    """Counts line ends that stand outside quotes, a chunk of bytes at a time."""

    def __init__(self, quote: str) -> None:
        self._quote = quote.encode("latin-1", "replace")[:1]
        self._inside = False
        self._open = False
        self._ends = 0
        self.quoted_ends = False
        self.blank = False

    @property
    def number(self) -> int:
        """Give the number of records so far, an unfinished last one included."""
        return self._ends + (1 if self._open else 0)

    def take(self, chunk: bytes) -> None:
        """Count on through the next bytes of the file, which are not empty."""
        lines, ends, inside = _ends_in(chunk, self._quote, self._inside)
        between = self._ends > 0 and not self._open
        self.blank = (
            self.blank
            or (between and chunk.startswith((b"\n", b"\r\n")))
            or _any_blank(chunk, ends)
        )
        self.quoted_ends = self.quoted_ends or len(ends) < lines
        self._ends += len(ends)
        self._inside = inside
        self._open = not chunk.endswith(b"\n") or inside


class _Letters:
    """Looks whether bytes are UTF-8, and for white space that is no blank."""

    def __init__(self, path: Path, shown: str, *, utf8: bool) -> None:
        self._path = path
        self._shown = shown
        self._decoder = codecs.getincrementaldecoder("utf-8")() if utf8 else None
        self._seen = 0
        self._tail = b""
        self._odd = not utf8
        self.lone_cr = False

    @property
    def odd(self) -> bool:
        """Tell whether cells may hold white space that is no blank."""
        return self._odd or self.lone_cr

    def take_all(self) -> None:
        """Look at the whole file."""
        for chunk in chunks(self._path):
            self._take(chunk)
        if self._decoder is not None and self._decoder.getstate()[0]:
            raise InputFileError.at(self._shown, "ends in the middle of a character")

    def _take(self, chunk: bytes) -> None:
        decoder = self._decoder
        plain = chunk.isascii()
        if decoder is not None and not (plain and not decoder.getstate()[0]):
            try:
                decoder.decode(chunk)
            except UnicodeDecodeError as reason:
                left = len(reason.object) - len(chunk)
                place = self._seen - left + reason.start
                raise _wrong_encoding(self._path, self._shown, place) from None
        self.lone_cr = self.lone_cr or _lone_cr(chunk)
        if not self._odd:
            seam = self._tail + chunk[:2]
            self._odd = _odd(seam, plain=False) or _odd(chunk, plain=plain)
        self._tail = chunk[-2:]
        self._seen += len(chunk)


def record_ends(chunk: bytes, quote: bytes, inside: bool) -> tuple[Ends, bool]:
    """Give where records end in the next bytes of a file, and how it goes on.

    ``inside`` tells whether the bytes begin within quotes; the answer's second
    half tells whether they end so. An end is the place of its line feed.
    """
    _, ends, goes_on = _ends_in(chunk, quote, inside)
    return ends, goes_on


def _ends_in(chunk: bytes, quote: bytes, inside: bool) -> tuple[int, Ends, bool]:
    """Give the number of line feeds, those that end records, and if quotes go on."""
    cells = np.frombuffer(chunk, np.uint8)
    lines = np.flatnonzero(cells == 10)
    if not quote or (quote not in chunk and not inside):
        return len(lines), lines, False
    quotes = np.flatnonzero(cells == quote[0])
    before = np.searchsorted(quotes, lines) + int(inside)
    ends = lines[before % 2 == 0]
    return len(lines), ends, bool((len(quotes) + int(inside)) % 2)


def _any_blank(chunk: bytes, ends: Ends) -> bool:
    """Tell whether nothing stands between two of these ends of records."""
    gaps = np.diff(ends)
    if (gaps == 1).any():
        return True
    near = ends[1:][gaps == 2]
    return bool((np.frombuffer(chunk, np.uint8)[near - 1] == 13).any())


def _odd(text: bytes, *, plain: bool) -> bool:
    """Tell whether UTF-8 text may hold white space that is no blank in a cell.

    ``plain`` tells that it is ASCII alone.
    """
    return any(
        mark[:1] in text and mark in text for mark in (_PLAIN if plain else _ODD)
    )


def _lone_cr(text: bytes) -> bool:
    return b"\r" in text and text.count(b"\r") != text.count(b"\r\n")


def _wrong_encoding(path: Path, shown: str, place: int) -> InputFileError:
    """Say in which line the byte at ``place`` is not UTF-8."""
    line, seen = 1, 0
    for chunk in chunks(path):
        line += chunk.count(b"\n", 0, max(place - seen, 0))
        seen += len(chunk)
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


@cache
def _bytes_tell(encoding: str) -> bool:
    """Tell whether line ends and quotes can be found in the bytes of an encoding.

    They can in UTF-8, and where each byte is a character and those of ASCII are
    their own: not in UTF-16 or EBCDIC, nor where a later byte of a character may look
    like a quote, as in Shift JIS or ISO 2022.
    """
    if is_utf8(encoding):
        return True
    plain = bytes(range(128))
    decoder = codecs.lookup(encoding).incrementaldecoder
    try:
        if plain.decode(encoding) != plain.decode("ascii") or decoder is None:
            return False
    except UnicodeDecodeError:
        return False
    for byte in range(256):
        one = decoder("ignore")
        one.decode(bytes([byte]))
        if one.getstate()[0]:
            return False
    return True


def is_utf8(encoding: str) -> bool:
    """Tell whether an encoding is UTF-8 or a part of it."""
    return codecs.lookup(encoding).name in ("utf-8", "utf-8-sig", "ascii")
