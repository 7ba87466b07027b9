"""An internet on this machine: names have public addresses, and connections to public addresses reach servers on loopback."""

from __future__ import annotations

import ipaddress
import socket
from typing import Any

import pytest
from attrs import define, field

PROXY_VARIABLES = ("http_proxy", "https_proxy", "all_proxy", "no_proxy")

_getaddrinfo = socket.getaddrinfo
_connect = socket.socket.connect


@define
class Internet:
    """The names and routes of the internet.

    Attributes:
        names: The addresses of each name; other names do not exist. A list of several results gives one to each lookup, the last
            one also to all later lookups.
        unreachable: The addresses that refuse connections.
        lookups: The names that were looked up, in order.
        connected: The addresses that were connected to, in order.
    """

    names: dict[str, list[tuple[str, ...]]] = field(factory=dict)
    unreachable: set[str] = field(factory=set)
    lookups: list[str] = field(factory=list)
    connected: list[str] = field(factory=list)

    def getaddrinfo(self, host: Any, port: Any, *args: Any, **options: Any) -> Any:
        """Resolve a name, in place of the function of the module `socket`."""
        name = host.decode() if isinstance(host, bytes) else host
        if name is None or name.replace(".", "").isdigit() or ":" in name:
            return _getaddrinfo(host, port, *args, **options)
        if not name.isascii():
            name = name.encode("idna").decode()  # as the C code of Python does
        self.lookups.append(name)
        if name not in self.names:
            raise socket.gaierror(socket.EAI_NONAME, f"no such name: {name}")
        results = self.names[name]
        addresses = results[0] if len(results) == 1 else results.pop(0)
        return [info for one in addresses for info in _getaddrinfo(one, port, *args, **options)]

    def connect(self, sock: socket.socket, address: Any) -> Any:
        """Connect a socket, in place of the method of `socket.socket`."""
        if sock.family not in (socket.AF_INET, socket.AF_INET6):
            return _connect(sock, address)
        self.connected.append(address[0])
        if address[0] in self.unreachable:
            raise ConnectionRefusedError(f"{address[0]} is unreachable")
        if ipaddress.ip_address(address[0]).is_global:
            address = ("127.0.0.1", *address[1:])
        return _connect(sock, address)


def pretend_internet(monkeypatch: pytest.MonkeyPatch, **names: str) -> Internet:
    """Return an internet that takes the place of the real one, without proxies.

    Args:
        monkeypatch: The fixture that restores the module `socket` and the environment.
        names: The address of each name, with underscores for dots.
    """
    internet = Internet({name.replace("_", "."): [(address,)] for name, address in names.items()})
    monkeypatch.setattr(socket, "getaddrinfo", internet.getaddrinfo)
    monkeypatch.setattr(socket.socket, "connect", lambda sock, address: internet.connect(sock, address))
    for name in PROXY_VARIABLES:
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)
    return internet
