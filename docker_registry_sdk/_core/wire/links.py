"""The header Link (RFC 8288 section 3), parsed in time that is proportional to its length."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

_WORD: Final = r'[^\s;,="<>]+'
_QUOTED: Final = r'"(?:[^"\\]|\\.)*"'
# The parser matches this pattern only at the end of the previous match, since a search could begin at each character again.
_PARAMETER: Final = re.compile(rf"\s*;\s*({_WORD})(?:\s*=\s*({_QUOTED}|{_WORD})?)?")


def parse_links(text: str) -> Iterator[tuple[str, list[tuple[str, str]]]]:
    """Yield the URL and the parameters of each link in a header. Text that is no link is skipped.

    The parser in httpx would cut a URL at `;` and at quotes.

    Args:
        text: The value of the header.
    """
    at = 0
    while (start := text.find("<", at)) != -1:
        end = text.find(">", start)
        if end == -1:
            return
        url, at = text[start + 1 : end], end + 1
        parameters: list[tuple[str, str]] = []
        while (parameter := _PARAMETER.match(text, at)) is not None:
            parameters.append((parameter[1], parameter[2] or ""))
            at = parameter.end()
        yield url, parameters
