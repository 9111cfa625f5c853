"""Countries by their English names, for importers that take no codes."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from types import MappingProxyType

from regpipe.sql.codes import COUNTRIES


@cache
def country_names() -> Mapping[str, str]:
    """Give the English name of each country by its code (ISO 3166 alpha-2).

    They are those that ``phonenumbers`` carries (from the Unicode CLDR); it has none
    for XK, which the standard leaves to its users.
    """
    from phonenumbers.geodata.locale import LOCALE_DATA

    names = {"XK": "Kosovo"}
    for code in sorted(COUNTRIES & LOCALE_DATA.keys()):
        known = LOCALE_DATA[code]
        name = known["en"]
        while name.startswith("*"):  # the same as in another language
            name = known[name[1:]]
        names[code] = name
    return MappingProxyType(names)
