"""Clients of a hostile registry."""

from __future__ import annotations

from typing import Unpack

from docker_registry_sdk import AsyncRegistryClientV2
from docker_registry_sdk.credentials import Credential, ExplicitCredentials
from docker_registry_sdk.types import AsyncClientOptions
from tests.core.wire.loopback import Loopback
from tests.hostile.conftest import SECRET, at


def client_of(server: Loopback, **options: Unpack[AsyncClientOptions]) -> AsyncRegistryClientV2:
    """Return a client of the registry with a password that must stay secret, and without retries.

    Args:
        server: The hostile registry.
        options: Options of the client.
    """
    options.setdefault("max_retries", 0)
    options.setdefault("credentials", ExplicitCredentials(Credential("alice", SECRET)))
    return AsyncRegistryClientV2(f"{at(server, 'registry.example.com')}/a", **options)
