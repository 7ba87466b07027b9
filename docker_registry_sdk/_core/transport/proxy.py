"""The check of proxy URLs, with messages that show no password. httpx would quote the URL."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final
from urllib.parse import urlsplit

from ...errors import InvalidReferenceError
from ..names.hosts import HostError, check_host, check_port, split_port
from ..text.redaction import redact_url

_SCHEMES: Final = frozenset({"http", "https", "socks5", "socks5h"})
_HINT: Final = (
    "Write http://HOST:PORT, with NAME:PASSWORD@ before the host if the proxy requires them; percent-encode special characters "
    "of the password, such as / as %2F."
)


def check_proxy(url: str, source: str = "the option proxy") -> None:
    """Check the URL of a proxy.

    Args:
        url: The URL.
        source: What contains the URL, for the message.

    Raises:
        TypeError: The URL is not text.
        InvalidReferenceError: The scheme is not http, https, socks5 or socks5h; the host or port is invalid; or the URL has a
            path, a query, a fragment, a space or a character that is not ASCII. The message contains no name and no password.
    """
    if not isinstance(url, str):
        raise TypeError(f"{source} must be text with a URL, not {type(url).__name__}")
    if (problem := _problem(url)) is not None:
        shown = redact_url(url) if url.isascii() and "\\" not in url else "(not shown)"
        raise InvalidReferenceError(f"{source} contains an invalid URL of a proxy, {shown}: {problem}", hint=_HINT)


def check_environment_proxies(proxies: Mapping[str, str]) -> None:
    """Check the proxies that environment variables or system settings name, as `urllib.request.getproxies` returns them.

    Args:
        proxies: The URLs by scheme. A URL without a scheme is an http URL, as httpx reads it.

    Raises:
        InvalidReferenceError: A URL is invalid; see `check_proxy`.
    """
    for scheme in ("http", "https", "all"):
        if url := proxies.get(scheme):
            check_proxy(url if "://" in url else f"http://{url}", f"the environment variable {scheme.upper()}_PROXY")


def _problem(url: str) -> str | None:
    """Return what is wrong with the URL of a proxy, without a part of the URL; None if the URL is valid."""
    if not url.isascii() or not url.isprintable() or " " in url or "\\" in url:
        return "it contains a space, backslash, control or non-ASCII character"
    scheme, separator, _ = url.partition("://")
    if not separator or scheme.lower() not in _SCHEMES:
        return "it does not begin with http://, https://, socks5:// or socks5h://"
    try:
        parts = urlsplit(url)
    except ValueError:  # the message quotes a part of the URL
        return "it is malformed"
    host, port = split_port(parts.netloc.rpartition("@")[2])
    try:
        if port:
            check_port(port)
        check_host(host, strict=False)
    except HostError:
        return "its host or port is invalid"
    if parts.path not in ("", "/") or parts.query or parts.fragment:
        return "it has a path, a query or a fragment"
    return None
