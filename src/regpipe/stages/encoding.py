"""Encoding: in which one a file was written, and how sure that is.

A byte order mark tells, then what the pipeline file says, then whether the bytes are
UTF-8: text in another encoding almost never is. What is left are the code pages of
older systems. Which of them it was can only be judged by what the letters would be:
``Montréal`` and not ``Montr‚al``.
"""

from __future__ import annotations

import codecs
import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from charset_normalizer import from_bytes

from regpipe.stages.counting import chunks

Certainty = Literal["declared", "mark", "valid", "likely", "unsure"]
"""How an encoding is known: the pipeline file says it, a byte order mark does, the
bytes are valid UTF-8, or one code page fits the letters better than all others do,
or hardly better."""


@dataclass(frozen=True)
class Encoding:
    """An encoding by its Python name, how it is known, and what else might fit."""

    name: str
    certainty: Certainty
    others: tuple[str, ...] = ()


UTF8 = Encoding("utf-8", "valid")

MARKS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
"""Byte order marks; that of UTF-32 little-endian begins like that of UTF-16."""

_LATIN = {
    "French": "éèêëàâçôîïûùœ",
    "German": "äöüß",
    "Scandinavian": "åäöæøé",
    "Finnish, Estonian": "äöåõšž",
    "Spanish": "áéíóúñü",
    "Portuguese": "ãõáéíóúâêôçà",
    "Italian": "àèéìòù",
    "Dutch": "éëïöü",
    "Icelandic": "áéíóúýþæöð",
    "Polish": "ąćęłńóśźż",
    "Czech, Slovak": "áčďéěíňóřšťúůýžäľô",
    "Hungarian": "áéíóöőúüű",
    "Slovenian, Croatian": "čćđšž",
    "Romanian": "ăâîșțşţ",
    "Turkish": "çğıöşüâİ",
    "Baltic": "āčēģīķļņšūžąęėįųõäöü",
}
"""The letters beyond a to z of the languages of Europe that are written so."""

_CYRILLIC = re.compile(r"[Ѐ-ӿ]")
_GREEK = re.compile(r"[Ͱ-Ͽ]")

PAGES = (
    *("cp1252", "cp1250", "cp850", "mac_roman", "cp1254", "cp1257", "cp852"),
    *("iso8859_2", "iso8859_9", "cp437", "cp1251", "cp1253", "cp866", "koi8_r"),
)
"""The code pages looked at; on a tie the first, the commoner one, is taken."""

_BEYOND = re.compile(r"[^\x00-\x7f]")
_WORD = re.compile(rb"[A-Za-z\x80-\xff]*[\x80-\xff][A-Za-z\x80-\xff]*")
_ENOUGH = 4_000
"""Different words that are looked at: more say nothing new."""

_SAMPLE = 200_000
"""Bytes that are looked at for the encodings of East Asia."""

_ASIA = ("cp932", "gb18030", "big5", "cp949", "euc_jp")

_POOR = 0.5
"""A fit below which the file is likely to be of another part of the world."""

_CLEAR = 0.05
"""How much better than the next a code page must fit to be likely (0 to 1)."""


def mark_of(start: bytes) -> str | None:
    """Give the encoding whose byte order mark a file begins with; None without one."""
    return next((name for mark, name in MARKS if start.startswith(mark)), None)


def find_encoding(path: Path) -> Encoding | None:
    """Find out in which encoding a file is written; None for UTF-8 that is damaged.

    Reads the whole file, since its first bytes beyond ASCII may be its last.
    """
    words: Counter[bytes] = Counter()
    decoder = codecs.getincrementaldecoder("utf-8")("replace")
    sound = broken = 0
    sample = b""
    for number, chunk in enumerate(chunks(path)):
        wide = _wide(chunk) if not number else None
        if wide is not None:
            return Encoding(wide, "likely")
        text = decoder.decode(chunk)
        if chunk.isascii():
            continue
        sample = sample or chunk[:_SAMPLE]
        wrong = text.count("\ufffd")
        broken += wrong
        sound += len(_BEYOND.findall(text)) - wrong
        if len(words) < _ENOUGH:
            words.update(_WORD.findall(chunk))
    cut = bool(decoder.decode(b"", final=True))
    if not broken:
        return None if cut else UTF8
    if sound > broken:
        return None
    ranked = _ranked(words)
    if not ranked or ranked[0][0] < _POOR:
        asian = _of_asia(sample)
        if asian is not None:
            return asian
    return _judged(ranked)


def _wide(start: bytes) -> str | None:
    """Tell UTF-16 without a mark by the zeros in every other byte of its ASCII."""
    head = start[:2000]
    for name, zeros, letters in (
        ("utf-16-le", head[1::2], head[::2]),
        ("utf-16-be", head[::2], head[1::2]),
    ):
        if len(head) > 3 and zeros.count(0) > len(zeros) // 2 > letters.count(0) * 2:
            return name
    return None


def _of_asia(sample: bytes) -> Encoding | None:
    """Give the encoding of East Asia that a text is in; None where it is in none."""
    best = from_bytes(sample, cp_isolation=list(_ASIA), enable_fallback=False).best()
    if best is None or not best.alphabets or best.chaos > 0.1:
        return None
    asian = any(re.search("CJK|Kana|Hira|Hangul", a) for a in best.alphabets)
    return Encoding(best.encoding, "likely") if asian else None


def _ranked(words: Counter[bytes]) -> list[tuple[float, str]]:
    """Give how well each code page fits these words, the best first.

    ``words`` come with how often each stands. Pages that read every word alike are
    one: the first stands for them.
    """
    fits: dict[tuple[str, ...], tuple[float, str]] = {}
    for page in PAGES:
        texts = _texts(words, page)
        if texts is not None and texts not in fits:
            fits[texts] = (_fit(zip(texts, words.values(), strict=True)), page)
    return sorted(fits.values(), key=lambda fit: (-fit[0], PAGES.index(fit[1])))


def _judged(ranked: list[tuple[float, str]]) -> Encoding:
    """Give the code page that fits best; the commonest where none does."""
    if not ranked or ranked[0][0] <= 0:
        return Encoding(PAGES[0], "unsure", PAGES[1:4])
    best, page = ranked[0]
    near = tuple(other for fit, other in ranked[1:] if best - fit < _CLEAR)
    return Encoding(page, "unsure" if near else "likely", near)


def _texts(words: Iterable[bytes], page: str) -> tuple[str, ...] | None:
    """Give the words read by a code page; None where it lacks some of the bytes."""
    try:
        return tuple(word.decode(page) for word in words)
    except UnicodeDecodeError:
        return None


def _fit(words: Iterable[tuple[str, int]]) -> float:
    """Tell how well words fit one language: 1 when all could be of it, 0 for none."""
    counted = [(word, times, _likely(word)) for word, times in words]
    total = sum(times for _, times, _ in counted)
    sound = sum(times for _, times, likely in counted if likely)
    letters = Counter[str]()
    for word, times, likely in counted:
        if likely:
            letters.update({c: times for c in word.lower() if c > "\x7f"})
    return sound / total * _of_one_language(letters) if total else 0.0


def _of_one_language(letters: Counter[str]) -> float:
    """Give the share of letters that the language which knows most of them knows."""
    total = sum(letters.values())
    if not total:
        return 0.5
    scripts = [_CYRILLIC, _GREEK]
    known = [sum(n for c, n in letters.items() if s.match(c)) for s in scripts]
    known += [sum(letters[c] for c in set(alphabet)) for alphabet in _LATIN.values()]
    return max(known) / total


def _likely(word: str) -> bool:
    """Tell whether a word could be one: letters of one script, no capital within.

    >>> [_likely(word) for word in ("Montréal", "Montr‚al", "MontrÈal", "Àííà")]
    [True, False, False, False]
    """
    if len(word) == 1 and word != word.lower():
        return False
    if not all(_is_letter(c) for c in word):
        return not any(map(_is_letter, word)) and all(map(_stands_alone, word))
    rest = word[1:]
    if not word.isupper() and rest != rest.lower() and not _double(word):
        return False
    if _CYRILLIC.search(word) or _GREEK.search(word):
        return not re.search(r"[A-Za-z]", word)
    accented = sum(c > "\x7f" for c in word)
    return accented <= max(1, len(word) // 2)


def _is_letter(c: str) -> bool:
    return unicodedata.category(c)[0] == "L" or c in "’'"


def _stands_alone(c: str) -> bool:
    """Tell whether a character may stand without letters: a sign, a quote, a dash."""
    return c in "€£§°«»“”„‘’–—…·•®™©№½²³\u00a0"


def _double(word: str) -> bool:
    """Tell whether a word is made of two, as McAndré is."""
    return len(list(_capitals(word))) == 2 and not word[-1].isupper() and len(word) > 4


def _capitals(word: str) -> Iterator[str]:
    return (c for c in word if c.isupper() and c <= "\x7f")
