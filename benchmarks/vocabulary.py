"""The words the invented world is made of: names, places, goods.

First names stand in threes that a household may bear: within a three no two
share a first letter or sound alike (Jaro-Winkler below .8), so the guard on
first names keeps a family apart. The test of the world holds them to it.
"""

from __future__ import annotations


def _words(text: str) -> tuple[str, ...]:
    """Give the words of ``text``; ``_`` stands for a space inside one."""
    return tuple(word.replace("_", " ") for word in text.split())


FIRST_NAMES = _words(
    (
        "Anna Johan Elsa · Erik Maria Oskar · Karin Lars Ingrid · Mikael Eva Nils "
        "· Kristina Per Sofia · Anders Birgitta Hugo · Lena Gustav Wilma "
        "· Fredrik Åsa Signe · Margareta Jan Tyra · Peter Ulla Emil "
        "· Thomas Helena Viggo · Elisabeth Bo Moa · Daniel Susanne Frej "
        "· Marcus Ylva Leo · Linnéa Adam Ebba · Gunnar Monica Stina "
        "· Björn Cecilia Hedda · Örjan Pia Klara · Märta Sven Idun "
        "· Henrik Yvonne Agnes · Rolf Camilla Juni · Stefan Gunilla Majken "
        "· Zoë Ludvig Tuva · Håkan Renée Elin · Magnus Therese Vera "
        "· Søren Kirsten Aksel · Ragnhild Olav Tiril · Tuomas Päivi Eetu "
        "· Sigrid Claes Vendela · Jörgen Alma Fanny"
    ).replace("·", " ")
)

OTHER_SPELLINGS = {
    "Anna": "Anne",
    "Erik": "Erick",
    "Maria": "Marie",
    "Oskar": "Oscar",
    "Karin": "Karina",
    "Ingrid": "Ingrida",
    "Mikael": "Michael",
    "Eva": "Evah",
    "Kristina": "Kristine",
    "Sofia": "Sofie",
    "Birgitta": "Birgita",
    "Gustav": "Gustaf",
    "Wilma": "Willma",
    "Fredrik": "Fredric",
    "Margareta": "Margaretha",
    "Peter": "Petter",
    "Thomas": "Tomas",
    "Helena": "Helene",
    "Elisabeth": "Elisabet",
    "Daniel": "Daniela",
    "Susanne": "Susanna",
    "Marcus": "Markus",
    "Monica": "Monika",
    "Cecilia": "Cecilie",
    "Henrik": "Henrick",
    "Camilla": "Camila",
    "Stefan": "Steffan",
    "Ludvig": "Ludwig",
    "Therese": "Teresa",
    "Magnus": "Magnuss",
}
"""A first name as another store spells it: Jaro-Winkler .85 or more."""

_LAST_STARTS = _words(
    "Ahl Al Ap Asp Berg Björk Blom Bor Bråt Dal Ek El Fager Fal Fors Frid Granit Gull "
    "Hag Hall Hav Hed Hell Hjort Holm Häger Juhl Kall Klint Kron Käll Lejon Lilje "
    "Lind Ljung Lund Löv Malm Mo Ny Ny-Hed Näs Palm Ros Rydh Sand Sjö Skog Sol Sten "
    "Strand Strid Stål Svan Söder Tall Thor Trä Vall Vester Vik Åker Älv Ö Öster"
)
_LAST_ENDS = _words(
    "berg bäck dahl dal din falk fors gren gård hammar hult kvist ling lund löf man "
    "mark ner nér näs qvarn rot skär son sson sten strand ström stad ted vall vik"
)

_FLAT = str.maketrans("åäöéëüøÅÄÖÉËÜØ", "aaoeeuoAAOEEUO")
_ACCENTS = str.maketrans("åäöéëüÅÄÖÉËÜ", "aaoeeuAAOEEU")


def flat(text: str) -> str:
    """Give ``text`` in ASCII lower case, for e-mail addresses."""
    return text.translate(_FLAT).replace("æ", "ae").lower().replace("-", "")


def unaccented(text: str) -> str:
    """Give ``text`` as a system spells it that knows no accents (ø stays)."""
    return text.translate(_ACCENTS)


LAST_NAMES = tuple(
    {
        flat(start + end): start + end
        for start in _LAST_STARTS
        for end in _LAST_ENDS
        if start[-1] != end[0]
    }.values()
)
"""Last names that stay different when folded to ASCII lower case."""

COUNTRIES = ("SE", "FI", "NO", "DK")
CALLING_CODES = ("46", "358", "47", "45")
COUNTRY_WORDS = ("Sverige", "Finland", "Norge", "Danmark")
CURRENCIES = ("SEK", "EUR", "NOK", "DKK")

NUMBER_STARTS = (
    ("70", "73", "72", "76", "79", "8"),
    ("40", "50", "44", "45", "46", "9"),
    ("4", "9", "5", "6", "7", "2"),
    ("2", "4", "5", "6", "7", "3"),
)
"""Per country, before seven more digits: two for a person's own phone, three
for further ones, one for a household's landline."""

CITIES = (
    _words(
        "Stockholm Göteborg Malmö Uppsala Västerås Örebro Linköping Umeå Gävle Växjö "
        "Åre Kiruna Visby Luleå Borås Ängelholm"
    ),
    _words("Helsingfors Esbo Åbo Tammerfors Vasa Borgå Hangö Ekenäs"),
    _words("Oslo Bergen Tromsø Bodø Ålesund Hamar Drammen Molde"),
    _words("Odense Aarhus Aalborg Esbjerg Sønderborg Kolding Vejle Ribe"),
)

STREET_NAMES = _words(
    "Storgatan Kyrkogatan Ågatan Björkvägen Östra_Långgatan Drottninggatan Ringvägen "
    "Skolgatan Kungsgatan Ängsvägen Nygatan Strandvägen Bäckvägen Hantverkargatan "
    "Vårvägen Åkerstigen Lövängsgatan Norra_Esplanaden Sjöstigen Smedjegatan"
)

COMPANY_ENDS = ("AB", "HB", "& Co", "Konsult", "Bygg", "Handel")

WEB_GROUPS = ("Retail", "VIP", "Wholesale", "Press")
OLD_GROUPS = ("Privat", "VIP", "Återförsäljare", "Personal")
GROUPS = ("Retail", "VIP", "Wholesale", "Press", "Privat", "Återförsäljare", "Personal")

NOTES = (
    "",
    "Call after 4 pm",
    '"Wants the ""big"" box, not the small"',
    '"Gate code with the neighbour,\nsecond bell"',
    "=SUM(A1:A9)",
    "-5% on request",
    "N/A",
)
"""Notes as they stand in the file, quoted where a CSV must quote."""

CARRIERS = ("PostNord", "DHL", "Bring", "Schenker", "Best Transport")
GOODS = tuple(
    f"{kind} {colour}"
    for kind in _words("Mugg Kanna Duk Ljus Korg Pläd Vas Skål Bricka Kudde")
    for colour in _words("blå röd grön svart vit")
)
