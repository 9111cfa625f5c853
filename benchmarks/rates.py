"""How often what happens in the invented world: every rate in one place.

A rate is a share from 0 to 1 of what its comment names. Weights of one group
add up to 1.
"""

from __future__ import annotations

STORES = ("web_shop", "old_shop", "mail_club")
WEB, OLD, MAIL = range(3)

# --- who is a customer where -------------------------------------------------
IN_STORES = (0.63, 0.27, 0.10)
"""Shares of the people who are customers of one, two and all three stores."""
ONE_STORE = (0.45, 0.35, 0.20)
"""Of those in one store: in which (web_shop, old_shop, mail_club)."""
TWO_STORES = (0.40, 0.35, 0.25)
"""Of those in two: web and old, web and mail, old and mail."""
SECOND_NUMBER = 0.03
"""People who are in one store twice, under two customer numbers."""
GUESTS = 0.08
"""People on their own in a block who only ever bought as a guest of web_shop."""
TWICE_IN_FILE = 0.005
"""Customer rows that stand twice in their file, to the letter."""

# --- what their records agree on ----------------------------------------------
LINKS = (0.60, 0.20, 0.20)
"""What joins a further record to a person's first: the e-mail; the phone and
last name under another e-mail; the full name and postcode alone."""
SPELLINGS = (0.82, 0.06, 0.07, 0.025, 0.025)
"""First name of further records joined by e-mail or phone: as it was, an
initial, another spelling, missing, swapped with the last name."""
LETTERS = (0.80, 0.10, 0.10)
"""Names as they are, in capitals, without their accents."""
MOVED = 0.15
"""Further records, joined by e-mail or phone, that have another postcode."""
NO_EMAIL = 0.08
"""Customers of old_shop alone who gave no e-mail."""
NO_PHONE = 0.25
"""Customers of one store who gave no phone."""

# --- households and shared addresses -------------------------------------------
FAMILY_SHARES = (0.25, 0.25, 0.25, 0.25)
"""Families (7 of 20 people) that share nothing but the address; a landline;
an e-mail; both. Their first names have nothing in common."""
NAMELESS = 0.20
"""Families with one e-mail that also has a nameless subscription: it fits
several people, so it is nobody's and a customer of its own."""
MAILBOX_HOLDERS = 8
"""People of every 400 who have one ``info@`` mailbox: too many for a key."""

# --- dirt -----------------------------------------------------------------------
DIRTY_ROWS = (0.040, 0.020, 0.020)
"""Customer rows of each store that must be rejected, of those that may be
(people on their own, and never the record the others hang on): about 1 % of all."""
DIRTY_ORDERS = 0.010
"""Orders with a row that must be rejected; all rows of the order go with it."""

# --- consent ----------------------------------------------------------------------
WEB_WORDS = (0.25, 0.50, 0.25)
"""Accepts Marketing: blank, yes, no."""
WEB_DATED = (0.70, 0.20)
"""Of yes and of no: those with a time of their own."""
OLD_WORDS = (0.15, 0.45, 0.25, 0.15)
"""Nyhetsbrev: blank, Ja, Nej, Avregistrerad. Never dated."""
MAIL_WORDS = (0.60, 0.10, 0.10, 0.20)
"""Status: subscribed, pending, nonsubscribed, unsubscribed."""
MAIL_DATED = 0.90
"""Statements of mail_club with a time of their own."""
SAME_TIME = 0.05
"""Further records whose consent bears the very time of the person's first."""

# --- orders -------------------------------------------------------------------------
ORDER_ROWS = 5.0
"""Order rows per person over both files, unless told otherwise."""
WEB_ORDERS = 2.3
"""Orders per record of web_shop (2.3 lines each), at ORDER_ROWS = 5."""
OLD_ORDERS = 3.1
"""Orders per record of old_shop, at ORDER_ROWS = 5."""
GUEST_ORDERS = 0.06
"""Orders of web_shop without a customer, by an e-mail nobody else has."""
LINES = (0.30, 0.30, 0.25, 0.10, 0.05)
"""Orders of one to five lines."""
