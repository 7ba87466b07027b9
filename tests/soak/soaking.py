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
from docker_registry_sdk._core.transport.options import DEFAULT_TIMEOUT
from docker_registry_sdk.testing import EmbeddedRegistry
from tests.soak.flaky import AsyncFlakyTransport, FlakyTransport, SimulatedFailures
from tests.support.images import OCI_MANIFEST, digest_of, make_image

NAMES = ("soak/one", "soak/two", "soak/three")
BLOB = bytes(range(256)) * 300
IMAGE = make_image()
REVOKE_EVERY = 2.0
# Calls per second of all threads or tasks together. With more, an overloaded registry answers after the token has been revoked.
RATE = 250


@define
class Outcome:
    """The result of a soak.

    Attributes:
        calls: The number of calls.
        errors: The exceptions that calls raised.
        simulated: The simulated failures, and the record of the requests.
        revoked: The number of times that all tokens were revoked.
        tokens: The number of tokens issued.
        busy: The connections of the pool that were not idle after all calls had ended.
        left: The connections that the server had after the client was closed.
        waiting: The number of calls in progress.
    """

    calls: int = 0
    errors: list[BaseException] = field(factory=list)
    simulated: SimulatedFailures = field(factory=SimulatedFailures)
    revoked: int = 0
    tokens: int = 0
    busy: int = 0
    left: int = 0
    waiting: int = 0
    _lock: threading.Lock = field(factory=threading.Lock)

    @contextmanager
    def calling(self) -> Iterator[None]:
        """Count a call, and keep its exception."""
        with self._lock:
            self.waiting += 1
        try:
            yield
        except Exception as error:
            self.errors.append(error)
        finally:
            with self._lock:
                self.waiting -= 1


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


def soak_threads(registry: EmbeddedRegistry, seconds: float, threads: int = 100) -> Outcome:
    """Let threads share a sync client.

    Args:
        registry: The registry.
        seconds: The duration in seconds.
        threads: The number of threads.
    """
    outcome = Outcome()
    http = httpx.Client(transport=FlakyTransport(httpx.HTTPTransport(verify=False), outcome.simulated), timeout=DEFAULT_TIMEOUT)
    ends = time.monotonic() + seconds
    with http, RegistryClientV2(index=registry.url, http_client=http, **_login(registry)) as client:
        client.supports_v2()
        clients = [client.with_repo(name) for name in NAMES]

        def work(seed: int) -> int:
            draw, calls = random.Random(seed), 0
            time.sleep(_pause(draw, threads, ends))
            while time.monotonic() < ends:
                with outcome.calling():
                    draw.choice(_CALLS)(draw.choice(clients))
                calls += 1
                time.sleep(_pause(draw, threads, ends))
            return calls

        with _revoking(registry, outcome), ThreadPoolExecutor(threads) as pool:
            outcome.calls = sum(pool.map(work, range(threads)))
        outcome.busy = _busy(http)
    outcome.left = _connections(registry)
    return outcome


async def soak_tasks(registry: EmbeddedRegistry, seconds: float, tasks: int = 1000) -> Outcome:
    """Let tasks share an async client.

    Args:
        registry: The registry.
        seconds: The duration in seconds.
        tasks: The number of tasks.
    """
    outcome = Outcome()
    transport = AsyncFlakyTransport(httpx.AsyncHTTPTransport(verify=False), outcome.simulated)
    http = httpx.AsyncClient(transport=transport, timeout=DEFAULT_TIMEOUT)
    ends = time.monotonic() + seconds
    async with http, AsyncRegistryClientV2(index=registry.url, http_client=http, **_login(registry)) as client:
        await client.supports_v2()
        clients = [client.with_repo(name) for name in NAMES]

        async def work(seed: int) -> int:
            draw, calls = random.Random(seed), 0
            await asyncio.sleep(_pause(draw, tasks, ends))
            while time.monotonic() < ends:
                with outcome.calling():
                    await draw.choice(_ASYNC_CALLS)(draw.choice(clients))
                calls += 1
                await asyncio.sleep(_pause(draw, tasks, ends))
            return calls

        with _revoking(registry, outcome):
            outcome.calls = sum(await asyncio.gather(*[work(seed) for seed in range(tasks)]))
        outcome.busy = _busy(http)
    outcome.left = _connections(registry)
    return outcome


def _pause(draw: random.Random, many: int, ends: float) -> float:
    return max(0.0, min(draw.uniform(0, 2 * many / RATE), ends - time.monotonic()))


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


@contextmanager
def _revoking(registry: EmbeddedRegistry, outcome: Outcome) -> Iterator[None]:
    """Revoke all tokens repeatedly in a thread, and keep the registry's log short.

    On a machine that is busy with other things, calls queue up. Each of them is refused once by a revocation and must get
    through before the next one, or tokens would end faster than any client could use them.
    """
    done = threading.Event()

    def revoke() -> None:
        queued = 0
        while not done.wait(REVOKE_EVERY):
            while len(registry.requests) < 3 * queued and not done.wait(0.1):
                pass
            queued = outcome.waiting
            registry.revoke_tokens()
            outcome.revoked += 1
            outcome.tokens += sum("/token" in record.path for record in registry.requests)
            registry.requests.clear()

    registry.requests.clear()
    thread = threading.Thread(target=revoke)
    thread.start()
    try:
        yield
    finally:
        done.set()
        thread.join()


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
