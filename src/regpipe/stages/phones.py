"""Phones as phonenumbers reads them: what the common spellings in SQL are held to."""

from __future__ import annotations

import re

import phonenumbers
from phonenumbers import NumberParseException, PhoneNumber, PhoneNumberFormat

_LABEL = re.compile(
    r"^\W*(?:tel|telefon|tlf|tfn|phone|mob|mobil|mobile|cell|gsm)\b", re.I
)
_EXTENSION = re.compile(
    r"[\s,;(]*(?:;ext=|ext(?:ension|n)?|x|#|ankn(?:ytning)?|durchwahl|dw|poste)"
    r"[.:=\s]*[0-9]{1,7}[\s)]*$",
    re.I,
)
_PUNCTUATION = re.compile(r"[^0-9+]")
LONGEST = 250
"""Characters that a cell with a phone may have."""


def phone(text: str, region: str | None) -> str | None:
    """Give a phone in E.164, without its extension; None where it is no number.

    ``region`` is the country (ISO 3166) of numbers that name none; None, or one
    that phonenumbers does not know, where they cannot be read. A number that
    nobody can have is given all the same: how long it must be is the schema's to say.

    >>> phone("+46 (0)70-123 45 67 ext. 5", None)
    '+46701234567'
    """
    if len(text) > LONGEST:
        return None
    known = region if region in phonenumbers.SUPPORTED_REGIONS else None
    bare = _EXTENSION.sub("", _LABEL.sub("", text))
    if any(letter.isalpha() for letter in bare):
        return _lettered(bare, known)
    number = _parsed(bare, known)
    digits = _PUNCTUATION.sub("", bare)
    if digits.startswith("00") and (number is None or not _valid(number)):
        abroad = _parsed("+" + digits[2:], None)
        if abroad is not None and (number is None or _valid(abroad)):
            number = abroad
    return None if number is None else _written(number)


def region_of(number: str) -> str | None:
    """Give the country of a number in E.164; None where it is of none.

    >>> region_of("+46701234567")
    'SE'
    """
    parsed = _parsed(number, None)
    return None if parsed is None else phonenumbers.region_code_for_number(parsed)


def _lettered(text: str, region: str | None) -> str | None:
    """Read letters as the digits on their keys, where numbers are written so."""
    number = _parsed(text, region)
    if number is None or number.country_code != 1 or not _valid(number):
        return None
    return _written(number)


def _parsed(text: str, region: str | None) -> PhoneNumber | None:
    try:
        return phonenumbers.parse(text, region)
    except NumberParseException:
        return None


def _valid(number: PhoneNumber) -> bool:
    return phonenumbers.is_valid_number(number)


def _written(number: PhoneNumber) -> str:
    """Write a number in E.164.

    Of one that is too short phonenumbers leaves the national prefix where it is.
    """
    if number.italian_leading_zero and not _valid(number):
        code = number.country_code or 0
        region = phonenumbers.region_code_for_country_code(code)
        about = phonenumbers.PhoneMetadata.metadata_for_region(region, None)
        if about and about.national_prefix == "0" and not about.leading_zero_possible:
            number.italian_leading_zero = False
    number.extension = None
    return str(phonenumbers.format_number(number, PhoneNumberFormat.E164))
