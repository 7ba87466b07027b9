"""A repository for downloads and uploads of blobs: the client that sends requests, the name, and the limits of the call."""

from __future__ import annotations

from typing import Self, TypedDict

from attrs import Factory, evolve, frozen

from ....digest import Digest
from ....v2 import api
from ...transport.recent_pushes import RecentPushes
from ...wire import (
    AsyncClient,
    AsyncContextSender,
    CallContext,
    CallLimits,
    Deadline,
    Timeout,
    call_limits,
    is_length_of_get,
    sender_of,
)


class RequestOptions(TypedDict):
    """The keyword arguments that limit the time of a request, for the functions generated from the OpenAPI description.

    Attributes:
        timeout: The timeout of each step of the request; None uses the client's timeout.
        deadline: The deadline of the call; None uses the client's deadline.
    """

    timeout: float | Timeout | None
    deadline: Deadline | None


@frozen
class AsyncBlobRepository:
    """A repository to read blobs from or to upload blobs to.

    Attributes:
        client: The client that sends the requests.
        name: The name of the repository on the registry.
        limits: The timeout, the deadline and the retry policy of the call; by default those of the client's options, for a call
            that begins when this object is created.
        pushes: The blobs and manifests that the client has pushed a short time ago, to which uploads add theirs.
    """

    client: AsyncClient
    name: str
    limits: CallLimits = Factory(lambda self: call_limits(self.client), takes_self=True)
    pushes: RecentPushes = Factory(RecentPushes)

    @property
    def options(self) -> RequestOptions:
        """Return the timeout and the deadline as keyword arguments for a function generated from the OpenAPI description."""
        return {"timeout": self.limits.timeout, "deadline": self.limits.deadline}

    @property
    def transfer_client(self) -> AsyncClient:
        """Return a client that sends each request only once, since downloads and uploads repeat failed requests themselves."""
        return AsyncContextSender(sender_of(self.client), _repeated_by_caller)

    def for_push(self) -> Self:
        """Return a copy of this object whose first token has the scopes for a push, also if it is fetched for another request."""
        scopes = api.start_blob_upload.request(self.name).context.scopes

        def plan(context: CallContext) -> CallContext:
            return context._replace(planned_scopes=(*context.planned_scopes, *scopes))

        return evolve(self, client=AsyncContextSender(sender_of(self.client), plan))

    def for_new_call(self, deadline: Deadline | float | None) -> Self:
        """Return a copy of this object with the limits of a call that begins now.

        Args:
            deadline: The deadline of the call, or the seconds that the call may take; None for the client's deadline.
        """
        return evolve(self, limits=call_limits(self.client, self.limits.timeout, deadline))

    async def stored_size(self, digest: Digest) -> int | None:
        """Request the size of a blob from the registry, and return the size in bytes, or None if the response has no size.

        Args:
            digest: The digest of the blob.

        Raises:
            NotFoundError: The blob does not exist.
        """
        response = await api.head_blob.asyncio(self.client, self.name, digest, **self.options)
        return response.content_length if is_length_of_get(response) else None

    def check_deadline(self, digest: Digest) -> None:
        """Raise an exception if the deadline has passed.

        Code that works for a long time without a request, such as hashing a file, calls this method repeatedly.

        Args:
            digest: The digest of the blob that is processed, for the message.

        Raises:
            DeadlineExceededError: The deadline has passed.
        """
        if self.limits.deadline is not None:
            request = api.create_blob_read_stream.request(self.name, digest)
            self.limits.check(request.method, request.url)


def _repeated_by_caller(context: CallContext) -> CallContext:
    return context._replace(repeated_by_caller=True)
