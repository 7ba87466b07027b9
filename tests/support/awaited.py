"""Wrap a sync client so that its calls can be awaited, and one test runs both clients.

Each call blocks the event loop until it is done; the servers of tests run in other threads or processes.
"""

from __future__ import annotations

import io
from collections.abc import AsyncIterator, Iterator
from contextlib import AbstractContextManager, asynccontextmanager
from typing import Any, cast

import httpx

from docker_registry_sdk import AsyncRegistryClientV2, RegistryClientV2
from docker_registry_sdk._core.blobs._sync.verified_stream import BlobStream
from tests.support.transports import AsyncValidatingTransport, ValidatingTransport
from tests.support.validation import Exchanges

KINDS = ("sync", "async")
_PLAIN = ("explain_auth", "readable", "seekable")


def connect(kind: str, name: str | None, exchanges: Exchanges | None = None, **options: Any) -> AsyncRegistryClientV2:
    """Return an async client, or a sync client wrapped as one.

    Args:
        kind: `sync` or `async`.
        name: The repository.
        exchanges: The record that validates each exchange, or None.
        options: The client's options.
    """
    # Loading the system's certificates takes longer than most tests, and these tests use plain HTTP.
    if kind == "async":
        if exchanges is not None:
            transport = AsyncValidatingTransport(httpx.AsyncHTTPTransport(verify=False), exchanges)
            options["http_client"] = httpx.AsyncClient(transport=transport)
        return AsyncRegistryClientV2(name, **options)
    if exchanges is not None:
        options["http_client"] = httpx.Client(transport=ValidatingTransport(httpx.HTTPTransport(verify=False), exchanges))
    return cast("AsyncRegistryClientV2", AwaitedClient(RegistryClientV2(name, **options)))


class AwaitedClient:
    """A sync client whose calls are awaited.

    Args:
        client: The client.
    """

    def __init__(self, client: RegistryClientV2) -> None:
        self.client = client

    def __getattr__(self, name: str) -> Any:
        found = getattr(self.client, "close" if name == "aclose" else name)
        if name.startswith("iter_"):
            return lambda *args, **kwargs: _each(found(*args, **kwargs))
        if name == "create_blob_read_stream":
            return lambda *args, **kwargs: _opened(found(*args, **kwargs))
        if name == "with_repo":
            return lambda *args: AwaitedClient(found(*args))
        if name in _PLAIN or name.startswith("_") or not callable(found):
            return found

        async def call(*args: Any, **kwargs: Any) -> Any:
            result = found(*args, **kwargs)
            return AwaitedFile(result) if isinstance(result, io.IOBase) else result

        return call

    async def __aenter__(self) -> AwaitedClient:
        self.client.__enter__()
        return self

    async def __aexit__(self, *error: Any) -> None:
        self.client.__exit__(*error)

    def __repr__(self) -> str:
        return repr(self.client)


class AwaitedFile:
    """A sync file, such as a blob stream, whose calls are awaited.

    Args:
        file: The file.
    """

    def __init__(self, file: io.IOBase) -> None:
        self.file = file

    def __getattr__(self, name: str) -> Any:
        found = getattr(self.file, "close" if name == "aclose" else name)
        if not callable(found) or name in _PLAIN:
            return found

        async def call(*args: Any) -> Any:
            return found(*args)

        return call

    def __aiter__(self) -> AsyncIterator[bytes]:
        return _each(iter(self.file))

    async def __aenter__(self) -> AwaitedFile:
        self.file.__enter__()
        return self

    async def __aexit__(self, *error: Any) -> None:
        self.file.__exit__(*error)


async def _each(items: Iterator[Any]) -> AsyncIterator[Any]:
    for item in items:
        yield item


@asynccontextmanager
async def _opened(context: AbstractContextManager[BlobStream]) -> AsyncIterator[AwaitedFile]:
    with context as stream:
        yield AwaitedFile(stream)
