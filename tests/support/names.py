"""Let public host names resolve to this machine, so that a test can have several sites."""

from __future__ import annotations

import socket
from typing import Any

import pytest

_real = socket.getaddrinfo


def resolve_to_loopback(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let every name with a dot resolve to 127.0.0.1, for sync and async code.

    Args:
        monkeypatch: The fixture that restores `socket.getaddrinfo`.
    """

    def getaddrinfo(host: Any, *args: Any, **options: Any) -> Any:
        name = host.decode() if isinstance(host, bytes) else host
        public = isinstance(name, str) and "." in name and not name.replace(".", "").isdigit()
        return _real("127.0.0.1" if public else host, *args, **options)

    monkeypatch.setattr(socket, "getaddrinfo", getaddrinfo)
