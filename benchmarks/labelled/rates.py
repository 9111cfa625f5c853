"""How often what happens to labelled customers: every rate in one place.

A rate is a share from 0 to 1 of what its comment names. The rates are those that
a shop's owner would know from the own files. Some were set anew after a first look at
what came out: docs/decisions/0025-how-identity-is-measured.md says which, and why.
"""

from __future__ import annotations

# --- records of one person ------------------------------------------------------
RECORDS = (0.83, 0.115, 0.04, 0.015)
"""People with one, two, three and four records: about 20 % are duplicates."""
OTHER_STORE = (0.60, 0.60, 1.0, 0.25)
"""Further records in another store than the person's first, by the first's. A list of
addresses holds each once, and whose two are, nobody could tell; who buys for a company
seldom buys at home from the same house, too."""
STORES = ("web_shop", "old_shop", "mail_club", "trade")
WEB, OLD, MAIL, TRADE = range(4)
PRIVATE_STORES = (0.54, 0.29, 0.17)
"""The store of a record of somebody without a company (the first three)."""
COMPANY_STORES = (0.22, 0.11, 0.05, 0.62)
"""The store of a record of somebody with one."""

# --- households -----------------------------------------------------------------
HOUSEHOLDS = (0.70, 0.16, 0.06, 0.065, 0.015)
"""Households with one to five customers: half of the people have one at home."""
LANDLINE = 0.85
"""Households of several with one landline ..."""
USES_LANDLINE = 0.85
"""... and their people who give its number: of those who give a phone at all, 30 %
share it with somebody."""
ONE_MAILBOX = 0.20
"""Couples (the two adults of a household) with one e-mail."""
FAMILY_MAILBOX = 0.06
"""Households of three or more in which all have one e-mail."""
SAME_SEX_COUPLE = 0.04
OWN_SURNAME = 0.25
"""Partners who kept a surname of their own."""
JUNIOR = 0.015
"""Households of three or more with a child that bears a parent's first name."""
TWINS = 0.05
"""Households with two or more children of whom two are twins."""
ALIKE_SIBLINGS = 0.08
"""Children whose first name sounds like that of the child before."""

# --- companies --------------------------------------------------------------------
IN_COMPANY = 0.20
"""People who buy for a company, too ..."""
IN_GROUP = 0.06
"""... and people who do so with colleagues."""
GROUP_SIZES = tuple(range(2, 31))
GROUP_WEIGHTS = (
    *(0.11, 0.09, 0.08),  # 2 to 4
    *(0.06 for _ in range(5, 13)),
    *(0.24 / 18 for _ in range(13, 31)),
)
"""Colleagues of one company: 28 % of companies have 2 to 4, 48 % 5 to 12."""
USES_MAILBOX = 0.70
"""Records in the trade store of people with colleagues that have its info@ ..."""
USES_MAILBOX_ELSEWHERE = 0.10
USES_SWITCHBOARD = 0.45
"""... and its switchboard's number."""
WORK_EMAIL = 0.55
"""Other records in the trade store with an e-mail of the person's own at work."""
TWO_COMPANIES = 0.05
"""People with a company who buy for another one, too."""
HOME_ADDRESS = 0.12
"""Records in the trade store that have the home's address."""

# --- what a store asks for ----------------------------------------------------------
BY_POST = 0.07
"""People who order by post and phone: in old_shop or the trade store, no e-mail."""
NO_EMAIL = (0.02, 0.07, 0.0, 0.05)
"""Records of the others without an e-mail, by store; with those 10 % of all."""
NO_PHONE = (0.40, 0.25, 1.0, 0.10)
"""Records without a phone, by store: 40 % of all."""
BIRTH_DATE = (0.25, 0.78, 0.0, 0.0)
"""Records with a birth date, by store: 35 % of all."""
NO_ADDRESS = (0.15, 0.03, 1.0, 0.05)
"""Records without street, postcode and city, by store."""
NO_FIRST_NAME = (0.01, 0.01, 0.0, 0.0)
NO_NAME = (0.0, 0.0, 0.15, 0.02)
REUSED_ID = 0.003
"""Customer numbers of old_shop that were somebody else's before."""
SECOND_DAY = 0.04
"""Records that came with the second delivery of their store."""

# --- what changes from one record of a person to the next ---------------------------
MOVED = 0.13
"""From one record to the next: the household lives elsewhere ..."""
NEW_LANDLINE = 0.80
"""... and has another landline there."""
NEW_SURNAME = 0.025
NEW_EMAIL = 0.08
"""From one record to the next: another e-mail from now on ..."""
OTHER_EMAIL = 0.06
"""... or for that record."""
BY_TICK_BOX = 0.75
"""Further records of mail_club that came from a box ticked in another store, and so
have the e-mail of the record before."""
NEW_MOBILE = 0.08
OTHER_PHONE = 0.12
"""Further records with the mobile instead of the landline, or the reverse."""

# --- how names are written ----------------------------------------------------------
FORMS = (0.86, 0.03, 0.04, 0.03, 0.04)
"""First name of a further record: as it was, an initial, a nickname, another
spelling, with a middle name or its initial."""
SWAPPED = (0.01, 0.03, 0.02, 0.0)
"""Records with the two names in each other's place, by store."""
LAST_FIRST = (0.0, 0.0, 0.25, 0.0)
"""Records with ``Berg, Anna`` in one column, by store."""
CAPITALS = (0.04, 0.30, 0.03, 0.08)
LOWER = (0.05, 0.01, 0.12, 0.02)
NO_ACCENTS = (0.06, 0.15, 0.10, 0.05)
"""Names in capitals, in small letters, without accents, by store."""
OWN_SCRIPT = (0.20, 0.0, 0.15, 0.05)
"""Names in the script of their language, of those that have another, by store."""

# --- slips -------------------------------------------------------------------------
SLIPS = {
    "first": 0.04,
    "last": 0.05,
    "email": 0.03,
    "phone": 0.03,
    "street": 0.08,
    "postcode": 0.03,
    "city": 0.04,
    "birth": 0.05,
}
"""Cells of further records with a typing error."""
FIRST_SLIPS = 0.3
"""What a person's first record has of them."""

# --- the people --------------------------------------------------------------------
LANGUAGES = (0.60, 0.09, 0.06, 0.06, 0.05, 0.04, 0.04, 0.03, 0.02, 0.01)
"""Swedish, German, Finnish, Norwegian, Polish, English, Spanish, Russian, Greek,
Arabic names."""
COUNTRIES = (0.72, 0.07, 0.06, 0.06, 0.09)
"""Sweden, Norway, Denmark, Finland, Germany."""
FORMS_OF_EMAIL = (0.40, 0.15, 0.15, 0.10, 0.20)
"""anna.lind, annalind, alind, anna_lind, and a word that is no name."""
