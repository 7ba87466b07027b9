"""The calls of API v2 for uploads, step by step."""

from __future__ import annotations

from ..._core.blobs.session import UploadSession, advanced, refreshed, started
from ..._core.wire import Timeout
from ...digest import Digest
from ...errors import ParseError
from ...v2.api import cancel_blob_upload, complete_blob_upload, get_blob_upload_status, start_blob_upload, upload_blob_chunk
from ...v2.models import Descriptor
from .base import AsyncClientBase

_OCTETS = "application/octet-stream"


class AsyncUploadCalls(AsyncClientBase):
    """Uploads."""

    async def start_blob_upload(self, *, timeout: Timeout | None = None) -> UploadSession:
        """Open an upload session, for a blob whose digest will be of sha256.

        Args:
            timeout: Seconds or an `httpx.Timeout` for this call.

        Raises:
            ParseError: The registry answers as if the blob were there.

        Source: OCI Distribution Spec, Pushing Blobs (end-4a).
        """
        answer = await start_blob_upload.asyncio(self._pipeline, self._name, timeout=timeout)
        if isinstance(answer, start_blob_upload.StartBlobUploadCreated):
            raise ParseError(model="StartBlobUploadAccepted", field="", problem="should be 202: nothing was uploaded yet")
        return started(self._name, answer)

    async def get_blob_upload_status(self, session: UploadSession, *, timeout: Timeout | None = None) -> UploadSession:
        """Ask how much of an upload has arrived, and where it goes on.

        Args:
            session: The session.
            timeout: Seconds or an `httpx.Timeout` for this call.

        Raises:
            NotFoundError: The session is closed, or its location is not the newest.

        Source: OCI Distribution Spec, Pushing a blob in chunks (end-13).
        """
        answer = await get_blob_upload_status.asyncio(self._pipeline, session.repo, session.location, timeout=timeout)
        return refreshed(session, answer)

    async def upload_blob_chunk(self, session: UploadSession, data: bytes, *, timeout: Timeout | None = None) -> UploadSession:
        """Upload the next chunk of a blob.

        Args:
            session: The session as the last call returned it.
            data: The chunk.
            timeout: Seconds or an `httpx.Timeout` for this call.

        Raises:
            RangeNotSatisfiableError: The chunk does not begin where the last one ended: ask the status, and go on from there.

        Source: OCI Distribution Spec, Pushing a blob in chunks (end-5).
        """
        if not data:
            return session  # there is no Content-Range for nothing
        last = session.offset + len(data) - 1
        answer = await upload_blob_chunk.asyncio(
            self._pipeline, session.repo, session.location, data, content_range=f"{session.offset}-{last}", timeout=timeout
        )
        return advanced(session, answer, len(data))

    async def complete_blob_upload(self, session: UploadSession, digest: str, *, timeout: Timeout | None = None) -> Descriptor:
        """Close an upload whose bytes have all been sent.

        Args:
            session: The session as the last call returned it.
            digest: The digest of the whole blob.
            timeout: Seconds or an `httpx.Timeout` for this call.

        Raises:
            BadRequestError: The digest is not that of the bytes.

        Source: OCI Distribution Spec, Pushing Blobs (end-6).
        """
        wanted = Digest(digest)
        await complete_blob_upload.asyncio(self._pipeline, session.repo, session.location, wanted, timeout=timeout)
        return Descriptor(media_type=_OCTETS, digest=wanted, size=session.offset)

    async def cancel_blob_upload(self, session: UploadSession, *, timeout: Timeout | None = None) -> None:
        """Close an upload and drop what has arrived.

        Args:
            session: The session.
            timeout: Seconds or an `httpx.Timeout` for this call.

        Raises:
            NotFoundError: It is closed already.
            MethodNotAllowedError: The registry does not offer this.

        Source: OCI Distribution Spec, Cancel a blob upload (end-14).
        """
        await cancel_blob_upload.asyncio(self._pipeline, session.repo, session.location, timeout=timeout)
