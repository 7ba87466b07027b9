"""What the calls of API v1 have in common."""

from __future__ import annotations

from typing import Any

import httpx

from ..._core.concurrency.waiting import AsyncSingleFlightLock
from ..._core.names.origin import Origin
from ..._core.transport._async.assembly import async_create_pipeline
from ..._core.transport._async.pipeline import AsyncPipeline
from ..._core.transport.options import AsyncClientOptions
from ..._core.wire import HTTPRequest, Request, build
from ...client._async.base import AsyncClientBase
from ...reference import Index, Repo
from ..auth_policy import V1AuthPolicy
from ..endpoints import HUB_INDEX


class AsyncV1Base(AsyncClientBase):
    """A client of one index and its registries, bound to one of its repositories or to none.

    Args:
        pipeline: What sends its requests.
        gate: The pipeline's gate.
        index: The index.
        repo: The repository, or None.
    """

    def __init__(self, pipeline: AsyncPipeline, gate: V1AuthPolicy, index: Index, repo: Repo | None) -> None:
        super().__init__(pipeline, index, repo)
        self._gate = gate

    @property
    def _sender(self) -> AsyncV1Sender:
        return AsyncV1Sender(self._pipeline, self._name)


def async_create_v1_pipeline(index: Index, options: AsyncClientOptions) -> tuple[AsyncPipeline, V1AuthPolicy]:
    """Return a pipeline to an index and its registries, and its gate.

    Args:
        index: The index.
        options: The client's options.

    Raises:
        TypeError: An option does not exist, or two do not go together.
        RegistryError: A file of certificates cannot be read.
    """
    pipeline = async_create_pipeline(index, options, HUB_INDEX)

    def create(request: Request) -> HTTPRequest:
        return build(pipeline, request, request.body, None)

    gate = V1AuthPolicy(pipeline.home, create, AsyncSingleFlightLock(), frozenset(options.get("trusted_realms", ())))
    pipeline.gate = gate
    return pipeline, gate


class AsyncV1Sender:
    """A pipeline for the calls of one repository: those on images do not name it, and their session is known by it.

    Args:
        pipeline: The pipeline.
        repo: The repository's name.
        endpoint: The registry to ask, where it is not the first one that the index names.
    """

    def __init__(self, pipeline: AsyncPipeline, repo: str, endpoint: Origin | None = None) -> None:
        self._pipeline = pipeline
        self._facts: dict[str, Any] = {"repo": repo} if endpoint is None else {"repo": repo, "endpoint": endpoint}

    def build_request(
        self, method: str, url: str, /, *, content: Any = None, headers: Any = None, timeout: Any = None, extensions: Any = None
    ) -> httpx.Request:
        """Return an httpx request; see `AsyncPipeline`.

        Args:
            method: The HTTP method.
            url: A path with its query.
            content: The body as httpx takes it.
            headers: The headers.
            timeout: Seconds or an `httpx.Timeout`; None for the client's own.
            extensions: What lower layers must know of the call.
        """
        known = {**(extensions or {}), **self._facts}
        return self._pipeline.build_request(method, url, content=content, headers=headers, timeout=timeout, extensions=known)

    async def send(self, request: httpx.Request, /, *, stream: bool = True) -> httpx.Response:
        """Send a request; see `AsyncPipeline`.

        Args:
            request: A request of `build_request`.
            stream: Whether to leave the body unread.

        Raises:
            httpx.TransportError: No answer came.
            AuthError: The index names a registry that may not be asked.
        """
        return await self._pipeline.send(request, stream=stream)
