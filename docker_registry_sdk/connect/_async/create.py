"""Creation of a client for the API version that a registry speaks."""

from __future__ import annotations

import ssl
from collections.abc import Collection
from typing import Final, Literal, overload

import docker_registry_sdk as sdk

from ..._core.concurrency.opening import AsyncOpening
from ..._core.text.misspelt import suggest_options
from ..._core.transport._async.caller_transport import AsyncTransport
from ..._core.transport.settings import ClientSettings, FilePath, make_settings
from ..._core.wire.timeout import Timeout
from ...client._async.client import AsyncRegistryClientV2
from ...client.target import parse_target
from ...credentials.given import AsyncGivenCredentials
from ...errors import RegistryError
from ...reference import Index, Repo

_VERSIONS: Final[tuple[Literal[1, 2], ...]] = (2, 1)


@overload
def create_async_client(
    name: str | Repo | None = None,
    *,
    registry: str | Index | None = None,
    index: str | Index | None = None,
    version: Literal[1],
    username: str | None = None,
    password: str | None = None,
    credentials: AsyncGivenCredentials | None = None,
    insecure: bool = False,
    ca_file: FilePath | None = None,
    client_cert: FilePath | tuple[FilePath, FilePath] | None = None,
    ssl_context: ssl.SSLContext | None = None,
    proxy: str | None = None,
    timeout: float | Timeout | None = None,
    deadline: float | None = None,
    max_retries: int = 3,
    max_retry_wait: float = 60.0,
    user_agent: str | None = None,
    trusted_realms: Collection[str] = (),
    max_connections: int = 100,
    transport: AsyncTransport | None = None,
) -> AsyncOpening[sdk.AsyncRegistryClientV1]: ...
@overload
def create_async_client(
    name: str | Repo | None = None,
    *,
    registry: str | Index | None = None,
    index: str | Index | None = None,
    version: Literal[2],
    username: str | None = None,
    password: str | None = None,
    credentials: AsyncGivenCredentials | None = None,
    insecure: bool = False,
    ca_file: FilePath | None = None,
    client_cert: FilePath | tuple[FilePath, FilePath] | None = None,
    ssl_context: ssl.SSLContext | None = None,
    proxy: str | None = None,
    timeout: float | Timeout | None = None,
    deadline: float | None = None,
    max_retries: int = 3,
    max_retry_wait: float = 60.0,
    user_agent: str | None = None,
    trusted_realms: Collection[str] = (),
    max_connections: int = 100,
    transport: AsyncTransport | None = None,
) -> AsyncOpening[AsyncRegistryClientV2]: ...
@overload
def create_async_client(
    name: str | Repo | None = None,
    *,
    registry: str | Index | None = None,
    index: str | Index | None = None,
    version: Literal[1, 2] | None = None,
    username: str | None = None,
    password: str | None = None,
    credentials: AsyncGivenCredentials | None = None,
    insecure: bool = False,
    ca_file: FilePath | None = None,
    client_cert: FilePath | tuple[FilePath, FilePath] | None = None,
    ssl_context: ssl.SSLContext | None = None,
    proxy: str | None = None,
    timeout: float | Timeout | None = None,
    deadline: float | None = None,
    max_retries: int = 3,
    max_retry_wait: float = 60.0,
    user_agent: str | None = None,
    trusted_realms: Collection[str] = (),
    max_connections: int = 100,
    transport: AsyncTransport | None = None,
) -> AsyncOpening[sdk.AsyncRegistryClientV1 | AsyncRegistryClientV2]: ...
@suggest_options
def create_async_client(
    name: str | Repo | None = None,
    *,
    registry: str | Index | None = None,
    index: str | Index | None = None,
    version: Literal[1, 2] | None = None,
    username: str | None = None,
    password: str | None = None,
    credentials: AsyncGivenCredentials | None = None,
    insecure: bool = False,
    ca_file: FilePath | None = None,
    client_cert: FilePath | tuple[FilePath, FilePath] | None = None,
    ssl_context: ssl.SSLContext | None = None,
    proxy: str | None = None,
    timeout: float | Timeout | None = None,
    deadline: float | None = None,
    max_retries: int = 3,
    max_retry_wait: float = 60.0,
    user_agent: str | None = None,
    trusted_realms: Collection[str] = (),
    max_connections: int = 100,
    transport: AsyncTransport | None = None,
) -> AsyncOpening[sdk.AsyncRegistryClientV1 | AsyncRegistryClientV2]:
    """Return a client for the API version that the registry speaks; for version 2 if the registry speaks both versions.

    To find the version, this function pings API v2, and API v1 if the registry does not speak API v2. The pings carry no
    credentials.

        async with create_async_client("alpine") as client:
            print(client.version)

    For a type checker, the class of the client is clear after `if client.version == 2:`, with `version=2`, or by calling
    `AsyncRegistryClientV2(name)`, which takes the same options and sends no ping. Few registries speak only API v1.

    Args:
        name: The repository, as in `docker pull`: `alpine`, `ghcr.io/owner/name`, `http://localhost:5000/name`. None, the
            default, for a client that is bound to no repository.
        registry: The registry to use if `name` contains no registry: a host, such as `ghcr.io` or `localhost:5000`, or an
            `Index`. None, the default, is Docker Hub.
        index: The word of the node.js client for `registry`; pass only one of them. None, the default, uses `registry`.
        version: The API version, 1 or 2, so that no ping is sent; None, the default, finds the version with pings.
        username: The name of the user; requires `password`. None, the default, uses `credentials`.
        password: The password, or an access token that the registry accepts as a password; requires `username`. None, the
            default, uses `credentials`.
        credentials: The logins, instead of `username` and `password`: a `Credential`; a pair (username, password); a mapping
            from registries to credentials or pairs, so that other registries are accessed without a login; or a provider, which
            has a method `get_credential`. None, the default, uses the logins that `docker login` and `podman login` have stored.
        insecure: True to accept any certificate of the registry, its token service and its storage without verification; False
            by default.
        ca_file: A PEM file with certificates to trust in addition to those of the system; None, the default, trusts no others.
        client_cert: The client certificate: a PEM file with certificate and key, or a pair of PEM files (certificate, key).
            None, the default, sends no certificate but those in the certs.d folders of Docker and Podman.
        ssl_context: An `ssl.SSLContext` with all TLS settings, instead of `insecure`, `ca_file`, `client_cert` and the certs.d
            folders; None, the default, uses these.
        proxy: The URL of a proxy; None, the default, uses the proxy in the environment variables `HTTP_PROXY`, `HTTPS_PROXY` and
            `ALL_PROXY`, except for the hosts and networks in `NO_PROXY`.
        timeout: The longest time of each step of a request, such as one read: seconds, or a `Timeout` with different seconds for
            each kind of step. None, the default, means 15 seconds to connect, and 60 seconds for each read and write.
        deadline: The maximum duration of a call in seconds, including all its requests, waits and bodies. A call that takes
            longer raises `DeadlineExceededError`. None, the default, sets no limit. The argument `deadline` of a call replaces
            the option. With a proxy or a `transport`, a sync call may end later than the deadline: each read of a body may take
            as long as the time that was left when the request was sent, and the deadline is checked between two reads only.
        max_retries: The maximum number of times that the same request is repeated, also to resume a download or upload; 3 by
            default, 0 for no repetition.
        max_retry_wait: The longest wait before a repetition in seconds; 60 by default. If a registry requests a longer wait, the
            request is not repeated, and the error of the response is raised.
        user_agent: The value of the User-Agent header; None, the default, sends the names and versions of this package and of
            Python.
        trusted_realms: Hosts, with or without a port, that are trusted as token services, or as registries of a v1 index, even
            if they belong to another site than the registry, or are in a private network; none by default. Hosts in
            the environment variable `DOCKER_REGISTRY_SDK_TRUSTED_REALMS`, separated by commas or spaces, are trusted as well.
        max_connections: The maximum number of connections for blobs, and the same number again for other requests; 100 by
            default. Further requests wait for a free connection, without a limit unless `timeout` has one.
        transport: The caller's own transport, which sends the requests, and which only the caller closes: an object with a
            method `send`, such as an `AsyncHttpxTransport`. It decides about TLS, proxy and connections. None, the default, uses
            the connections of this package.

    Returns:
        The client, whose attribute `version` is 1 or 2. Close it with `aclose()`, or at the end of an `async with` block.

    Raises:
        InvalidReferenceError: The name, the registry or an item of `trusted_realms` is malformed, or `name` is the name of a
            registry, such as `ghcr.io`.
        TypeError: An option does not exist or has the wrong type, or two options exclude each other.
        ValueError: A number is out of range, or a user name or password contains a character that is not allowed.
        RegistryError: The registry speaks neither version, or a certificate file cannot be read.
        StatusError: The response to a ping is inconclusive: 408, 429 or 5xx. Try again later.
        TransportError: No response to a ping was received.
    """
    settings = make_settings(
        username=username,
        password=password,
        credentials=credentials,
        insecure=insecure,
        ca_file=ca_file,
        client_cert=client_cert,
        ssl_context=ssl_context,
        proxy=proxy,
        timeout=timeout,
        deadline=deadline,
        max_retries=max_retries,
        max_retry_wait=max_retry_wait,
        user_agent=user_agent,
        trusted_realms=trusted_realms,
        max_connections=max_connections,
        transport=transport,
    )
    return AsyncOpening(async_open_client(*parse_target(name, registry, index), version, settings))


async def async_open_client(
    registry: Index, repo: Repo | None, version: Literal[1, 2] | None, settings: ClientSettings
) -> sdk.AsyncRegistryClientV1 | AsyncRegistryClientV2:
    """Return a client for the API version that the registry speaks, as `create_async_client` does.

    Args:
        registry: The registry.
        repo: The repository; None for a client that is bound to no repository.
        version: The API version; None to find the version with pings.
        settings: The settings of the client.

    Raises:
        RegistryError: The registry speaks neither version, or a certificate file cannot be read.
        StatusError: The response to a ping is inconclusive: 408, 429 or 5xx. Try again later.
        TransportError: No response to a ping was received.
    """
    for candidate in _VERSIONS if version is None else (version,):
        client = _client_class(candidate)._from_settings(repo, registry, settings)
        try:
            if version is not None or await (client.supports_v2() if client.version == 2 else client.supports_v1()):
                return client
        except BaseException:
            await client.aclose()
            raise
        await client.aclose()
    raise RegistryError(
        f"{registry.name} supports neither API v2 nor API v1: its responses to /v2/ and /v1/_ping are not those of a registry",
        hint="Check the name and the port of the registry.",
    )


def _client_class(version: Literal[1, 2]) -> type[sdk.AsyncRegistryClientV1] | type[AsyncRegistryClientV2]:
    if version == 2:
        return AsyncRegistryClientV2
    return sdk.AsyncRegistryClientV1  # imported only when needed, since most programs never use API v1
