"""The words that labelled customers are made of: names, streets, towns, mailboxes.

Names are lists of common words of each language, surnames mostly put together
from their parts; nobody in particular is meant.
"""

from __future__ import annotations

from dataclasses import dataclass

from benchmarks.vocabulary import LAST_NAMES as SWEDISH


def _words(text: str) -> tuple[str, ...]:
    return tuple(text.split())


def _words(text: str) -> tuple[str, ...]:
    return tuple(text.split())


# Name, then "/" nicknames, then "=" another spelling; women before men.
_FIRST = (
    # Swedish
    (
        "Anna/Annie=Anne Maria/Maja=Marie Karin/Kajsa=Carin Eva=Ewa Kristina/Stina,"
        "Kicki=Christina Lena=Lene Emma/Em Sara=Sarah Birgitta/Gitta=Birgita Elin "
        "Elisabeth/Lisa,Bettan=Elisabet Ingrid/Inga Linnéa/Nea=Linnea Johanna/Hanna "
        "Margareta/Maggan,Greta=Margaretha Helena/Lena=Helene Sofia/Sofi=Sophia Åsa "
        "Katarina/Kattis=Catarina Annika/Nicka=Anika Cecilia/Cissi=Cecilie Ulla "
        "Agnes Susanne/Sussi=Susanna Josefin/Josse=Josefine Ellen Gunilla/Nilla "
        "Emelie=Emilie Alva Monica=Monika Camilla/Millan=Kamilla Wilma=Vilma Therese="
        "Teres Malin Lisbeth Yvonne Marianne/Mia Carina=Karina Ida Amanda Frida "
        "Matilda/Tilda=Mathilda Ebba Louise/Lollo Caroline=Karolin Viktoria/Vicky="
        "Victoria Rebecka=Rebecca Maja Alice Julia Klara=Clara Elsa Ella Ester Hedda "
        "Moa Nora Saga Selma Signe Stella Tuva Vera Astrid Berit Britt Gun Irene "
        "Kerstin Mona Siv Solveig Barbro Inger",
        "Lars/Lasse Mikael/Micke=Michael Anders/Adde Johan/Jojje=Johann Erik=Eric "
        "Per/Pelle=Pär Karl/Kalle=Carl Peter/Petter=Peder Jan/Janne Thomas/Tompa="
        "Tomas Daniel/Danne Fredrik/Fredde=Fredric Hans/Hasse Andreas/Adde Stefan/"
        "Steffe=Staffan Bengt Mats=Mads Oskar/Ogge=Oscar Gustav/Gurra=Gustaf Magnus/"
        "Mange Alexander/Alex=Aleksander Bo/Bosse Niklas/Nicke=Niclas Martin Leif "
        "Björn Emil Göran Håkan Marcus/Mackan=Markus Simon Viktor=Victor Filip="
        "Philip William/Wille Henrik/Henke=Henrich Ulf/Uffe Sven/Svenne Elias Axel/"
        "Acke=Aksel Kjell Christer=Krister Roger Kent Tommy Jonas/Jonte Joakim/Jocke="
        "Joachim Mattias/Matte=Mathias Patrik=Patrick Robert/Robban Rickard/Ricke="
        "Richard Tobias/Tobbe Sebastian/Sebbe Anton Gunnar Rolf/Roffe Stig Arne Rune "
        "Åke Ingemar Hugo Ludvig=Ludwig Albin Arvid Adam Alfred Edvin=Edwin Gabriel "
        "Isak=Isac Jakob=Jacob Leo Liam Lucas=Lukas Melvin Nils Noah Olle Sixten "
        "Theo Valter=Walter Vincent",
    ),
    # German
    (
        "Ursula/Uschi Monika=Monica Petra Sabine/Bine Andrea Claudia=Klaudia Susanne/"
        "Susi Birgit/Biggi Heike Katharina/Kathi=Catharina Julia=Julja Franziska/"
        "Franzi",
        "Thomas/Tom Wolfgang/Wolf Klaus=Claus Jürgen=Juergen Günter=Günther Stefan="
        "Stephan Matthias/Matze=Mathias Sebastian/Basti Uwe Frank Ralf=Ralph Jens",
    ),
    # Finnish
    (
        "Anneli/Anne Helena/Leena Johanna/Hanna Kaarina/Kaija Marjatta/Marja Päivi "
        "Tuula Sinikka Aino=Ainu Elina=Eliina Riitta=Rita Tiina=Tina",
        "Juhani/Jussi Johannes/Hannu Mikael/Mika Matti=Mati Antero/Antti Kari=Karri "
        "Tapani/Tapsa Heikki Timo Pekka=Pekko Jari=Jarri Onni",
    ),
    # Norwegian and Danish
    (
        "Inger Ingeborg/Inga Solveig=Solvej Ragnhild Kirsten=Kjersten Mette=Mete "
        "Bodil Hanne=Hanna Kari=Kare Silje=Silja Ingvild Tone",
        "Ole=Ola Kjetil=Ketil Søren Jens=Jønss Rasmus Mogens Trond Øyvind=Øivind "
        "Magne Torbjørn/Tobben=Thorbjørn Sverre Henning",
    ),
    # Polish
    (
        "Agnieszka/Aga Katarzyna/Kasia Małgorzata/Gosia=Malgorzata Barbara/Basia "
        "Krystyna=Kristina Magdalena/Magda Joanna/Asia Zofia=Sofia Ewa=Eva Dorota "
        "Beata",
        "Andrzej=Andrej Krzysztof/Krzysiek Stanisław/Staszek=Stanislaw Piotr=Pjotr "
        "Jan Tomasz/Tomek Paweł=Pawel Grzegorz/Grzesiek Marcin Wojciech/Wojtek Jerzy",
    ),
    # English
    (
        "Margaret/Peggy,Maggie=Margret Elizabeth/Liz,Betty=Elisabeth Katherine/Kate="
        "Catherine Jennifer/Jenny Susan/Sue Patricia/Pat,Trish Deborah/Debbie=Debra "
        "Alice",
        "William/Bill,Will Robert/Bob,Rob Richard/Dick,Rick James/Jim Edward/Ted,Ed "
        "Michael/Mike=Micheal Stephen/Steve=Steven Geoffrey/Geoff=Jeffrey Anthony/"
        "Tony",
    ),
    # Spanish
    (
        "María_José/Mari Carmen Dolores/Lola Francisca/Paca Isabel=Ysabel Pilar "
        "Ana_Belén/Ana Lucía=Lucia Rosario/Charo Teresa=Theresa",
        "José_Luis/Pepe Francisco/Paco Antonio/Toño Manuel/Manolo Javier=Xavier "
        "Ignacio/Nacho Miguel_Ángel/Miguel Rafael/Rafa Sergio=Serjio",
    ),
    # Russian and Ukrainian: as it is written there, "|", as it is written here
    (
        "Анна|Anna Мария|Maria/Masha=Mariya Екатерина|Ekaterina/Katya=Yekaterina "
        "Наталья|Natalya/Natasha=Natalia Ольга|Olga/Olya Елена|Elena/Lena=Yelena "
        "Татьяна|Tatyana/Tanya=Tatiana Юлия|Yulia=Julia Светлана|Svetlana/Sveta",
        "Иван|Ivan/Vanya Дмитрий|Dmitry/Dima=Dmitrij Алексей|Alexey/Lyosha=Aleksei "
        "Сергей|Sergey=Sergei Владимир|Vladimir/Volodya=Wladimir Николай|Nikolay/"
        "Kolya=Nikolai Андрей|Andrey=Andrei Михаил|Mikhail/Misha=Michail Юрий|Yuri="
        "Jurij",
    ),
    # Greek
    (
        "Μαρία|Maria Ελένη|Eleni=Helene Κατερίνα|Katerina/Katina=Aikaterini "
        "Βασιλική|Vasiliki/Vaso Σοφία|Sofia Ιωάννα|Ioanna/Gianna=Joanna",
        "Γιώργος|Giorgos=Georgios Δημήτρης|Dimitris/Mitsos=Dimitrios Κώστας|Kostas="
        "Konstantinos Γιάννης|Giannis=Ioannis Νίκος|Nikos=Nikolaos "
        "Παναγιώτης|Panagiotis",
    ),
    # Arabic
    (
        "فاطمة|Fatima=Fatema عائشة|Aisha=Ayesha مريم|Mariam=Maryam زينب|Zainab="
        "Zeinab ليلى|Layla=Leila هدى|Huda=Hoda",
        "محمد|Mohammed=Muhammad أحمد|Ahmed=Ahmad علي|Ali حسن|Hassan=Hasan "
        "يوسف|Yousef=Yusuf عمر|Omar=Umar خالد|Khaled=Khalid",
    ),
)

_SONS = _words(
    "Johansson Andersson Karlsson Nilsson Eriksson Larsson Olsson Persson Svensson "
    "Gustafsson Pettersson Jonsson Jansson Hansson Bengtsson Jönsson Petersson "
    "Carlsson Magnusson Olofsson"
)


def _joined(starts: str, ends: str) -> tuple[str, ...]:
    return tuple(start + end for end in ends.split() for start in starts.split())


def _double(first: str, second: str) -> tuple[str, ...]:
    return tuple(f"{a} {b}" for b in second.split() for a in first.split())


_LAST = (
    (*_SONS, *SWEDISH),
    (
        *_words("Müller Schmidt Schneider Fischer Weber Meyer Wagner Becker Schulz"),
        *_joined(
            "Linden Stein Berg Hof Kirch Wald Brunnen Acker Rosen Birken Eich Mühl Neu",
            "mann bauer hauer meier berger feld bach eder huber thal",
        ),
        *("von Linden", "von der Aue", "zu Stein"),
    ),
    _joined(
        "Virta Mäki Korho Niemi Laiti Hämälä Heikki Koski Järvi Lehti Salmi Rauta",
        "nen la niemi maa ranta",
    ),
    (
        *_words("Hansen Johansen Olsen Larsen Andersen Pedersen Nielsen Jensen"),
        *_joined(
            "Sol Nord Haug Bakk Lund Berg Fjell Dal Ris Strand", "heim vik land stad by"
        ),
    ),
    # Women and men have endings of their own in some languages: "~".
    _joined(
        "Kowal Wiśniew Lewandow Zieliń Kamiń Szymań Woźnia Dąbrow Kozłow Jankow "
        "Grabow Pawłow Zawadz Malinow Jabłoń Sadow",
        "sk~i/a",
    )
    + _joined("Nowa Woźni Kaczmar Wójci Sobcza", "k czyk"),
    _joined(
        "Ash Black Brook Green Hart Hazel Lang North Stan West Whit Wood",
        "ford field wood ley worth ham ton",
    ),
    _double(
        "García López Martínez Sánchez Pérez Romero Navarro Torres",
        "Díaz Moreno Álvarez Ruiz Ortega Castillo Molina Vega",
    ),
    tuple(
        f"{own}{end}|{here}{there}"
        for own, here in (
            *(("Иван", "Ivan"), ("Петр", "Petr"), ("Волк", "Volk"), ("Лебед", "Lebed")),
            *(("Соколь", "Sokol"), ("Мороз", "Moroz"), ("Зайц", "Zaits")),
            *(("Орл", "Orl"), ("Кузнец", "Kuznets"), ("Попов", "Popov")),
        )
        for end, there in (
            ("~ов/ова", "~ov/ova"),
            ("енко", "enko"),
            ("~ин/ина", "~in/ina"),
        )
    ),
    tuple(
        f"{own}{end}|{here}{there}"
        for own, here in (
            *(("Παπαδ", "Papad"), ("Νικολα", "Nikola"), ("Γεωργ", "Georg")),
            *(("Αντων", "Anton"), ("Κωνσταντ", "Konstant"), ("Δημητρ", "Dimitr")),
        )
        for end, there in (("όπουλος", "opoulos"), ("ίδης", "idis"), ("άκης", "akis"))
    ),
    _words(
        "حسن|Hassan خليل|Khalil حداد|Haddad نجار|Najjar منصور|Mansour صالح|Saleh "
        "عباس|Abbas درويش|Darwish حمدان|Hamdan شاهين|Shahin"
    ),
)


@dataclass(frozen=True)
class FirstName:
    """A first name as most write it here, in its own script, and its other forms."""

    here: str
    own: str
    nicknames: tuple[str, ...]
    spelling: str


def _first(entry: str) -> FirstName:
    name, _, spelling = entry.replace("_", " ").partition("=")
    name, _, nicknames = name.partition("/")
    own, _, here = name.rpartition("|")
    return FirstName(
        here, own or here, tuple(filter(None, nicknames.split(","))), spelling or here
    )


def _ending(text: str, woman: bool) -> str:
    """Give a surname with the ending of a woman or a man: ``Kowalsk~i/a``."""
    stem, _, ends = text.partition("~")
    man, _, other = ends.partition("/")
    return stem + (other if woman else man)


def _last(entry: str, woman: bool) -> tuple[str, str]:
    """Give a surname as it is written here, and in its own script."""
    own, _, here = entry.rpartition("|")
    return _ending(here, woman), _ending(own or here, woman)


FIRST: tuple[FirstName, ...] = tuple(
    _first(entry) for pair in _FIRST for words in pair for entry in words.split()
)
"""First names of all languages, those of women before those of men in each."""

FIRST_SPAN: tuple[tuple[tuple[int, int], tuple[int, int]], ...]
"""Where the names of a language stand in FIRST: of women, and of men."""

LAST: tuple[tuple[tuple[str, str], tuple[str, str]], ...] = tuple(
    (_last(entry, True), _last(entry, False)) for names in _LAST for entry in names
)
"""Surnames of all languages, of a woman and of a man: here, and in its own script."""

LAST_SPAN: tuple[tuple[int, int], ...]
"""Where the surnames of a language stand in LAST."""


def _spans(sizes: list[int]) -> list[tuple[int, int]]:
    ends = [sum(sizes[: n + 1]) for n in range(len(sizes))]
    return [(end - size, end) for end, size in zip(ends, sizes, strict=True)]


_FLAT = _spans([len(words.split()) for pair in _FIRST for words in pair])
FIRST_SPAN = tuple(zip(_FLAT[::2], _FLAT[1::2], strict=True))
LAST_SPAN = tuple(_spans([len(names) for names in _LAST]))

ALIKE = (
    *(("Emma", "Emelie"), ("Elin", "Ellen"), ("Sara", "Sofia"), ("Anna", "Annika")),
    *(("Johanna", "Josefin"), ("Maria", "Malin"), ("Karin", "Katarina")),
    *(("Lars", "Leif"), ("Mats", "Magnus"), ("Martin", "Marcus"), ("Jan", "Johan")),
    *(("Oskar", "Elias"), ("Emil", "Elias"), ("Filip", "Fredrik"), ("Per", "Peter")),
)
"""Names that parents give to two children."""

COUNTRIES = ("SE", "NO", "DK", "FI", "DE")
CALLING_CODES = ("46", "47", "45", "358", "49")
MOBILES = (
    *(("70", "72", "73", "76", "79"), ("90", "91", "92", "93", "95"), ("28",)),
    *(("40", "50", "44", "45", "46"), ("151", "160", "170", "171", "172")),
)
LANDLINES = (
    *(("8", "31", "40", "60", "19"), ("21", "22", "23", "55", "51"), ("26",)),
    *(("2", "3"), ("30", "40", "89")),
)
MOBILE_DIGITS = (7, 6, 6, 7, 8)
LANDLINE_DIGITS = (6, 6, 6, 7, 7)
"""Of each country, how a number begins and how many digits follow: enough for the
people of a world of 1,000,000, each number its own."""

STREETS = (
    _words(
        "Storgatan Kyrkogatan Ågatan Björkvägen Drottninggatan Ringvägen Skolgatan "
        "Kungsgatan Ängsvägen Nygatan Strandvägen Bäckvägen Hantverkargatan Vårvägen "
        "Åkerstigen Lövängsgatan Sjöstigen Smedjegatan Norra_Esplanaden "
        "Östra_Långgatan Västra_Storgatan Granvägen Tallvägen Rönnvägen Lingonstigen "
        "Blåbärsvägen Fabriksgatan Järnvägsgatan Stationsgatan Prästgatan "
        "Trädgårdsgatan Parkvägen Aspvägen Lärkvägen Koltrastvägen Industrigatan "
        "Hamngatan Slottsgatan Backvägen"
    ),
    _words(
        "Kirkegata Storgata Skoleveien Bjørkeveien Sjøgata Parkveien Havnegata "
        "Lindeveien Granveien Furuveien Elveveien Bakkeveien"
    ),
    _words(
        "Nørregade Vestergade Skolevej Birkevej Strandvejen Kirkevej Møllevej "
        "Åboulevarden Bøgevej Engvej Søndergade Havnegade"
    ),
    _words(
        "Koulukatu Rantatie Kirkkokatu Mäkitie Puistokatu Asematie Keskuskatu "
        "Niittytie Metsätie Koivutie Satamakatu"
    ),
    _words(
        "Hauptstraße Schulstraße Gartenstraße Bahnhofstraße Dorfstraße Bergstraße "
        "Lindenstraße Kirchstraße Waldweg Am_Markt Ringstraße Mühlenweg Rosenweg"
    ),
)
TOWNS = (
    _joined(
        "Älv Norr Björk Sand Linde Gran Ås Väster Kvarn Eke Mört Öst Furu Råg Hassel "
        "Tall Sten Vit Lönn Sol Hag Malm Kal Fager Svart",
        "sund hult ö vika by fors arp hamn dal näs bro torp åsen hamra sjö berga "
        "vallen lunda ed köping",
    ),
    _joined("Nord Lille Gran Bjør Stor Sand Elve Fager", "våg fjord vik nes øya haug"),
    _joined("Lund Havn Ege Nørre Klit Sønder Røn Å", "by strup sø borg vang ede rup"),
    _joined("Koivu Ranta Mänty Leh Kivi Pohjan Suo Hirvi", "la kylä saari niemi lampi"),
    _joined("Neu Birken Alt See Linden Mühl Ober Stern", "hofen feld brunn dorf bach"),
)
POSTCODE_FIRST = (11_000, 1_000, 2_000, 10_000, 10_000)
POSTCODE_WIDTH = (5, 4, 4, 5, 5)
POSTCODE_COUNT = (8_000, 1_500, 1_500, 1_500, 4_000)
"""Postcodes of a country, of which some hold many more people than others."""

DOMAINS = (
    *("example.com", "mail.example.com", "post.example.org", "example.net"),
    *("brev.example.net", "example.org", "webb.example.com"),
)
MAILBOXES = ("info", "office", "kontakt", "order", "lager", "butik")
HANDLE_STARTS = _words(
    "skog sjo blom rod snabb glad lilla stor tyst vild natt sol mane kaffe kaka rym "
    "segel fisk golf boll zebra uggla varg bjorn katt hund falk lax pixel turbo"
)
HANDLE_ENDS = _words(
    "mus fan tok man tant kung prins son queen spelare rider maker vakt fox hatt ros "
    "bus land nisse lova trix dreamer 82 77 99 2000 7 55"
)
COMPANY_STARTS = _words(
    "Nord Syd Väst Öst Berg Sjö Lind Ek Björk Sten Kvarn Bruk Hamn Dal Å Ljus Glas "
    "Trä Plåt Bygg Mark El Rör Tak Mat Bok Blom Foto Data Text"
)
COMPANY_MIDDLES = _words("gruppen teknik service handel huset firman verket kompaniet")
COMPANY_ENDS = ("AB", "AB", "AB", "HB", "Ek. för.", "Konsult AB")
MIDDLE_NAMES = _words(
    "Maria Elisabeth Anna Margareta Linnéa Erik Karl Lennart Olof Johan"
)
"""Five of women, five of men."""
