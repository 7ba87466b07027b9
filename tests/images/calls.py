"""Call the sync or the async functions of docker_registry_sdk.images."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from attrs import frozen

from docker_registry_sdk import AsyncRegistryClientV2, RegistryClientV2, images
from tests.images.request_log import recorded_requests as recorded_requests


@frozen
class Calls:
    """The functions of images of one kind.

    Attributes:
        kind: `sync` or `async`.
    """

    kind: str

    async def __call__(self, name: str, *args: Any, **options: Any) -> Any:
        """Call a function of images. A sync function blocks the event loop, but not the registries, which have their own threads.

        Args:
            name: The name of the sync function.
            args: Positional arguments.
            options: Keyword arguments.
        """
        if self.kind == "async":
            return await getattr(images, f"async_{name}")(*args, **options)
        return getattr(images, name)(*args, **options)

    @asynccontextmanager
    async def client(self, name: str, **options: Any) -> AsyncIterator[Any]:
        """Open a client of this kind.

        Args:
            name: The repository.
            options: The options of the client.
        """
        if self.kind == "async":
            async with AsyncRegistryClientV2(name, **options) as client:
                yield client
        else:
            with RegistryClientV2(name, **options) as client:
                yield client
