"""Types of dictionaries with the options of clients, for code that passes options on."""

from __future__ import annotations

import ssl
from collections.abc import Collection
from typing import TypedDict

from ...credentials.given import AsyncGivenCredentials, GivenCredentials
from ..wire.timeout import Timeout
from ._async.caller_transport import AsyncTransport
from ._sync.caller_transport import Transport
from .settings import FilePath


class ConnectionOptions(TypedDict, total=False):
    """The options that sync and async clients have in common; `RegistryClientV2` describes each of them."""

    username: str | None
    password: str | None
    insecure: bool
    ca_file: FilePath | None
    client_cert: FilePath | tuple[FilePath, FilePath] | None
    ssl_context: ssl.SSLContext | None
    proxy: str | None
    timeout: float | Timeout | None
    deadline: float | None
    max_retries: int
    max_retry_wait: float
    user_agent: str | None
    trusted_realms: Collection[str]
    max_connections: int


class ClientOptions(ConnectionOptions, total=False):
    """The options of a sync client; `RegistryClientV2` describes each of them."""

    credentials: GivenCredentials | None
    transport: Transport | None


class AsyncClientOptions(ConnectionOptions, total=False):
    """The options of an async client; `AsyncRegistryClientV2` describes each of them."""

    credentials: AsyncGivenCredentials | None
    transport: AsyncTransport | None
