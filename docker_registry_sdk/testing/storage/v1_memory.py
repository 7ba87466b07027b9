"""The records of API v1 in memory."""

import threading

from docker_registry_sdk.testing.storage.v1_records import V1Image, V1Repository


class MemoryV1Records:
    """Keeps records in dictionaries.

    Args:
        lock: The storage's lock.
    """

    def __init__(self, lock: threading.RLock) -> None:
        self._lock = lock
        self._repositories: dict[str, V1Repository] = {}
        self._images: dict[str, V1Image] = {}

    def names(self) -> list[str]:
        """List the repositories in ASCII order."""
        with self._lock:
            return sorted(self._repositories)

    def load(self, name: str) -> V1Repository | None:
        """Return a repository's record, or None when there is no such repository."""
        return self._repositories.get(name)

    def save(self, name: str, repository: V1Repository) -> None:
        """Replace a repository's record."""
        with self._lock:
            self._repositories[name] = repository

    def remove(self, name: str) -> None:
        """Forget a repository."""
        with self._lock:
            self._repositories.pop(name, None)

    def load_image(self, image_id: str) -> V1Image | None:
        """Return an image's record, or None when there is no such image."""
        return self._images.get(image_id)

    def save_image(self, image_id: str, image: V1Image) -> None:
        """Replace an image's record."""
        with self._lock:
            self._images[image_id] = image
