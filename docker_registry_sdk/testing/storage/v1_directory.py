"""The records of API v1 in files.

    v1/repositories/<sha256 of the name>.json     one record per repository
    v1/images/<xx>/<id>.json                      one record per image; xx are the first two digits of its id

A name of API v1 may be anything, upper case and any length included, which is why it is no name of a file.
"""

import hashlib
import threading
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from docker_registry_sdk.testing.storage.v1_records import V1Image, V1Repository
from docker_registry_sdk.testing.storage.v1_serialization import (
    v1_image_from_json,
    v1_image_to_json,
    v1_repository_from_json,
    v1_repository_to_json,
)

Record = TypeVar("Record")


class DirectoryV1Records:
    """Keeps records in files, and reads them once, at the start.

    Args:
        root: The directory that they are in.
        lock: The storage's lock.
        write: Writes a file, whole or not at all.

    Raises:
        ValueError: A record cannot be understood; the message names the file.
    """

    def __init__(self, root: Path, lock: threading.RLock, write: Callable[[Path, bytes], None]) -> None:
        self._root = root
        self._lock = lock
        self._write = write
        self._repositories: dict[str, V1Repository] = {}
        self._images: dict[str, V1Image] = {}
        for path in root.glob("repositories/*.json"):
            name, repository = _read(path, v1_repository_from_json)
            self._repositories[name] = repository
        for path in root.glob("images/*/*.json"):
            self._images[path.stem] = _read(path, v1_image_from_json)

    def names(self) -> list[str]:
        """List the repositories in ASCII order."""
        with self._lock:
            return sorted(self._repositories)

    def load(self, name: str) -> V1Repository | None:
        """Return a repository's record, or None when there is no such repository."""
        return self._repositories.get(name)

    def save(self, name: str, repository: V1Repository) -> None:
        """Replace a repository's record by one rename."""
        with self._lock:
            self._write(self._repository_path(name), v1_repository_to_json(name, repository))
            self._repositories[name] = repository

    def remove(self, name: str) -> None:
        """Delete a repository's record."""
        with self._lock:
            self._repository_path(name).unlink(missing_ok=True)
            self._repositories.pop(name, None)

    def load_image(self, image_id: str) -> V1Image | None:
        """Return an image's record, or None when there is no such image."""
        return self._images.get(image_id)

    def save_image(self, image_id: str, image: V1Image) -> None:
        """Replace an image's record by one rename."""
        with self._lock:
            self._write(self._root / "images" / image_id[:2] / f"{image_id}.json", v1_image_to_json(image))
            self._images[image_id] = image

    def _repository_path(self, name: str) -> Path:
        return self._root / "repositories" / f"{hashlib.sha256(name.encode()).hexdigest()}.json"


def _read(path: Path, parse: Callable[[bytes], Record]) -> Record:
    try:
        return parse(path.read_bytes())
    except ValueError as error:
        raise ValueError(f"{path} is no record of API v1: {error}") from error
