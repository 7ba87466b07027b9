"""The functions of docker_registry_sdk.images for both clients, the sync ones as if they were async."""

from __future__ import annotations

import importlib
from typing import Any

from docker_registry_sdk.client._async.v2 import AsyncRegistryClientV2
from tests.support.awaited import AwaitedClient


async def call(module: str, name: str, client: AsyncRegistryClientV2, *args: Any, **options: Any) -> Any:
    """Return what a function returns for a client that `connect` made.

    Args:
        module: The module's name, such as `referrers`.
        name: The function's name, without async_.
        client: The client.
        args: What it is called with besides.
        options: What it is called with by name.
    """
    if isinstance(client, AwaitedClient):
        function = getattr(importlib.import_module(f"docker_registry_sdk.images._sync.{module}"), name)
        return function(client.client, *args, **options)
    function = getattr(importlib.import_module(f"docker_registry_sdk.images._async.{module}"), f"async_{name}")
    return await function(client, *args, **options)
