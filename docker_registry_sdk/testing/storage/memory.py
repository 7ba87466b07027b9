"""A storage in memory: fast, and gone with its owner."""

import io
from collections.abc import Iterable

from docker_registry_sdk.testing.storage.repositories import Repositories
from docker_registry_sdk.testing.storage.v1_memory import MemoryV1Records


class MemoryReader:
    """Reads content as views of the memory that holds it."""

    def __init__(self, content: memoryview) -> None:
        self._content = content

    @property
    def size(self) -> int:
        """The length of the content in bytes."""
        return len(self._content)

    def read(self, offset: int, length: int) -> memoryview:
        """Return a view of a part of the content."""
        return self._content[offset : offset + length]

    def close(self) -> None:
        """Do nothing: the memory is freed when nobody refers to it."""


class MemoryWriter:
    """Collects content in one growing piece of memory, which `commit` hands over as it is."""

    def __init__(self, contents: dict[str, memoryview]) -> None:
        self._contents = contents
        self._received = io.BytesIO()

    @property
    def size(self) -> int:
        """How many bytes were appended."""
        return self._received.tell()

    def append(self, chunks: Iterable[bytes]) -> None:
        """Add bytes at the end."""
        self._received.writelines(chunks)

    def truncate(self, size: int) -> None:
        """Drop everything after the first `size` bytes."""
        self._received.seek(size)
        self._received.truncate()

    def read(self, offset: int, length: int) -> bytes:
        """Read back a part of what was appended."""
        with self._received.getbuffer() as view:
            return bytes(view[offset : offset + length])

    def sync(self) -> None:
        """Do nothing: memory outlives no crash."""

    def commit(self, digest: str) -> None:
        """Make the content available under a digest; CPython hands its memory over without a copy."""
        received, self._received = self._received, io.BytesIO()
        self._contents.setdefault(digest, memoryview(received.getvalue()))

    def abort(self) -> None:
        """Free the memory."""
        self._received = io.BytesIO()


class MemoryStorage(Repositories):
    """Keeps content and records in dictionaries.

    Attributes:
        v1: The records of API v1.
    """

    def __init__(self) -> None:
        super().__init__()
        self._contents: dict[str, memoryview] = {}
        self.v1 = MemoryV1Records(self.lock)

    def create(self) -> MemoryWriter:
        """Begin to receive content."""
        return MemoryWriter(self._contents)

    def open(self, digest: str) -> MemoryReader | None:
        """Open content for reading, or return None when there is none under this digest."""
        content = self._contents.get(digest)
        return None if content is None else MemoryReader(content)

    def discard(self, digest: str) -> None:
        """Forget content; readers that are open keep theirs."""
        self._contents.pop(digest, None)
