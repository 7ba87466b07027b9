"""Transports that let a share of the requests fail, and look at the scope of each that goes out.

The failures are drawn by a seed, and no request meets more than two in a row, so that a client that tries again gets through.
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

SHARE = 0.05
MOST_IN_A_ROW = 2
_KINDS = ("refused", "lost", "500", "502", "503", "429")
_FAILURES = "tests.soak.failures"


@define
class Weather:
    """What goes wrong, and what was seen going out.

    Attributes:
        seed: What the failures are drawn by.
        requests: How many requests went out.
        failures: How many of them failed.
        without_scope: Those to the registry that had no token, or one that does not allow what they need.
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
        """Count a request, and return how it fails, or None when it does not.

        Args:
            request: The request; tried again, it is the same one.
        """
        in_a_row = request.extensions.get(_FAILURES, 0)
        with self._lock:
            self.requests += 1
            self._look(request)
            if in_a_row >= MOST_IN_A_ROW or self._random.random() >= SHARE:
                request.extensions[_FAILURES] = 0
                return None
            self.failures += 1
            request.extensions[_FAILURES] = in_a_row + 1
            return self._random.choice(_KINDS)

    def _look(self, request: httpx.Request) -> None:
        needed = call_of(request).scopes
        if needed and not set(needed) <= scopes_of(request.headers.get("Authorization", "")):
            self.without_scope.append(f"{request.method} {request.url.path}")


def scopes_of(authorization: str) -> set[str]:
    """Return the scopes of a bearer token, one action each."""
    if not authorization.startswith("Bearer "):
        return set()
    claims: dict[str, Any] = json.loads(base64.urlsafe_b64decode(f"{authorization.split('.')[1]}==="))
    return {f"{entry['type']}:{entry['name']}:{action}" for entry in claims["access"] for action in entry["actions"]}


def failed(request: httpx.Request, kind: str) -> httpx.Response:
    """Return or raise what a failure looks like to the client."""
    if kind == "refused":
        raise httpx.ConnectError("the connection was refused", request=request)
    if kind == "lost":
        raise httpx.ReadError("the connection was reset", request=request)
    return httpx.Response(int(kind), headers={"Retry-After": "0"} if kind == "429" else {}, content=b"", request=request)


class FlakyTransport(httpx.BaseTransport):
    """A transport in bad weather.

    Args:
        inner: What really sends.
        weather: What goes wrong.
    """

    def __init__(self, inner: httpx.BaseTransport, weather: Weather) -> None:
        self._inner = inner
        self._weather = weather

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """Send the request, or let it fail; an answer that is lost was given."""
        kind = self._weather.draw(request)
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
        inner: What really sends.
        weather: What goes wrong.
    """

    def __init__(self, inner: httpx.AsyncBaseTransport, weather: Weather) -> None:
        self._inner = inner
        self._weather = weather

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Send the request, or let it fail; an answer that is lost was given."""
        kind = self._weather.draw(request)
        if kind is None:
            return await self._inner.handle_async_request(request)
        if kind == "lost":
            await (await self._inner.handle_async_request(request)).aclose()
        return failed(request, kind)

    async def aclose(self) -> None:
        """Close the inner transport."""
        await self._inner.aclose()
