"""The standard streams of the process: streams that the caller has closed, and errors that name the stream."""

from __future__ import annotations

import io
import os
import sys
from contextlib import suppress
from typing import Any

STDOUT = "standard output"


class _OutputFile(io.FileIO):
    """Standard output, whose errors name it in the place of a path."""

    def write(self, data: Any, /) -> int:
        """Write bytes.

        Args:
            data: The bytes.

        Raises:
            OSError: The bytes cannot be written; `filename` is `STDOUT`.
        """
        try:
            return super().write(data)
        except OSError as error:
            error.filename = STDOUT
            raise


class _ErrorFile(io.FileIO):
    """Standard error. What cannot be written is dropped, because an error about it could not be shown either."""

    def write(self, data: Any, /) -> int:
        """Write bytes.

        Args:
            data: The bytes.
        """
        try:
            return super().write(data)
        except OSError:
            return memoryview(data).nbytes


def open_standard_streams() -> None:
    """Open the standard streams that are closed, and let errors of standard output name it.

    Reading from a closed stream ends at once, and writing to it fails, instead of an `AttributeError` since the stream is None.
    """
    for number in range(3):
        try:
            os.fstat(number)
        except OSError:
            os.open(os.devnull, os.O_RDONLY)  # gets this number, the lowest free one, so that no other file gets it
    if sys.stdin is None:
        sys.stdin = io.TextIOWrapper(io.FileIO(0, closefd=False))
    sys.stdout = _open_for_writing(sys.stdout, _OutputFile(1, "w", closefd=False))
    sys.stderr = _open_for_writing(sys.stderr, _ErrorFile(2, "w", closefd=False))


def _open_for_writing(stream: Any, file: io.FileIO) -> Any:
    """Return a text stream that writes to a file, with the settings of another stream.

    Args:
        stream: The other stream; None if it was closed.
        file: The file.
    """
    buffer = getattr(stream, "buffer", None)
    if stream is not None and not isinstance(getattr(buffer, "raw", buffer), io.FileIO):
        return stream  # a console of Windows
    return io.TextIOWrapper(
        io.BufferedWriter(file),
        encoding=getattr(stream, "encoding", "utf-8"),
        errors="backslashreplace",  # the encoding of a terminal may lack a character
        line_buffering=getattr(stream, "line_buffering", False) or getattr(stream, "write_through", False),  # Python's option -u
    )


def drop_unwritten_output() -> None:
    """Write the rest of the output, or drop it if that fails, since Python would report the failure once more when it exits."""
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except OSError:
            null_device = os.open(os.devnull, os.O_WRONLY)
            os.dup2(null_device, stream.fileno())
            os.close(null_device)
            with suppress(OSError):
                stream.flush()
