"""The variable NO_PROXY: the hosts that requests are sent to without a proxy.

There is no standard. This module reads what curl, Go and Python's urllib read: names with their subdomains, addresses, networks,
ports and wildcards. httpx reads no networks, and raises an exception for an IPv6 address in brackets.
"""

from __future__ import annotations

import re
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from typing import Final, NamedTuple

import httpx

_DEFAULT_PORTS: Final = {"http": 80, "https": 443}
_SEPARATORS: Final = re.compile(r"[\s,]+")


class _Entry(NamedTuple):
    """One entry. An attribute that is None allows any value; of the last three attributes, one is not None."""

    scheme: str | None
    port: int | None
    network: IPv4Network | IPv6Network | None = None
    name: str | None = None
    pattern: re.Pattern[str] | None = None


class NoProxy:
    """The hosts that requests are sent to without a proxy.

    - `example.com` and `.example.com`: the host and its subdomains; `*.example.com`: its subdomains;
    - `10.0.0.1`, `::1` and `[::1]`: an address; `10.0.0.0/8` and `fd00::/8`: the addresses of a network;
    - `*`: all hosts; a `*` in an entry stands for any characters;
    - `:PORT` after a host, and `http://` or `https://` before it: only requests with this port or scheme.

    Names are not resolved. An entry that has none of these forms is ignored.

    Args:
        text: The value of the variable: entries with commas or spaces between them.
    """

    def __init__(self, text: str) -> None:
        parsed = (_parse(entry) for entry in _SEPARATORS.split(text.lower()) if entry)
        self._entries = [entry for entry in parsed if entry is not None]

    def matches(self, url: httpx.URL) -> bool:
        """Return whether a request is sent without a proxy.

        Args:
            url: The URL of the request.
        """
        host = url.raw_host.decode("ascii").lower().removesuffix(".")
        port = url.port or _DEFAULT_PORTS.get(url.scheme)
        addresses = _addresses(host)
        return any(
            entry.scheme in (None, url.scheme) and entry.port in (None, port) and _names(entry, host, addresses)
            for entry in self._entries
        )


def _names(entry: _Entry, host: str, addresses: list[IPv4Address | IPv6Address]) -> bool:
    if entry.network is not None:
        return any(address in entry.network for address in addresses)
    if entry.pattern is not None:
        return entry.pattern.fullmatch(host) is not None
    return host == entry.name or (not addresses and host.endswith(f".{entry.name}"))


def _parse(text: str) -> _Entry | None:
    scheme, separator, rest = text.partition("://")
    if not separator:
        scheme, rest = "all", text
    wanted = None if scheme == "all" else scheme
    if "/" in rest and (network := _network(rest)) is not None:
        return _Entry(wanted, None, network)
    host, port = rest.partition("/")[0], None
    if host.startswith("["):
        host, _, port_text = host[1:].partition("]")
        port_text = port_text.removeprefix(":")
    else:
        host, _, port_text = host.partition(":") if host.count(":") == 1 else (host, "", "")
    if port_text:
        if not (port_text.isascii() and port_text.isdigit()):
            return None
        port = int(port_text)
    if (network := _network(host)) is not None:
        return _Entry(wanted, port, network)
    if "*" in host:
        return _Entry(wanted, port, pattern=_wildcard(host))
    name = _to_ascii(host.strip("."))
    return _Entry(wanted, port, name=name) if name else None


def _wildcard(text: str) -> re.Pattern[str]:
    """Return the pattern of a text in which `*` stands for any characters. It takes linear time for each part of the text."""
    begin, *middle, end = text.split("*")
    parts = "".join(f"(?>.*?{re.escape(part)})" for part in middle if part)
    return re.compile(f"{re.escape(begin)}{parts}.*{re.escape(end)}")


def _network(text: str) -> IPv4Network | IPv6Network | None:
    try:
        network = ip_network(text.replace("[", "").replace("]", ""), strict=False)
    except ValueError:
        return None
    mapped = network.network_address.ipv4_mapped if isinstance(network, IPv6Network) else None
    return network if mapped is None or network.prefixlen < 96 else IPv4Network((mapped, network.prefixlen - 96))


def _addresses(host: str) -> list[IPv4Address | IPv6Address]:
    """Return the address that a host is, and for an IPv4-mapped IPv6 address also the IPv4 address; an empty list for a name."""
    try:
        address = ip_address(host)
    except ValueError:
        return []
    mapped = address.ipv4_mapped if isinstance(address, IPv6Address) else None
    return [address] if mapped is None else [address, mapped]


def _to_ascii(name: str) -> str | None:
    """Return a name in the form of URLs, with xn-- for labels that have other letters than ASCII; None if it is invalid."""
    if name.isascii():
        return name
    try:
        return httpx.URL(f"http://{name}").raw_host.decode("ascii")
    except (httpx.InvalidURL, UnicodeError):
        return None
