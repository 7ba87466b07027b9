"""Origins (scheme, host, port), to which credentials belong, and checks whether a host is private or two hosts are one site.

    Origin.from_url("https://Registry-1.Docker.io./v2/") == Origin("https", "registry-1.docker.io", 443)

URLs from a server, such as a realm, a redirect or an upload location, are untrusted. Their origin decides whether credentials are
sent to them (RFC 6454). Different resolvers read an ambiguous host such as `127.1` in different ways, so an `Origin` with an
ambiguous host cannot be created.
"""

from __future__ import annotations

from functools import cache
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network
from typing import TYPE_CHECKING, Final, Literal, Self, cast
from urllib.parse import urlsplit

from attrs import Factory, field, frozen

from ...errors import InvalidReferenceError
from ..text.redaction import quoted, redact_url
from .hosts import HostError, check_host, check_port, parse_address, split_port

if TYPE_CHECKING:
    from publicsuffixlist import PublicSuffixList

_DEFAULT_PORTS: Final = {"http": 80, "https": 443}
# Names that do not exist in the public DNS: RFC 6761, RFC 6762, RFC 8375, and `internal` (ICANN resolution of 2024).
_PRIVATE_NAMES: Final = ("localhost", "local", "internal", "home.arpa")
# NAT64 gateways send packets to these IPv6 addresses to the IPv4 address in their last four bytes (RFC 6052).
_NAT64: Final = IPv6Network("64:ff9b::/96")
# Bytes 9 to 12 of an ISATAP address, whose packets go to the IPv4 address in its last four bytes (RFC 5214 section 6.1).
_ISATAP: Final = (0x00005EFE, 0x02005EFE)
# Special addresses (RFC 6890, RFC 7526, RFC 3879, RFC 9637) that some versions of the module ipaddress take for public ones.
_NOT_PUBLIC: Final = (
    IPv4Network("192.0.0.0/24"),
    IPv4Network("192.88.99.0/24"),
    IPv6Network("fec0::/10"),
    IPv6Network("3fff::/20"),
)


def normalize_host(host: str) -> str:
    """Return a host in its normal form: in lower case, without a final dot, and an IPv6 address shortened and without brackets.

    Args:
        host: An ASCII name, an IPv4 address of four decimal numbers, or an IPv6 address with or without brackets.

    Raises:
        InvalidReferenceError: The host is invalid, or is ambiguous, as `127.1` and `0x7f000001` are.
    """
    name = host.removesuffix(".") if isinstance(host, str) else host
    try:
        if not isinstance(name, str):
            raise HostError(f"it must be a string, not {type(name).__name__}")
        address = check_host(f"[{name}]" if ":" in name and not name.startswith("[") else name, strict=False)
    except HostError as error:
        raise InvalidReferenceError(
            f"host {quoted(str(host))}: {error}", hint="Write a host name or an IP address, such as registry.example.com."
        ) from None
    if address is None:
        return name.lower()
    if isinstance(address, IPv6Address) and address.ipv4_mapped is not None:
        number = int(address.ipv4_mapped)  # from Python 3.13 on, `str` writes these addresses with dots
        return f"::ffff:{number >> 16:x}:{number & 0xFFFF:x}"
    return str(address)


def _default_port(origin: Origin) -> int:
    return _DEFAULT_PORTS.get(origin.scheme, 0)


@frozen
class Origin:
    """The scheme, host and port of a URL. URLs with equal origins share credentials.

    Attributes:
        scheme: `http` or `https`.
        host: The host as `normalize_host` returns it; an IPv6 address has no brackets.
        port: The port; by default, 80 for http and 443 for https.

    Raises:
        InvalidReferenceError: The scheme, host or port is invalid.

    Source: https://www.rfc-editor.org/rfc/rfc6454#section-4
    """

    scheme: Literal["http", "https"]
    host: str = field(converter=normalize_host)
    port: int = Factory(_default_port, takes_self=True)

    def __attrs_post_init__(self) -> None:
        if self.scheme not in _DEFAULT_PORTS:
            raise InvalidReferenceError(f"scheme {quoted(str(self.scheme))} is neither http nor https", hint="Use http or https.")
        if type(self.port) is not int or not 1 <= self.port <= 65535:
            raise InvalidReferenceError(
                f"the port must be an int from 1 to 65535, not {self.port!r}", hint="Pass a port from 1 to 65535."
            )

    @classmethod
    def from_url(cls, url: str) -> Self:
        """Return the origin of a URL.

        Args:
            url: An absolute http or https URL without user info.

        Raises:
            InvalidReferenceError: The URL is not an absolute http or https URL; its host or port is invalid; or it contains user
                info, a backslash, a space, a control character or a non-ASCII character. Parsers disagree about such URLs.
        """
        if not isinstance(url, str):
            raise InvalidReferenceError(f"a URL must be a string, not {type(url).__name__}", hint="Pass a string.")
        if not url.isascii() or not url.isprintable() or " " in url or "\\" in url:
            raise InvalidReferenceError(
                "the URL contains a space, backslash, control or non-ASCII character", hint="Percent-encode it."
            )
        try:
            parts = urlsplit(url)
        except ValueError:  # the message quotes a part of the URL, which may be a password
            raise InvalidReferenceError(
                f"URL {quoted(redact_url(url))} is malformed", hint="Write a URL such as https://registry.example.com/v2/."
            ) from None
        if "@" in parts.netloc:
            raise InvalidReferenceError("the URL contains a user name or a password", hint="Pass them separately.")
        if parts.scheme not in _DEFAULT_PORTS or not parts.netloc:
            raise InvalidReferenceError(
                f"URL {quoted(redact_url(url))} is not an absolute http or https URL",
                hint="Write a URL such as https://registry.example.com/v2/.",
            )
        host, port = split_port(parts.netloc)
        try:
            # An empty port, as in https://registry.example.com:/, is the default port (RFC 3986 section 3.2.3).
            number = check_port(port) if port else _DEFAULT_PORTS[parts.scheme]
            check_host(host.removesuffix("."), strict=False)
        except HostError as error:
            raise InvalidReferenceError(
                f"URL {quoted(redact_url(url))}: host {quoted(host)}: {error}",
                hint="Write a URL such as https://registry.example.com/v2/.",
            ) from None
        return cls(cast('Literal["http", "https"]', parts.scheme), host, number)

    @property
    def is_secure(self) -> bool:
        """Return whether the scheme is https."""
        return self.scheme == "https"

    @property
    def is_address(self) -> bool:
        """Return whether the host is an IP address rather than a name."""
        return parse_address(self.host) is not None

    @property
    def is_loopback(self) -> bool:
        """Return whether the host is this machine, according to `is_loopback_host`."""
        return is_loopback_host(self.host)

    @property
    def is_private(self) -> bool:
        """Return whether the host is private, according to `is_private_host`."""
        return is_private_host(self.host)

    @property
    def netloc(self) -> str:
        """Return the host and port as in a URL. An IPv6 address is in brackets. The default port of the scheme is left out."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port == _DEFAULT_PORTS[self.scheme] else f"{host}:{self.port}"

    def __str__(self) -> str:
        return f"{self.scheme}://{self.netloc}"


def is_loopback_host(host: str) -> bool:
    """Return whether a host is this machine: a loopback address, `localhost`, or a name that ends in `.localhost`.

    Other names are not resolved; for them, the result is False.

    Args:
        host: A name or an IP address, in a form that `normalize_host` accepts.

    Raises:
        InvalidReferenceError: The host is invalid.
    """
    name = normalize_host(host)
    address = parse_address(name)
    if address is None:
        return name == "localhost" or name.endswith(".localhost")
    if isinstance(address, IPv6Address) and address.ipv4_mapped is not None:
        address = address.ipv4_mapped
    return address.is_loopback


def is_private_host(host: str) -> bool:
    """Return whether a host is private. Names are not resolved.

    Private hosts are: IP addresses that are not routed on the internet (loopback, private, link-local, shared, multicast,
    reserved), IPv6 addresses that contain an IPv4 address of these kinds, names without a dot, and names that end in
    `.localhost`, `.local`, `.internal` or `.home.arpa`.

    Args:
        host: A name or an IP address, in a form that `normalize_host` accepts.

    Raises:
        InvalidReferenceError: The host is invalid.
    """
    name = normalize_host(host)
    address = parse_address(name)
    if address is None:
        return "." not in name or any(name == private or name.endswith(f".{private}") for private in _PRIVATE_NAMES)
    return any(map(_is_not_public, _embedded(address)))


def _is_not_public(address: IPv4Address | IPv6Address) -> bool:
    if not address.is_global or address.is_multicast or address.is_reserved:
        return True
    return any(address in network for network in _NOT_PUBLIC)


def _embedded(address: IPv4Address | IPv6Address) -> list[IPv4Address | IPv6Address]:
    """Return the addresses that must all be public for an address to be public.

    An IPv4-mapped or NAT64 address stands for the IPv4 address in it, so only the IPv4 address is returned. A 6to4, Teredo or
    ISATAP address is returned together with the IPv4 addresses in it. Other addresses are returned alone.
    """
    if isinstance(address, IPv4Address):
        return [address]
    if address.ipv4_mapped is not None:
        return [address.ipv4_mapped]
    if address in _NAT64:
        return [IPv4Address(int(address) & 0xFFFFFFFF)]
    embedded = [address.sixtofour, *(address.teredo or ())]
    if int(address) >> 32 & 0xFFFFFFFF in _ISATAP:
        embedded.append(IPv4Address(int(address) & 0xFFFFFFFF))
    return [address, *(one for one in embedded if one is not None)]


def same_site(one: Origin, other: Origin) -> bool:
    """Return whether two origins have the same host, or hosts in the same registrable domain. Scheme and port are ignored.

    A registrable domain is a public suffix and one label before it, such as `example.co.uk`. IP addresses and names without a
    registrable domain, such as `localhost`, are the same site only if the hosts are equal.

    Args:
        one: An origin.
        other: Another origin.

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
    # Loading the list takes 40 ms, and most programs do not need it.
    from publicsuffixlist import PublicSuffixList

    return PublicSuffixList(accept_unknown=False)
