"""Common base classes of blob streams and blob files: `RawBase` in sync code, `AsyncRawBase` in async code."""

from __future__ import annotations

import io
from types import TracebackType
from typing import TYPE_CHECKING, Self, TypeAlias

from ...errors import ForkedProcessError

if TYPE_CHECKING:
    import _typeshed

    WriteableBuffer: TypeAlias = _typeshed.WriteableBuffer
else:
    WriteableBuffer = bytearray | memoryview  # Python 3.11 has no name for all types of buffers


class RawBase(io.RawIOBase):
    """A base class of sync streams and files."""

    _is_inherited = False

    def after_fork(self) -> None:
        """Make each read raise an exception, since the stream belongs to the parent process."""
        self._is_inherited = True

    def _check_process(self) -> None:
        if self._is_inherited:
            raise _inherited()


class AsyncRawBase:
    """A base class of async streams and files. `aclose` and `async with` replace `close` and `with` of `io.RawIOBase`."""

    _is_closed = False
    _is_inherited = False

    def after_fork(self) -> None:
        """Make each read raise an exception, since the stream belongs to the parent process."""
        self._is_inherited = True

    def _check_process(self) -> None:
        if self._is_inherited:
            raise _inherited()

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


def _inherited() -> ForkedProcessError:
    return ForkedProcessError(
        "the blob was opened before the process was forked, and its connection belongs to the parent",
        hint="Open the blob in the child process.",
    )
