"""An upload session, which can be stored and resumed by another process, and the options of an upload."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any, Final, Self, TypeAlias
from urllib.parse import unquote, urlsplit

from attrs import field, frozen, validators

from ...digest import Digest
from ...errors import ParseError
from ...v2 import api
from .progress import OnProgress

_RANGE: Final = re.compile(r"(?:bytes=)?0-([0-9]{1,18})")


@frozen(kw_only=True)
class UploadSession:
    """An upload that is open on a registry. It can be stored, and resumed by another process.

    Attributes:
        repo: The name of the repository on the registry.
        location: The URL of the next request. Clients must not change it. It may be signed, so `repr` does not show it.
        offset: The number of bytes that the registry has received.
        chunk_min_length: The minimum length in bytes that the registry requires of every chunk except the last one; None if the
            registry states no minimum.
    """

    repo: str
    location: str = field(repr=False)
    offset: int = 0
    chunk_min_length: int | None = None

    def to_dict(self) -> dict[str, Any]:
        """Return the session as a dict that can be written as JSON. Treat the dict as a secret: the location may be signed."""
        return {
            "repo": self.repo,
            "location": self.location,
            "offset": self.offset,
            "chunk_min_length": self.chunk_min_length,
        }

    @classmethod
    def from_dict(cls, document: Mapping[str, Any]) -> Self:
        """Return a session from the dict that `to_dict` returned for that session.

        Args:
            document: The dict, which may have been stored as JSON in the meantime; unknown keys are ignored.

        Raises:
            ParseError: A key is missing, or its value has another type.
        """
        for name, kinds in _FIELD_TYPES.items():
            value = document.get(name)
            if not isinstance(value, kinds) or isinstance(value, bool) or (isinstance(value, int) and value < 0):
                raise ParseError(
                    model=cls.__name__,
                    field=name,
                    problem="is missing, or is not a value that UploadSession.to_dict() can have written",
                )
        fields: dict[str, Any] = {name: document.get(name) for name in _FIELD_TYPES}
        return cls(**fields)


OnSession: TypeAlias = Callable[[UploadSession], None]
"""A session callback. The thread or task that does the upload calls it with the new session after each request."""

_FIELD_TYPES: Final[Mapping[str, tuple[type, ...]]] = {
    "repo": (str,),
    "location": (str,),
    "offset": (int,),
    "chunk_min_length": (int, type(None)),
}


@frozen(kw_only=True)
class UploadOptions:
    """The options of one upload.

    Attributes:
        digest: The expected digest of the blob; None to accept any bytes and to compute their digest.
        size: The expected size of the blob in bytes; None if the size is not known.
        chunk_size: The length of a chunk in bytes; None to send all bytes in one request, unless the registry requires chunks.
        from_repo: The name of a repository that may have the blob, so that the registry can mount the blob from there; None to
            mount nothing.
        session: The session of an interrupted upload to resume; None for a new upload.
        on_session: The session callback, which receives each new state of the session. With a callback, the session of a failed
            upload stays open, so that the upload can be resumed; with None, the session is cancelled.
        on_progress: The progress callback; None for no callback.

    Raises:
        ValueError: The size is negative, or the chunk size is less than 1.
        TypeError: `from_repo` is given without `digest`.
    """

    digest: str | None = None
    size: int | None = field(default=None, validator=validators.optional(validators.ge(0)))
    chunk_size: int | None = field(default=None, validator=validators.optional(validators.ge(1)))
    from_repo: str | None = None
    session: UploadSession | None = None
    on_session: OnSession | None = None
    on_progress: OnProgress | None = None

    def __attrs_post_init__(self) -> None:
        if self.from_repo is not None and self.digest is None:
            raise TypeError("from_repo requires digest: a registry mounts a blob by its digest")


def session_from_start(repo: str, response: api.start_blob_upload.Success) -> UploadSession:
    """Return the session that a registry has opened, after a request that sent no byte and mounted no blob.

    The status should be 202. Other successes open a session, too: with the status 201, which means a stored blob otherwise, if
    the Location is a URL of an upload.

    Args:
        repo: The name of the repository.
        response: The response to the request that opened the session.

    Raises:
        ParseError: The response has no Location of an upload session.
    """
    if isinstance(response, api.start_blob_upload.StartBlobUploadAccepted):
        return UploadSession(repo=repo, location=response.location, chunk_min_length=response.oci_chunk_min_length)
    if response.location is None or "upload" not in _path_of(response.location).replace(f"/{repo}/", "/").lower():
        found = "is missing" if response.location is None else "does not name an upload session"
        raise ParseError(
            model="StartBlobUploadAccepted",
            field="Location",
            problem=f"{found}, and the status of the response is 201 instead of 202, although no byte was uploaded yet",
            hint="Ask the operator of the registry: the registry does not follow the specification of uploads.",
        )
    return UploadSession(repo=repo, location=response.location)


def session_unless_mounted(repo: str, response: api.start_blob_upload.Success, digest: Digest) -> UploadSession | None:
    """Return the session that a registry has opened instead of mounting a blob; None if the registry has mounted the blob.

    Args:
        repo: The name of the repository.
        response: The response to the request to mount the blob. The status 201 means that the blob is mounted, and 202 that a
            session is open; with any other status, the blob is mounted if the Location is the URL of the blob.
        digest: The digest of the blob.
    """
    if isinstance(response, api.start_blob_upload.StartBlobUploadCreated):
        return None
    if response.status != 202 and _path_of(response.location).endswith(f"/{digest}"):
        return None
    return session_from_start(repo, response)


def _path_of(location: str) -> str:
    try:
        return unquote(urlsplit(location).path)
    except ValueError:  # not a URL; a request to it raises
        return ""


def session_after_chunk(
    session: UploadSession, response: api.upload_blob_chunk.UploadBlobChunkCreated, sent: int
) -> UploadSession:
    """Return the session after a chunk was uploaded.

    Args:
        session: The session before the chunk.
        response: The response to the chunk.
        sent: The length of the chunk in bytes. The offset advances by this length, unless the Range header says that the
            registry has received a part of the chunk.
    """
    # The registry accepted the chunk. So ignore a missing or implausible Range header, such as one that says that no byte arrived
    # (`0-0`), that counts from the start of the chunk, or that states more bytes than were sent.
    end, received = session.offset + sent, received_bytes(response.range)
    is_plausible = received is not None and session.offset < received < end and received not in (1, sent)
    return UploadSession(
        repo=session.repo,
        location=response.location,
        offset=received if is_plausible and received is not None else end,
        chunk_min_length=response.oci_chunk_min_length or session.chunk_min_length,
    )


def session_from_status(
    session: UploadSession, response: api.get_blob_upload_status.GetBlobUploadStatusNoContent
) -> UploadSession:
    """Return the session with the location and the offset that the registry reports.

    The Range header `0-0` can mean that the registry has no byte or one byte. If the offset of `session` is 0, the header is
    taken to mean no byte. If the response has no valid Range header, the offset does not change.

    Args:
        session: The session before the request for the status.
        response: The response to the request for the status.
    """
    received = received_bytes(response.range)
    if received is None or (received == 1 and session.offset == 0):
        received = session.offset
    return UploadSession(
        repo=session.repo,
        location=response.location or session.location,
        offset=received,
        chunk_min_length=response.oci_chunk_min_length or session.chunk_min_length,
    )


def received_bytes(text: str | None) -> int | None:
    """Return the number of received bytes that a Range header states, or None if the header is missing or malformed.

    Args:
        text: The value of the Range header: `0-<last>`, or `bytes=0-<last>` from old registries. None if the
            header is missing.
    """
    match = _RANGE.fullmatch((text or "").strip())
    return None if match is None else int(match[1]) + 1
