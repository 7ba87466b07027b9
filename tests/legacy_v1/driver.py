"""Test sync and async clients with the same test code."""

from __future__ import annotations

import inspect
import ssl
from collections.abc import Awaitable, Callable, Iterator
from contextlib import AbstractAsyncContextManager, AbstractContextManager, contextmanager
from typing import Any

import httpx
from anyio.from_thread import BlockingPortal, start_blocking_portal

import docker_registry_sdk as sdk
from docker_registry_sdk.httpx_adapter import AsyncHttpxTransport, HttpxTransport
from tests.support.transports import AsyncValidatingTransport, ValidatingTransport
from tests.support.validation import Exchanges


class Driver:
    """A maker of sync or async clients whose methods are called in the same way.

    Args:
        portal: The event loop of async clients; None for sync clients.
        exchanges: The validation of the exchanges against the specification.
    """

    def __init__(self, portal: BlockingPortal | None, exchanges: Exchanges) -> None:
        self._portal = portal
        self._exchanges = exchanges

    def v1(self, name: str | None = None, **options: Any) -> AbstractContextManager[Any]:
        """Open a client of API v1; its exchanges are validated unless it is passed an httpx client."""
        if "transport" not in options:
            return self._validated(name, options)
        return self._opened(sdk.RegistryClientV1(name, **options) if self._portal is None else self._made(name, options))

    @contextmanager
    def _validated(self, name: str | None, options: dict[str, Any]) -> Iterator[Any]:
        ca_file = options.pop("ca_file", None)
        trusted = True if ca_file is None else ssl.create_default_context(cafile=ca_file)
        if self._portal is None:
            with (
                httpx.Client(transport=ValidatingTransport(httpx.HTTPTransport(verify=trusted), self._exchanges)) as http,
                self.v1(name, transport=HttpxTransport(http), **options) as client,
            ):
                yield client
            return
        transport = AsyncValidatingTransport(httpx.AsyncHTTPTransport(verify=trusted), self._exchanges)
        asynchronous = httpx.AsyncClient(transport=transport)
        with (
            self._portal.wrap_async_context_manager(asynchronous),
            self.v1(name, transport=AsyncHttpxTransport(asynchronous), **options) as client,
        ):
            yield client

    def mocked(self, handler: Callable[[httpx.Request], httpx.Response]) -> dict[str, Any]:
        """Return the options of clients whose requests are answered by a function."""
        transport = httpx.MockTransport(handler)
        own = self._portal is None
        wrapped = (
            HttpxTransport(httpx.Client(transport=transport))
            if own
            else AsyncHttpxTransport(httpx.AsyncClient(transport=transport))
        )
        return {"transport": wrapped, "max_retries": 0}

    def create(self, name: str | None = None, **options: Any) -> AbstractContextManager[Any]:
        """Open a client of the API version that the registry speaks."""
        if self._portal is None:
            return self._opened(sdk.create_client(name, **options))
        return self._opened(self._wait(sdk.create_async_client(name, **options)))

    def login(self, index: str, **options: Any) -> sdk.LoginResult:
        """Log in."""
        if self._portal is None:
            return sdk.login(index, **options)
        result: sdk.LoginResult = self._wait(sdk.async_login(index, **options))
        return result

    def _made(self, name: str | None, options: dict[str, Any]) -> sdk.AsyncRegistryClientV1:
        return sdk.AsyncRegistryClientV1(name, **options)

    @contextmanager
    def _opened(self, client: Any) -> Iterator[Any]:
        if self._portal is None:
            with client:
                yield client
        else:
            with self._portal.wrap_async_context_manager(client):
                yield _Blocking(client, self)

    def _wait(self, awaitable: Awaitable[Any]) -> Any:
        async def wait() -> Any:
            return await awaitable

        assert self._portal is not None
        return self._portal.call(wait)

    def finish(self, result: Any) -> Any:
        """Return the result of a call of an async object in sync form: await it, collect it, or wrap it."""
        if inspect.isawaitable(result):
            return self._wait(result)
        if isinstance(result, AbstractAsyncContextManager) and not hasattr(result, "ping"):
            return self._entered(result)
        if hasattr(result, "__anext__"):
            return self._wait(_collected(result))
        return _Blocking(result, self) if hasattr(result, "ping") else result

    @contextmanager
    def _entered(self, manager: AbstractAsyncContextManager[Any]) -> Iterator[Any]:
        assert self._portal is not None
        with self._portal.wrap_async_context_manager(manager) as entered:
            yield _Blocking(entered, self)


class _Blocking:
    def __init__(self, inner: Any, driver: Driver) -> None:
        self._inner = inner
        self._driver = driver

    def __getattr__(self, name: str) -> Any:
        value = getattr(self._inner, name)
        if not callable(value):
            return value
        return lambda *args, **kwargs: self._driver.finish(value(*args, **kwargs))


async def _collected(items: Any) -> list[Any]:
    return [item async for item in items]


@contextmanager
def drive(kind: str, exchanges: Exchanges) -> Iterator[Driver]:
    """Yield a driver of sync or of async clients."""
    if kind == "sync":
        yield Driver(None, exchanges)
        return
    with start_blocking_portal("asyncio") as portal:
        yield Driver(portal, exchanges)
