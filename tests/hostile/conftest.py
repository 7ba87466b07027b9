"""A hostile registry, and what it would like to see: another server that belongs to the attacker."""

from __future__ import annotations

import ssl
from collections.abc import Iterator
from contextlib import AbstractContextManager
from pathlib import Path

import pytest
import trustme

from docker_registry_sdk.credentials import Credential, ExplicitCredentials
from tests.core.wire.loopback import Handler, Loopback, run_loopback
from tests.support.names import resolve_to_loopback
from tests.support.sessions import KINDS, Kind, Session, open_session

SECRET = "S3CR3T"


@pytest.fixture(params=KINDS)
def kind(request: pytest.FixtureRequest) -> Kind:
    kind: Kind = request.param
    return kind


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


def client_of(kind: Kind, server: Loopback, **options: object) -> AbstractContextManager[Session]:
    """Return a client of the registry with a password that must not get out."""
    credential = Credential("alice", SECRET)
    options = {"max_retries": 0, "credentials": ExplicitCredentials(credential), **options}
    return open_session(kind, f"{at(server, 'registry.example.com')}/a", **options)


def demand(handler: Handler, challenge: str = 'Basic realm="x"') -> bool:
    """Ask for credentials unless there are some; return whether that was the answer."""
    if "Authorization" in handler.headers:
        return False
    handler.reply(401, WWW_Authenticate=challenge)
    return True
