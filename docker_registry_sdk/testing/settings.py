"""What a caller may choose about the embedded registry's behaviour."""

import threading
import time
from typing import Literal, TypeAlias, get_args

import attrs
from attrs import validators

MEBIBYTE = 1024 * 1024

TokenOrigin: TypeAlias = Literal["same", "port", "name"]
"""Where the token service is: on the registry's own origin, on another port, or on the same port by another host name."""


@attrs.frozen(kw_only=True)
class Settings:
    """How strict and how generous the embedded registry is.

    Args:
        manifest_limit: The largest manifest taken, in bytes; a larger one is answered with 413. It bounds a page of
            referrers, too.
        sparse_images: Whether an image manifest may name blobs that the repository lacks. The specification leaves it to the
            registry; refusing them finds a client that forgets a blob, so that is the default. Indexes may always be sparse.
        chunk_min_length: The least size of a chunk (but for the last), announced as ``OCI-Chunk-Min-Length`` and enforced; None
            announces nothing.
        page_limit: The most tags, repositories or referrers in one answer, whatever ``n`` asks for; the rest is behind a
            ``Link``. None sets no limit.
        token_lifetime: For how many seconds a token is good. The specification wants 60 at least, for old clients; a test may
            want less.
        token_origin: Where challenges send for tokens: to the registry's own origin (`same`), to a second port (`port`), or to
            the same port by the other one of the names `localhost` and `127.0.0.1` (`name`).
        token_path: The path of the token service there.

    Raises:
        ValueError: A number is smaller than 1, the token service's place is none of those, or its path is no path.
    """

    manifest_limit: int = attrs.field(default=4 * MEBIBYTE, validator=validators.ge(1))
    sparse_images: bool = False
    chunk_min_length: int | None = attrs.field(default=None, validator=validators.optional(validators.ge(1)))
    page_limit: int | None = attrs.field(default=None, validator=validators.optional(validators.ge(1)))
    token_lifetime: int = attrs.field(default=300, validator=validators.ge(1))
    token_origin: TokenOrigin = attrs.field(default="same", validator=validators.in_(get_args(TokenOrigin)))
    token_path: str = attrs.field(default="/token", validator=validators.matches_re(r"(?:/[A-Za-z0-9._~-]+)+"))


class Clock:
    """Shows the time of day, plus how far it has been moved; any thread may move it."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._offset = 0.0

    def now(self) -> float:
        """Return the time in seconds since 1970."""
        return time.time() + self._offset

    def advance(self, seconds: float) -> None:
        """Move the clock.

        Args:
            seconds: How far; a negative number moves it back.
        """
        with self._lock:
            self._offset += seconds
