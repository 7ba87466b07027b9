"""Origins: what credentials belong to, and which of them are of one site, or of no public one.

    Origin.from_url("https://Registry-1.Docker.io./v2/") == Origin("https", "registry-1.docker.io", 443)

What comes from a server, such as a realm, a redirect or an upload location, is untrusted: these values decide where
credentials may go (RFC 6454). A host that resolvers could take for another one is refused when an origin is made.
"""

from __future__ import annotations

from functools import cache
from ipaddress import IPv4Address, IPv6Address, IPv6Network
from typing import TYPE_CHECKING, Final, Literal, Self, cast
from urllib.parse import urlsplit

from attrs import Factory, field, frozen

from ...errors import InvalidReferenceError
from ..text.redaction import quoted, redact_url
from .hosts import HostError, check_host, check_port, parse_address, split_port

if TYPE_CHECKING:
    from publicsuffixlist import PublicSuffixList

_DEFAULT_PORTS: Final = {"http": 80, "https": 443}
# Names that the public DNS never has: RFC 6761, RFC 6762, RFC 8375, and ICANN's of 2024 for private use.
_PRIVATE_NAMES: Final = ("localhost", "local", "internal", "home.arpa")
# IPv6 addresses that public translators turn into the IPv4 address in their last four bytes (RFC 6052).
_TRANSLATED: Final = IPv6Network("64:ff9b::/96")


def normalize_host(host: str) -> str:
    """Return a host in the one form that origins have: lower case, no dot at the end, addresses shortest and without brackets.

    Args:
        host: A name in ASCII, an IPv4 address of four decimal numbers, or an IPv6 address in brackets or without.

    Raises:
        InvalidReferenceError: It is none, or a notation that resolvers differ on, such as `127.1` or `0x7f000001`.
    """
    name = host.removesuffix(".") if isinstance(host, str) else host
    try:
        if not isinstance(name, str):
            raise HostError(f"it should be text, not {type(name).__name__}")
        address = check_host(f"[{name}]" if ":" in name and not name.startswith("[") else name, strict=False)
    except HostError as error:
        raise InvalidReferenceError(f"host {quoted(str(host))}: {error}") from None
    return name.lower() if address is None else str(address)


def _default_port(origin: Origin) -> int:
    return _DEFAULT_PORTS.get(origin.scheme, 0)


@frozen
class Origin:
    """The scheme, host and port that a URL leads to: two URLs with equal origins share credentials, others do not.

    Attributes:
        scheme: `http` or `https`.
        host: The host as `normalize_host` gives it; an IPv6 address has no brackets.
        port: The port; that of the scheme when none is given.

    Raises:
        InvalidReferenceError: One of them is none.

    Source: https://www.rfc-editor.org/rfc/rfc6454#section-4
    """

    scheme: Literal["http", "https"]
    host: str = field(converter=normalize_host)
    port: int = Factory(_default_port, takes_self=True)

    def __attrs_post_init__(self) -> None:
        if self.scheme not in _DEFAULT_PORTS:
            raise InvalidReferenceError(f"scheme {quoted(str(self.scheme))} is neither http nor https")
        if type(self.port) is not int or not 1 <= self.port <= 65535:
            raise InvalidReferenceError("a port should be a number from 1 to 65535")

    @classmethod
    def from_url(cls, url: str) -> Self:
        """Return the origin of a URL.

        Args:
            url: An absolute URL with http or https and without user info.

        Raises:
            InvalidReferenceError: It is none, its host or port is none, or it holds user info, a backslash, a blank or a
                control character, which parsers of URLs differ on.
        """
        if not isinstance(url, str):
            raise InvalidReferenceError(f"a URL should be text, not {type(url).__name__}")
        if not url.isascii() or not url.isprintable() or " " in url or "\\" in url:
            raise InvalidReferenceError("the URL holds a backslash, a blank or a character that no URL has; percent-encode it")
        try:
            parts = urlsplit(url)
        except ValueError as error:
            raise InvalidReferenceError(f"URL {quoted(redact_url(url))}: {error}") from None
        if "@" in parts.netloc:
            raise InvalidReferenceError("the URL holds a user name or a password; give them apart from it")
        if parts.scheme not in _DEFAULT_PORTS or not parts.netloc:
            raise InvalidReferenceError(f"URL {quoted(redact_url(url))} is no absolute http or https URL")
        host, port = split_port(parts.netloc)
        try:
            # An empty port, as in https://registry.example.com:/, is the default one (RFC 3986 section 3.2.3).
            number = check_port(port) if port else _DEFAULT_PORTS[parts.scheme]
            check_host(host.removesuffix("."), strict=False)
        except HostError as error:
            raise InvalidReferenceError(f"URL {quoted(redact_url(url))}: its host {quoted(host)}: {error}") from None
        return cls(cast('Literal["http", "https"]', parts.scheme), host, number)

    @property
    def is_secure(self) -> bool:
        """Whether the scheme is https."""
        return self.scheme == "https"

    @property
    def is_address(self) -> bool:
        """Whether the host is an IP address and no name."""
        return parse_address(self.host) is not None

    @property
    def is_loopback(self) -> bool:
        """Whether the host is this machine; see `is_loopback_host`."""
        return is_loopback_host(self.host)

    @property
    def is_private(self) -> bool:
        """Whether the host is no public one; see `is_private_host`."""
        return is_private_host(self.host)

    @property
    def netloc(self) -> str:
        """What stands in a URL for it: the host, in brackets if it needs them, and the port unless it is the scheme's."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port == _DEFAULT_PORTS[self.scheme] else f"{host}:{self.port}"

    def __str__(self) -> str:
        return f"{self.scheme}://{self.netloc}"


def is_loopback_host(host: str) -> bool:
    """Tell whether a host is this machine, by its text alone: an address of the loopback, `localhost`, or a name below it.

    Args:
        host: What `normalize_host` takes.

    Raises:
        InvalidReferenceError: It is no host.
    """
    name = normalize_host(host)
    address = parse_address(name)
    if address is None:
        return name == "localhost" or name.endswith(".localhost")
    if isinstance(address, IPv6Address) and address.ipv4_mapped is not None:
        address = address.ipv4_mapped
    return address.is_loopback


def is_private_host(host: str) -> bool:
    """Tell whether a host is no public one, by its text alone; what a public name resolves to is not looked at.

    Private are addresses that the internet does not route (loopback, private, link-local, shared, multicast, reserved), IPv6
    addresses that hold such an IPv4 address, names without a dot, and names below localhost, local, internal and home.arpa.

    Args:
        host: What `normalize_host` takes.

    Raises:
        InvalidReferenceError: It is no host.
    """
    name = normalize_host(host)
    address = parse_address(name)
    if address is None:
        return "." not in name or any(name == private or name.endswith(f".{private}") for private in _PRIVATE_NAMES)
    return any(not one.is_global or one.is_multicast or one.is_reserved for one in _meant(address))


def _meant(address: IPv4Address | IPv6Address) -> list[IPv4Address | IPv6Address]:
    """Return the addresses that must all be public: those where packets to an IPv6 address may end that holds an IPv4 address."""
    if isinstance(address, IPv4Address):
        return [address]
    if address.ipv4_mapped is not None:
        return [address.ipv4_mapped]
    if address in _TRANSLATED:
        return [IPv4Address(int(address) & 0xFFFFFFFF)]
    held = (address.sixtofour, *(address.teredo or ()))
    return [address, *(one for one in held if one is not None)]


def same_site(one: Origin, other: Origin) -> bool:
    """Tell whether two origins have the same host, or hosts below one registrable domain; scheme and port do not count.

    Addresses, localhost, names without a dot, and names whose end is not on the public suffix list are of one site only
    with themselves.

    Args:
        one: An origin.
        other: Another one.

    Source: https://publicsuffix.org/list/
    """
    if one.host == other.host:
        return True
    if one.is_address or other.is_address:
        return False
    domain = _public_suffixes().privatesuffix(one.host)
    return domain is not None and domain == _public_suffixes().privatesuffix(other.host)


@cache
def _public_suffixes() -> PublicSuffixList:
    # Reading the list takes 40 ms, and most programs never need it.
    from publicsuffixlist import PublicSuffixList

    return PublicSuffixList(accept_unknown=False)
