"""The URLs of requests: queries, and opaque URLs, which are followed verbatim."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from urllib.parse import quote, urlencode, urljoin, urlsplit

import httpx

from ...errors import InvalidReferenceError
from ..text.redaction import redact_url

QueryValue = str | int | bool | Iterable[str] | None

_ABSOLUTE = re.compile(r"[A-Za-z][A-Za-z0-9+.\-]*:")
_NOT_IN_A_URL = re.compile(r"[^\x21-\x7e]")


def follow_url(name: str, url: str) -> str:
    """Return an opaque URL that a server gave, unchanged, after checking that it is safe to send.

    Args:
        name: The argument's name, for the error.
        url: The URL, absolute with http or https, or relative and starting with a slash.

    Raises:
        InvalidReferenceError: It is neither, or it has user info, a fragment, blanks, control characters or others that
            no URL has.
    """
    if not isinstance(url, str) or _NOT_IN_A_URL.search(url):
        raise InvalidReferenceError(f"{name} is no URL: it has characters that no URL has. Give it as the server did.")
    try:
        parts = urlsplit(url)
        absolute = parts.scheme in ("http", "https") and bool(parts.hostname)
        _ = parts.port  # raises if the port is invalid
        (parts.hostname or "").encode("idna").decode("idna")  # looking it up would raise the same, later and unwrapped
    except ValueError:  # its words may quote a password
        raise InvalidReferenceError(f"{name} {redact_url(url)!r} is no URL: its host or port cannot be one.") from None
    if not absolute and not (url.startswith("/") and not url.startswith("//")):
        raise InvalidReferenceError(f"{name} {redact_url(url)!r} is neither an http or https URL nor an absolute path.")
    if "@" in parts.netloc or "#" in url or "\\" in url:
        raise InvalidReferenceError(f"{name} {redact_url(url)!r} holds user info, a fragment or a backslash.")
    return url


def add_query(url: str, parameters: Mapping[str, QueryValue]) -> str:
    """Return the URL with query parameters added; its present query stays unchanged.

    Args:
        url: A path or URL, with or without a query.
        parameters: Names and values; None is left out, a list repeats the parameter, booleans are `true` and `false`.
    """
    pairs: list[tuple[str, str]] = []
    for name, value in parameters.items():
        if value is None:
            continue
        if isinstance(value, bool):
            value = "true" if value else "false"
        items = [str(value)] if isinstance(value, (str, int)) else list(value)
        pairs.extend((name, item) for item in items)
    if not pairs:
        return url
    _, question_mark, query = url.partition("?")
    separator = "?" if not question_mark else "" if not query or query.endswith("&") else "&"
    return f"{url}{separator}{urlencode(pairs, quote_via=quote, safe='')}"


def refuse_query(name: str, **parameters: object) -> None:
    """Check that an opaque URL is not given together with query parameters, which it already contains.

    Args:
        name: The name of the argument with the opaque URL.
        parameters: The other arguments, None when not given.

    Raises:
        ValueError: One of them is given.
    """
    given = [key for key, value in parameters.items() if value is not None]
    if given:
        raise ValueError(f"{name} already contains {' and '.join(given)}: give one or the other")


def make_absolute(base: str, url: str) -> str:
    """Return a URL from a header of the response to `base`, made absolute with its bytes kept.

    Args:
        base: The URL of the request.
        url: The header's value: absolute, or relative to the request's URL (RFC 9110 section 10.2.2).
    """
    if _ABSOLUTE.match(url):
        return url
    scheme, _, rest = base.partition("://")
    authority = re.split("[/?#]", rest, maxsplit=1)[0]
    host = authority.rpartition("@")[2]  # user info belongs to the caller's URL, not to URLs of servers
    if url.startswith("//"):
        return f"{scheme}:{url}"
    if url.startswith("/"):
        # urljoin would remove dot segments and empty queries, which a signature may cover.
        return f"{scheme}://{host}{url}"
    return urljoin(f"{scheme}://{host}{rest[len(authority) :]}", url)


def request_target(url: str) -> str:
    """Return the request target of an absolute URL: its path and query, byte for byte.

    Args:
        url: An absolute URL without a fragment.
    """
    rest = url.partition("://")[2]
    start = re.search("[/?]", rest)
    target = rest[start.start() :] if start else ""
    return target if target.startswith("/") else f"/{target}"


class VerbatimURL(httpx.URL):
    """A URL whose path and query are sent verbatim, where httpx would normalize them.

    Args:
        url: The URL.
        target: The request target.
    """

    # httpcore's `target` extension would do the same, but loses the host on the way through a proxy, and stays on the
    # request that follows a redirect.
    def __init__(self, url: httpx.URL, target: bytes) -> None:
        super().__init__(url)
        self._target = target

    @property
    def raw_path(self) -> bytes:
        """The request target."""
        return self._target


def verbatim_url(url: str) -> httpx.URL:
    """Return a URL that is sent byte for byte.

    Args:
        url: An absolute URL.

    Raises:
        InvalidReferenceError: The text is not a URL.
    """
    try:
        parsed = httpx.URL(url)
    except httpx.InvalidURL as error:
        raise InvalidReferenceError(f"{redact_url(url)!r} is no URL: {error}. Give it as the server did.") from None
    target = request_target(url).encode()
    return parsed if parsed.raw_path == target else VerbatimURL(parsed, target)
