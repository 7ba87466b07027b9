"""The functions of docker_registry_sdk.images for clients of both kinds."""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from typing import Any

from docker_registry_sdk.client._async.v2 import AsyncRegistryClientV2
from tests.support.awaited import AwaitedClient


def function_of(kind: str, module: str, name: str) -> Callable[..., Any]:
    """Return a function.

    Args:
        kind: `sync` or `async`.
        module: The module's name, such as `referrers`.
        name: The function's name, without async_.
    """
    found: Callable[..., Any] = getattr(import_module("docker_registry_sdk.images"), name if kind == "sync" else f"async_{name}")
    return found


async def call(module: str, name: str, client: AsyncRegistryClientV2, *args: Any, **options: Any) -> Any:
    """Return what a function returns for a client that `connect` made, the sync one as if it were async.

    Args:
        module: The module's name, such as `referrers`.
        name: The function's name, without async_.
        client: The client.
        args: What it is called with besides.
        options: What it is called with by name.
    """
    if isinstance(client, AwaitedClient):
        return function_of("sync", module, name)(client.client, *args, **options)
    return await function_of("async", module, name)(client, *args, **options)
