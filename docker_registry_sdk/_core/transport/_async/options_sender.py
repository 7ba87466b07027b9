"""A sender that replaces the timeout, the deadline and the retries of a client's pipeline."""

from __future__ import annotations

from typing import Any

import httpx

from ...wire import AsyncContextSender, CallContext, RetryPolicy, Timeout, timeout_steps, to_deadline
from ..recent_pushes import RecentPushes
from ..registry_origin import RegistryOrigin
from .pipeline import AsyncPipeline


class AsyncOptionsSender(AsyncContextSender):
    """A sender that sends requests with a pipeline, but with other limits. It shares connections and tokens with the pipeline.

    Args:
        pipeline: The pipeline, or another sender of this class.
        retry: The policy for repeating requests.
        timeout: Seconds or a `Timeout` for each step of a request; None uses the timeout of the pipeline.
        deadline_seconds: The maximum duration of a call in seconds; None for no limit.
        planned_scopes: The scopes that a token is requested with besides those of each request.

    Attributes:
        registry: The origin of the registry.
        root: The pipeline that sends the requests.
        pushes: The blobs and manifests that the client has pushed a short time ago.

    Raises:
        ValueError: `deadline_seconds` is not above 0.
    """

    def __init__(
        self,
        pipeline: AsyncPipeline | AsyncOptionsSender,
        *,
        retry: RetryPolicy,
        timeout: float | Timeout | None,
        deadline_seconds: float | None,
        planned_scopes: tuple[str, ...] = (),
    ) -> None:
        def change(context: CallContext) -> CallContext:
            return context._replace(retry=retry, planned_scopes=(*context.planned_scopes, *planned_scopes))

        super().__init__(pipeline, change)
        to_deadline(deadline_seconds)
        self.retry = retry
        self.deadline_seconds = deadline_seconds
        self.registry: RegistryOrigin = pipeline.registry
        self._steps = None if timeout is None else timeout_steps(timeout)
        self.pushes: RecentPushes = pipeline.pushes
        self.root: AsyncPipeline = pipeline if isinstance(pipeline, AsyncPipeline) else pipeline.root
        self._pipeline = pipeline

    def build_request(self, method: str, url: str, /, *, extensions: Any = None, **options: Any) -> httpx.Request:
        """Build an httpx request with the timeout and the retries of this sender.

        Args:
            method: The HTTP method.
            url: A path with its query, or an absolute URL.
            extensions: The httpx extensions of the request, which contain its context; None for no extensions.
            options: The other arguments of `httpx.AsyncClient.build_request`. A `timeout` replaces the timeout of this sender.
        """
        if self._steps is not None and options.get("timeout") is None:
            options["timeout"] = self._steps
        return super().build_request(method, url, extensions=extensions, **options)

    async def aclose(self) -> None:
        """Close the pipeline."""
        await self._pipeline.aclose()
