"""Moments as the registry keeps them."""

from __future__ import annotations

from datetime import UTC, datetime


def utc(moment: datetime) -> datetime:
    """Give a moment with a time zone in UTC, without one, as tables hold it."""
    return moment.astimezone(UTC).replace(tzinfo=None)
