"""The interface of storages: content by digest, and one record per repository.

All methods may block, so the server calls them in threads, and several threads may call them at the same time. Content that
several repositories use is stored once.
"""

import secrets
import threading
from collections.abc import Iterable
from typing import Protocol

from docker_registry_sdk.testing.storage.records import Repository, V1Image, V1Repository


class BlobReader(Protocol):
    """Stored content, open for reading; it stays readable if the storage discards it meanwhile."""

    @property
    def size(self) -> int:
        """The length of the content in bytes."""
        ...

    def read(self, offset: int, length: int) -> bytes | memoryview:
        """Read a part of the content.

        Args:
            offset: The position of the first byte.
            length: The number of bytes to read; fewer are returned only at the end of the content.

        Returns:
            The bytes; a memory view if that saves a copy.
        """
        ...

    def close(self) -> None:
        """Release the resources of the reader."""
        ...


class BlobWriter(Protocol):
    """Content that is being received; it cannot be opened for reading before `commit`."""

    @property
    def size(self) -> int:
        """The number of bytes appended so far."""
        ...

    def append(self, chunks: Iterable[bytes]) -> None:
        """Add bytes at the end."""
        ...

    def truncate(self, size: int) -> None:
        """Remove all bytes after the first `size` bytes."""
        ...

    def read(self, offset: int, length: int) -> bytes | memoryview:
        """Read a part of the bytes appended so far; the arguments are those of `BlobReader.read`."""
        ...

    def sync(self) -> None:
        """Flush the appended bytes to the disk, so that they survive a crash."""
        ...

    def commit(self, digest: str) -> None:
        """Make the content available under a digest; the caller has verified the digest and holds the storage's lock."""
        ...

    def abort(self) -> None:
        """Discard the content; no effect after `commit`."""
        ...


class V1Records(Protocol):
    """The records of API v1: its repositories and images.

    Several threads may call the methods; hold the storage's lock for a change that spans several calls. Layers are stored as
    content, see `new_layer_key`.
    """

    def names(self) -> list[str]:
        """List the repositories in ASCII order."""
        ...

    def load(self, name: str) -> V1Repository | None:
        """Return the record of a repository, or None if the repository does not exist."""
        ...

    def save(self, name: str, repository: V1Repository) -> None:
        """Replace the record of a repository atomically."""
        ...

    def remove(self, name: str) -> None:
        """Delete the record of a repository; no effect if there is no such record."""
        ...

    def load_image(self, image_id: str) -> V1Image | None:
        """Return the record of an image, or None if the image does not exist."""
        ...

    def save_image(self, image_id: str, image: V1Image) -> None:
        """Replace the record of an image atomically."""
        ...


class Storage(Protocol):
    """A place for everything that clients push to an embedded registry."""

    @property
    def lock(self) -> threading.RLock:
        """The lock to hold for a change that spans several calls, such as to load, change and save a record."""
        ...

    @property
    def v1(self) -> V1Records:
        """The records of API v1, which are separate from those of API v2."""
        ...

    def names(self) -> list[str]:
        """List the repositories in ASCII order."""
        ...

    def load(self, name: str) -> Repository | None:
        """Return the record of a repository, or None if the repository does not exist."""
        ...

    def save(self, name: str, repository: Repository) -> None:
        """Replace the record of a repository atomically."""
        ...

    def create(self) -> BlobWriter:
        """Return a writer for new content."""
        ...

    def open(self, digest: str) -> BlobReader | None:
        """Open content for reading, or return None if there is no content with this digest."""
        ...

    def discard(self, digest: str) -> None:
        """Delete content; no effect if there is no content with this digest."""
        ...


def link_blob(storage: Storage, name: str, digest: str) -> None:
    """Add stored content to the blobs of a repository, and create the repository if it does not exist.

    Args:
        storage: The storage; the function acquires its lock.
        name: The name of the repository.
        digest: The digest of the content.
    """
    with storage.lock:
        storage.save(name, (storage.load(name) or Repository()).with_blob(digest))


def discard_unused(storage: Storage, digest: str) -> None:
    """Delete content unless a repository still uses it.

    Args:
        storage: The storage; the function acquires its lock.
        digest: The digest of the content.
    """
    with storage.lock:
        repositories = (storage.load(name) for name in storage.names())
        if not any(repository is not None and repository.uses(digest) for repository in repositories):
            storage.discard(digest)


def new_layer_key() -> str:
    """Return a new key under which to store a layer of API v1: like a digest, but of an algorithm that API v2 does not know."""
    return f"v1:{secrets.token_hex(32)}"
