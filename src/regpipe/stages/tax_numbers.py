"""VAT ids and organisation numbers as python-stdnum reads them.

A number whose check digits are right has one spelling and is a match key. One whose
check digits are wrong stays as it is written, and ties nobody.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from importlib import import_module
from typing import Protocol

from regpipe.sql.codes import EU_VAT_PREFIXES

_PREFIXES = {"EL": "GR", "XI": "GB"}
"""Prefixes of VAT ids that are no country's code, and whose they are."""

_ORG_NUMBERS = {
    "AT": ("at.businessid", "at.uid"),
    "AU": ("au.abn", "au.acn"),
    "BE": ("be.vat",),
    "BG": ("bg.vat",),
    "CA": ("ca.bn",),
    "CH": ("ch.uid",),
    "CZ": ("cz.dic",),
    "DE": ("de.vat", "de.idnr"),
    "DK": ("dk.cvr", "dk.cpr"),
    "EE": ("ee.registrikood", "ee.kmkr", "ee.ik"),
    "ES": ("es.nif", "es.cif"),
    "FI": ("fi.ytunnus", "fi.hetu"),
    "FR": ("fr.siren", "fr.siret"),
    "GB": ("gb.vat",),
    "GR": ("gr.vat",),
    "HR": ("hr.oib",),
    "HU": ("hu.anum",),
    "IS": ("is_.kennitala",),
    "IT": ("it.iva", "it.codicefiscale"),
    "LT": ("lt.pvm", "lt.asmens"),
    "LU": ("lu.tva",),
    "LV": ("lv.pvn",),
    "NL": ("nl.btw", "nl.bsn"),
    "NO": ("no.orgnr", "no.fodselsnummer"),
    "PL": ("pl.nip", "pl.regon", "pl.pesel"),
    "PT": ("pt.nif",),
    "RO": ("ro.cui", "ro.cnp"),
    "SE": ("se.orgnr",),
    "SI": ("si.ddv", "si.maticna"),
    "SK": ("cz.dic", "sk.dph", "sk.rc"),
    "US": ("us.ein",),
}
"""What numbers of companies and of people may be, by country, in stdnum's words."""

_UNCHECKED = {
    "GB": re.compile("[0-9]{8}|[A-Z]{2}[0-9]{6}"),
    "IE": re.compile("[0-9]{5,6}"),
    "NL": re.compile("[0-9]{8}"),
}
"""Numbers in the registers of companies that have no check digit."""

_SHORTEST = 5


class Numbers(Protocol):
    """A module of stdnum: numbers of one kind."""

    def validate(self, number: str) -> str:
        """Give a number without separators; raises ValidationError."""


@dataclass(frozen=True)
class TaxNumber:
    """A number as it is stored, and its match key: None where it is no key."""

    value: str
    key: str | None


def vat_id(text: str, country: str | None) -> TaxNumber:
    """Give a VAT id in one spelling, with its prefix; ``text`` has no spaces.

    ``country`` is that of the row: it gives the prefix where there is none. The id
    of a country that stdnum does not know is a key as it is written.

    >>> vat_id("5560125790-01", "SE")
    TaxNumber(value='SE556012579001', key='SE556012579001')
    """
    prefix = text[:2]
    theirs = _PREFIXES.get(prefix, prefix)
    if prefix.isalpha() and prefix in EU_VAT_PREFIXES | {"GB", "NO", "CH", "IS"}:
        asked, body = theirs, text[2:]
    else:
        asked, body = country or "", text
        prefix = asked
    prefix = "EL" if prefix == "GR" else prefix
    module = _vat_module(asked)
    if module is None:
        return TaxNumber(text, text if len(text) >= _SHORTEST else None)
    for spelled in (body, text, f"{body}MVA" if asked == "NO" else ""):
        found = _compact(module, spelled)
        if found is not None:
            bare = found.removeprefix(asked).removeprefix(prefix)
            return TaxNumber(prefix + bare, prefix + bare)
    return TaxNumber(text, None)


def org_number(text: str, country: str | None) -> TaxNumber:
    """Give the number of a company or a person in one spelling; no spaces in ``text``.

    The key names the country, for numbers of two countries may be alike. Swedish
    numbers have ten digits there, with or without a century.

    >>> org_number("19121212-1212", "SE")
    TaxNumber(value='191212121212', key='SE1212121212')
    """
    if country == "SE":
        return _swedish(text)
    names = _ORG_NUMBERS.get(country or "", ())
    for name in names:
        found = _compact(_module(name), text)
        if found is not None:
            bare = found.removeprefix(country or "")
            return TaxNumber(bare, f"{country}{bare}")
    shape = _UNCHECKED.get(country or "")
    unchecked = shape is not None and shape.fullmatch(text)
    if not unchecked and (names or len(text) < _SHORTEST):
        return TaxNumber(text, None)
    return TaxNumber(text, f"{country or ''}{text}")


def _swedish(text: str) -> TaxNumber:
    digits = "".join(sign for sign in text.removeprefix("SE") if sign.isdigit())
    if len(digits) == 12 and digits[:2] in ("16", "18", "19", "20"):
        short = digits[2:]
    else:
        short = digits
    plain = text.removeprefix("SE").replace("-", "").replace("+", "")
    if (
        plain != digits
        or len(short) != 10
        or _compact(_module("se.orgnr"), short) is None
    ):
        return TaxNumber(text, None)
    return TaxNumber(text if "+" in text else digits, f"SE{short}")


def _compact(module: Numbers, text: str) -> str | None:
    """Give a number without separators; None where it is not valid."""
    from stdnum.exceptions import ValidationError

    try:
        return str(module.validate(text))
    except ValidationError:
        return None


@cache
def _vat_module(country: str) -> Numbers | None:
    from stdnum.util import get_cc_module

    if not country:
        return None
    return get_cc_module(country.lower(), "vat")


@cache
def _module(name: str) -> Numbers:
    found: Numbers = import_module(f"stdnum.{name}")
    return found
