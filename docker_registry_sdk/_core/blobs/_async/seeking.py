"""Reading anywhere in a blob, without pulling it whole."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from ....errors import RegistryError
from ...wire import AsyncClient, Timeout
from ..raw_base import AsyncRawBase
from ..read_ahead import ReadAhead
from ..resuming import Resumption
from ..wanted import Wanted
from .fetching import async_start_fetch

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer


class AsyncBlobFile(AsyncRawBase):
    """A blob as a file to read from, at any place; it is fetched in parts, with some read ahead.

    The parts cannot be checked against the digest, which stands for the whole: a registry could send anything. Their place and
    their length are checked. What has to be right is downloaded, or read as a stream.

    Args:
        client: What sends the requests.
        repo: The repository's name.
        wanted: The blob.
        size: Its size in bytes.
        timeout: Seconds or an `httpx.Timeout`; None for the client's own.

    Attributes:
        digest: The blob's digest.
        size: Its size in bytes.
    """

    def __init__(self, client: AsyncClient, repo: str, wanted: Wanted, size: int, timeout: Timeout | None) -> None:
        self.digest = wanted.digest
        self.size = size
        self._client = client
        self._repo = repo
        self._wanted = wanted
        self._timeout = timeout
        self._ahead = ReadAhead(size)
        self._position = 0

    def readable(self) -> bool:
        """Whether it can be read: yes."""
        return True

    def seekable(self) -> bool:
        """Whether it can be read anywhere: yes."""
        return True

    async def tell(self) -> int:
        """Return the place of the next byte to be read."""
        self._check_open()
        return self._position

    async def seek(self, offset: int, whence: int = os.SEEK_SET, /) -> int:
        """Go to another place, and return it.

        Args:
            offset: How many bytes from there.
            whence: `os.SEEK_SET` for the beginning, `os.SEEK_CUR` for the place where it is, `os.SEEK_END` for the end.

        Raises:
            ValueError: The place is before the beginning, or there is no such `whence`.
        """
        self._check_open()
        if whence not in (os.SEEK_SET, os.SEEK_CUR, os.SEEK_END):
            raise ValueError(f"whence should be 0, 1 or 2, not {whence}")
        place = offset + {os.SEEK_SET: 0, os.SEEK_CUR: self._position, os.SEEK_END: self.size}[whence]
        if place < 0:
            raise ValueError(f"there is nothing {-place} bytes before the beginning")
        self._position = place
        return place

    async def read(self, size: int | None = -1, /) -> bytes:
        """Return up to `size` bytes, all that are left when it is negative or None, and none at the end.

        Args:
            size: How many bytes.

        Raises:
            TransportError: The body broke off, again and again.
            RegistryError: The registry does not give parts of blobs, or another part than was asked for.
        """
        self._check_open()
        left = max(0, self.size - self._position)
        left = left if size is None or size < 0 else min(size, left)
        parts: list[memoryview] = []
        while left:
            part = self._ahead.find(self._position, left)
            if part is None:
                await self._pull(left)
                continue
            parts.append(part)
            left -= len(part)
            self._position += len(part)
        return b"".join(parts)

    async def readall(self) -> bytes:
        """Return all bytes that are left."""
        return await self.read()

    async def readinto(self, buffer: WriteableBuffer, /) -> int:
        """Fill a buffer as far as there are bytes, and return how many there were.

        Args:
            buffer: The buffer.

        Raises:
            TransportError: The body broke off, again and again.
            RegistryError: The registry does not give parts of blobs, or another part than was asked for.
        """
        view = memoryview(buffer).cast("B")
        data = await self.read(len(view))
        view[: len(data)] = data
        return len(data)

    async def _pull(self, length: int) -> None:
        start, stop = self._ahead.plan(self._position, length)
        state = Resumption(self.size, start, stop)
        fetch = await async_start_fetch(self._client, self._repo, self._wanted, state, False, self._timeout)
        data = bytearray()
        try:
            while chunk := await fetch.read():
                data += chunk
            await fetch.read()  # what is read to its end leaves its connection to the next request
        finally:
            await fetch.aclose()
        if len(data) != stop - start:
            raise RegistryError(f"the registry sent {len(data)} bytes of {self.digest} from byte {start} on, not {stop - start}")
        self._ahead.keep(start, bytes(data))

    def _check_open(self) -> None:
        if self.closed:
            raise ValueError("the blob is closed: read it inside its with block")
