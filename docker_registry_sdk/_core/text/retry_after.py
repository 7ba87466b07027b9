"""The Retry-After header (RFC 9110 section 10.2.3)."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

# More than this means never, and timers do not take an infinite number.
_LONGEST = 1e9


def seconds_to_wait(headers: Mapping[str, str]) -> float | None:
    """Return the seconds that Retry-After asks for, given as seconds or as an HTTP date; None without a valid one.

    Args:
        headers: The headers of an answer, with names in any case.
    """
    value = headers.get("retry-after", "").strip()
    if value.isascii() and value.isdigit():
        return min(float(value), _LONGEST)
    moment = _http_date(value)
    if moment is None:
        return None
    # The server's own clock, where it tells it, so that a wrong clock here does not count.
    now = _http_date(headers.get("date", "")) or datetime.now(UTC)
    return min(max(0.0, (moment - now).total_seconds()), _LONGEST)


def _http_date(value: str) -> datetime | None:
    try:
        moment = parsedate_to_datetime(value)
    except (ValueError, IndexError, OverflowError):
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
