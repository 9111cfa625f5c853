"""The domain of an e-mail address as mail is sent there: in ASCII, by IDNA."""

from __future__ import annotations

import re
import unicodedata

_DOTS = re.compile("[.。．｡]")
_LONGEST_LABEL = 63


def in_ascii(address: str) -> str:
    """Give an address with the domain in its ``xn--`` form.

    By IDNA 2008 as browsers and mail servers read it: ß, final sigma and the joiners
    keep their own domains. An address whose domain is none is given as it is.

    >>> in_ascii("info@björk.se")
    'info@xn--bjrk-6qa.se'
    """
    local, at, domain = address.rpartition("@")
    plain = unicodedata.normalize("NFKC", domain.lower())
    labels = [_label(label) for label in _DOTS.split(plain)]
    if not at or any(label is None for label in labels):
        return address
    return f"{local}@{'.'.join(label for label in labels if label is not None)}"


def _label(label: str) -> str | None:
    if label.isascii():
        return label
    if not all(unicodedata.category(sign)[0] in "LMN" or sign == "-" for sign in label):
        return None
    coded = "xn--" + label.encode("punycode").decode("ascii")
    return coded if len(coded) <= _LONGEST_LABEL else None
