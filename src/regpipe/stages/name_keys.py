"""Keys of names: what two spellings of one name have in common.

The cells that ``sql.name_cells`` calls plain have their keys in SQL, and the same
ones; all others are asked for here, each once.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from functools import cache

from regpipe.formats.name_words import NameWords, name_words

LONGEST = 100
"""Letters of a key: nobody is told apart by more."""

_LETTERS = str.maketrans(
    {
        **dict(zip("øłđðħŧıĸёə", "olddhtikеa", strict=True)),
        **dict(zip("æœþŋ", ("ae", "oe", "th", "ng"), strict=True)),
        "ـ": "",  # the line by which Arabic words are drawn out
    }
)
"""Letters that no decomposition folds, and what they become."""

_VOWEL_SIGNS = re.compile("[\u0591-\u05c7\u064b-\u065f\u0670]")
"""Points of Hebrew and Arabic, which few people write."""

_ACCENTS = re.compile("[\u0300-\u036f]")
_APART = re.compile(r"[\s\u200b\ufeff_\u2010-\u2015-]+")


@dataclass(frozen=True)
class NameCell:
    """What a cell of a name says: the key of the name it is for, and of the other.

    ``other`` is known where the cell held both, as 'Last, First'; ``suffix`` is jr,
    sr, ii, iii or iv. No name at all where the cell holds none.
    """

    key: str | None = None
    other: str | None = None
    suffix: str | None = None


def first_cell(text: str) -> NameCell:
    """Give what a cell of first names says.

    >>> first_cell("Berg, Anna von")
    NameCell(key='anna', other='berg', suffix=None)
    """
    return _cell(text, first=True)


def last_cell(text: str) -> NameCell:
    """Give what a cell of a surname says.

    >>> last_cell("von Berg Jr.")
    NameCell(key='berg', other=None, suffix='jr')
    """
    return _cell(text, first=False)


def folded(text: str) -> str:
    """Give a text without case and without the accents of letters that have them.

    Marks that make another letter (of Indic scripts, of kana, of Cyrillic) stay.

    >>> folded("Sørensen"), folded("ΕΛΈΝΗΣ"), folded("İstanbul"), folded("Groß")
    ('sorensen', 'ελενησ', 'istanbul', 'gross')
    """
    if text.isascii():
        return text.lower()
    plain = unicodedata.normalize("NFKC", text).casefold().translate(_LETTERS)
    bare = "".join(
        _unaccented(letter) for letter in unicodedata.normalize("NFC", plain)
    )
    return unicodedata.normalize("NFC", _VOWEL_SIGNS.sub("", bare)).translate(_LETTERS)


def _unaccented(letter: str) -> str:
    if letter.isascii():
        return letter
    if unicodedata.category(letter) == "Mn" and _ACCENTS.fullmatch(letter):
        return ""
    parts = unicodedata.normalize("NFD", letter)
    if parts[0].isascii() or "\u0370" <= parts[0] <= "\u03ff":
        return _ACCENTS.sub("", parts)
    return letter


def _cell(text: str, *, first: bool) -> NameCell:
    if "@" in text:
        return NameCell()
    known = _known()
    plain = folded(text[: 10 * LONGEST])
    whole = " ".join(_words(plain))
    if plain.strip() in known.placeholders or whole in known.placeholders:
        return NameCell()
    left, comma, right = plain.partition(",")
    behind = _words(right)
    if comma and behind and (len(behind) > 1 or behind[0] not in known.suffixes):
        own, other = (right, left) if first else (left, right)
        inner, beside = _one(own, first=first), _one(other, first=not first)
        return NameCell(inner.key, beside.key, inner.suffix or beside.suffix)
    return _one(plain, first=first)


def _one(plain: str, *, first: bool) -> NameCell:
    """Give what folded text says that holds one name."""
    known, words, suffix = _known(), _words(plain), None
    while words and words[0] in known.titles:
        words.pop(0)
    if len(words) > 1 and words[-1] in known.suffixes:
        suffix = known.suffixes[words.pop()]
    while first and len(words) > 1 and words[-1] in known.behind:
        words.pop()
    while not first and len(words) > 1 and words[0] in known.particles:
        words.pop(0)
    return NameCell("".join(words)[:LONGEST] or None, None, suffix)


def _words(plain: str) -> list[str]:
    """Give the words of folded text, each without what is no letter or digit."""
    found = ("".join(filter(_tells, word)) for word in _APART.split(plain))
    return [word for word in found if word]


def _tells(letter: str) -> bool:
    return letter.isalnum() or unicodedata.category(letter)[0] == "M"


@cache
def _known() -> NameWords:
    """Give the words known in names, folded as the names are."""
    known = name_words()
    return NameWords(
        frozenset(map(folded, known.particles)),
        frozenset(map(folded, known.behind)),
        frozenset(map(folded, known.titles)),
        {folded(spelled): suffix for spelled, suffix in known.suffixes.items()},
        frozenset(map(folded, known.placeholders)),
    )
