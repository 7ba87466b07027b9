"""The client of API v2."""

from __future__ import annotations

from typing import Literal

from ..._core.auth.report import AuthReport
from ..._core.transport._async.assembly import async_create_pipeline, async_create_v2_auth_policy
from ..._core.transport._async.pipeline import AsyncPipeline
from ..._core.transport.options import AsyncClientOptions
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

    The client opens the connections to the registry, and `aclose` or the end of an `async with` block closes them.

    Args:
        name: The repository, as in `docker pull`: `alpine`, `ghcr.io/owner/name`, `http://localhost:5000/name`. None for a
            client that is bound to no repository; such a client can only ping and list repositories.
        registry: The registry to use if `name` contains no registry; None for Docker Hub.
        index: The node.js client's word for `registry`; pass only one of them.
        options: See `AsyncClientOptions`.

    Raises:
        InvalidReferenceError: The name or the registry is malformed, or `name` is the name of a registry, such as `ghcr.io`.
        TypeError: An option does not exist or has the wrong type, or two arguments exclude each other.
        RegistryError: A certificate file cannot be read.
    """

    version: Literal[2] = 2

    def _create_pipeline(self, options: AsyncClientOptions) -> AsyncPipeline:
        pipeline = async_create_pipeline(self.index, options)
        self._auth_policy = pipeline.auth_policy = async_create_v2_auth_policy(pipeline, options)
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

    def explain_auth(self) -> AuthReport:
        """Return a report, without secrets, on the credential, challenge and token that led to the last response."""
        return self._auth_policy.report
