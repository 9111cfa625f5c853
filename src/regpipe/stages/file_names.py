"""The names of the files that lists are written to."""

from __future__ import annotations

import hashlib
import unicodedata
from collections.abc import Mapping

LONGEST = 100
"""Bytes (UTF-8) that a group's name may have in a file name."""

_MARK = 6
"""Letters of the mark that tells names apart."""

_NEVER = frozenset('/\\:*?"<>|')

_RESERVED = frozenset(
    {
        *("con", "prn", "aux", "nul", "conin$", "conout$"),
        *(f"{port}{number}" for port in ("com", "lpt") for number in "0123456789¹²³"),
    }
)
"""Names that are devices on Windows, whatever follows after a dot."""


def file_names(groups: Mapping[str, str]) -> dict[str, str]:
    """Give each group, by its key, a name that is safe and unique in any folder.

    The name is the group's own where that will do. It is safe on any system: no
    separators, control characters, devices, dots or spaces at its ends, at most
    ``LONGEST`` bytes. Names that a file system could take for one another (case,
    Unicode forms) get a mark made of the key. So a group has the same name
    whatever other groups there are, unless one of them has nearly that name.
    """
    names = {key: _safe(name) for key, name in groups.items()}
    marked: set[str] = set()
    while twins := _twins(names) - marked:
        marked |= twins
        for key in twins:
            names[key] = _shortened(names[key], _mark(key, _MARK))
    if rest := _twins(names):
        names |= {key: _mark(key, 64) for key in rest}
    return names


def _safe(name: str) -> str:
    """Give the name with what is unsafe in it replaced.

    >>> _safe("B/C "), _safe("con.fig"), _safe(".."), _safe("Återförsäljare")
    ('B_C', 'con_.fig', '_', 'Återförsäljare')
    """
    whole = unicodedata.normalize("NFC", name)
    plain = "".join(_letter(letter) for letter in whole).strip().rstrip(". ")
    if plain.startswith("."):
        plain = "_" + plain.lstrip(".")
    first, dot, rest = plain.partition(".")
    if first.rstrip().casefold() in _RESERVED:
        plain = f"{first.rstrip()}_{dot}{rest}"
    if len(plain.encode()) > LONGEST:
        plain = _shortened(plain, _mark(name, _MARK))
    return plain or "_"


def _letter(letter: str) -> str:
    if letter in _NEVER:
        return "_"
    kind = unicodedata.category(letter)
    if kind in ("Cc", "Cf", "Cs"):
        return "_"
    return " " if kind.startswith("Z") else letter


def _shortened(name: str, mark: str) -> str:
    """Give the name with a mark at its end, within ``LONGEST`` bytes."""
    room = LONGEST - len(mark) - 1
    kept = name.encode()[:room].decode(errors="ignore").rstrip(". ")
    return f"{kept}-{mark}"


def _mark(text: str, letters: int) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:letters]


def _twins(names: Mapping[str, str]) -> set[str]:
    """Give the keys whose names a file system could take for one another."""
    seen: dict[str, list[str]] = {}
    for key, name in names.items():
        seen.setdefault(folded(name), []).append(key)
    return {key for keys in seen.values() if len(keys) > 1 for key in keys}


def folded(name: str) -> str:
    """Give a name as the most forgiving file system compares it."""
    plain = unicodedata.normalize("NFKC", name).upper().casefold()
    return unicodedata.normalize("NFKC", plain)
