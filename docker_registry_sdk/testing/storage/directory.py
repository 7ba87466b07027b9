"""A storage in a directory, which survives a restart.

    uploads/                                 content and records that are being written
    blobs/<algorithm>/<xx>/<hex>             content by digest; xx are the first two hex digits
    repositories/<name>/_repository.json     one record per repository
    v1/                                      the records of API v1

Whatever appears outside of uploads/ was written to uploads/, synced, and then renamed, so a crash leaves nothing half
done there. One process may use a directory at a time: what it finds in uploads/ at the start is thrown away. Records are read
once, at the start.
"""

import contextlib
import os
import tempfile
from collections.abc import Iterable
from pathlib import Path

from docker_registry_sdk.testing.storage.records import Repository
from docker_registry_sdk.testing.storage.repositories import Repositories
from docker_registry_sdk.testing.storage.serialization import repository_from_json, repository_to_json
from docker_registry_sdk.testing.storage.v1_directory import DirectoryV1Records

RECORD = "_repository.json"  # no part of a repository's name begins with an underscore


class FileReader:
    """Reads content from an open file."""

    def __init__(self, path: Path) -> None:
        self._file = path.open("rb")
        self._size = os.fstat(self._file.fileno()).st_size

    @property
    def size(self) -> int:
        """The length of the content in bytes."""
        return self._size

    def read(self, offset: int, length: int) -> bytes:
        """Read a part of the file."""
        self._file.seek(offset)
        return self._file.read(length)

    def close(self) -> None:
        """Close the file."""
        self._file.close()


class FileWriter:
    """Writes content to a temporary file, which `commit` renames to its place."""

    def __init__(self, storage: "DirectoryStorage") -> None:
        self._storage = storage
        descriptor, name = tempfile.mkstemp(dir=storage.uploads)
        self._path = Path(name)
        self._file = os.fdopen(descriptor, "w+b")
        self._size = 0

    @property
    def size(self) -> int:
        """How many bytes were appended."""
        return self._size

    def append(self, chunks: Iterable[bytes]) -> None:
        """Write bytes at the end; after an error (a full disk), what was there before is still whole."""
        self._file.seek(self._size)
        size = self._size
        for chunk in chunks:
            self._file.write(chunk)
            size += len(chunk)
        self._file.flush()
        self._size = size

    def truncate(self, size: int) -> None:
        """Drop everything after the first `size` bytes."""
        self._file.truncate(size)
        self._size = size

    def read(self, offset: int, length: int) -> bytes:
        """Read back a part of what was appended."""
        self._file.seek(offset)
        return self._file.read(length)

    def sync(self) -> None:
        """Bring the file to the disk, without what a failed write may have left behind."""
        self._file.truncate(self._size)
        self._file.flush()
        os.fsync(self._file.fileno())

    def commit(self, digest: str) -> None:
        """Rename the file to the place of its digest, unless the content is there already."""
        path = self._storage.content_path(digest)
        if path.exists():
            self.abort()
        else:
            self.place(path)

    def place(self, path: Path) -> None:
        """Rename the file to a place of its own, over what is there."""
        self._file.close()
        _move(self._path, path)

    def abort(self) -> None:
        """Delete the file."""
        with contextlib.suppress(OSError):
            self._file.close()
        self._path.unlink(missing_ok=True)


class DirectoryStorage(Repositories):
    """Keeps content and records in files.

    Args:
        root: The directory; made if it is not there.

    Attributes:
        v1: The records of API v1.

    Raises:
        OSError: The directory cannot be used.
        ValueError: A record in it cannot be understood; the message names the file.
    """

    def __init__(self, root: str | os.PathLike[str]) -> None:
        super().__init__()
        self._root = Path(root)
        self.uploads = self._root / "uploads"
        self.uploads.mkdir(parents=True, exist_ok=True)
        for path in self.uploads.iterdir():
            path.unlink()
        self._repositories.update(self._read_records())
        self.v1 = DirectoryV1Records(self._root / "v1", self.lock, self._replace)

    def save(self, name: str, repository: Repository) -> None:
        """Replace a repository's record by one rename."""
        with self.lock:
            self._replace(self._root / "repositories" / name / RECORD, repository_to_json(repository))
            super().save(name, repository)

    def create(self) -> FileWriter:
        """Begin to receive content."""
        return FileWriter(self)

    def open(self, digest: str) -> FileReader | None:
        """Open content for reading, or return None when there is none under this digest."""
        try:
            return FileReader(self.content_path(digest))
        except FileNotFoundError:
            return None

    def discard(self, digest: str) -> None:
        """Delete content; readers that are open keep theirs."""
        self.content_path(digest).unlink(missing_ok=True)

    def content_path(self, digest: str) -> Path:
        """Return where content with this digest is kept; the digest has been checked by the caller."""
        algorithm, encoded = digest.split(":")
        return self._root / "blobs" / algorithm / encoded[:2] / encoded

    def _replace(self, path: Path, content: bytes) -> None:
        """Write a file beside its place, and rename it over what is there."""
        writer = FileWriter(self)
        try:
            writer.append([content])
            writer.sync()
            writer.place(path)
        finally:
            writer.abort()

    def _read_records(self) -> Iterable[tuple[str, Repository]]:
        repositories = self._root / "repositories"
        for path in repositories.rglob(RECORD):
            name = path.parent.relative_to(repositories).as_posix()
            try:
                yield name, repository_from_json(path.read_bytes())
            except ValueError as error:
                raise ValueError(f"{path} is no record of a repository: {error}") from error


def _move(source: Path, target: Path) -> None:
    """Rename a file, and bring the rename to the disk where the system can."""
    target.parent.mkdir(parents=True, exist_ok=True)
    source.replace(target)
    if os.name == "posix":
        descriptor = os.open(target.parent, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
