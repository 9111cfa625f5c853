"""A list that is larger than its importer takes: several files, no row torn."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from regpipe.errors import DataError
from regpipe.formats import Split

BLOCK = 1 << 20


@dataclass(frozen=True)
class Piece:
    """Some rows of a file that follow each other: where they begin and end."""

    start: int
    end: int
    rows: int


def pieces(
    path: Path, rows: int, limit: Split, *, header: bool, place: str
) -> tuple[int, tuple[Piece, ...]]:
    """Give how long the header is, and the fewest pieces that keep the limit.

    ``path`` is CSV with LF whose quotes are doubled, and holds ``rows`` rows. Each
    piece is to have the header. A list of no rows is one piece.

    Raises DataError when a row does not fit into any file.
    """
    size = path.stat().st_size
    most = limit.rows or max(rows, 1)
    largest = limit.bytes or size
    if rows <= most and size <= largest:
        return 0, (Piece(0, size, rows),)
    found: list[Piece] = []
    head = start = end = count = number = 0
    with path.open("rb") as file:
        for record in _records(file):
            number += 1
            if header and number == 1:
                head = start = end = len(record)
                continue
            if head + len(record) > largest:
                raise DataError.at(
                    f"{place}: row {number}",
                    f"is larger than a file of {largest} bytes may be",
                    "see to the texts of that row, or allow larger files by 'split'",
                )
            if count and (count == most or head + end - start + len(record) > largest):
                found.append(Piece(start, end, count))
                start, count = end, 0
            end += len(record)
            count += 1
    return head, (*found, Piece(start, end, count))


def _records(lines: Iterable[bytes]) -> Iterator[bytes]:
    """Give the records of a CSV: a line end within quotes ends none."""
    kept: list[bytes] = []
    within = False
    for line in lines:
        within ^= line.count(b'"') % 2 == 1
        kept.append(line)
        if not within:
            yield b"".join(kept)
            kept.clear()
    if kept:
        yield b"".join(kept)


def cut(path: Path, head: int, parts: Sequence[tuple[Piece, Path]]) -> None:
    """Move all pieces but the first to files of their own, each with the header.

    ``parts`` are the pieces, in order, with the files that are to hold them; the
    first stays in ``path``, and the others are there already, empty.
    """
    with path.open("rb+") as file:
        header = file.read(head)
        for piece, other in parts[1:]:
            with other.open("rb+") as out:
                out.write(header)
                file.seek(piece.start)
                left = piece.end - piece.start
                while left and (block := file.read(min(left, BLOCK))):
                    out.write(block)
                    left -= len(block)
        file.truncate(parts[0][0].end)
