"""What a caller may say of an upload."""

from __future__ import annotations

from attrs import field, frozen, validators

from ..wire import Timeout
from .progress import OnProgress
from .session import OnSession, UploadSession


@frozen(kw_only=True)
class UploadOptions:
    """What a caller says of an upload.

    Attributes:
        digest: The blob's digest; None to compute it.
        size: Its size in bytes, where that is known.
        chunk_size: The bytes of a chunk; None for all in one.
        from_repo: A repository that may have it.
        session: An upload to go on with.
        on_session: What takes the session over.
        on_progress: What is told how far it is.
        timeout: Seconds or an `httpx.Timeout` for each request; None for the client's own.

    Raises:
        ValueError: A number is too small.
        TypeError: `from_repo` comes without `digest`.
    """

    digest: str | None = None
    size: int | None = field(default=None, validator=validators.optional(validators.ge(0)))
    chunk_size: int | None = field(default=None, validator=validators.optional(validators.ge(1)))
    from_repo: str | None = None
    session: UploadSession | None = None
    on_session: OnSession | None = None
    on_progress: OnProgress | None = None
    timeout: Timeout | None = None

    def __attrs_post_init__(self) -> None:
        if self.from_repo is not None and self.digest is None:
            raise TypeError("from_repo needs the digest: a registry mounts what it is told the name of")
