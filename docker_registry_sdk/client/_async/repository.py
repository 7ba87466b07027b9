"""A repository of a registry that speaks API v2."""

from __future__ import annotations

from types import TracebackType

from ..._core.transport._async.pipeline import AsyncPipeline
from ...reference import Index, Repo
from .blobs import AsyncBlobCalls
from .manifest_ref import AsyncManifestRef, async_parse_ref
from .references import AsyncReferenceCalls
from .tags import AsyncTagCalls
from .uploads import AsyncUploadCalls


class AsyncRepository(AsyncReferenceCalls, AsyncTagCalls, AsyncBlobCalls, AsyncUploadCalls):
    """A repository of a registry, with all calls that concern one repository.

    `client.repository(name)` and `registries.repository(name)` return repositories. A repository borrows the connections and
    tokens of that client: it has nothing to close, an `async with` block closes nothing, and after the client was closed, all
    calls of the repository raise `ClosedError`.

    Args:
        repo: The name of the repository.
        registry: The registry.
        pipeline: The sender of all requests to the registry.
    """

    def __init__(self, repo: Repo, registry: Index, pipeline: AsyncPipeline) -> None:
        self.registry = registry
        self._repo = repo
        self._pipeline = pipeline

    def ref(self, ref: str) -> AsyncManifestRef:
        """Return a reference to a manifest of this repository, for functions such as `images.async_copy`. No request is sent.

        Args:
            ref: A tag, a digest, or a tag and a digest with an `@` in between, such as `1.0@sha256:…`.

        Raises:
            InvalidReferenceError: The tag is malformed.
            InvalidDigestError: The digest is malformed.
        """
        return async_parse_ref(self, ref)

    async def __aenter__(self) -> AsyncRepository:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        """Close nothing: the client that this repository came from owns the connections."""
