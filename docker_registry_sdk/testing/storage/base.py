"""What a storage is: content by digest, and one record per repository.

Everything here may block, so the server calls it in a thread; everything may be called by several threads at once. Content that
several repositories use is held once.
"""

import threading
from collections.abc import Iterable
from typing import Protocol

from docker_registry_sdk.testing.storage.records import Repository
from docker_registry_sdk.testing.storage.v1_base import V1Records


class BlobReader(Protocol):
    """Content that is open for reading; it stays readable when it is discarded meanwhile."""

    @property
    def size(self) -> int:
        """The length of the content in bytes."""
        ...

    def read(self, offset: int, length: int) -> bytes | memoryview:
        """Read a part.

        Args:
            offset: Where it begins.
            length: How long it is; less is read only at the end of the content.

        Returns:
            The bytes; a memory view where that saves a copy.
        """
        ...

    def close(self) -> None:
        """Let go of the content."""
        ...


class BlobWriter(Protocol):
    """Content that is being received; nobody can open it before `commit`."""

    @property
    def size(self) -> int:
        """How many bytes were appended."""
        ...

    def append(self, chunks: Iterable[bytes]) -> None:
        """Add bytes at the end."""
        ...

    def truncate(self, size: int) -> None:
        """Drop everything after the first `size` bytes."""
        ...

    def read(self, offset: int, length: int) -> bytes | memoryview:
        """Read back a part of what was appended."""
        ...

    def sync(self) -> None:
        """Make sure that what was appended outlives a crash."""
        ...

    def commit(self, digest: str) -> None:
        """Make the content available under a digest; the caller has checked that it is the right one, and holds the lock."""
        ...

    def abort(self) -> None:
        """Throw the content away; without effect after a commit."""
        ...


class Storage(Protocol):
    """Where an embedded registry keeps what was pushed."""

    @property
    def lock(self) -> threading.RLock:
        """Held for every change that spans several calls: a record that is read, changed and saved, content that is linked."""
        ...

    @property
    def v1(self) -> V1Records:
        """The records of API v1, which share nothing with those of API v2."""
        ...

    def names(self) -> list[str]:
        """List the repositories in ASCII order."""
        ...

    def load(self, name: str) -> Repository | None:
        """Return a repository's record, or None when there is no such repository."""
        ...

    def save(self, name: str, repository: Repository) -> None:
        """Replace a repository's record, whole or not at all."""
        ...

    def create(self) -> BlobWriter:
        """Begin to receive content."""
        ...

    def open(self, digest: str) -> BlobReader | None:
        """Open content for reading, or return None when there is none under this digest."""
        ...

    def discard(self, digest: str) -> None:
        """Delete content; without effect when there is none."""
        ...


def link_blob(storage: Storage, name: str, digest: str) -> None:
    """Make stored content a blob of a repository, which comes into being by it.

    Args:
        storage: The storage; its lock is taken.
        name: The repository's name.
        digest: The digest of the content.
    """
    with storage.lock:
        storage.save(name, (storage.load(name) or Repository()).with_blob(digest))


def release(storage: Storage, digest: str) -> None:
    """Delete content if no repository uses it any more.

    Args:
        storage: The storage; its lock is taken.
        digest: The digest of the content.
    """
    with storage.lock:
        repositories = (storage.load(name) for name in storage.names())
        if not any(repository is not None and repository.uses(digest) for repository in repositories):
            storage.discard(digest)
