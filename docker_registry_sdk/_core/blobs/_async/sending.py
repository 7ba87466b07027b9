"""Sending a blob by an upload session, and going on after failures."""

from __future__ import annotations

import logging
from collections.abc import Callable
from contextlib import suppress
from typing import Literal

from attrs import evolve

from ....digest import DEFAULT_ALGORITHM, Digest
from ....errors import NotFoundError, RegistryError, StatusError
from ....v2.api import (
    cancel_blob_upload,
    complete_blob_upload,
    get_blob_upload_status,
    head_blob,
    start_blob_upload,
    upload_blob_chunk,
)
from ...concurrency.threads import async_complete_despite_cancel, async_shielded
from ...concurrency.waiting import async_sleep
from ...text.redaction import one_line, redact_url
from ...transport.retries import RetryLimits
from ...wire import AsyncClient, AsyncRawBody
from ..progress import Phase, Steps
from ..session import UploadSession, advanced, arrived_bytes, refreshed, started
from ..upload_options import UploadOptions
from ..upload_plan import ASKING, CHUNK, PASSING, Patience, Step, chunk_length, may_go_on, next_step
from .feeding import AsyncFeed

_log = logging.getLogger("docker_registry_sdk._core.blobs")


class AsyncSending:
    """An upload on its way.

    Args:
        client: What sends the requests.
        repo: The repository's name.
        feed: The blob.
        wanted: Its digest, or None to compute it.
        options: What the caller says of it.
        limits: How often and how long to go on.
        small: All of it, when that is little.
    """

    def __init__(
        self,
        client: AsyncClient,
        repo: str,
        feed: AsyncFeed,
        wanted: Digest | None,
        options: UploadOptions,
        limits: RetryLimits,
        small: bytes | None,
    ) -> None:
        self._client = client
        self._repo = repo
        self._feed = feed
        self._wanted = wanted
        self._options = options
        self._small = small
        self._patience = Patience(limits)
        self._session = options.session
        # What is known of the session: all there is to know, or not how far it is, or that it is of no more use.
        self._state: Literal["known", "stale", "spoiled"] = "known" if options.session is None else "stale"
        # Whether a request has broken off, and so nobody knows what of it has arrived.
        self._broken = options.session is not None
        self._refused: int | None = None  # where a chunk began that was answered with 416
        self._ranged = True
        self._mended = False
        self._steps = Steps(options.on_progress, wanted)
        self._lost: list[str] = []

    def take(self, session: UploadSession) -> None:
        """Go on with a session, and let the caller know it.

        Args:
            session: The newest state of it.
        """
        self._session = session
        self._patience.arrived(session.offset)
        self._feed.release(session.offset)
        if self._options.on_session is not None:
            self._options.on_session(session)

    async def run(self) -> tuple[Digest, int]:
        """Send what is not there yet, close the upload, and return digest and size of the blob.

        Raises:
            RegistryError: The registry does not take it, or it failed too often without getting further.
        """
        while True:
            try:
                await self._open()
                return await self._finish()
            except RegistryError as error:
                failure = error
            if self._feed.error is not None:
                raise self._feed.error  # the failure comes from it, and is no cause of it
            if (found := await self._mend(failure)) is not None:
                return found

    async def give_up(self, error: BaseException) -> None:
        """Cancel the upload, unless the caller has taken it over; what stays open is noted in the failure.

        Args:
            error: What ended it.
        """
        for location in self._lost:
            error.add_note(f"{location} was lost on the way: what the registry holds of it stays there until it cleans up.")
        session = self._session
        if session is None:
            return
        if self._options.on_session is not None:
            error.add_note(f"The upload stays open on the registry, with {session.offset} bytes: go on by session=….")
            return
        reason = ""
        async with async_shielded():
            try:
                await self._cancel(session)
            except NotFoundError:
                # It is closed, as after a wrong digest; or it broke off on Docker distribution 2.8, which finds it no more.
                if self._broken or not isinstance(error, StatusError):
                    reason = "the registry does not find it to cancel it"
            except Exception as failure:
                reason = f"cancelling it failed: {one_line(str(failure))}"
        if reason:
            error.add_note(f"The upload {redact_url(session.location)} may stay open until the registry cleans up: {reason}.")

    async def _open(self) -> None:
        """Have a session of which is known how far it is."""
        session = self._session
        if session is not None and self._state == "stale":
            answer = await get_blob_upload_status.asyncio(
                self._client, self._repo, session.location, timeout=self._options.timeout
            )
            size, now = self._feed.size, refreshed(session, answer)
            # A byte in the wrong place would spoil it all, and an empty session looks like one with a byte.
            vague = self._broken and arrived_bytes(answer.range) == 1 and now.offset == 0
            if (vague and self._feed.reaches(0)) or (size is not None and now.offset > size):
                self._state = "spoiled"
            else:
                self._state = "known"
                self._ranged = self._ranged and self._refused != now.offset  # the range was right, and not wanted
                self.take(now)
        if session is not None and self._state == "spoiled":
            self._check_reach(0)
            with suppress(StatusError):
                await self._cancel(session)
            self._session = None
        if self._session is None:
            await self._start()
        await self._catch_up()

    async def _start(self) -> None:
        algorithm = self._feed.algorithm

        def keep(answer: start_blob_upload.StartBlobUploadAccepted | start_blob_upload.StartBlobUploadCreated) -> None:
            if isinstance(answer, start_blob_upload.StartBlobUploadCreated):
                raise RegistryError(
                    f"the registry answered 201 to the start of an upload to {self._repo}, which holds no blob yet"
                )
            self._state, self._broken = "known", False
            self.take(started(self._repo, answer))

        await async_complete_despite_cancel(  # a session that nobody has heard of could not be cancelled
            lambda: start_blob_upload.asyncio(
                self._client,
                self._repo,
                digest_algorithm=None if algorithm == DEFAULT_ALGORITHM else algorithm,
                timeout=self._options.timeout,
            ),
            keep,
        )

    async def _cancel(self, session: UploadSession) -> None:
        await cancel_blob_upload.asyncio(self._client, self._repo, session.location, timeout=self._options.timeout)

    async def _catch_up(self) -> None:
        """Hash what another process has sent."""
        assert self._session is not None
        arrived, hashed = self._session.offset, self._feed.hashed
        if arrived > hashed:
            async for _ in self._feed.blocks(hashed, arrived - hashed, self._tell("check")):
                pass
            if self._feed.hashed < arrived:
                raise RegistryError(
                    f"the upload has {arrived} bytes on the registry, and the source {self._feed.hashed}: it is another blob's"
                )

    async def _finish(self) -> tuple[Digest, int]:
        """Send the rest, step by step."""
        while True:
            assert self._session is not None
            offset = self._session.offset
            self._check_reach(offset)
            chunk = chunk_length(self._options.chunk_size, self._session.chunk_min_length)
            if chunk is None and self._broken and self._feed.size is None:
                chunk = CHUNK  # what is still on its way from before must not end up under it: only a range can tell
            if chunk is not None:
                await self._feed.hold(offset, chunk)
            step = next_step(offset=offset, size=self._feed.size, chunk=chunk, named=self._wanted is not None)
            if step.kind in ("chunk", "stream"):
                await self._append(self._session, step)
            else:
                return await self._close(self._session, step)

    async def _append(self, session: UploadSession, step: Step) -> None:
        # A source that fails ends a body without a length in good order, so that the upload can still be cancelled on
        # Docker distribution 2.8.
        answer = await upload_blob_chunk.asyncio(
            self._client,
            self._repo,
            session.location,
            self._feed.blocks(step.offset, step.length, self._tell("upload"), soft=step.length is None),
            content_length=step.length,
            content_range=step.content_range if self._ranged and (step.kind == "chunk" or step.offset) else None,
            timeout=self._options.timeout,
        )
        end = self._feed.given
        now = advanced(session, answer, end - step.offset)
        # What a registry says that makes no sense, as that nothing has arrived, does not count: it took the chunk.
        self.take(now if step.offset < now.offset < end and now.offset > 1 else evolve(now, offset=end))
        if self._feed.error is not None:
            raise self._feed.error

    async def _close(self, session: UploadSession, step: Step) -> tuple[Digest, int]:
        body: AsyncRawBody | None = None
        if step.kind == "whole" and step.offset == 0:
            body = self._small  # bytes can be sent again, as after a redirect
        if step.kind == "whole" and body is None:
            body = self._feed.blocks(step.offset, step.length, self._tell("upload"))
        if body is None:
            await self._feed.check_end()
        digest = self._wanted or await self._feed.digest()
        await complete_blob_upload.asyncio(
            self._client,
            self._repo,
            session.location,
            digest,
            body=body,
            content_length=step.length if body is not None else None,
            content_range=step.content_range if self._ranged and step.offset else None,
            timeout=self._options.timeout,
        )
        self._session = None
        if self._small is None and not self._feed.ended:
            raise RegistryError(f"the registry closed the upload to {self._repo} before it had all of {digest}")
        size = self._feed.size
        assert size is not None  # the feed has ended, or is small
        self._tell("upload")(size)
        return digest, size

    async def _mend(self, error: RegistryError) -> tuple[Digest, int] | None:
        """Make it possible to go on after a failure, or raise it; return what turns out to be done."""
        begun, asked = self._session is not None, self._state == "stale"
        status = error.status if isinstance(error, StatusError) else None
        if self._mended and isinstance(error, StatusError) and "DIGEST_INVALID" in error.codes:
            error.add_note("What was read first had this digest; some was sent again after a drop, and perhaps has changed.")
        if not may_go_on(error, begun=begun, again=asked or self._broken or self._small is not None):
            raise error
        if self._session is not None:
            if asked and status is not None and status < 500 and status not in PASSING:
                if (found := await self._found()) is not None:
                    return found
                self._lose(self._session, error)
            elif status is not None and status < 500 and status not in ASKING:
                self._state = "spoiled"
            else:
                self._state = "stale"
                self._broken = self._broken or status is None or status >= 500 or status == 408
                self._refused = self._session.offset if status == 416 else None
        wait = self._patience.wait_after(error)
        if wait is None:
            if "DIGEST_INVALID" in getattr(error, "codes", ()) and self._feed.ended:
                error.add_note(
                    "The bytes were checked when they were read first: the source has changed since, or some were lost."
                )
            raise error
        self._mended = True
        _log.debug("upload to %s: %s; again in %.2f s", self._repo, type(error).__name__, wait)
        await async_sleep(wait)
        return None

    async def _found(self) -> tuple[Digest, int] | None:
        """Return the blob when it is there: the answer to the closing request may have been lost."""
        digest = self._wanted or (await self._feed.digest() if self._feed.ended else None)
        if digest is not None:
            with suppress(NotFoundError):
                there = await head_blob.asyncio(self._client, self._repo, digest, timeout=self._options.timeout)
                if there.content_length is not None and self._feed.size in (None, there.content_length):
                    self._session = None
                    return digest, there.content_length
        return None

    def _lose(self, session: UploadSession, error: RegistryError) -> None:
        location = redact_url(session.location)
        self._lost.append(location)
        self._session = None
        _log.warning("the registry has lost the upload %s, or what it holds of it stays until it cleans up", location)
        self._check_reach(0, error)

    def _check_reach(self, offset: int, cause: RegistryError | None = None) -> None:
        if not self._feed.reaches(offset):
            raise RegistryError(
                f"the upload to {self._repo} broke off, and would have to go on from byte {offset} of a source that cannot be"
                " read again from there: upload from a path, or in smaller chunks (chunk_size)"
            ) from cause

    def _tell(self, phase: Phase) -> Callable[[int], None]:
        return lambda done: self._steps.tell(phase, done, self._feed.size)
