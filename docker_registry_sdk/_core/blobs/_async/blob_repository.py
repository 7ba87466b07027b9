"""A repository for the functions of this folder: the client that sends the requests, the name, and the limits of a call."""

from __future__ import annotations

from attrs import frozen

from ....digest import Digest
from ....v2.api import head_blob
from ...wire import AsyncClient, Timeout


@frozen
class AsyncBlobRepository:
    """A repository to read blobs from or to upload blobs to.

    Attributes:
        client: The client that sends the requests.
        name: The name of the repository on the registry.
        timeout: The timeout of each request, in seconds or as an `httpx.Timeout`; None uses the client's timeout.
    """

    client: AsyncClient
    name: str
    timeout: Timeout | None = None

    async def stored_size(self, digest: Digest) -> int | None:
        """Return the size in bytes of a blob that the repository has, or None if the registry does not report it.

        Args:
            digest: The digest of the blob.

        Raises:
            NotFoundError: The blob does not exist.
        """
        response = await head_blob.asyncio(self.client, self.name, digest, timeout=self.timeout)
        return response.content_length
