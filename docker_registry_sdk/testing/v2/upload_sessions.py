"""Upload sessions: blobs that are being uploaded in one or several requests."""

import asyncio
import hashlib
import uuid
from collections.abc import Iterator, Sequence

from docker_registry_sdk.testing.storage.base import BlobWriter, Storage, link_blob
from docker_registry_sdk.testing.v2.errors import BLOB_UPLOAD_UNKNOWN, ApiError
from docker_registry_sdk.testing.v2.names import algorithm_of, digest_of

READ_BLOCK_BYTES = 1024 * 1024


class UploadSession:
    """An upload of one blob.

    Args:
        repository: The target repository.
        writer: The writer that stores the received bytes.
        algorithm: The algorithm of the digest that is computed while the bytes are received. If the client completes the upload
            with a digest of another algorithm, the stored bytes are read again to compute this digest.
    """

    def __init__(self, repository: str, writer: BlobWriter, algorithm: str) -> None:
        self.id = str(uuid.uuid4())
        self.repository = repository
        self.writer = writer
        self.algorithm = algorithm
        self.lock = asyncio.Lock()
        """The lock that a request holds while it changes the upload. Further requests wait for the lock."""
        self.closed = False
        """Whether the upload is completed or cancelled."""
        self.saw_short_chunk = False
        """Whether a chunk was smaller than OCI-Chunk-Min-Length. Only the last chunk may be smaller."""
        self._hasher = hashlib.new(algorithm)

    @property
    def size(self) -> int:
        """Return the number of bytes received."""
        return self.writer.size

    def append(self, chunks: Sequence[bytes]) -> None:
        """Append bytes. May block."""
        self.writer.append(chunks)
        for chunk in chunks:
            self._hasher.update(chunk)

    def truncate(self, size: int) -> None:
        """Discard all bytes except the first `size` bytes, for example the bytes of an invalid chunk. May block."""
        self.writer.truncate(size)
        self._hasher = hashlib.new(self.algorithm)
        for chunk in self._read_back():
            self._hasher.update(chunk)

    def matches(self, digest: str) -> bool:
        """Return whether the received bytes have the digest. May block."""
        if algorithm_of(digest) == self.algorithm:
            return digest == f"{self.algorithm}:{self._hasher.hexdigest()}"
        return digest == digest_of(algorithm_of(digest), self._read_back())

    def commit(self, storage: Storage, digest: str) -> None:
        """Add the received bytes to the repository as a blob. May block.

        Args:
            storage: The storage that the writer belongs to.
            digest: The digest of the blob, already verified.
        """
        self.writer.sync()
        with storage.lock:
            self.writer.commit(digest)
            link_blob(storage, self.repository, digest)

    def _read_back(self) -> Iterator[bytes | memoryview]:
        for offset in range(0, self.size, READ_BLOCK_BYTES):
            yield self.writer.read(offset, min(READ_BLOCK_BYTES, self.size - offset))


class UploadSessions:
    """The uploads in progress. Only the thread of the event loop may use this object.

    Args:
        storage: The storage for the blobs.
    """

    def __init__(self, storage: Storage) -> None:
        self._storage = storage
        self._sessions: dict[str, UploadSession] = {}

    def open(self, repository: str, algorithm: str) -> UploadSession:
        """Start an upload.

        Args:
            repository: The target repository.
            algorithm: The digest algorithm that the client has announced, or the default one.

        Returns:
            The session.
        """
        session = UploadSession(repository, self._storage.create(), algorithm)
        self._sessions[session.id] = session
        return session

    def get(self, repository: str, session_id: str) -> UploadSession:
        """Return the session of an upload.

        Args:
            repository: The repository in the path of the request.
            session_id: The upload id in the path of the request.

        Returns:
            The session.

        Raises:
            ApiError: The repository has no upload in progress with this id (BLOB_UPLOAD_UNKNOWN).
        """
        session = self._sessions.get(session_id)
        if session is None or session.repository != repository:
            raise ApiError(BLOB_UPLOAD_UNKNOWN)
        return session

    def forget(self, session: UploadSession) -> None:
        """Mark an upload as completed or cancelled, so that further requests for it fail."""
        session.closed = True
        self._sessions.pop(session.id, None)

    def close(self) -> None:
        """Discard all uploads."""
        for session in list(self._sessions.values()):
            self.forget(session)
            session.writer.abort()
