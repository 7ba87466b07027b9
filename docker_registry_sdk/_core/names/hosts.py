"""Hosts and ports as they stand in references and URLs: what is one, in one form, and never something ambiguous."""

from __future__ import annotations

import re
from ipaddress import AddressValueError, IPv4Address, IPv6Address

# A label of a host name, as references have them, and with the underscores that URLs of container networks also have.
_STRICT_LABEL = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?")
_LABEL = re.compile(r"[A-Za-z0-9_](?:[A-Za-z0-9_-]*[A-Za-z0-9_])?")
_NUMBER = re.compile(r"[0-9]+|0[xX][0-9A-Fa-f]*")
_IPV6 = re.compile(r"[0-9A-Fa-f:]+")
_PORT = re.compile(r"[0-9]{1,5}")


class HostError(ValueError):
    """What is wrong with a host or port, in words that can follow its name and a colon."""


def split_port(text: str) -> tuple[str, str | None]:
    """Return the host, an IPv6 address still in its brackets, and the text of the port, None without a colon.

    Args:
        text: Host and port, as before the path of a URL.
    """
    host, colon, port = text.rpartition(":")
    if not colon or "]" in port:
        return text, None
    return host, port


def check_port(port: str) -> int:
    """Return the number of a port.

    Args:
        port: Its text.

    Raises:
        HostError: It is no number from 1 to 65535.
    """
    if not _PORT.fullmatch(port) or not 1 <= int(port) <= 65535:
        raise HostError("the port is no number from 1 to 65535")
    return int(port)


def parse_address(host: str) -> IPv4Address | IPv6Address | None:
    """Return the address that a host is, None when it is a name.

    Every notation that some resolver takes for an address and another for a name, such as `127.1`, `0x7f000001`,
    `2130706433` and `0177.0.0.1`, is refused: which of the two it is would be decided after the checks.

    Args:
        host: A host without port; an IPv6 address in brackets or without.

    Raises:
        HostError: It looks like an address and is none.
    """
    if host.startswith("[") or ":" in host:
        inner = host[1:-1] if host.startswith("[") and host.endswith("]") else host
        try:
            if "%" in inner:
                raise HostError("an IPv6 address with a zone cannot stand here; leave out the % and what follows")
            return IPv6Address(inner)
        except AddressValueError:
            raise HostError("it is no IPv6 address; write it in brackets, as in [::1]:5000") from None
    last = host.rstrip(".").rpartition(".")[2]
    if not _NUMBER.fullmatch(last):
        return None
    try:
        return IPv4Address(host)
    except AddressValueError:
        raise HostError("it ends in a number, as only IPv4 addresses do; write four numbers from 0 to 255") from None


def check_host(host: str, *, strict: bool) -> IPv4Address | IPv6Address | None:
    """Check a host, and return the address that it is, None when it is a name.

    Args:
        host: A host without port, an IPv6 address in brackets.
        strict: As in references: no underscores, no IPv6 address with an IPv4 address in it.

    Raises:
        HostError: It is none.
    """
    if not host:
        raise HostError("it is empty")
    if not host.isascii():
        raise HostError("it has characters beyond ASCII; write the form that begins with xn--")
    if host.startswith("["):
        if not host.endswith("]"):
            raise HostError("the closing bracket of the IPv6 address is missing")
        if strict and not _IPV6.fullmatch(host[1:-1]):
            raise HostError("between the brackets stand only hexadecimal digits and colons")
    elif ":" in host:
        raise HostError("there is more than one colon; write an IPv6 address in brackets, as in [::1]:5000")
    elif len(host) > 253 or any(len(label) > 63 for label in host.split(".")):
        raise HostError("it is longer than host names may be: 253 characters, 63 between two dots")
    elif not all((_STRICT_LABEL if strict else _LABEL).fullmatch(label) for label in host.split(".")):
        raise HostError("between its dots stand letters, digits and hyphens, with no hyphen at either end")
    return parse_address(host)
