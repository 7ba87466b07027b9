"""The log: a line for each request and each step of the token dance, and no secret in any."""

from __future__ import annotations

import logging

import pytest

from docker_registry_sdk.credentials import Credential, ExplicitCredentials
from docker_registry_sdk.errors import RegistryError
from docker_registry_sdk.testing import EmbeddedRegistry
from tests.core.wire.loopback import Handler, run_loopback
from tests.support.sessions import KINDS, Kind, open_session

ROOT = "docker_registry_sdk"


def lines(caplog: pytest.LogCaptureFixture) -> list[str]:
    """Return what the package logged."""
    assert all(record.levelno == logging.DEBUG for record in caplog.records if record.name.startswith(ROOT))
    return [record.getMessage() for record in caplog.records if record.name.startswith(ROOT)]


@pytest.mark.parametrize("kind", KINDS)
def test_a_line_for_each_request_and_each_step(kind: Kind, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG, ROOT)
    with EmbeddedRegistry(auth="token") as registry:
        url = registry.url
        with open_session(kind, f"{url}/a", username=registry.username, password=registry.password) as session:
            session.call("ping")
            session.call("ping")
    found = [line.partition(" in ")[0] for line in lines(caplog)]
    assert found == [
        f"GET {url}/v2/: 401",
        f"challenge of {url}: bearer",
        f"credential for {registry_host(url)}: given by the caller",
        f"GET {url}/token?service=…&client_id=…: 200",
        f"token from {url}/token for no scope: GET with name and password",
        f"GET {url}/v2/: 200",
        f"GET {url}/v2/: 200",
    ]


def registry_host(url: str) -> str:
    """Return the host and port of a URL."""
    return url.partition("://")[2]


@pytest.mark.parametrize("kind", KINDS)
def test_retries_and_failures_are_logged(kind: Kind, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG, ROOT)

    def answer(handler: Handler) -> None:
        if len(server.seen) == 1:
            handler.reply(503)
        else:
            handler.close_connection = True

    with (
        run_loopback(answer) as server,
        open_session(kind, f"{server.url}/a", max_retries=1) as session,
        pytest.raises(RegistryError),
    ):
        session.call("ping")
    first, again, last = lines(caplog)
    assert ": 503 in " in first
    assert ": 503; again in 0." in again
    assert last.endswith(": RemoteProtocolError")


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(
    "credential",
    [
        Credential("alice", "S3CR3T"),
        Credential("alice", "S3CR3T \u20ac\u00ff"),
        Credential("alice", identity_token="S3CR3T"),
        Credential(registry_token="S3CR3T"),
        Credential(registry_token="S3CR3T \u00ff"),
    ],
    ids=str,
)
@pytest.mark.parametrize(
    "challenge", ['Basic realm="x"', 'Bearer realm="{url}/token?key=S3CR3T",scope="repository:a:pull\x1b[2J"']
)
def test_no_line_holds_a_secret(kind: Kind, credential: Credential, challenge: str, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG, ROOT)

    def answer(handler: Handler) -> None:
        if handler.path.startswith("/token"):
            handler.reply(200, b'{"token": "S3CR3T"}', Content_Type="application/json")
        elif handler.path.startswith("/storage"):
            handler.reply(500)
        elif "Authorization" in handler.headers:
            handler.reply(307, Location=f"{server.url.replace('127.0.0.1', 'localhost')}/storage?X-Signature=S3CR3T")
        else:
            handler.reply(401, WWW_Authenticate=challenge.format(url=server.url))

    with run_loopback(answer) as server:
        options = {"credentials": ExplicitCredentials(credential), "max_retries": 1}
        with open_session(kind, f"{server.url}/a", **options) as session, pytest.raises(RegistryError) as caught:
            session.call("list_tags")
    said = lines(caplog)
    assert said
    words = "\n".join(said)
    encoded = "UzNDUjNU"  # S3CR3T in base64, wherever it begins at a third byte
    assert not any(secret in f"{words}{caught.value!r}" for secret in ("S3CR3T", encoded))
    assert all(line.isprintable() for line in said)


@pytest.mark.parametrize("kind", KINDS)
def test_a_broken_line_of_a_header_is_not_quoted(kind: Kind, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG, ROOT)
    broken = b"HTTP/1.1 200 OK\r\nLocation https://x.example.com/?sig=S3CR3T\r\n\r\n"
    with (
        run_loopback(lambda handler: handler.break_off(broken)) as server,
        open_session(kind, f"{server.url}/a", max_retries=1) as session,
        pytest.raises(RegistryError),
    ):
        session.call("ping")
    said = lines(caplog)
    assert len(said) == 3
    assert "S3CR3T" not in "".join(said)
