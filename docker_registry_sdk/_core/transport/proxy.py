"""The proxies of environment variables, and the check of proxy URLs, with messages that show no password."""

from __future__ import annotations

from collections.abc import Mapping
from importlib.util import find_spec
from typing import Final, NamedTuple
from urllib.parse import urlsplit

import httpx

from ...errors import InvalidReferenceError
from ..names.hosts import HostError, check_host, check_port, split_port
from ..text.redaction import redact_url
from .no_proxy import NoProxy

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
        InvalidReferenceError: The scheme is not http, https, socks5 or socks5h; the host or port is invalid; the URL has a path,
            a query, a fragment, a space or a character that is not ASCII; or the proxy is a SOCKS proxy, and the package for it
            is not installed. The message contains no name and no password.
    """
    if not isinstance(url, str):
        raise TypeError(f"{source} must be text with a URL, not {type(url).__name__}")
    if (problem := _problem(url)) is not None:
        shown = redact_url(url) if url.isascii() and "\\" not in url else "(not shown)"
        raise InvalidReferenceError(f"{source} contains an invalid URL of a proxy, {shown}: {problem}", hint=_HINT)
    if url.lower().startswith("socks") and not _is_installed("socksio"):
        raise InvalidReferenceError(
            f"{source} names the SOCKS proxy {redact_url(url)}, but the package socksio, which it needs, is not installed",
            hint="Install it with: pip install 'httpx[socks]'. Or use a proxy whose URL begins with http://.",
        )


class ProxyRule(NamedTuple):
    """A rule about the proxy of requests. The first rule that matches a request decides.

    Attributes:
        scheme: The scheme of the requests that the rule is about; None for all schemes.
        exceptions: The hosts that the rule is about; None for all hosts.
        url: The URL of the proxy; None if the requests are sent without a proxy.
        variable: The environment variable that names the proxy, for messages.
    """

    scheme: str | None = None
    exceptions: NoProxy | None = None
    url: str | None = None
    variable: str = ""

    def matches(self, url: httpx.URL) -> bool:
        """Return whether the rule is about a request.

        Args:
            url: The URL of the request.
        """
        return self.scheme in (None, url.scheme) and (self.exceptions is None or self.exceptions.matches(url))

    def check(self) -> None:
        """Check the URL of the proxy.

        Raises:
            InvalidReferenceError: The URL is invalid, or the proxy cannot be used; see `check_proxy`.
        """
        if self.url is not None:
            check_proxy(self.url, f"the environment variable {self.variable}")


def environment_rules(proxies: Mapping[str, str]) -> list[ProxyRule]:
    """Return the rules of the environment variables HTTP_PROXY, HTTPS_PROXY, ALL_PROXY and NO_PROXY, in the order of their use.

    The URLs are not checked, since a proxy that no request goes through may be invalid.

    Args:
        proxies: The variables or system settings, as `urllib.request.getproxies` returns them: URLs by scheme, and the value of
            NO_PROXY as `no`. A URL without a scheme is an http URL, as curl and Go read it.
    """
    found = {scheme: proxies.get(scheme, "").strip() for scheme in ("http", "https", "all")}
    rules = [
        ProxyRule(
            scheme=None if scheme == "all" else scheme,
            url=url if "://" in url else f"http://{url}",
            variable=f"{scheme.upper()}_PROXY",
        )
        for scheme, url in found.items()
        if url
    ]
    return [ProxyRule(exceptions=NoProxy(proxies.get("no", ""))), *rules] if rules else []


def _is_installed(package: str) -> bool:
    try:
        return find_spec(package) is not None
    except ValueError:  # None stands in sys.modules for it
        return False


def _problem(url: str) -> str | None:
    """Return what is wrong with the URL of a proxy, without a part of the URL; None if the URL is valid."""
    if not url.isascii() or not url.isprintable() or " " in url or "\\" in url:
        return "it contains a space, backslash, control or non-ASCII character"
    scheme, separator, _ = url.partition("://")
    if not separator or scheme.lower() not in _SCHEMES:
        return "proxies of this kind are not supported; it must begin with http://, https://, socks5:// or socks5h://"
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
