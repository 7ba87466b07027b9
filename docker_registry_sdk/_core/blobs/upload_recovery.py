"""The decision what an upload does after a failed request: resume, start over in a new session, or fail. Free of I/O."""

from __future__ import annotations

from typing import Final, Literal, TypeAlias

from ...errors import RegistryError, StatusError
from ..text.error_details import CHUNK_SIZE_HINT
from ..wire import CallLimits
from .retries import RequestFailures
from .upload_requests import CHECK_SESSION_STATUSES, SESSION_INTACT_STATUSES, may_resume

Step: TypeAlias = Literal["fail", "resume", "replace", "reopen"]
"""The next step after a failed request.

- `fail`: raise the error.
- `resume`: request the status of the session, and send the bytes that the registry has not received.
- `replace`: cancel the session, and start over in another one.
- `reopen`: start over in another session. The registry does not know the session any more.
"""

# A session that answers these twice in a row, without receiving a byte in between, never continues. After other errors of a
# server, such as 503, the session may still continue.
_DEAD_STATUSES: Final = frozenset({404, 416, 500})


class UploadRecovery:
    """The state of an upload that decides what the upload does after a failed request.

    A session that answers 404, 416 or 500 twice in a row is given up, and so is a session that answers several 5xx in a row, or
    any of these errors after its connection was interrupted, when the last repetition is due. The upload then starts over in
    another session. It does so once; only a session that was lost because a connection was interrupted does not count. In any
    case, the number of repetitions is limited by the retry policy: it counts from 0 again only when the registry has received
    more bytes than ever before.

    Args:
        limits: The limits of the call, with its deadline and the client's retry policy.
        offset: The number of bytes that the registry had received in the session of the caller; None without such a session.

    Attributes:
        was_interrupted: Whether a request of the session was interrupted, so that some bytes of that request may arrive late.
        send_content_range: Whether chunks are sent with a Content-Range header.
        has_repeated: Whether some bytes may have been read from the source a second time.
    """

    def __init__(self, limits: CallLimits, offset: int | None) -> None:
        self.was_interrupted = offset is not None
        self.send_content_range = True
        self.has_repeated = False
        self._limits = limits
        self._failures = RequestFailures(limits)
        self._refusals = 0  # consecutive errors by which the registry may have refused to continue the session
        self._lost_connection = self._has_renewed = False
        self._has_started_over = self._was_given_up = False
        self._most_received = offset or 0
        self._unsatisfiable_offset: int | None = None  # the offset of a chunk that the registry answered with 416

    def session_opened(self) -> None:
        """Note that the upload has opened another session."""
        self.was_interrupted = self._lost_connection = False
        self.send_content_range = True
        self._refusals = 0
        self._unsatisfiable_offset = None

    def status_received(self, offset: int) -> None:
        """Note the number of bytes that the registry reports in its response to the request for the session's status."""
        if self._unsatisfiable_offset == offset:
            self.send_content_range = False  # the registry answered 416 although the range was correct

    def chunk_accepted(self, offset: int) -> None:
        """Note that the registry has accepted a chunk, and has now received `offset` bytes."""
        self._refusals = 0
        self._has_renewed = False
        if offset > self._most_received:
            self._most_received = offset
            self._failures.reset()

    def next_step(self, error: RegistryError, *, offset: int | None, was_status: bool, is_small: bool, can_replay: bool) -> Step:
        """Return what to do after a failed request.

        Args:
            error: The exception of the request.
            offset: The number of bytes that the registry had received before the request; None if no session is open.
            was_status: Whether the request was the one for the session's status.
            is_small: Whether all bytes of the blob are in memory.
            can_replay: Whether the source can yield its bytes from the start.
        """
        status = error.status if isinstance(error, StatusError) else None
        was_resumed = was_status or self.was_interrupted or is_small
        if not may_resume(error, has_session=offset is not None, was_resumed=was_resumed, has_renewed=self._has_renewed):
            return "fail"
        self._has_renewed = self._has_renewed or status == 403
        if offset is None:
            return "resume"
        if was_status and status is not None and status < 500 and status not in SESSION_INTACT_STATUSES:
            return "reopen" if self._may_start_over else "fail"
        if status is not None and status < 500 and status not in CHECK_SESSION_STATUSES:
            return "replace" if self._may_start_over else "fail"
        if status in _DEAD_STATUSES or (status is not None and status >= 500):
            self._refusals += 1
            is_last = self._failures.count + 1 >= self._limits.retry.max_retries
            if (self._refusals > 1 and (status in _DEAD_STATUSES or is_last)) or (self._lost_connection and is_last):
                if isinstance(error, StatusError) and error._refuses_length:
                    return "fail"
                if can_replay and self._may_start_over:
                    return "replace"
        else:
            self._refusals = 0
        self.was_interrupted = self.was_interrupted or status is None or status >= 500 or status == 408
        self._lost_connection = self._lost_connection or status is None
        self._unsatisfiable_offset = offset if status == 416 else None
        return "resume"

    def starting_over(self) -> None:
        """Note that the upload starts over in another session, after `next_step` has returned `replace` or `reopen`."""
        self._has_started_over = True
        if not self._lost_connection:
            self._was_given_up = True
            self._most_received = 0

    def seconds_to_retry(self, error: RegistryError) -> float | None:
        """Count a failure, and return the seconds to wait before the next step; None if the error must be raised.

        Args:
            error: The exception of the failed request.
        """
        return self._failures.seconds_to_retry(error)

    def add_notes(self, error: RegistryError, *, is_verified: bool, can_replay: bool) -> None:
        """Add notes or another hint to the error that ends the upload, which say what to do.

        Args:
            error: The error.
            is_verified: Whether all bytes of the source were read, and had the expected digest.
            can_replay: Whether the source can yield its bytes from the start.
        """
        if isinstance(error, StatusError) and error._refuses_length:
            error._replace_hint(CHUNK_SIZE_HINT)
        elif self._refusals > 1 and not can_replay:
            error.add_note(
                "The registry does not continue the upload session, and the source cannot be read a second time to start over in "
                "another session: upload from bytes, a path or a seekable file."
            )
        if "DIGEST_INVALID" in getattr(error, "codes", ()) and self.has_repeated:
            error.add_note(
                "When the source was read first, its bytes had the expected digest. After an interruption, some bytes were read "
                "from the source a second time: the source may have changed in between."
            )
        elif "DIGEST_INVALID" in getattr(error, "codes", ()) and is_verified:
            error.add_note(
                "When the source was read, its bytes had the expected digest: it has changed, or the registry lost bytes."
            )
        if self._has_started_over:
            error.add_note("The upload had started over, since the registry did not continue an earlier session either.")

    @property
    def _may_start_over(self) -> bool:
        return self._lost_connection or not self._was_given_up
