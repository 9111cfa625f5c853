"""The fields a source may map its columns to: the canonical vocabulary.

One table per kind of source. A field's type says how the text of a cell is
read (``stages.normalise``), and its place here is its place in the cleaned
table. Consent is mapped by ``consent.<purpose>`` or
``consent.<purpose>.<channel>`` and is not listed.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType


class FieldType(StrEnum):
    """How the text of a cell is read, and the column type that gives."""

    TEXT = "text"
    EMAIL = "email"
    PHONE = "phone"
    CODE = "code"  # upper-cased, spaces removed: country, currency, VAT id
    POSTCODE = "postcode"
    DATE = "date"
    TIME = "time"  # UTC, microseconds, no zone
    MONEY = "money"  # decimal(18, 4)
    FLAG = "flag"
    WORD = "word"  # one of a closed vocabulary
    LIST = "list"


_ADDRESS = {
    "street": FieldType.TEXT,
    "street2": FieldType.TEXT,
    "postcode": FieldType.POSTCODE,
    "city": FieldType.TEXT,
    "region": FieldType.TEXT,
    "country": FieldType.CODE,
}

CUSTOMER_FIELDS: Mapping[str, FieldType] = MappingProxyType(
    {
        "external_id": FieldType.TEXT,
        "kind": FieldType.WORD,
        "email": FieldType.EMAIL,
        "phone": FieldType.PHONE,
        "first_name": FieldType.TEXT,
        "last_name": FieldType.TEXT,
        "company": FieldType.TEXT,
        "vat_id": FieldType.CODE,
        "org_number": FieldType.CODE,
        "birth_date": FieldType.DATE,
        "language": FieldType.TEXT,
        "tax_exempt": FieldType.FLAG,
        "note": FieldType.TEXT,
        **_ADDRESS,
        "shipping_name": FieldType.TEXT,
        **{f"shipping_{name}": kind for name, kind in _ADDRESS.items()},
        "groups": FieldType.LIST,
        "created_at": FieldType.TIME,
        "updated_at": FieldType.TIME,
    }
)
"""Columns of a cleaned customer row, in order. ``full_name`` may be mapped
instead of ``first_name`` and ``last_name`` and is split into them."""

ORDER_FIELDS: Mapping[str, FieldType] = MappingProxyType(
    {
        "order_id": FieldType.TEXT,
        "customer_ref": FieldType.TEXT,
        "email": FieldType.EMAIL,
        "number": FieldType.TEXT,
        "site": FieldType.TEXT,
        "ordered_at": FieldType.TIME,
        "updated_at": FieldType.TIME,
        "payment_status": FieldType.WORD,
        "fulfilment_status": FieldType.WORD,
        "currency": FieldType.CODE,
        "subtotal": FieldType.MONEY,
        "shipping_total": FieldType.MONEY,
        "tax_total": FieldType.MONEY,
        "discount_total": FieldType.MONEY,
        "refunded_total": FieldType.MONEY,
        "total": FieldType.MONEY,
        "carrier": FieldType.TEXT,
        "tracking_number": FieldType.TEXT,
        "note": FieldType.TEXT,
        "phone": FieldType.PHONE,
        "first_name": FieldType.TEXT,
        "last_name": FieldType.TEXT,
        "line_sku": FieldType.TEXT,
        "line_name": FieldType.TEXT,
        "line_quantity": FieldType.MONEY,
        "line_price": FieldType.MONEY,
        "line_total": FieldType.MONEY,
    }
)
"""Columns of a cleaned order row (one per line item, or one per order), in
order. The first row of an order holds its head. ``full_name`` as above."""

PROOF: Mapping[str, FieldType] = MappingProxyType(
    {
        "opt_in_at": FieldType.TIME,
        "opt_in_ip": FieldType.TEXT,
        "confirmed_at": FieldType.TIME,
        "confirmed_ip": FieldType.TEXT,
        "wording": FieldType.TEXT,
        "campaign": FieldType.TEXT,
        "reason": FieldType.TEXT,
    }
)
"""What a statement of consent may rest on, and why it was made."""

CONSENT_FIELDS: Mapping[str, FieldType] = MappingProxyType(
    {
        "email": FieldType.EMAIL,
        "phone": FieldType.PHONE,
        "street": FieldType.TEXT,
        "postcode": FieldType.POSTCODE,
        "country": FieldType.CODE,
        "status": FieldType.WORD,
        "at": FieldType.TIME,
        **PROOF,
    }
)
"""Columns of a cleaned row of a ``consents`` source: statements on one address."""

FIELDS: Mapping[str, Mapping[str, FieldType]] = MappingProxyType(
    {
        "customers": CUSTOMER_FIELDS,
        "orders": ORDER_FIELDS,
        "consents": CONSENT_FIELDS,
    }
)

KEYS = ("external_id", "order_id", "customer_ref")
"""Fields by which rows are told apart, or name each other."""

CUSTOMER_KINDS = ("registered", "subscriber", "guest")
"""Kinds of customer, the strongest first."""

CONSENT_STATUSES = ("granted", "pending", "withdrawn", "never", "unknown")

UNSUBSCRIBED = "unsubscribed"
"""Why an address is suppressed that wants nothing more: a later grant outdoes it."""

SUPPRESSION_REASONS = ("bounced", "complained", "blocked", "erased", UNSUBSCRIBED)
"""Why an address is suppressed for every purpose; all but UNSUBSCRIBED until a person
lifts it."""

NOTED_STATUSES = ("granted", "pending", "withdrawn", "never")
"""What a person may note that an address says."""

NOTED_REASONS = ("blocked", "complained", "bounced", UNSUBSCRIBED)
"""Why a person may block an address."""

STATED = (*CONSENT_STATUSES, "bounced", "complained", "blocked", "erased")
"""What a column of consent may say: a status, or why the address is never mailed."""

PAYMENT_STATUSES = (
    "pending",
    "authorized",
    "partially_paid",
    "paid",
    "partially_refunded",
    "refunded",
    "voided",
    "other",
)

FULFILMENT_STATUSES = (
    "unfulfilled",
    "partial",
    "fulfilled",
    "shipped",
    "delivered",
    "returned",
    "cancelled",
    "other",
)

WORDS: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "kind": CUSTOMER_KINDS,
        "payment_status": PAYMENT_STATUSES,
        "fulfilment_status": FULFILMENT_STATUSES,
        "status": (*CONSENT_STATUSES, *SUPPRESSION_REASONS),
    }
)
"""The closed vocabulary of each field of type WORD."""
