"""Upload sessions: blobs that are being uploaded in one or several requests."""

import asyncio
import hashlib
import uuid
from collections.abc import Iterator, Sequence

from docker_registry_sdk.testing.storage.base import BlobWriter, RegistryStorage, link_blob
from docker_registry_sdk.testing.v2.errors import BLOB_UPLOAD_UNKNOWN, ApiError
from docker_registry_sdk.testing.v2.names import algorithm_of, digest_of

READ_BLOCK_BYTES = 1024 * 1024


class UploadSession:
    """The upload of one blob to a repository, in one or several requests.

    Args:
        repository: The name of the repository to which the blob is uploaded.
        writer: The writer that stores the received bytes.
        algorithm: The algorithm of the digest that is computed while the bytes are received. If the client completes the upload
            with a digest of another algorithm, `matches` reads the stored bytes again to compute the other digest.
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
        """Return the number of bytes received so far."""
        return self.writer.size

    def append(self, chunks: Sequence[bytes]) -> None:
        """Append received bytes to the upload. The call may block."""
        self.writer.append(chunks)
        for chunk in chunks:
            self._hasher.update(chunk)

    def truncate(self, size: int) -> None:
        """Keep only the first `size` received bytes, for example to discard the bytes of an invalid chunk. The call may block."""
        self.writer.truncate(size)
        self._hasher = hashlib.new(self.algorithm)
        for chunk in self._read_back():
            self._hasher.update(chunk)

    def matches(self, digest: str) -> bool:
        """Return whether all bytes received so far together have a digest. The call may block."""
        if algorithm_of(digest) == self.algorithm:
            return digest == f"{self.algorithm}:{self._hasher.hexdigest()}"
        return digest == digest_of(algorithm_of(digest), self._read_back())

    async def discard(self) -> None:
        """Discard the received bytes. After `commit`, the call has no effect on the blob."""
        await asyncio.to_thread(self.writer.abort)

    def commit(self, storage: RegistryStorage, digest: str) -> None:
        """Store the received bytes as a blob of the repository. The call may block.

        Args:
            storage: The storage that the writer belongs to.
            digest: The digest of the received bytes, which the caller has verified with `matches`.
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
        storage: The storage in which the received bytes are stored.
    """

    def __init__(self, storage: RegistryStorage) -> None:
        self._storage = storage
        self._sessions: dict[str, UploadSession] = {}

    async def open(self, repository: str, algorithm: str) -> UploadSession:
        """Start an upload.

        Args:
            repository: The name of the repository to which the blob is uploaded.
            algorithm: The digest algorithm that the client has announced, or DEFAULT_ALGORITHM if the client has announced none.

        Returns:
            The session of the new upload, which `get` finds by its `id`.
        """
        session = UploadSession(repository, await asyncio.to_thread(self._storage.create), algorithm)
        self._sessions[session.id] = session
        return session

    def get(self, repository: str, session_id: str) -> UploadSession:
        """Return the session of an upload in progress.

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
        """Mark an upload as completed or cancelled, so that further requests for the upload fail. Keep the received bytes."""
        session.closed = True
        self._sessions.pop(session.id, None)

    def close(self) -> None:
        """Cancel all uploads, and discard the received bytes. The call may block."""
        for session in list(self._sessions.values()):
            self.forget(session)
            session.writer.abort()
