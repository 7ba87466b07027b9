"""URLs and foreign words without their secrets and tricks, for messages and logs."""

from __future__ import annotations

import re

_START = re.compile(r"([A-Za-z][A-Za-z0-9+.-]*:)?//")
_HOST_AND_PORT = re.compile(r"(\[[^\]]*\]|[^:]*)(:[0-9]*)?")


def redact_url(url: str) -> str:
    """Return the URL without user info, fragment and query values, as one printable line of limited length.

    Args:
        url: Any URL, absolute or not.
    """
    url, _, _ = url.partition("#")
    url, question_mark, query = url.partition("?")
    if start := _START.match(url):
        authority, slash, path = url[start.end() :].partition("/")
        authority = authority.rpartition("@")[2]
        if not _HOST_AND_PORT.fullmatch(authority):
            return f"{start[0]}…"  # such as a password with a slash, which ends the authority before its `@`
        url = f"{start[0]}{authority}{slash}{path}"
    return one_line(f"{url}{question_mark}{'&'.join(map(_without_value, query.split('&')))}")


def one_line(text: str, limit: int = 500) -> str:
    """Return foreign words as one printable line of limited length.

    Args:
        text: What a server said.
        limit: How many characters to keep.
    """
    cut = text if len(text) <= limit else f"{text[:limit]}…"
    return "".join(letter if letter.isprintable() else " " for letter in cut)


def _without_value(parameter: str) -> str:
    name, equals, _ = parameter.partition("=")
    return f"{name}=…" if equals else parameter and "…"


_LIMIT = 80


def quoted(text: str) -> str:
    """Return text in quotes, with all that does not print escaped, and cut when it is long.

    Args:
        text: Any text that is no secret.
    """
    return ascii(text) if len(text) <= _LIMIT else f"{text[:_LIMIT]!a}…"


def printable(text: str) -> str:
    """Return text as it is, or quoted with escapes when something in it does not print.

    Args:
        text: Any text that is no secret, such as a path.
    """
    return text if text.isprintable() else ascii(text)
