"""Extract: settle how a file is to be read, and count its records.

Nothing is left to the engine to guess: encoding and dialect are declared or found
out here, the header is read here, and the records are counted from the bytes
themselves, so that what the engine loads can be held against them.
"""

from __future__ import annotations

import codecs
import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from itertools import chain
from pathlib import Path

from regpipe.engine.protocol import TextFile
from regpipe.errors import InputFileError, PipelineError, Problem, nearest
from regpipe.spec import Csv, Source
from regpipe.stages.careful import ADDED, rectangular
from regpipe.stages.counting import Facts, chunks, count, is_utf8
from regpipe.stages.dialect import find_dialect
from regpipe.stages.encoding import UTF8, Encoding, find_encoding, mark_of
from regpipe.stages.recognise import wrong_kind
from regpipe.stages.wanted import Wanted, called_in, items_in, numbered_up_to

SECRET = re.compile(
    r"passw|passord|passphrase|lösenord|losenord|kennwort|wachtwoord|adgangskode"
    r"|salasana|mot.?de.?passe|has[lł]o|contraseña|contrasena|senha|passwd"
    r"|(?<![a-z])(pass|pwd|hash|salt|token|secret)(?![a-z])",
    re.IGNORECASE,
)
"""Names of columns that hold passwords, hashes or tokens: they do not enter."""


HINTS = 3
"""Columns of known exports by which a record is taken for the header of one."""


@dataclass(frozen=True)
class Delivery:
    """One file of a source, as it is to be read.

    ``header`` are the columns as the file names them, ``text.columns`` as the
    pipeline does. ``records`` counts the records that are not blank;
    ``first_row`` is the row number of the first. ``secret`` names the columns that
    were dropped, ``unread`` those nobody maps. ``careful`` tells that the text was
    rewritten: it then has the columns ``regpipe_row`` and ``regpipe_problem``.
    ``items`` is for how many items a row has numbered columns.
    ``odd`` tells that it may hold white space other than blanks within its cells,
    ``lone_cr`` that its lines may end in more ways than one, ``blank_lines`` that
    some are empty. ``skip`` counts the
    records above the header, ``blank_rows`` are the row numbers of blank records,
    sorted: they are left out of a text that was rewritten. ``named`` is what the
    file's name says of its rows. ``replayed`` names the table that says of each row
    which reject it mends, where they are mended ones.
    """

    source: str
    path: Path
    file: str
    delimiter: str
    sha256: str
    delivered_at: datetime
    records: int
    first_row: int
    text: TextFile
    header: tuple[str, ...]
    secret: tuple[str, ...]
    unread: tuple[str, ...]
    items: int = 0
    odd: bool = True
    lone_cr: bool = False
    blank_lines: bool = False
    skip: int = 0
    encoding: Encoding = UTF8
    careful: bool = False
    named: tuple[str, ...] = ()
    blank_rows: Sequence[int] = ()
    replayed: str = ""

    @property
    def regular(self) -> bool:
        """Tell whether the file may be read the fast way: nothing speaks against it.

        Where lines may end in several ways, or are blank, two counts can agree that
        are both wrong: the engine passes blank lines by, and finds records where a
        quote within a cell hides them from the count.
        """
        odd = self.lone_cr or self.blank_lines or self.skip or self.careful
        return not odd

    @property
    def kept(self) -> tuple[str, ...]:
        """Give the columns whose text may be kept: all but the secret ones."""
        return tuple(name for name in self.header if name not in self.secret)

    @property
    def kept_columns(self) -> tuple[str, ...]:
        """Give the same columns by the names that the pipeline has for them."""
        called = dict(zip(self.header, self.text.columns, strict=False))
        return tuple(called[name] for name in self.kept)


def extract(
    source: str,
    path: Path,
    shown: str,
    csv: Csv,
    wanted: Sequence[Wanted],
    scratch: Path,
    hints: Sequence[Wanted] = (),
    kind_of: Source | None = None,
) -> Delivery:
    """Settle how ``path`` is read: its text as UTF-8, its columns, its records.

    ``wanted`` are the columns that the pipeline reads; ``hints`` take their place
    where nobody knows them, and only some of them are enough to know a header.
    ``scratch`` is a folder for a decoded copy where the file is not UTF-8. ``kind_of``
    is the source for which it must not be of another kind.

    Raises InputFileError when the file is empty, is not in the declared
    encoding, lacks a mapped column or is of another kind.
    """
    try:
        before = path.stat()
        delivered = datetime.fromtimestamp(before.st_mtime, UTC)
        encoding, facts = _settled(path, shown, csv)
        text = path
        if not is_utf8(encoding.name):
            text = scratch / f"{source}-{facts.sha256[:16]}.utf8.csv"
            _decode(path, shown, text, encoding.name)
        if facts.records < 0:
            again = count(text, shown, "utf-8", csv.quote)
            facts = replace(again, sha256=facts.sha256)
        after = path.stat()
    except PermissionError as reason:
        raise InputFileError.at(shown, "may not be read") from reason
    if (before.st_size, before.st_mtime_ns) != (after.st_size, after.st_mtime_ns):
        raise InputFileError.at(
            shown, "changes while it is read", "wait until it is finished, then run"
        )
    dialect = find_dialect(text, csv, hints or wanted, HINTS if hints else 1)
    names = unique(dialect.first, csv.header)
    if not names:
        raise InputFileError.at(
            shown, "is empty", "look whether the export finished, then run again"
        )
    items = items_in(names, wanted)
    wanted = numbered_up_to(wanted, items or 1)
    secret = tuple(name for name in names if is_secret(name))
    called = called_in(names, wanted)
    absent = tuple(w.name for w in wanted if w.name not in called.values())
    missing = [w.name for w in wanted if w.name in absent and not w.optional]
    mapped = [name for name in secret if name in called]
    if kind_of is not None and csv.header:
        other = wrong_kind(shown, names, source, kind_of)
        if other is not None:
            raise InputFileError(other)
    _check_columns(shown, names, missing, len(wanted), mapped)
    file = TextFile(
        text,
        tuple(called.get(name, name) for name in names),
        dialect.delimiter,
        csv.quote,
        csv.header,
        absent=absent,
    )
    above = dialect.skip + int(csv.header)
    return Delivery(
        source=source,
        path=path,
        file=shown,
        delimiter=dialect.delimiter,
        sha256=facts.sha256,
        delivered_at=delivered.replace(tzinfo=None),
        records=facts.records - above,
        first_row=above + 1,
        text=file,
        header=names,
        secret=secret,
        unread=tuple(n for n in names if n not in called and n not in secret),
        items=items,
        odd=facts.odd,
        lone_cr=facts.lone_cr,
        blank_lines=facts.blank,
        skip=dialect.skip,
        encoding=encoding,
    )


def _settled(path: Path, shown: str, csv: Csv) -> tuple[Encoding, Facts]:
    """Give the encoding of a file, and what its bytes say.

    Most files are UTF-8: that is tried first, while the records are counted.
    """
    if csv.encoding is not None:
        found = Encoding(csv.encoding, "declared")
        return found, count(path, shown, csv.encoding, csv.quote)
    with path.open("rb") as file:
        marked = mark_of(file.read(4))
    if marked is None:
        try:
            return UTF8, count(path, shown, "utf-8", csv.quote)
        except InputFileError:
            judged = find_encoding(path)
            if judged is None:
                raise
    else:
        judged = Encoding(marked, "mark")
    return judged, count(path, shown, judged.name, csv.quote)


def carefully(delivery: Delivery, scratch: Path) -> Delivery:
    """Read the file again record by record, and write it out rectangular.

    Gives a delivery whose text has every record: those that do not fit the
    header carry a problem, blank ones are left out and counted.

    Raises InputFileError when the last record is cut off.
    """
    target = scratch / f"{delivery.source}-{delivery.sha256[:16]}.rectangular.csv"
    found = rectangular(delivery.text, target, delivery.skip, delivery.secret)
    if found.cut:
        raise InputFileError.at(
            delivery.file,
            "ends in the middle of a record",
            "look whether it is still being written; if it is whole, end its last line",
        )
    return replace(
        delivery,
        text=TextFile(
            target,
            (*delivery.text.columns, *ADDED),
            ",",
            '"',
            longest=found.longest,
            absent=delivery.text.absent,
        ),
        records=found.records,
        blank_rows=found.blank,
        careful=True,
    )


def is_secret(column: str) -> bool:
    """Tell whether a column's name is that of a password, a hash or a token.

    >>> [is_secret(name) for name in ("passwordHash", "reset_token", "Hashtags")]
    [True, True, False]
    """
    return SECRET.search(re.sub(r"(?<=[a-z])(?=[A-Z])", " ", column)) is not None


def unique(cells: Sequence[str], header: bool) -> tuple[str, ...]:
    """Give column names without repeats: ``Name``, ``Name_2``; blank: ``column_3``.

    >>> unique(["Name", "name", ""], True)
    ('Name', 'name_2', 'column_3')
    >>> unique(["a", "b"], False)
    ('1', '2')
    """
    if not header:
        return tuple(str(i) for i, _ in enumerate(cells, 1))
    names: list[str] = []
    taken: set[str] = set()
    for place, cell in enumerate(cells, 1):
        plain = " ".join(cell.split()) or f"column_{place}"
        name, times = plain, 1
        while name.lower() in taken:
            times += 1
            name = f"{plain}_{times}"
        taken.add(name.lower())
        names.append(name)
    return tuple(names)


def _decode(path: Path, shown: str, target: Path, encoding: str) -> None:
    """Write a file's text as UTF-8, line ends as they are.

    Raises InputFileError at the first bytes that the encoding does not have.
    """
    decoder = codecs.getincrementaldecoder(encoding)()
    lines = 1
    with target.open("w", encoding="utf-8", newline="") as out:
        for chunk in chain(chunks(path), (b"",)):
            try:
                text = decoder.decode(chunk, final=not chunk)
            except UnicodeDecodeError as reason:
                line = lines + reason.object[: reason.start].count(b"\n")
                raise InputFileError.at(
                    f"{shown}:{line}",
                    f"holds bytes that {encoding} does not have",
                    "declare the encoding that the file was written in",
                ) from None
            lines += text.count("\n")
            out.write(text)


def _check_columns(
    shown: str,
    names: Sequence[str],
    missing: Sequence[str],
    wanted: int,
    secret: Sequence[str],
) -> None:
    """Refuse a file that lacks columns, or of which a secret one is wanted."""
    if missing:
        problems = []
        for column in missing:
            like = nearest(column, names)
            hint = f"did you mean {like!r}?" if like else None
            problems.append(Problem(shown, f"has no column {column!r}", hint))
        if len(missing) == wanted:
            what = f"the header names none of the {wanted} mapped columns"
            hint = "look whether the first record is the header, and at the delimiter"
            problems = [Problem(shown, what, hint)]
        raise InputFileError(*problems)
    if secret:
        raise PipelineError(
            *(
                Problem(shown, f"column {column!r} looks like a password or token")
                for column in secret
            )
        )
