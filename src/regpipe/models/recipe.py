"""The comparisons of our match models: what is compared, and what may come of it.

The outcomes of a comparison stand in order, and the first that holds counts. What two
records of one home share anyway (street, town, landline) is one comparison, so that it
counts once. Labels are shown to people beside a pair, and name no value.
"""

from __future__ import annotations

from regpipe.models import Comparison, Level


def _either(*columns: str) -> str:
    return " or ".join(f"{c}_l is null or {c}_r is null" for c in columns)


def _same(*columns: str) -> str:
    return " and ".join(f"{c}_l = {c}_r" for c in columns)


def _alike(column: str, least: float) -> str:
    return f"jaro_winkler_similarity({column}_l, {column}_r) >= {least}"


def _typing_errors(column: str, most: int) -> str:
    return f"damerau_levenshtein({column}_l, {column}_r) <= {most}"


def _turned(condition: str) -> str:
    """Give a condition on columns _l and _r for either way round."""
    other = condition.replace("_l", "_\0").replace("_r", "_l").replace("_\0", "_r")
    return f"({condition}) or ({other})"


def _comparison(name: str, *levels: tuple[str, str]) -> Comparison:
    blank, *known = levels
    return Comparison(
        name,
        (Level(blank[0], blank[1], blank=True), *(Level(*each) for each in known)),
    )


_COMMON = tuple(
    """
    andersson johansson karlsson nilsson eriksson larsson olsson persson svensson
    gustafsson pettersson jonsson jansson hansson bengtsson lindberg lindstrom
    hansen johansen olsen larsen andersen pedersen nilsen kristiansen jensen nielsen
    christensen rasmussen sorensen muller schmidt schneider fischer weber meyer wagner
    becker schulz hoffmann korhonen virtanen makinen nieminen makela hamalainen nowak
    kowalski wisniewski wojcik kowalczyk kaminski lewandowski smith jones taylor brown
    williams wilson johnson davies garcia martinez lopez gonzalez rodriguez fernandez
    sanchez perez ivanov petrov smirnov papadopoulos ali hassan ahmed mohammed khan
    dejong jansen devries bakker martin bernard dubois rossi russo ferrari silva santos
    """.split()  # noqa: SIM905 - a column of words is read at a glance
)
"""Surnames so common that many strangers share them."""

_ROLES = tuple(
    """
    accounting admin administration asiakaspalvelu bestallning bestellung billing
    biuro bokning booking buero butik butiken compras contact contacto einkauf
    ekonomi empfang faktura finance firma firmapost foretag hej hello help helpdesk
    hr info inkop inkopavdelningen invoice it kansli kauppa kontakt kontor
    kundeservice kundservice kundtjanst lager ledning mail marketing mottak myynti
    office order orders post purchase purchasing reception rechnung reservation sales
    salg salj service shop sklep staff support team toimisto vaxel ventas verkauf
    verkstad vertrieb web webb webshop zentrale
    """.split()  # noqa: SIM905
)
"""Mailboxes of an office and of nobody in it."""


def _among(column: str, words: tuple[str, ...]) -> str:
    return f"{column} in ({', '.join(repr(word) for word in words)})"


_SWAPPED = (
    "(given_l = last_key_r or first_key_l = last_key_r) and last_key_l = first_key_r"
)
_INITIAL = _turned("length(first_key_l) = 1 and starts_with(first_key_r, first_key_l)")
_LONGER = _turned(
    "length(first_key_l) > 2 and length(first_key_r) - length(first_key_l) > 3 "
    "and starts_with(first_key_r, first_key_l)"
)
_HALF = _turned("first_key_l is null and last_key_l is not null")
_NAMELESS = "called_l = '' or called_r = ''"
_LAST = _alike("last_key", 0.9)

_TOLD = _turned(
    "called_l = '' and contains(mailbox_l, last_key_r) and contains(mailbox_l, given_r)"
)
_SAME = "given_l = given_r and last_key_l = last_key_r"
_FIRST_ALIKE = f"({_alike('first_key', 0.85)} or given_l = given_r)"
_CROSSED = (
    "(jaro_winkler_similarity(first_key_l, last_key_r) >= 0.88 "
    "and jaro_winkler_similarity(last_key_l, first_key_r) >= 0.88)"
)
_FIRST_SLIP = (
    "length(first_key_l) > 3 and damerau_levenshtein(first_key_l, first_key_r) = 1"
)

NAME = _comparison(
    "name",
    ("no name", "called_l = '' and called_r = ''"),
    ("missing in one, whose mailbox tells it", _TOLD),
    (
        "missing in one, of one company",
        f"({_NAMELESS}) and org_number_l = org_number_r",
    ),
    ("missing in one", _NAMELESS),
    ("same, a common surname", f"{_SAME} and {_among('last_key_l', _COMMON)}"),
    ("same", f"{_SAME} or called_l = called_r or {_SWAPPED}"),
    ("same surname, one first name is longer", f"({_LONGER}) and {_LAST}"),
    (
        "same first name, surnames alike",
        f"given_l = given_r and {_alike('last_key', 0.88)}",
    ),
    (
        "same surname, first name but for a typing error",
        f"last_key_l = last_key_r and {_FIRST_SLIP}",
    ),
    (
        "alike, first and last",
        f"{_FIRST_ALIKE} and {_alike('last_key', 0.88)} or {_CROSSED}",
    ),
    ("same surname, an initial", f"({_INITIAL}) and {_LAST}"),
    ("same but for typing errors", _alike("called", 0.93)),
    ("same surname, no first name in one", f"({_HALF}) and last_key_l = last_key_r"),
    ("same first name, another surname", "given_l = given_r"),
    ("first names alike, another surname", _FIRST_ALIKE),
    (
        "same surname, first names begin alike",
        f"{_LAST} and substr(first_key_l, 1, 2) = substr(first_key_r, 1, 2)",
    ),
    ("same surname, another first name", _LAST),
    ("another", "ELSE"),
)

_FIRST = f"(given_l = given_r or called_l = called_r or {_SWAPPED})"
_FITS = f"({_FIRST} or {_FIRST_ALIKE} or {_CROSSED} or ({_LONGER}) or ({_INITIAL}))"
"""The first names may be one person's: neither is missing."""
_BOTH = (
    f"(called_l <> '' and called_l = called_r or {_SWAPPED} or {_CROSSED} or {_LAST} "
    f"and ({_FIRST_ALIKE} or ({_INITIAL}) or ({_LONGER})))"
)
"""Both names may be one person's, and none is missing."""
_UNSAID = "first_key_l is null or first_key_r is null"

_HOST = "split_part(email_l, '@', 2) = split_part(email_r, '@', 2)"
_OFFICE = _among("mailbox_l", _ROLES)
_FAMILY = "starts_with(mailbox_l, 'famil')"
_NO_NAME = " and ".join(
    f"(last_key_{side} is null or not contains(mailbox_l, last_key_{side})) "
    f"and (first_key_{side} is null or not contains(mailbox_l, first_key_{side}))"
    for side in "lr"
)
_SLIP = "damerau_levenshtein(email_l, email_r) = 1 and mailbox_l <> mailbox_r"
_OWN = " or ".join(
    f"{name}_l <> {name}_r and first_key_l <> last_key_r and last_key_l <> first_key_r "
    f"and length({name}_l) > 2 and length({name}_r) > 2 "
    f"and contains(mailbox_l, {name}_l) and contains(mailbox_r, {name}_r)"
    for name in ("first_key", "last_key")
)

EMAIL = _comparison(
    "email",
    ("missing in one", _either("email")),
    ("same, of an office, one name", f"email_l = email_r and {_OFFICE} and {_BOTH}"),
    ("same, of an office", f"email_l = email_r and {_OFFICE}"),
    (
        "same, of a family, first names fit",
        f"email_l = email_r and {_FAMILY} and {_FITS}",
    ),
    ("same, of a family", f"email_l = email_r and {_FAMILY}"),
    ("same, first names fit", f"email_l = email_r and {_FITS}"),
    ("same, no name in one", f"email_l = email_r and ({_NAMELESS})"),
    ("same, no first name in one", f"email_l = email_r and ({_HALF})"),
    ("same", "email_l = email_r"),
    ("same but for a letter in which the names differ", f"{_SLIP} and ({_OWN})"),
    ("same but for a typing error", f"{_SLIP} and (length(mailbox_l) > 6 or {_BOTH})"),
    (
        "another number in it",
        f"{_HOST} and mailbox_l = mailbox_r",
    ),
    (
        "another host, the same before the @ and no name",
        f"mailbox_l = mailbox_r and length(mailbox_l) > 5 and {_NO_NAME}",
    ),
    ("another, the same before the @", "mailbox_l = mailbox_r"),
    ("alike before the @", _alike("mailbox", 0.92)),
    ("another", "ELSE"),
)

_SWAPPED_DAY = (
    "substr(birth_date_l, 1, 4) = substr(birth_date_r, 1, 4) "
    "and substr(birth_date_l, 6, 2) = substr(birth_date_r, 9, 2) "
    "and substr(birth_date_l, 9, 2) = substr(birth_date_r, 6, 2)"
)
BORN = _comparison(
    "birth_date",
    ("missing in one", _either("birth_date")),
    ("same, first names fit", f"{_same('birth_date')} and {_FITS}"),
    ("same, another surname", f"{_same('birth_date')} and last_key_l <> last_key_r"),
    ("same", _same("birth_date")),
    ("day and month swapped", _SWAPPED_DAY),
    ("one digit differs", "hamming(birth_date_l, birth_date_r) <= 1"),
    (
        "two digits differ",
        "hamming(birth_date_l, birth_date_r) <= 2 "
        f"and {_typing_errors('birth_date', 2)}",
    ),
    ("another", "ELSE"),
)

_HOME = f"{_alike('street', 0.9)} and house_l is not distinct from house_r"
_TOWN = f"(postcode_l = postcode_r or {_alike('city', 0.92)})"
_CALL = "phone_l = phone_r"
_NEAR = f"{_typing_errors('phone', 1)} and length(phone_l) > 8"


def _by_first(label: str, condition: str) -> tuple[tuple[str, str], ...]:
    """Give an outcome that people of one home share, by what the first names say."""
    return (
        (f"{label}, same first name", f"{condition} and {_FIRST}"),
        (f"{label}, an initial", f"{condition} and ({_INITIAL})"),
        (f"{label}, first names fit", f"{condition} and {_FITS}"),
        (f"{label}, no first name in one", f"{condition} and ({_UNSAID})"),
        (label, condition),
    )


PLACE = _comparison(
    "home",
    (
        "nothing to compare",
        f"({_either('street')}) and ({_either('postcode')}) and ({_either('phone')})",
    ),
    *_by_first("same phone, same address", f"{_CALL} and {_HOME}"),
    *_by_first("same phone", _CALL),
    (
        "same address, another phone, first names fit",
        f"{_HOME} and {_TOWN} and {_FITS} and phone_l <> phone_r and not ({_NEAR})",
    ),
    *_by_first("same address", f"{_HOME} and {_TOWN}"),
    ("phone but for a typing error, first names fit", f"{_NEAR} and {_FITS}"),
    ("phone but for a typing error", _NEAR),
    ("same street, another town", _HOME),
    (
        "same postcode, street alike, first names fit",
        f"postcode_l = postcode_r and {_alike('street', 0.8)} and {_FITS}",
    ),
    (
        "same postcode, street alike",
        f"postcode_l = postcode_r and {_alike('street', 0.8)}",
    ),
    ("same house number and town", f"house_l = house_r and {_TOWN}"),
    ("same postcode", "postcode_l = postcode_r"),
    ("same town", _alike("city", 0.92)),
    ("nothing the same", "ELSE"),
)

WORK = _comparison(
    "company",
    ("missing in one", f"({_either('company')}) and ({_either('org_number')})"),
    ("same number, names fit", f"org_number_l = org_number_r and {_BOTH}"),
    ("same number, first names fit", f"org_number_l = org_number_r and {_FITS}"),
    (
        "same number, the same before the @",
        f"org_number_l = org_number_r and mailbox_l = mailbox_r and not {_OFFICE}",
    ),
    ("same number", "org_number_l = org_number_r"),
    ("same", _alike("company", 0.92)),
    ("another", "ELSE"),
)

RECIPE = (NAME, EMAIL, BORN, PLACE, WORK)
"""What is compared, in the order in which it is shown."""
