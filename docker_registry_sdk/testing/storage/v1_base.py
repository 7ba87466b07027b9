"""What API v1 needs of a storage: records of its repositories and images. Layers are content as any other."""

import secrets
from typing import Protocol

from docker_registry_sdk.testing.storage.v1_records import V1Image, V1Repository


class V1Records(Protocol):
    """The records of API v1; several threads may use them, and the storage's lock guards changes that span several calls."""

    def names(self) -> list[str]:
        """List the repositories in ASCII order."""
        ...

    def load(self, name: str) -> V1Repository | None:
        """Return a repository's record, or None when there is no such repository."""
        ...

    def save(self, name: str, repository: V1Repository) -> None:
        """Replace a repository's record, whole or not at all."""
        ...

    def remove(self, name: str) -> None:
        """Forget a repository; without effect when there is none."""
        ...

    def load_image(self, image_id: str) -> V1Image | None:
        """Return an image's record, or None when there is no such image."""
        ...

    def save_image(self, image_id: str, image: V1Image) -> None:
        """Replace an image's record, whole or not at all."""
        ...


def layer_name() -> str:
    """Make up a name to store a layer under: it has the form of a digest, but of no algorithm that API v2 knows."""
    return f"v1:{secrets.token_hex(32)}"
