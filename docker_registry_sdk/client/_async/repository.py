"""A repository of a registry that speaks API v2."""

from __future__ import annotations

from copy import copy
from types import TracebackType
from typing import Self

from ..._core import transport
from ..._core.wire import Timeout
from ...digest import RefLike
from ...reference import Index, Repo
from ...v2 import api
from .blobs import AsyncBlobCalls
from .manifest_ref import AsyncManifestRef, async_parse_ref
from .references import AsyncReferenceCalls
from .tags import AsyncTagCalls
from .uploads import AsyncUploadCalls


class AsyncRepository(AsyncReferenceCalls, AsyncTagCalls, AsyncBlobCalls, AsyncUploadCalls):
    """A repository of a registry, with all calls that concern one repository.

    `client.repository(name)` and `registries.repository(name)` return repositories. A repository borrows the connections and
    tokens of that client: it has nothing to close, the end of an `async with` block closes nothing, and after the client was
    closed, all calls of the repository raise `ClosedError`.

    Args:
        repo: The name of the repository.
        registry: The registry.
        pipeline: The sender of all requests to the registry.
    """

    def __init__(self, repo: Repo, registry: Index, pipeline: transport.AsyncPipeline | transport.AsyncOptionsSender) -> None:
        self.registry = registry
        self._repo = repo
        self._pipeline = pipeline

    def ref(self, ref: RefLike) -> AsyncManifestRef:
        """Return a reference to a manifest of this repository, for functions such as `images.async_copy`. No request is sent.

        Args:
            ref: A tag; a digest: text, a `Digest`, or an object with a digest such as a descriptor; or a tag and a digest with
                an `@` in between, such as `1.0@sha256:…`.

        Raises:
            InvalidReferenceError: The tag is malformed.
            InvalidDigestError: The digest is malformed, or the object has no digest.
        """
        return async_parse_ref(self, ref)

    def with_options(
        self,
        *,
        timeout: float | Timeout | None = None,
        deadline: float | None = None,
        max_retries: int | None = None,
        max_retry_wait: float | None = None,
    ) -> Self:
        """Return a copy with other limits for its calls. The copy borrows connections and tokens, and closes nothing.

        Args:
            timeout: Seconds or a `Timeout` for each step of a request, such as one read; None keeps the timeout.
            deadline: The maximum duration of a call in seconds, including all its requests, waits and bodies; None keeps the
                deadline.
            max_retries: The maximum number of times that the same request is repeated, 0 for no repetition; None keeps the
                number.
            max_retry_wait: The longest wait before a repetition in seconds; None keeps the wait.

        Raises:
            ValueError: `deadline` is not above 0.
        """
        pipeline = self._pipeline
        retry = pipeline.retry
        other = copy(self)
        other._owns_pipeline = False
        other._pipeline = transport.AsyncOptionsSender(
            pipeline,
            retry=retry._replace(
                max_retries=retry.max_retries if max_retries is None else max_retries,
                max_retry_wait=retry.max_retry_wait if max_retry_wait is None else max_retry_wait,
            ),
            timeout=timeout,
            deadline_seconds=pipeline.deadline_seconds if deadline is None else deadline,
        )
        return other

    async def __aenter__(self) -> AsyncRepository:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        """Close nothing: the client that this repository came from owns the connections."""


def async_plan_push(repository: AsyncRepository) -> AsyncRepository:
    """Return a copy of a repository for an operation that pushes to it.

    The first token that is fetched for a request of the copy has the scopes of the whole operation.

    Args:
        repository: The repository that is pushed to.
    """
    return repository._with_planned_scopes(_scopes_of_push(repository, None))


def async_plan_mounts(source: AsyncRepository, target: AsyncRepository) -> tuple[AsyncRepository, AsyncRepository]:
    """Return copies of two repositories of a registry, for an operation that mounts blobs of the first one in the second one.

    If both share connections and tokens, one token suffices for the operation.

    Args:
        source: The repository from which blobs are mounted.
        target: The repository that is pushed to.
    """
    scopes = _scopes_of_push(target, source.repo.remote_name)
    shared = _root(source) is _root(target)
    return source._with_planned_scopes(scopes) if shared else source, target._with_planned_scopes(scopes)


def _scopes_of_push(repository: AsyncRepository, from_repo: str | None) -> tuple[str, ...]:
    scopes: tuple[str, ...] = api.start_blob_upload.request(repository.repo.remote_name, from_repo=from_repo).context.scopes
    return scopes


def _root(repository: AsyncRepository) -> transport.AsyncPipeline:
    pipeline = repository._pipeline
    return pipeline if isinstance(pipeline, transport.AsyncPipeline) else pipeline.root
