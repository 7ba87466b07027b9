"""The interfaces of a storage, which keeps content by its digest and one record per repository.

Content is the bytes of a blob, a manifest or a layer. Content that several repositories use is stored only once. All methods
may block, so the server calls them in threads. Several threads may call a method at the same time.
"""

import secrets
import threading
from collections.abc import Iterable
from typing import Protocol

from docker_registry_sdk.testing.storage.records import Repository, V1Image, V1Repository


class BlobReader(Protocol):
    """A reader of stored content. The content stays readable until `close`, even if the storage discards it before."""

    @property
    def size(self) -> int:
        """Return the length of the content in bytes."""
        ...

    def read(self, offset: int, length: int) -> bytes | memoryview:
        """Read a part of the content.

        Args:
            offset: The position of the first byte.
            length: The number of bytes to read. Fewer bytes are returned only at the end of the content.

        Returns:
            The bytes, as a `memoryview` if that avoids a copy.
        """
        ...

    def close(self) -> None:
        """Close the reader, and release its resources."""
        ...


class BlobWriter(Protocol):
    """A writer that receives new content. Clients can read the content only after `commit`."""

    @property
    def size(self) -> int:
        """Return the number of bytes appended so far."""
        ...

    def append(self, chunks: Iterable[bytes]) -> None:
        """Append chunks of bytes to the content."""
        ...

    def truncate(self, size: int) -> None:
        """Remove all bytes after the first `size` bytes."""
        ...

    def read(self, offset: int, length: int) -> bytes | memoryview:
        """Read a part of the bytes appended so far, with the arguments of `BlobReader.read`."""
        ...

    def sync(self) -> None:
        """Flush the appended bytes to the disk, so that they survive a crash."""
        ...

    def commit(self, digest: str) -> None:
        """Store the content under a digest.

        Before the call, the caller must verify the digest and acquire the lock of the storage.
        """
        ...

    def abort(self) -> None:
        """Discard the content. After `commit`, the call has no effect."""
        ...


class V1Records(Protocol):
    """The records of the repositories and images of API v1.

    Several threads may call the methods. A change that spans several calls must hold the lock of the storage. The records
    contain no layers: the storage keeps layers as content, under keys from `new_layer_key`.
    """

    def names(self) -> list[str]:
        """Return the names of all repositories, sorted in ASCII order."""
        ...

    def load(self, name: str) -> V1Repository | None:
        """Return the record of a repository, or None if the repository does not exist."""
        ...

    def save(self, name: str, repository: V1Repository) -> None:
        """Replace the record of a repository atomically."""
        ...

    def remove(self, name: str) -> None:
        """Delete the record of a repository, if it exists."""
        ...

    def load_image(self, image_id: str) -> V1Image | None:
        """Return the record of an image, or None if the image does not exist."""
        ...

    def save_image(self, image_id: str, image: V1Image) -> None:
        """Replace the record of an image atomically."""
        ...


class Storage(Protocol):
    """A storage of the content and the records that clients push to an embedded registry."""

    @property
    def lock(self) -> threading.RLock:
        """Return the lock for changes that span several calls, for example to load a record, change it and save it."""
        ...

    @property
    def v1(self) -> V1Records:
        """Return the records of API v1, which are separate from the records of API v2."""
        ...

    def names(self) -> list[str]:
        """Return the names of all repositories, sorted in ASCII order."""
        ...

    def load(self, name: str) -> Repository | None:
        """Return the record of a repository, or None if the repository does not exist."""
        ...

    def save(self, name: str, repository: Repository) -> None:
        """Replace the record of a repository atomically."""
        ...

    def create(self) -> BlobWriter:
        """Return a writer that receives new content."""
        ...

    def open(self, digest: str) -> BlobReader | None:
        """Return a reader of the content with a digest, or None if no content with this digest is stored."""
        ...

    def discard(self, digest: str) -> None:
        """Delete the content with a digest, if it is stored."""
        ...


def link_blob(storage: Storage, name: str, digest: str) -> None:
    """Add stored content as a blob to a repository. If the repository does not exist, create it.

    Args:
        storage: The storage. The function acquires its lock.
        name: The name of the repository.
        digest: The digest of the content.
    """
    with storage.lock:
        storage.save(name, (storage.load(name) or Repository()).with_blob(digest))


def discard_unused(storage: Storage, digest: str) -> None:
    """Delete the content with a digest, unless a blob or a manifest of a repository has this content.

    Args:
        storage: The storage. The function acquires its lock.
        digest: The digest of the content.
    """
    with storage.lock:
        repositories = (storage.load(name) for name in storage.names())
        if not any(repository is not None and repository.uses(digest) for repository in repositories):
            storage.discard(digest)


def new_layer_key() -> str:
    """Return a new random key for the content of a layer of API v1.

    The key has the form of a digest, but API v2 rejects its algorithm `v1`, so API v2 cannot read layers of API v1.
    """
    return f"v1:{secrets.token_hex(32)}"
