"""Parse the Retry-After header (RFC 9110 section 10.2.3)."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

# The maximum result, which in practice means never. Timers do not accept infinity.
_MAX_SECONDS = 1e9


def retry_after_seconds(headers: Mapping[str, str]) -> float | None:
    """Return the seconds to wait according to the Retry-After header; None if the header is absent or invalid.

    The value of the header is a number of seconds or an HTTP date. For a date that has passed, the result is 0.

    Args:
        headers: The headers of a response. The names must be in lower case, or the mapping must ignore case, as httpx's does.
    """
    value = headers.get("retry-after", "").strip()
    if value.isascii() and value.isdigit():
        return min(float(value), _MAX_SECONDS)
    moment = _http_date(value)
    if moment is None:
        return None
    # Prefer the server's time in the Date header, since the clock of this machine may be wrong.
    now = _http_date(headers.get("date", "")) or datetime.now(UTC)
    return min(max(0.0, (moment - now).total_seconds()), _MAX_SECONDS)


def _http_date(value: str) -> datetime | None:
    try:
        moment = parsedate_to_datetime(value)
    except (ValueError, IndexError, OverflowError):
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
