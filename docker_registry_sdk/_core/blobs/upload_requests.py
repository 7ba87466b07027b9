"""The requests of an upload: the choice of the next request, and whether an upload can resume after an error. Free of I/O."""

from __future__ import annotations

from typing import Final, Literal

from attrs import frozen

from ...errors import (
    ForbiddenError,
    MethodNotAllowedError,
    NotFoundError,
    RegistryError,
    StatusError,
    TransportError,
    UnauthorizedError,
)
from .retries import is_transient

DEFAULT_CHUNK_BYTES: Final = 8 * 1024 * 1024
"""The length of a chunk if the registry requires chunks and the caller passes no chunk size.

If a source can be read only once, this is also the number of its bytes to keep in memory.
"""

MAX_BUFFERED_BYTES: Final = 64 * 1024 * 1024
"""The longest chunk that a registry can require of a source of unknown size: such a chunk is kept in memory before it is sent.

Registries that store chunks in object storage require 5 MiB or a little more.
"""

HEAD_REFUSED: Final = (UnauthorizedError, ForbiddenError, MethodNotAllowedError)
"""Errors of a HEAD request after which a GET request, or a push, is to be tried: some registries refuse only HEAD."""

ABSENT_BEFORE_PUSH: Final = (NotFoundError, *HEAD_REFUSED)
"""Errors of a request for a manifest or blob that mean, before a push, that the push is to be tried.

Docker Hub and Pulp answer 401 or 403 for repositories that do not exist yet, others refuse HEAD. If access is really denied, the
push fails with the same error.
"""

SESSION_INTACT_STATUSES: Final = frozenset({401, 403, 408, 413, 429})
"""Error statuses below 500 that do not mean that a session is lost, if they answer the request for the session's status."""

CHECK_SESSION_STATUSES: Final = SESSION_INTACT_STATUSES | {404, 416}
"""Error statuses below 500 after which a session may still be usable, so that the session's status is requested.

After other error statuses below 500, the upload starts over in a new session.
"""


@frozen(kw_only=True)
class UploadRequest:
    """The next request of an upload.

    Attributes:
        kind: `chunk` is a PATCH with some of the bytes, `stream` a PATCH with all remaining bytes, `whole` a PUT with all
            remaining bytes, `close` a PUT without bytes.
        offset: The offset in the blob of the first byte to send.
        length: The maximum number of bytes; None when it is not known.
    """

    kind: Literal["chunk", "stream", "whole", "close"]
    offset: int
    length: int | None

    @property
    def content_range(self) -> str | None:
        """Return the value of the Content-Range header, or None if the number of bytes is 0 or not known."""
        return None if not self.length else f"{self.offset}-{self.offset + self.length - 1}"


def next_request(*, offset: int, size: int | None, chunk: int | None, has_digest: bool) -> UploadRequest:
    """Return the next request of an upload.

    Args:
        offset: The number of bytes that the registry has received.
        size: The size of the blob in bytes, or None when it is not known.
        chunk: The length of a chunk in bytes, or None to send all remaining bytes in one request.
        has_digest: Whether the digest of the blob is known before its bytes are sent. Only then can one PUT, whose URL contains
            the digest, send the bytes and close the upload.
    """
    left = None if size is None else size - offset
    if left == 0:
        return UploadRequest(kind="close", offset=offset, length=0)
    if chunk is not None:
        return UploadRequest(kind="chunk", offset=offset, length=chunk if left is None else min(chunk, left))
    return UploadRequest(kind="whole" if has_digest else "stream", offset=offset, length=left)


def chunk_length(requested: int | None, minimum: int | None, *, is_buffered: bool) -> int | None:
    """Return the length of chunks in bytes, or None if all bytes are sent in one request.

    Args:
        requested: The length that the caller requests; None if the caller does not request chunks.
        minimum: The minimum length that the registry requires; None if the registry requires none. If only `minimum` is given,
            the length is 8 MiB, or `minimum` if that is more.
        is_buffered: Whether a chunk is kept in memory before it is sent. Then a minimum of more than 64 MiB counts as 64 MiB.
    """
    if requested is None and not minimum:
        return None
    allowed = min(minimum or 0, MAX_BUFFERED_BYTES) if is_buffered else minimum or 0
    return max(DEFAULT_CHUNK_BYTES if requested is None else requested, allowed)


def may_resume(error: RegistryError, *, has_session: bool, was_resumed: bool, has_renewed: bool = False) -> bool:
    """Return whether an upload may resume, or start over in a new session, after a failed request.

    Args:
        error: The exception of the failed request.
        has_session: Whether an upload session is open.
        was_resumed: Whether the failed request resumed an interrupted upload. Some registries answer such a request with an
            error, but accept the blob in a new session.
        has_renewed: Whether the upload was resumed before because a token or password had ended; False by default. After a
            403, that is done once.
    """
    if isinstance(error, TransportError):
        return is_transient(error)
    if not isinstance(error, StatusError) or error.status < 400:
        return False
    if error.status >= 500:
        return error.status not in (501, 505, 507)
    if error.status in (408, 429):
        return True
    if error.status == 403:
        return has_session and error._login_has_ended and not has_renewed
    return has_session and error.status != 413 and (was_resumed or error.status in (401, 404, 416))
