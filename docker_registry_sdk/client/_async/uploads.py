"""The client methods for single upload requests in API v2. To upload a whole blob with one call, use `blob_upload`."""

from __future__ import annotations

from ..._core import blobs
from ..._core.wire import Deadline, Timeout
from ...digest import DigestLike, to_digest
from ...media_types import OCTET_STREAM
from ...v2 import api, models
from .base import AsyncRepositoryBase


class AsyncUploadCalls(AsyncRepositoryBase):
    """The client methods for upload sessions."""

    async def start_blob_upload(
        self, *, timeout: float | Timeout | None = None, deadline: Deadline | float | None = None
    ) -> blobs.UploadSession:
        """Open an upload session. The digest of the blob must be a sha256 digest; for other algorithms, use `blob_upload`.

        Args:
            timeout: Seconds or a `Timeout` for each step of a request; None uses the client's timeout.
            deadline: The seconds that the whole call may take, or a `Deadline`; None uses the client's deadline.

        Raises:
            ParseError: The response has no Location, or the registry answers 201 (blob created) instead of 202 and names no
                upload session, although no byte was uploaded.
            DeadlineExceededError: The deadline passed before the call was complete.

        Source: OCI Distribution Spec, Pushing Blobs (end-4a).
        """
        response = await api.start_blob_upload.asyncio(self._pipeline, self._name, timeout=timeout, deadline=deadline)
        return blobs.session_from_start(self._name, response)

    async def get_blob_upload_status(
        self, session: blobs.UploadSession, *, timeout: float | Timeout | None = None, deadline: Deadline | float | None = None
    ) -> blobs.UploadSession:
        """Request the status of an upload, and return the session for the next call.

        The returned session contains the number of bytes that the registry has received, and the URL of the next request.

        Args:
            session: The session that the previous call for this upload returned.
            timeout: Seconds or a `Timeout` for each step of a request; None uses the client's timeout.
            deadline: The seconds that the whole call may take, or a `Deadline`; None uses the client's deadline.

        Raises:
            NotFoundError: The session is closed, or `session` is not the newest one, so that its URL is no longer valid.
            DeadlineExceededError: The deadline passed before the call was complete.

        Source: OCI Distribution Spec, Pushing a blob in chunks (end-13).
        """
        response = await api.get_blob_upload_status.asyncio(
            self._pipeline, session.repo, session.location, timeout=timeout, deadline=deadline
        )
        return blobs.session_from_status(session, response)

    async def upload_blob_chunk(
        self,
        session: blobs.UploadSession,
        data: bytes,
        *,
        timeout: float | Timeout | None = None,
        deadline: Deadline | float | None = None,
    ) -> blobs.UploadSession:
        """Upload the next chunk of a blob, and return the session for the next call.

        Args:
            session: The session that the previous call for this upload returned.
            data: The chunk. If the chunk is empty, no request is sent, and `session` is returned.
            timeout: Seconds or a `Timeout` for each step of a request; None uses the client's timeout.
            deadline: The seconds that the whole call may take, or a `Deadline`; None uses the client's deadline.

        Raises:
            RangeNotSatisfiableError: The session's `offset` is not the number of bytes that the registry has received. Call
                `get_blob_upload_status`, and continue at the `offset` of the session that `get_blob_upload_status` returns. Or
                the chunk is too large for the registry, as the hint says then: send a smaller chunk.
            DeadlineExceededError: The deadline passed before the call was complete.

        Source: OCI Distribution Spec, Pushing a blob in chunks (end-5).
        """
        if not data:
            return session  # Content-Range cannot express an empty range
        last = session.offset + len(data) - 1
        response = await api.upload_blob_chunk.asyncio(
            self._pipeline,
            session.repo,
            session.location,
            data,
            content_range=f"{session.offset}-{last}",
            timeout=timeout,
            deadline=deadline,
        )
        return blobs.session_after_chunk(session, response, len(data))

    async def complete_blob_upload(
        self,
        session: blobs.UploadSession,
        digest: DigestLike,
        *,
        timeout: float | Timeout | None = None,
        deadline: Deadline | float | None = None,
    ) -> models.Descriptor:
        """Close an upload session that has received all bytes of the blob, and return the blob's descriptor.

        Args:
            session: The session that the previous call for this upload returned.
            digest: The digest of the whole blob: text, a `Digest`, or an object with a digest such as a descriptor.
            timeout: Seconds or a `Timeout` for each step of a request; None uses the client's timeout.
            deadline: The seconds that the whole call may take, or a `Deadline`; None uses the client's deadline.

        Raises:
            InvalidDigestError: The digest is malformed.
            BadRequestError: The uploaded bytes have another digest.
            DeadlineExceededError: The deadline passed before the call was complete.

        Source: OCI Distribution Spec, Pushing Blobs (end-6).
        """
        checked = to_digest(digest)
        await api.complete_blob_upload.asyncio(
            self._pipeline, session.repo, session.location, checked, timeout=timeout, deadline=deadline
        )
        self._pipeline.pushes.add(session.repo, checked)
        return models.Descriptor(media_type=OCTET_STREAM, digest=checked, size=session.offset)

    async def cancel_blob_upload(
        self, session: blobs.UploadSession, *, timeout: float | Timeout | None = None, deadline: Deadline | float | None = None
    ) -> None:
        """Cancel an upload session, so that the registry discards the uploaded bytes.

        Args:
            session: The session that the previous call for this upload returned.
            timeout: Seconds or a `Timeout` for each step of a request; None uses the client's timeout.
            deadline: The seconds that the whole call may take, or a `Deadline`; None uses the client's deadline.

        Raises:
            NotFoundError: The session was completed or cancelled before.
            MethodNotAllowedError: The registry does not support the cancellation of uploads.
            DeadlineExceededError: The deadline passed before the call was complete.

        Source: OCI Distribution Spec, Cancel a blob upload (end-14).
        """
        await api.cancel_blob_upload.asyncio(self._pipeline, session.repo, session.location, timeout=timeout, deadline=deadline)
