"""What the files of this package are, sync and async: `io.RawIOBase`, and as much of it as can be awaited."""

from __future__ import annotations

import io
from types import TracebackType
from typing import Self

RawBase = io.RawIOBase
"""What sync files are."""


class AsyncRawBase:
    """What async files are: the part of `io.RawIOBase` that they have in common with it."""

    _is_closed = False

    @property
    def closed(self) -> bool:
        """Whether it is closed."""
        return self._is_closed

    async def aclose(self) -> None:
        """Close it."""
        self._is_closed = True

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        await self.aclose()
