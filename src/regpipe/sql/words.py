"""The words of shops and list tools, and the SQL that reads them as ours.

Sources: the vendors' documentation and exports; compared without case.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from regpipe.sql.step import literal

YES_WORDS = ("yes", "y", "true", "t", "1", "on", "ja", "j", "oui", "si", "tak", "x")
NO_WORDS = ("no", "n", "false", "f", "0", "off", "nej", "nein", "non", "nie")

CONSENT_WORDS: Mapping[str, tuple[str, ...]] = {
    "granted": (
        *("yes", "y", "true", "1", "on", "ja", "granted"),
        *("subscribed", "subscribe", "active", "confirmed", "enabled"),
    ),
    "pending": ("pending", "unconfirmed"),
    "withdrawn": ("withdrawn", "unsubscribed", "cancelled", "opted out"),
    "never": (
        *("no", "n", "false", "0", "off", "nej", "nein", "never"),
        *("not_subscribed", "never_subscribed", "non-subscribed", "nonsubscribed"),
    ),
    "unknown": ("unknown", "null"),
}
"""A store's plain ``no`` says that there is no consent, not that one ended."""

STATEMENTS: Mapping[str, tuple[str, ...]] = {
    **CONSENT_WORDS,
    "bounced": ("cleaned", "hard_bounce", "invalid_email"),
    "complained": ("spam_complaint", "junk"),
    "blocked": ("blocklisted", "user_suppressed"),
    "erased": ("redacted", "[erased]"),
}
"""The words of a statement: of consent, or of a reason never to mail an address."""

CONSENT_ANSWERS: Mapping[str, tuple[str, ...]] = {
    word: spellings if word in CONSENT_WORDS else (word, *spellings)
    for word, spellings in STATEMENTS.items()
}
"""The words of a customer's consent: those of a statement, and ours for a reason."""

STATUS_WORDS: Mapping[str, Mapping[str, tuple[str, ...]]] = {
    "payment_status": {
        "pending": ("awaiting_payment", "on-hold", "unpaid"),
        "paid": ("completed",),
        "voided": ("cancelled", "canceled"),
    },
    "fulfilment_status": {
        "unfulfilled": ("awaiting_processing", "processing", "new"),
        "partial": ("partially_fulfilled",),
        "cancelled": ("will_not_deliver", "canceled"),
    },
}
"""Shopify's and Ecwid's words where they differ from ours."""


def one_of(text: str, words: Sequence[str]) -> str:
    """Give the SQL test that a text is one of ``words``, whatever its case.

    Spelled out and not ``in (…)``: DuckDB turns a long ``in`` into a join, and a
    join need not keep the rows in the order of the file.
    """
    tests = [f"lower({text}) = {literal(word.lower())}" for word in words if word]
    test = f"({' or '.join(tests)})" if tests else "false"
    return f"({text} is null or {test})" if "" in words else test


def worded(
    text: str,
    words: Mapping[str, Sequence[str]],
    known: Sequence[str],
    *,
    otherwise: str = "null",
    blank: str = "null",
) -> str:
    """Give the SQL that reads a text by ``words`` and, as itself, by ``known``.

    ``otherwise`` is what another text becomes, ``blank`` what no text does,
    unless the words list the empty text.
    """
    whens = [
        f"when {one_of(text, spellings)} then {literal(word)}"
        for word, spellings in words.items()
    ]
    if known:
        whens.append(f"when {one_of(text, known)} then lower({text})")
    whens.append(f"when {text} is null then {blank}")
    return f"case {' '.join(whens)} else {otherwise} end"


_GRAVEST_FIRST = (
    *("erased", "complained", "blocked", "bounced", "unsubscribed"),
    *("withdrawn", "never", "pending", "granted", "unknown"),
)


def gravest(
    text: str,
    words: Mapping[str, Sequence[str]],
    separator: str,
    blank: str,
    otherwise: str,
) -> str:
    """Give the SQL of what a cell of several words states: what refuses most of them.

    A reason never to mail goes before a withdrawal. ``blank`` is what no text
    becomes and ``otherwise`` one with no word that is known, unless ``words`` list
    the whole text.
    """
    known = {word: words[word] for word in _GRAVEST_FIRST if word in words}
    whens = []
    for word, spellings in known.items():
        listed = ", ".join(literal(each.lower()) for each in spellings if each)
        if listed:
            test = f"rp_says({text}, {literal(separator)}, [{listed}])"
            whens.append(f"when {test} then {literal(word)}")
    whole = worded(text, words, (), blank=blank, otherwise=otherwise)
    return f"case {' '.join(whens)} else {whole} end"
