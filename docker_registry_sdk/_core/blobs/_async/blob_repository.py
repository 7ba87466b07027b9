"""A repository for the functions of this folder: the client that sends the requests, the name, and the limits of a call."""

from __future__ import annotations

from typing import Self, TypedDict

from attrs import Factory, evolve, frozen

from ....digest import Digest
from ....v2.api import create_blob_read_stream, head_blob
from ...wire import AsyncClient, AsyncContextSender, CallContext, CallLimits, Deadline, Timeout, call_limits, sender_of


class RequestOptions(TypedDict):
    """The options of a generated function that bound its request.

    Attributes:
        timeout: The timeout of each step of the request; None uses the client's timeout.
        deadline: The deadline of the call, or None.
    """

    timeout: Timeout | None
    deadline: Deadline | None


@frozen
class AsyncBlobRepository:
    """A repository to read blobs from or to upload blobs to.

    Attributes:
        client: The client that sends the requests.
        name: The name of the repository on the registry.
        limits: The limits of the call; by default those of the client's options, for a call that begins now.
    """

    client: AsyncClient
    name: str
    limits: CallLimits = Factory(lambda self: call_limits(self.client), takes_self=True)

    @property
    def options(self) -> RequestOptions:
        """The options for a generated function."""
        return {"timeout": self.limits.timeout, "deadline": self.limits.deadline}

    @property
    def transfer_client(self) -> AsyncClient:
        """The client for requests that a transfer repeats itself, so that the transport must not repeat them, too."""
        return AsyncContextSender(sender_of(self.client), _repeated_by_caller)

    def for_new_call(self, deadline: Deadline | float | None) -> Self:
        """Return the same repository with the limits of a call that begins now.

        Args:
            deadline: The deadline of the call, or the seconds until it; None for that of the client's options.
        """
        return evolve(self, limits=call_limits(self.client, self.limits.timeout, deadline))

    async def stored_size(self, digest: Digest) -> int | None:
        """Return the size in bytes of a blob that the repository has, or None if the registry does not report it.

        Args:
            digest: The digest of the blob.

        Raises:
            NotFoundError: The blob does not exist.
        """
        response = await head_blob.asyncio(self.client, self.name, digest, **self.options)
        return response.content_length

    def check_deadline(self, digest: Digest) -> None:
        """Check the deadline between two parts of local work, such as hashing a file.

        Args:
            digest: The digest of the blob that the work is for.

        Raises:
            DeadlineExceededError: The deadline has passed.
        """
        if self.limits.deadline is not None:
            request = create_blob_read_stream.request(self.name, digest)
            self.limits.check(request.method, request.url)


def _repeated_by_caller(context: CallContext) -> CallContext:
    return evolve(context, repeated_by_caller=True)
