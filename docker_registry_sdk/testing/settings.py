"""The settings and the clock of the embedded registry."""

import threading
import time
from typing import Literal, TypeAlias, get_args

import attrs
from attrs import validators

MEBIBYTE = 1024 * 1024

TokenOrigin: TypeAlias = Literal["same", "port", "name"]
"""The origin of the token service: the origin of the registry, another port, or the same port with another host name."""


@attrs.frozen(kw_only=True)
class RegistrySettings:
    """The settings of API v2: the limits, the check of manifests, and the token service.

    Args:
        manifest_limit: The maximum size of a manifest and of a page of referrers in bytes. The push of a larger manifest is
            answered with 413.
        sparse_images: Whether the registry accepts an image manifest that refers to blobs which the repository does not have.
            The specification permits registries to accept or to reject such a manifest. By default, the registry rejects it, so
            that a test fails if the client omits a blob. Indexes may always refer to manifests that the repository does not have.
        chunk_min_length: The minimum size in bytes of each chunk of an upload except the last chunk, or None for no minimum. The
            registry sends the minimum in the header ``OCI-Chunk-Min-Length``. A smaller chunk is accepted, since it may be the
            last; but a chunk that follows a smaller chunk is rejected.
        page_limit: The maximum number of tags, repositories or referrers on a page, even if a request has a larger ``n`` or no
            ``n``. None means no limit.
        token_lifetime: The lifetime of an access token in seconds. The specification of Distribution requires at least 60
            seconds, but a shorter lifetime can be useful in tests.
        token_origin: The origin of the token service in challenges. `same` selects the origin of the registry. `port` selects the
            same host with another port. `name` selects the same port with another host: `localhost`, or the IP address of the
            registry if the client addresses the registry as `localhost`.
        token_path: The path of the token service, such as `/token`.

    Raises:
        ValueError: A number is smaller than 1, `token_origin` is not `same`, `port` or `name`, or `token_path` is not an absolute
            path of letters, digits and the characters ``.``, ``_``, ``~`` and ``-``.
    """

    manifest_limit: int = attrs.field(default=4 * MEBIBYTE, validator=validators.ge(1))
    sparse_images: bool = False
    chunk_min_length: int | None = attrs.field(default=None, validator=validators.optional(validators.ge(1)))
    page_limit: int | None = attrs.field(default=None, validator=validators.optional(validators.ge(1)))
    token_lifetime: int = attrs.field(default=300, validator=validators.ge(1))
    token_origin: TokenOrigin = attrs.field(default="same", validator=validators.in_(get_args(TokenOrigin)))
    token_path: str = attrs.field(default="/token", validator=validators.matches_re(r"(?:/[A-Za-z0-9._~-]+)+"))


class RegistryClock:
    """A clock that shows the system time plus an offset. Tests can change the offset. Any thread may call the methods."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._offset = 0.0

    def now(self) -> float:
        """Return the time of this clock, in seconds since 1970."""
        return time.time() + self._offset

    def advance(self, seconds: float) -> None:
        """Move the clock forward, relative to the system time.

        Args:
            seconds: The number of seconds to add to the offset. A negative number moves the clock back.
        """
        with self._lock:
            self._offset += seconds
