"""The URLs of requests: check the form of a URL that a server sent, and send the URL of a server byte for byte."""

from __future__ import annotations

import re
from urllib.parse import urljoin, urlsplit

import httpx

from ...errors import InvalidReferenceError
from ..names.hosts import check_host, split_port
from ..text.redaction import redact_url

_ABSOLUTE = r"[A-Za-z][A-Za-z0-9+.\-]*:"
_NOT_IN_A_URL = r"[^\x21-\x7e]"


def follow_url(name: str, url: str) -> str:
    """Return a URL that a server sent, unchanged, after checking its form.

    This function does not check whether the client may send a request to the host of the URL.

    Args:
        name: The name of the argument that has the URL, for the error.
        url: An absolute http or https URL, or a path that begins with one slash.

    Raises:
        InvalidReferenceError: The URL is neither an absolute http or https URL nor such a path; its host or port is invalid; or
            the URL contains user info, a fragment, a backslash, a space, a control character or a non-ASCII character.
    """
    if not isinstance(url, str) or re.search(_NOT_IN_A_URL, url):
        raise InvalidReferenceError(
            f"{name} is not a URL: it contains spaces, control or non-ASCII characters",
            hint="Pass the URL exactly as the server sent it.",
        )
    try:
        parts = urlsplit(url)
        absolute = parts.scheme in ("http", "https") and bool(parts.hostname)
        _ = parts.port  # raises if the port is invalid
        if absolute:
            host = split_port(parts.netloc.rpartition("@")[2])[0]
            check_host(host.removesuffix("."), strict=False)
            if "xn--" in host.lower():
                _ = httpx.URL(f"https://{host}").host  # raises UnicodeError if the host cannot be decoded
    except ValueError:  # the message may contain a password
        raise InvalidReferenceError(
            f"{name} {redact_url(url)!r} is not a valid URL: the host or the port is invalid",
            hint="Pass the URL exactly as the server sent it.",
        ) from None
    if not absolute and not (url.startswith("/") and not url.startswith("//")):
        raise InvalidReferenceError(
            f"{name} {redact_url(url)!r} is neither an http or https URL nor a path that begins with '/'",
            hint="Pass the URL exactly as the server sent it.",
        )
    if "@" in parts.netloc or "#" in url or "\\" in url:
        raise InvalidReferenceError(
            f"{name} {redact_url(url)!r} contains user info, a fragment or a backslash",
            hint="Pass a URL without them; pass a user name and a password separately.",
        )
    return url


def refuse_query(name: str, **parameters: object) -> None:
    """Check that a caller did not pass query parameters together with the URL of the next page, which contains a query.

    Args:
        name: The name of the argument that has the URL of the next page, for the error.
        parameters: The values of the query parameters by name; None for a parameter that the caller did not pass.

    Raises:
        ValueError: The value of a query parameter is not None.
    """
    given = [key for key, value in parameters.items() if value is not None]
    if given:
        raise ValueError(f"the URL {name} already contains {' and '.join(given)}: pass only {name}, or only the query parameters")


def make_absolute(base: str, url: str) -> str:
    """Return the absolute form of a URL from a response header.

    The path and query of the URL stay byte for byte the same, except if the URL is relative to the path of the request, as
    `../uploads` is. User info in `base` is left out.

    Args:
        base: The absolute URL of the request.
        url: The URL in the header: absolute, or relative to the URL of the request (RFC 9110 section 10.2.2).
    """
    if re.match(_ABSOLUTE, url):
        return url
    scheme, _, rest = base.partition("://")
    authority = re.split("[/?#]", rest, maxsplit=1)[0]
    host = authority.rpartition("@")[2]  # without the user info of the caller's URL, which is not for other URLs
    if url.startswith("//"):
        return f"{scheme}:{url}"
    if url.startswith("/"):
        # `urljoin` would remove dot segments and empty queries, which may invalidate the URL's signature.
        return f"{scheme}://{host}{url}"
    return urljoin(f"{scheme}://{host}{rest[len(authority) :]}", url)


def request_target(url: str) -> str:
    """Return the request target of an absolute URL: the path and query, byte for byte. An empty path becomes `/`.

    Args:
        url: An absolute URL without a fragment.
    """
    rest = url.partition("://")[2]
    start = re.search("[/?]", rest)
    target = rest[start.start() :] if start else ""
    return target if target.startswith("/") else f"/{target}"


def authority_of(url: str) -> str:
    """Return the scheme, the host and the port of an absolute URL as they are written, in lower case.

    Args:
        url: An absolute URL.
    """
    scheme, _, rest = url.partition("://")
    return f"{scheme}://{re.split('[/?#]', rest, maxsplit=1)[0]}".lower()


class VerbatimURL(httpx.URL):
    """A URL whose path, query and host are sent verbatim; httpx would normalize the path and query of an ordinary `httpx.URL`.

    The attribute `host` of an ordinary `httpx.URL` is decoded: `straße.example` for `xn--strae-oqa.example`. Whatever encodes it
    again by the older rules of Python gets `strasse.example`, the host of another owner. Here `host` is the name that is sent.

    Args:
        url: The URL, whose scheme, host and port are used.
        target: The path and query to send.
    """

    # The extension `target` of httpcore is no alternative: through a proxy, the host would be lost, and after a redirect, the
    # extension would remain in the new request.
    def __init__(self, url: httpx.URL, target: bytes) -> None:
        super().__init__(url)
        self._target = target

    @property
    def host(self) -> str:
        """Return the host that is sent, in ASCII. An IPv6 address has no brackets."""
        return self.raw_host.decode("ascii")

    @property
    def raw_path(self) -> bytes:
        """Return the path and query that are sent."""
        return self._target


def verbatim_url(url: str) -> httpx.URL:
    """Return an `httpx.URL` whose path and query are sent byte for byte, and whose host is in ASCII.

    Args:
        url: An absolute URL.

    Raises:
        InvalidReferenceError: httpx cannot parse the URL.
    """
    try:
        parsed = httpx.URL(url)
    except httpx.InvalidURL as error:
        raise InvalidReferenceError(
            f"{redact_url(url)!r} is not a URL: {error}", hint="Pass the URL exactly as the server sent it."
        ) from None
    target = request_target(url).encode()
    return parsed if parsed.raw_path == target and b"xn--" not in parsed.raw_host else VerbatimURL(parsed, target)
