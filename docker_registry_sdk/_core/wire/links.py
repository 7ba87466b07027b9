"""The header Link (RFC 8288 section 3), parsed in time that is proportional to its length.

Servers also send forms that the RFC does not allow: a URL without angle brackets, single quotes, no parameter `rel`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final, NamedTuple

from ..text.redaction import quoted

_WORD: Final = r'[^\s;,="<>]+'
_QUOTED: Final = r'"(?:[^"\\]|\\.)*"?'
_SINGLE_QUOTED: Final = r"'[^'<>]*'"
# The parser matches these patterns only at the end of the previous match, since a search could begin at each character again.
_GAP: Final = re.compile(r"[\s,]*")
_NOT_A_LINK: Final = re.compile(r"[^,<]*")
_PARAMETER: Final = re.compile(rf"\s*;\s*(?:({_WORD})(?:\s*=\s*({_QUOTED}|{_SINGLE_QUOTED}|{_WORD})?)?)?[^;,<]*")
# A URL without angle brackets may contain semicolons, too: it ends before the first parameter that RFC 8288 defines.
_PARAMETERS_OF_BARE_URL: Final = re.compile(r";\s*(?:rel|rev|title|type|anchor|media|hreflang)\*?\s*=", re.IGNORECASE)
# A whole header that is one URL, without angle brackets and parameters.
_BARE_URL: Final = re.compile(r"(?:https?://|/|\?)[^\s,;<>{}]+", re.IGNORECASE)
_MAX_SHOWN_CHARACTERS: Final = 500
_SAYS_NEXT: Final = re.compile(r"\brel\s*=[^;,=<>]*\bnext\b", re.IGNORECASE)


class Link(NamedTuple):
    """A link of a header.

    Attributes:
        url: The URL as in the header; empty if the header contains no URL for the link.
        relations: The values of the parameter `rel`, in lower case; None for a link without that parameter or without a value.
    """

    url: str
    relations: frozenset[str] | None


def parse_links(text: str) -> Iterator[Link]:
    """Yield the links of a header. Text without angle brackets and without the parameter `rel` is skipped.

    The parser in httpx would cut a URL at `;` and at quotes.

    Args:
        text: The value of the header; commas separate several links.
    """
    at = _end(_GAP, text, 0)
    while at < len(text):
        at += text[at] == "<"
        following = text.find("<", at)  # each search ends where the next one begins, so that all of them take linear time
        until = len(text) if following == -1 else following
        end = text.find(">", at, until) if text[at - 1 : at] == "<" else -1
        is_bare = end == -1
        if is_bare:
            parameters = _PARAMETERS_OF_BARE_URL.search(text, at, until)
            if parameters is None:
                at = until
                continue
            end = parameters.start()
        url, at = text[at:end].strip(" \t"), end + (not is_bare)
        relations: set[str] | None = None
        while (parameter := _PARAMETER.match(text, at)) is not None:
            if (parameter[1] or "").lower() == "rel":
                words = (parameter[2] or "").strip("\"'").lower()
                relations = (relations or set()).union(re.split(r"[\s,]+", words))
            at = parameter.end()
        relations = (relations or set()) - {""}
        if relations or not is_bare:
            yield Link(url, frozenset(relations) or None)
        at = _end(_GAP, text, _end(_NOT_A_LINK, text, at))


def find_next(text: str) -> str | None:
    """Return the URL of the next page, as the header contains it; None if the header names no next page.

    A link without the parameter `rel` counts as a link to the next page, if no other link does: other clients read it so. The
    same is true of a header that is nothing but a URL.

    Args:
        text: The value of the header.

    Raises:
        ValueError: The header names a next page, but has no URL for it, or the header contains a URL, but no link.
    """
    if _BARE_URL.fullmatch(text.strip()):
        return text.strip()
    links = list(parse_links(text))
    if not links and ("/" in text or "?" in text):
        raise ValueError("there is no link")
    found = next((link for link in links if link.relations and "next" in link.relations), None)
    if found is None:
        if _SAYS_NEXT.search(text):
            raise ValueError("the link has no URL")
        return next((link.url for link in links if link.url and link.relations is None), None)
    if not found.url:
        raise ValueError("the link has no URL")
    return found.url


def _end(pattern: re.Pattern[str], text: str, at: int) -> int:
    match = pattern.match(text, at)
    return match.end() if match else at


def show_links(text: str) -> str:
    """Return a header Link for a message: its first characters in quotes, without logins and queries, which may be signed.

    Args:
        text: The value of the header.
    """
    return quoted(" ".join(map(_without_secrets, text[:_MAX_SHOWN_CHARACTERS].split())))


def _without_secrets(word: str) -> str:
    path, question_mark, query = word.rpartition("@")[2].partition("?")
    return f"{path}?...{'>' if '>' in query else ''}" if question_mark else path
