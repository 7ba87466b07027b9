"""The options that every client takes, and what they default to."""

from __future__ import annotations

from collections.abc import Collection
from os import PathLike
from typing import TypeAlias, TypedDict

import httpx

from ...credentials import AsyncCredentialProvider, CredentialProvider
from ..wire.policy import DEFAULT_MAX_RETRIES, DEFAULT_MAX_RETRY_WAIT_SECONDS, RetryPolicy

FilePath: TypeAlias = str | PathLike[str]
# Registries take their time over large manifests; a connection should come up at once. With many tasks on one client a
# request may wait long for its turn, which is no failure.
DEFAULT_TIMEOUT = httpx.Timeout(60.0, connect=15.0, pool=None)


class ConnectionOptions(TypedDict, total=False):
    """The options that say how a registry is reached, and not as whom.

    Attributes:
        insecure: Do not verify the registry's certificate, nor those of its token service and its storage.
        ca_file: A file with the certificates to trust besides those of the system, in PEM.
        client_cert: The client's certificate: a file with certificate and key, or a pair of files, in PEM.
        proxy: The URL of a proxy; without it the usual environment variables count.
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
        trusted_realms: Hosts, with or without a port, that may be asked for tokens, or be a v1 index's
            registries, although they are of another site.
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
    """The options of sync and async clients alike.

    Attributes:
        username: The user's name; with `password`.
        password: The user's password, or an access token that stands in for one.
    """

    username: str
    password: str


class LoginOptions(ConnectionOptions, total=False):
    """The options of a sync login.

    Attributes:
        http_client: An httpx client of the caller's, which stays open; it decides on TLS, proxy and timeout. It looks
            hosts up itself, after the client has checked where they lead, so that a hostile registry whose names change
            in between reaches the caller's network; and it takes longer for blobs.
    """

    http_client: httpx.Client


class AsyncLoginOptions(ConnectionOptions, total=False):
    """The options of an async login.

    Attributes:
        http_client: An httpx client of the caller's, which stays open; it decides on TLS, proxy and timeout. It looks
            hosts up itself, after the client has checked where they lead, so that a hostile registry whose names change
            in between reaches the caller's network; and it takes longer for blobs.
    """

    http_client: httpx.AsyncClient


class ClientOptions(CommonOptions, total=False):
    """The options of a sync client.

    Attributes:
        credentials: Where credentials come from; the files of Docker and Podman when not given.
        http_client: An httpx client of the caller's, which stays open; it decides on TLS, proxy and timeout. It looks
            hosts up itself, after the client has checked where they lead, so that a hostile registry whose names change
            in between reaches the caller's network; and it takes longer for blobs.
    """

    credentials: CredentialProvider
    http_client: httpx.Client


class AsyncClientOptions(CommonOptions, total=False):
    """The options of an async client.

    Attributes:
        credentials: Where credentials come from, sync or async; the files of Docker and Podman when not given.
        http_client: An httpx client of the caller's, which stays open; it decides on TLS, proxy and timeout. It looks
            hosts up itself, after the client has checked where they lead, so that a hostile registry whose names change
            in between reaches the caller's network; and it takes longer for blobs.
    """

    credentials: CredentialProvider | AsyncCredentialProvider
    http_client: httpx.AsyncClient
