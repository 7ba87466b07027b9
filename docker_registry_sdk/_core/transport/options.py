"""The options of clients, and their defaults."""

from __future__ import annotations

from collections.abc import Collection
from os import PathLike
from typing import TypeAlias, TypedDict

import httpx

from ...credentials import AsyncCredentialProvider, CredentialProvider
from ..wire.policy import DEFAULT_MAX_RETRIES, DEFAULT_MAX_RETRY_WAIT_SECONDS, RetryPolicy

FilePath: TypeAlias = str | PathLike[str]
# Registries may be slow with large manifests, while connecting is fast. With many tasks on one client, a request may wait
# long for a connection, which is not a failure.
DEFAULT_TIMEOUT = httpx.Timeout(60.0, connect=15.0, pool=None)


class ConnectionOptions(TypedDict, total=False):
    """The options for reaching a registry, without credentials.

    Attributes:
        insecure: Do not verify the certificates of the registry, its token service and its storage.
        ca_file: A PEM file with certificates to trust in addition to those of the system.
        client_cert: The client certificate: a PEM file with certificate and key, or a pair of PEM files.
        proxy: The URL of a proxy; by default that of the usual environment variables.
        timeout: The timeout of each step of a request, such as one read, in seconds or as an `httpx.Timeout`.
        deadline: The time in seconds that each call may take, with all its requests, waits and bodies; a call raises
            `DeadlineExceededError` when it takes longer. Calls without a `deadline` of their own use it; no limit when not
            given. Through a proxy or an `http_client`, a sync call may end later: the deadline then bounds each single
            read, and is checked between reads of a body.
        max_retries: The maximum number of times that the same request is repeated, also by resumed downloads and uploads;
            3 when not given.
        max_retry_wait: The longest wait before a repetition in seconds; 60 when not given. When a registry requests a
            longer one, its response is raised instead.
        user_agent: The User-Agent header.
        trusted_realms: Hosts, with or without a port, that may be token services, or registries of a v1 index, although
            they belong to another site.
    """

    insecure: bool
    ca_file: FilePath
    client_cert: FilePath | tuple[FilePath, FilePath]
    proxy: str
    timeout: float | httpx.Timeout
    deadline: float
    max_retries: int
    max_retry_wait: float
    user_agent: str
    trusted_realms: Collection[str]


def create_retry_policy(options: ConnectionOptions) -> RetryPolicy:
    """Return the retry policy of a client.

    Args:
        options: The client's options.
    """
    return RetryPolicy(
        max_retries=options.get("max_retries", DEFAULT_MAX_RETRIES),
        max_retry_wait=options.get("max_retry_wait", DEFAULT_MAX_RETRY_WAIT_SECONDS),
    )


class CommonOptions(ConnectionOptions, total=False):
    """The options of sync and async clients.

    Attributes:
        username: The user name; requires `password`.
        password: The password, or an access token in place of it.
    """

    username: str
    password: str


class LoginOptions(ConnectionOptions, total=False):
    """The options of a sync login.

    Attributes:
        http_client: The caller's own httpx client, which stays open and determines TLS, proxy and timeout. It resolves
            hosts itself, after this package has checked their addresses, so that a hostile registry whose names resolve
            to other addresses in between reaches the caller's network. It is also slower with blobs.
    """

    http_client: httpx.Client


class AsyncLoginOptions(ConnectionOptions, total=False):
    """The options of an async login.

    Attributes:
        http_client: The caller's own httpx client, which stays open and determines TLS, proxy and timeout. It resolves
            hosts itself, after this package has checked their addresses, so that a hostile registry whose names resolve
            to other addresses in between reaches the caller's network. It is also slower with blobs.
    """

    http_client: httpx.AsyncClient


class ClientOptions(CommonOptions, total=False):
    """The options of a sync client.

    Attributes:
        credentials: The source of credentials; by default the configuration files of Docker and Podman.
        http_client: The caller's own httpx client, which stays open and determines TLS, proxy and timeout. It resolves
            hosts itself, after this package has checked their addresses, so that a hostile registry whose names resolve
            to other addresses in between reaches the caller's network. It is also slower with blobs.
    """

    credentials: CredentialProvider
    http_client: httpx.Client


class AsyncClientOptions(CommonOptions, total=False):
    """The options of an async client.

    Attributes:
        credentials: The source of credentials, sync or async; by default the configuration files of Docker and Podman.
        http_client: The caller's own httpx client, which stays open and determines TLS, proxy and timeout. It resolves
            hosts itself, after this package has checked their addresses, so that a hostile registry whose names resolve
            to other addresses in between reaches the caller's network. It is also slower with blobs.
    """

    credentials: CredentialProvider | AsyncCredentialProvider
    http_client: httpx.AsyncClient
