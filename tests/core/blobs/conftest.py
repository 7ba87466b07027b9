"""Fixtures of the tests of blobs: an embedded registry with a token service, and a loopback server."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import anyio
import pytest
from attrs import frozen

from docker_registry_sdk.testing import EmbeddedRegistry
from docker_registry_sdk.testing.faults import Fault, RequestInfo
from docker_registry_sdk.testing.request_log import RequestRecord
from tests.core.wire.loopback import Loopback, run_loopback

REPO = "tests/blobs"
MAX_RETRIES = 10
"""The option of the clients in _async/conftest.py: at most so many repetitions of a request."""


@frozen
class Server:
    """An embedded registry with a token service, shared by all tests of a module.

    Attributes:
        registry: The registry.
    """

    registry: EmbeddedRegistry

    @property
    def name(self) -> str:
        """The repository name to pass to a client."""
        return f"{self.registry.url}/{REPO}"

    @property
    def options(self) -> dict[str, Any]:
        """The client options for logging in."""
        return {"username": self.registry.username, "password": self.registry.password}

    def push(self, content: bytes) -> str:
        """Upload a blob, clear the log, and return the digest."""
        from docker_registry_sdk import RegistryClientV2

        with RegistryClientV2(self.name, **self.options) as client:
            digest = client.blob_upload(content).digest
        self.registry.requests.clear()
        return digest

    def add_read_fault(self, effect: Any, **options: Any) -> None:
        """Add a fault to authorized reads of blobs."""

        def has_token(call: RequestInfo) -> bool:
            return "authorization" in call.headers

        self.registry.faults.add(Fault(effect, operation="create_blob_read_stream", when=has_token, **options))

    @property
    def reads(self) -> list[RequestRecord]:
        """The authorized reads of blobs, oldest first."""
        return [
            one
            for one in self.registry.requests.snapshot()
            if one.method == "GET" and "/blobs/sha" in one.path and one.status not in (401, None)
        ]

    @property
    def sent(self) -> int:
        """The number of blob bytes that were sent."""
        return sum(one.response_bytes for one in self.reads if one.status in (200, 206))

    @property
    def sent_in_parts(self) -> int:
        """The number of blob bytes that were sent in 206 responses.

        The 200 response of a client that was interrupted may be logged late, after the log was cleared.
        """
        return sum(one.response_bytes for one in self.reads if one.status == 206)


@pytest.fixture(scope="module")
def running() -> Iterator[Server]:
    """The registry that all tests of a module share."""
    with EmbeddedRegistry(auth="token", anonymous_pull=False) as registry:
        yield Server(registry)


@pytest.fixture
def server(running: Server) -> Iterator[Server]:
    """The shared registry, without faults and with an empty log."""
    running.registry.faults.clear()
    running.registry.requests.clear()
    yield running
    running.registry.faults.clear()


@pytest.fixture
def loopback() -> Iterator[Loopback]:
    """A loopback server whose responses a test defines."""
    with run_loopback(lambda handler: handler.reply(500)) as running:
        yield running


@pytest.fixture
def target(tmp_path: Path) -> Path:
    """The path of a download."""
    return tmp_path / "blob"


@pytest.fixture
def waits(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The waits before requests are repeated, in seconds; the tests wait for 10 ms instead."""
    waited: list[float] = []

    def note(seconds: float) -> None:
        waited.append(seconds)
        time.sleep(0.01)

    async def async_note(seconds: float) -> None:
        waited.append(seconds)
        await anyio.sleep(0.01)

    for module in ("ranged_fetch", "resumable_upload"):
        monkeypatch.setattr(f"docker_registry_sdk._core.blobs._sync.{module}.sleep", note)
        monkeypatch.setattr(f"docker_registry_sdk._core.blobs._async.{module}.async_sleep", async_note)
    return waited
