"""The parts that the calls of API v1 share: the pipeline, and the sender of the calls for one repository."""

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
from ..auth_policy import V1AuthPolicy
from ..endpoints import HUB_INDEX


class AsyncV1Base(AsyncClientBase):
    """A client of one index and its registries, bound to one repository of the index or to no repository."""

    def _create_pipeline(self, options: AsyncClientOptions) -> AsyncPipeline:
        pipeline = async_create_pipeline(self.index, options, HUB_INDEX)

        def create(request: Request) -> HTTPRequest:
            return build(pipeline, request, request.body, None)

        trusted = frozenset(options.get("trusted_realms", ()))
        self._auth_policy = pipeline.gate = V1AuthPolicy(pipeline.home, create, AsyncSingleFlightLock(), trusted)
        return pipeline

    @property
    def _sender(self) -> AsyncV1Sender:
        return AsyncV1Sender(self._pipeline, self._name)


class AsyncV1Sender:
    """A sender that adds the repository to each request: calls for images do not name it, but use the repository's session.

    Args:
        pipeline: The pipeline.
        repo: The repository's name.
        endpoint: The registry to send requests to, if it is not the first one that the index names.
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
