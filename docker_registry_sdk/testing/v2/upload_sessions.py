"""Upload sessions: blobs that are being received, piece by piece."""

import asyncio
import hashlib
import uuid
from collections.abc import Iterator, Sequence

from docker_registry_sdk.testing.storage.base import BlobWriter, Storage, link_blob
from docker_registry_sdk.testing.v2.errors import BLOB_UPLOAD_UNKNOWN, ApiError
from docker_registry_sdk.testing.v2.names import algorithm_of, digest_of

READ_BACK = 1024 * 1024


class UploadSession:
    """One upload.

    Args:
        repository: The repository that the blob is for.
        writer: Where its bytes go.
        algorithm: The digest algorithm that is computed on the way; for another one the bytes are read again at the end.
    """

    def __init__(self, repository: str, writer: BlobWriter, algorithm: str) -> None:
        self.id = str(uuid.uuid4())
        self.repository = repository
        self.writer = writer
        self.algorithm = algorithm
        self.lock = asyncio.Lock()
        """Held by the one request that changes the upload; a second one waits, and then sees what the first has done."""
        self.closed = False
        """Whether the upload is done or cancelled."""
        self.saw_short_chunk = False
        self._hasher = hashlib.new(algorithm)

    @property
    def size(self) -> int:
        """How many bytes have arrived."""
        return self.writer.size

    def append(self, chunks: Sequence[bytes]) -> None:
        """Take bytes in; it may block."""
        self.writer.append(chunks)
        for chunk in chunks:
            self._hasher.update(chunk)

    def truncate(self, size: int) -> None:
        """Go back to an earlier size, as after a chunk that turned out wrong; it may block."""
        self.writer.truncate(size)
        self._hasher = hashlib.new(self.algorithm)
        for chunk in self._read_back():
            self._hasher.update(chunk)

    def matches(self, digest: str) -> bool:
        """Say whether a digest is that of the bytes that have arrived; it may block."""
        if algorithm_of(digest) == self.algorithm:
            return digest == f"{self.algorithm}:{self._hasher.hexdigest()}"
        return digest == digest_of(algorithm_of(digest), self._read_back())

    def commit(self, storage: Storage, digest: str) -> None:
        """Make the bytes a blob of the repository; it may block.

        Args:
            storage: The storage that the writer belongs to.
            digest: The blob's digest, which has been checked.
        """
        self.writer.sync()
        with storage.lock:
            self.writer.commit(digest)
            link_blob(storage, self.repository, digest)

    def _read_back(self) -> Iterator[bytes | memoryview]:
        for offset in range(0, self.size, READ_BACK):
            yield self.writer.read(offset, min(READ_BACK, self.size - offset))


class UploadSessions:
    """The uploads that a registry knows; for the thread of its event loop only.

    Args:
        storage: Where the blobs will be.
    """

    def __init__(self, storage: Storage) -> None:
        self._storage = storage
        self._sessions: dict[str, UploadSession] = {}

    def open(self, repository: str, algorithm: str) -> UploadSession:
        """Begin an upload.

        Args:
            repository: The repository that the blob is for.
            algorithm: The digest algorithm that the client is likely to use.

        Returns:
            The session.
        """
        session = UploadSession(repository, self._storage.create(), algorithm)
        self._sessions[session.id] = session
        return session

    def get(self, repository: str, session_id: str) -> UploadSession:
        """Find an upload.

        Args:
            repository: The repository in the request's path.
            session_id: The id in the request's path.

        Returns:
            The session.

        Raises:
            ApiError: BLOB_UPLOAD_UNKNOWN.
        """
        session = self._sessions.get(session_id)
        if session is None or session.repository != repository:
            raise ApiError(BLOB_UPLOAD_UNKNOWN)
        return session

    def forget(self, session: UploadSession) -> None:
        """Let an upload be unknown from now on; the request that holds its lock ends it."""
        session.closed = True
        self._sessions.pop(session.id, None)

    def close(self) -> None:
        """Throw all uploads away."""
        for session in list(self._sessions.values()):
            self.forget(session)
            session.writer.abort()
