"""The base class of repositories and clients."""

from __future__ import annotations

from copy import copy
from typing import Self

from ..._core import transport
from ..._core.wire import AsyncSender, CallLimits, Deadline, Timeout, call_limits
from ...errors import InvalidReferenceError
from ...reference import Index, Repo
from ..target import repo_on_registry
from .listing import AsyncFetchPage, AsyncListing, Entry


class AsyncRepositoryBase:
    """The state that all client methods share: the registry, the repository (None if there is no repository), and the sender.

    Attributes:
        registry: The registry.
    """

    registry: Index
    _repo: Repo | None
    _pipeline: transport.AsyncPipeline | transport.AsyncOptionsSender
    _owns_pipeline = False

    @property
    def index(self) -> Index:
        """Return the registry: the same object as `registry`, under the name that the node.js client uses."""
        return self.registry

    @property
    def repo(self) -> Repo:
        """Return the repository that the client is bound to.

        Raises:
            InvalidReferenceError: The client is bound to no repository.
        """
        if self._repo is None:
            raise InvalidReferenceError(
                f"this client of {self.registry.name} is bound to no repository",
                hint="Pass a repository name when creating the client, or use client.repository(name).",
            )
        return self._repo

    @property
    def _sender(self) -> AsyncSender:
        """Return the sender that functions generated from the OpenAPI description use if this client is passed to them."""
        return self._pipeline

    @property
    def _name(self) -> str:
        return self.repo.remote_name

    def _with_planned_scopes(self, scopes: tuple[str, ...]) -> Self:
        """Return a copy whose first token is requested with the scopes of a whole operation, besides those of each request.

        Args:
            scopes: The scopes that later requests of the operation need.
        """
        pipeline, other = self._pipeline, copy(self)
        other._owns_pipeline = False
        other._pipeline = transport.AsyncOptionsSender(
            pipeline, retry=pipeline.retry, timeout=None, deadline_seconds=pipeline.deadline_seconds, planned_scopes=scopes
        )
        return other

    def _limits(self, timeout: float | Timeout | None, deadline: Deadline | float | None) -> CallLimits:
        """Return the timeout and the deadline of a call that begins now. All requests of the call share the deadline.

        Args:
            timeout: Seconds or a `Timeout` for each step of a request; None uses the client's timeout.
            deadline: The seconds that the whole call may take, or a `Deadline`; None uses the client's deadline.
        """
        return call_limits(self._pipeline, timeout, deadline)

    def _name_of(self, repo: str | Repo | None) -> str | None:
        """Return the name on this registry of an argument that is a name or a `Repo`."""
        return repo_on_registry(repo, self.registry).remote_name if isinstance(repo, Repo) else repo

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.registry.name if self._repo is None else self._repo.canonical_name!r})"

    def _listing(
        self, fetch: AsyncFetchPage[Entry], timeout: float | Timeout | None, deadline: Deadline | float | None
    ) -> AsyncListing[Entry]:
        return AsyncListing(self._pipeline, fetch, timeout, deadline)
