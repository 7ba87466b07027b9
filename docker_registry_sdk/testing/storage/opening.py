"""Opening the storage that a caller asks for."""

import os

from docker_registry_sdk.testing.storage.base import Storage
from docker_registry_sdk.testing.storage.directory import DirectoryStorage
from docker_registry_sdk.testing.storage.memory import MemoryStorage


def open_storage(storage: Storage | str | os.PathLike[str] | None) -> Storage:
    """Return a storage.

    Args:
        storage: A directory to keep everything in, or a storage, or None to keep everything in memory.
    """
    if storage is None:
        return MemoryStorage()
    if isinstance(storage, str | os.PathLike):
        return DirectoryStorage(storage)
    return storage
