"""The records of repositories, as every storage has them at hand."""

import threading

from docker_registry_sdk.testing.storage.records import Repository


class Repositories:
    """Records of repositories by their names.

    Attributes:
        lock: Held for every change that spans several calls.
    """

    def __init__(self) -> None:
        self.lock = threading.RLock()
        self._repositories: dict[str, Repository] = {}

    def names(self) -> list[str]:
        """List the repositories in ASCII order."""
        with self.lock:
            return sorted(self._repositories)

    def load(self, name: str) -> Repository | None:
        """Return a repository's record, or None when there is no such repository."""
        return self._repositories.get(name)

    def save(self, name: str, repository: Repository) -> None:
        """Replace a repository's record."""
        with self.lock:
            self._repositories[name] = repository
