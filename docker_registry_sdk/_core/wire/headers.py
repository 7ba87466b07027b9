"""Response headers as typed values. A value that does not fit counts as absent: headers are hints, bytes are the truth."""

from __future__ import annotations

import re
from typing import TypeVar

import httpx

from ...errors import ParseError
from .urls import make_absolute

T = TypeVar("T")

_KNOWN = "docker_registry_sdk.headers"
_WORD = r'[^\s;,="<>]+'
_QUOTED = r'"(?:[^"\\]|\\.)*"'
_LINK = re.compile(rf"<([^>]*)>((?:\s*;\s*{_WORD}(?:\s*=\s*(?:{_QUOTED}|{_WORD})?)?)*)")
_PARAMETER = re.compile(rf"({_WORD})(?:\s*=\s*({_QUOTED}|{_WORD})?)?")


def text_header(response: httpx.Response, name: str) -> str | None:
    """Return the header's text, several joined by commas; None when it is absent.

    Args:
        response: An HTTP response.
        name: The header's name, in any case.
    """
    # Each look into httpx's headers walks over all of them, and an operation has a dozen that it looks for.
    known: dict[str, str] | None = response.extensions.get(_KNOWN)
    if known is None:
        known = response.extensions[_KNOWN] = dict(response.headers.items())
    return known.get(name.lower())


def integer_header(response: httpx.Response, name: str) -> int | None:
    """Return the header as a whole number; None when it is absent or no such number.

    Args:
        response: An HTTP response.
        name: The header's name, in any case.
    """
    value = (text_header(response, name) or "").strip()
    # Longer numbers mean nothing here, and Python refuses to convert very long ones.
    return int(value) if value.isascii() and value.isdigit() and len(value) <= 20 else None


def boolean_header(response: httpx.Response, name: str) -> bool | None:
    """Return whether the header says `true` or `1`; None when it is absent or neither yes nor no.

    Args:
        response: An HTTP response.
        name: The header's name, in any case.
    """
    value = (text_header(response, name) or "").strip().lower()
    return {"true": True, "1": True, "false": False, "0": False}.get(value)


def list_header(response: httpx.Response, name: str) -> list[str] | None:
    """Return the header's items, repeated or separated by commas; None when it is absent.

    Args:
        response: An HTTP response.
        name: The header's name, in any case.
    """
    value = text_header(response, name)
    return None if value is None else [item for part in value.split(",") if (item := part.strip())]


def url_header(response: httpx.Response, name: str) -> str | None:
    """Return the header's URL made absolute, its bytes kept; None when it is absent.

    Args:
        response: An HTTP response.
        name: The header's name, in any case.
    """
    value = (text_header(response, name) or "").strip()
    return _absolute(response, value) if value else None


def next_link(response: httpx.Response) -> str | None:
    """Return the URL that `Link` gives with `rel="next"`, made absolute, its bytes kept; None when there is none (RFC 8288).

    Args:
        response: An HTTP response.
    """
    # httpx's own reading of links cuts URLs at `;` and at quotes.
    for url, parameters in _LINK.findall(text_header(response, "Link") or ""):
        relation = next((value for name, value in _PARAMETER.findall(parameters) if name.lower() == "rel"), "")
        if url and "next" in relation.strip('"').lower().split():
            return _absolute(response, url)
    return None


def required(value: T | None, operation: str, name: str) -> T:
    """Return the value of a header that must be there.

    Args:
        value: The header's value.
        operation: The class of the response, for the error.
        name: The header's name.

    Raises:
        ParseError: It is absent.
    """
    if value is None:
        raise ParseError(model=operation, field=name, problem="is missing from the headers")
    return value


def _absolute(response: httpx.Response, url: str) -> str:
    try:
        return make_absolute(str(response.request.url), url)
    except (RuntimeError, ValueError):  # no request to be relative to, or no URL: for whoever follows it to refuse
        return url
