"""The storages of the embedded registry: in memory, or in a directory."""

import os

from docker_registry_sdk.testing.storage.base import RegistryStorage
from docker_registry_sdk.testing.storage.directory import DirectoryStorage
from docker_registry_sdk.testing.storage.memory import MemoryStorage


def open_storage(storage: RegistryStorage | str | os.PathLike[str] | None) -> RegistryStorage:
    """Return the storage for the argument `storage` of `EmbeddedRegistry`.

    Args:
        storage: The path of a directory in which to keep the content, or None to keep the content in memory. Or a storage, which
            is returned unchanged.

    Raises:
        StorageFolderError: The directory holds files but is no storage, or another storage is using the directory.
        OSError: The directory cannot be created, read or written.
        ValueError: A record of a repository or an image in the directory cannot be parsed.
    """
    if storage is None:
        return MemoryStorage()
    if isinstance(storage, str | os.PathLike):
        return DirectoryStorage(storage)
    return storage
