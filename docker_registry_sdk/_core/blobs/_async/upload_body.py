"""The body of one request of an upload, which can be sent again after a redirect."""

from __future__ import annotations

from collections.abc import AsyncIterable, AsyncIterator, Callable

from .verified_source import AsyncVerifiedSource


class AsyncUploadBody(AsyncIterable[bytes]):
    """Some bytes of an upload source, as the body of a request. Each iteration yields the bytes from the start.

    Args:
        source: The source of the blob's bytes.
        offset: The offset of the first byte.
        length: The maximum number of bytes; None for all remaining bytes.
        report: A function that is called before each block is yielded, with the offset after that block.
        hide_failure: Whether to stop without an exception when the source fails or the bytes do not match.
    """

    def __init__(
        self,
        source: AsyncVerifiedSource,
        offset: int,
        length: int | None,
        report: Callable[[int], None],
        *,
        hide_failure: bool = False,
    ) -> None:
        self._source = source
        self._offset = offset
        self._length = length
        self._report = report
        self._hide_failure = hide_failure

    def __aiter__(self) -> AsyncIterator[bytes]:
        return self._source.blocks(self._offset, self._length, self._report, hide_failure=self._hide_failure)

    def can_replay(self) -> bool:
        """Return whether another iteration can yield the bytes again."""
        return self._source.error is None and self._source.can_replay(self._offset)
