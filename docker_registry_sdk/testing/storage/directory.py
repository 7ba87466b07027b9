"""A storage that keeps content and records in a directory, so that both survive a restart of the registry.

    docker_registry_sdk-storage                   marks the directory as a storage; locked while a storage uses the directory
    uploads/                                      content and records that are being written
    blobs/<algorithm>/<xx>/<hex>                  content by digest; xx are the first two hex digits
    repositories/<name>/_repository.json          one record per repository
    v1/repositories/<sha256 of the name>.json     one record per repository of API v1
    v1/images/<xx>/<id>.json                      one record per image of API v1; xx are the first two digits of the id

Every file is written to uploads/, flushed to the disk, and then renamed to its final path. So a crash leaves incomplete files
only in uploads/, and a new DirectoryStorage deletes these. Only one DirectoryStorage can use a directory at a time, also among
several processes. A DirectoryStorage reads all record files when it is created. After that, it reads records from memory, and
writes each change of a record to memory and to a file.
"""

import contextlib
import hashlib
import os
import sys
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import BinaryIO, TypeVar

from docker_registry_sdk._core.files import named_write_errors
from docker_registry_sdk.testing.storage.base import BlobReader, BlobWriter
from docker_registry_sdk.testing.storage.memory import RecordTable, V1RecordTable
from docker_registry_sdk.testing.storage.records import RepositoryRecord, V1ImageRecord, V1RepositoryRecord
from docker_registry_sdk.testing.storage.serialization import (
    repository_from_json,
    repository_to_json,
    v1_image_from_json,
    v1_image_to_json,
    v1_repository_from_json,
    v1_repository_to_json,
)
from docker_registry_sdk.testing.storage.storage_files import StorageFiles
from docker_registry_sdk.testing.storage.storage_folder import StorageFolder

RECORD_NAME = "_repository.json"  # not a valid part of a repository name, since it begins with an underscore

Record = TypeVar("Record")


class FileReader:
    """A reader of content that is stored in a file."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self._size = os.fstat(self._file.fileno()).st_size

    @property
    def size(self) -> int:
        """Return the length of the content in bytes."""
        return self._size

    def read(self, offset: int, length: int) -> bytes:
        """Return `length` bytes of the content from the position `offset`, or fewer bytes at the end of the content."""
        self._file.seek(offset)
        return self._file.read(length)

    def close(self) -> None:
        """Close the file."""
        self._file.close()


class FileWriter:
    """A writer that collects content in a temporary file. `commit` renames this file to the path for the content's digest."""

    def __init__(self, storage: "DirectoryStorage") -> None:
        self._storage = storage
        self._path, self._file = storage.files.create()
        self._size = 0

    @property
    def size(self) -> int:
        """Return the number of bytes appended so far."""
        return self._size

    def append(self, chunks: Iterable[bytes]) -> None:
        """Append chunks of bytes to the content.

        If the call fails, for example because the disk is full, the content remains as before the call.
        """
        size = self._size
        with self._named_errors():
            self._file.seek(size)
            for chunk in chunks:
                rest = memoryview(chunk)
                while rest:
                    rest = rest[self._file.write(rest) :]
                size += len(chunk)
        self._size = size

    def truncate(self, size: int) -> None:
        """Remove all bytes after the first `size` bytes."""
        self._file.truncate(size)
        self._size = size

    def read(self, offset: int, length: int) -> bytes:
        """Return `length` of the appended bytes from the position `offset`, or fewer bytes at the end of the appended bytes."""
        self._file.seek(offset)
        return self._file.read(length)

    def sync(self) -> None:
        """Remove the bytes that failed calls of `append` left in the temporary file, and flush this file to the disk."""
        with self._named_errors():
            self._file.truncate(self._size)
            os.fsync(self._file.fileno())

    def commit(self, digest: str) -> None:
        """Store the content under a digest. If content with this digest is stored already, delete the temporary file."""
        path = self._storage.content_path(digest)
        if self._storage.files.exists(path):
            self.abort()
        else:
            self.move_to(path)

    def move_to(self, path: Path) -> None:
        """Close the temporary file, and rename it to a path. If a file exists at this path, replace that file."""
        self._file.close()
        self._storage.files.rename(self._path, path)

    def _named_errors(self) -> contextlib.AbstractContextManager[None]:
        return named_write_errors(self._path, "the content is not stored, and the other content is kept")

    def abort(self) -> None:
        """Delete the temporary file. After `commit` or `move_to`, the call has no effect."""
        with contextlib.suppress(OSError):
            self._file.close()
        self._storage.files.remove(self._path)


class DirectoryStorage(RecordTable):
    """A storage that keeps content and records in the files of one directory.

    The directory is locked until `close`, or until the process ends, even if it is killed. A closed storage still returns what it
    has read; the first change opens it again, and reads the records again.

    Args:
        root: The path of the directory. A directory that does not exist is created. An existing directory must be empty, or a
            storage: otherwise nothing in it is changed.

    Attributes:
        files: The files of the directory.
        v1: The records of API v1.

    Raises:
        StorageFolderError: The directory holds files but is no storage, or another storage is using the directory.
        OSError: The directory cannot be created, read or written.
        ValueError: A record file in the directory cannot be parsed. The message contains the path of this file.
    """

    def __init__(self, root: str | os.PathLike[str]) -> None:
        super().__init__()
        self._root = Path(root)
        self.files = StorageFiles(self._root)
        self._folder = StorageFolder(self._root)
        self.v1 = V1RecordFiles(self._root / "v1", self)
        self.open_folder()

    def open_folder(self) -> None:
        """Lock the directory, and read all records. If the storage is open, the call has no effect.

        Raises:
            StorageFolderError: The directory holds files but is no storage, or another storage is using the directory.
            ForkedProcessError: This process is a child of the process that created the storage.
            OSError: The directory cannot be created, read or written.
            ValueError: A record file in the directory cannot be parsed.
        """
        with self.lock:
            if not self._folder.open():
                return
            try:
                repositories = self._root / "repositories"
                self._repositories = {
                    path.parent.relative_to(repositories).as_posix(): self.read_record(
                        path, repository_from_json, kind="a repository"
                    )
                    for path in repositories.rglob(RECORD_NAME)
                }
                self.v1.read_files()
            except BaseException:
                self._folder.close()
                raise

    def close(self) -> None:
        """Unlock the directory, so that another storage can use it. If the storage is closed, the call has no effect."""
        with self.lock:
            self._folder.close()

    def save(self, name: str, repository: RepositoryRecord) -> None:
        """Create the record of a repository, or replace it atomically."""
        with self.lock:
            self.open_folder()
            self.write_file(self._root / "repositories" / name / RECORD_NAME, repository_to_json(repository))
            super().save(name, repository)

    def create(self) -> BlobWriter:
        """Return a writer for new content. The content becomes part of the storage only when `commit` of the writer is called."""
        self.open_folder()
        return FileWriter(self)

    def open(self, digest: str) -> BlobReader | None:
        """Return a reader of the content with a digest, or None if no content with this digest is stored."""
        try:
            return FileReader(self.files.open(self.content_path(digest)))
        except FileNotFoundError:
            return None

    def discard(self, digest: str) -> None:
        """Delete the content with a digest, if it is stored, even if a repository uses it. Open readers can still read it."""
        self.open_folder()
        try:
            self.files.remove(self.content_path(digest))
        except PermissionError:
            if sys.platform != "win32":  # Windows does not delete an open file: there, the file stays until it is discarded again
                raise

    def content_path(self, digest: str) -> Path:
        """Return the path of the file for the content with a digest, which must be valid. The file need not exist.

        Args:
            digest: The digest of the content, or a key from `new_layer_key`.
        """
        algorithm, encoded = digest.split(":")
        return self._root / "blobs" / algorithm / encoded[:2] / encoded

    def write_file(self, path: Path, content: bytes) -> None:
        """Create or replace the file at a path atomically: write the content to a temporary file, and rename this file.

        Args:
            path: The path of the file.
            content: The bytes of the file.
        """
        writer = FileWriter(self)
        try:
            writer.append([content])
            writer.sync()
            writer.move_to(path)
        finally:
            writer.abort()

    def read_record(self, path: Path, parse: Callable[[bytes], Record], *, kind: str) -> Record:
        """Read and parse the file of a record.

        Args:
            path: The path of the file.
            parse: The function that parses the content of the file.
            kind: What the record describes, for the message of an error.

        Raises:
            ValueError: The file cannot be parsed.
            OSError: The file cannot be read, or is not a regular file.
        """
        with self.files.open(path) as file:
            content = file.read()
        try:
            return parse(content)
        except (ValueError, RecursionError) as error:
            raise ValueError(f"the file {path} is not a valid record of {kind}: {error}") from error


class V1RecordFiles(V1RecordTable):
    """The records of API v1, kept in memory and in files.

    The file name for a repository is the SHA-256 of the repository's name. Repository names of API v1 cannot be used as file
    names: they can be longer than a file name may be, and some file systems do not distinguish names that differ only in case.

    Args:
        root: The directory with the record files.
        storage: The storage to which the records belong.
    """

    def __init__(self, root: Path, storage: DirectoryStorage) -> None:
        super().__init__(storage.lock)
        self._root = root
        self._storage = storage

    def read_files(self) -> None:
        """Read all records.

        Raises:
            ValueError: A record file cannot be parsed. The message contains the path of this file.
        """
        self._repositories = dict(
            self._storage.read_record(path, v1_repository_from_json, kind="a repository of API v1")
            for path in self._root.glob("repositories/*.json")
        )
        self._images = {
            path.stem: self._storage.read_record(path, v1_image_from_json, kind="an image of API v1")
            for path in self._root.glob("images/*/*.json")
        }

    def save(self, name: str, repository: V1RepositoryRecord) -> None:
        """Create the record of a repository, or replace it atomically."""
        with self._lock:
            self._storage.open_folder()
            self._storage.write_file(self._repository_path(name), v1_repository_to_json(name, repository))
            super().save(name, repository)

    def remove(self, name: str) -> None:
        """Delete the record of a repository, if the record exists."""
        with self._lock:
            self._storage.open_folder()
            self._storage.files.remove(self._repository_path(name))
            super().remove(name)

    def save_image(self, image_id: str, image: V1ImageRecord) -> None:
        """Create the record of an image, or replace it atomically."""
        with self._lock:
            self._storage.open_folder()
            self._storage.write_file(self._root / "images" / image_id[:2] / f"{image_id}.json", v1_image_to_json(image))
            super().save_image(image_id, image)

    def _repository_path(self, name: str) -> Path:
        return self._root / "repositories" / f"{hashlib.sha256(name.encode()).hexdigest()}.json"
