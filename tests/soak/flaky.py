"""Transports that let a share of the requests fail, and check the scope of each request's token.

A seed determines the failures, and no request fails more than twice in a row, so that a client with retries succeeds.
"""

from __future__ import annotations

import base64
import json
import random
from threading import Lock
from typing import Any

import httpx
from attrs import define, field

from docker_registry_sdk._core.wire import call_of

FAILURE_SHARE = 0.05
MAX_FAILURES_IN_A_ROW = 2
_FAILURE_KINDS = ("refused", "lost", "500", "502", "503", "429")
_FAILURES = "tests.soak.failures"


@define
class SimulatedFailures:
    """The failures to simulate, and a record of the requests.

    Attributes:
        seed: The seed of the random failures.
        requests: The number of requests.
        failures: The number of requests that failed.
        without_scope: The requests to the registry without a token, or with a token that lacks a scope they need.
    """

    seed: int = 41
    requests: int = 0
    failures: int = 0
    without_scope: list[str] = field(factory=list)
    _random: random.Random = field(init=False)
    _lock: Lock = field(factory=Lock, init=False)

    def __attrs_post_init__(self) -> None:
        self._random = random.Random(self.seed)

    def draw(self, request: httpx.Request) -> str | None:
        """Count a request, and return the kind of its failure, or None.

        Args:
            request: The request; a retry sends the same object.
        """
        in_a_row = request.extensions.get(_FAILURES, 0)
        with self._lock:
            self.requests += 1
            self._look(request)
            if in_a_row >= MAX_FAILURES_IN_A_ROW or self._random.random() >= FAILURE_SHARE:
                request.extensions[_FAILURES] = 0
                return None
            self.failures += 1
            request.extensions[_FAILURES] = in_a_row + 1
            return self._random.choice(_FAILURE_KINDS)

    def _look(self, request: httpx.Request) -> None:
        needed = call_of(request).scopes
        if needed and not set(needed) <= scopes_of(request.headers.get("Authorization", "")):
            self.without_scope.append(f"{request.method} {request.url.path}")


def scopes_of(authorization: str) -> set[str]:
    """Return the scopes of a bearer token, one for each action."""
    if not authorization.startswith("Bearer "):
        return set()
    claims: dict[str, Any] = json.loads(base64.urlsafe_b64decode(f"{authorization.split('.')[1]}==="))
    return {f"{entry['type']}:{entry['name']}:{action}" for entry in claims["access"] for action in entry["actions"]}


def failed(request: httpx.Request, kind: str) -> httpx.Response:
    """Return the response of a failure, or raise its exception."""
    if kind == "refused":
        raise httpx.ConnectError("the connection was refused", request=request)
    if kind == "lost":
        raise httpx.ReadError("the connection was reset", request=request)
    return httpx.Response(int(kind), headers={"Retry-After": "0"} if kind == "429" else {}, content=b"", request=request)


class FlakyTransport(httpx.BaseTransport):
    """A transport that lets some requests fail.

    Args:
        inner: The transport that sends the requests.
        simulated: The failures to simulate.
    """

    def __init__(self, inner: httpx.BaseTransport, simulated: SimulatedFailures) -> None:
        self._inner = inner
        self._simulated = simulated

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """Send the request, or let it fail; with the failure `lost` the server has answered."""
        kind = self._simulated.draw(request)
        if kind is None:
            return self._inner.handle_request(request)
        if kind == "lost":
            self._inner.handle_request(request).close()
        return failed(request, kind)

    def close(self) -> None:
        """Close the inner transport."""
        self._inner.close()


class AsyncFlakyTransport(httpx.AsyncBaseTransport):
    """The async twin of `FlakyTransport`.

    Args:
        inner: The transport that sends the requests.
        simulated: The failures to simulate.
    """

    def __init__(self, inner: httpx.AsyncBaseTransport, simulated: SimulatedFailures) -> None:
        self._inner = inner
        self._simulated = simulated

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Send the request, or let it fail; with the failure `lost` the server has answered."""
        kind = self._simulated.draw(request)
        if kind is None:
            return await self._inner.handle_async_request(request)
        if kind == "lost":
            await (await self._inner.handle_async_request(request)).aclose()
        return failed(request, kind)

    async def aclose(self) -> None:
        """Close the inner transport."""
        await self._inner.aclose()
