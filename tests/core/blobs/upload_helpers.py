"""Helpers of the tests of uploads: a blob, a source that fails, and queries of a registry's log and open uploads."""

from __future__ import annotations

import hashlib
import random
import time
from collections.abc import Iterator
from contextlib import suppress
from typing import Any
from urllib.parse import urlsplit

from attrs import frozen
from starlette.responses import RedirectResponse
from starlette.types import ASGIApp

from docker_registry_sdk import RegistryClientV2
from docker_registry_sdk._core.blobs.upload_session import UploadSession
from docker_registry_sdk.errors import NotFoundError
from docker_registry_sdk.testing import EmbeddedRegistry, RequestRecord
from docker_registry_sdk.testing.faults import FaultExchange, OperationName, RequestInfo, Status
from docker_registry_sdk.testing.profiles.requests import read_body

REPO = "tests/upload"
SIZE = 2_000_000
CONTENT = random.Random(5).randbytes(SIZE)
DIGEST = f"sha256:{hashlib.sha256(CONTENT).hexdigest()}"
BODY_OPERATIONS: tuple[OperationName, ...] = ("upload_blob_chunk", "complete_blob_upload")
# Options of an upload.
GIVEN: list[dict[str, Any]] = [
    {},
    {"digest": DIGEST},
    {"size": SIZE},
    {"digest": DIGEST, "size": SIZE},
    {"chunk_size": 300_000},
    {"size": SIZE, "chunk_size": 300_000},
]


def pieces(content: bytes = CONTENT, length: int = 100_000) -> Iterator[bytes]:
    """Return an iterator of the bytes, in pieces."""
    return iter([content[at : at + length] for at in range(0, len(content), length)])


class SourceError(Exception):
    pass


def failing(error: BaseException) -> Iterator[bytes]:
    yield from pieces(CONTENT[: SIZE // 2])
    raise error


def options_of(registry: EmbeddedRegistry) -> dict[str, Any]:
    """Return the client options for logging in to a registry."""
    return {"username": registry.username, "password": registry.password, "trusted_realms": ["localhost", "127.0.0.1"]}


def complete_log(registry: EmbeddedRegistry) -> list[RequestRecord]:
    """Return the log of a registry once it is complete: an interrupted request is logged a moment later."""
    for _ in range(2000):
        if registry.requests.under_way == 0:
            break
        time.sleep(0.002)
    return list(registry.requests)


def received_body_bytes(registry: EmbeddedRegistry) -> int:
    """Return the number of request body bytes that a registry has received_body_bytes for uploads."""
    return sum(record.request_bytes for record in complete_log(registry) if "/blobs/uploads/" in record.path)


def open_uploads(registry: EmbeddedRegistry) -> list[str]:
    """Return the locations of the uploads that are open on a registry."""
    started = {
        urlsplit(value).path
        for record in complete_log(registry)
        for name, value in record.response_headers
        if name == "location" and record.method == "POST" and "/blobs/uploads/" in value
    }
    found = []
    with RegistryClientV2(f"{registry.url}/{REPO}", **options_of(registry)) as client:
        for path in sorted(started):
            with suppress(NotFoundError):
                client.get_blob_upload_status(UploadSession(repo=path[4:].rpartition("/blobs/")[0], location=registry.url + path))
                found.append(path)
    return found


@frozen
class Move:
    """An effect that redirects a request to the same path with `moved=1` in the query, instead of calling the registry.

    Args:
        status: The status of the redirect.
        early: Whether the redirect is sent before the body of the request is read.
        origin: The scheme, host and port to redirect to; empty for the registry itself.
    """

    status: int = 307
    early: bool = False
    origin: str = ""

    async def play(self, exchange: FaultExchange, app: ASGIApp) -> None:
        """Send the redirect."""
        if not self.early:
            await read_body(exchange.receive)
        target = exchange.request.target
        url = f"{self.origin}{target}{'&' if '?' in target else '?'}moved=1"
        await RedirectResponse(url, self.status)(exchange.scope, exchange.receive, exchange.send)


@frozen
class Refuse:
    """An effect that reads the body of a request, and then sends an error.

    Args:
        status: The status of the error.
    """

    status: int

    async def play(self, exchange: FaultExchange, app: ASGIApp) -> None:
        """Send the error."""
        await read_body(exchange.receive)
        await Status(self.status).play(exchange, app)


class FirstSessions:
    """A condition of faults: a request belongs to one of the first upload sessions of its repository.

    Args:
        count: The number of sessions.
        after: The number of requests with bytes that each of these sessions answers before the condition is met.
    """

    def __init__(self, count: int = 1, after: int = 0) -> None:
        self.count = count
        self.after = after
        self._sessions: dict[str, dict[str, int]] = {}

    def __call__(self, call: RequestInfo) -> bool:
        """Return whether a request meets the condition."""
        repo, _, session = call.path.rpartition("/blobs/uploads/")
        sessions = self._sessions.setdefault(repo, {})
        if call.method in ("PATCH", "PUT"):
            sessions[session] = sessions.get(session, 0) + 1
        return sessions.get(session, 0) > self.after and session in list(sessions)[: self.count]
