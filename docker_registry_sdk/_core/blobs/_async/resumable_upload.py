"""Upload of a blob through an upload session, resumed after failures."""

from __future__ import annotations

import logging
from collections.abc import Callable
from contextlib import suppress
from typing import Literal

from attrs import evolve

from ....digest import DEFAULT_ALGORITHM, Digest
from ....errors import DeadlineExceededError, NotFoundError, RegistryError, StatusError
from ....v2 import api
from ...concurrency.threads import async_complete_despite_cancel
from ...concurrency.waiting import async_sleep
from ...text.redaction import redact_url
from ...wire import AsyncRawBody
from ..progress import Phase, ProgressThrottle
from ..upload_recovery import UploadRecovery
from ..upload_requests import DEFAULT_CHUNK_BYTES, UploadRequest, chunk_length, next_request
from ..upload_session import (
    UploadOptions,
    UploadSession,
    received_bytes,
    session_after_chunk,
    session_from_start,
    session_from_status,
)
from .blob_repository import AsyncBlobRepository
from .cancel_upload import async_cancel_after_error, async_cancel_upload
from .upload_body import AsyncUploadBody
from .verified_source import AsyncVerifiedSource

_log = logging.getLogger("docker_registry_sdk._core.blobs")


class AsyncResumableUpload:
    """One upload of a blob through an upload session. When a request fails, the upload resumes, or starts over in a new session.

    Args:
        repository: The repository to upload to.
        source: The source of the blob's bytes.
        options: The options of the upload.
        content: All bytes of the blob, already verified, if the blob has at most 1 MiB; None to read the bytes from `source`.
    """

    def __init__(
        self,
        repository: AsyncBlobRepository,
        source: AsyncVerifiedSource,
        options: UploadOptions,
        content: bytes | None,
    ) -> None:
        self._repository = repository
        self._client = repository.transfer_client
        self._source = source
        self._digest = source.expected_digest
        self._options = options
        self._content = content
        self._session = options.session
        self._recovery = UploadRecovery(repository.limits, None if options.session is None else options.session.offset)
        # "current": the offset of the session is up to date. "unknown": the status must be requested first.
        # "unusable": another session must be opened.
        self._state: Literal["current", "unknown", "unusable"] = "current" if options.session is None else "unknown"
        self._sent_end = 0  # the offset after the last byte that may have been sent in a session that this upload has opened
        self._progress = ProgressThrottle(options.on_progress, self._digest)
        self._lost_locations: list[str] = []

    def use_session(self, session: UploadSession) -> None:
        """Use an upload session for the next requests, and call the session callback, if there is one, with that session.

        Args:
            session: The session, with the location and the offset that the registry stated last.
        """
        self._session = session
        self._source.release(session.offset)
        if self._options.on_session is not None:
            self._options.on_session(session)

    async def run(self) -> tuple[Digest, int]:
        """Send the bytes that the registry has not received, close the upload, and return the blob's digest and size in bytes.

        Raises:
            RegistryError: The registry does not accept the blob, or requests failed too often.
            DeadlineExceededError: The deadline passed.
        """
        while True:
            try:
                await self._ensure_session()
                return await self._send_rest()
            except RegistryError as error:
                failure = error
            source_error = self._source.error
            # An error of the source made the request fail, so raise that error, unless the deadline of the upload has passed: the
            # source can have a deadline of its own.
            if source_error is not None and (failure is source_error or not isinstance(failure, DeadlineExceededError)):
                raise source_error
            if (stored := await self._recover(failure)) is not None:
                return stored

    async def abort(self, error: BaseException) -> None:
        """Cancel the upload after an error, unless the options have a session callback.

        With a session callback, the session stays open on the registry, so that the caller can resume the upload.

        A note on the exception names each upload session that may stay open on the registry. The request that cancels the
        session may take 2 seconds even if the deadline has passed.

        Args:
            error: The exception that ended the upload.
        """
        for location in self._lost_locations:
            error.add_note(f"The upload session {location} can no longer be used. The registry may keep its bytes for some time.")
        if (session := self._session) is None:
            return
        if self._options.on_session is not None:
            error.add_note(
                f"The upload session stays open on the registry, which has received {session.offset} bytes. To resume the "
                "upload, pass session=... with the last session that the session callback received."
            )
            return
        await async_cancel_after_error(self._repository, session, error, was_interrupted=self._recovery.was_interrupted)

    async def _ensure_session(self) -> None:
        """Make sure that an upload session with a known offset is open, and hash all bytes that the registry has received.

        If no session is open, or the session is unusable, open a new session. If the offset is not known, request the status.
        """
        session = self._session
        if session is not None and self._state == "unknown":
            response = await api.get_blob_upload_status.asyncio(
                self._client, self._repository.name, session.location, **self._repository.options
            )
            size, current = self._source.size, session_from_status(session, response)
            if session is not self._options.session and current.offset > (sent := max(self._sent_end, self._source.yielded_end)):
                current = evolve(current, offset=sent)  # Gitea counts one byte too many
            # The range "0-0" means no byte or one byte. Where both are possible, start over if the source allows it: after an
            # interruption, and if the registry has lost bytes.
            is_ambiguous = received_bytes(response.range) == 1 and (
                session.offset > 1 or (self._recovery.was_interrupted and current.offset == 0)
            )
            if (is_ambiguous and self._source.can_replay(0)) or (size is not None and current.offset > size):
                self._state = "unusable"
            else:
                self._state = "current"
                self._recovery.status_received(current.offset)
                self.use_session(current)
        if session is not None and self._state == "unusable":
            self._check_replayable(0)
            await self._cancel_session(session)
        if self._session is None:
            await self._open_session()
        await self._hash_received()

    async def _open_session(self) -> None:
        algorithm = self._source.algorithm

        def keep(response: api.start_blob_upload.Success) -> None:
            session = session_from_start(self._repository.name, response)
            self._state, self._sent_end = "current", 0
            self._recovery.session_opened()
            self.use_session(session)

        # Complete the request even when the caller is cancelled: without the location, the session could not be cancelled.
        await async_complete_despite_cancel(
            lambda: api.start_blob_upload.asyncio(
                self._client,
                self._repository.name,
                digest_algorithm=None if algorithm == DEFAULT_ALGORITHM else algorithm,
                **self._repository.options,
            ),
            keep,
        )

    async def _cancel_session(self, session: UploadSession) -> None:
        """Cancel a session that cannot be used any more, with one request."""
        try:
            await async_cancel_upload(evolve(self._repository, client=self._client), session, self._repository.limits.deadline)
        except DeadlineExceededError:
            raise
        except NotFoundError:
            pass
        except RegistryError:
            self._note_lost(session)
        self._session = None

    async def _hash_received(self) -> None:
        """Read and hash the bytes that an earlier process has sent to the registry, since their hash is part of the digest."""
        assert self._session is not None
        received, hashed = self._session.offset, self._source.hashed
        if received > hashed:
            async for _ in self._source.blocks(hashed, received - hashed, self._report("check")):
                pass
            if self._source.hashed < received:
                raise RegistryError(
                    f"the registry has received {received} bytes in the upload session, but the source has only "
                    f"{self._source.hashed} bytes, so the session belongs to another blob",
                    hint="Pass the source that the session was started with, or upload the blob without a session.",
                )

    async def _send_rest(self) -> tuple[Digest, int]:
        """Send the bytes that the registry has not received, in one request or in chunks, and close the upload."""
        while True:
            assert self._session is not None
            offset = self._session.offset
            self._check_replayable(offset)
            size_is_unknown = self._source.size is None  # then read_ahead() keeps the whole chunk in memory
            chunk = chunk_length(self._options.chunk_size, self._session.chunk_min_length, is_buffered=size_is_unknown)
            if chunk is None and self._recovery.was_interrupted and self._source.size is None:
                # Bytes of the interrupted request may arrive late, and must not be stored between the bytes of this request.
                # Only a Content-Range header prevents that, and only chunks have one when the size is not known.
                chunk = DEFAULT_CHUNK_BYTES
            if chunk is not None:
                await self._source.read_ahead(offset, chunk)
            request = next_request(offset=offset, size=self._source.size, chunk=chunk, has_digest=self._digest is not None)
            if request.kind not in ("chunk", "stream"):
                return await self._close_session(self._session, request)
            await self._send_chunk(self._session, request)

    async def _send_chunk(self, session: UploadSession, request: UploadRequest) -> None:
        # When the source fails, end a body of unknown length properly: distribution 2.8 cannot cancel an upload that was cut.
        hide_failure = request.length is None
        self._sent_end = request.offset + (request.length or 0)
        has_range = self._recovery.send_content_range and (request.kind == "chunk" or request.offset > 0)
        response = await api.upload_blob_chunk.asyncio(
            self._client,
            self._repository.name,
            session.location,
            AsyncUploadBody(self._source, request.offset, request.length, self._report("upload"), hide_failure=hide_failure),
            content_length=request.length,
            content_range=request.content_range if has_range else None,
            **self._repository.options,
        )
        session = session_after_chunk(session, response, self._source.yielded_end - request.offset)
        self.use_session(session)
        self._recovery.chunk_accepted(session.offset)
        if self._source.error is not None:
            raise self._source.error

    async def _close_session(self, session: UploadSession, request: UploadRequest) -> tuple[Digest, int]:
        body: AsyncRawBody | None = None
        self._sent_end = request.offset + (request.length or 0)
        if request.kind == "whole" and request.offset == 0:
            body = self._content  # unlike an iterator, bytes can be sent a second time, for example after a redirect
        if request.kind == "whole" and body is None:
            body = AsyncUploadBody(self._source, request.offset, request.length, self._report("upload"))
        if body is None:
            await self._source.verify_end()
        digest = self._digest or await self._source.digest()
        await api.complete_blob_upload.asyncio(
            self._client,
            self._repository.name,
            session.location,
            digest,
            body=body,
            content_length=request.length if body is not None else None,
            content_range=request.content_range if self._recovery.send_content_range and request.offset else None,
            **self._repository.options,
        )
        self._session = None
        if self._content is None and not self._source.is_verified:
            raise RegistryError(
                f"the registry closed the upload to {self._repository.name} before it had received all bytes of the "
                f"blob {digest}",
                hint="Upload the blob again; if it happens again, ask the operator of the registry.",
            )
        size = self._source.size
        assert size is not None  # the source is verified, or its content is small
        self._report("upload")(size)
        return digest, size

    async def _recover(self, error: RegistryError) -> tuple[Digest, int] | None:
        """Prepare to resume the upload after an error, or raise the error if the upload must not resume.

        Returns:
            None if the upload can resume; digest and size of the blob if the registry turns out to have the whole blob.
        """
        session, recovery, can_replay = self._session, self._recovery, self._source.can_replay(0)
        step = recovery.next_step(
            error,
            offset=None if session is None else session.offset,
            was_status=self._state == "unknown",
            is_small=self._content is not None,
            can_replay=can_replay,
        )
        if step in ("replace", "reopen") and (stored := await self._find_stored()) is not None:
            return stored
        if step == "reopen" and session is not None:
            self._note_lost(session)
            self._session = None
        wait = None if step == "fail" else 0.0 if step == "reopen" else recovery.seconds_to_retry(error)
        if wait is None:
            recovery.add_notes(error, is_verified=self._source.is_verified, can_replay=can_replay)
            raise error
        if step in ("replace", "reopen"):
            self._check_replayable(0, error)
            recovery.starting_over()
        self._state = "unusable" if step == "replace" else "unknown"
        recovery.has_repeated = True
        _log.debug("upload to %s: %s; the upload resumes in %.2f s", self._repository.name, type(error).__name__, wait)
        await async_sleep(wait)
        return None

    async def _find_stored(self) -> tuple[Digest, int] | None:
        """Return digest and size of the blob if the repository has the blob; None if not, or if the digest is not known yet.

        The last request of the upload may have stored the blob although the response was lost.
        """
        digest = self._digest or (await self._source.digest() if self._source.is_verified else None)
        if digest is not None:
            with suppress(StatusError):
                size = await evolve(self._repository, client=self._client).stored_size(digest)
                if size is not None and self._source.size in (None, size):
                    self._session = None
                    return digest, size
        return None

    def _note_lost(self, session: UploadSession) -> None:
        self._lost_locations.append(location := redact_url(session.location))
        _log.warning("the upload session %s can no longer be used; the registry may keep its bytes for some time", location)

    def _check_replayable(self, offset: int, cause: RegistryError | None = None) -> None:
        if not self._source.can_replay(offset):
            raise RegistryError(
                f"the upload to {self._repository.name} was interrupted and should resume at byte {offset}, but the "
                "source cannot be read from that byte a second time",
                hint="Upload from a path, or in smaller chunks (chunk_size).",
            ) from cause

    def _report(self, phase: Phase) -> Callable[[int], None]:
        def report(done: int) -> None:
            if self._session is not None:  # the source may be slow, so check the deadline here
                self._repository.limits.check("PATCH", self._session.location)
            self._progress.report(phase, done, self._source.size)

        return report
