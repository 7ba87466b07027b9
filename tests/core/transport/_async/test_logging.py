"""The log has a line for each request and each step of the token flow, and no secrets."""

from __future__ import annotations

import logging

import pytest

from docker_registry_sdk import AsyncRegistryClientV2
from docker_registry_sdk.credentials import Credential, ExplicitCredentials
from docker_registry_sdk.errors import RegistryError
from docker_registry_sdk.testing import EmbeddedRegistry
from tests.core.wire.loopback import Handler, run_loopback

pytestmark = pytest.mark.anyio

ROOT = "docker_registry_sdk"


def logged_lines(caplog: pytest.LogCaptureFixture) -> list[str]:
    """Return the messages that the package logged, all at level DEBUG."""
    assert all(record.levelno == logging.DEBUG for record in caplog.records if record.name.startswith(ROOT))
    return [record.getMessage() for record in caplog.records if record.name.startswith(ROOT)]


async def test_each_request_and_each_step_of_the_token_flow_is_logged(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG, ROOT)
    with EmbeddedRegistry(auth="token") as registry:
        url, host = registry.url, registry.host
        async with AsyncRegistryClientV2(f"{url}/a", username=registry.username, password=registry.password) as client:
            await client.ping()
            await client.ping()
    found = [line.partition(" in ")[0] for line in logged_lines(caplog)]
    assert found == [
        f"GET {url}/v2/: 401",
        f"challenge of {url}: bearer",
        f"credential for {host}: given by the caller",
        f"GET {url}/token?service=…&client_id=…: 200",
        f"token from {url}/token for no scope: GET with name and password",
        f"GET {url}/v2/: 200",
        f"GET {url}/v2/: 200",
    ]


async def test_retries_and_failures_are_logged(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG, ROOT)

    def answer(handler: Handler) -> None:
        if len(server.seen) == 1:
            handler.reply(503)
        else:
            handler.close_connection = True

    with run_loopback(answer) as server:
        async with AsyncRegistryClientV2(f"{server.url}/a", max_retries=1) as client:
            with pytest.raises(RegistryError):
                await client.ping()
    first, retry, last = logged_lines(caplog)
    assert ": 503 in " in first
    assert ": 503; again in 0." in retry
    assert last.endswith(": RemoteProtocolError")


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
async def test_no_secret_is_logged(credential: Credential, challenge: str, caplog: pytest.LogCaptureFixture) -> None:
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
        credentials = ExplicitCredentials(credential)
        async with AsyncRegistryClientV2(f"{server.url}/a", credentials=credentials, max_retries=1) as client:
            with pytest.raises(RegistryError) as caught:
                await client.list_tags()
    logged = logged_lines(caplog)
    assert logged
    text = "\n".join(logged)
    encoded = "UzNDUjNU"  # S3CR3T in base64, if it begins at a multiple of three bytes
    assert not any(secret in f"{text}{caught.value!r}" for secret in ("S3CR3T", encoded))
    assert all(line.isprintable() for line in logged)


async def test_a_malformed_header_line_is_not_logged(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG, ROOT)
    broken = b"HTTP/1.1 200 OK\r\nLocation https://x.example.com/?sig=S3CR3T\r\n\r\n"
    with run_loopback(lambda handler: handler.cut(broken)) as server:
        async with AsyncRegistryClientV2(f"{server.url}/a", max_retries=1) as client:
            with pytest.raises(RegistryError):
                await client.ping()
    logged = logged_lines(caplog)
    assert len(logged) == 3
    assert "S3CR3T" not in "".join(logged)
