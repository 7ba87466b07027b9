"""A hostile registry, and another server of the attacker that must get no secrets."""

from __future__ import annotations

import base64
import ssl
from collections.abc import Iterator
from pathlib import Path

import pytest
import trustme

from tests.core.wire.loopback import Handler, Loopback, run_loopback
from tests.support.names import resolve_to_loopback

SECRET = "S3CR3T"
BASIC_SECRET = base64.b64encode(f"alice:{SECRET}".encode()).decode()


@pytest.fixture(autouse=True)
def names(monkeypatch: pytest.MonkeyPatch) -> None:
    resolve_to_loopback(monkeypatch)


def refuse(handler: Handler) -> None:
    """Answer 500, until the test sets the answer."""
    handler.reply(500)


@pytest.fixture
def registry() -> Iterator[Loopback]:
    """The registry, as http://registry.example.com; tests set its answer."""
    with run_loopback(refuse) as server:
        yield server


@pytest.fixture
def evil() -> Iterator[Loopback]:
    """A server of the attacker, under any other name."""
    with run_loopback(lambda handler: handler.reply(201, b"{}")) as server:
        yield server


@pytest.fixture
def secure(tmp_path: Path) -> Iterator[Loopback]:
    """The registry as https://registry.example.com; its CA certificate is tmp_path / ca.pem."""
    authority = trustme.CA()
    authority.cert_pem.write_to_path(tmp_path / "ca.pem")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("registry.example.com").configure_cert(context)
    with run_loopback(refuse, context) as server:
        yield server


def at(server: Loopback, host: str, scheme: str | None = None) -> str:
    """Return the URL of a server under another host name."""
    own, _, rest = server.url.partition("://")
    return f"{scheme or own}://{host}:{rest.rpartition(':')[2]}"


def demand(handler: Handler, challenge: str = 'Basic realm="x"') -> bool:
    """Answer 401 if the request has no credentials; return whether it had none."""
    if "Authorization" in handler.headers:
        return False
    handler.reply(401, WWW_Authenticate=challenge)
    return True
