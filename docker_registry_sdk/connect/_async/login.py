"""Check of a user name and password with a registry, and storage of the login."""

from __future__ import annotations

import os
import ssl
from collections.abc import Collection
from typing import Literal

from attrs import evolve

from ..._core.concurrency.threads import async_run_in_thread
from ..._core.text.misspelt import suggest_options
from ..._core.tracebacks import remove_secrets
from ..._core.transport._async.caller_transport import AsyncTransport
from ..._core.transport.settings import ClientSettings, FilePath, make_settings
from ..._core.wire.timeout import Timeout
from ...client.target import parse_target
from ...credentials.storing import store_credential
from ...errors import LoginError, UnauthorizedError
from ...reference import Index
from ..login_result import LoginResult
from .create import async_open_client


@suggest_options
async def async_login(
    registry: str | Index | None = None,
    *,
    username: str,
    password: str,
    store: bool | str | os.PathLike[str] = False,
    version: Literal[1, 2] | None = None,
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
) -> LoginResult:
    """Check a user name and password with the registry, and store them if `store` is given.

    Args:
        registry: The registry: a host, such as `ghcr.io` or `localhost:5000`, or an `Index`. None, the default, is Docker Hub.
        username: The name of the user.
        password: The password, or an access token that the registry accepts as a password.
        store: True to store the login where `docker login` stores it: in config.json in the folder `$DOCKER_CONFIG` or
            ~/.docker, or in the credential helper that config.json names; or the path of another file of this form. Clients
            without `credentials` then use the login. False, the default, stores nothing.
        version: The API version, 1 or 2; None, the default, finds the version with pings.
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
        The result of the login. Its attribute `checked` says whether the registry checked the password at all, and `stored` where
        the login is stored.

    Raises:
        LoginError: The registry or its token service rejects the user name or password.
        AuthError: The credentials must not be sent to the token service, the token service fails, the file for `store` is
            malformed, or the credential helper fails.
        ForbiddenError: The account is inactive, or has no permissions.
        TypeError: An option does not exist or has the wrong type, or two options exclude each other.
        ValueError: A number is out of range, or the user name or password contains a character that is not allowed.
        RegistryError: The registry speaks neither API v2 nor API v1, or a certificate file cannot be read.
        StatusError: The response to a ping is inconclusive: 408, 429 or 5xx. Try again later.
        TransportError: No response was received.
        OSError: The file for `store` cannot be read or written.

    Source: OCI Distribution Spec, Determining Support (end-1); Docker Hub API, User Login.
    """
    settings = make_settings(
        username=username,
        password=password,
        credentials=None,
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
    result = await _check(registry, username, version, settings)
    if store is False:
        return result
    path = None if store is True else os.fspath(store)
    try:
        stored = await async_run_in_thread(lambda: store_credential(result.registry, username, password, path=path))
    except BaseException as error:
        remove_secrets(error)
        raise
    return evolve(result, stored=stored)


@suggest_options
async def async_check_login(
    registry: str | Index | None = None,
    *,
    username: str,
    password: str,
    version: Literal[1, 2] | None = None,
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
) -> LoginResult:
    """Check a user name and password with the registry, and store nothing; `async_login` can also store them.

    Args:
        registry: The registry: a host, such as `ghcr.io` or `localhost:5000`, or an `Index`. None, the default, is Docker Hub.
        username: The name of the user.
        password: The password, or an access token that the registry accepts as a password.
        version: The API version, 1 or 2; None, the default, finds the version with pings.
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
        The result of the check. Its attribute `checked` says whether the registry checked the password at all.

    Raises:
        LoginError: The registry or its token service rejects the user name or password.
        AuthError: The credentials must not be sent to the token service, or the token service fails.
        ForbiddenError: The account is inactive, or has no permissions.
        TypeError: An option does not exist or has the wrong type, or two options exclude each other.
        ValueError: A number is out of range, or the user name or password contains a character that is not allowed.
        RegistryError: The registry speaks neither API v2 nor API v1, or a certificate file cannot be read.
        StatusError: The response to a ping is inconclusive: 408, 429 or 5xx. Try again later.
        TransportError: No response was received.

    Source: OCI Distribution Spec, Determining Support (end-1); Docker Hub API, User Login.
    """
    settings = make_settings(
        username=username,
        password=password,
        credentials=None,
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
    return await _check(registry, username, version, settings)


async def _check(
    registry: str | Index | None, username: str, version: Literal[1, 2] | None, settings: ClientSettings
) -> LoginResult:
    try:
        return await _check_login(registry, username, version, settings)
    except (LoginError, UnauthorizedError) as error:
        if error.hint == type(error).hint:  # which says to log in
            error._replace_hint("Check the user name and the password.")
        raise


async def _check_login(
    registry: str | Index | None, username: str, version: Literal[1, 2] | None, settings: ClientSettings
) -> LoginResult:
    async with await async_open_client(parse_target(None, registry)[0], None, version, settings) as client:
        if client.version == 2:
            await client.ping()
            checked = client.explain_auth().challenge is not None
        else:
            await client.check_login()
            checked = await client.checks_logins()
        return LoginResult(
            registry=client.registry,
            version=client.version,
            username=username,
            checked="credentials" if checked else "nothing",
        )
