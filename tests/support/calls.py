"""Call functions of docker_registry_sdk.images and docker_registry_sdk.artifacts with a sync or an async client."""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from typing import Any

from docker_registry_sdk import AsyncRegistryClientV2
from tests.support.awaited import AwaitedClient


def function_of(kind: str, package: str, name: str) -> Callable[..., Any]:
    """Return the sync or the async form of a function.

    Args:
        kind: `sync` or `async`.
        package: `images` or `artifacts`.
        name: The name of the sync function.
    """
    module = import_module(f"docker_registry_sdk.{package}")
    found: Callable[..., Any] = getattr(module, name if kind == "sync" else f"async_{name}")
    return found


async def call(package: str, name: str, client: AsyncRegistryClientV2, *args: Any, **options: Any) -> Any:
    """Call a function with a client that `connect` returned, and return the result.

    Args:
        package: `images` or `artifacts`.
        name: The name of the sync function.
        client: The client.
        args: Further positional arguments.
        options: Keyword arguments.
    """
    if isinstance(client, AwaitedClient):
        return function_of("sync", package, name)(client.client, *args, **options)
    return await function_of("async", package, name)(client, *args, **options)
