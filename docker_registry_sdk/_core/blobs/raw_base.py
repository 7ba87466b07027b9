"""Common base classes of blob streams and blob files: `io.RawIOBase` in sync code, `AsyncRawBase` in async code."""

from __future__ import annotations

import io
from types import TracebackType
from typing import Self

RawBase = io.RawIOBase
"""The base class of sync streams and files."""


class AsyncRawBase:
    """A base class of async streams and files. `aclose` and `async with` replace `close` and `with` of `io.RawIOBase`."""

    _is_closed = False

    @property
    def closed(self) -> bool:
        """Return whether the stream is closed."""
        return self._is_closed

    async def aclose(self) -> None:
        """Close the stream."""
        self._is_closed = True

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        await self.aclose()
