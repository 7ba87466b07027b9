"""Functions that make URLs and text from servers safe for messages and logs: no secrets, one printable line, limited length."""

from __future__ import annotations

import re

_START = r"([A-Za-z][A-Za-z0-9+.-]*:)?//"
_MAX_QUOTED_CHARACTERS = 80
_HOST_AND_PORT = r"(\[[^\]]*\]|[^:]*)(:[0-9]*)?"


def redact_url(url: str) -> str:
    """Return a URL without user info, fragment and the values of its query, as one printable line of limited length.

    If the part between `//` and the next slash is malformed, only the scheme and `//…` are returned, since a password may follow.

    Args:
        url: An absolute or relative URL.
    """
    url, _, _ = url.partition("#")
    url, question_mark, query = url.partition("?")
    if start := re.match(_START, url):
        authority, slash, path = url[start.end() :].partition("/")
        authority = authority.rpartition("@")[2]
        if not re.fullmatch(_HOST_AND_PORT, authority):
            return f"{start[0]}…"  # such as an unescaped slash in a password, so that a part of the password looks like the host
        url = f"{start[0]}{authority}{slash}{path}"
    elif not url.startswith("/") and "@" in url:
        url = f"…@{url.rpartition('@')[2]}"  # such as a proxy without a scheme: the text before the @ may be a password
    return one_line(f"{url}{question_mark}{'&'.join(map(_without_value, query.split('&')))}")


def one_line(text: str, limit: int = 500) -> str:
    """Return text from a server as one printable line: line breaks and other unprintable characters become spaces.

    Args:
        text: The text.
        limit: The maximum number of characters. Longer text is truncated and ends in `…`.
    """
    cut = text if len(text) <= limit else f"{text[:limit]}…"
    return "".join(letter if letter.isprintable() else " " for letter in cut)


def _without_value(parameter: str) -> str:
    name, equals, _ = parameter.partition("=")
    return f"{name}=…" if equals else parameter and "…"


def quoted(text: str) -> str:
    """Return the first 80 characters of text in quotes, followed by `…` if the text is longer.

    Unprintable and non-ASCII characters are replaced by escapes such as `\\n`.

    Args:
        text: Text without secrets.
    """
    return ascii(text) if len(text) <= _MAX_QUOTED_CHARACTERS else f"{text[:_MAX_QUOTED_CHARACTERS]!a}…"


def printable(text: str) -> str:
    """Return text unchanged if all its characters are printable; otherwise return the text in quotes, with escapes.

    Args:
        text: Text without secrets, such as a path.
    """
    return text if text.isprintable() else ascii(text)
