"""Parse the Retry-After header (RFC 9110 section 10.2.3)."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

# The maximum result, which in practice means never. Timers do not accept infinity.
_MAX_SECONDS = 1e9
# Some servers send the Unix time at which the limit ends, in seconds, milliseconds, microseconds or nanoseconds. No server
# means a wait of 31 years.
_MIN_UNIX_SECONDS = 1e9
_MAX_UNIX_SECONDS = 1e11
_NUMBER = re.compile(r"-?[0-9]{1,400}(?:\.[0-9]{0,400})?")


def retry_after_seconds(headers: Mapping[str, str]) -> float | None:
    """Return the seconds to wait according to the Retry-After header; None if the header is absent or invalid.

    The value of the header is a number of seconds or an HTTP date; some servers send a fraction of a second, a negative number
    or a Unix time in seconds or in a smaller unit. Of several numbers, as when a proxy repeats the header, the greatest counts.
    For a negative number and for a time that has passed, the result is 0.

    Args:
        headers: The headers of a response. The names must be in lower case, or the mapping must ignore case, as httpx's does.
    """
    value = _longest(headers.get("retry-after", "").strip())
    if _NUMBER.fullmatch(value):
        seconds = float(value)
        if _MIN_UNIX_SECONDS <= seconds < _MAX_UNIX_SECONDS * 1e9:
            while seconds >= _MAX_UNIX_SECONDS:
                seconds /= 1000
            seconds -= _now(headers).timestamp()
    elif (moment := _http_date(value)) is not None:
        seconds = (moment - _now(headers)).total_seconds()
    else:
        return None
    return min(max(0.0, seconds), _MAX_SECONDS)


def _longest(value: str) -> str:
    numbers = [number.strip() for number in value.split(",")]
    return max(numbers, key=float) if all(map(_NUMBER.fullmatch, numbers)) else value


def _now(headers: Mapping[str, str]) -> datetime:
    # Prefer the server's time in the Date header, since the clock of this machine may be wrong.
    return _http_date(headers.get("date", "")) or datetime.now(UTC)


def _http_date(value: str) -> datetime | None:
    try:
        moment = parsedate_to_datetime(value)
    except (ValueError, IndexError, OverflowError):
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
