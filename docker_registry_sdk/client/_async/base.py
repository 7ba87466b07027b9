"""What the clients of both API versions have in common."""

from __future__ import annotations

from types import TracebackType
from typing import Self

from ..._core.transport._async.pipeline import AsyncPipeline
from ...errors import InvalidReferenceError
from ...reference import Index, Repo


class AsyncClientBase:
    """A client of one registry, bound to one of its repositories or to none.

    Args:
        pipeline: What sends its requests.
        index: The registry.
        repo: The repository, or None.
    """

    def __init__(self, pipeline: AsyncPipeline, index: Index, repo: Repo | None) -> None:
        self._pipeline = pipeline
        self.index = index
        self._repo = repo

    @property
    def repo(self) -> Repo:
        """The repository that the client is bound to.

        Raises:
            InvalidReferenceError: It is bound to none.
        """
        if self._repo is None:
            raise InvalidReferenceError(
                f"this client of {self.index.name} is bound to no repository: use with_repo(name), or make it with one"
            )
        return self._repo

    @property
    def _name(self) -> str:
        return self.repo.remote_name

    async def aclose(self) -> None:
        """Close the connections, those of clients made by `with_repo` included; an `http_client` of the caller's stays open."""
        await self._pipeline.aclose()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        await self.aclose()

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.index.name if self._repo is None else self._repo.canonical_name!r})"
