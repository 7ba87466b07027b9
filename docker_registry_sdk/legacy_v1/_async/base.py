"""The common base class of the client methods of API v1, and a sender that adds a repository to each request."""

from __future__ import annotations

from ..._core.concurrency.waiting import AsyncSingleFlightLock
from ..._core.names.origin import Origin
from ..._core.transport._async.assembly import async_create_pipeline
from ..._core.transport._async.pipeline import AsyncPipeline
from ..._core.transport.settings import ClientSettings
from ..._core.wire import AsyncContextSender, AsyncSender, CallContext, HTTPRequest, Request, build
from ...client._async.owner import AsyncClientBase
from ..auth_policy import V1AuthPolicy
from ..index import HUB_INDEX


class AsyncV1Base(AsyncClientBase):
    """A client of one API v1 index and the registries that the index names, bound to one repository or to no repository."""

    def _create_pipeline(self, settings: ClientSettings) -> AsyncPipeline:
        pipeline = async_create_pipeline(self.registry, settings, HUB_INDEX)

        def create(request: Request) -> HTTPRequest:
            return build(pipeline, request, request.body)

        trusted = frozenset(settings.all_trusted_realms)
        self._auth_policy = pipeline.auth_policy = V1AuthPolicy(pipeline.registry, create, AsyncSingleFlightLock(), trusted)
        return pipeline

    @property
    def _sender(self) -> AsyncSender:
        return self._pipeline if self._repo is None else self._repo_sender

    @property
    def _repo_sender(self) -> AsyncSender:
        """Return a sender that adds the client's repository to each request.

        Requests for images need this: their URLs do not contain the repository whose v1 session (token and cookies) they use.
        """
        return async_create_v1_sender(self._pipeline, self._name)


def async_create_v1_sender(pipeline: AsyncSender, repo: str, endpoint: Origin | None = None) -> AsyncContextSender:
    """Return a sender that adds a repository to each request, to use the v1 session (token and cookies) of that repository.

    Args:
        pipeline: The pipeline that sends the requests.
        repo: The repository's name. A request that already has a repository keeps that repository.
        endpoint: The registry to send the requests to; None for the first registry that the index names.
    """

    def change(context: CallContext) -> CallContext:
        return context._replace(repo=context.repo or repo, endpoint=endpoint)

    return AsyncContextSender(pipeline, change)
