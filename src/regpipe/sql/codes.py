r"""The codes and shapes that standards fix, for the checks and their SQL twins.

A pattern is RE2, as Arrow and DuckDB read it, and says by ``\z`` that the text
ends there: ``$`` also matches before a last line break in other engines.
"""

from __future__ import annotations


def _codes(text: str) -> frozenset[str]:
    return frozenset(text.split())


def _email(letters: str, digits: str) -> str:
    local = rf"[{letters}{digits}!#$%&'*+/=?^_`{{|}}~-]+"
    label = rf"[{letters}{digits}]+(?:-+[{letters}{digits}]+)*"
    top = rf"(?:[{letters}]{{2,}}|xn--[a-z0-9-]+)"
    return rf"^{local}(?:[.]{local})*@(?:{label}[.])+{top}\z"


EMAIL = _email(r"\p{L}\p{M}", r"\p{N}")
"""An address as it is used: no quoted local part, no comment, no bare host.
Letters of any script are fine (RFC 6531); white space and symbols are not."""

PLAIN_EMAIL = _email("A-Za-z", "0-9")
"""The same without letters beyond ASCII: what a letter is depends on the engine."""

EMAIL_LENGTH = 254
"""Characters that an address may have (RFC 5321, erratum 1690)."""

E164 = r"^[+][1-9][0-9]{6,14}\z"
"""A phone number in full: at most 15 digits, the country's first (ITU-T E.164)."""

LANGUAGE = r"^[A-Za-z]{2,3}(?:[-_][A-Za-z0-9]{1,8}){0,4}\z"
"""A language tag by its shape (BCP 47), joined by ``-`` or, as stores do, ``_``."""

VAT_ID = r"^[A-Z0-9](?:[./-]?[A-Z0-9]){3,19}\z"
"""A tax number whose country sets no shape here: 4 to 20 letters and digits,
with single separators between them."""

VAT_ID_SIGNS = r"^[A-Z0-9+*./-]+\z"
"""What any tax number is written with."""

EU_VAT_PREFIXES = _codes(
    "AT BE BG CY CZ DE DK EE EL ES FI FR GR HR HU IE IT LT LU LV MT NL PL PT RO SE SI "
    "SK XI"
)
"""What VAT ids of the member states begin with: two for Greece, and Northern
Ireland's."""

_SURE_VAT_IDS = {
    "AT": "U[0-9]{8}",
    "BE": "(?:0[1-9]|1[0-9])[0-9]{8}",
    "DE": "[1-9][0-9]{8}",
    "DK": "[1-9][0-9]{7}",
    "EE": "[0-9]{9}",
    "EL": "[0-9]{9}",
    "FI": "[0-9]{8}",
    "FR": "[0-9]{11}",
    "HR": "[0-9]{11}",
    "HU": "[0-9]{8}",
    "LU": "[0-9]{8}",
    "PL": "[0-9]{10}",
    "PT": "[1-9][0-9]{8}",
    "SE": "[0-9]{10}01",
    "SI": "[1-9][0-9]{7}",
}
SURE_VAT_ID = rf"^(?:{'|'.join(map(''.join, _SURE_VAT_IDS.items()))})\z"
"""Shapes that python-stdnum takes whatever the digits are, check digits apart: of
the states where that is simple. The others are asked one by one."""

COUNTRIES = _codes(
    """
    AD AE AF AG AI AL AM AO AQ AR AS AT AU AW AX AZ BA BB BD BE BF BG BH BI BJ BL BM
    BN BO BQ BR BS BT BV BW BY BZ CA CC CD CF CG CH CI CK CL CM CN CO CR CU CV CW CX
    CY CZ DE DJ DK DM DO DZ EC EE EG EH ER ES ET FI FJ FK FM FO FR GA GB GD GE GF GG
    GH GI GL GM GN GP GQ GR GS GT GU GW GY HK HM HN HR HT HU ID IE IL IM IN IO IQ IR
    IS IT JE JM JO JP KE KG KH KI KM KN KP KR KW KY KZ LA LB LC LI LK LR LS LT LU LV
    LY MA MC MD ME MF MG MH MK ML MM MN MO MP MQ MR MS MT MU MV MW MX MY MZ NA NC NE
    NF NG NI NL NO NP NR NU NZ OM PA PE PF PG PH PK PL PM PN PR PS PT PW PY QA RE RO
    RS RU RW SA SB SC SD SE SG SH SI SJ SK SL SM SN SO SR SS ST SV SX SY SZ TC TD TF
    TG TH TJ TK TL TM TN TO TR TT TV TW TZ UA UG UM US UY UZ VA VC VE VG VI VN VU WF
    WS YE XK YT ZA ZM ZW
    """
)
"""Countries by ISO 3166-1 alpha-2, as of 2026 (Debian iso-codes, by pycountry
26.2.16; the same as tzdata's iso3166.tab), and XK, which the standard leaves to its
users and everybody uses for Kosovo."""

_CURRENT = _codes(
    """
    AED AFN ALL AMD AOA ARS AUD AWG AZN BAM BBD BDT BHD BIF BMD BND BOB BOV BRL BSD
    BTN BWP BYN BZD CAD CDF CHE CHF CHW CLF CLP CNY COP COU CRC CUP CVE CZK DJF DKK
    DOP DZD EGP ERN ETB EUR FJD FKP GBP GEL GHS GIP GMD GNF GTQ GYD HKD HNL HTG HUF
    IDR ILS INR IQD IRR ISK JMD JOD JPY KES KGS KHR KMF KPW KRW KWD KYD KZT LAK LBP
    LKR LRD LSL LYD MAD MDL MGA MKD MMK MNT MOP MRU MUR MVR MWK MXN MXV MYR MZN NAD
    NGN NIO NOK NPR NZD OMR PAB PEN PGK PHP PKR PLN PYG QAR RON RSD RUB RWF SAR SBD
    SCR SDG SEK SGD SHP SLE SOS SRD SSP STN SVC SYP SZL THB TJS TMT TND TOP TRY TTD
    TWD TZS UAH UGX USD USN UYI UYU UYW UZS VED VES VND VUV WST XAD XAF XCD XCG XDR
    XOF XPF XSU XUA YER ZAR ZMW ZWG
    """
)
_WITHDRAWN = _codes(
    """
    ADP AFA ANG ATS AZM BEF BGL BGN BYB BYR CSD CUC CYP DEM ECS EEK ESP FIM FRF GHC
    GRD HRK IEP ITL LTL LUF LVL MGF MRO MTL MZM NLG PTE ROL RUR SDD SIT SKK SLL SRG
    STD TJR TMM TPE TRL VEB VEF YUM ZMK ZWD ZWL ZWR
    """
)
CURRENCIES = _CURRENT | _WITHDRAWN
"""Currencies by ISO 4217, as of 2026 (Debian iso-codes, by pycountry 26.2.16), and
those withdrawn since 1999, which old orders carry. Without metals, bond units, the
code for tests and the one for no currency: nobody pays in them."""
