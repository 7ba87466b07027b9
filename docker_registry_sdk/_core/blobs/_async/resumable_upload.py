"""Upload of a blob through an upload session, resumed after failures."""

from __future__ import annotations

import logging
from collections.abc import Callable
from contextlib import suppress
from typing import Final, Literal

from attrs import evolve

from ....digest import DEFAULT_ALGORITHM, Digest
from ....errors import DeadlineExceededError, NotFoundError, RegistryError, StatusError
from ....v2.api import (
    cancel_blob_upload,
    complete_blob_upload,
    get_blob_upload_status,
    start_blob_upload,
    upload_blob_chunk,
)
from ...concurrency.threads import async_complete_despite_cancel, async_shielded
from ...concurrency.waiting import async_sleep
from ...text.redaction import one_line, redact_url
from ...wire import AsyncRawBody, Deadline
from ..progress import Phase, ProgressThrottle
from ..retries import RequestFailures
from ..upload_requests import (
    CHECK_SESSION_STATUSES,
    DEFAULT_CHUNK_BYTES,
    SESSION_INTACT_STATUSES,
    UploadRequest,
    chunk_length,
    may_resume,
    next_request,
)
from ..upload_session import (
    UploadOptions,
    UploadSession,
    received_bytes,
    session_after_chunk,
    session_from_start,
    session_from_status,
)
from .blob_repository import AsyncBlobRepository
from .verified_source import AsyncVerifiedSource

MIN_CANCEL_SECONDS: Final = 2.0

_log = logging.getLogger("docker_registry_sdk._core.blobs")


class AsyncResumableUpload:
    """One upload through an upload session. When a request fails, the upload resumes, or starts over in a new session.

    Args:
        repository: The repository.
        source: The bytes of the blob.
        options: The options of the upload.
        content: All bytes of the blob if it is small, else None.
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
        self._failures = RequestFailures(repository.limits)
        self._session = options.session
        # "current": the offset of the session is right. "unknown": request the status. "unusable": open another session.
        self._state: Literal["current", "unknown", "unusable"] = "current" if options.session is None else "unknown"
        # Whether a request was interrupted, so that some of its bytes may arrive late.
        self._was_interrupted = options.session is not None
        self._unsatisfiable_offset: int | None = None  # the offset of a chunk that the registry answered with 416
        self._send_content_range = True
        self._has_retried = False
        self._progress = ProgressThrottle(options.on_progress, self._digest)
        self._lost_locations: list[str] = []

    def use_session(self, session: UploadSession) -> None:
        """Continue with a session, and pass it to the session callback.

        Args:
            session: The session in its newest state.
        """
        self._session = session
        self._source.release(session.offset)
        if self._options.on_session is not None:
            self._options.on_session(session)

    async def run(self) -> tuple[Digest, int]:
        """Send the bytes that the registry has not received, close the upload, and return digest and size of the blob.

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
            # The deadline of the upload comes first, but a source can have its own deadline, as a blob of another client has.
            if source_error is not None and (failure is source_error or not isinstance(failure, DeadlineExceededError)):
                raise source_error  # which made the request fail
            if (stored := await self._recover(failure)) is not None:
                return stored

    async def abort(self, error: BaseException) -> None:
        """Cancel the upload, unless the caller has a session callback. Add notes to the exception about uploads that stay open.

        The request that cancels the upload may take 2 seconds even when the deadline has passed.

        Args:
            error: The exception that ended the upload.
        """
        for location in self._lost_locations:
            error.add_note(f"The upload {location} was lost: the registry keeps its bytes until it cleans up.")
        session = self._session
        if session is None:
            return
        if self._options.on_session is not None:
            error.add_note(f"The upload stays open on the registry, with {session.offset} bytes: pass session=... to resume it.")
            return
        reason = ""
        async with async_shielded():
            try:
                deadline = self._repository.limits.deadline
                if deadline is not None and deadline.remaining < MIN_CANCEL_SECONDS:
                    deadline = Deadline.after(MIN_CANCEL_SECONDS)
                await self._cancel(session, deadline)
            except NotFoundError:
                # The session is closed, as after a wrong digest; but Docker distribution 2.8 also answers 404 for a session
                # whose request was interrupted.
                if self._was_interrupted or not isinstance(error, StatusError):
                    reason = "the registry answered 404 when it was cancelled"
            except Exception as failure:
                reason = f"cancelling it failed: {one_line(str(failure))}"
        if reason:
            error.add_note(f"The upload {redact_url(session.location)} may stay open until the registry cleans up: {reason}.")

    async def _ensure_session(self) -> None:
        """Open a session, or find out how much of the known one has arrived; then hash the bytes that have arrived."""
        session = self._session
        if session is not None and self._state == "unknown":
            response = await get_blob_upload_status.asyncio(
                self._client, self._repository.name, session.location, **self._repository.options
            )
            size, current = self._source.size, session_from_status(session, response)
            # "0-0" stands for no byte or for one byte. After an interruption, both are possible: start over if possible.
            is_ambiguous = self._was_interrupted and received_bytes(response.range) == 1 and current.offset == 0
            if (is_ambiguous and self._source.can_replay(0)) or (size is not None and current.offset > size):
                self._state = "unusable"
            else:
                self._state = "current"
                if self._unsatisfiable_offset == current.offset:
                    self._send_content_range = False  # the registry answered 416 to the right range
                self.use_session(current)
        if session is not None and self._state == "unusable":
            self._check_replayable(0)
            with suppress(StatusError):
                await self._cancel(session, self._repository.limits.deadline)
            self._session = None
        if self._session is None:
            await self._open_session()
        await self._hash_received()

    async def _open_session(self) -> None:
        algorithm = self._source.algorithm

        def keep(response: start_blob_upload.StartBlobUploadAccepted | start_blob_upload.StartBlobUploadCreated) -> None:
            if isinstance(response, start_blob_upload.StartBlobUploadCreated):
                raise RegistryError(
                    f"the registry answered 201 when an upload to {self._repository.name} was opened, before any byte was sent"
                )
            self._state, self._was_interrupted = "current", False
            self.use_session(session_from_start(self._repository.name, response))

        await async_complete_despite_cancel(  # a session whose location is not known could not be cancelled
            lambda: start_blob_upload.asyncio(
                self._client,
                self._repository.name,
                digest_algorithm=None if algorithm == DEFAULT_ALGORITHM else algorithm,
                **self._repository.options,
            ),
            keep,
        )

    async def _cancel(self, session: UploadSession, deadline: Deadline | None) -> None:
        repository = self._repository
        await cancel_blob_upload.asyncio(
            repository.client, repository.name, session.location, timeout=repository.limits.timeout, deadline=deadline
        )

    async def _hash_received(self) -> None:
        """Hash the bytes that another process has sent."""
        assert self._session is not None
        received, hashed = self._session.offset, self._source.hashed
        if received > hashed:
            async for _ in self._source.blocks(hashed, received - hashed, self._report("check")):
                pass
            if self._source.hashed < received:
                raise RegistryError(
                    f"the registry has received {received} bytes of the upload, but the source has only {self._source.hashed}: "
                    "the session is of another blob"
                )

    async def _send_rest(self) -> tuple[Digest, int]:
        """Send the bytes that the registry has not received, in one request or in chunks, and close the upload."""
        while True:
            assert self._session is not None
            offset = self._session.offset
            self._check_replayable(offset)
            chunk = chunk_length(self._options.chunk_size, self._session.chunk_min_length)
            if chunk is None and self._was_interrupted and self._source.size is None:
                # Late bytes of the interrupted request must not be stored in the middle: only a Content-Range prevents that.
                chunk = DEFAULT_CHUNK_BYTES
            if chunk is not None:
                await self._source.read_ahead(offset, chunk)
            request = next_request(offset=offset, size=self._source.size, chunk=chunk, has_digest=self._digest is not None)
            if request.kind in ("chunk", "stream"):
                await self._send_chunk(self._session, request)
            else:
                return await self._close_session(self._session, request)

    async def _send_chunk(self, session: UploadSession, request: UploadRequest) -> None:
        # When the source fails, a body without a length ends properly, so that Docker distribution 2.8 can cancel the upload.
        hide_failure = request.length is None
        has_range = self._send_content_range and (request.kind == "chunk" or request.offset > 0)
        response = await upload_blob_chunk.asyncio(
            self._client,
            self._repository.name,
            session.location,
            self._source.blocks(request.offset, request.length, self._report("upload"), hide_failure=hide_failure),
            content_length=request.length,
            content_range=request.content_range if has_range else None,
            **self._repository.options,
        )
        self._failures.reset()
        end = self._source.yielded_end
        current = session_after_chunk(session, response, end - request.offset)
        # Ignore a Range header that makes no sense, such as one that says no byte arrived: the registry accepted the chunk.
        is_plausible = request.offset < current.offset < end and current.offset > 1
        self.use_session(current if is_plausible else evolve(current, offset=end))
        if self._source.error is not None:
            raise self._source.error

    async def _close_session(self, session: UploadSession, request: UploadRequest) -> tuple[Digest, int]:
        body: AsyncRawBody | None = None
        if request.kind == "whole" and request.offset == 0:
            body = self._content  # bytes can be sent again, as after a redirect
        if request.kind == "whole" and body is None:
            body = self._source.blocks(request.offset, request.length, self._report("upload"))
        if body is None:
            await self._source.verify_end()
        digest = self._digest or await self._source.digest()
        await complete_blob_upload.asyncio(
            self._client,
            self._repository.name,
            session.location,
            digest,
            body=body,
            content_length=request.length if body is not None else None,
            content_range=request.content_range if self._send_content_range and request.offset else None,
            **self._repository.options,
        )
        self._session = None
        if self._content is None and not self._source.is_verified:
            raise RegistryError(
                f"the registry closed the upload to {self._repository.name} before it had received all of {digest}"
            )
        size = self._source.size
        assert size is not None  # the source is verified, or its content is small
        self._report("upload")(size)
        return digest, size

    async def _recover(self, error: RegistryError) -> tuple[Digest, int] | None:
        """Prepare to resume after a failure, or raise the failure; return digest and size if the blob is complete after all."""
        has_session, requested_status = self._session is not None, self._state == "unknown"
        status = error.status if isinstance(error, StatusError) else None
        if self._has_retried and isinstance(error, StatusError) and "DIGEST_INVALID" in error.codes:
            error.add_note(
                "The bytes had this digest when they were read first. Some were sent again after an interruption: the source may "
                "have changed."
            )
        was_resumed = requested_status or self._was_interrupted or self._content is not None
        if not may_resume(error, has_session=has_session, was_resumed=was_resumed):
            raise error
        if self._session is not None:
            if requested_status and status is not None and status < 500 and status not in SESSION_INTACT_STATUSES:
                if (stored := await self._find_stored()) is not None:
                    return stored
                self._lose_session(self._session, error)
            elif status is not None and status < 500 and status not in CHECK_SESSION_STATUSES:
                self._state = "unusable"
            else:
                self._state = "unknown"
                self._was_interrupted = self._was_interrupted or status is None or status >= 500 or status == 408
                self._unsatisfiable_offset = self._session.offset if status == 416 else None
        wait = self._failures.seconds_to_retry(error)
        if wait is None:
            if "DIGEST_INVALID" in getattr(error, "codes", ()) and self._source.is_verified:
                error.add_note(
                    "The bytes had this digest when they were read: the source has changed since, or the registry lost some."
                )
            raise error
        self._has_retried = True
        _log.debug("upload to %s: %s; again in %.2f s", self._repository.name, type(error).__name__, wait)
        await async_sleep(wait)
        return None

    async def _find_stored(self) -> tuple[Digest, int] | None:
        """Return digest and size of the blob if the repository has it: the response to the last request may have been lost."""
        digest = self._digest or (await self._source.digest() if self._source.is_verified else None)
        if digest is not None:
            with suppress(NotFoundError):
                size = await self._repository.stored_size(digest)
                if size is not None and self._source.size in (None, size):
                    self._session = None
                    return digest, size
        return None

    def _lose_session(self, session: UploadSession, error: RegistryError) -> None:
        location = redact_url(session.location)
        self._lost_locations.append(location)
        self._session = None
        _log.warning("the registry has lost the upload %s, or keeps its bytes until it cleans up", location)
        self._check_replayable(0, error)

    def _check_replayable(self, offset: int, cause: RegistryError | None = None) -> None:
        if not self._source.can_replay(offset):
            raise RegistryError(
                f"the upload to {self._repository.name} was interrupted, and would have to resume at byte {offset}, but the "
                "source cannot be read again from there: upload from a path, or in smaller chunks (chunk_size)"
            ) from cause

    def _report(self, phase: Phase) -> Callable[[int], None]:
        def report(done: int) -> None:
            if self._session is not None:  # the source may be slow
                self._repository.limits.check("PATCH", self._session.location)
            self._progress.report(phase, done, self._source.size)

        return report
