"""A storage in memory, and the tables of records, which the storage in a directory also uses."""

import io
import threading
from collections.abc import Iterable

from docker_registry_sdk.testing.storage.base import BlobReader, BlobWriter
from docker_registry_sdk.testing.storage.records import RepositoryRecord, V1ImageRecord, V1RepositoryRecord


class RecordTable:
    """The records of all repositories of API v2, in memory.

    Attributes:
        lock: The lock that a caller must hold during a change of several calls, such as to load, change and save a record.
    """

    def __init__(self) -> None:
        self.lock = threading.RLock()
        self._repositories: dict[str, RepositoryRecord] = {}

    def names(self) -> list[str]:
        """Return the names of all repositories, sorted in ASCII order."""
        with self.lock:
            return sorted(self._repositories)

    def load(self, name: str) -> RepositoryRecord | None:
        """Return the record of a repository, or None if the repository does not exist."""
        return self._repositories.get(name)

    def save(self, name: str, repository: RepositoryRecord) -> None:
        """Create or replace the record of a repository."""
        with self.lock:
            self._repositories[name] = repository


class V1RecordTable:
    """The records of all repositories and images of API v1, in memory.

    Args:
        lock: The lock of the storage to which the records belong.
    """

    def __init__(self, lock: threading.RLock) -> None:
        self._lock = lock
        self._repositories: dict[str, V1RepositoryRecord] = {}
        self._images: dict[str, V1ImageRecord] = {}

    def names(self) -> list[str]:
        """Return the names of all repositories, sorted in ASCII order."""
        with self._lock:
            return sorted(self._repositories)

    def load(self, name: str) -> V1RepositoryRecord | None:
        """Return the record of a repository, or None if the repository does not exist."""
        return self._repositories.get(name)

    def save(self, name: str, repository: V1RepositoryRecord) -> None:
        """Create or replace the record of a repository."""
        with self._lock:
            self._repositories[name] = repository

    def remove(self, name: str) -> None:
        """Delete the record of a repository, if the record exists."""
        with self._lock:
            self._repositories.pop(name, None)

    def load_image(self, image_id: str) -> V1ImageRecord | None:
        """Return the record of an image, or None if the image does not exist."""
        return self._images.get(image_id)

    def save_image(self, image_id: str, image: V1ImageRecord) -> None:
        """Create or replace the record of an image."""
        with self._lock:
            self._images[image_id] = image


class MemoryReader:
    """A reader of content in memory, which returns views instead of copies."""

    def __init__(self, content: memoryview) -> None:
        self._content = content

    @property
    def size(self) -> int:
        """Return the length of the content in bytes."""
        return len(self._content)

    def read(self, offset: int, length: int) -> memoryview:
        """Return a view of `length` bytes of the content from the position `offset`, or fewer bytes at the end of the content."""
        return self._content[offset : offset + length]

    def close(self) -> None:
        """Do nothing, since Python frees the content when no object refers to the content any more."""


class MemoryWriter:
    """A writer that collects content in a buffer in memory."""

    def __init__(self, contents: dict[str, memoryview]) -> None:
        self._contents = contents
        self._received = io.BytesIO()

    @property
    def size(self) -> int:
        """Return the number of bytes appended so far."""
        return self._received.tell()

    def append(self, chunks: Iterable[bytes]) -> None:
        """Append chunks of bytes to the content. If the call fails, the content remains as before the call."""
        size = self.size
        try:
            self._received.writelines(chunks)
        except BaseException:
            self.truncate(size)
            raise

    def truncate(self, size: int) -> None:
        """Remove all bytes after the first `size` bytes."""
        self._received.seek(size)
        self._received.truncate()

    def read(self, offset: int, length: int) -> bytes:
        """Return `length` of the appended bytes from the position `offset`, or fewer bytes at the end of the appended bytes."""
        with self._received.getbuffer() as view:
            return bytes(view[offset : offset + length])

    def sync(self) -> None:
        """Do nothing, since content in memory cannot survive a crash."""

    def commit(self, digest: str) -> None:
        """Store the content under a digest. If content with this digest is stored already, discard the new content.

        CPython does not copy the bytes.
        """
        received, self._received = self._received, io.BytesIO()
        self._contents.setdefault(digest, memoryview(received.getvalue()))

    def abort(self) -> None:
        """Discard the appended bytes. After `commit`, the call has no effect."""
        self._received = io.BytesIO()


class MemoryStorage(RecordTable):
    """A storage that keeps content and records in memory. Both are lost when this object is deleted.

    Attributes:
        v1: The records of API v1.
    """

    def __init__(self) -> None:
        super().__init__()
        self._contents: dict[str, memoryview] = {}
        self.v1 = V1RecordTable(self.lock)

    def create(self) -> BlobWriter:
        """Return a writer for new content. The content becomes part of the storage only when `commit` of the writer is called."""
        return MemoryWriter(self._contents)

    def open(self, digest: str) -> BlobReader | None:
        """Return a reader of the content with a digest, or None if no content with this digest is stored."""
        content = self._contents.get(digest)
        return None if content is None else MemoryReader(content)

    def discard(self, digest: str) -> None:
        """Delete the content with a digest, if it is stored, even if a repository uses it. Open readers can still read it."""
        self._contents.pop(digest, None)
