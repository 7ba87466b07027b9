"""The settings and the clock of the embedded registry."""

import threading
import time
from typing import Literal, TypeAlias, get_args

import attrs
from attrs import validators

MEBIBYTE = 1024 * 1024

TokenOrigin: TypeAlias = Literal["same", "port", "name"]
"""The origin of the token service: that of the registry, another port, or the same port with another host name."""


@attrs.frozen(kw_only=True)
class Settings:
    """The limits of the embedded registry, its strictness, and the address of its token service.

    Args:
        manifest_limit: The maximum size of a manifest in bytes; a larger one is answered with 413. It also limits the size of a
            page of referrers.
        sparse_images: Whether an image manifest may refer to blobs that the repository does not have. The specification permits
            both. The default is to refuse such manifests, because this detects a client that omits a blob. Indexes may always
            refer to manifests that the repository does not have.
        chunk_min_length: The minimum size in bytes of a chunk other than the last, announced as ``OCI-Chunk-Min-Length`` and
            enforced; None for no minimum.
        page_limit: The maximum number of tags, repositories or referrers in one response, regardless of ``n``; the rest is on the
            next pages. None for no limit.
        token_lifetime: The lifetime of a token in seconds. Distribution requires at least 60 for compatibility with old clients;
            a shorter one is useful in tests.
        token_origin: The origin of the token service in challenges: the origin of the registry (`same`), another port (`port`),
            or the same port with `localhost` instead of `127.0.0.1` or the reverse (`name`).
        token_path: The path of the token service.

    Raises:
        ValueError: A number is smaller than 1, `token_origin` is unknown, or `token_path` is not a valid path.
    """

    manifest_limit: int = attrs.field(default=4 * MEBIBYTE, validator=validators.ge(1))
    sparse_images: bool = False
    chunk_min_length: int | None = attrs.field(default=None, validator=validators.optional(validators.ge(1)))
    page_limit: int | None = attrs.field(default=None, validator=validators.optional(validators.ge(1)))
    token_lifetime: int = attrs.field(default=300, validator=validators.ge(1))
    token_origin: TokenOrigin = attrs.field(default="same", validator=validators.in_(get_args(TokenOrigin)))
    token_path: str = attrs.field(default="/token", validator=validators.matches_re(r"(?:/[A-Za-z0-9._~-]+)+"))


class Clock:
    """The system time plus an offset that tests can change. Any thread may change it."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._offset = 0.0

    def now(self) -> float:
        """Return the time in seconds since 1970."""
        return time.time() + self._offset

    def advance(self, seconds: float) -> None:
        """Move the clock forward.

        Args:
            seconds: The number of seconds; a negative number moves the clock back.
        """
        with self._lock:
            self._offset += seconds
