"""An upload session: all that is needed to go on with an upload, as a small value."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any, Self, TypeAlias

from attrs import field, frozen

from ...errors import ParseError
from ...v2.api import get_blob_upload_status, start_blob_upload, upload_blob_chunk

_RANGE = re.compile(r"(?:bytes=)?0-([0-9]{1,18})")


@frozen(kw_only=True)
class UploadSession:
    """An upload that a registry holds open. It can be kept, and gone on with by another process.

    Attributes:
        repo: The repository's name on the registry.
        location: Where the upload goes on: opaque, and perhaps signed, so that it never shows in a `repr`.
        offset: How many bytes have arrived.
        chunk_min_length: The least length in bytes that the registry wants of a chunk but for the last, if any.
    """

    repo: str
    location: str = field(repr=False)
    offset: int = 0
    chunk_min_length: int | None = None

    def to_dict(self) -> dict[str, Any]:
        """Return what `from_dict` takes, made of nothing that JSON could not hold. Keep it like a password: see `location`."""
        return {
            "repo": self.repo,
            "location": self.location,
            "offset": self.offset,
            "chunk_min_length": self.chunk_min_length,
        }

    @classmethod
    def from_dict(cls, document: Mapping[str, Any]) -> Self:
        """Return the session that `to_dict` was called on.

        Args:
            document: What it returned; what is in there besides is passed over.

        Raises:
            ParseError: It is nothing of that kind.
        """
        for name, kinds in _FIELDS.items():
            value = document.get(name)
            if not isinstance(value, kinds) or isinstance(value, bool) or (isinstance(value, int) and value < 0):
                raise ParseError(model=cls.__name__, field=name, problem="is missing, or not what to_dict() writes")
        fields: dict[str, Any] = {name: document.get(name) for name in _FIELDS}
        return cls(**fields)


OnSession: TypeAlias = Callable[[UploadSession], None]
"""Called with the newest session after each step of an upload, by the thread or task that does the work."""

_FIELDS: Mapping[str, tuple[type, ...]] = {
    "repo": (str,),
    "location": (str,),
    "offset": (int,),
    "chunk_min_length": (int, type(None)),
}


def started(repo: str, answer: start_blob_upload.StartBlobUploadAccepted) -> UploadSession:
    """Return the session that a registry opened.

    Args:
        repo: The repository's name.
        answer: The registry's answer.
    """
    return UploadSession(repo=repo, location=answer.location, chunk_min_length=answer.oci_chunk_min_length)


def advanced(session: UploadSession, answer: upload_blob_chunk.UploadBlobChunkCreated, sent: int) -> UploadSession:
    """Return the session after a chunk.

    Args:
        session: The session before it.
        answer: The registry's answer.
        sent: The bytes of the chunk, which count when the registry does not say what has arrived.
    """
    arrived = arrived_bytes(answer.range)
    return UploadSession(
        repo=session.repo,
        location=answer.location,
        offset=session.offset + sent if arrived is None else arrived,
        chunk_min_length=answer.oci_chunk_min_length or session.chunk_min_length,
    )


def refreshed(session: UploadSession, answer: get_blob_upload_status.GetBlobUploadStatusNoContent) -> UploadSession:
    """Return the session as its registry sees it.

    Args:
        session: The session as it was known.
        answer: The registry's answer. `0-0` means nothing or one byte: nothing, when nothing was known to have arrived. An
            answer that does not say leaves it at what was known.
    """
    arrived = arrived_bytes(answer.range)
    if arrived is None or (arrived == 1 and session.offset == 0):
        arrived = session.offset
    return UploadSession(
        repo=session.repo,
        location=answer.location or session.location,
        offset=arrived,
        chunk_min_length=answer.oci_chunk_min_length or session.chunk_min_length,
    )


def arrived_bytes(text: str | None) -> int | None:
    """Return how many bytes a Range header says have arrived, or None when it does not say.

    Args:
        text: The header, as `0-<last>`; old registries write `bytes=0-<last>`.
    """
    match = _RANGE.fullmatch((text or "").strip())
    return None if match is None else int(match[1]) + 1
