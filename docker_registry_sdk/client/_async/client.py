"""The client of API v2."""

from __future__ import annotations

from typing import Literal

from ..._core import auth, transport
from ..._core.transport.settings import ClientSettings
from ..._core.wire import Deadline, Timeout, async_send
from ...reference import Repo
from ...v2 import api
from ..probing import speaks_api, without_credentials
from ..target import repo_on_registry
from .catalog import AsyncCatalogCalls
from .owner import AsyncClientBase
from .repository import AsyncRepository


class AsyncRegistryClientV2(AsyncClientBase, AsyncRepository, AsyncCatalogCalls):
    """A client of one registry that speaks API v2, bound to one repository of the registry or to no repository.

    The client opens the connections to the registry, and `aclose` or the end of the `async with` block closes them.

    Args:
        name: The repository, as in `docker pull`: `alpine`, `ghcr.io/owner/name`, `http://localhost:5000/name`. None for a
            client that is bound to no repository; such a client can only ping and list repositories.
        registry: The registry to use if `name` contains no registry: a host, such as `ghcr.io` or `localhost:5000`, or an
            `Index`. None, the default, is Docker Hub.
        index: The word of the node.js client for `registry`; pass only one of them. None, the default, uses `registry`.
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

    Raises:
        InvalidReferenceError: The name, the registry or an item of `trusted_realms` is malformed, or `name` is the name of a
            registry, such as `ghcr.io`.
        TypeError: An option does not exist or has the wrong type, or two options exclude each other.
        ValueError: A number is out of range, or a user name or password contains a character that is not allowed.
        RegistryError: A certificate file cannot be read.
    """

    version: Literal[2] = 2

    def _create_pipeline(self, settings: ClientSettings) -> transport.AsyncPipeline:
        pipeline = transport.async_create_pipeline(self.registry, settings)
        self._auth_policy = pipeline.auth_policy = transport.async_create_v2_auth_policy(pipeline, settings)
        return pipeline

    def repository(self, name: str | Repo) -> AsyncRepository:
        """Return a repository on the registry of this client. The repository borrows the connections and tokens of this client.

        Args:
            name: The name of the repository. If the name contains a registry, it must be the registry of this client.

        Raises:
            InvalidReferenceError: The name is malformed, or contains another registry.
        """
        return AsyncRepository(repo_on_registry(name, self.registry), self.registry, self._pipeline)

    async def __aenter__(self) -> AsyncRegistryClientV2:
        return self

    async def ping(self, *, timeout: float | Timeout | None = None, deadline: Deadline | float | None = None) -> api.ping.PingOk:
        """Check that the registry speaks API v2 and accepts the client's credentials.

        Args:
            timeout: Seconds or a `Timeout` for each step of a request; None uses the client's timeout.
            deadline: The seconds that the whole call may take, or a `Deadline`; None uses the client's deadline.

        Raises:
            NotFoundError: The host does not speak API v2.
            UnauthorizedError: The registry speaks API v2, but requires credentials or rejects the client's credentials.
            DeadlineExceededError: The deadline passed before the call was complete.

        Source: OCI Distribution Spec, Determining Support (end-1).
        """
        return await api.ping.asyncio(self._pipeline, timeout=timeout, deadline=deadline)

    async def supports_v2(self, *, timeout: float | Timeout | None = None, deadline: Deadline | float | None = None) -> bool:
        """Return whether the registry speaks API v2, from the response to a ping without credentials.

        Args:
            timeout: Seconds or a `Timeout` for each step of a request; None uses the client's timeout.
            deadline: The seconds that the whole call may take, or a `Deadline`; None uses the client's deadline.

        Raises:
            StatusError: The response is inconclusive: 408, 429 (`RateLimitedError`) or 5xx. Try again later.
            TransportError: No response was received.
            DeadlineExceededError: The deadline passed before the call was complete.
        """
        request = without_credentials(api.ping.request())
        return await async_send(self._pipeline, request, speaks_api, range(100, 600), None, self._limits(timeout, deadline))

    def explain_auth(self) -> auth.AuthReport:
        """Return a report, without secrets, on the credential, challenge and token that led to the last response."""
        return self._auth_policy.report
