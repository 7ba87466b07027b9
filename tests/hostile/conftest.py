"""A hostile registry, and what it would like to see: another server that belongs to the attacker."""

from __future__ import annotations

import ssl
from collections.abc import Iterator
from pathlib import Path

import pytest
import trustme

from tests.core.wire.loopback import Handler, Loopback, run_loopback
from tests.support.names import resolve_to_loopback

SECRET = "S3CR3T"


@pytest.fixture(autouse=True)
def names(monkeypatch: pytest.MonkeyPatch) -> None:
    resolve_to_loopback(monkeypatch)


def refuse(handler: Handler) -> None:
    """Answer as a registry that has nothing to say yet."""
    handler.reply(500)


@pytest.fixture
def registry() -> Iterator[Loopback]:
    """The registry, as http://registry.example.com; tests set its answer."""
    with run_loopback(refuse) as server:
        yield server


@pytest.fixture
def evil() -> Iterator[Loopback]:
    """A server of the attacker's, as any other name."""
    with run_loopback(lambda handler: handler.reply(201, b"{}")) as server:
        yield server


@pytest.fixture
def secure(tmp_path: Path) -> Iterator[Loopback]:
    """The registry as https://registry.example.com; its authority is in ca.pem of tmp_path."""
    authority = trustme.CA()
    authority.cert_pem.write_to_path(tmp_path / "ca.pem")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("registry.example.com").configure_cert(context)
    with run_loopback(refuse, context) as server:
        yield server


def at(server: Loopback, host: str, scheme: str | None = None) -> str:
    """Return the address of a server under another name."""
    own, _, rest = server.url.partition("://")
    return f"{scheme or own}://{host}:{rest.rpartition(':')[2]}"


def demand(handler: Handler, challenge: str = 'Basic realm="x"') -> bool:
    """Ask for credentials unless there are some; return whether that was the answer."""
    if "Authorization" in handler.headers:
        return False
    handler.reply(401, WWW_Authenticate=challenge)
    return True
