"""URLs without their secrets, for messages and logs."""

from __future__ import annotations

import re

_QUERY_VALUE = re.compile(r"=[^&;]*")


def redact_url(url: str) -> str:
    """Return the URL without user info, fragment and query values.

    Args:
        url: Any URL, absolute or not.
    """
    url, _, _ = url.partition("#")
    url, question_mark, query = url.partition("?")
    scheme, separator, rest = url.rpartition("://")
    authority, slash, path = rest.partition("/")
    if separator:
        authority = authority.rpartition("@")[2]
    return f"{scheme}{separator}{authority}{slash}{path}{question_mark}{_QUERY_VALUE.sub('=…', query)}"
