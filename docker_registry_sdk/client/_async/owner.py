"""The base class of the clients of API v1 and API v2, which open connections to a registry and close them."""

from __future__ import annotations

import ssl
from collections.abc import Collection
from copy import copy
from types import TracebackType
from typing import Self

from ..._core import transport
from ..._core.text.misspelt import suggest_options
from ..._core.transport._async.caller_transport import AsyncTransport
from ..._core.transport.settings import ClientSettings, FilePath, make_settings
from ..._core.wire import Timeout
from ...credentials.given import AsyncGivenCredentials
from ...reference import Index, Repo
from ..target import parse_target, repo_on_registry
from .base import AsyncRepositoryBase


class AsyncClientBase(AsyncRepositoryBase):
    """A client of one registry, bound to one repository of the registry or to no repository.

    The classes of the clients describe the arguments.
    """

    _owns_pipeline = True

    @suggest_options
    def __init__(
        self,
        name: str | Repo | None = None,
        *,
        registry: str | Index | None = None,
        index: str | Index | None = None,
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
    ) -> None:
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
        self._connect(*parse_target(name, registry, index), settings)

    @classmethod
    def _from_settings(cls, repo: Repo | None, registry: Index, settings: ClientSettings) -> Self:
        """Return a new client.

        Args:
            repo: The repository; None for a client that is bound to no repository.
            registry: The registry.
            settings: The settings of the client.
        """
        client = cls.__new__(cls)
        client._connect(registry, repo, settings)
        return client

    def _connect(self, registry: Index, repo: Repo | None, settings: ClientSettings) -> None:
        self.registry, self._repo = registry, repo
        self._pipeline = self._create_pipeline(settings)

    def _create_pipeline(self, settings: ClientSettings) -> transport.AsyncPipeline:
        raise NotImplementedError

    def with_repo(self, name: str | Repo) -> Self:
        """Return a client of another repository on the registry of this client.

        The new client borrows the connections and tokens of this client: its `aclose` and its `async with` block close nothing,
        and after this client was closed, its calls raise `ClosedError`.

        Args:
            name: The name of the other repository. If the name contains a registry, it must be the registry of this client.

        Raises:
            InvalidReferenceError: The name is malformed, or contains another registry.
        """
        return self._borrow(repo_on_registry(name, self.registry))

    def _borrow(self, repo: Repo | None) -> Self:
        """Return a client of a repository (None for no repository) that shares the connections but does not close them."""
        other = copy(self)
        other._repo = repo
        other._owns_pipeline = False
        return other

    async def aclose(self) -> None:
        """Close the connections of this client, which repositories and clients that were created from this client share.

        A client that `with_repo` returned closes nothing. If the caller passed a `transport`, the caller closes it.
        """
        if self._owns_pipeline:
            await self._pipeline.aclose()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        await self.aclose()
