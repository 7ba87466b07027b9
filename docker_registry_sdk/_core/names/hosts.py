"""Functions that parse and check hosts and ports of references and URLs. Ambiguous notations of IP addresses are rejected."""

from __future__ import annotations

import re
from ipaddress import AddressValueError, IPv4Address, IPv6Address

# A label of a host name: in references, and in URLs, where names of container networks may contain underscores.
_STRICT_LABEL = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?")
_LABEL = re.compile(r"[A-Za-z0-9_](?:[A-Za-z0-9_-]*[A-Za-z0-9_])?")
_NUMBER = re.compile(r"[0-9]+|0[xX][0-9A-Fa-f]*")
_IPV6 = re.compile(r"[0-9A-Fa-f:]+")
_PORT = re.compile(r"[0-9]{1,5}")


class HostError(ValueError):
    """The exception for an invalid host or port. The message contains only the reason; callers add the host."""


def split_port(text: str) -> tuple[str, str | None]:
    """Split a text into the host and the port, without checking them. The port is None if the text has no port.

    Args:
        text: A host with or without a port. An IPv6 address must be in brackets; the host in the result keeps the brackets.
    """
    host, colon, port = text.rpartition(":")
    if not colon or "]" in port:
        return text, None
    return host, port


def check_port(port: str) -> int:
    """Check a port, and return it as a number.

    Args:
        port: The port as text.

    Raises:
        HostError: The port is not a number from 1 to 65535.
    """
    if not _PORT.fullmatch(port) or not 1 <= int(port) <= 65535:
        raise HostError("the port is not a number from 1 to 65535")
    return int(port)


def parse_address(host: str) -> IPv4Address | IPv6Address | None:
    """Return the IP address that a host consists of; None if the host is a name.

    Only some resolvers read `127.1`, `0x7f000001`, `2130706433` and `0177.0.0.1` as IP addresses. Such hosts are rejected: if
    they counted as names, a request to them could reach a private address in spite of the checks for private addresses.

    Args:
        host: A host without a port. An IPv6 address may be in brackets.

    Raises:
        HostError: The host looks like an IP address, but is invalid or ambiguous, or is an IPv6 address with a zone.
    """
    if host.startswith("[") or ":" in host:
        inner = host[1:-1] if host.startswith("[") and host.endswith("]") else host
        try:
            if "%" in inner:
                raise HostError("an IPv6 address with a zone is not allowed; remove the % and the zone")
            return IPv6Address(inner)
        except AddressValueError:
            raise HostError("it is not an IPv6 address; write an IPv6 address in brackets, as in [::1]:5000") from None
    last = host.rstrip(".").rpartition(".")[2]
    if not _NUMBER.fullmatch(last):
        return None
    try:
        return IPv4Address(host)
    except AddressValueError:
        raise HostError("it ends in a number but is not an IPv4 address; write four numbers from 0 to 255") from None


def check_host(host: str, *, strict: bool) -> IPv4Address | IPv6Address | None:
    """Check a host, and return the IP address that the host consists of; None if the host is a name.

    Args:
        host: A host without a port. An IPv6 address must be in brackets.
        strict: Whether to apply the rules for references, which allow neither underscores nor an IPv6 address that ends in dotted
            IPv4 notation. The rules for URLs allow both.

    Raises:
        HostError: The host is empty, too long, or invalid.
    """
    if not host:
        raise HostError("it is empty")
    if not host.isascii():
        raise HostError("it contains non-ASCII characters; write the name in its ASCII form, which begins with xn--")
    if host.startswith("["):
        if not host.endswith("]"):
            raise HostError("the closing bracket of the IPv6 address is missing")
        if strict and not _IPV6.fullmatch(host[1:-1]):
            raise HostError("only hexadecimal digits and colons are allowed between the brackets")
    elif ":" in host:
        raise HostError("it contains more than one colon; write an IPv6 address in brackets, as in [::1]:5000")
    elif len(host) > 253 or any(len(label) > 63 for label in host.split(".")):
        raise HostError("it is too long; the limits are 253 characters for the host, and 63 characters between two dots")
    elif not all((_STRICT_LABEL if strict else _LABEL).fullmatch(label) for label in host.split(".")):
        allowed = "letters, digits and hyphens" if strict else "letters, digits, underscores and hyphens"
        raise HostError(f"only {allowed} are allowed between dots, with no hyphen at either end")
    return parse_address(host)
