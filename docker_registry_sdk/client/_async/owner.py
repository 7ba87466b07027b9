"""The base class of the clients of API v1 and API v2, which open connections to a registry and close them."""

from __future__ import annotations

from copy import copy
from types import TracebackType
from typing import Self, Unpack

from ..._core.transport._async.pipeline import AsyncPipeline
from ..._core.transport.options import AsyncClientOptions
from ...reference import Index, Repo
from ..target import parse_target, repo_on_registry
from .base import AsyncRepositoryBase


class AsyncClientBase(AsyncRepositoryBase):
    """A client of one registry, bound to one repository of the registry or to no repository.

    Args:
        name: The repository, as in `docker pull`; None for a client that is bound to no repository.
        registry: The registry to use if `name` contains no registry; None for Docker Hub.
        index: The node.js client's word for `registry`; pass only one of them.
        options: See `AsyncClientOptions`.

    Raises:
        InvalidReferenceError: The name or the registry is malformed.
        TypeError: Both `registry` and `index` are given.
    """

    _owns_pipeline = True

    def __init__(
        self,
        name: str | Repo | None = None,
        *,
        registry: str | Index | None = None,
        index: str | Index | None = None,
        **options: Unpack[AsyncClientOptions],
    ) -> None:
        self.registry, self._repo = parse_target(name, registry, index)
        self._pipeline = self._create_pipeline(options)

    def _create_pipeline(self, options: AsyncClientOptions) -> AsyncPipeline:
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

        A client that `with_repo` returned closes nothing. If the caller passed an `http_client`, the caller closes it.
        """
        if self._owns_pipeline:
            await self._pipeline.aclose()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        await self.aclose()
