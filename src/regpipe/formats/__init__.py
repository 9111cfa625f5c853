"""The formats of lists, as data: one YAML file per target, nothing in code.

What a target's file says is told in docs/exports.md.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cache
from importlib.resources import files
from io import StringIO
from types import MappingProxyType
from typing import Any, Literal

SUFFIX = ".yaml"

SHAPES: Mapping[str, str] = MappingProxyType(
    {
        "country": "[A-Z]{2}",
        "email": r"[^@ \t\r\n\"(),:;<>\[\]\\.]+(\.[^@ \t\r\n\"(),:;<>\[\]\\.]+)*"
        r"@[^@ \t\r\n\"(),:;<>\[\]\\]+",
        "email_ascii": r"[!#-'*+\--9=?A-Z^-~]+@[^@ \t\r\n\"(),:;<>\[\]\\]+",
        "phone": r"\+[1-9][0-9]{6,14}",
    }
)
"""Patterns that a column's ``shape`` may name; the whole cell must match. They mean
the same to DuckDB, which writes the cells, and to Python, which checks them.
``email`` is a plain address of RFC 5322, without quotes and comments; ``phone`` is
E.164; ``country`` ISO 3166 alpha-2."""

_CONSENT = re.compile(
    r"consent\.([a-z][a-z0-9_]*)(?:\.(?!at$)([a-z][a-z0-9]*))?(\.at)?"
)


def consent_of(name: str) -> tuple[str, str, bool] | None:
    """Give the purpose and channel of a consent column, and whether it is its time.

    >>> consent_of("consent.newsletter.at"), consent_of("consent.news.sms")
    (('newsletter', 'email', True), ('news', 'sms', False))
    """
    found = _CONSENT.fullmatch(name)
    return (found[1], found[2] or "email", bool(found[3])) if found else None


ENCODINGS = ("utf-8", "utf-8-sig", "cp1252", "iso-8859-1", "iso-8859-15")
"""What a list may be written in: UTF-8, with a byte order mark or without, or a code
page of one byte a letter that is ASCII in its first half."""


@cache
def letters(encoding: str) -> str:
    """Give the pattern of the texts that an encoding can hold; blank for all.

    >>> re.fullmatch(letters("cp1252"), "Å€") is not None
    True
    >>> re.fullmatch(letters("cp1252"), "Ł") is None
    True
    """
    if encoding.startswith("utf-8"):
        return ""
    upper = bytes(range(128, 256)).decode(encoding, errors="ignore")
    return rf"[\x01-\x7F{upper}]*"


Repeated = Literal["", "out", "blank"]


@dataclass(frozen=True)
class Longest:
    """How long a text may be."""

    number: int
    unit: Literal["bytes", "characters"]

    def holds(self, text: str) -> bool:
        """Tell whether a text is short enough; bytes are those of UTF-8."""
        if self.unit == "bytes" and len(text) * 4 > self.number:
            return len(text.encode()) <= self.number
        return len(text) <= self.number


@dataclass(frozen=True)
class Split:
    """How large one file of a list may be; None is no limit."""

    rows: int | None = None
    bytes: int | None = None


@dataclass(frozen=True)
class ListColumn:
    """One column of a list's file: what it holds, how, and what the importer asks.

    It holds ``column`` of the customer view (or a consent, such as
    consent.newsletter), or the constant ``value``, or, under its key, each of
    ``within`` as JSON. ``ask`` is what a pipeline must fill it with.
    ``extra`` ones are written when they are asked for. ``words`` are those for
    yes and no, ``time`` a strftime format. ``only_with``: blank where all of
    these columns are.

    Of a list, ``between`` stands between the parts and ``around`` around each;
    ``apart``: parts that could not be told apart again are left out; none is
    longer than ``each``, and ``single`` takes one part only.

    The importer refuses a row whose ``required`` cell is blank, and a cell that
    is too long or does not match. Where two rows have the same cell the second
    is left ``out``, or its cell is ``blank``.
    """

    header: str
    column: str | None = None
    value: str | None = None
    within: tuple[tuple[str, ListColumn], ...] = ()
    ask: str = ""
    extra: bool = False
    required: bool = False
    repeated: Repeated = ""
    longest: Longest | None = None
    matches: str = ""
    words: tuple[str, str] = ("true", "false")
    time: str = ""
    between: str = ", "
    apart: bool = False
    around: str = ""
    each: Longest | None = None
    single: bool = False
    countries: Literal["codes", "names"] = "codes"
    only_with: tuple[str, ...] = ()
    encoding: str = "utf-8"

    @property
    def asked(self) -> bool:
        """Tell whether a pipeline must say what the column holds."""
        return bool(self.ask) and self.column is None and self.value is None


@dataclass(frozen=True)
class RefusalFile:
    """A file of addresses that a list tool must not mail, of these reasons."""

    name: str
    of: tuple[str, ...]
    columns: tuple[ListColumn, ...]


@dataclass(frozen=True)
class Target:
    """How a list is written, and what its importer demands.

    ``formulas``: harmless where a cell that a spreadsheet would take for a
    formula gets one apostrophe in front. ``header``: whether there is one;
    without it columns are named by their numbers. ``exact``: the importer knows
    these headers only. ``others`` is what becomes of a column it does not know:
    its ``own`` name is its header, or that in ``upper`` case, or it goes into
    the JSON column called ``rest``; blank where it is refused. Of each of
    ``one_of``, headers, one must be filled in; of each of ``needs``, columns or
    what they begin with, one must be written. A target without ``columns``
    takes all there are and demands nothing. ``lacks`` is what it cannot say.
    """

    name: str
    about: str
    unverified: str
    lacks: str
    delimiter: str
    encoding: str
    formulas: Literal["harmless", "verbatim"]
    header: bool
    exact: bool
    others: Literal["", "own", "upper", "json"]
    rest: str
    columns: tuple[ListColumn, ...]
    one_of: tuple[tuple[str, ...], ...]
    needs: tuple[str, ...]
    split: Split
    refusals: tuple[RefusalFile, ...]
    own: ListColumn

    @property
    def harmless(self) -> bool:
        """Tell whether formulas are made harmless."""
        return self.formulas == "harmless"

    @property
    def checked(self) -> bool:
        """Tell whether what is written is held against rules."""
        return bool(self.columns)


def target_names() -> tuple[str, ...]:
    """Give the names of the targets there are, sorted."""
    folder = files("regpipe.formats").joinpath("targets")
    found = (entry.name for entry in folder.iterdir())
    return tuple(
        sorted(name.removesuffix(SUFFIX) for name in found if name.endswith(SUFFIX))
    )


def target_text(name: str) -> str:
    """Give a target as it is written."""
    file = files("regpipe.formats").joinpath("targets", name + SUFFIX)
    return file.read_text("utf-8")


@cache
def target(name: str) -> Target:
    """Give a target by its name, which is one of ``target_names``."""
    return target_of(name, target_text(name))


def target_of(name: str, text: str) -> Target:
    """Give the target that a text in YAML 1.2 declares.

    Raises KeyError, TypeError or ValueError where the text declares none.
    """
    from ruamel.yaml import YAML

    said: dict[str, Any] = YAML(typ="safe").load(StringIO(text))
    own = ListColumn(
        header="",
        words=_pair(said.pop("flags")),
        between=str(said.pop("between")),
        apart="columns" in said,
        longest=_longest(said.pop("longest", None)),
    )
    made = Target(
        name=name,
        about=str(said.pop("about")),
        unverified=str(said.pop("unverified", "")),
        lacks=str(said.pop("lacks", "")),
        delimiter=str(said.pop("delimiter")),
        encoding=str(said.pop("encoding", "utf-8")),
        formulas="verbatim" if said.pop("formulas") == "verbatim" else "harmless",
        header=bool(said.pop("header", True)),
        exact=bool(said.pop("exact", False)),
        others=said.pop("others", ""),
        rest=str(said.pop("rest", "")),
        columns=_columns(said.pop("columns", {}), own),
        one_of=tuple(tuple(map(str, each)) for each in said.pop("one_of", ())),
        needs=tuple(map(str, said.pop("needs", ()))),
        split=Split(**said.pop("split", {})),
        refusals=tuple(
            RefusalFile(str(key), tuple(its["of"]), _columns(its["columns"], own))
            for key, its in said.pop("refusals", {}).items()
        ),
        own=own,
    )
    if said:
        raise ValueError(f"a target says nothing of {', '.join(said)}")
    return made


def _columns(said: Mapping[Any, Any], own: ListColumn) -> tuple[ListColumn, ...]:
    return tuple(
        _column(str(header), dict(its) if isinstance(its, dict) else {"from": its}, own)
        for header, its in said.items()
    )


_PLAIN = frozenset(
    {
        *("value", "ask", "extra", "required", "repeated", "matches", "time"),
        *("between", "around", "single", "countries"),
    }
)


def _column(header: str, its: dict[str, Any], own: ListColumn) -> ListColumn:
    """Give a column as a target's file says it, upon what all its columns share."""
    more: dict[str, Any] = {key: its.pop(key) for key in _PLAIN & its.keys()}
    if "shape" in its:
        more["matches"] = SHAPES[its.pop("shape")]
    for key in ("longest", "each"):
        if key in its:
            more[key] = _longest(its.pop(key))
    if "words" in its:
        more["words"] = _pair(its.pop("words"))
    more["only_with"] = tuple(map(str, its.pop("with", ())))
    column = its.pop("from", None)
    if its:
        raise ValueError(f"a column says nothing of {', '.join(its)}")
    return replace(own, header=header, column=column, **more)


def _pair(words: Any) -> tuple[str, str]:
    yes, no = words
    return str(yes), str(no)


def _longest(text: str | None) -> Longest | None:
    """Read '255 bytes'."""
    if text is None:
        return None
    number, unit = text.split()
    if unit not in ("bytes", "characters"):
        raise ValueError(f"a length is bytes or characters, not {unit}")
    return Longest(int(number), "bytes" if unit == "bytes" else "characters")
