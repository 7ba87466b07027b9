"""URLs that a server names in the headers Link and Location, and the rule about which of them mean the server itself.

A registry behind a proxy often does not know the scheme, the port or the name under which clients reach it, if the proxy does not
pass the header `Host` or `X-Forwarded-Proto` on. It then names itself by http, by another port or by a name of its own network.
Such a URL is requested from the origin that sent the header, with its own path and query. No request goes to the host that it
names, and none from https to plain http. A server can name any path of its own origin without naming a host, too.
"""

from __future__ import annotations

from typing import Final, Literal, TypeAlias

from ...errors import InvalidReferenceError
from ..names.origin import Origin
from .urls import make_absolute, request_target

Purpose: TypeAlias = Literal["page", "location", "redirect"]
"""The purpose of a URL: the next page of a listing (Link), an upload or a new object (Location), or a redirect (3xx)."""

_HTTP_PORT: Final = 80


def name_url(base: str, url: str, purpose: Purpose) -> str:
    """Return the URL that a response header names: absolute, and on the origin of the response if it means that server.

    Args:
        base: The URL of the request.
        url: The URL in the header: absolute, or relative to `base`.
        purpose: What the URL is for.

    Returns:
        The URL, whose path and query stay byte for byte the same. A URL that cannot be parsed stays as it is, and a request to it
        raises an exception.
    """
    absolute = make_absolute(base, url)
    try:
        server, named = Origin.from_url(make_absolute(base, "/")), Origin.from_url(absolute)
    except InvalidReferenceError:
        return absolute
    if named == server or not _means_server(server, named, base, absolute, purpose):
        return absolute
    return f"{server}{request_target(absolute)}"


def encode_url(url: str, encoding: str) -> str:
    """Return a URL of a header with spaces and non-ASCII characters percent-encoded, and all other characters unchanged.

    The result is the URL itself if it contains control characters; a request to it raises an exception.

    Args:
        url: The URL.
        encoding: The encoding by which the bytes of the header were decoded.

    Source: RFC 3987 section 3.1, for the bytes as the server sent them.
    """
    if (url.isascii() and " " not in url) or any(ord(character) < 0x20 or ord(character) == 0x7F for character in url):
        return url
    return "".join(chr(byte) if 0x20 < byte < 0x7F else f"%{byte:02X}" for byte in url.encode(encoding, "replace"))


def _means_server(server: Origin, named: Origin, base: str, absolute: str, purpose: Purpose) -> bool:
    if purpose == "redirect":
        # Storage may have another port of the host, but not a port of the server itself, nor plain http if the server has https.
        return named.host == server.host and server.is_secure and not named.is_secure and named.port in (_HTTP_PORT, server.port)
    if named.host == server.host:
        return True
    if not named.is_private:
        return False
    # All pages of a listing are the registry's. An upload in a private network may go to another host, but not with the path of
    # the registry's own uploads, where the request went to.
    return purpose == "page" or request_target(absolute).startswith(_folder(base))


def _folder(url: str) -> str:
    path = request_target(url).partition("?")[0]
    return path[: path.rfind("/") + 1]
