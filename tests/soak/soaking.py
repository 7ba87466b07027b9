"""Many threads or tasks that share one client and read, while requests fail and tokens are revoked."""

from __future__ import annotations

import asyncio
import random
import threading
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
from attrs import define, field

from docker_registry_sdk import AsyncRegistryClientV2, RegistryClientV2
from docker_registry_sdk._core.transport.settings import DEFAULT_TIMEOUT
from docker_registry_sdk.httpx_adapter import AsyncHttpxTransport, HttpxTransport
from docker_registry_sdk.testing import EmbeddedRegistry
from tests.soak.flaky import AsyncFlakyTransport, FlakyTransport, SimulatedFailures
from tests.support.images import OCI_MANIFEST, digest_of, make_image

NAMES = ("soak/one", "soak/two", "soak/three")
BLOB = bytes(range(256)) * 300
IMAGE = make_image()
# All tokens are revoked each time that so many calls have ended.
REVOKE_EVERY = 150
# Calls per second of all threads or tasks together, if the machine is fast enough.
RATE = 1000
# The calls of tasks in progress: more than the 100 connections of the pool, so that some calls wait for a connection. Far more
# would make a slow machine even slower, since the pool of httpcore compares all waiting requests with all connections.
MAX_RUNNING = 120


@define
class Outcome:
    """The result of a soak.

    Attributes:
        registry: The registry that is read.
        wanted: The number of calls after which no thread or task starts another.
        calls: The number of calls that have ended.
        errors: The exceptions that calls raised.
        simulated: The simulated failures, and the record of the requests.
        revoked: The number of times that all tokens were revoked.
        tokens: The number of tokens issued.
        busy: The connections of the pool that were not idle after all calls had ended.
        left: The connections that the server had after the client was closed.
    """

    registry: EmbeddedRegistry = field(repr=False)
    wanted: int
    calls: int = 0
    errors: list[BaseException] = field(factory=list)
    simulated: SimulatedFailures = field(factory=SimulatedFailures)
    revoked: int = 0
    tokens: int = 0
    busy: int = 0
    left: int = 0
    _started: int = 0
    _running: set[int] = field(factory=set)
    _hit: set[int] = field(factory=set)
    _lock: threading.Lock = field(factory=threading.Lock, repr=False)

    def goes_on(self) -> bool:
        """Return whether more calls are wanted."""
        return self._started < self.wanted

    @contextmanager
    def calling(self) -> Iterator[None]:
        """Count a call, keep its exception, and revoke all tokens after every `REVOKE_EVERY` calls."""
        with self._lock:
            self._started += 1
            number = self._started
            self._running.add(number)
        try:
            yield
        except Exception as error:
            self.errors.append(error)
        finally:
            with self._lock:
                self._running.remove(number)
                self.calls += 1
                self._revoke()

    def _revoke(self) -> None:
        # A call sends a refused request again once: a second revocation must not hit a call that the one before has hit.
        if self.calls < (self.revoked + 1) * REVOKE_EVERY or self._hit & self._running:
            return
        self._hit = set(self._running)
        self.registry.revoke_tokens()
        self.revoked += 1
        self._count_tokens()

    def _count_tokens(self) -> None:
        self.tokens += sum("/token" in record.path for record in self.registry.requests)
        self.registry.requests.clear()


@contextmanager
def running_registry() -> Iterator[EmbeddedRegistry]:
    """Yield a registry that requires tokens and has an image and a blob in each repository of NAMES."""
    with EmbeddedRegistry(auth="token") as registry:
        options: Any = {"username": registry.username, "password": registry.password}
        with RegistryClientV2(index=registry.url, **options) as client:
            for name in NAMES:
                bound = client.with_repo(name)
                for content in (IMAGE.config, IMAGE.layer, BLOB):
                    bound.blob_upload(content)
                bound.put_manifest(IMAGE.oci, "v1", media_type=OCI_MANIFEST)
        yield registry


def soak_threads(registry: EmbeddedRegistry, calls: int, threads: int = 100) -> Outcome:
    """Let threads share a sync client.

    Args:
        registry: The registry.
        calls: The number of calls of all threads together.
        threads: The number of threads.
    """
    outcome = Outcome(registry, calls)
    http = httpx.Client(
        transport=FlakyTransport(httpx.HTTPTransport(verify=False), outcome.simulated), timeout=DEFAULT_TIMEOUT.steps
    )
    with http, RegistryClientV2(index=registry.url, transport=HttpxTransport(http), **_login(registry)) as client:
        client.supports_v2()
        clients = [client.with_repo(name) for name in NAMES]

        def work(seed: int) -> None:
            draw = random.Random(seed)
            time.sleep(_pause(draw, threads))
            while outcome.goes_on():
                with outcome.calling():
                    draw.choice(_CALLS)(draw.choice(clients))
                time.sleep(_pause(draw, threads))

        with ThreadPoolExecutor(threads) as pool:
            list(pool.map(work, range(threads)))
        outcome.busy = _busy(http)
    outcome.left = _connections(registry)
    return outcome


async def soak_tasks(registry: EmbeddedRegistry, calls: int, tasks: int = 1000) -> Outcome:
    """Let tasks share an async client.

    Args:
        registry: The registry.
        calls: The number of calls of all tasks together.
        tasks: The number of tasks.
    """
    outcome = Outcome(registry, calls)
    transport = AsyncFlakyTransport(httpx.AsyncHTTPTransport(verify=False), outcome.simulated)
    http = httpx.AsyncClient(transport=transport, timeout=DEFAULT_TIMEOUT.steps)
    async with http, AsyncRegistryClientV2(index=registry.url, transport=AsyncHttpxTransport(http), **_login(registry)) as client:
        await client.supports_v2()
        clients = [client.with_repo(name) for name in NAMES]

        running = asyncio.Semaphore(MAX_RUNNING)

        async def work(seed: int) -> None:
            draw = random.Random(seed)
            await asyncio.sleep(_pause(draw, tasks))
            while outcome.goes_on():
                async with running:
                    if outcome.goes_on():
                        with outcome.calling():
                            await draw.choice(_ASYNC_CALLS)(draw.choice(clients))
                await asyncio.sleep(_pause(draw, tasks))

        await asyncio.gather(*[work(seed) for seed in range(tasks)])
        outcome.busy = _busy(http)
    outcome.left = _connections(registry)
    return outcome


def _pause(draw: random.Random, many: int) -> float:
    return draw.uniform(0, 2 * many / RATE)


def _read(client: RegistryClientV2) -> None:
    with client.create_blob_read_stream(digest_of(BLOB)) as blob:
        assert blob.read() == BLOB


async def _async_read(client: AsyncRegistryClientV2) -> None:
    async with client.create_blob_read_stream(digest_of(BLOB)) as blob:
        assert await blob.read() == BLOB


async def _all(tags: AsyncIterator[str]) -> list[str]:
    return [tag async for tag in tags]


_CALLS: list[Callable[[RegistryClientV2], object]] = [
    lambda client: client.get_manifest("v1"),
    lambda client: client.head_manifest(digest_of(IMAGE.oci)),
    lambda client: list(client.iter_tags()),
    lambda client: client.head_blob(digest_of(IMAGE.layer)),
    _read,
]
_ASYNC_CALLS: list[Callable[[AsyncRegistryClientV2], Awaitable[object]]] = [
    lambda client: client.get_manifest("v1"),
    lambda client: client.head_manifest(digest_of(IMAGE.oci)),
    lambda client: _all(client.iter_tags()),
    lambda client: client.head_blob(digest_of(IMAGE.layer)),
    _async_read,
]


def _login(registry: EmbeddedRegistry) -> Any:
    return {"username": registry.username, "password": registry.password}


def _busy(http: httpx.Client | httpx.AsyncClient) -> int:
    # httpx has no word of its own for what its connections do.
    transport: Any = http._transport
    return sum(not connection.is_idle() for connection in transport._inner._pool.connections)


def _connections(registry: EmbeddedRegistry) -> int:
    """Return the number of connections of the registry's server, after it had time to notice closed ones."""
    port, established = f":{int(registry.url.rpartition(':')[2]):04X}", "01"
    found = -1
    for _ in range(100):
        lines = Path("/proc/self/net/tcp").read_text(encoding="ascii").splitlines()[1:]
        rows = [line.split() for line in lines]
        found = sum(row[1].endswith(port) and row[3] == established for row in rows)
        if found == 0:
            break
        time.sleep(0.02)
    return found
