"""The options of clients, and their defaults."""

from __future__ import annotations

from collections.abc import Collection
from os import PathLike
from typing import TypeAlias, TypedDict

import httpx

from ...credentials import AsyncCredentialProvider, CredentialProvider
from ..wire.policy import DEFAULT_MAX_RETRIES, DEFAULT_MAX_RETRY_WAIT_SECONDS, RetryPolicy
from ..wire.timeout import Timeout

FilePath: TypeAlias = str | PathLike[str]
# A registry may need long for a large manifest, but not for connecting. There is no limit on the time that a request waits for a
# free connection, since many tasks may share one client.
DEFAULT_TIMEOUT = Timeout()


class ConnectionOptions(TypedDict, total=False):
    """The options for connections to a registry.

    Attributes:
        insecure: True to accept any certificate of the registry, its token service and its storage without verification.
        ca_file: A PEM file with certificates to trust in addition to those of the system.
        client_cert: The client certificate: a PEM file with certificate and key, or a pair of PEM files.
        proxy: The URL of a proxy; by default, the proxy in the environment variables `HTTP_PROXY`, `HTTPS_PROXY` and `ALL_PROXY`.
        timeout: The timeout of each step of a request, such as one read, in seconds or as a `Timeout`; 60 seconds, but
            15 seconds for connecting, if not given.
        deadline: The maximum duration of a call in seconds, including all its requests, waits and bodies; no limit if not
            given. A call that takes longer raises `DeadlineExceededError`. The argument `deadline` of a call replaces the option.
            With a proxy or an `http_client`, a sync call may end later than the deadline: each read of a body may take as long
            as the time that was left when the request was sent, and the deadline is checked between two reads only.
        max_retries: The maximum number of times that the same request is repeated, also to resume a download or upload;
            3 if not given.
        max_retry_wait: The longest wait before a repetition in seconds; 60 if not given. If a registry requests a longer
            wait, the request is not repeated, and the error of the response is raised.
        user_agent: The value of the User-Agent header; by default the names and versions of this package and of Python.
        trusted_realms: Hosts, with or without a port, that are trusted as token services, or as registries of a v1 index,
            even if they belong to another site than the registry, or are in a private network.
    """

    insecure: bool
    ca_file: FilePath
    client_cert: FilePath | tuple[FilePath, FilePath]
    proxy: str
    timeout: float | Timeout
    deadline: float
    max_retries: int
    max_retry_wait: float
    user_agent: str
    trusted_realms: Collection[str]


def create_retry_policy(options: ConnectionOptions) -> RetryPolicy:
    """Return the retry policy that the options of a client describe.

    Args:
        options: The client's options, of which `max_retries` and `max_retry_wait` are used.
    """
    return RetryPolicy(
        max_retries=options.get("max_retries", DEFAULT_MAX_RETRIES),
        max_retry_wait=options.get("max_retry_wait", DEFAULT_MAX_RETRY_WAIT_SECONDS),
    )


class CommonOptions(ConnectionOptions, total=False):
    """The options that sync and async clients have in common.

    Attributes:
        username: The user name; requires `password`.
        password: The password, or an access token that the registry accepts as a password.
    """

    username: str
    password: str


class LoginOptions(ConnectionOptions, total=False):
    """The options of a sync login.

    Attributes:
        http_client: The caller's own httpx client, which determines TLS, proxy and timeout, and which only the caller closes.
            With an `http_client`, blobs are transferred more slowly, and there is no protection against DNS rebinding: the httpx
            client resolves a host again after this package has checked the host's addresses, so a hostile registry can direct
            requests into the caller's network.
    """

    http_client: httpx.Client


class AsyncLoginOptions(ConnectionOptions, total=False):
    """The options of an async login.

    Attributes:
        http_client: The caller's own httpx client, which determines TLS, proxy and timeout, and which only the caller closes.
            With an `http_client`, blobs are transferred more slowly, and there is no protection against DNS rebinding: the httpx
            client resolves a host again after this package has checked the host's addresses, so a hostile registry can direct
            requests into the caller's network.
    """

    http_client: httpx.AsyncClient


class ClientOptions(CommonOptions, total=False):
    """The options of a sync client.

    Attributes:
        credentials: The source of credentials; by default the configuration files of Docker and Podman. Excludes `username`.
        http_client: The caller's own httpx client, which determines TLS, proxy and timeout, and which only the caller closes.
            With an `http_client`, blobs are transferred more slowly, and there is no protection against DNS rebinding: the httpx
            client resolves a host again after this package has checked the host's addresses, so a hostile registry can direct
            requests into the caller's network.
    """

    credentials: CredentialProvider
    http_client: httpx.Client


class AsyncClientOptions(CommonOptions, total=False):
    """The options of an async client.

    Attributes:
        credentials: The source of credentials, sync or async; by default the configuration files of Docker and Podman. Excludes
            `username`.
        http_client: The caller's own httpx client, which determines TLS, proxy and timeout, and which only the caller closes.
            With an `http_client`, blobs are transferred more slowly, and there is no protection against DNS rebinding: the httpx
            client resolves a host again after this package has checked the host's addresses, so a hostile registry can direct
            requests into the caller's network.
    """

    credentials: CredentialProvider | AsyncCredentialProvider
    http_client: httpx.AsyncClient
