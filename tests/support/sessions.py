"""Clients of both kinds behind one face, so that a test says once what sync and async code do."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Iterator
from contextlib import contextmanager
from functools import partial
from typing import Any, Literal

import httpx
from anyio.from_thread import BlockingPortal, start_blocking_portal

from docker_registry_sdk import AsyncRegistryClientV2, RegistryClientV2
from docker_registry_sdk._core.auth.report import AuthReport
from tests.support.calls import function_of

Kind = Literal["sync", "async"]
KINDS: tuple[Kind, ...] = ("sync", "async")


class Session:
    """A client, sync or async, whose calls return when they are done.

    Args:
        client: The client.
        portal: The event loop of an async client.
    """

    def __init__(self, client: RegistryClientV2 | AsyncRegistryClientV2, portal: BlockingPortal | None) -> None:
        self.client = client
        self._portal = portal

    def call(self, method: str, *args: Any, **options: Any) -> Any:
        """Return what a method returns; of an iterator, all that it gives."""
        if self._portal is None:
            result = getattr(self.client, method)(*args, **options)
            return list(result) if isinstance(result, Iterator) else result

        async def run() -> Any:
            result = getattr(self.client, method)(*args, **options)
            if isinstance(result, AsyncIterator):
                return [one async for one in result]
            return await result if isinstance(result, Awaitable) else result

        return self._portal.call(run)

    def run(self, package: str, name: str, *args: Any, **options: Any) -> Any:
        """Call a function of a package with the client, and return the result.

        Args:
            package: `images` or `artifacts`.
            name: The name of the sync function.
            args: Further positional arguments.
            options: Keyword arguments.
        """
        if self._portal is None:
            return function_of("sync", package, name)(self.client, *args, **options)
        return self._portal.call(partial(function_of("async", package, name), self.client, *args, **options))

    def read_blob(self, digest: str) -> bytes:
        """Return a blob's bytes, verified."""
        client = self.client
        if isinstance(client, RegistryClientV2):
            with client.create_blob_read_stream(digest) as stream:
                return stream.read()
        assert self._portal is not None
        async_client = client

        async def run() -> bytes:
            async with async_client.create_blob_read_stream(digest) as stream:
                return await stream.read()

        return self._portal.call(run)

    def close(self, http: httpx.Client | httpx.AsyncClient | None = None) -> None:
        """Close the client, or an httpx client that it was given."""
        what = self.client if http is None else http
        if isinstance(what, RegistryClientV2 | httpx.Client):
            what.close()
        else:
            assert self._portal is not None
            self._portal.call(what.aclose)

    def explain(self) -> AuthReport:
        """Return what led to the last answer."""
        return self.client.explain_auth()


@contextmanager
def open_session(kind: Kind, name: str | None = None, **options: Any) -> Iterator[Session]:
    """Make a client of a kind, and close it at the end.

    Args:
        kind: Sync or async.
        name: The repository.
        options: The client's options.
    """
    if kind == "sync":
        with RegistryClientV2(name, **options) as client:
            yield Session(client, None)
        return
    with start_blocking_portal() as portal:
        async_client = AsyncRegistryClientV2(name, **options)
        try:
            yield Session(async_client, portal)
        finally:
            portal.call(async_client.aclose)
