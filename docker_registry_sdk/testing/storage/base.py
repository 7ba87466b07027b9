"""The interfaces of a storage, which keeps content by digest, and records that describe repositories and images.

Content is the bytes of a blob, a manifest or a layer. Content that several repositories use is stored only once. Several threads
may use a storage at the same time, but only one thread at a time may use a reader or a writer. Methods may block: the server
calls them in threads. Only `BlobReader.close` and the properties must not block, since the server uses them in the event loop.
"""

import secrets
import threading
from collections.abc import Iterable
from typing import Protocol

from docker_registry_sdk.testing.storage.records import RepositoryRecord, V1ImageRecord, V1RepositoryRecord


class BlobReader(Protocol):
    """A reader of stored content. The content stays readable until `close`, even after `RegistryStorage.discard`."""

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
        """Close the reader, and release the open file or the memory that the reader uses."""
        ...


class BlobWriter(Protocol):
    """A writer that receives new content. The content becomes part of the storage only when `commit` is called."""

    @property
    def size(self) -> int:
        """Return the number of bytes appended so far."""
        ...

    def append(self, chunks: Iterable[bytes]) -> None:
        """Append chunks of bytes to the content. If the call fails, the content remains as before the call.

        Args:
            chunks: The chunks, in their order.
        """
        ...

    def truncate(self, size: int) -> None:
        """Remove all bytes after the first `size` bytes.

        Args:
            size: The number of bytes to keep.
        """
        ...

    def read(self, offset: int, length: int) -> bytes | memoryview:
        """Read a part of the bytes appended so far.

        Args:
            offset: The position of the first byte.
            length: The number of bytes to read. Fewer bytes are returned only at the end of the appended bytes.
        """
        ...

    def sync(self) -> None:
        """Flush the appended bytes to the disk, so that they survive a crash. In a storage in memory, the call has no effect."""
        ...

    def commit(self, digest: str) -> None:
        """Store the appended bytes as content. If content with the same digest is stored already, discard the appended bytes.

        The caller must have verified the digest, and must hold the lock of the storage during the call.

        Args:
            digest: The digest of the appended bytes, or a key from `new_layer_key`.
        """
        ...

    def abort(self) -> None:
        """Discard the appended bytes. After `commit`, the call has no effect."""
        ...


class V1Records(Protocol):
    """The records of the repositories and images of API v1.

    Several threads may call the methods. During a change that spans several calls, for example to load a record, change it and
    save it, the caller must hold the lock of the storage. The records do not contain the bytes of layers: the storage keeps these
    bytes as content, under keys from `new_layer_key`.
    """

    def names(self) -> list[str]:
        """Return the names of all repositories of API v1, sorted in ASCII order."""
        ...

    def load(self, name: str) -> V1RepositoryRecord | None:
        """Return the record of a repository, or None if the repository does not exist.

        Args:
            name: The name of the repository.
        """
        ...

    def save(self, name: str, repository: V1RepositoryRecord) -> None:
        """Create the record of a repository, or replace it atomically.

        Args:
            name: The name of the repository.
            repository: The record to store.
        """
        ...

    def remove(self, name: str) -> None:
        """Delete the record of a repository, if the record exists.

        Args:
            name: The name of the repository.
        """
        ...

    def load_image(self, image_id: str) -> V1ImageRecord | None:
        """Return the record of an image, or None if the image does not exist.

        Args:
            image_id: The id of the image.
        """
        ...

    def save_image(self, image_id: str, image: V1ImageRecord) -> None:
        """Create the record of an image, or replace it atomically.

        Args:
            image_id: The id of the image.
            image: The record to store.
        """
        ...


class RegistryStorage(Protocol):
    """A storage of the content and the records that clients push to an embedded registry."""

    @property
    def lock(self) -> threading.RLock:
        """Return the lock that a caller must hold while it makes several calls that belong together, such as load and save."""
        ...

    @property
    def v1(self) -> V1Records:
        """Return the records of API v1, which are separate from the records of API v2."""
        ...

    def names(self) -> list[str]:
        """Return the names of all repositories of API v2, sorted in ASCII order."""
        ...

    def load(self, name: str) -> RepositoryRecord | None:
        """Return the record of a repository, or None if the repository does not exist.

        Args:
            name: The name of the repository.
        """
        ...

    def save(self, name: str, repository: RepositoryRecord) -> None:
        """Create the record of a repository, or replace it atomically.

        Args:
            name: The name of the repository.
            repository: The record to store.
        """
        ...

    def create(self) -> BlobWriter:
        """Return a writer for new content. The content becomes part of the storage only when `BlobWriter.commit` is called."""
        ...

    def open(self, digest: str) -> BlobReader | None:
        """Return a reader of the content with a digest, or None if no content with this digest is stored.

        Args:
            digest: The digest of the content, or a key from `new_layer_key`.
        """
        ...

    def discard(self, digest: str) -> None:
        """Delete the content with a digest, if it is stored, even if a repository uses it. Open readers can still read it.

        Args:
            digest: The digest of the content, or a key from `new_layer_key`.
        """
        ...


def link_blob(storage: RegistryStorage, name: str, digest: str) -> None:
    """Add content that is stored already to a repository as a blob. If the repository does not exist, create the repository.

    Args:
        storage: The storage, whose lock this function acquires.
        name: The name of the repository.
        digest: The digest of the content.
    """
    with storage.lock:
        storage.save(name, (storage.load(name) or RepositoryRecord()).with_blob(digest))


def write_content(storage: RegistryStorage, digest: str, content: bytes) -> None:
    """Store bytes as content. The call does not add the content to a repository.

    Args:
        storage: The storage, whose lock the caller must hold.
        digest: The digest of the bytes, which the caller has computed.
        content: The bytes.
    """
    writer = storage.create()
    try:
        writer.append([content])
        writer.sync()
        writer.commit(digest)
    finally:
        writer.abort()


def discard_unused(storage: RegistryStorage, digest: str) -> None:
    """Delete the content with a digest, unless it is the content of a blob or a manifest in any repository of API v2.

    Args:
        storage: The storage, whose lock this function acquires.
        digest: The digest of the content.
    """
    with storage.lock:
        repositories = (storage.load(name) for name in storage.names())
        if not any(repository is not None and repository.uses(digest) for repository in repositories):
            storage.discard(digest)


def new_layer_key() -> str:
    """Return a new random key, which the storage uses instead of a digest for a layer of API v1.

    The key has the form of a digest with the algorithm `v1`. API v2 rejects digests with this algorithm, so clients cannot read
    layers of API v1 through API v2.
    """
    return f"v1:{secrets.token_hex(32)}"
